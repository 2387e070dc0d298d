"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanning services and editors read it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import wxlint
from wxlint.core.escape import escape
from wxlint.core.findings import Finding, Severity, Span
from wxlint.documents.source import Source
from wxlint.output import Options, Report, page
from wxlint.output.json import dumps, rows

if TYPE_CHECKING:
    from wxlint.output import RuleInfo

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
FINGERPRINT = "wxlint/v1"
RESULTS = 25_000
"""Results of a run above which GitHub refuses the file: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support."""
PLACES = 1_000
"""Places of a result above which it does so."""
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield one SARIF log with one run, of more findings than GitHub takes with the gravest."""
    left_out = len(report.findings) - RESULTS
    rules = {rule: _rule(info) for rule, info in report.rules.items()}
    for finding in report.findings:
        rules.setdefault(finding.rule, {"id": finding.rule})
    index = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "wxlint", "version": wxlint.__version__, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder in which wxlint was run."}}},
        "invocations": [_invocation(report, left_out)],
    }
    yield f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [\n{dumps(run).removesuffix("}")},\n"results": ['
    yield from rows(_results(report, index))
    yield "]}\n]}\n"


def _rule(info: RuleInfo) -> dict[str, object]:
    docs = info.docs.strip() or info.summary
    paragraphs = (part for part in docs.split("\n\n") if not part.startswith("#"))
    help_text = f"{docs}\n\n{info.hint}" if info.hint else docs
    return {
        "id": info.id,
        "helpUri": page(info.id),
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": next(paragraphs, info.summary)},
        "help": {"text": help_text, "markdown": help_text},
        "defaultConfiguration": {"level": LEVELS[info.severity]},
    }


def _invocation(report: Report, left_out: int) -> dict[str, object]:
    invocation: dict[str, object] = {"executionSuccessful": not report.summary.problems}
    problems = [("error", problem) for problem in report.summary.problems]
    if left_out > 0:
        problems.append(
            ("error", f"{left_out} findings of the least severity are left out: a run has {RESULTS} at most")
        )
    notes = [("note", note) for note in report.summary.notes]
    if problems or notes:
        invocation["toolExecutionNotifications"] = [
            {"level": level, "message": {"text": _text(text)}} for level, text in problems + notes
        ]
    return invocation


def _results(report: Report, index: Mapping[str, int]) -> Iterator[dict[str, object]]:
    gravest = sorted(range(len(report.findings)), key=lambda number: -report.findings[number].severity)[:RESULTS]
    kept = frozenset(gravest)
    named = zip(report.findings, fingerprints(report.findings, report.sources), strict=True)
    for number, (finding, fingerprint) in enumerate(named):
        if number not in kept:
            continue
        lines = [finding.message, *(f"because: {reason.shown(finding.span.path)}" for reason in finding.because)]
        lines += [f"help: {finding.hint}"] if finding.hint else []
        result: dict[str, object] = {
            "ruleId": finding.rule,
            "ruleIndex": index[finding.rule],
            "level": LEVELS[finding.severity],
            "message": {"text": "\n".join(map(_text, lines))},
            "locations": [{"physicalLocation": _location(finding.span)}],
            "partialFingerprints": {FINGERPRINT: fingerprint},
        }
        related = list(_related(finding))[:PLACES]
        if related:
            result["relatedLocations"] = related
        yield result


def _related(finding: Finding) -> Iterator[dict[str, object]]:
    """Yield the reasons that have a place."""
    for number, reason in enumerate(dict.fromkeys(finding.because), 1):
        if not reason.path:
            continue
        place: dict[str, object] = {"artifactLocation": artifact(reason.path)}
        if reason.line:
            place["region"] = {"startLine": reason.line}
        yield {"id": number, "message": {"text": _text(reason.shown(finding.span.path))}, "physicalLocation": place}


def _location(span: Span) -> dict[str, object]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"artifactLocation": artifact(span.path), "region": region}


def artifact(path: str) -> dict[str, str]:
    """An artifactLocation: a relative path as a URI reference below ROOT, an absolute one as a file URI."""
    uri = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in _bytes(path))
    if path.startswith("/"):
        return {"uri": "file://" + uri}
    if re.match("[A-Za-z]:/", path):
        return {"uri": f"file:///{path[0]}:{uri[4:]}"}
    return {"uri": uri, "uriBaseId": ROOT}


def _bytes(path: str) -> bytes:
    try:
        return os.fsencode(path)  # a file name that is not UTF-8 gets its own bytes back
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")


def fingerprints(findings: Iterable[Finding], sources: Mapping[str, Source]) -> Iterator[str]:
    """One stable name for each finding, in order: it survives that lines are added, moved or indented anew.

    Hashed are the rule, the path, the underlined source with its white space collapsed (the message where there is
    no source), and how many findings before it are alike in all of these.
    """
    seen: dict[tuple[str, str, str], int] = {}
    for finding in findings:
        source = sources.get(finding.span.path)
        text = " ".join(_underlined(source, finding.span).split()) if source else ""
        key = (finding.rule, finding.span.path, text or finding.message)
        seen[key] = seen.get(key, 0) + 1
        data = "\0".join((*key, str(seen[key]))).encode("utf-8", "surrogatepass")
        yield hashlib.sha256(data).hexdigest()[:32]


def _underlined(source: Source, span: Span) -> str:
    starts = source.starts
    if not 1 <= span.line <= span.end_line <= len(starts):
        return ""
    return source.text[starts[span.line - 1] + span.column - 1 : starts[span.end_line - 1] + span.end_column - 1]


def _text(text: str) -> str:
    """Plain text for a message: escaped, and with no "[text](target)", which viewers make a link (SARIF 3.11.6)."""
    text = escape(text)
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text
