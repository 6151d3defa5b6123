"""The command `bench`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from headcount.cli.call import JsonFlag
from headcount.cli.output import data, line, print_json, words


def bench(  # noqa: PLR0917 - typer makes options of them
    part: Annotated[Literal["uploads", "live"], typer.Argument(help="uploads and questions, or live calls to a server.")] = "uploads",
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
    """Measure uploads and questions on this machine, beside a bare engine; or live calls, beside an upload. Touches no data directory."""
    # Other commands need not wait for what only this one imports.
    from headcount.bench import live  # noqa: PLC0415
    from headcount.bench.run import run  # noqa: PLC0415
    from headcount.bench.table import render  # noqa: PLC0415

    out = words()
    with _workdir(keep) as workdir:

        def say(text: str) -> None:
            line(out, text)

        report = live.run(rows, workdir, say) if part == "live" else run(rows, workdir, say, wide=wide, served=served)
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
