"""The edge: HTTP, WebSockets, and who may come in."""
