"""The HTTP API: JSON in, JSON out, over the use cases of the house."""
