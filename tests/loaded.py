"""What a program has loaded: imported once, in the process from which `tests/program.py` forks each of them."""

from __future__ import annotations

import sys
from importlib import import_module

# As it is in a program. DuckDB takes a process whose `__main__` has no file for somebody at a prompt, and draws bars for them.
sys.modules["__main__"].__file__ = __file__
for _name in ("headcount.cli", "headcount.server", "uvicorn.protocols.http.auto", "uvicorn.lifespan.on"):
    import_module(_name)
