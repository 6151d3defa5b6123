"""The pages: rendered here on the use cases that the API has, too."""

from __future__ import annotations

from headcount.web.failures import answer
from headcount.web.routes import router

__all__ = ["answer", "router"]
