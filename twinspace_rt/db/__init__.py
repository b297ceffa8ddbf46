"""The database: one set of plain functions on one connection, SQLite or PostgreSQL."""
