"""Markdown for a job's summary or a comment: a table by file, nothing in it that mentions, links or embeds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint.core.escape import escape
from wxlint.core.findings import Finding, Severity
from wxlint.output import Options, Report, page, summary_line

_MARKS = {Severity.ERROR: "❌ error", Severity.WARNING: "⚠️ warning", Severity.INFO: "i info"}
_PLAIN = re.compile(r"[^\w\s.,;'\"/%?-]")
_SHOWN = 1000
"""Rows: a job's summary holds one MiB."""


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield the summary line and the table."""
    yield f"### wxlint\n\n{_text(summary_line(report.summary))}\n"
    for problem in report.summary.problems:
        yield f"\n**not read**&#58; {_text(problem)}\n"
    if report.findings:
        yield "\n| where | | what | rule |\n|---|---|---|---|\n"
    for finding in report.findings[:_SHOWN]:
        yield _row(finding)
    if len(report.findings) > _SHOWN:
        yield f"\nand {len(report.findings) - _SHOWN} more\n"
    if not options.quiet and report.summary.notes:
        yield "\n" + "".join(f"- {_text(note)}\n" for note in report.summary.notes)


def _row(finding: Finding) -> str:
    where = f"{_text(finding.span.path)}&#58;{finding.span.line}"
    what = _text(finding.message) + (f"<br>{_text(finding.hint)}" if finding.hint else "")
    rule = f"[{_text(finding.rule)}]({page(finding.rule)})"
    return f"| {where} | {_MARKS[finding.severity]} | {what} | {rule} |\n"


def _text(text: str) -> str:
    """Plain text: what Markdown or HTML would make something of is escaped."""
    return _PLAIN.sub(lambda match: f"&#{ord(match[0])};", escape(text)).replace("_", "&#95;")
