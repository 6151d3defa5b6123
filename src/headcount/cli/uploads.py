"""The commands about files: `inspect`, `upload` and `uploads …`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from headcount.cli import check_words, exits, inspection_words, undo_words, upload_words
from headcount.cli.call import JsonFlag, call_of, opened, opened_to_look
from headcount.cli.exits import Exit
from headcount.cli.options import MappingFlags, readable, takes_mapping
from headcount.cli.output import line, print_json, words
from headcount.cli.progress import progress
from headcount.cli.whole_file import sink
from headcount.cli.work import Work
from headcount.errors import WrongCall
from headcount.profiles.store import Job
from headcount.uploads.mapping import Request

commands = typer.Typer(help="Uploads: what they did, what they rejected, and going on with one.")

File: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file, plain, gzip or in a zip.")]
UploadId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The id of an upload; its first characters are enough.")]
FailFlag: TypeAlias = Annotated[
    bool, typer.Option("--fail-on-rejects", help="Exit with 1 when rows were rejected. All others are applied.")
]


@takes_mapping
def inspect(
    context: typer.Context,
    file: File,
    mapping: MappingFlags,
    *,
    preview: Annotated[int, typer.Option(metavar="N", min=0, help="How many rows to show.")] = 15,
    as_json: JsonFlag = False,
) -> None:
    """Say what a file is: its encoding, columns, types and problems. Stores nothing."""
    request = mapping.on(mapping.read_manifest().request)
    with opened_to_look(context) as work, progress() as on_progress:
        document = work.uploads.inspect(readable(file), request, preview, on_progress)
    if as_json:
        print_json(document)
    else:
        inspection_words.show(document, file.name)


@takes_mapping
def check(
    context: typer.Context,
    file: File,
    mapping: MappingFlags,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What the upload would be called; otherwise as the file.")] = None,
    fail_on_rejects: FailFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what an upload of a file would do now, row by row and value by value. Stores nothing."""
    manifest = mapping.read_manifest()
    request = mapping.on(manifest.request)
    with opened_to_look(context) as work, progress() as on_progress:
        document = work.uploads.check(readable(file), request, name or manifest.name, on_progress)
    if as_json:
        print_json(document)
    else:
        check_words.show(document)
    check_words.say_what_is_open(document, call_of(context).program, file)
    raise typer.Exit(exits.of_check(document, fail_on_rejects=fail_on_rejects))


