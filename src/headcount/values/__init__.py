"""Text → typed value, as DuckDB expressions over whole columns.

The expression that decides whether a cell could be of a type is the one that converts it, so inference, preview and loading
cannot disagree. Nothing here reads data; every function returns SQL text built from column names, patterns and quoted literals.
"""
