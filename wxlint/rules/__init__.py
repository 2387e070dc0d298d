"""The rules: one module each, found by its file name. `latest_tag.py` is the rule `latest-tag`.

A module has a docstring (its documentation, with Bad and Good examples that are run as tests), `SEVERITY`, `SUMMARY`,
`HINT` and `check(repository)`, which yields Problems. The engine adds the rule's name and severity, applies
suppressions, and sorts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.policy.rule_names import rule_names

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository


__all__ = ["ARCHIVED", "Problem", "Rule", "load_rule", "load_rules", "rule_names"]


ARCHIVED = late(
    r"(?i)(?:^|/)[._]?(?:archived?|attic|backups?|deprecated|legacy|obsolete|old|unused)(?:[-_][^/]*)?(?:/|$)"
)
"""A folder of files that nobody uses any more."""


class Problem(NamedTuple):
    """What a rule found. hint: overrides the rule's. severity: overrides the rule's own (not the policy's).

    image: the image that the message names. Problems of one place that differ in it alone are one finding. reader: what
    reads the file, where the finding is shown when that file is not in scope.
    """

    span: Span
    message: str
    because: tuple[Reason, ...] = ()
    hint: str = ""
    severity: Severity | None = None
    image: str = ""
    reader: Span | None = None


class Rule(NamedTuple):
    """A rule as its module defines it. docs: Markdown. about_references: its findings say that the reference under
    them is bad. instead_of: rules whose finding at the same place has the same cause. weight: 0 for what an image
    computes with, 1 for the rest of the build, 2 for tags alone.
    """

    id: str
    severity: Severity
    summary: str
    hint: str
    docs: str
    about_references: bool
    instead_of: tuple[str, ...]
    weight: int
    check: Callable[[Repository], Iterator[Problem]]


def load_rule(name: str) -> Rule:
    """Import one rule by its name."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return Rule(
        name,
        module.SEVERITY,
        module.SUMMARY,
        module.HINT,
        (module.__doc__ or "").strip() + "\n",
        getattr(module, "ABOUT_REFERENCES", False),
        getattr(module, "INSTEAD_OF", ()),
        getattr(module, "WEIGHT", 1),
        module.check,
    )


def load_rules() -> dict[str, Rule]:
    """All rules, by name."""
    return {name: load_rule(name) for name in rule_names()}
