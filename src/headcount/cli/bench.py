"""The command `bench`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from headcount.cli.call import JsonFlag
from headcount.cli.output import data, line, print_json, words


def bench(
    rows: Annotated[int, typer.Option(metavar="N", help="Rows of the file that is uploaded.")] = 1_000_000,
    wide: Annotated[bool, typer.Option("--wide", help="Measure a file of 300 columns as well.")] = False,
    served: Annotated[
        bool, typer.Option("--server", help="Send the file to a server of its own as well, while pages are looked at.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Make the files here and leave them; otherwise they are removed.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure uploads and questions on this machine, beside a bare engine. Touches no data directory."""
    # Other commands need not wait for what only this one imports.
    from headcount.bench.run import run  # noqa: PLC0415
    from headcount.bench.table import render  # noqa: PLC0415

    out = words()
    with _workdir(keep) as workdir:
        report = run(rows, workdir, lambda text: line(out, text), wide=wide, served=served)
    if as_json:
        print_json(report.to_json())
    else:
        line(data(), render(report))


@contextmanager
def _workdir(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="headcount-bench-") as made:
        yield Path(made)
