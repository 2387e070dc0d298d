"""A document that breaks the program is a finding at that document; every other document is checked all the same."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint.core.findings import Finding, Severity, Span
from wxlint.images.graph.failures import Failure
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem, Rule

_DOCS = """A document broke wxlint.

## Why

This is a bug in wxlint, not in what was checked. The document was set aside: nothing is known of it, and nothing that
depends on it is proven. Everything else was checked. wxlint ends with exit code 3, whatever else was found, and no
policy or suppression changes that.

## What to do

Report the finding as it stands, with the document where it may be shown, or with the smallest part of it that still
breaks wxlint.
"""

INTERNAL_ERROR = Rule(
    "internal-error",
    Severity.ERROR,
    "a document that broke wxlint: a bug in wxlint, with exit code 3",
    "this is a bug in wxlint: please report it with this message and the file",
    _DOCS,
    False,
    (),
    0,
    lambda repository: iter(()),
)
"""What formats show of such a finding. It is no rule of a file: nothing can select it or turn it off."""


def internal_errors(failures: Iterable[Failure]) -> list[Finding]:
    """The findings for documents that broke the program."""
    return [
        Finding(
            INTERNAL_ERROR.id,
            INTERNAL_ERROR.severity,
            Span(failure.path, 1, 1, 1, 1),
            f"wxlint broke here, and this file was not checked: {failure.what}",
            INTERNAL_ERROR.hint,
        )
        for failure in failures
    ]


def problems_of(rule: Rule, repository: Repository) -> list[Problem]:
    """What a rule finds. One that breaks is run on each Dockerfile by itself; those that break it are failures."""
    try:
        return list(rule.check(repository))
    except Exception as error:
        return _one_by_one(rule, repository, error)


def _one_by_one(rule: Rule, repository: Repository, error: Exception) -> list[Problem]:
    found = _attempted(rule, repository.restricted_to(()))
    if isinstance(found, Exception):  # no Dockerfile is to blame
        culprit = _culprit(rule, repository)
        repository.failures.record(culprit or repository.documents.given[0].path, error)
        return problems_of(rule, repository.without(culprit)) if culprit else []
    for path in repository.dockerfiles_in_scope:
        more = _attempted(rule, repository.restricted_to((path,)))
        if isinstance(more, Exception):
            repository.failures.record(path, more)
        else:
            found += more
    return list(dict.fromkeys(found))


def _culprit(rule: Rule, repository: Repository) -> str | None:
    """The compose file or script without which a rule does not break; None when it takes more than one."""
    for item in repository.documents.given:
        if item.kind not in ("dockerfile", "other"):
            found = _attempted(rule, repository.without(item.path).restricted_to(()))
            if not isinstance(found, Exception):
                return item.path
    return None


def _attempted(rule: Rule, repository: Repository) -> list[Problem] | Exception:
    try:
        return list(rule.check(repository))
    except Exception as error:
        return error
