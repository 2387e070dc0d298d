"""The commands check, baseline, rules and schema. Each returns its exit code."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from wxlint.cli.arguments import LEVELS, names
from wxlint.cli.exit_codes import BUG, FAILED, FOUND, OK
from wxlint.cli.streams import has_colour, has_links, progress_line, say, write, write_lines
from wxlint.core.errors import UsageError

if TYPE_CHECKING:
    from wxlint.cli.remembered import Write
    from wxlint.core.cache import Cache
    from wxlint.core.findings import Finding
    from wxlint.images.graph.repository import Repository
    from wxlint.lint.inputs import Gathered
    from wxlint.lint.run import CheckOptions
    from wxlint.output import Report


def check(arguments: argparse.Namespace) -> int:
    """Run the rules, and show what they find; what an earlier run showed where nothing differs that it looked at."""
    from wxlint.cli.remembered import remembered

    cache = open_cache_of(arguments)
    return remembered(arguments, cache, lambda write: _check(arguments, cache, write))


def _check(arguments: argparse.Namespace, cache: Cache, write: Write) -> int:
    families = families_of(arguments, arguments.only, cache)
    line = progress_line()
    try:
        for gathered in families:
            if line is not None:
                line.of_dockerfiles(gathered.repository)
        reports = [_checked(arguments, gathered) for gathered in families]
    finally:
        if line is not None:
            line.end()
    if len(reports) > 1:
        from wxlint.lint.families import together

        reports = [together(reports)]
    report = reports[0]
    show(report, arguments, families, write)
    cache.save()
    return verdict(report, arguments)


def _checked(arguments: argparse.Namespace, gathered: Gathered) -> Report:
    """One family's report."""
    from wxlint.lint import run

    report = run.check(gathered.repository, options_of(arguments, gathered))
    if arguments.format == "rdjson" or any(given.startswith("rdjson:") for given in arguments.output):
        from wxlint.fixes.propose import with_fixes

        return report._replace(findings=with_fixes(report.findings, gathered.repository))
    return report


def options_of(arguments: argparse.Namespace, gathered: Gathered) -> CheckOptions:
    """What the arguments of a check choose."""
    options = _options(arguments, gathered)._replace(jobs=arguments.jobs)
    if arguments.baseline is not None:
        from wxlint.lint.baseline import load_baseline

        options = options._replace(baseline=load_baseline(arguments.baseline))
    if arguments.since is not None:
        options = _since(arguments.since, gathered.repository, options)
    return options


def _options(arguments: argparse.Namespace, gathered: Gathered) -> CheckOptions:
    from wxlint.lint.run import CheckOptions

    select = names(arguments.select)
    rules = frozenset(select) if select else None
    options = CheckOptions(rules, frozenset(names(arguments.ignore)), gathered.scope, gathered.followed, gathered.notes)
    return options._replace(left_out=gathered.families)


def _since(ref: str, repository: Repository, options: CheckOptions) -> CheckOptions:
    """The options of a check that speaks of a change only."""
    from wxlint.lint.changes import touched_since
    from wxlint.output import count

    touched = touched_since(repository, ref)
    if touched is None:
        return options._replace(notes=(*options.notes, f"the policy changed since {ref}: everything is shown"))
    number = len(touched.files)
    note = f"since {ref}: {count(number, 'file')} changed or {'depends' if number == 1 else 'depend'} on what changed"
    return options._replace(shows=touched.shows, notes=(*options.notes, note))


def baseline(arguments: argparse.Namespace) -> int:
    """Write the findings of today to a file."""
    from wxlint.core.writing import write_file
    from wxlint.lint import run
    from wxlint.lint.baseline import baseline_text
    from wxlint.lint.internal_errors import INTERNAL_ERROR

    cache = open_cache_of(arguments)
    families = families_of(arguments, False, cache)
    reports = [run.check(gathered.repository, _options(arguments, gathered)) for gathered in families]
    cache.save()
    problems = [problem for report in reports for problem in report.summary.problems]
    say(f"wxlint: error: {problem}" for problem in problems)
    if problems:
        return FAILED
    known: list[Finding] = []
    for gathered, report in zip(families, reports):
        policy = gathered.repository.policy
        locked = {name for name, setting in policy.rules.items() if setting.locked} if policy is not None else set()
        known += [finding for finding in report.findings if finding.rule not in {INTERNAL_ERROR.id, *locked}]
    sources = {path: source for report in reports for path, source in report.sources.items()}
    keep = [*sources, *(item.path for gathered in families for item in gathered.repository.documents.inputs)]
    write_file(arguments.output, baseline_text(known, sources, arguments.output), keep=keep)
    say([f"wxlint: {len(known)} findings written to {arguments.output}"])
    return BUG if any(f.rule == INTERNAL_ERROR.id for report in reports for f in report.findings) else OK


