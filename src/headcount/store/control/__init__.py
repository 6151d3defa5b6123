"""The control plane: accounts and uploads, in SQLAlchemy models that migrate themselves."""
