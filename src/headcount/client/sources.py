"""What can be uploaded: a file by its path, an opened one, or a table; each as a file on the disk, and what its columns are."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Protocol, TypeAlias

from headcount.errors import WrongCall
from headcount.uploads.manifest import manifest_of, read
from headcount.values.types import Type


class ArrowStream(Protocol):
    """A table of whatever library: pyarrow, pandas from 2.2, polars, duckdb."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Its batches, by the Arrow PyCapsule interface."""
        ...


Source: TypeAlias = str | os.PathLike[str] | BinaryIO | ArrowStream
Manifest: TypeAlias = Mapping[str, Any]
#: The types that the properties of the account have.
Known: TypeAlias = Callable[[], Mapping[str, Type]]

_OPENED, _TABLE = "upload.csv", "table.csv"


@contextmanager
def on_disk(source: Source, manifest: Manifest, known: Known) -> Iterator[tuple[Path, Manifest]]:
    """The file that a source is, and its manifest. What is not on the disk yet is there as long as the context. Raises WrongCall."""
    if isinstance(source, str | os.PathLike):
        yield _readable(Path(source)), manifest
    else:
        with TemporaryDirectory(prefix="headcount-") as folder:
            yield _written(source, Path(folder), manifest, known)


def manifest_at(manifest: Manifest | str | os.PathLike[str] | None) -> dict[str, Any]:
    """A manifest that is given as such, or as the path of its file. Raises WrongCall."""
    if manifest is None or isinstance(manifest, Mapping):
        return dict(manifest or {})
    try:
        found = json.loads(_readable(Path(manifest)).read_text("utf-8-sig"))
    except ValueError:
        raise WrongCall("manifest_invalid", f"The manifest {manifest} is no JSON in UTF-8.", "Mend it and try again.") from None
    if not isinstance(found, dict):
        raise WrongCall("manifest_invalid", f"The manifest {manifest} is no object.", "An object { … } belongs there.")
    return found


def _written(source: BinaryIO | ArrowStream, folder: Path, manifest: Manifest, known: Known) -> tuple[Path, Manifest]:
    if hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__") or _is_data_frame(source):
        return _table(source, folder / _TABLE, manifest, known)
    if hasattr(source, "read"):
        return _copied(source, folder), manifest
    kind = type(source).__name__
    raise WrongCall("source_wrong", f"A {kind} is neither a path, nor an opened file, nor a table.", "Records go with profiles or events.")


def _table(table: object, path: Path, manifest: Manifest, known: Known) -> tuple[Path, Manifest]:
    # Whoever uploads files only does without Arrow.
    from headcount.client import arrow  # noqa: PLC0415

    asked = read(json.dumps(manifest))
    request = arrow.write(arrow.reader_of(table), path, asked.request, known())
    return path, dict(manifest) | manifest_of(request)


def _copied(source: BinaryIO, folder: Path) -> Path:
    if isinstance(source.read(0), str):
        raise WrongCall("source_wrong", "The file is opened as text.", "Open it with mode 'rb': its encoding is found out from its bytes.")
    name = getattr(source, "name", None)
    path = folder / (Path(name).name if isinstance(name, str) and Path(name).name else _OPENED)
    with path.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    return path


def _is_data_frame(source: object) -> bool:
    """Whether it is one of a pandas that does not stream yet."""
    return type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "to_parquet")


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise WrongCall("file_missing", f"There is no file {path}.", f"It was looked for in {path.absolute().parent}.")
    return path
