"""The command `sample`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from headcount.cli.call import call_of
from headcount.cli.output import data, line, plain
from headcount.errors import WrongCall

#: The files that come with the program, with what each is for.
SAMPLES = {
    "people.csv": "200 made-up people, of every type, with consent",
    "faults.csv": "the same people with every fault that a row or cell can have",
    "headers.csv": "headers with every fault, and none that is the identity",
}


def sample(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; by default here.")] = Path(),
) -> None:
    """Write sample files to try things with: clean ones, and ones with every fault."""
    for name in SAMPLES:
        _write(directory, name)
    out, program = data(), call_of(context).program
    for name, purpose in SAMPLES.items():
        line(out, f"{plain(directory / name)}: {purpose}")
    line(out, f"\nAnd now?\n  {program} upload {directory / 'people.csv'}")


def _write(directory: Path, name: str) -> None:
    content = files("headcount.cli").joinpath("samples", name).read_bytes()
    target = directory / name
    if target.exists() and (not target.is_file() or target.read_bytes() != content):
        raise WrongCall("sample_exists", f"There is another {target} already.", "Name an empty directory.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise WrongCall("sample_unwritable", f"{target} cannot be written: {error.strerror}.", "Name another directory.") from error
