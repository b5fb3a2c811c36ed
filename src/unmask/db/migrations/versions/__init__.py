"""Migrations of the schema, the oldest first."""
