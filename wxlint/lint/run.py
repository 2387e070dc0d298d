"""One run of the linter: rules over a repository, then severities, suppressions, counts, order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from wxlint.core.errors import UsageError
from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.paths import from_root, is_below
from wxlint.core.reasons import INSTALLER, Reason, reason_at
from wxlint.core.suggest import did_you_mean
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.repository import Repository
from wxlint.lint.internal_errors import INTERNAL_ERROR, internal_errors
from wxlint.lint.levels import Levels
from wxlint.lint.parallel import Results, run_rules
from wxlint.lint.suppression_flaws import UNUSED, flaws
from wxlint.lint.suppressions import Suppression, apply, find_suppressions
from wxlint.output import Report, Summary
from wxlint.rules import ARCHIVED, Problem, Rule, load_rules

if TYPE_CHECKING:
    from wxlint.lint.baseline import Baseline

_NAMED = 3
"""How many more images one finding names."""


class CheckOptions(NamedTuple):
    """select, ignore: rule names; select None means all. scope: paths whose findings are shown, None for every input.

    followed: folders in which files that inputs lead to (requirements, pyproject) are shown as well. notes: for the
    summary. jobs: see parallel.run_rules. shows: what else a finding has to hold to be shown. baseline: findings that
    are known, and left out. left_out: folders of other families.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    scope: frozenset[str] | None = None
    followed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    jobs: int = 0
    shows: Callable[[Finding], bool] | None = None
    baseline: Baseline | None = None
    left_out: tuple[str, ...] = ()


def check(repository: Repository, options: CheckOptions) -> Report:
    """Run the rules. Raises UsageError for a rule name that does not exist."""
    rules = load_rules()
    require_rules((*(options.select or ()), *options.ignore), rules)
    chosen = [
        rule
        for name, rule in rules.items()
        if (options.select is None or name in options.select) and name not in options.ignore
    ]
    results = run_rules(repository, chosen, options.jobs)
    options = _with_lists(repository, results, options)
    levels = Levels(repository)
    found: dict[Finding, None] = {}
    inputs = {item.path for item in repository.documents.given}
    for rule in chosen:
        problems = [_at_reader(problem, inputs, options, repository) for problem in results.problems[rule.id]]
        found.update(dict.fromkeys(_findings(rule, problems, levels)))
    suppressions = _suppressions(repository, inputs, options)
    outcome = apply(
        (finding for finding in found if _in_scope(finding.span.path, inputs, options, repository)),
        suppressions,
        known=rules,
        ran={rule.id for rule in chosen},
        locked=_locked(repository),
    )
    findings = _one_for_each_cause(outcome.findings, chosen)
    if UNUSED in {rule.id for rule in chosen}:
        findings += flaws(levels, outcome.flawed, rules)
    if options.baseline is not None:
        findings = _new(findings, options.baseline, options, repository, {rule.id for rule in chosen})
    if options.shows is not None:
        findings = [finding for finding in findings if options.shows(finding)]
    broken = internal_errors(repository.failures)
    findings += broken
    shown = {**rules, INTERNAL_ERROR.id: INTERNAL_ERROR} if broken else rules
    summary = _summary(repository, results, findings, shown, options)
    return Report(in_order(findings, shown), summary, repository.sources.loaded, shown)


def _with_lists(repository: Repository, results: Results, options: CheckOptions) -> CheckOptions:
    """The options for folders without a policy: the lists that their Dockerfiles install are in scope too."""
    scope = options.scope
    if scope is None or not options.followed or repository.policy is not None:
        return options
    if all(problem.span.path in scope for problems in results.problems.values() for problem in problems):
        return options
    from wxlint.images.graph.downstream import lists_of

    own = [path for path in repository.graph.evaluations.builds if path in scope]
    return options._replace(
        scope=scope.union(*(lists_of(each) for path in own for each in repository.graph.evaluations.evaluated_at(path)))
    )


