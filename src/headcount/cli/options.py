"""The flags that say what a file is and what its columns mean; those of `inspect`, `upload` and `uploads resume`."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from headcount.csvfile.encoding import given as encoding_of
from headcount.csvfile.scan import check_marks
from headcount.errors import WrongCall
from headcount.uploads.manifest import Manifest, read, with_event, with_flags
from headcount.uploads.mapping import Kind, Match, Request

_DELIMITERS = {"tab": "\t", r"\t": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFlags:
    """The flags as they were given; None where they were not."""

    manifest: Annotated[
        Path | None, typer.Option(metavar="M.json", help="Take the mapping from a manifest; the other flags win over it.")
    ] = None
    maps: Annotated[
        list[str],
        typer.Option(
            "--map",
            metavar="COLUMN=PROPERTY[:TYPE[:FORMAT]]",
            help="Store a column as this property, type and date format. A column is named by its header, or by its letter "
            "as in '#C'. Types: string, integer, float, boolean, date, list. Can be given again.",
        ),
    ] = field(default_factory=list)
    identity: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column that names the person.")] = None
    holds: Annotated[Kind | None, typer.Option("--type", help="What the rows are: profiles, or events named in a column evtName.")] = None
    event: Annotated[str | None, typer.Option(metavar="NAME", help="The rows are events of this name.")] = None
    match: Annotated[
        Match | None,
        typer.Option(help="What the identity column holds: identities, or the e-mail addresses or phone numbers of people."),
    ] = None
    skip: Annotated[list[str], typer.Option(metavar="COLUMN", help="Leave a column out. Can be given again.")] = field(default_factory=list)
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="Whether 01/02/2026 is in February or in January."),
    ] = None
    blank: Annotated[list[str], typer.Option(metavar="WORD", help="Read cells with this word as blank. Can be given again.")] = field(
        default_factory=list
    )
    delimiter: Annotated[
        str | None, typer.Option(metavar="D", help="What separates the cells, such as ';' or tab. Found by itself as a rule.")
    ] = None
    encoding: Annotated[str | None, typer.Option(metavar="E", help="The encoding, such as windows-1252. Found by itself as a rule.")] = None
    quote: Annotated[str | None, typer.Option(metavar="Q", help='What cells are quoted with, such as "\'". Found by itself as a rule.')] = (
        None
    )
    escape: Annotated[
        str | None,
        typer.Option(metavar="E", help="What stands before a quote within a cell: the quote once more, or '\\'. Found by itself."),
    ] = None
    confirm_resubscribe: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Let the file re-subscribe people who opted out themselves, for this reason."),
    ] = None

    def __bool__(self) -> bool:
        """Whether any was given."""
        return self != MappingFlags()

    def on(self, request: Request) -> Request:
        """The request with these flags on top. Raises WrongCall."""
        delimiter = self.delimiter and _DELIMITERS.get(self.delimiter.lower(), self.delimiter)
        asked = with_event(request, self.event, self.holds)
        asked = replace(
            with_flags(replace(asked, identity=self.identity or request.identity), self.maps, self.skip),
            match=self.match or request.match,
            day_first=request.day_first if self.day_first is None else self.day_first,
            blanks=(*request.blanks, *self.blank),
            delimiter=delimiter or request.delimiter,
            encoding=self.encoding or request.encoding,
            quote=self.quote or request.quote,
            escape=self.escape or request.escape,
            confirm_resubscribe=self.confirm_resubscribe or request.confirm_resubscribe,
        )
        # A manifest would be blamed for it where the request travels as one.
        check_marks(asked.delimiter, asked.quote, asked.escape)
        encoding_of(asked.encoding or "utf-8")
        return asked

    def read_manifest(self) -> Manifest:
        """The manifest, an empty one where none was given. Raises WrongCall."""
        if self.manifest is None:
            return Manifest(Request())
        try:
            return read(readable(self.manifest, "manifest").read_text("utf-8-sig"))
        except UnicodeDecodeError:
            raise WrongCall("manifest_invalid", f"The manifest {self.manifest} is not UTF-8.", "Save it as UTF-8.") from None


def takes_mapping(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `mapping` is made of the flags, each of which typer sees as a parameter of its own."""
    own = dict(inspect.signature(command, eval_str=True).parameters)
    del own["mapping"]
    hints = get_type_hints(MappingFlags, include_extras=True)
    flags = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=_default(f), annotation=hints[f.name])
        for f in fields(MappingFlags)
    ]

    def called(**given: Any) -> None:  # noqa: ANN401 - what typer made of the flags
        mapping = MappingFlags(**{flag.name: given.pop(flag.name) for flag in flags})
        command(**given, mapping=mapping)

    parameters = [*(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own.values()), *flags]
    functools.update_wrapper(called, command)
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called


def _default(flag: Field[Any]) -> object:
    return flag.default if flag.default is not MISSING else []


def readable(path: Path, what: str = "file") -> Path:
    """The path of a file that can be read. Raises WrongCall."""
    if not path.exists():
        raise WrongCall("file_missing", f"There is no {what} {path}.", f"It was looked for in {path.absolute().parent}.")
    if not path.is_file():
        raise WrongCall("file_wrong", f"{path} is {'a directory' if path.is_dir() else 'no file'}.", f"Name one {what}.")
    if not os.access(path, os.R_OK):
        raise WrongCall("file_unreadable", f"The {what} {path} may not be read.", "Change its permissions.")
    if any("\ud800" <= sign <= "\udfff" for sign in str(path.resolve())):
        raise WrongCall("file_name", f"The name of the {what} {path} is not UTF-8.", "Rename it, or its directory.")
    return path
