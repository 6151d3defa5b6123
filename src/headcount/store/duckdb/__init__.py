"""Profiles in one DuckDB file per account."""
