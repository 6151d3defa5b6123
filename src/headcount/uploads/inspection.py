"""Looking at a whole file before anything is stored: what each column is, what is open, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from headcount.csvfile import CsvFile, Ends
from headcount.profiles.events import EVENT_PROPERTY_LIMIT
from headcount.profiles.properties import SYSTEM, Property, widens
from headcount.profiles.store import Known
from headcount.single_row import single_row
from headcount.uploads import evidence, questions
from headcount.uploads.event_columns import EventTypes, known_types, planned_events
from headcount.uploads.evidence import Found, Look, Subject
from headcount.uploads.filling import Stage
from headcount.uploads.mapping import Column, Request, Resolved, Role, resolve
from headcount.uploads.plan import Limits, Plan, PlannedColumn
from headcount.uploads.problems import HeaderProblem, Question
from headcount.uploads.projection import identity_text, keys
from headcount.uploads.staging import Staged
from headcount.values import infer, system
from headcount.values.infer import Candidate
from headcount.values.text import WhiteSpace, filled
from headcount.values.types import Type

#: Share of the identities that must be somebody's address before the upload asks how to match.
UNCLEAR_SHARE = 0.5
_LEAST_FIRST_ROWS = 200
_WHITE_SPACE: Mapping[Ends, WhiteSpace] = {Ends.PLAIN: "none", Ends.BLANKS: "blanks", Ends.ANY: "any"}
_INSPECTED = frozenset({Role.PROPERTY, Role.CONSENT, Role.IDENTITY, Role.EVENT, Role.TIME})
#: Columns with a type.
_TYPED = frozenset({Role.PROPERTY, Role.TIME})


@dataclass(frozen=True, slots=True)
class Account:
    """What of the account a file is read against."""

    properties: Mapping[str, Property] = field(default_factory=dict)
    zone: str = "UTC"
    property_limit: int = 256
    limits: Limits = field(default_factory=Limits)
    #: How many of the distinct texts in `key` are known; None where nobody is known yet.
    known: Callable[[pa.Table], Known] | None = None
    #: Whether the values of a property of whole numbers stay what they are as floats.
    fits_float: Callable[[str], bool] = lambda _: True
    #: The types of the properties of events.
    event_types: EventTypes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InspectedColumn:
    """What the file says about one column."""

    column: Column
    type: Type | None
    format: str | None
    new: bool
    evidence: Mapping[str, Any]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that is known of a file before it is applied."""

    columns: tuple[InspectedColumn, ...]
    header_problems: tuple[HeaderProblem, ...]
    questions: tuple[Question, ...]
    notices: tuple[str, ...]
    #: What the columns mean; None while the header is at fault or nothing names the people.
    plan: Plan | None
    #: What is on the stage; None where there is no plan.
    staged: Staged | None


