"""GitHub workflow commands: each finding becomes an annotation at its line of a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wxlint.core.escape import escape, escape_part
from wxlint.core.findings import Finding, Severity
from wxlint.output import Options, Report, page, summary_line

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
SHOWN = 10
"""Annotations of each kind that GitHub shows for one step; the others are in the log of the step only."""


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield one command to a line, then the summary as a plain line.

    Where GitHub will not show all, a notice says so; it comes first, because it would be left out itself.
    """
    hidden = [
        f"{SHOWN} of {number} {COMMANDS[severity]}s"
        for severity, number in sorted(Counter(f.severity for f in report.findings).items(), reverse=True)
        if number > SHOWN
    ]
    if hidden:
        yield command("notice", f"GitHub shows {', '.join(hidden)} here; the log of this step has all", title="wxlint")
    for finding in report.findings:
        yield _annotation(finding)
    for problem in report.summary.problems:
        yield command("error", escape(problem), title="wxlint")
    if not options.quiet:
        for note in report.summary.notes:
            yield f"note: {escape(note)}\n"
        yield summary_line(report.summary) + "\n"


def command(name: str, message: str, **properties: object) -> str:
    """One workflow command. Nothing in `message` or in a property can end it or begin another."""
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}\n"


def _annotation(finding: Finding) -> str:
    span = finding.span
    place: dict[str, object] = {"file": escape_part(span.path), "line": span.line, "endLine": span.end_line}
    if span.end_line == span.line:  # GitHub takes columns only for a stretch within one line
        place.update(col=span.column, endColumn=span.end_column)
    # The log shows the message alone, so that it has to name the place as well.
    lines = [f"{escape_part(span.path)}:{span.line}:{span.column}: {escape(finding.message)}"]
    lines += [f"because: {escape(reason.shown(finding.span.path))}" for reason in finding.because]
    if finding.hint:
        lines.append(f"help: {escape(finding.hint)}")
    lines.append(page(finding.rule))
    return command(COMMANDS[finding.severity], "\n".join(lines), **place, title=f"wxlint: {escape(finding.rule)}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
