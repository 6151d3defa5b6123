"""Headcount: a self-hosted home for customer profiles."""

__version__ = "0.1.0"
