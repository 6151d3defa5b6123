"""The specification of an upload as slow, plain Python: what a file does to the profiles of an account, row by row.

It knows nothing of the program: no engine, no SQL, no chunk. Where both disagree, one of them misreads the specification.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Value: TypeAlias = "str | int | float | bool | datetime | tuple[str, ...]"
Match = Literal["identity", "email", "phone"]
TypeName = Literal["string", "integer", "float", "boolean", "date", "list"]

CHANNELS = ("push", "sms", "email", "whatsapp")
SYSTEM: Mapping[str, TypeName] = {
    "Name": "string",
    "Email": "string",
    "Phone": "string",
    "Gender": "string",
    "DOB": "date",
    "Age": "integer",
    "Education": "string",
    "Employed": "string",
    "Married": "string",
    "Timezone": "string",
}
FORMATS = (
    "dd/MM/yyyy HH:mm:ss",
    "MM/dd/yyyy HH:mm:ss",
    "yyyy/dd/MM HH:mm:ss",
    "yyyy/MM/dd HH:mm:ss",
    "dd MMM yyyy HH:mm:ss",
)
UNIX = "Unix time"
PLACEHOLDERS = frozenset(
    ["undefined", "null", "na", "n/a", "0", "nil", "-1", "infinity", "-infinity", "inf", "-inf", "nan", "-nan", "empty", "xxxxxx", "none"]
)


# --- what goes in -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read, and why."""

    code: str


#: The cells of a record; None is a blank line. The first line behind the header is row 2.
Line: TypeAlias = "tuple[str, ...] | Broken | None"


@dataclass(frozen=True)
class Rule:
    """What a mapping says of one column."""

    name: str | None = None
    type: TypeName | None = None
    format: str | None = None
    skip: bool = False
    blank: Literal["keep", "clear"] = "keep"
    write: Literal["overwrite", "fill"] = "overwrite"
    blanks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What a person says of a file, and what the account's settings say."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    match: Match | None = None
    day_first: bool | None = None
    blanks: tuple[str, ...] = ()
    zone: str = "UTC"
    value_limit: int = 512
    list_limit: int = 100


@dataclass
class Profile:
    """A person: values with the (upload, row) they came from, and consent per channel."""

    values: dict[str, Value] = field(default_factory=dict)
    came: dict[str, tuple[int, int]] = field(default_factory=dict)
    consent: dict[str, bool] = field(default_factory=dict)


@dataclass
class State:
    """An account."""

    types: dict[str, TypeName] = field(default_factory=lambda: dict(SYSTEM))
    profiles: dict[str, Profile] = field(default_factory=dict)
    #: (upload, row, identity, channel, before, after)
    consent_log: list[tuple[int, int, str, str, bool | None, bool]] = field(default_factory=list)


# --- what comes out -----------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What the report of an upload has to say."""

    #: What a person has to answer first: (code, column). Nothing else is filled then.
    questions: set[tuple[str, str | None]] = field(default_factory=set)
    ledger: Counter[str] = field(default_factory=Counter)
    #: header → (property, type, format, new)
    columns: dict[str, tuple[str | None, TypeName | None, str | None, bool]] = field(default_factory=dict)
    #: header → set, changed, cleared
    changes: dict[str, Counter[str]] = field(default_factory=dict)
    #: channel → opted_out, resubscribed
    consent: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    #: (code, column) → rows; a problem of a whole row has no column
    problems: dict[tuple[str, str | None], list[int]] = field(default_factory=lambda: defaultdict(list))
    #: identity as it first came → its rows
    duplicates: dict[str, list[int]] = field(default_factory=dict)


# --- cells --------------------------------------------------------------------------------------------------------


def trim(text: str) -> str:
    """Without white space at both ends."""
    while text and (text[0].isspace() or text[0] == "\ufeff"):
        text = text[1:]
    while text and (text[-1].isspace() or text[-1] == "\ufeff"):
        text = text[:-1]
    return text


