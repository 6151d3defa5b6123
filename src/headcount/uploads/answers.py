"""Answers to the questions of an upload, in the words in which the questions name them: the flags of the command line."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Never

from headcount.errors import WrongCall
from headcount.uploads.manifest import with_event, with_flags
from headcount.uploads.mapping import Request


class _Flags(ArgumentParser):
    def error(self, message: str) -> Never:
        raise WrongCall("answer_invalid", f"That answer cannot be read: {message}.", "Give it as the question names it.")


def _flags() -> ArgumentParser:
    parser = _Flags(prog="", add_help=False, allow_abbrev=False)
    parser.add_argument("--map", action="append", default=[])
    parser.add_argument("--skip", action="append", default=[])
    parser.add_argument("--blank", action="append", default=[])
    parser.add_argument("--identity")
    parser.add_argument("--event")
    parser.add_argument("--match", choices=["identity", "email", "phone"])
    parser.add_argument("--day-first", dest="day_first", action="store_true", default=None)
    parser.add_argument("--month-first", dest="day_first", action="store_false", default=None)
    return parser


def answered(request: Request, answers: Sequence[str]) -> Request:
    """The request with answers such as `--day-first` or `--map 'A=B'` on top. Raises WrongCall `answer_invalid`, `map_invalid`."""
    given = _parsed(answers)
    asked = with_event(request, given.event)
    return replace(
        with_flags(replace(asked, identity=given.identity or asked.identity), given.map, given.skip),
        match=given.match or request.match,
        day_first=request.day_first if given.day_first is None else given.day_first,
        blanks=(*request.blanks, *given.blank),
    )


def _parsed(answers: Sequence[str]) -> Namespace:
    try:
        words = [word for answer in answers for word in shlex.split(answer)]
    except ValueError as error:
        raise WrongCall("answer_invalid", f"That answer cannot be read: {error}.", "Give it as the question names it.") from None
    return _flags().parse_args(words)
