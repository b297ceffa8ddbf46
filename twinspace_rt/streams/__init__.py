"""Durable, totally ordered logs: one for each room's events, one for each document."""
