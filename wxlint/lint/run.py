"""One run of the linter: rules over a repository, then severities, suppressions, counts, order."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint.core.errors import UsageError
from wxlint.core.findings import Finding, Severity
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.repository import Repository
from wxlint.lint.parallel import Looked, look
from wxlint.lint.suppressions import Suppression, apply, find_suppressions
from wxlint.output import Report, Summary
from wxlint.rules import Problem, Rule, load_rules

UNUSED = "unused-suppression"


_NAMED = 3
"""How many more images one finding names."""


class Options(NamedTuple):
    """select, ignore: rule names; select None means all. scope: paths whose findings are shown, None for every input.

    followed: folders in which files that inputs lead to (requirements, pyproject) are shown as well. notes: for the summary.
    jobs: see shares.look.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    scope: frozenset[str] | None = None
    followed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    jobs: int = 0


def check(repository: Repository, options: Options) -> Report:
    """Run the rules. Raises UsageError for a rule name that does not exist."""
    rules = load_rules()
    known_names((*(options.select or ()), *options.ignore), rules)
    chosen = [
        r
        for name, r in rules.items()
        if (options.select is None or name in options.select) and name not in options.ignore
    ]
    looked = look(repository, chosen, options.jobs)
    found: dict[Finding, None] = {}
    for rule in chosen:
        found.update(dict.fromkeys(_findings(rule, looked.problems[rule.id], repository)))
    inputs = {item.path for item in repository.given}
    in_scope = [f for f in found if _shown(f.span.path, inputs, options)]
    outcome = apply(
        in_scope, _suppressions(repository, inputs, options), rules, {r.id for r in chosen}, _locked(repository)
    )
    findings = [f for f in outcome.findings if f.severity > 0]
    if any(r.id == UNUSED for r in chosen):
        for suppression, message in outcome.unused:
            path = suppression.span.path
            if message.startswith("nothing here breaks") and any(
                _severity(repository, rules[name], path, Severity.ERROR) is None
                for name in suppression.rules
                if name in rules
            ):
                continue  # the rule is off here: nobody looked
            level = (
                Severity.ERROR
                if "there is no rule" in message or suppression.problem or "locked" in message
                else Severity.WARNING
            )
            severity = _severity(repository, rules[UNUSED], suppression.span.path, level)
            if severity is not None:
                findings.append(Finding(UNUSED, severity, suppression.span, message, rules[UNUSED].hint))
    findings.sort(key=lambda f: (f.span, f.rule, f.message))
    return Report(tuple(findings), _summary(repository, looked, findings, rules, options), repository.sources, rules)


def _shown(path: str, inputs: set[str], options: Options) -> bool:
    if options.scope is None or path in options.scope:
        return True
    return path not in inputs and any(folder == "." or path.startswith(f"{folder}/") for folder in options.followed)


def known_names(names: Iterable[str], rules: dict[str, Rule]) -> None:
    for name in names:
        if name not in rules:
            import difflib

            near = difflib.get_close_matches(name, rules, 1)
            raise UsageError(
                f"there is no rule {name!r}{f'; did you mean {near[0]!r}?' if near else ''} (`wxlint rules` lists them)"
            )


def _findings(rule: Rule, problems: Iterable[Problem], repository: Repository) -> Iterable[Finding]:
    """A rule's problems as findings; the shortest chain of reasons stands for problems that are otherwise equal."""
    seen: dict[tuple[object, str], Finding] = {}
    images: dict[tuple[object, str], dict[str, None]] = {}
    for problem in problems:
        severity = _severity(repository, rule, problem.span.path, problem.severity or rule.severity)
        if severity is None:
            continue
        because = tuple(dict.fromkeys(problem.because))
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
        named[problem.image] = None
    for shared, named in images.items():
        others = list(named)[1:]
        if others:
            more = f", and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            text = f"the same holds for {', '.join(others[:_NAMED])}{more}"
            told = Reason("group", text)
            seen[shared] = seen[shared]._replace(because=(*seen[shared].because, told))
    return seen.values()


def _severity(repository: Repository, rule: Rule, path: str, own: Severity) -> Severity | None:
    """The severity the policy gives a rule in a file; None when it is off there."""
    level = repository.policy.level(rule.id, repository.below_root(path)) if repository.policy else None
    if level is None:
        return own
    return None if level == "off" else Severity[level.upper()]


def _locked(repository: Repository) -> set[str]:
    return {name for name, setting in repository.policy.rules.items() if setting.locked} if repository.policy else set()


def _suppressions(repository: Repository, inputs: set[str], options: Options) -> dict[str, list[Suppression]]:
    """Those in the files that are spoken of: elsewhere, what they suppress was not looked for."""
    kinds = {item.path: item.kind for item in repository.inputs}
    found: dict[str, list[Suppression]] = {}
    for path, source in repository.sources.items():
        if not _shown(path, inputs, options):
            continue
        if "wxlint:" in source.text and path != (repository.policy.path if repository.policy else ""):
            found[path] = find_suppressions(
                source, kinds.get(path) or _followed_kind(path), repository.dockerfiles.get(path)
            )
    return found


def _followed_kind(path: str) -> str:
    """The kind of a file that a Dockerfile leads to."""
    if path.endswith((".sh", ".bash")):
        return "shell"
    return "conda" if path.endswith((".yml", ".yaml")) else "requirements"


def _summary(
    repository: Repository, looked: Looked, findings: list[Finding], rules: dict[str, Rule], options: Options
) -> Summary:
    about = {(f.span.path, f.span.line, f.span.column) for f in findings if rules[f.rule].about_references}
    counts = {"good": 0, "bad": 0, "unknown": 0}
    for (span, _), verdict in looked.verdicts.items():
        if options.scope is None or span.path in options.scope:
            counts["bad" if (span.path, span.line, span.column) in about else verdict] += 1
    severities = [f.severity for f in findings]
    given = {item.path for item in repository.given}
    files = [i for i in repository.inputs if _shown(i.path, given, options) and repository.is_readable(i.path)]
    return Summary(
        len(files),
        counts["good"],
        counts["bad"],
        counts["unknown"],
        severities.count(Severity.ERROR),
        severities.count(Severity.WARNING),
        severities.count(Severity.INFO),
        options.notes,
        tuple(p for p in repository.problems if _asked(p.partition(": ")[0], repository, options)),
    )


def _asked(path: str, repository: Repository, options: Options) -> bool:
    """Whether a file that cannot be read matters: not when it is only read as context."""
    return options.scope is None or path in options.scope or all(item.path != path for item in repository.inputs)
