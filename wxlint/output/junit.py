"""JUnit's XML: each finding a failed case, each file without one a passed case; what is information only passes too."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Finding, Severity
from wxlint.output import Options, Report, page
from wxlint.output._xml import attribute, body
from wxlint.output.text import location


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield one document."""
    failed = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    clean = sorted(set(report.sources) - {finding.span.path for finding in report.findings})
    problems = report.summary.problems
    counts = (
        f'tests="{len(report.findings) + len(clean) + len(problems)}" failures="{len(failed)}" errors="{len(problems)}"'
    )
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="wxlint" {counts}>\n'
    yield f'  <testsuite name="wxlint" {counts}>\n'
    for finding in report.findings:
        yield _case(finding)
    for problem in problems:
        yield f'    <testcase classname="wxlint" name="{attribute(problem)}"><error message="not read"/></testcase>\n'
    for path in clean:
        yield f'    <testcase classname="{attribute(path)}" name="nothing found"/>\n'
    yield "  </testsuite>\n</testsuites>\n"


def _case(finding: Finding) -> str:
    path = attribute(finding.span.path)
    name = attribute(f"{finding.rule} {location(finding.span)}")
    lines = [finding.message, *(f"because: {reason.shown(finding.span.path)}" for reason in finding.because)]
    lines += [f"help: {finding.hint}"] if finding.hint else []
    text = body("\n".join([*lines, page(finding.rule)]))
    inside = (
        f"<system-out>{text}</system-out>"
        if finding.severity is Severity.INFO
        else f'<failure type="{finding.severity.label}" message="{attribute(finding.message)}">{text}</failure>'
    )
    where = f'classname="{path}" file="{path}" line="{finding.span.line}"'
    return f'    <testcase {where} name="{name}">{inside}</testcase>\n'
