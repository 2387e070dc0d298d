"""Checkstyle's XML, which Jenkins and many others read: the findings of each file together."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Finding
from wxlint.output import Options, Report
from wxlint.output._xml import attribute


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield one document."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n'
    files: dict[str, list[Finding]] = {}
    for finding in report.findings:
        files.setdefault(finding.span.path, []).append(finding)
    for path, findings in files.items():
        yield f'  <file name="{attribute(path)}">\n'
        for finding in findings:
            text = "\n".join([finding.message, *([finding.hint] if finding.hint else [])])
            yield (
                f'    <error line="{finding.span.line}" column="{finding.span.column}" '
                f'severity="{finding.severity.label}" message="{attribute(text)}" '
                f'source="wxlint.{attribute(finding.rule)}"/>\n'
            )
        yield "  </file>\n"
    yield "</checkstyle>\n"