@dataclass(frozen=True, slots=True)
class Inspector:
    """Inspects one file and fills its stage. `connection` may read the file."""

    connection: duckdb.DuckDBPyConnection
    file: CsvFile
    request: Request
    account: Account
    stage: Stage
    #: The types that properties have already, by their names.
    stored: Mapping[str, Type] = field(default_factory=dict)

    def run(self) -> Inspection:
        """Read all rows and say what they are."""
        resolved = resolve(self.file.header, self.request)
        return replace(self, stored=self._types(resolved)).read(resolved)

    def read(self, resolved: Resolved) -> Inspection:
        """Read all rows, whose columns mean this, and say what they are.

        The first rows tell what each column probably is; the stage is filled by that, and where a cell of all the others
        contradicts it, the column is counted exactly and the stage filled again.
        """
        if too_many := self._limit(resolved):
            unread = [InspectedColumn(c, None, None, new=False, evidence={}) for c in resolved.columns]
            return self._inspection(replace(resolved, problems=(*resolved.problems, too_many)), unread, [], None, None)
        known = self._first_found(resolved)
        columns, asked = self._decided(resolved, known)
        identity = resolved.identity
        if identity is None or resolved.problems:
            columns, asked = self._decided(resolved, self._exact(known, known))
            return self._inspection(resolved, columns, asked, None, None)
        staged, plan = self._fill(resolved, identity, columns)
        contradicted = [i for i in known if self._contradicted(known[i], staged)]
        if contradicted:
            known = self._exact(known, contradicted)
            columns, asked = self._decided(resolved, known)
            if self._plan(resolved, identity, columns) != plan:
                staged, plan = self._fill(resolved, identity, columns)
        columns = [replace(c, evidence=_counted_evidence(c, staged)) for c in columns]
        return self._inspection(resolved, columns, [*asked, *self._match(plan)], plan, staged)

    def _inspection(
        self,
        resolved: Resolved,
        columns: Sequence[InspectedColumn],
        asked: Sequence[Question],
        plan: Plan | None,
        staged: Staged | None,
    ) -> Inspection:
        open_ends = (*questions.of_header(resolved.problems), *asked)
        return Inspection(tuple(columns), resolved.problems, open_ends, resolved.notices, plan, staged)

    def _fill(self, resolved: Resolved, identity: Column, columns: Sequence[InspectedColumn]) -> tuple[Staged, Plan]:
        plan = self._plan(resolved, identity, columns)
        self._approve_emails(plan, "first_look")
        staged = self.stage.fill(plan)
        if staged.doubtful_emails and self._approve_emails(plan, self._source):
            staged = self.stage.fill(plan)
        return staged, plan

    @property
    def _first_rows(self) -> int:
        return max(_LEAST_FIRST_ROWS, min(evidence.SAMPLE_ROWS, evidence.SAMPLE_CELLS // len(self.file.header)))

    @property
    def _source(self) -> str:
        return self.file.source_sql()

    @property
    def _look(self) -> Look:
        return Look(self.connection, _WHITE_SPACE[self.file.ends])

    def _decided(self, resolved: Resolved, known: Mapping[int, tuple[Subject, Found]]) -> tuple[list[InspectedColumn], list[Question]]:
        inspected, asked = list[InspectedColumn](), list[Question]()
        for column in resolved.columns:
            if column.index not in known:
                inspected.append(InspectedColumn(column, None, None, new=False, evidence={}))
                continue
            decided, question = self._decide(*known[column.index])
            inspected.append(decided)
            asked += [question] if question and not _asks_format(column, resolved) else []
        return inspected, asked

    def _subject(self, column: Column, resolved: Resolved) -> Subject:
        if column.role not in _TYPED:
            return Subject(column, infer.NEW_PROPERTY if _faulty(column, resolved) else ())
        operation = next((c.index for c in resolved.columns if c.role is Role.OPERATION and c.name == column.header), None)
        return Subject(column, self._candidates(column), operation=operation)

    def _candidates(self, column: Column) -> tuple[Candidate, ...]:
        stored = self._stored_type(column)
        if column.format:
            return ()
        if Type.DATE in {column.type, stored} and column.type in {None, Type.DATE}:
            return infer.EXISTING_DATE
        if column.type is not None:
            return ()
        if stored is Type.INTEGER and (self._of_events or column.name not in SYSTEM):
            return (infer.FRACTION,)
        return infer.NEW_PROPERTY if stored is None else ()

    def _stored_type(self, column: Column) -> Type | None:
        return Type.DATE if column.role is Role.TIME else self.stored.get(column.name)

    @property
    def _of_events(self) -> bool:
        return self.request.kind == "event"

    def _types(self, resolved: Resolved) -> Mapping[str, Type]:
        """The types that properties have already, by their names."""
        if self._of_events:
            return known_types(self._look, self._source, resolved, self.request, self.account.event_types)
        return {**SYSTEM, **{name: known.type for name, known in self.account.properties.items()}}

    def _fits_float(self, name: str) -> bool:
        # Values of events are as they came, each by itself.
        return self._of_events or self.account.fits_float(name)

    def _first_found(self, resolved: Resolved) -> dict[int, tuple[Subject, Found]]:
        """What the first rows say of each column, all rows where that leaves more than one answer."""
        subjects = [self._subject(c, resolved) for c in resolved.columns if c.role in _INSPECTED or _faulty(c, resolved)]
        self.connection.execute(f"CREATE OR REPLACE TABLE first_look AS SELECT * FROM {self._source} LIMIT {self._first_rows}")
        first = self._look.count("first_look", subjects, first=True)
        known = {s.index: (s if _existing(s) else evidence.open_still(s, first[s.index]), first[s.index]) for s in subjects}
        return self._exact(known, [i for i, (s, found) in known.items() if s.operation is not None or _undecided(s, found)])

    def _exact(self, known: Mapping[int, tuple[Subject, Found]], indexes: Iterable[int]) -> dict[int, tuple[Subject, Found]]:
        """The same with all rows counted for some of the columns."""
        asked = [known[i][0] for i in indexes]
        if self.file.records <= self._first_rows or not asked:
            return dict(known)
        found = self._look.count(self._source, asked)
        return {**known, **{s.index: (s, _with_hints(found[s.index], known[s.index][1])) for s in asked}}

    def _contradicted(self, known: tuple[Subject, Found], staged: Staged) -> bool:
        """Whether a cell does not fit the type that the first rows spoke for, where another type could come of it."""
        subject, _ = known
        beyond = self.file.records > self._first_rows and bool(subject.candidates)
        unread = subject.operation is None and subject.index not in staged.filled
        return beyond and (staged.wrong.get(subject.index, 0) > 0 or unread)

    def _decide(self, subject: Subject, found: Found) -> tuple[InspectedColumn, Question | None]:
        column, stored = subject.column, self._stored_type(subject.column)
        if column.role not in _TYPED:
            return InspectedColumn(column, None, None, new=False, evidence=_evidence(subject, found, ())), None
        choices = self._choices(subject, found, stored)
        question = None
        if len(choices) > 1:
            differ, examples = self._look.disagreements(self._source, column, choices)
            question = questions.ambiguous_date(column, choices, differ, examples) if differ else None
        chosen = choices[0] if choices else None
        conflict = questions.type_conflict(column, stored, of_event=self._of_events) if self._conflicts(column, stored) else None
        decided = InspectedColumn(
            column,
            chosen.type if chosen else None,
            chosen.format if chosen else None,
            new=stored is None and chosen is not None,
            evidence=_evidence(subject, found, choices),
            notices=tuple(self._notices(subject, found, chosen, stored)),
        )
        return decided, conflict or question

    def _notices(self, subject: Subject, found: Found, chosen: Candidate | None, stored: Type | None) -> Iterator[str]:
        """What is worth knowing about a column."""
        known = None if self._of_events else self.account.properties.get(subject.column.name)
        if known and known.hidden:
            yield questions.hidden(known.name)
        yield from questions.notices(subject, found, chosen, stored, of_event=self._of_events)

    def _choices(self, subject: Subject, found: Found, stored: Type | None) -> tuple[Candidate, ...]:
        """The type of the column; several date formats while it is ambiguous, nothing for a new property without a cell."""
        column = subject.column
        if column.format or (column.type and column.type is not Type.DATE):
            return (Candidate(column.type or Type.DATE, column.format),)
        if Type.DATE in {column.type, stored}:
            usual = infer.UNIX if column.role is Role.TIME else infer.DATES[0]
            formats = infer.best_formats(found.evidence) or (usual,)
            return self._day_order(formats)
        if stored is not None:
            fractions = any(c.fraction and n for c, n in found.evidence.fits.items())
            widened = stored is Type.INTEGER and fractions and self._fits_float(column.name)
            return (Candidate(Type.FLOAT if widened else stored),)
        if found.edits:
            return (Candidate(Type.LIST),)
        return self._day_order(infer.decide(found.evidence)) if found.evidence.filled else ()

    def _conflicts(self, column: Column, stored: Type | None) -> bool:
        """Whether the mapping asks for another type than the property has and may get."""
        if column.type is None or stored is None or column.type is stored:
            return False
        return not widens(stored, column.type) or not self._fits_float(column.name)

    def _day_order(self, formats: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        if self.request.day_first is None:
            return formats
        return infer.by_day_order(formats, day_first=self.request.day_first)

    def _limit(self, resolved: Resolved) -> HeaderProblem | None:
        """Too many new properties; a column without a cell makes none."""
        limit, stored = self.account.property_limit, sum(1 for p in self.account.properties.values() if not p.system)
        new = [c for c in resolved.columns if c.role is Role.PROPERTY and (self._of_events or self._stored_type(c) is None)]
        if self._of_events:
            limit, stored = EVENT_PROPERTY_LIMIT, 0
        if stored + len(new) <= limit:
            return None
        cells = single_row(self.connection, f"SELECT {', '.join(f'count(c{c.index})' for c in new)} FROM {self._source}")
        filled_columns = sum(1 for n in cells if n)
        if self._of_events:
            return questions.event_property_limit(filled_columns, limit)
        return questions.property_limit(filled_columns, stored, limit)

    def _plan(self, resolved: Resolved, identity: Column, columns: Sequence[InspectedColumn]) -> Plan:
        operations = {c.name: c.index for c in resolved.columns if c.role is Role.OPERATION}
        planned = tuple(
            replace(_planned(c, c.type, operations), of_event=self._of_events)
            for c in columns
            if c.column.role is Role.PROPERTY and c.type is not None
        )
        consent = {c.channel: c.index for c in resolved.columns if c.role is Role.CONSENT and c.channel}
        return Plan(
            headers=tuple(self.file.header),
            identity=identity.index,
            columns=planned,
            consent=consent,
            match=self.request.match or "identity",
            zone=self.account.zone,
            limits=self.account.limits,
            blanks=self.request.blanks,
            white_space=_WHITE_SPACE[self.file.ends],
            events=planned_events(self.request, ((c.column, c.format) for c in columns)) if self._of_events else None,
        )

    def _approve_emails(self, plan: Plan, sample: str) -> bool:
        """Let the library judge the distinct addresses that no pattern can judge, when `sample` has any; whether some are valid."""
        asked = _doubtful(plan, sample)
        if not asked or not single_row(self.connection, f"SELECT count(*) FROM ({asked})")[0]:
            return False
        found = [address for (address,) in self.connection.execute(_doubtful(plan, self._source)).fetchall()]
        approved = system.approve(found)
        self.connection.execute(f"SET VARIABLE {system.APPROVED_EMAILS} = ?::VARCHAR[]", [approved])
        return bool(approved)

    def _match(self, plan: Plan) -> list[Question]:
        if self.request.match is not None or self.account.known is None or self._of_events:
            return []
        addressed = "contains(key, '@') OR regexp_full_match(key, '[+(]?[0-9][0-9 ().\\-]{5,}')"
        if not self._row(f"SELECT count(*) FROM ({keys(plan, 'first_look')}) WHERE {addressed}")[0]:
            return []
        phone = system.phone("key")
        distinct = self.connection.sql(
            f"SELECT key, {phone} AS phone FROM (SELECT DISTINCT key FROM ({keys(plan, self._source)}))"
        ).to_arrow_table()
        return questions.unclear_match(distinct.num_rows, self.account.known(distinct), UNCLEAR_SHARE)

    def _row(self, sql: str) -> tuple[int, ...]:
        return single_row(self.connection, sql)


def _doubtful(plan: Plan, source: str) -> str:
    """SELECT of the distinct texts that must be addresses and of which only the library can say whether they are."""
    texts = [
        filled(f"c{c.index}", white_space=plan.white_space, blanks=c.blanks) for c in plan.columns if c.name == "Email" and not c.of_event
    ]
    texts += [identity_text(plan)] if plan.match == "email" else []
    each = (f"SELECT {text} AS t FROM {source}" for text in texts)
    return " UNION ".join(f"SELECT DISTINCT t FROM ({one}) WHERE {system.is_doubtful_email('t')}" for one in each)


def _planned(inspected: InspectedColumn, type_: Type, operations: Mapping[str, int]) -> PlannedColumn:
    column = inspected.column
    return PlannedColumn(
        index=column.index,
        header=column.header,
        name=column.name,
        type=type_,
        format=inspected.format,
        blank=column.blank,
        write=column.write,
        blanks=column.blanks,
        operation=operations.get(column.header),
        inferred=inspected.new and column.type is None,
    )


def _existing(subject: Subject) -> bool:
    return subject.candidates == infer.EXISTING_DATE or any(c.fraction for c in subject.candidates)


def _undecided(subject: Subject, first: Found) -> bool:
    """Whether the first rows leave several date formats."""
    if _existing(subject):
        return len(infer.best_formats(first.evidence)) != 1 and not any(c.fraction for c in subject.candidates)
    return len(subject.candidates) > 1 and subject.candidates[0].type is Type.DATE


def _faulty(column: Column, resolved: Resolved) -> bool:
    return any(p.letter == column.letter for p in resolved.problems)


def _asks_format(column: Column, resolved: Resolved) -> bool:
    """Whether the date format of the column is asked for already."""
    return any(p.code == "header_format" and p.letter == column.letter for p in resolved.problems)


def _with_hints(found: Found, first: Found) -> Found:
    return replace(found, blank_words=first.blank_words, unix_like=first.unix_like)


def _evidence(subject: Subject, found: Found, choices: Sequence[Candidate]) -> dict[str, Any]:
    fits = {c.name: n for c, n in found.evidence.fits.items() if not c.fraction and n}
    shown: dict[str, Any] = {"filled": found.evidence.filled, "fits": fits}
    if subject.ruled_out:
        shown["ruled_out"] = {c.name: example for c, example in subject.ruled_out.items()}
    if len(choices) > 1:
        shown["ambiguous"] = [c.name for c in choices]
    return shown


def _counted_evidence(inspected: InspectedColumn, staged: Staged) -> dict[str, Any]:
    """The evidence with the counts of all rows, where the stage has them."""
    index = inspected.column.index
    if index not in staged.filled or inspected.type is None:
        return dict(inspected.evidence)
    filled_cells = staged.filled[index]
    fits = {inspected.format or inspected.type.value: filled_cells - staged.wrong.get(index, 0)}
    return {**inspected.evidence, "filled": filled_cells, "fits": fits}
