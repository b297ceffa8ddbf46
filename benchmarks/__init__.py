"""This server beside its peers, measured in one run (``make bench``); see README.md."""
