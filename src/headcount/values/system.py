"""The checks of system properties, set-based: patterns decide, a library is asked only for what they leave in doubt."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from functools import cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from headcount.values.text import literal
from headcount.values.types import Reading

_ATOM = r"[\p{L}\p{N}!#$%&'*+/=?^_`{|}~\-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
#: Certainly an address: a dot-atom before the @, a domain name with a top level of letters behind it.
PLAIN_EMAIL = rf"{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+([A-Za-z]{{2,63}}|xn--[A-Za-z0-9\-]{{2,59}})"
#: Neither certainly an address nor certainly none: letters beyond ASCII, quotes, address literals.
DOUBTFUL_EMAIL = r'[^@\s]*[^\x00-\x7f"\[][^@\s]*@[^@\s]+|[^@\s]+@[^@\s]*[^\x00-\x7f][^@\s]*|"[^"]*"@[^@\s]+|[^@\s]+@\[[^\]\s]+\]'
#: DuckDB variable that holds the doubtful addresses which the library approved.
APPROVED_EMAILS = "approved_emails"
EMAIL_LIMIT = 254

E164 = r"\+[1-9][0-9]{6,14}"
PHONE_DECORATION = " .-()[]\u00a0"

CHOICES: Mapping[str, tuple[str, ...]] = {
    "Gender": ("M", "F", "O", "U"),
    "Education": ("School", "College", "Graduate"),
    "Employed": ("Y", "N"),
    "Married": ("Y", "N"),
}


def is_email(text: str) -> str:
    """SQL: whether the text is an e-mail address."""
    approved = f"coalesce(list_contains(getvariable('{APPROVED_EMAILS}'), {text}), false)"
    return f"(strlen({text}) <= {EMAIL_LIMIT} AND (regexp_full_match({text}, {literal(PLAIN_EMAIL)}) OR {approved}))"


def is_doubtful_email(text: str) -> str:
    """SQL: whether only the library can say."""
    return f"(NOT regexp_full_match({text}, {literal(PLAIN_EMAIL)}) AND regexp_full_match({text}, {literal(DOUBTFUL_EMAIL)}))"


def approve(addresses: Iterable[str]) -> list[str]:
    """Those of the distinct doubtful addresses that are valid; no network is asked."""
    return [address for address in addresses if _is_valid(address)]


def _is_valid(address: str) -> bool:
    try:
        validate_email(
            address,
            check_deliverability=False,
            allow_quoted_local=True,
            allow_domain_literal=True,
            test_environment=True,
        )
    except EmailNotValidError:
        return False
    return True


@cache
def possible_numbers() -> str:
    """A pattern of every possible international number without its `+`: country codes with the lengths their numbers have."""
    lengths = {
        code: sorted({n for region in regions for n in _possible_lengths(region, code)})
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    }
    return "|".join(f"{code}[0-9]{{{n}}}" for code, ns in sorted(lengths.items()) for n in ns)


def _possible_lengths(region: str, code: int) -> Iterable[int]:
    metadata = phonenumbers.PhoneMetadata
    found = metadata.metadata_for_nongeo_region(code) if region == "001" else metadata.metadata_for_region(region)
    described = found.general_desc if found else None
    return (n for n in described.possible_length if n > 0) if described else ()


def _email(text: str) -> str:
    return f"CASE WHEN {is_email(text)} THEN {text} END"


def phone(text: str) -> str:
    """SQL of the E.164 number, NULL where it is none. By shape with a `+`; without one the country's lengths decide."""
    digits = text
    for decoration in PHONE_DECORATION:
        digits = f"replace({digits}, {literal(decoration)}, '')"
    return (
        # Blanks are the usual decoration; dropping them alone costs less than dropping all.
        f"CASE WHEN NOT contains({text}, ' ') AND regexp_full_match({text}, {literal(E164)}) THEN {text} "
        f"WHEN regexp_full_match(replace({text}, ' ', ''), {literal(E164)}) THEN replace({text}, ' ', '') "
        f"WHEN regexp_full_match({digits}, {literal(E164)}) THEN {digits} "
        f"WHEN regexp_full_match({digits}, {literal(possible_numbers())}) THEN concat('+', {digits}) END"
    )


def _choice(words: tuple[str, ...]) -> Reading:
    def value(text: str) -> str:
        branches = " ".join(f"WHEN {literal(word.lower())} THEN {literal(word)}" for word in words)
        return f"CASE lower({text}) {branches} END"

    return Reading("VARCHAR", value, lambda _: "'choice_invalid'")


def _time_zone(text: str) -> str:
    names = "|".join(map(re.escape, sorted(zoneinfo.available_timezones())))
    return f"CASE WHEN regexp_full_match({text}, {literal(names)}) THEN {text} END"


def readings() -> Mapping[str, Reading]:
    """The reading of each system property that has a check of its own, by name."""
    return {
        "Email": Reading("VARCHAR", _email, lambda _: "'email_invalid'"),
        "Phone": Reading("VARCHAR", phone, lambda _: "'phone_invalid'"),
        "Timezone": Reading("VARCHAR", _time_zone, lambda _: "'choice_invalid'"),
        **{name: _choice(words) for name, words in CHOICES.items()},
    }
