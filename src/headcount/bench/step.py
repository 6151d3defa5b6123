"""One step of the benchmark as a program: `python -m headcount.bench.step NAME ARGUMENT …` prints what it measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from headcount.bench import limits, product, server
from headcount.bench.data import write_changes, write_corrections, write_newcomers, write_people
from headcount.bench.measure import Outcome, measured
from headcount.bench.wide import write_wide

_WRITERS = {
    "people": write_people,
    "changes": write_changes,
    "corrections": write_corrections,
    "newcomers": write_newcomers,
    "wide": write_wide,
}


def _write(kind: str, file: str, rows: str) -> Outcome:
    return Outcome({"write": measured(lambda: _WRITERS[kind](Path(file), int(rows)))})


STEPS: Mapping[str, Callable[..., Outcome]] = {
    "write": _write,
    "upload": lambda data, file: product.upload(Path(data), Path(file)),
    "upload_for_good": lambda data, file: product.upload_for_good(Path(data), Path(file)),
    "check": lambda data, file: product.check(Path(data), Path(file)),
    "undo": lambda data: product.undo(Path(data)),
    "upload_wide": lambda data, file: product.upload_wide(Path(data), Path(file)),
    "count": lambda data: product.count(Path(data)),
    "reach": lambda data: product.reach(Path(data)),
    "look_up": lambda data, rows: product.look_up(Path(data), int(rows)),
    "look": lambda data, rows: product.look(Path(data), int(rows)),
    "through_server": lambda data, file: server.through_server(Path(data), Path(file)),
    "bare_create": lambda database, threads, file: limits.create(Path(database), int(threads), Path(file)),
    "bare_merge": lambda database, threads, file: limits.merge(Path(database), int(threads), Path(file)),
    "bare_count": lambda database, threads: limits.count(Path(database), int(threads)),
    "bare_look_up": lambda database, threads, rows: limits.look_up(Path(database), int(threads), int(rows)),
}

if __name__ == "__main__":
    name, *given = sys.argv[1:]
    sys.stdout.write(f"{STEPS[name](*given).to_json()}\n")
