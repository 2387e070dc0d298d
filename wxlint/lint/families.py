"""One run over several families: each file is checked under the policy that is nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.lint.inputs import Gathered, gather
from wxlint.lint.internal_errors import INTERNAL_ERROR
from wxlint.lint.run import in_order
from wxlint.output import Report, Summary
from wxlint.rules import load_rules

_COUNTS = ("files", "good", "bad", "unknown", "errors", "warnings", "infos")


def gather_families(paths: Sequence[str], only: bool = False, cache: Cache = NO_CACHE) -> list[Gathered]:
    """What paths name, family by family; the arguments and errors are those of `gather`."""
    found: list[Gathered] = []
    for group in groups(paths):
        gathered = gather(group, only=only, cache=cache)
        found += [gathered, *below(gathered, only, cache)]
    return found


def below(outer: Gathered, only: bool, cache: Cache) -> list[Gathered]:
    """The families in folders below those of another."""
    return [_itself(one) for folder in outer.families for one in gather_families([folder], only, cache)]


def _itself(family: Gathered) -> Gathered:
    """The family, whose scope is no more than its own files."""
    if family.scope is not None:
        return family
    policy = family.repository.policy
    given = (item.path for item in family.repository.documents.given)
    return family._replace(scope=frozenset((*given, *([policy.path] if policy else []))))


def groups(paths: Sequence[str]) -> list[list[str]]:
    """The paths by the policy that is found from each."""
    from wxlint.policy.find import find_policy

    groups: dict[Path | None, list[str]] = {}
    known: dict[str, Path | None] = {}
    for path in paths:
        folder = path if Path(path).is_dir() else str(Path(path).parent)
        if folder not in known:
            known[folder] = find_policy(Path(folder))
        groups.setdefault(known[folder], []).append(path)
    return list(groups.values())


def together(reports: Sequence[Report]) -> Report:
    """One report of several families: each finding once, the counts together."""
    findings = {finding: None for report in reports for finding in report.findings}
    known = {**load_rules(), INTERNAL_ERROR.id: INTERNAL_ERROR}
    rules = {name: rule for report in reports for name, rule in report.rules.items()}
    sources = {path: source for report in reports for path, source in report.sources.items()}
    return Report(in_order(findings, known), _sum([report.summary for report in reports]), sources, rules)


def _sum(summaries: list[Summary]) -> Summary:
    notes = dict.fromkeys(note for one in summaries for note in one.notes)
    problems = dict.fromkeys(problem for one in summaries for problem in one.problems)
    counts = {name: sum(getattr(one, name) for one in summaries) for name in _COUNTS}
    return Summary(notes=tuple(notes), problems=tuple(problems), **counts)
