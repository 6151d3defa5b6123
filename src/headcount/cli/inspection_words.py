"""An inspection in words: how the bytes were read, what each column is and why, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, zip_longest
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from headcount.cli.output import clipped, count, data, line, plain, show_table, table, words
from headcount.cli.problem_words import show_notices, show_problems
from headcount.cli.upload_words import show_questions

_SIGNS = {"\t": "tab", "\n": "\\n", "\r\n": "\\r\\n", "\r": "\\r"}
#: How much of a cell is shown as an example, and in the preview; and the room for row numbers.
_EXAMPLE, _CELL, _ROW = 40, 20, 7


def show(document: Mapping[str, Any], name: str) -> None:
    """Print the document of `inspect`; open questions go to standard error."""
    out = data()
    blank_lines = count(document["blank_lines"], "blank line")
    line(out, f"{plain(name)}: {count(document['rows'], 'row')}, {count(len(document['header']), 'column')}, {blank_lines}")
    line(out, _reading(document))
    _show_columns(out, document["columns"])
    _show_preview(out, document["header"], document["preview"])
    # A fault of a header is a question as well, and told there.
    show_problems(out, [problem for problem in document["problems"] if problem["severity"] != "header"])
    show_notices(out, document["columns"])
    if document["questions"]:
        out.file.flush()
        line(words(), "")
        show_questions(words(), document["questions"])


def _reading(document: Mapping[str, Any]) -> str:
    dialect = {key: _SIGNS.get(sign, sign) for key, sign in document["dialect"].items()}
    read = f"Encoding {document['encoding']}; delimiter {dialect['delimiter']}  quote {dialect['quote']}  line end {dialect['newline']}"
    return f"{read}\nSuch as: {clipped(document['sample'], _EXAMPLE)}" if document["sample"] else read


def _show_columns(out: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    made = table("column", "becomes", "type", "filled", "evidence", numbers=["filled"])
    for column in columns:
        kind = f"{column['type']} {column['format'] or ''}".strip() if column["type"] else column["role"]
        evidence = column["evidence"]
        becomes = clipped(column["property"] or "–", _EXAMPLE)
        made.add_row(clipped(column["header"], _EXAMPLE), becomes, kind, f"{evidence.get('filled', 0):,}", _evidence(evidence))
    line(out, "")
    show_table(out, made)


def _evidence(evidence: Mapping[str, Any]) -> str:
    """Why a column is what it is: the cells that leave no other type, or how many cells fit."""
    if evidence.get("ambiguous"):
        return "fits " + " and ".join(evidence["ambiguous"])
    fits = [number for number in (evidence.get("fits") or {}).values() if number != evidence["filled"]]
    examples = dict.fromkeys(clipped(cell, _EXAMPLE) for cell in (evidence.get("ruled_out") or {}).values())
    if examples:
        return ", ".join(f"“{example}”" for example in examples)
    return f"{fits[0]:,} fit" if fits else ""


def _show_preview(out: Console, header: Sequence[str], preview: Sequence[Mapping[str, Any]]) -> None:
    if not preview:
        return
    texts = [[clipped(cell, _CELL) for cell in cells] for cells in (header, *(row["cells"] for row in preview))]
    shown = _fitting(texts, out.width)
    made = table("row", *texts[0][:shown], numbers=["row"])
    for row, cells in zip(preview, texts[1:], strict=True):
        made.add_row(f"{row['row']:,}", *cells[:shown])
    line(out, "")
    show_table(out, made)
    if shown < len(header):
        line(out, f"{count(len(header) - shown, 'more column')} not shown here; --json has all.")


def _fitting(texts: Sequence[Sequence[str]], width: int) -> int:
    """How many columns fit beside each other, at least one."""
    widths = (max(map(cell_len, column)) + 2 for column in zip_longest(*texts, fillvalue=""))
    ends = list(accumulate(widths, initial=_ROW))[1:]
    return max(1, sum(1 for end in ends if end <= width))
