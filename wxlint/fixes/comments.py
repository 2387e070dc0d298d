"""Suppressions that suppress nothing."""

from __future__ import annotations

import re

from wxlint.core.findings import Finding
from wxlint.fixes.context import Context, Proposal
from wxlint.policy.rule_names import rule_names

_ONE_RULE = re.compile(r"wxlint:\s*ignore(?:-file)?\s*\[\s*(?P<rule>[a-z0-9-]+)\s*\]\s*\S.*")
_ALONE = re.compile(r"(?i)[ \t]*(?:#|::|@?rem)[ \t]*")
_BEHIND = re.compile(r"[ \t]*#[ \t]*\Z")


def unused(context: Context, finding: Finding) -> Proposal | None:
    """Take a comment out that names one rule, which nothing here breaks: unused-suppression."""
    source = context.source(finding.span.path)
    match = _ONE_RULE.fullmatch(context.text(finding.span).rstrip())
    policy = context.repository.policy
    locked = policy.rules if policy is not None else {}
    if source is None or match is None or match["rule"] not in rule_names():
        return None
    if match["rule"] in locked and locked[match["rule"]].locked:
        return None
    line = source.line_text(finding.span.line)
    start = source.starts[finding.span.line - 1]
    before, after = line[: finding.span.column - 1], line[finding.span.end_column - 1 :]
    if after.strip():
        return None
    text = f"take the suppression of {match['rule']} out"
    if _ALONE.fullmatch(before):
        end = min(start + len(line) + 1, len(source.text))
        return Proposal((context.edit(source.path, start, end, ""),), text, True)
    behind = _BEHIND.search(before)
    if behind is None:
        return None
    return Proposal((context.edit(source.path, start + behind.start(), start + len(line), ""),), text, True)
