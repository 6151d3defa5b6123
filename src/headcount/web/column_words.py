"""What the columns of a file were taken for, and why, in words; and what a person makes of them instead, as a manifest."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.uploads.mapping import Column, Request, Role, letter, reference, resolve
from headcount.values import dates

_EXAMPLES = 3
#: What a cell is not, for each type that it rules out; the first that is there tells most.
_NOT = {
    "string": (("float", "no number"), ("integer", "no number that can be kept exactly"), ("boolean", "neither true nor false")),
    "float": (("integer", "no whole number"),),
    "list": (),
    "integer": (),
    "boolean": (),
}
#: The types that a person can choose.
TYPE_OPTIONS = (("", "as found"), *((name, name) for name in ("string", "integer", "float", "boolean", "date", "list")))
#: The date formats that are offered; others can be typed.
FORMATS = (*dates.RECOGNISED, "yyyy-MM-dd", "dd.MM.yyyy", "ISO 8601", dates.UNIX)
_ORDERS = {"day": True, "month": False}
DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "vertical bar"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A column as the page shows it, with what a person said of it so far."""

    index: int
    letter: str
    header: str
    #: How an answer names it.
    reference: str
    #: What it becomes, in words; and the kind: identity, consent, existing, new, operation, skip, blank.
    becomes: str
    kind: str
    type: str
    format: str
    evidence: str
    filled: int
    fit: int
    cells: tuple[str, ...]
    notices: tuple[str, ...]
    #: The name it has without a mapping.
    by_header: str
    said: Mapping[str, Any]

    @property
    def property(self) -> str:
        """What the field for its name shows: nothing where it is left out."""
        return str(self.said.get("ctName") or ("" if self.kind in {"skip", "operation"} else self.becomes))


def references(header: Sequence[str]) -> list[str]:
    """How each column is named in an answer: by its header where that is plain and alone, else by its letter."""
    found = [reference(Column(index, name, Role.SKIP)) for index, name in enumerate(header)]
    folded = [name.casefold() for name in header]
    return [name if folded.count(folded[index]) == 1 else f"#{letter(index)}" for index, name in enumerate(found)]


def seen(inspection: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Seen]:
    """The columns of an inspected file."""
    header = inspection["header"]
    names, plain = references(header), resolve(header, Request()).columns
    cells = [_examples(index, inspection["preview"]) for index in range(len(header))]
    return [
        _seen(c, Column(i, header[i], Role.SKIP, name=plain[i].name or header[i]), names[i], cells[i], _said(manifest, i, header[i]))
        for i, c in enumerate(inspection["columns"])
    ]


