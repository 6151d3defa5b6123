"""Which of the common encodings explains a sample of lines best.

Every candidate decodes the whole sample; the letters that come out decide. The encodings of one script share most of
their codes, so each is known by the letters that its languages use often.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoding and the non-ASCII characters that are usual in its languages."""

    name: str
    usual: frozenset[str]
    #: its letters stand beside Latin ones within a word
    latin: bool = True


_MARKS = "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}“”„–—…€•™©®°§«»·¿¡№"
_WESTERN = "àâäáãåæçèéêëìíîïñòóôöõøœùúûüÿßÀÂÄÁÃÅÆÇÈÉÊËÍÎÑÓÔÖÕØŒÚÜ" + _MARKS
_CENTRAL = "áäąâăćčçďđéęëěíîľĺłńňóôöőřŕśšşťţúůüűýźżžßÁÄĄÂĂĆČĎÉĘĚÍĽŁŃÓÖŐŘŚŠŤÚŮÜŰÝŹŻŽ" + _MARKS
_TURKISH = "çğıöşüâÇĞİÖŞÜ" + _MARKS
_CYRILLIC = "".join(map(chr, range(0x430, 0x450))) + "ёіїєґў"
_CAPITALS = "".join(map(chr, range(0x410, 0x430))) + "ЁІЇЄҐ"
_GREEK = "".join(map(chr, range(0x3B1, 0x3CA))) + "άέήίόύώΆΈΉΊΌΎΏ" + "".join(map(chr, range(0x391, 0x3AA)))

_SINGLE = (
    Candidate("windows-1252", frozenset(_WESTERN)),
    Candidate("windows-1250", frozenset(_CENTRAL)),
    Candidate("windows-1254", frozenset(_TURKISH)),
    Candidate("windows-1251", frozenset(_CYRILLIC + _CAPITALS + _MARKS), latin=False),
    Candidate("koi8-r", frozenset(_CYRILLIC + _CAPITALS), latin=False),
    Candidate("windows-1253", frozenset(_GREEK), latin=False),
    Candidate("iso-8859-15", frozenset(_WESTERN)),
    Candidate("iso-8859-2", frozenset(_CENTRAL)),
    Candidate("mac_roman", frozenset(_WESTERN)),
    Candidate("cp850", frozenset(_WESTERN)),
    Candidate("cp866", frozenset(_CYRILLIC + _CAPITALS), latin=False),
)

_MULTIPLE = ("euc_kr", "cp932", "euc_jp", "big5", "gb18030")

#: Share of undecodable characters from which on an encoding is out of the question.
_TOLERANCE = 0.01


def most_plausible(sample: bytes) -> tuple[str, str]:
    """Return the encoding that makes most sense of the sample, and the evidence in a sentence."""
    scores = {candidate.name: _single_score(sample, candidate) for candidate in _SINGLE}
    scores |= {name: _multiple_score(sample, name) for name in _MULTIPLE}
    best = max(scores, key=lambda name: scores[name])
    share = max(0.0, scores[best])
    return best, f"The file is not UTF-8; read as {best}, {share:.0%} of its other characters are usual letters."


def _single_score(sample: bytes, candidate: Candidate) -> float:
    text = sample.decode(candidate.name, "replace")
    points = [_points(before, char, candidate) for before, char in pairwise(" " + text) if char > "\x7f"]
    return sum(points) / max(1, len(points))


def _points(before: str, char: str, candidate: Candidate) -> int:
    """Judge a character by the one before it: usual letters count, misplaced ones and symbols count against."""
    if not char.isprintable() and not char.isspace():
        return -2
    if before > "\x7f" and before.isalpha() and candidate.latin:
        return 0
    beside_latin = "A" <= before.upper() <= "Z"
    if char.isalpha() and ((beside_latin and not candidate.latin) or (before.islower() and char.isupper())):
        return -1
    return (char in candidate.usual) - (not char.isalpha() and char not in candidate.usual)


def _multiple_score(sample: bytes, name: str) -> float:
    chars = [char for char in sample.decode(name, "replace") if char > "\x7f"]
    if chars.count("\ufffd") > _TOLERANCE * len(chars):
        return -1.0
    return sum(_is_usual(char, name) for char in chars) / max(1, len(chars))


def _is_usual(char: str, name: str) -> bool:
    if name == "euc_kr":
        return "\uac00" <= char <= "\ud7a3"
    if "\u3041" <= char <= "\u30fe":
        return name in {"cp932", "euc_jp"}
    table, last = {"gb18030": ("gb2312", 0xD7), "big5": ("big5", 0xC6)}.get(name, ("euc_jp", 0xCF))
    try:
        code = char.encode(table)
    except UnicodeEncodeError:
        return False
    # The common ideographs come first in each of the tables; full-width signs come before them.
    return len(code) == 2 and code[0] <= last
