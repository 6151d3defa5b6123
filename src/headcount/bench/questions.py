"""What is asked of people who are stored: segments as filters and as bare conditions, and some of them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from headcount.bench.data import identities
from headcount.bench.measure import Outcome, best

LOOKUP = "lookup"
_GOES, _LOOKED_UP = 7, 9


@dataclass(frozen=True, slots=True)
class Question:
    """One segment, said twice."""

    name: str
    filter: str
    condition: str


QUESTIONS = (
    Question("count: string", 'plan = "pro"', "plan = 'pro'"),
    Question(
        "count: range and string",
        'visits >= 100 and visits < 200 and plan = "team"',
        "visits >= 100 AND visits < 200 AND plan = 'team'",
    ),
    Question(
        "count: dates",
        'signup between "2020-01-01" and "2021-12-31"',
        "signup >= '2020-01-01' AND signup < '2022-01-01'",
    ),
    Question(
        "count: consent, list, not",
        '(consent email is subscribed or tags contains "vip") and not vip = true',
        "(msg_email OR list_contains(tags, 'vip')) AND vip IS NOT TRUE",
    ),
    Question(
        "count: five conditions",
        'plan = "pro" and visits > 100 and visits < 400 and balance > 10 and not vip = true',
        "plan = 'pro' AND visits > 100 AND visits < 400 AND balance > 10 AND vip IS NOT TRUE",
    ),
)

#: Of whom a reach is asked, on all channels, and the most milliseconds that it may take when nothing was written since the last one.
REACHES = {"reach of everybody, four channels": "identity exists", "reach of a segment, four channels": 'plan = "pro"'}
REACH_LIMIT = 1_500


#: What somebody looks for in the dashboard, and the most milliseconds that it may take with ten million people.
FIND_EMAIL, FIND_PHONE, FIND_NOBODY, PERSON, PROPERTIES = (
    "find by e-mail address",
    "find by phone number",
    "find a text that nobody has",
    "a person, and where all of it came from",
    "all properties, and what is known of them",
)
LOOKS = {FIND_EMAIL: 60, FIND_PHONE: 60, FIND_NOBODY: 400, PERSON: 300, PROPERTIES: 1_000}


def ask(answer: Callable[[Question], int]) -> Outcome:
    """The answers, and what each costs when it is asked again."""
    return ask_all({question.name: partial(answer, question) for question in QUESTIONS})


def ask_reaches(matched: Callable[[str], int]) -> Outcome:
    """How many people each reach is about, and what it costs when it is asked again."""
    return ask_all({name: partial(matched, condition) for name, condition in REACHES.items()})


def ask_all(asked: Mapping[str, Callable[[], int]]) -> Outcome:
    """How much each of them finds, and what it costs when it is asked again."""
    facts = {name: find() for name, find in asked.items()}
    return Outcome({name: best(find, _GOES) for name, find in asked.items()}, facts)


def look_up_all(rows: int, found: Callable[[str], bool]) -> Outcome:
    """How many of some people of the first file are found, and what the usual one costs."""
    asked = identities(rows, _LOOKED_UP)
    facts = {LOOKUP: sum(map(found, asked))}
    samples = [best(partial(found, identity), 2) for identity in asked]
    return Outcome({LOOKUP: sorted(samples, key=lambda sample: sample.seconds)[_LOOKED_UP // 2]}, facts)


def all_found(outcome: Outcome) -> bool:
    """Whether everybody who was looked up was there."""
    return outcome.facts[LOOKUP] == _LOOKED_UP
