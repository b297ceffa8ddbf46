"""Watching over a running server: figures, metrics, the nodes and the administrator's page."""
