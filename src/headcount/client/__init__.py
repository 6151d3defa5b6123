"""A running server as its callers see it: through the socket in its data directory, or by its address."""
