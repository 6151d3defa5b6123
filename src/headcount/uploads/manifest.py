"""A mapping as a person writes it down: the JSON manifest, and the `--map` flag."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Never, TypeAlias, TypeVar

from headcount.csvfile.encoding import given as encoding_of
from headcount.csvfile.scan import check_marks
from headcount.errors import WrongCall
from headcount.profiles.consent import channel_of
from headcount.profiles.events import assert_sendable
from headcount.profiles.properties import IDENTITY
from headcount.uploads.mapping import EVENT_NAME, EVENT_TIME, ColumnRequest, Kind, Match, Request
from headcount.values import dates
from headcount.values.text import of_whole_signs
from headcount.values.types import Type

TYPES: Mapping[str, Type] = {
    "string": Type.STRING,
    "integer": Type.INTEGER,
    "long": Type.INTEGER,
    "float": Type.FLOAT,
    "boolean": Type.BOOLEAN,
    "date": Type.DATE,
    "list": Type.LIST,
}
_TOP = {
    "fileName",
    "type",
    "eventName",
    "name",
    "clientEmail",
    "columns",
    "dialect",
    "dayFirst",
    "confirmResubscribe",
    "match",
    "blanks",
    "identity",
}
_COLUMN = {"ctName", "dataType", "dateFormat", "blank", "write", "skip", "blanks"}
_DIALECT = {"delimiter", "encoding", "quote", "escape"}

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest: the mapping it holds and the name it gives the upload."""

    request: Request
    name: str | None = None


def read(text: str) -> Manifest:
    """The manifest in `text`. Raises WrongCall(`manifest_invalid`) with the JSON path and what is allowed there."""
    try:
        document: Json = json.loads(text, object_pairs_hook=_Twice.checked)
    except json.JSONDecodeError as error:
        _refuse("$", f"line {error.lineno}, column {error.colno} is not JSON ({error.msg.lower()})")
    except (ValueError, RecursionError):
        # A number of thousands of digits, or brackets in brackets in brackets.
        _refuse("$", "this is not JSON that can be read")
    if not of_whole_signs(document):
        _refuse("$", "a text in it has half of a sign (a lone surrogate)")
    top = _object(document, "$", _TOP)
    _assert_once(top, "$")
    kind = _kind(top)
    dialect = _object(top.get("dialect", {}), "$.dialect", _DIALECT)
    _assert_dialect(dialect)
    columns = _object(top.get("columns", {}), "$.columns", None)
    identity = _text(top, "identity", "$")
    request = Request(
        columns={header: _column(header, spec, identity, kind) for header, spec in columns.items()},
        identity=identity,
        match=_match(top),
        day_first=_flag(top, "dayFirst", "$"),
        blanks=_texts(top, "blanks", "$"),
        delimiter=_text(dialect, "delimiter", "$.dialect"),
        encoding=_text(dialect, "encoding", "$.dialect"),
        quote=_text(dialect, "quote", "$.dialect"),
        escape=_text(dialect, "escape", "$.dialect"),
        confirm_resubscribe=_text(top, "confirmResubscribe", "$"),
        kind=kind,
        event=_event(top, kind),
    )
    if kind == "event":
        _assert_of_event(request)
    return Manifest(request, _text(top, "name", "$") or _text(top, "fileName", "$"))


def manifest_of(request: Request, name: str | None = None) -> dict[str, Json]:
    """The manifest that says what the request does, as a JSON object: `read` gives the same meaning back."""
    dialect = {key: getattr(request, key) for key in ("delimiter", "encoding", "quote", "escape")}
    top: dict[str, Json] = {
        "type": None if request.kind == "profile" else request.kind,
        "eventName": request.event,
        "name": name,
        "identity": request.identity,
        "match": request.match,
        "dayFirst": request.day_first,
        "confirmResubscribe": request.confirm_resubscribe,
        "blanks": list(request.blanks) or None,
        "dialect": _given(dialect) or None,
        "columns": {header: _spec(asked) for header, asked in request.columns.items()} or None,
    }
    return _given(top)


def _spec(asked: ColumnRequest) -> dict[str, Json]:
    if asked.skip:
        # Of a column that is left out nothing else can be said.
        return {"skip": True}
    dated = asked.type in {None, Type.DATE}
    return _given(
        {
            "ctName": asked.property,
            "dataType": asked.type.value.upper() if asked.type else None,
            "dateFormat": asked.format if dated else None,
            "blank": None if asked.blank == "keep" else asked.blank,
            "write": None if asked.write == "overwrite" else asked.write,
            "blanks": list(asked.blanks) or None,
        }
    )


def _given(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if value is not None}


def _refuse(path: str, reason: str) -> Never:
    raise WrongCall(
        "manifest_invalid",
        f"The manifest is wrong at {path}: {reason}.",
        "Mend it and try again; docs/reference/manifest.md shows a whole one.",
    )