@takes_mapping
def upload(
    context: typer.Context,
    file: File,
    mapping: MappingFlags,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What the upload is called; otherwise as the file.")] = None,
    fail_on_rejects: FailFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Apply a file to the profiles, and account for every row of it."""
    manifest = mapping.read_manifest()
    request = mapping.on(manifest.request)
    with opened(context) as work, progress() as on_progress:
        document = work.uploads.upload(readable(file), request, name or manifest.name, on_progress)
    _end(context, document, as_json=as_json, fail_on_rejects=fail_on_rejects)


@commands.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many, the newest.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Show the uploads, the newest first."""
    with opened(context) as work:
        found = work.uploads.list(limit)
    if as_json:
        print_json({"uploads": found})
    else:
        upload_words.show_list(found)


@commands.command()
def show(context: typer.Context, upload_id: UploadId, as_json: JsonFlag = False) -> None:
    """Show the report of an upload."""
    with opened(context) as work:
        document = work.uploads.show(upload_id)
    _print(context, document, as_json=as_json)


@commands.command()
def rejects(
    context: typer.Context,
    upload_id: UploadId,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to a file instead of standard output.")] = None,
) -> None:
    """Give out the rejects file of an upload: the rows to mend, each with its reason."""
    with opened(context) as work:
        written = work.uploads.rejects(upload_id, partial(sink, output))
    if not written:
        line(words(), f"Upload {upload_id} rejected nothing; there is no rejects file.")


@commands.command()
@takes_mapping
def resume(
    context: typer.Context,
    mapping: MappingFlags,
    upload_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="The upload; without it, all that were interrupted.")] = None,
    fail_on_rejects: FailFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Go on with an upload that was interrupted, or that waits for the answers given with the flags; apply one that is ready."""
    if upload_id is None:
        _resume_all(context, mapping, as_json=as_json, fail_on_rejects=fail_on_rejects)
        return
    with opened(context) as work, progress() as on_progress:
        answers = _answers(work, upload_id, mapping) if mapping else None
        document = work.uploads.resume(upload_id, answers, on_progress)
    _end(context, document, as_json=as_json, fail_on_rejects=fail_on_rejects)


def _answers(work: Work, upload_id: str, mapping: MappingFlags) -> Request:
    """What was asked for with the upload, or by a new manifest, with the flags on top. Raises WrongCall where it waits for none."""
    if work.uploads.show(upload_id)["upload"]["status"] == "interrupted":
        message = f"Upload {upload_id} was interrupted; it goes on with the flags it began with."
        raise WrongCall("upload_not_waiting", message, "Resume it without flags.")
    asked = mapping.read_manifest().request if mapping.manifest else work.uploads.request(upload_id)
    return mapping.on(asked)


def _resume_all(context: typer.Context, mapping: MappingFlags, *, as_json: bool, fail_on_rejects: bool) -> None:
    if mapping:
        raise WrongCall("usage", "The flags answer one upload, but none is named.", "Name it: uploads resume ID FLAGS.")
    with opened(context) as work, progress() as on_progress:
        found = [work.uploads.resume(interrupted, None, on_progress) for interrupted in work.uploads.interrupted()]
    if as_json:
        print_json({"uploads": found})
    elif not found:
        line(words(), "No upload was interrupted; there is nothing to go on with.")
    for document in found:
        if not as_json:
            _print(context, document, as_json=False)
    raise typer.Exit(max((exits.of_upload(d, fail_on_rejects=fail_on_rejects) for d in found), default=Exit.DONE))


@commands.command()
def cancel(context: typer.Context, upload_id: UploadId, as_json: JsonFlag = False) -> None:
    """Stop an upload. What was applied by then is kept and counted."""
    with opened(context) as work:
        document = work.uploads.cancel(upload_id)
    _print(context, document, as_json=as_json)


@commands.command()
def undo(
    context: typer.Context,
    upload_id: UploadId,
    check: Annotated[bool, typer.Option("--check", help="Only say what it would do. Stores nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Take an upload back: every value that is still as it left it; what was changed since stays and is listed."""
    with opened(context) as work, progress() as on_progress:
        if check:
            document = {**work.uploads.show(upload_id), "undo": work.uploads.would_undo(upload_id, on_progress)}
        else:
            document = work.uploads.reverse(upload_id, "undo", on_progress)
    _print_reversal(context, document, "undo", as_json=as_json)


@commands.command()
def redo(context: typer.Context, upload_id: UploadId, as_json: JsonFlag = False) -> None:
    """Bring an upload back that was undone: every value that is still as the undo left it."""
    with opened(context) as work, progress() as on_progress:
        document = work.uploads.reverse(upload_id, "redo", on_progress)
    _print_reversal(context, document, "redo", as_json=as_json)


def _print_reversal(context: typer.Context, document: Mapping[str, Any], job: Job, *, as_json: bool) -> None:
    if as_json:
        print_json({"upload": document["upload"], **document[job]})
    else:
        undo_words.show(document, job, call_of(context).program)


def _end(context: typer.Context, document: Mapping[str, Any], *, as_json: bool, fail_on_rejects: bool) -> None:
    _print(context, document, as_json=as_json)
    raise typer.Exit(exits.of_upload(document, fail_on_rejects=fail_on_rejects))


def _print(context: typer.Context, document: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        upload_words.show(document, call_of(context).program)
    upload_words.say_what_is_open(document, call_of(context).program)
