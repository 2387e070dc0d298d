"""What is wrong with suppressions, as findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from wxlint.core.findings import Finding, Severity
from wxlint.core.suggest import did_you_mean
from wxlint.discovery.file_kinds import PROSE_ENDINGS
from wxlint.lint.levels import Levels
from wxlint.lint.suppressions import Flaw, Flawed
from wxlint.rules import Rule

UNUSED = "unused-suppression"


def flaws(levels: Levels, flawed: Iterable[Flawed], rules: dict[str, Rule]) -> Iterator[Finding]:
    """Yield what is wrong with suppressions; those that a document shows are examples."""
    rule = rules[UNUSED]
    for item in flawed:
        path = item.suppression.span.path
        if path.endswith(PROSE_ENDINGS):
            continue
        if item.flaw is Flaw.UNUSED and any(
            levels.severity(rules[name], path, Severity.ERROR) is None
            for name in item.suppression.rules
            if name in rules
        ):
            continue  # the rule is off here: nobody looked
        own = Severity.WARNING if item.flaw is Flaw.UNUSED else Severity.ERROR
        severity = levels.severity(rule, path, own)
        if severity is not None:
            yield Finding(UNUSED, severity, item.suppression.span, _message(item, rules), rule.hint)


def _message(item: Flawed, rules: Collection[str]) -> str:
    if item.flaw is Flaw.UNKNOWN_RULE:
        return f"there is no rule {item.rule!r}{did_you_mean(item.rule, rules)}"
    if item.flaw is Flaw.UNUSED:
        return f"nothing here breaks {item.rule}: take the suppression out"
    return f"{item.rule or 'this suppression'} {item.flaw.value}"