FORMULA = frozenset("=+-@\t\r")


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet would run it: not so a plain number or a phone number."""
    plain = re.fullmatch(r"[+-]?[(.]?[0-9][0-9 .,()-]*([eE][+-]?[0-9]+)?", text)
    return text[:1] in FORMULA and not plain


def for_a_spreadsheet(raw: str) -> str:
    """A cell as the rejects file has it: as it came, with an escape where a spreadsheet would run it."""
    return f"'{raw}" if runs_as_formula(raw) else raw


def clean(raw: str, blanks: Sequence[str] = ()) -> str | None:
    """The cell as it counts: trimmed, without the formula escape; None where it is blank."""
    text = trim(raw)
    if text.startswith("'") and text.lstrip("'")[:1] in FORMULA:
        text = trim(text[1:])
    return None if not text or text in blanks else text


class Misfit(Exception):
    """A cell does not fit its property; its text is the problem code."""


Reader: TypeAlias = Callable[[str], Value]


def read_string(limit: int) -> Reader:
    def read(text: str) -> str:
        if len(text) > limit:
            raise Misfit("value_too_long")
        return text

    return read


def read_integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+(\.0+)?", text):
        raise Misfit("number_invalid")
    number = int(Decimal(text))
    if not -(2**63) <= number < 2**63:
        raise Misfit("number_out_of_range")
    return number


def significant(text: str) -> int:
    """How many digits a number is written with, without leading zeros."""
    return len(re.sub("[^0-9]", "", re.sub("[eE].*", "", text)).lstrip("0"))


def read_float(text: str) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        raise Misfit("number_invalid")
    number, exact = float(text), Decimal(text)
    lost = number in {float("inf"), float("-inf")} or (number == 0 and exact != 0)
    if lost or significant(text) > 17 or ("e" not in text.lower() and abs(exact) > 2**53):
        raise Misfit("number_out_of_range")
    return number


def read_boolean(text: str) -> bool:
    word = text.lower()
    if word not in {"true", "1", "yes", "false", "0", "no"}:
        raise Misfit("boolean_invalid")
    return word in {"true", "1", "yes"}


def read_list(value_limit: int, list_limit: int) -> Reader:
    def read(text: str) -> tuple[str, ...]:
        try:
            items = json.loads(text) if text.startswith("[") else [text]
        except ValueError:
            items = [text]
        texts = tuple(dict.fromkeys(item if isinstance(item, str) else json.dumps(item) for item in items))
        if len(texts) > list_limit:
            raise Misfit("list_too_long")
        if any(len(item) > value_limit for item in texts):
            raise Misfit("value_too_long")
        return texts

    return read


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_SHAPES = {
    "dd/MM/yyyy HH:mm:ss": r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4}) (?P<t>.*)",
    "MM/dd/yyyy HH:mm:ss": r"(?P<m>\d\d)/(?P<d>\d\d)/(?P<y>\d{4}) (?P<t>.*)",
    "yyyy/dd/MM HH:mm:ss": r"(?P<y>\d{4})/(?P<d>\d\d)/(?P<m>\d\d) (?P<t>.*)",
    "yyyy/MM/dd HH:mm:ss": r"(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d) (?P<t>.*)",
    "dd MMM yyyy HH:mm:ss": r"(?P<d>\d\d) (?P<m>[A-Za-z]{3}) (?P<y>\d{4}) (?P<t>.*)",
}


def instant(text: str, name: str, zone: str = "UTC") -> datetime | None:
    """The UTC instant that a text is in a format, None where it is none."""
    if name == UNIX:
        if not re.fullmatch(r"-?[0-9]{1,12}", text):
            return None
        try:
            return datetime(1970, 1, 1) + timedelta(seconds=int(text))
        except OverflowError:
            return None
    found = re.fullmatch(_SHAPES[name], text, re.ASCII)
    time = re.fullmatch(r"(\d\d):(\d\d):(\d\d)", found["t"], re.ASCII) if found else None
    if not found or not time:
        return None
    month = found["m"].lower()
    number = int(month) if month.isdigit() else _MONTHS.index(month) + 1 if month in _MONTHS else 0
    try:
        hour, minute, second = map(int, time.groups())
        local = datetime(int(found["y"]), number, int(found["d"]), hour, minute, second, tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
    return local.astimezone(UTC).replace(tzinfo=None)


def read_date(name: str, zone: str) -> Reader:
    def read(text: str) -> datetime:
        found = instant(text, name, zone)
        if found is None:
            raise Misfit("date_invalid")
        return found

    return read


def read_email(text: str) -> str:
    """Only as clever as the drawn addresses need it."""
    if not re.fullmatch(r"[\w+'-]+(\.[\w+'-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}", text):
        raise Misfit("email_invalid")
    return text


def read_phone(text: str) -> str:
    """Only as clever as the drawn numbers need it: without `+` those of Germany and the United States."""
    digits = re.sub(r"[ .()\[\]\u00a0-]", "", text)
    if re.fullmatch(r"\+[1-9][0-9]{6,14}", digits):
        return digits
    if re.fullmatch(r"1[0-9]{10}|49[0-9]{9,11}", digits):
        return "+" + digits
    raise Misfit("phone_invalid")


def read_choice(*choices: str) -> Reader:
    def read(text: str) -> str:
        found = next((c for c in choices if c.lower() == text.lower()), None)
        if found is None:
            raise Misfit("choice_invalid")
        return found

    return read


_CHECKED: Mapping[str, Reader] = {
    "Email": read_email,
    "Phone": read_phone,
    "Gender": read_choice("M", "F", "O", "U"),
    "Education": read_choice("School", "College", "Graduate"),
    "Employed": read_choice("Y", "N"),
    "Married": read_choice("Y", "N"),
}


def reader(name: str, type_: TypeName, format_: str | None, wish: Wish) -> Reader:
    """How the cells of a column are read."""
    readers: Mapping[TypeName, Reader] = {
        "string": _CHECKED.get(name, read_string(wish.value_limit)),
        "integer": read_integer,
        "float": read_float,
        "boolean": read_boolean,
        "list": read_list(wish.value_limit, wish.list_limit),
    }
    return read_date(format_ or FORMATS[0], wish.zone) if type_ == "date" else readers[type_]


# --- types --------------------------------------------------------------------------------------------------------


def plain_integer(text: str) -> bool:
    return bool(re.fullmatch(r"-?(0|[1-9][0-9]*)", text)) and significant(text) <= 15


def plain_number(text: str) -> bool:
    """A number with nothing odd: no leading zero or `+`, at most 15 digits, no exponent alone."""
    shaped = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]+)?)?|-?\.[0-9]+", text)
    return bool(shaped) and significant(text) <= 15 and abs(float(text)) != float("inf")


def infer(texts: Sequence[str]) -> list[tuple[TypeName, str | None]]:
    """The type of a new property from its filled cells; several date formats where they all fit."""
    if all(t.lower() in {"true", "false"} for t in texts):
        return [("boolean", None)]
    if all(plain_integer(t) for t in texts):
        return [("integer", None)]
    if all(plain_number(t) for t in texts):
        return [("float", None)]
    fitting = [f for f in FORMATS if all(instant(t, f) for t in texts)]
    return [("date", f) for f in fitting] or [("string", None)]


def formats_of_date(texts: Sequence[str]) -> list[str]:
    """The formats that most cells of a date property fit."""
    fits = {f: sum(instant(t, f) is not None for t in texts) for f in (*FORMATS, UNIX)}
    most = max(fits.values())
    return [f for f, n in fits.items() if n == most and n] or [FORMATS[0]]


def in_day_order(formats: Sequence[str], day_first: bool | None) -> list[str]:
    if day_first is None:
        return list(formats)
    wrong = {FORMATS[1], FORMATS[3]} if day_first else {FORMATS[0], FORMATS[2]}
    return [f for f in formats if f not in wrong] or list(formats)


def ambiguous(texts: Sequence[str], formats: Sequence[str]) -> bool:
    """Whether some value fits several formats, and would differ."""
    return any(len({instant(t, f) for f in formats} - {None}) > 1 for t in texts)


# --- columns ------------------------------------------------------------------------------------------------------


@dataclass
class Column:
    """A column that sets a property."""

    index: int
    header: str
    name: str
    rule: Rule
    type: TypeName
    format: str | None
    operation: int | None
    new: bool

    def operations(self) -> set[str]:
        return {"$set", "$delete", "$add", "$remove"} if self.type == "list" else {"$set", "$delete"}


class Upload:
    """One file against one account."""

    def __init__(self, header: Sequence[str], lines: Sequence[Line], state: State, wish: Wish, number: int) -> None:
        self.header = [trim(h) for h in header]
        self.records = {row: line for row, line in enumerate(lines, 2) if isinstance(line, tuple)}
        self.lines, self.state, self.wish, self.number = lines, state, wish, number
        self.width = len(header)
        self.out = Outcome()
        self.columns: list[Column] = []
        self.consent: dict[str, int] = {}
        self.identity = self.header.index("identity")

    def run(self) -> Outcome:
        """Change the state, unless something is open."""
        self._decide_columns()
        rows = self._valid_rows()
        groups = self._groups(rows)
        self._ask_match(groups)
        if self.out.questions:
            return Outcome(questions=self.out.questions)
        self._count_rows(groups)
        for column in self.columns:
            self.state.types[column.name] = column.type
            if column.type == "float":
                self._widen(column.name)
        for identity, numbers in groups.values():
            self._apply(identity, numbers)
        return self.out

    # columns

    def _rule(self, header: str) -> Rule:
        return self.wish.rules.get(header, Rule())

    def _blanks(self, header: str) -> tuple[str, ...]:
        return (*self.wish.blanks, *self._rule(header).blanks)

    def _text(self, row: int, index: int) -> str | None:
        return clean(self.records[row][index], self._blanks(self.header[index]))

    def _decide_columns(self) -> None:
        self.records = {row: cells for row, cells in self.records.items() if len(cells) == self.width}
        for index, header in enumerate(self.header):
            rule = self._rule(header)
            channel = next((c for c in CHANNELS if header.lower() == f"msg-{c}"), None)
            if rule.skip or header == "identity" or header.endswith(".operation"):
                continue
            if channel:
                self.consent[channel] = index
                continue
            self._decide_property(index, header, rule)

    def _decide_property(self, index: int, header: str, rule: Rule) -> None:
        name = rule.name or header
        stored = self.state.types.get(name)
        operation = next((i for i, h in enumerate(self.header) if h == f"{header}.operation"), None)
        cells = [self._text(row, index) for row in self.records]
        texts = [text for text in cells if text is not None]
        found = self._type(header, rule, stored, texts, operation)
        self.out.changes[header] = Counter()
        self.out.columns[header] = (None, None, None, False)
        if found:
            new = stored is None
            self.columns.append(Column(index, header, name, rule, *found, operation, new))
            self.out.columns[header] = (name, *found, new)

    def _type(
        self, header: str, rule: Rule, stored: TypeName | None, texts: Sequence[str], operation: int | None
    ) -> tuple[TypeName, str | None] | None:
        if rule.format or (rule.type and rule.type != "date"):
            return rule.type or "date", rule.format
        if "date" in {rule.type, stored}:
            return self._date(header, in_day_order(formats_of_date(texts), self.wish.day_first), texts)
        if stored:
            fractions = [t for t in texts if plain_number(t) and not re.fullmatch(r"[+-]?[0-9]+(\.0+)?", t)]
            custom = stored == "integer" and header not in SYSTEM
            return ("float", None) if custom and fractions else (stored, None)
        asked = {self._text(row, operation) for row in self.records} if operation is not None else set()
        if {(text or "").lower() for text in asked} & {"$add", "$remove"}:
            return "list", None
        if not texts:
            return None
        choices = infer(texts)
        if choices[0][0] != "date":
            return choices[0]
        return self._date(header, in_day_order([f or "" for _, f in choices], self.wish.day_first), texts)

    def _date(self, header: str, formats: Sequence[str], texts: Sequence[str]) -> tuple[TypeName, str | None]:
        if len(formats) > 1 and ambiguous(texts, formats):
            self.out.questions.add(("date_ambiguous", header))
        return "date", formats[0]

    def _widen(self, name: str) -> None:
        for profile in self.state.profiles.values():
            if name in profile.values:
                profile.values[name] = float(profile.values[name])  # type: ignore[arg-type]

    # rows

    def _valid_rows(self) -> list[int]:
        """The rows that name a person; the others are counted with what is wrong with them."""
        valid = []
        for row, line in enumerate(self.lines, 2):
            if line is None:
                self.out.ledger["blank_lines"] += 1
                continue
            self.out.ledger["rows"] += 1
            fault = line.code if isinstance(line, Broken) else self._fault(row)
            if fault:
                self.out.ledger["rejected"] += 1
                self.out.problems[fault, None].append(row)
            else:
                valid.append(row)
        return valid

    def _fault(self, row: int) -> str | None:
        if row not in self.records:
            return "field_count"
        text = self._text(row, self.identity)
        if text is None:
            return "identity_blank"
        if text.casefold() in PLACEHOLDERS or any(unicodedata.category(c) == "Cc" for c in text):
            return "identity_invalid"
        if len(text) > 1024:
            return "identity_too_long"
        return "identity_invalid" if self._address(text) is None else None

    def _address(self, text: str) -> str | None:
        """What matches a person."""
        try:
            if self.wish.match == "email":
                return read_email(text).lower()
            return read_phone(text) if self.wish.match == "phone" else text
        except Misfit:
            return None

    def _groups(self, rows: Sequence[int]) -> dict[str, tuple[str, list[int]]]:
        """Per key the identity as the last row has it, and the rows in order."""
        groups: dict[str, tuple[str, list[int]]] = {}
        for row in rows:
            text = self._text(row, self.identity) or ""
            key = self._address(text) or ""
            groups[key] = (text, [*groups.get(key, ("", []))[1], row])
        return groups

    def _count_rows(self, groups: Mapping[str, tuple[str, list[int]]]) -> None:
        for _, rows in groups.values():
            self.out.ledger["merged"] += len(rows) - 1
            if len(rows) > 1:
                self.out.duplicates[self._text(rows[0], self.identity) or ""] = rows

    def _ask_match(self, groups: Mapping[str, object]) -> None:
        """Half or more of the identities are addresses of people rather than identities."""
        if self.wish.match is not None or not groups:
            return
        profiles = self.state.profiles.values()
        strangers = [key for key in groups if key not in self.state.profiles]
        emails = {str(p.values["Email"]).lower() for p in profiles if "Email" in p.values}
        phones = {str(p.values["Phone"]) for p in profiles if "Phone" in p.values}
        known_emails = sum(key.lower() in emails for key in strangers)
        known_phones = sum(_phone_or_none(key) in phones for key in strangers)
        if max(known_emails, known_phones) >= max(1, len(groups) / 2):
            self.out.questions.add(("match_unclear", None))

    # people

    def _apply(self, identity: str, rows: Sequence[int]) -> None:
        people = self._named(identity)
        created = not people
        if created:
            people = {identity: Profile()}
            self.state.profiles |= people
        differs = [self._apply_to(name, person, rows, created=created) for name, person in people.items()]
        self.out.ledger["touched"] += len(people)
        self.out.ledger["created" if created else "updated" if any(differs) else "unchanged"] += 1
        address = {"email": "Email", "phone": "Phone"}.get(self.wish.match or "")
        if created and address:
            value = identity if address == "Email" else read_phone(identity)
            people[identity].values.setdefault(address, value)
            people[identity].came.setdefault(address, (self.number, rows[-1]))

    def _named(self, identity: str) -> dict[str, Profile]:
        address = {"email": "Email", "phone": "Phone"}.get(self.wish.match or "")
        key = self._address(identity)
        by_address = {
            name: person
            for name, person in self.state.profiles.items()
            if address and address in person.values and self._address(str(person.values[address])) == key
        }
        known = {identity: self.state.profiles[identity]} if identity in self.state.profiles else {}
        return by_address or known

    def _apply_to(self, name: str, person: Profile, rows: Sequence[int], *, created: bool) -> bool:
        differs = [self._set(column, person, rows) for column in self.columns]
        differs += [self._consent(channel, name, person, rows) for channel in self.consent]
        return any(differs) or created

    def _set(self, column: Column, person: Profile, rows: Sequence[int]) -> bool:
        before = person.values.get(column.name)
        after, edits, came = before, dict[str, bool](), 0
        for row in rows:
            operation, value = self._said(column, row)
            came = row if operation else came
            if operation in {"$add", "$remove"}:
                _edit(edits, value, add=operation == "$add")
            elif operation:
                after, edits = value, {}
        after = before if column.rule.write == "fill" and before is not None else edited(after, edits)
        if after == before:
            return False
        what = "set" if before is None else "cleared" if after is None else "changed"
        self.out.changes[column.header][what] += 1
        if after is None:
            person.values.pop(column.name)
            person.came.pop(column.name)
        else:
            person.values[column.name] = after
            person.came[column.name] = (self.number, came)
        return True

    def _said(self, column: Column, row: int) -> tuple[str | None, Value | None]:
        """What a row says of a property: an operation, where it says anything, and its value."""
        operation = "$set"
        if column.operation is not None:
            operation = (clean(self.records[row][column.operation]) or "$set").lower()
        text = self._text(row, column.index)
        known = operation in column.operations()
        if not known:
            self._problem("operation_invalid", self.header[column.operation or 0], row)
        if operation == "$delete":
            return operation, None
        value = self._read(column, row, text)
        clears = operation == "$set" and text is None and column.rule.blank == "clear"
        return (operation if known and (value is not None or clears) else None), value

    def _read(self, column: Column, row: int, text: str | None) -> Value | None:
        if text is None:
            return None
        try:
            return reader(column.name, column.type, column.format, self.wish)(text)
        except Misfit as misfit:
            self._problem(str(misfit), column.header, row)
            return None

    def _problem(self, code: str, header: str, row: int) -> None:
        # A row that names several people is read once.
        if row not in self.out.problems[code, header]:
            self.out.problems[code, header].append(row)
            self.out.ledger["cells_not_applied"] += 1

    def _consent(self, channel: str, name: str, person: Profile, rows: Sequence[int]) -> bool:
        before = after = person.consent.get(channel)
        header = self.header[self.consent[channel]]
        came = 0
        for row in rows:
            text = (self._text(row, self.consent[channel]) or "").lower()
            if text in {"true", "false"}:
                after, came = text == "true", row
            elif text:
                self._problem("consent_invalid", header, row)
        if after is None or after == before:
            return False
        person.consent[channel] = after
        self.state.consent_log.append((self.number, came, name, channel, before, after))
        self.out.consent[channel]["opted_out"] += not after
        self.out.consent[channel]["resubscribed"] += after and before is False
        return True


def _edit(edits: dict[str, bool], value: Value | None, *, add: bool) -> None:
    """Note which texts are added and removed, in the order they came; of each text the last row decides."""
    for text in value if isinstance(value, tuple) else ():
        if edits.get(text) is not add:
            edits.pop(text, None)
            edits[text] = add


def edited(before: Value | None, edits: Mapping[str, bool]) -> Value | None:
    """The list after texts were added to it and taken from it."""
    if not edits:
        return before
    kept = [text for text in before if edits.get(text, True)] if isinstance(before, tuple) else []
    return tuple(dict.fromkeys([*kept, *(text for text, added in edits.items() if added)])) or None


def _phone_or_none(text: str) -> str | None:
    try:
        return read_phone(text)
    except Misfit:
        return None


def upload(header: Sequence[str], lines: Sequence[Line], state: State, wish: Wish | None = None, *, number: int = 1) -> Outcome:
    """Apply a file to `state`, unless something is open; returns what its report has to say."""
    return Upload(header, lines, state, wish or Wish(), number).run()


def with_rules(wish: Wish, **rules: Rule) -> Wish:
    """The wish with further rules."""
    return replace(wish, rules={**wish.rules, **rules})