def whole(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What a manifest says of the whole file, as the fields of the form show it."""
    dialect = manifest.get("dialect") or {}
    order = next((word for word, said in _ORDERS.items() if manifest.get("dayFirst") is said), "")
    return {
        "identity": manifest.get("identity") or "",
        "match": manifest.get("match") or "",
        "order": order,
        "blanks": ", ".join(manifest.get("blanks") or ()),
        "delimiter": dialect.get("delimiter") or "",
        "encoding": dialect.get("encoding") or "",
    }


def column_options(columns: Sequence[Seen]) -> list[tuple[str, str]]:
    """The columns that may name the person, as choices."""
    usable = [c for c in columns if c.kind not in {"consent", "operation"}]
    return [("", "as the header says"), *((c.reference, f"{c.letter}: {c.header or 'no name'}") for c in usable)]


def quoted(reference_: str) -> str:
    """A column as a flag names it."""
    return shlex.quote(reference_)


def _seen(column: Mapping[str, Any], plain: Column, name: str, cells: tuple[str, ...], said: Mapping[str, Any]) -> Seen:
    evidence = column.get("evidence") or {}
    kind, becomes = _meaning(column)
    return Seen(
        index=plain.index,
        letter=plain.letter,
        header=plain.header,
        reference=name,
        becomes=becomes,
        kind=kind,
        type=column["type"] or "",
        format=column["format"] or "",
        evidence=" ".join(_evidence(column, evidence)),
        filled=evidence.get("filled", 0),
        fit=_fit(column, evidence),
        cells=cells,
        notices=tuple(column["notices"]),
        by_header=plain.name,
        said=said,
    )


def _meaning(column: Mapping[str, Any]) -> tuple[str, str]:
    role = column["role"]
    if role == "property":
        if not column["type"]:
            return "blank", column["header"]
        return ("new" if column["new"] else "existing"), column["property"] or column["header"]
    if role == "operation":
        return "operation", column["header"].removesuffix(".operation")
    return role, column["property"] or ""


def _examples(index: int, preview: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    cells = (row["cells"][index] for row in preview if index < len(row["cells"]))
    return tuple(dict.fromkeys(cell for cell in cells if cell.strip()))[:_EXAMPLES]


def _fit(column: Mapping[str, Any], evidence: Mapping[str, Any]) -> int:
    """How many of the filled cells are values of the type that was chosen."""
    filled: int = evidence.get("filled", 0)
    return int((evidence.get("fits") or {}).get(column["format"] or column["type"], filled))


def _evidence(column: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[str]:
    filled = evidence.get("filled", 0)
    if not column["type"] or not filled:
        return
    chosen, fit = column["format"] or column["type"], _fit(column, evidence)
    if evidence.get("ambiguous"):
        yield f"Fits {' and '.join(evidence['ambiguous'])} alike."
    elif fit < filled:
        yield f"{fit:,} of {filled:,} filled cells fit {chosen}; {filled - fit:,} will not be applied."
    elif column["type"] == "date":
        yield f"Every filled cell fits {chosen}."
    yield from _against(column, evidence.get("ruled_out") or {})


def _against(column: Mapping[str, Any], ruled_out: Mapping[str, str]) -> Iterator[str]:
    """The cell that leaves no other type."""
    if column["type"] == "date":
        other = next((name for name in ruled_out if "yyyy" in name and sorted(name) == sorted(column["format"] or "")), None)
        if other:
            yield f"“{ruled_out[other]}” cannot be {other}."
        return
    for name, what in _NOT.get(column["type"], ()):
        if name in ruled_out:
            yield f"“{ruled_out[name]}” is {what}."
            return


def _said(manifest: Mapping[str, Any], index: int, name: str) -> dict[str, Any]:
    """What a manifest says of a column."""
    keys = _keys(manifest, index, name)
    return dict(manifest["columns"][keys[-1]]) if keys else {}


def _keys(manifest: Mapping[str, Any], index: int, name: str) -> list[str]:
    """By what a manifest names a column; what it says last counts."""
    names = {name.casefold(), f"#{letter(index)}".casefold()}
    return [key for key in manifest.get("columns", {}) if key.casefold() in names]


def edited(manifest: Mapping[str, Any], inspection: Mapping[str, Any], form: Mapping[str, str]) -> str:
    """The manifest with what the form of the columns says instead, as JSON."""
    header = inspection["header"]
    plain = resolve(header, Request()).columns
    columns = dict(manifest.get("columns", {}))
    for index, (name, reference_) in enumerate(zip(header, references(header), strict=True)):
        if f"p{index}" not in form:
            continue
        before = _said(manifest, index, name)
        for key in _keys(manifest, index, name):
            columns.pop(key, None)
        columns[reference_] = _fields(before, form, index, plain[index].name or name)
        if not columns[reference_]:
            del columns[reference_]
    return json.dumps({**manifest, **_of_file(form), "columns": columns, "dialect": _dialect(manifest, form)}, ensure_ascii=False)


def _fields(before: Mapping[str, Any], form: Mapping[str, str], index: int, by_header: str) -> dict[str, Any]:
    """What the form says of one column."""
    if form.get(f"s{index}"):
        return {"skip": True}
    name, type_, format_ = (form.get(f"{field}{index}", "").strip() for field in "ptf")
    said: dict[str, Any] = {"ctName": name} if name and name != by_header else {}
    if type_ or format_:
        said["dataType"] = type_.upper() or "DATE"
    if format_:
        said["dateFormat"] = format_
    said |= {key: form[f"{field}{index}"] for key, field, usual in _RULES if form.get(f"{field}{index}", usual) != usual}
    return {**said, "blanks": before["blanks"]} if before.get("blanks") else said


#: Fields whose usual word is left out.
_RULES = (("blank", "b", "keep"), ("write", "w", "overwrite"))


def _of_file(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form says of the whole file; what is left blank is found by itself."""
    blanks = [word.strip() for word in form.get("blanks", "").split(",") if word.strip()]
    return {
        "identity": form.get("identity", "").strip() or None,
        "match": form.get("match", "").strip() or None,
        "dayFirst": _ORDERS.get(form.get("order", "")),
        "blanks": blanks or None,
    }


def _dialect(manifest: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    given = {"delimiter": form.get("delimiter", ""), "encoding": form.get("encoding", "").strip()}
    kept = {key: value for key, value in manifest.get("dialect", {}).items() if key not in given}
    return {**kept, **{key: value for key, value in given.items() if value}}