class _Twice(dict[str, "Json"]):
    """An object that says one of its fields twice: which one."""

    field: str

    @classmethod
    def checked(cls, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        """The object; one of this class where a field comes twice, because only its parents know the path to it."""
        if len(dict(pairs)) == len(pairs):
            return dict(pairs)
        found = cls(pairs)
        found.field = Counter(key for key, _ in pairs).most_common(1)[0][0]
        return found


def _assert_once(value: Json, path: str) -> None:
    if isinstance(value, _Twice):
        _refuse(_inside(path, value.field), "this field stands here twice; allowed is once")
    if isinstance(value, dict):
        for key, part in value.items():
            _assert_once(part, _inside(path, key))
    if isinstance(value, list):
        for index, part in enumerate(value):
            _assert_once(part, f"{path}[{index}]")


def _inside(path: str, key: str) -> str:
    return f"{path}['{key}']" if path == "$.columns" else f"{path}.{key}"


def _object(value: Json, path: str, allowed: set[str] | None) -> dict[str, Json]:
    if not isinstance(value, dict):
        _refuse(path, "an object { … } belongs here")
    unknown = next((key for key in value if allowed is not None and key not in allowed), None)
    if unknown is not None:
        _refuse(f"{path}.{unknown}", f"this field is unknown; allowed are {', '.join(sorted(allowed or ()))}")
    return value


def _text(value: Mapping[str, Json], key: str, path: str) -> str | None:
    found = value.get(key)
    if found is not None and not isinstance(found, str):
        _refuse(f"{path}.{key}", "a text belongs here")
    return found


def _texts(value: Mapping[str, Json], key: str, path: str) -> tuple[str, ...]:
    found = value.get(key)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        _refuse(f"{path}.{key}", 'a list of texts such as ["NULL", "N/A"] belongs here')
    return tuple(str(word) for word in found)


def _flag(value: Mapping[str, Json], key: str, path: str) -> bool | None:
    found = value.get(key)
    if found is not None and not isinstance(found, bool):
        _refuse(f"{path}.{key}", "allowed are true and false")
    return found


def _word(value: Mapping[str, Json], key: str, path: str, allowed: Sequence[Word], default: Word) -> Word:
    found = value.get(key, default)
    for word in allowed:
        if isinstance(found, str) and found.lower() == word:
            return word
    _refuse(f"{path}.{key}", f"“{found}” is unknown; allowed are {', '.join(allowed)}")


def _kind(top: Mapping[str, Json]) -> Kind:
    allowed: tuple[Kind, ...] = ("profile", "event")
    return _word(top, "type", "$", allowed, "profile")


def _event(top: Mapping[str, Json], kind: Kind) -> str | None:
    name = _text(top, "eventName", "$")
    if name is None:
        return None
    if kind != "event":
        _refuse("$.eventName", "allowed is type “event” with it")
    try:
        return assert_sendable(name)
    except WrongCall as error:
        _refuse("$.eventName", error.message.rstrip("."))


def _assert_of_event(request: Request) -> None:
    """An event is stored as its row says; what an upload of profiles can do with stored values has no meaning there."""
    for asked in request.columns.values():
        for key, usual in (("blank", "keep"), ("write", "overwrite")):
            if getattr(asked, key) != usual:
                _refuse(f"{asked.path}.{key}", f"allowed for events is {usual}")


def _match(top: Mapping[str, Json]) -> Match | None:
    if top.get("match") is None:
        return None
    allowed: tuple[Match, ...] = ("identity", "email", "phone")
    return _word(top, "match", "$", allowed, "identity")


def _assert_dialect(dialect: Mapping[str, Json]) -> None:
    given = {key: _text(dialect, key, "$.dialect") for key in ("delimiter", "quote", "escape", "encoding")}
    checks: dict[str, Callable[[], object]] = {
        "delimiter": lambda: check_marks(given["delimiter"], None, None),
        "quote": lambda: check_marks(given["delimiter"], given["quote"], None),
        "escape": lambda: check_marks(None, given["quote"], given["escape"]),
        "encoding": lambda: encoding_of("utf-8" if given["encoding"] is None else given["encoding"]),
    }
    for key, check in checks.items():
        try:
            check()
        except WrongCall as error:
            _refuse(f"$.dialect.{key}", f"{error.message} {error.advice}".rstrip("."))


def _column(header: str, spec: Json, identity: str | None, kind: Kind) -> ColumnRequest:
    path = f"$.columns['{header}']"
    fields = _object(spec, path, _COLUMN)
    asked = _asked(fields, path)
    if asked.property is not None and not asked.property.strip():
        _refuse(f"{path}.ctName", "a name belongs here; without the field the column keeps the name of its header")
    if asked.skip and len(fields) > 1:
        _refuse(f"{path}.skip", "a column that is left out takes no other field; allowed beside them is false")
    if asked.format and asked.type is not Type.DATE:
        _refuse(f"{path}.dateFormat", f"allowed is dataType DATE with it, not {fields['dataType']}")
    fault = _typeless(header, asked, identity, kind)
    if fault:
        _refuse(f"{path}.{'dateFormat' if asked.format else 'dataType'}", fault)
    return asked


def _typeless(header: str, asked: ColumnRequest, identity: str | None, kind: Kind) -> str:
    """What is wrong with a type or format for a column whose meaning leaves no choice; blank where nothing is."""
    target = IDENTITY if header == identity else (asked.property or header).strip()
    if target == IDENTITY and (asked.format or asked.type not in {None, Type.STRING}):
        return "the identity is a text as it stands; allowed is STRING, or nothing"
    if kind == "event":
        return _typeless_of_event(target, asked)
    if channel_of(target) and (asked.format or asked.type not in {None, Type.BOOLEAN}):
        return "consent is true or false; allowed is BOOLEAN, or nothing"
    return ""


def _typeless_of_event(target: str, asked: ColumnRequest) -> str:
    if target == EVENT_NAME and (asked.format or asked.type not in {None, Type.STRING}):
        return "the name of an event is a text as it stands; allowed is STRING, or nothing"
    if target == EVENT_TIME and asked.type not in {None, Type.DATE}:
        return "the time of an event is a date; allowed is DATE, or nothing"
    return ""


def _asked(fields: Mapping[str, Json], path: str) -> ColumnRequest:
    blank: tuple[Literal["keep", "clear"], ...] = ("keep", "clear")
    write: tuple[Literal["overwrite", "fill"], ...] = ("overwrite", "fill")
    return ColumnRequest(
        property=_text(fields, "ctName", path),
        type=_type(fields, path),
        format=_format(_text(fields, "dateFormat", path), f"{path}.dateFormat"),
        skip=_flag(fields, "skip", path) or False,
        blank=_word(fields, "blank", path, blank, "keep"),
        write=_word(fields, "write", path, write, "overwrite"),
        blanks=_texts(fields, "blanks", path),
        path=path,
    )


def _type(fields: Mapping[str, Json], path: str) -> Type | None:
    found = fields.get("dataType")
    if found is None:
        return Type.DATE if fields.get("dateFormat") else None
    if str(found).lower() not in TYPES:
        _refuse(f"{path}.dataType", f"“{found}” is unknown; allowed are {', '.join(name.upper() for name in TYPES)}")
    return TYPES[str(found).lower()]


def _format(text: str | None, path: str) -> str | None:
    if text is None:
        return None
    try:
        return dates.named(text)
    except dates.UnknownFormat as error:
        _refuse(path, str(error))


def with_flags(request: Request, maps: Sequence[str], skips: Sequence[str]) -> Request:
    """The request with `--map 'COLUMN=PROPERTY[:TYPE[:FORMAT]]'` and `--skip COLUMN` on top. Raises WrongCall."""
    columns = dict(request.columns)
    for text in maps:
        header, asked = _map(text, columns)
        fault = _typeless(header, asked, request.identity, request.kind)
        if fault:
            raise WrongCall("map_invalid", f"--map '{text}' cannot be: {fault}.", "Leave the type and the format out.")
        columns[header] = asked
    for header in skips:
        columns[header] = replace(columns.get(header, ColumnRequest()), skip=True)
    return replace(request, columns=columns)


def _map(text: str, columns: Mapping[str, ColumnRequest]) -> tuple[str, ColumnRequest]:
    header, separator, target = text.rpartition("=")
    name, _, rest = target.partition(":")
    type_, _, format_ = rest.partition(":")
    if not separator or not header.strip() or not (name.strip() or type_):
        raise WrongCall(
            "map_invalid", f"--map '{text}' cannot be read.", "Write --map 'COLUMN=PROPERTY', with :TYPE and :FORMAT if needed."
        )
    if type_ and type_.strip().lower() not in TYPES:
        raise WrongCall("map_invalid", f"--map '{text}' names the unknown type “{type_}”.", f"The types are {', '.join(TYPES)}.")
    before = columns.get(header.strip(), ColumnRequest())
    return header.strip(), replace(
        before,
        property=name.strip() or before.property,
        type=TYPES[type_.strip().lower()] if type_ else before.type,
        format=_flag_format(text, format_) if format_ else before.format,
    )


def _flag_format(text: str, format_: str) -> str:
    try:
        return dates.named(format_)
    except dates.UnknownFormat as error:
        raise WrongCall(
            "map_invalid", f"--map '{text}' cannot be read: {error}.", "Example: --map 'Signup=Signup:date:dd.MM.yyyy'."
        ) from error


def with_event(request: Request, name: str | None, kind: Kind | None = None) -> Request:
    """The request for a file of events, where `name` names them or `kind` says so. Raises WrongCall."""
    if kind == "profile" and name is not None:
        raise WrongCall("event_unexpected", "Profiles have no event name.", "Leave the name out, or say that the rows are events.")
    if name is None:
        return request if kind is None else replace(request, kind=kind, event=request.event if kind == "event" else None)
    return replace(request, kind="event", event=assert_sendable(name))


def assert_match(request: Request) -> None:
    """Events go to whom they name. Raises WrongCall `match_impossible`."""
    if request.kind == "event" and request.match not in {None, "identity"}:
        raise WrongCall("match_impossible", f"Events cannot be matched by {request.match}.", "Their rows name people by identity.")
