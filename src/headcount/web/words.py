"""Values as a page shows them: numbers, sizes, instants, states, and text that hides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from markupsafe import Markup

#: What is shown where there is nothing to show.
NOTHING = "–"

#: From each status, the word and the tone of its badge.
STATUS: Mapping[str, tuple[str, str]] = {
    "receiving": ("Receiving", "busy"),
    "inspecting": ("Inspecting", "busy"),
    "start_mapping": ("Start mapping", "ask"),
    "ready": ("Ready", "ask"),
    "processing": ("Processing", "busy"),
    "completed": ("Completed", "good"),
    "rejected": ("Rejected", "bad"),
    "cancelled": ("Cancelled", "quiet"),
    "undoing": ("Undoing", "busy"),
    "undone": ("Undone", "quiet"),
    "redoing": ("Redoing", "busy"),
    "interrupted": ("Interrupted", "bad"),
}

#: What the channels are called.
CHANNELS: Mapping[str, str] = {"push": "Push", "sms": "SMS", "email": "E-mail", "whatsapp": "WhatsApp"}

#: Where something came in.
DOORS: Mapping[str, str] = {"dashboard": "Dashboard", "cli": "Command line", "api": "API", "sftp": "SFTP"}

#: The roles, and what each of them does.
ROLES: Mapping[str, tuple[str, str]] = {
    "admin": ("Administrator", "May do everything, and says who else may do what."),
    "creator": ("Creator", "May upload files, take them back, and work with people and campaigns."),
    "approver": ("Approver", "May look at everything, and release campaigns."),
    "member": ("Member", "May look at everything, and change nothing but their own password."),
}

#: What somebody did, as the audit log has it.
ACTIONS: Mapping[str, str] = {
    "session.begin": "Signed in",
    "password.change": "Changed their password",
    "user.create": "Made a user",
    "user.admit": "Admitted a user",
    "user.role": "Changed a role",
    "user.personal_data": "Changed who sees personal data",
    "user.disable": "Disabled a user",
    "user.enable": "Enabled a user",
    "passcode.create": "Made a passcode",
    "passcode.revoke": "Revoked a passcode",
    "upload.begin": "Sent a file",
    "upload.answer": "Answered about a file",
    "upload.check": "Checked an upload",
    "upload.apply": "Applied an upload",
    "upload.cancel": "Cancelled an upload",
    "upload.resume": "Went on with an upload",
    "upload.rejects": "Took out rejected rows",
    "upload.undo": "Took an upload back",
    "upload.redo": "Brought an upload back",
    "consent.set": "Changed a consent",
    "people.export": "Took people out",
    "people.erase": "Erased people",
    "people.scrub": "Had the traces of erased people taken out of files",
    "consent.subscribe": "Changed consents by address",
    "delivery.set": "Changed how often people are messaged",
    "segment.save": "Saved a segment",
    "segment.change": "Changed a segment",
    "segment.delete": "Deleted a segment",
    "segment.fill": "Changed a list by a file",
    "property.retype": "Gave a property another type",
    "property.rename": "Renamed a property",
    "property.describe": "Described a property",
    "property.hide": "Hid a property",
    "property.unhide": "Showed a property again",
    "property.delete": "Deleted a property",
}

_UNITS = ("kB", "MB", "GB", "TB")
_THOUSAND = 1000

# Controls but for tab and line ends, surrogates, and what turns the direction of text or takes no room. The joiners stay: they spell.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
_LINE = re.compile("[\t\n\r]")
_ARROWS = {"\t": "⇥", "\n": "↵", "\r": "␍"}


def plain(text: str) -> str:
    """The text with every sign that would be invisible, or would turn the text around, as one that is seen. Line ends stay."""
    return _HIDDEN.sub(_seen, text)


def visible(text: str) -> str:
    """The same on one line: line ends and tabs are signs as well."""
    return _LINE.sub(lambda found: _ARROWS[found[0]], plain(text))


def finished(value: object) -> object:
    """What goes into a page: text as `plain` gives it, markup as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value)
    return value


def number(value: float | None) -> str:
    """1,234; a fraction with one place."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def size(value: int | None) -> str:
    """A number of bytes, such as 27.8 kB."""
    if value is None:
        return NOTHING
    amount, unit = float(value), "bytes"
    for larger in _UNITS:
        if amount < _THOUSAND:
            break
        amount, unit = amount / _THOUSAND, larger
    return f"{value:,} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"


def instant(value: str | datetime | None) -> Markup | str:
    """An instant in UTC, for people and for machines. One without a zone is in UTC already."""
    if value is None:
        return NOTHING
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    shown = f"{at.day} {at:%b %Y}, {at:%H:%M}"
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M:%S}", shown)


def percent(part: float, whole: float) -> str:
    """A share of a whole, such as 12 %; one that is small but not nothing is below 1 %."""
    share = 100 * part / whole if whole else 0
    if 0 < share < 1:
        return "under 1 %"
    # Not all is not 100 %, however near.
    return f"{min(round(share), 99) if part < whole else round(share)} %"


def status_word(status: str) -> str:
    """The word of a status."""
    return STATUS[status][0] if status in STATUS else status


def status_tone(status: str) -> str:
    """The tone of a status's badge."""
    return STATUS[status][1] if status in STATUS else "quiet"


def _seen(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"
