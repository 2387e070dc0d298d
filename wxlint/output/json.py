"""JSON for programs, schema "wxlint/1"; one finding to a line, so that a diff of two reports can be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from wxlint.core.escape import escape_json
from wxlint.core.findings import Finding
from wxlint.output import Options, Report, page


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield one JSON object. Strings are exact, but for lone surrogates, which strict readers refuse."""
    summary = report.summary
    yield '{"schema": "wxlint/1", "findings": ['
    yield from rows(map(_finding, report.findings))
    yield "],\n"
    if summary.problems:
        yield f'"problems": {dumps([_valid(problem) for problem in summary.problems])},\n'
    counts = {
        "files": summary.files,
        "references": {"good": summary.good, "bad": summary.bad, "unknown": summary.unknown},
        "errors": summary.errors,
        "warnings": summary.warnings,
        "infos": summary.infos,
    }
    yield f'"summary": {dumps(counts)}}}\n'


def dumps(value: object) -> str:
    """JSON in ASCII, so that nothing in it reaches a terminal or is obeyed by a CI runner."""
    return escape_json(json.dumps(value))


def rows(items: Iterable[object]) -> Iterator[str]:
    """The inside of a JSON array, one item to a line."""
    between = "\n  "
    for item in items:
        yield between + dumps(item)
        between = ",\n  "
    if between.startswith(","):
        yield "\n"


def _finding(finding: Finding) -> dict[str, object]:
    span = finding.span
    return {
        "rule": _valid(finding.rule),
        "severity": finding.severity.label,
        "path": _valid(span.path),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": _valid(finding.message),
        "hint": _valid(finding.hint),
        "url": page(finding.rule),
        "because": [_valid(reason.shown(finding.span.path)) for reason in finding.because],
    }


def _valid(text: str) -> str:
    """A byte of a file name that is not UTF-8 is a lone surrogate in Python; written as the text "\\udcff"."""
    return text.encode("utf-8", "backslashreplace").decode()
