"""Markdown for a job's summary or a comment: a table by file, nothing in it that mentions, links or embeds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint.core.escape import escape, escape_part
from wxlint.core.findings import Finding, Severity
from wxlint.output import Options, Report, page, summary_line

_MARKS = {Severity.ERROR: "❌ error", Severity.WARNING: "⚠️ warning", Severity.INFO: "\u2139\ufe0f info"}
_PLAIN = re.compile(r"""(?:[a-zA-Z0-9.,;:'"/%?()=+-]|(?<=[a-zA-Z0-9])_(?=[a-zA-Z0-9])|[^\x00-\x7f])+\Z""")
"""A word of which neither Markdown nor HTML makes anything."""
_LIVELY = re.compile(r"://|www\.|:[\w+-]+:|GH-\d|\A(?:\d+[.)]|[=+-]+)\Z", re.ASCII | re.IGNORECASE)
"""Plain characters that forges make a link or a picture of, and what starts a list or a heading."""
_SHOWN = 1000
"""Rows: a job's summary holds one MiB."""


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield the summary line and the table."""
    yield f"### wxlint\n\n{_text(summary_line(report.summary))}\n"
    for problem in report.summary.problems:
        yield f"\n**not read:** {_text(problem)}\n"
    if report.findings:
        yield "\n| where | | what | rule |\n|---|---|---|---|\n"
    for finding in report.findings[:_SHOWN]:
        yield _row(finding)
    if len(report.findings) > _SHOWN:
        yield f"\nand {len(report.findings) - _SHOWN} more\n"
    if not options.quiet and report.summary.notes:
        yield "\n" + "".join(f"- {_text(note)}\n" for note in report.summary.notes)


def _row(finding: Finding) -> str:
    where = _code(f"{escape_part(finding.span.path)}:{finding.span.line}")
    what = _text(finding.message) + (f"<br>{_text(finding.hint)}" if finding.hint else "")
    rule = f"[{_text(finding.rule)}]({page(finding.rule)})"
    return f"| {where} | {_MARKS[finding.severity]} | {what} | {rule} |\n"


def _text(text: str) -> str:
    """Plain text: words of which Markdown, HTML or a forge would make something are code."""
    words = re.split("( +)", escape(text).strip(" "))
    return "".join(word if word[:1] in ("", " ") or _is_plain(word) else _code(word) for word in words)


def _is_plain(word: str) -> bool:
    return bool(_PLAIN.match(word)) and not _LIVELY.search(word)


def _code(text: str) -> str:
    """A code span. Renderers disagree on pipes and backticks in those of tables: texts with these are entities, blanks
    at their ends among them."""
    if "|" in text or "`" in text:
        return re.sub(r"[^a-zA-Z0-9 /-]|\A +| +\Z", lambda match: "".join(f"&#{ord(one)};" for one in match[0]), text)
    return f"`{text}`"
