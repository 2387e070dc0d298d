"""One run over several families: each file is checked under the policy that is nearest to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.errors import UsageError
from wxlint.core.paths import is_below, shown
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.family import Family
from wxlint.lint.inputs import Gathered, gather, load_given
from wxlint.lint.internal_errors import INTERNAL_ERROR
from wxlint.lint.policy_files import files_of
from wxlint.lint.run import in_order
from wxlint.output import Report, Summary
from wxlint.rules import load_rules

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_COUNTS = ("files", "good", "bad", "unknown", "errors", "warnings", "infos")


def every_family(
    paths: Sequence[str],
    policies: Sequence[str] = (),
    *,
    no_policy: bool = False,
    only: bool = False,
    cache: Cache = NO_CACHE,
    texts: Mapping[str, Source] | None = None,
) -> list[Gathered]:
    """What paths name, family by family: by the policies given, else by that which is nearest to each file.

    The arguments and errors are those of `gather`.
    """
    if len(policies) > 1:
        shares = shares_of(paths, policies, cache)
        return [gather_share(share, only, cache, texts) for share in shares]
    if len(paths) > 1 and not policies and not no_policy:
        return gather_families(paths, only, cache, texts)
    first = gather(paths, policies[0] if policies else None, no_policy, only, cache=cache, texts=texts)
    return [first, *below(first, only, cache, texts)]


class Share(NamedTuple):
    """What one of several given policies is for.

    paths: as for `gather`. left_out: folders below that are another's. foreign: files that are another's, though they
    lie in the same folders.
    """

    policy: str
    paths: tuple[str, ...]
    left_out: tuple[str, ...]
    foreign: Foreign


class Foreign(NamedTuple):
    """own: files that the policy names. others: those that others with the same root name; first: who has the rest."""

    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    first: bool = True

    def holds(self, path: str) -> bool:
        """Whether a file is left to another policy."""
        if path in self.own:
            return False
        return path in self.others or not self.first


def shares_of(paths: Sequence[str], policies: Sequence[str], cache: Cache = NO_CACHE) -> list[Share]:
    """Divide paths among policies: each file is under the one whose root is the nearest above it.

    Of several with one root, each has the files that it names, and the first has the rest. Raises UsageError for a path
    below none of the roots.
    """
    given = list(dict.fromkeys(policies))
    loaded = {one: load_given(one, cache) for one in given}
    roots = {one: disk.real(policy.root) for one, policy in loaded.items()}
    chosen: dict[str, dict[str, None]] = {one: {} for one in given}
    for path in paths:
        real = disk.real(path)
        above = [one for one in given if _is_below(real, roots[one])]
        nearest = max((len(roots[one]) for one in above), default=0)
        mine = [one for one in above if len(roots[one]) == nearest]
        inside = [one for one in given if one not in above and _is_below(roots[one], real)]
        if not mine and not inside:
            raise UsageError(f"{path}: lies below the root of none of the policies given: {', '.join(given)}")
        for one in mine:
            chosen[one][path] = None
        for one in inside:
            chosen[one][str(loaded[one].root)] = None
    named = {one: files_of(policy, Family(policy, policy.root)).named for one, policy in loaded.items()}
    shares = []
    for one in given:
        if paths and not chosen[one]:
            continue
        same = [other for other in given if roots[other] == roots[one]]
        others = frozenset().union(*(named[other] for other in same if other != one))
        below_it = [other for other in given if roots[other] != roots[one] and _is_below(roots[other], roots[one])]
        left_out = tuple(shown(loaded[other].root) for other in below_it)
        foreign = Foreign(named[one], others, same[0] == one) if len(same) > 1 else Foreign()
        shares.append(Share(one, tuple(chosen[one]), left_out, foreign))
    return shares


def gather_share(
    share: Share, only: bool = False, cache: Cache = NO_CACHE, texts: Mapping[str, Source] | None = None
) -> Gathered:
    """What one of several policies is for; errors as those of `gather`."""
    gathered = gather(share.paths, share.policy, only=only, cache=cache, texts=texts)
    scope = gathered.scope
    if share.foreign.own or share.foreign.others or share.left_out:
        files = scope if scope is not None else {item.path for item in gathered.repository.documents.inputs}
        policy = gathered.repository.policy
        own = {policy.path} if policy is not None else set()
        scope = frozenset(path for path in (*files, *own) if path in own or not share.foreign.holds(path))
        scope = frozenset(p for p in scope if not any(is_below(p, folder) for folder in share.left_out))
    return gathered._replace(scope=scope, families=(*gathered.families, *share.left_out))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def gather_families(
    paths: Sequence[str], only: bool = False, cache: Cache = NO_CACHE, texts: Mapping[str, Source] | None = None
) -> list[Gathered]:
    """What paths name, family by family; the arguments and errors are those of `gather`."""
    found: list[Gathered] = []
    for group in groups(paths):
        gathered = gather(group, only=only, cache=cache, texts=texts)
        found += [gathered, *below(gathered, only, cache, texts)]
    return found


def below(outer: Gathered, only: bool, cache: Cache, texts: Mapping[str, Source] | None = None) -> list[Gathered]:
    """The families in folders below those of another."""
    return [_itself(one) for folder in outer.families for one in gather_families([folder], only, cache, texts)]


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
        folder = path if disk.is_folder(path) else str(Path(path).parent)
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
