"""What somebody named, as a part of a path of the API."""

from __future__ import annotations

from urllib.parse import quote

from headcount.errors import WrongCall


def of_upload(upload_id: str, what: str = "") -> str:
    """The path of an upload, or of something of it. Raises WrongCall `upload_unknown`."""
    # What is no id could be another path.
    if not (upload_id.isascii() and upload_id.isalnum()):
        raise WrongCall("upload_unknown", f"There is no upload {upload_id!r}.", "`headcount uploads list` shows all.")
    return f"uploads/{upload_id}/{what}".removesuffix("/")


def of_segment(segment_id: str) -> str:
    """The path of a saved segment."""
    return f"segments/{segment(segment_id)}"


def segment(text: str) -> str:
    """A text as one segment of a path; one of points would lead elsewhere."""
    return quote(text, safe="").replace(".", "%2E")
