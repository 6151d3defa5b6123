"""The report for a person: plain text in columns."""

from __future__ import annotations

from headcount.bench.report import HEADINGS, Report


def render(report: Report) -> str:
    """The whole report; names stand on the left, numbers on the right."""
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    title = f"{report.rows:,} rows, {report.bytes / 1e6:,.0f} MB, {report.threads} threads; {versions}"
    rows = [HEADINGS, *report.lines()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join([title, "", *(_line(row, widths) for row in rows)])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    words = {0, HEADINGS.index("against"), len(HEADINGS) - 1}
    cells = [f"{c:<{w}}" if i in words else f"{c:>{w}}" for i, (c, w) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells).rstrip()