def _at_reader(problem: Problem, inputs: set[str], options: CheckOptions, repository: Repository) -> Problem:
    """A problem of a file that is not in scope, at what reads that file: it is not known there what it says."""
    if problem.reader is None or _in_scope(problem.span.path, inputs, options, repository):
        return problem
    because = (reason_at("install", "the file that is read here", problem.span),)
    return problem._replace(span=problem.reader, because=because)


def in_order(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> tuple[Finding, ...]:
    """The findings as they are shown."""
    return tuple(sorted(findings, key=lambda finding: _weight(finding, rules)))


def _new(
    findings: list[Finding], baseline: Baseline, options: CheckOptions, repository: Repository, ran: set[str]
) -> list[Finding]:
    """The findings that the baseline does not have, and its entries that nothing has any more.

    Where some rules did not run, a suppression that is unused otherwise may not be known for that.
    """
    from wxlint.lint.baseline import STALE, compared

    inputs = {item.path for item in repository.documents.given}
    held = compared(baseline, findings, repository.sources.loaded, _locked(repository))
    levels = Levels(repository)
    rules = load_rules()
    sure = ran if ran >= set(rules) else ran - {STALE}
    found = held.new
    for known in held.stale if STALE in ran else ():
        severity = levels.severity(rules[STALE], known.path, Severity.WARNING)
        if severity is not None and known.rule in sure and _looked_at(known.path, inputs, options, repository):
            found.append(baseline.finding(known)._replace(severity=severity))
    return found


def _one_for_each_cause(findings: list[Finding], rules: Iterable[Rule]) -> list[Finding]:
    """The findings without those that another rule's, no less severe, stands for at the same place, and says."""
    instead = {rule.id: rule.instead_of for rule in rules if rule.instead_of}
    standing = {
        (other, finding.span): finding
        for finding in sorted(findings, key=lambda one: one.severity)
        for other in instead.get(finding.rule, ())
    }
    if not standing:
        return findings
    kept: dict[Finding, tuple[Reason, ...]] = {}
    covered: list[tuple[Finding, Finding]] = []
    for finding in findings:
        other = standing.get((finding.rule, finding.span))
        if other is None or other.severity < finding.severity:
            kept[finding] = ()
        else:
            covered.append((finding, other))
    for finding, other in covered:
        if other in kept:
            kept[other] += (Reason("group", f"{finding.rule} at the same place: {finding.message}"),)
    return [finding._replace(because=tuple(dict.fromkeys((*finding.because, *also)))) for finding, also in kept.items()]


def _weight(finding: Finding, rules: Mapping[str, Rule]) -> tuple[object, ...]:
    """What is shown first: what is in use, the worst, what images compute with before tags; then by place."""
    archived = ARCHIVED.search(from_root(finding.span.path)) is not None
    return archived, -finding.severity, rules[finding.rule].weight, finding.span, finding.rule, finding.message


def _in_scope(path: str, inputs: set[str], options: CheckOptions, repository: Repository) -> bool:
    if repository.is_excluded(path) or _is_below(path, options.left_out):
        return False
    if options.scope is None or path in options.scope:
        return True
    return path not in inputs and _is_below(path, options.followed)


def _looked_at(path: str, inputs: set[str], options: CheckOptions, repository: Repository) -> bool:
    """Whether a run shows what there is of a file, be it nothing; one that is gone counts with its folder."""
    read = options.scope is not None or path in repository.sources.loaded or _is_below(path, options.followed)
    return read and _in_scope(path, inputs, options, repository)


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(is_below(path, folder) for folder in folders)


def require_rules(names: Iterable[str], rules: Collection[str]) -> None:
    """Raise UsageError when one of the names is no rule's."""
    for name in names:
        if name not in rules:
            raise UsageError(f"there is no rule {name!r}{did_you_mean(name, rules)} (`wxlint rules` lists them)")


def _findings(rule: Rule, problems: Iterable[Problem], levels: Levels) -> Iterable[Finding]:
    """A rule's problems as findings; the shortest chain of reasons stands for problems that are otherwise equal."""
    seen: dict[tuple[object, str], Finding] = {}
    images: dict[tuple[object, str], dict[str, Reason | None]] = {}
    problems = list(problems)
    worse = {problem.span for problem in problems if problem.severity is not Severity.INFO}
    for problem in problems:
        if problem.severity is Severity.INFO and problem.span in worse:
            continue  # what is an error for one image is not information for another
        severity = levels.severity(rule, problem.span.path, problem.severity or rule.severity)
        if severity is None:
            continue
        because = tuple(dict.fromkeys(reason for reason in problem.because if not _is_plain(reason, problem.span)))
        finding = Finding(rule.id, severity, problem.span, problem.message, problem.hint or rule.hint, because)
        key = (problem.span, problem.message.replace(problem.image, "") if problem.image else problem.message)
        named = images.setdefault(key, {})
        if (
            not named
            or problem.image in named
            and seen[key].message == problem.message
            and len(because) < len(seen[key].because)
        ):
            seen[key] = finding
        named.setdefault(problem.image, next((reason for reason in because if reason.name == INSTALLER), None))
    for shared, named in images.items():
        others = list(named)[1:]
        if others:
            more = f", and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            place = named[others[0]] if len(others) == 1 else None
            text = f"the same holds for {', '.join(others[:_NAMED])}{more}"
            same = Reason("group", text, place.path, place.line) if place is not None else Reason("group", text)
            seen[shared] = seen[shared]._replace(because=(*seen[shared].because, same))
    return seen.values()


def _is_plain(reason: Reason, span: Span) -> bool:
    """Whether a reason says which command installs something that the command itself names."""
    return reason.name == INSTALLER and reason.path in ("", span.path)


def _locked(repository: Repository) -> set[str]:
    return {name for name, setting in repository.policy.rules.items() if setting.locked} if repository.policy else set()


def _suppressions(repository: Repository, inputs: set[str], options: CheckOptions) -> dict[str, list[Suppression]]:
    """Those in the files in scope: elsewhere, what they suppress was not looked for."""
    kinds = {item.path: item.kind for item in repository.documents.inputs}
    policy = repository.policy.path if repository.policy else ""
    found: dict[str, list[Suppression]] = {}
    for path, source in repository.sources.loaded.items():
        if "wxlint:" not in source.text or path == policy or not _in_scope(path, inputs, options, repository):
            continue
        kind = kinds.get(path) or _followed_kind(path)
        try:
            found[path] = find_suppressions(source, kind, repository.dockerfiles.get(path))
        except Exception as error:
            repository.failures.record(path, error)
    return found


def _followed_kind(path: str) -> str:
    """The kind of a file that a Dockerfile leads to."""
    if path.endswith((".sh", ".bash")):
        return "shell"
    return "conda" if path.endswith((".yml", ".yaml")) else "requirements"


def _summary(
    repository: Repository, results: Results, findings: list[Finding], rules: dict[str, Rule], options: CheckOptions
) -> Summary:
    about = {(f.span.path, f.span.line, f.span.column) for f in findings if rules[f.rule].about_references}
    given = {item.path for item in repository.documents.given}
    counts = {"good": 0, "bad": 0, "unknown": 0}
    for (span, _), verdict in results.verdicts.items():
        if _in_scope(span.path, given, options, repository):
            counts["bad" if (span.path, span.line, span.column) in about else verdict] += 1
    severities = [f.severity for f in findings]
    inputs = repository.documents.inputs
    files = [
        i for i in inputs if _in_scope(i.path, given, options, repository) and repository.sources.is_readable(i.path)
    ]
    listed = {item.path for item in inputs}
    # a file that is only read as context may be unreadable; one in scope, or that is no input, may not
    unread = [
        problem.text
        for problem in repository.sources.problems
        if options.scope is None or problem.path in options.scope or problem.path not in listed
    ]
    return Summary(
        len(files),
        counts["good"],
        counts["bad"],
        counts["unknown"],
        severities.count(Severity.ERROR),
        severities.count(Severity.WARNING),
        severities.count(Severity.INFO),
        options.notes,
        tuple(unread),
    )
