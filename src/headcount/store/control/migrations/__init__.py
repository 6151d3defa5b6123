"""How the tables of the control plane came to their present shape, step by step."""
