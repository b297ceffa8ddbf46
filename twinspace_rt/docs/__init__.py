"""Collaborative documents: checked, logged and relayed as bytes, computed by the engine."""
