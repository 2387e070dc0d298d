"""What a run may leave unproven: named one by one, so that nothing is green by default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wxlint.conformance.checks.registry import CHECKS
from wxlint.conformance.checks.verdict import Outcome, Verdict
from wxlint.core.errors import UsageError

NO_ENGINE = "no-engine"
_OUTCOMES = {"skip": Outcome.SKIP, "unproven": Outcome.UNPROVEN}


class Allowances(NamedTuple):
    """checks: outcomes that count as passed, by the check's name. no_engine: a run without an engine is no failure."""

    checks: frozenset[tuple[Outcome, str]] = frozenset()
    no_engine: bool = False

    def accept(self, check: str, verdict: Verdict) -> bool:
        """Whether a verdict is no failure."""
        return verdict.outcome is Outcome.PASS or verdict.accepted or (verdict.outcome, check) in self.checks


def read_allowances(words: Iterable[str]) -> Allowances:
    """From "unproven:device", "skip:service", "no-engine", also with commas between. Raises UsageError."""
    known = {check.name for check in CHECKS}
    checks: set[tuple[Outcome, str]] = set()
    no_engine = False
    for word in (part.strip() for text in words for part in text.split(",") if part.strip()):
        kind, colon, name = word.partition(":")
        if word == NO_ENGINE:
            no_engine = True
        elif not colon or kind not in _OUTCOMES:
            raise UsageError(f"--wx-allow {word!r}: allowed are {NO_ENGINE}, skip:CHECK and unproven:CHECK")
        elif name not in known:
            raise UsageError(f"--wx-allow {word!r}: there is no check {name!r}; there are {', '.join(sorted(known))}")
        else:
            checks.add((_OUTCOMES[kind], name))
    return Allowances(frozenset(checks), no_engine)
