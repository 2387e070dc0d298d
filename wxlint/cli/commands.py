"""The commands check, baseline, rules and schema. Each returns its exit code."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from wxlint.cli.arguments import LEVELS, names
from wxlint.cli.exit_codes import BUG, FAILED, FOUND, OK
from wxlint.cli.streams import has_colour, has_links, say, write, write_lines

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.images.graph.repository import Repository
    from wxlint.lint.inputs import Gathered
    from wxlint.lint.run import Options
    from wxlint.output import Report


def check(arguments: argparse.Namespace) -> int:
    """Run the rules, and show what they find."""
    from wxlint.lint import run

    cache = open_cache_of(arguments)
    gathered = gathered_of(arguments, arguments.only, cache)
    report = run.check(gathered.repository, options_of(arguments, gathered))
    if arguments.format == "rdjson" or any(given.startswith("rdjson:") for given in arguments.output):
        from wxlint.fixes.propose import with_fixes

        report = report._replace(findings=with_fixes(report.findings, gathered.repository))
    show(report, arguments, gathered)
    cache.save()
    return verdict(report, arguments)


def options_of(arguments: argparse.Namespace, gathered: Gathered) -> Options:
    """What the arguments of a check choose."""
    options = _options(arguments, gathered)._replace(jobs=arguments.jobs)
    if arguments.baseline is not None:
        from wxlint.lint.baseline import load_baseline

        options = options._replace(baseline=load_baseline(arguments.baseline))
    if arguments.since is not None:
        options = _since(arguments.since, gathered.repository, options)
    return options


def _options(arguments: argparse.Namespace, gathered: Gathered) -> Options:
    from wxlint.lint.run import Options

    select = names(arguments.select)
    rules = frozenset(select) if select else None
    return Options(rules, frozenset(names(arguments.ignore)), gathered.scope, gathered.followed, gathered.notes)


def _since(ref: str, repository: Repository, options: Options) -> Options:
    """The options of a check that speaks of a change only."""
    from wxlint.lint.changes import touched_since

    touched = touched_since(repository, ref)
    if touched is None:
        return options._replace(notes=(*options.notes, f"the policy changed since {ref}: everything is shown"))
    note = f"since {ref}: {len(touched.files)} files changed or depend on what changed"
    return options._replace(shows=touched.shows, notes=(*options.notes, note))


def baseline(arguments: argparse.Namespace) -> int:
    """Write the findings of today to a file."""
    from wxlint.core.writing import write_file
    from wxlint.lint import run
    from wxlint.lint.baseline import STALE, baseline_text
    from wxlint.lint.internal_errors import INTERNAL_ERROR

    cache = open_cache_of(arguments)
    gathered = gathered_of(arguments, False, cache)
    report = run.check(gathered.repository, _options(arguments, gathered))
    cache.save()
    say(f"wxlint: error: {problem}" for problem in report.summary.problems)
    if report.summary.problems:
        return FAILED
    policy = gathered.repository.policy
    locked = {name for name, setting in policy.rules.items() if setting.locked} if policy is not None else set()
    left_out = {STALE, INTERNAL_ERROR.id, *locked}
    known = [finding for finding in report.findings if finding.rule not in left_out]
    keep = [*report.sources, *(item.path for item in gathered.repository.documents.inputs)]
    write_file(arguments.output, baseline_text(known, report.sources, arguments.output), keep=keep)
    say([f"wxlint: {len(known)} findings written to {arguments.output}"])
    return BUG if any(finding.rule == INTERNAL_ERROR.id for finding in report.findings) else OK


def open_cache_of(arguments: argparse.Namespace) -> Cache:
    """The cache that the arguments name."""
    from wxlint.core.cache import NO_CACHE, open_cache

    package = os.path.dirname(os.path.dirname(__file__))
    return NO_CACHE if arguments.no_cache else open_cache(arguments.cache_dir, package)


def gathered_of(arguments: argparse.Namespace, only: bool, cache: Cache) -> Gathered:
    """What the arguments name. only: as in gather."""
    from wxlint.lint.inputs import gather, read_stdin

    return gather(
        arguments.paths,
        arguments.policy,
        arguments.no_policy,
        only,
        read_stdin(arguments.paths, arguments.stdin_filename),
        arguments.stdin_filename,
        cache=cache,
    )


def show(report: Report, arguments: argparse.Namespace, gathered: Gathered) -> None:
    """Write the findings to where the arguments say."""
    from wxlint.output import Options, render

    outputs = _outputs(arguments)
    for name, file in outputs:
        options = Options(quiet=arguments.quiet, concise=arguments.concise, statistics=arguments.statistics)
        from wxlint.core.writing import write_file

        policy = gathered.repository.policy
        inputs = [item.path for item in gathered.repository.documents.inputs]
        keep = [*report.sources, *inputs, *([policy.path] if policy else [])]
        write_file(file, render(name or arguments.format, report, options), keep=keep)
    if all(name for name, _ in outputs):
        options = Options(
            has_colour(),
            arguments.quiet,
            concise=arguments.concise,
            statistics=arguments.statistics,
            links=has_links(),
        )
        write(render(arguments.format, report, options))


def _outputs(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """The files to write, each with its format, "" for that of --format. Raises UsageError for two of the latter."""
    from wxlint.output import formats

    found: list[tuple[str, str]] = []
    for given in arguments.output:
        head, colon, tail = given.partition(":")
        named = bool(colon and tail) and head in formats()
        if given != "-":
            found.append((head, tail) if named else ("", given))
    if sum(not name for name, _ in found) > 1:
        from wxlint.core.errors import UsageError

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
