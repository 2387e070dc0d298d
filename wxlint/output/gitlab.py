"""GitLab's code quality report, which merge requests show: a JSON array, one finding to a line."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.escape import escape
from wxlint.core.findings import Severity
from wxlint.output import Options, Report, page
from wxlint.output.json import rows
from wxlint.output.sarif import fingerprints

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield the array, of the findings alone: of a file that could not be read the exit code speaks."""
    yield "["
    yield from rows(_issues(report))
    yield "]\n"


def _issues(report: Report) -> Iterator[dict[str, object]]:
    for finding, fingerprint in zip(report.findings, fingerprints(report.findings, report.sources), strict=True):
        body = [f"because: {escape(reason.shown(finding.span.path))}" for reason in finding.because]
        body += [f"help: {escape(finding.hint)}"] if finding.hint else []
        yield {
            "description": escape(finding.message),
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": SEVERITIES[finding.severity],
            "location": {
                "path": finding.span.path.encode("utf-8", "backslashreplace").decode(),
                "lines": {"begin": finding.span.line, "end": finding.span.end_line},
            },
            "content": {"body": "\n".join([*body, page(finding.rule)])},
        }
