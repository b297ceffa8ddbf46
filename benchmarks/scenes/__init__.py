"""The scenes: each measures one thing and writes its section of the results."""
