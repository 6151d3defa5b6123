"""Whom a message reaches, on each channel, and why not the others."""
