"""How fast this machine works, beside what a bare engine can do with the same files on it."""
