"""Containers: a plain, gzip or zip file on disk becomes one plain file, never larger than the limit."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import IO, cast

from headcount.errors import FileRejected

Progress = Callable[[int, int], None]

_CHUNK = 1 << 20
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")

#: What the libraries raise at an archive that is damaged or packed in an unknown way; a file name may not even be text.
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, struct.error, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError)

_EXPORT = "Open it in the program it comes from and save or export it as CSV."
_BINARIES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "a rich text document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
)
#: Where the name of the first file in a zip stands, and what it is in a document of Office.
_ENTRY, _OFFICE = 30, (b"[Content_Types].xml", b"_rels/.rels", b"docProps/", b"xl/")
_DOCUMENTS = (
    ("xl/", "an Excel workbook", "Open it in the spreadsheet and choose Save as, CSV UTF-8."),
    ("word/", "a Word document", _EXPORT),
    ("ppt/", "a PowerPoint document", _EXPORT),
    ("content.xml", "an OpenDocument file", "Open it in the spreadsheet and choose Save as, Text CSV."),
)


def unpack(path: Path, workdir: Path, limit: int, progress: Progress) -> Path:
    """Return the plain file: `path` itself, or what its archive holds, written to `workdir`.

    Raises FileRejected: archive_invalid, archive_encrypted, archive_many, file_too_large, file_not_csv, file_empty.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(_GZIP):
        plain = _ungzip(path, workdir / "plain.csv", limit, progress)
    elif head.startswith(_ZIP):
        plain = _unzip(path, workdir / "plain.csv", limit, progress)
    else:
        plain = path
    _check_plain(plain, limit)
    return plain


@contextmanager
def packed_like(path: Path, target: Path) -> Iterator[IO[bytes]]:
    """Where the bytes of a file go that is to be packed into `target` as `path` is."""
    with path.open("rb") as file:
        head = file.read(4)
    with ExitStack() as opened:
        if head.startswith(_GZIP):
            plain = opened.enter_context(target.open("wb"))
            yield cast("IO[bytes]", opened.enter_context(GzipFile("", "wb", fileobj=plain)))
        elif head.startswith(_ZIP):
            name = _only_member(opened.enter_context(zipfile.ZipFile(path))).filename
            packed = opened.enter_context(zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED))
            yield opened.enter_context(packed.open(name, "w", force_zip64=True))
        else:
            yield opened.enter_context(target.open("wb"))


def _check_plain(plain: Path, limit: int) -> None:
    if plain.stat().st_size > limit:
        raise too_large(limit)
    with plain.open("rb") as file:
        head = file.read(64)
    if not head:
        raise FileRejected("file_empty", "The file is empty.", "Export it again and check its size.")
    assert_no_other(head)
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise FileRejected("archive_invalid", "The archive holds another archive.", "Pack the CSV file itself.")


def assert_no_other(head: bytes) -> None:
    """Raises FileRejected `file_not_csv` where the first 64 bytes of a file tell that it is of another kind."""
    for magic, name in _BINARIES:
        if head.startswith(magic):
            raise FileRejected("file_not_csv", f"The file is {name}, not a CSV file.", _EXPORT)
    if head.startswith(b"PK\x03\x04") and head[_ENTRY:].startswith(_OFFICE):
        raise FileRejected("file_not_csv", "The file is an Excel, Word or PowerPoint document, not a CSV file.", _EXPORT)


def too_large(limit: int) -> FileRejected:
    """Return the refusal of a file that is larger than `limit` bytes when unpacked."""
    advice = "Split it into several files, or raise the limit in the settings."
    return FileRejected("file_too_large", f"The file is larger than the limit of {limit:,} bytes.", advice)


def _ungzip(path: Path, target: Path, limit: int, progress: Progress) -> Path:
    with _readable(), path.open("rb") as packed, GzipFile(fileobj=packed) as file:
        total = path.stat().st_size
        _copy(_chunks(file, lambda: progress(packed.tell(), total)), target, limit)
    return target


def _unzip(path: Path, target: Path, limit: int, progress: Progress) -> Path:
    with _readable(), zipfile.ZipFile(path) as archive:
        member = _only_member(archive)
        if member.flag_bits & 1:
            advice = "Pack it again without a password."
            raise FileRejected("archive_encrypted", "The archive is protected by a password.", advice)
        if member.file_size > limit:
            raise too_large(limit)
        with archive.open(member) as file:
            _copy(_chunks(file, lambda: progress(file.tell(), member.file_size)), target, limit)
    return target


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    if not all(member.filename for member in archive.infolist()):
        raise zipfile.BadZipFile("a file in it has no name")
    members = [member for member in archive.infolist() if not _is_litter(member)]
    for marker, name, advice in _DOCUMENTS:
        if any(member.filename.startswith(marker) for member in members):
            raise FileRejected("file_not_csv", f"The file is {name}, not a CSV file.", advice)
    chosen = _named(members, ".csv", ".tsv") or _named(members, ".txt") or members
    if len(chosen) != 1:
        names = ", ".join(member.filename for member in chosen[:5]) or "none"
        message = f"The archive holds {len(chosen)} files where one CSV file is expected: {names}."
        raise FileRejected("archive_many", message, "Pack each CSV file alone, or upload it unpacked.")
    return chosen[0]


def _named(members: list[zipfile.ZipInfo], *endings: str) -> list[zipfile.ZipInfo]:
    return [member for member in members if member.filename.lower().endswith(endings)]


def _is_litter(member: zipfile.ZipInfo) -> bool:
    path = Path(member.filename)
    return member.is_dir() or path.parts[0] == "__MACOSX" or path.name.startswith(".") or path.name == "Thumbs.db"


def _chunks(file: GzipFile | IO[bytes], tell: Callable[[], None]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        tell()
        yield chunk


def _copy(chunks: Iterator[bytes], target: Path, limit: int) -> None:
    """Write the chunks to `target`; an archive that grows over the limit leaves nothing behind."""
    size = 0
    with target.open("wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                out.close()
                target.unlink()
                raise too_large(limit)
            out.write(chunk)


@contextmanager
def _readable() -> Iterator[None]:
    advice = "Pack it again, or upload the CSV file unpacked."
    try:
        yield
    except _BROKEN as error:
        raise FileRejected("archive_invalid", f"The archive cannot be unpacked: {error}.", advice) from error
