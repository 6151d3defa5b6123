"""Taking rows of people out of a file that is kept: plain, gzip or zip, in most encodings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headcount.csvfile.container import packed_like, unpack
from headcount.csvfile.dialect import Dialect, Given
from headcount.csvfile.encoding import announced, given, in_order
from headcount.csvfile.opening import open_csv
from headcount.csvfile.scan import survey
from headcount.csvfile.without import Search, Taken, Wanted, mentions, take_out

_EVERY_BYTE = bytes(range(256))
_HEAD = 16 << 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept. `identity` is the cell that names a row's person, from 0."""

    path: Path
    dialect: Dialect
    encoding: str
    identity: int
    #: See `without.Search`.
    unsplit: bytes = b""

    def take_out(self, plain: Path, wanted: Wanted, *, blank: bool) -> Taken:
        """Take the rows of people out of it; `plain` is the same file unpacked. See `without.take_out`."""
        opening = open_csv(plain, Given(self.dialect.delimiter, self.dialect.quote, self.dialect.escape))
        search = Search(self.dialect, self.encoding, self.identity, wanted, self.unsplit)
        # What a killed program leaves is thrown away under this name.
        draft = self.path.with_name("source.part")
        with plain.open("rb") as source, packed_like(self.path, draft) as out:
            out.write(source.read(opening.body))
            taken = take_out(source, out, search, width=len(opening.header), blank=blank)
        if taken.rows:
            draft.replace(self.path)
        else:
            draft.unlink()
        return taken


def received(path: Path, workdir: Path, limit: int, dialect: Given, encoding: str | None, identity: int) -> tuple[Kept, Path]:  # noqa: PLR0913, PLR0917 - what a person said of it
    """A file as it was received, and the same unpacked, into `workdir` where it is packed.

    Raises FileRejected, and ValueError where one byte of it cannot be told to be a delimiter.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    plain = unpack(path, workdir, limit, lambda *_: None)
    found = survey(
        plain,
        workdir / "survey",
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        encoding=encoding,
        limit=limit,
    )
    name = found.encoding.name
    if not found.encoding.is_utf8 and len(_EVERY_BYTE.decode(name, "replace")) != len(_EVERY_BYTE):
        raise ValueError(f"rows cannot be taken out of a file in {name}")
    return Kept(path, found.dialect, name, identity), plain


def mentioned(path: Path, workdir: Path, limit: int, encoding: str | None, wanted: Wanted) -> bool:
    """Whether a file as it was received names any of the people, in whatever cell. Raises FileRejected."""
    workdir.mkdir(parents=True, exist_ok=True)
    with unpack(path, workdir, limit, lambda *_: None).open("rb") as plain:
        head = plain.read(_HEAD)
        found = given(encoding) if encoding else announced(head)
        plain.seek(0)
        return mentions(plain, in_order(found, head).name if found else "utf-8", wanted)


def written(path: Path, identity: int, unsplit: bytes) -> Kept:
    """A file that the program wrote itself."""
    return Kept(path, Dialect(",", '"', '"', "\n"), "utf-8", identity, unsplit)
