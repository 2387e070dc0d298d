"""reviewdog's diagnostic format (rdjson): findings, and their fixes where those were looked for."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.escape import escape
from wxlint.core.findings import Finding, Severity, Span
from wxlint.output import Options, Report, page
from wxlint.output.json import rows

SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield one DiagnosticResult."""
    yield '{"source": {"name": "wxlint", "url": "https://github.com/wxlint/wxlint"}, "diagnostics": ['
    yield from rows(_diagnostic(report, finding) for finding in report.findings)
    yield "]}\n"


def _diagnostic(report: Report, finding: Finding) -> dict[str, object]:
    lines = [finding.message, *(f"because: {reason.shown(finding.span.path)}" for reason in finding.because)]
    lines += [f"help: {finding.hint}"] if finding.hint else []
    found: dict[str, object] = {
        "message": "\n".join(map(escape, lines)),
        "location": {
            "path": finding.span.path.encode("utf-8", "backslashreplace").decode(),
            "range": _range(report, finding.span),
        },
        "severity": SEVERITIES[finding.severity],
        "code": {"value": finding.rule, "url": page(finding.rule)},
    }
    edits = finding.fix.edits if finding.fix is not None else ()
    if edits and all(edit.span.path == finding.span.path for edit in edits):
        found["suggestions"] = [{"range": _range(report, edit.span), "text": edit.text} for edit in edits]
    return found


def _range(report: Report, span: Span) -> dict[str, dict[str, int]]:
    """Lines and columns, the columns in bytes of UTF-8, as the format has them."""
    return {
        "start": {"line": span.line, "column": _column(report, span.path, span.line, span.column)},
        "end": {"line": span.end_line, "column": _column(report, span.path, span.end_line, span.end_column)},
    }


def _column(report: Report, path: str, line: int, column: int) -> int:
    source = report.sources.get(path)
    before = source.line_text(line)[: column - 1] if source is not None else ""
    return column + len(before.encode("utf-8", "surrogatepass")) - len(before)
