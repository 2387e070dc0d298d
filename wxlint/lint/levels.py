"""The severities that a policy gives the rules."""

from __future__ import annotations

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Rule


class Levels:
    """The severities that the policy gives rules; each file's is looked up once for each rule."""

    def __init__(self, repository: Repository) -> None:
        self._policy, self._family = repository.policy, repository.family
        self._found: dict[tuple[str, str], str | None] = {}

    def severity(self, rule: Rule, path: str, own: Severity) -> Severity | None:
        """The severity of a rule's findings in a file, `own` where the policy gives none; None when the rule is off."""
        if self._policy is None:
            return own
        key = (rule.id, path)
        if key not in self._found:
            self._found[key] = self._policy.level(rule.id, self._family.below_root(path))
        level = self._found[key]
        if level is None:
            return own
        return None if level == "off" else Severity[level.upper()]