def open_cache_of(arguments: argparse.Namespace) -> Cache:
    """The cache that the arguments name."""
    from wxlint.core.cache import NO_CACHE, open_cache

    package = os.path.dirname(os.path.dirname(__file__))
    return NO_CACHE if arguments.no_cache else open_cache(arguments.cache_dir, package)


def families_of(arguments: argparse.Namespace, only: bool, cache: Cache) -> list[Gathered]:
    """What the arguments name, family by family. only: as in gather."""
    from wxlint.lint.inputs import gather

    paths, stdin = arguments.paths, None
    if "-" in paths or arguments.stdin_filename:
        from wxlint.lint.standard_input import read_stdin

        stdin = read_stdin(paths, arguments.stdin_filename)
    policies = arguments.policy or []
    if stdin is None and (len(paths) > 1 or len(policies) > 1):
        from wxlint.lint.families import every_family

        return every_family(paths, policies, no_policy=arguments.no_policy, only=only, cache=cache)
    if len(policies) > 1:
        raise UsageError(f"standard input is one file: give one --policy, not {' and '.join(policies)}")
    policy = policies[0] if policies else None
    first = gather(paths, policy, arguments.no_policy, only, stdin, arguments.stdin_filename, cache=cache)
    if not first.families:
        return [first]
    from wxlint.lint.families import below

    return [first, *below(first, only, cache)]


def show(report: Report, arguments: argparse.Namespace, families: list[Gathered], to: Write = write) -> None:
    """Write the findings to where the arguments say. to: writes to standard output."""
    from wxlint.output import Options, render

    outputs = _outputs(arguments)
    for name, file in outputs:
        options = Options(quiet=arguments.quiet, concise=arguments.concise, statistics=arguments.statistics)
        from wxlint.core.writing import write_file

        repositories = [gathered.repository for gathered in families]
        inputs = [item.path for repository in repositories for item in repository.documents.inputs]
        policies = [repository.policy.path for repository in repositories if repository.policy]
        keep = [*report.sources, *inputs, *policies]
        write_file(file, render(name or arguments.format, report, options), keep=keep)
    if all(name for name, _ in outputs):
        options = Options(
            has_colour(),
            arguments.quiet,
            concise=arguments.concise,
            statistics=arguments.statistics,
            links=has_links(),
        )
        to(render(arguments.format, report, options))


def _outputs(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """The files to write, each with its format, "" for that of --format.

    Raises UsageError for two of the latter, and for a word in front of a colon that is no format: a path with a colon
    begins with a folder (./a:b) or a drive (C:).
    """
    from wxlint.output import formats

    found: list[tuple[str, str]] = []
    for given in arguments.output:
        head, colon, tail = given.partition(":")
        named = bool(colon) and len(head) > 1 and "/" not in head and "\\" not in head
        if named and head not in formats():
            known = ", ".join(formats())
            raise UsageError(f"--output: unknown format {head!r}; known are {known}; for a file: ./{given}")
        if named and not tail:
            raise UsageError(f"--output: {given} names no file; write {given}FILE")
        if given != "-":
            found.append((head, tail) if named else ("", given))
    if sum(not name for name, _ in found) > 1:
        raise UsageError("--output: only one file can be without a format; write FORMAT:FILE for the others")
    return found


def verdict(report: Report, arguments: argparse.Namespace) -> int:
    """The exit code of a check, with a word on what the findings do not say."""
    from wxlint.lint.internal_errors import INTERNAL_ERROR

    if report.summary.problems:
        if arguments.format != "text" or arguments.output:
            say(f"wxlint: error: {problem}" for problem in report.summary.problems)
        return FAILED
    if INTERNAL_ERROR.id in {finding.rule for finding in report.findings}:
        return BUG
    unknown, most = report.summary.unknown, arguments.max_unknown
    if most is not None and unknown > most:
        say([f"wxlint: {unknown} references are neither proven good nor bad; --max-unknown allows {most}"])
        return FOUND
    return FOUND if any(f.severity >= LEVELS[arguments.fail_on] for f in report.findings) else OK


def rules(arguments: argparse.Namespace) -> int:
    """List the rules."""
    from wxlint.rules import load_rules

    rules = load_rules().values()
    if arguments.format == "json":
        write_json(
            [{"id": r.id, "severity": r.severity.label, "summary": r.summary, "hint": r.hint} for r in rules],
        )
    else:
        width = max(len(rule.id) for rule in rules)
        write_lines(f"{rule.id:{width}}  {rule.severity.label:7}  {rule.summary}" for rule in rules)
    return OK


def schema(arguments: argparse.Namespace) -> int:
    """Show the JSON Schema of policies, or of the reports of tests."""
    from wxlint.policy.schema import schema_text

    if arguments.what == "report":
        path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "conformance", "plugin", "report.schema.json")
        with open(path, encoding="utf-8") as file:
            write([file.read()])
    else:
        write([schema_text()])
    return OK


def write_json(value: object) -> None:
    """Write plain data to standard output."""
    import json

    from wxlint.core.escape import escape_json

    write([escape_json(json.dumps(value, indent=2)) + "\n"])
