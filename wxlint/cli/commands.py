"""The commands that read the source: check, images, rules, explain, schema. Each returns its exit code."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from wxlint.cli.arguments import LEVELS, names
from wxlint.cli.exit_codes import BUG, FAILED, FOUND, OK
from wxlint.cli.streams import has_colour, say, write, write_lines

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.lint.inputs import Gathered
    from wxlint.output import Report


def check(arguments: argparse.Namespace) -> int:
    """Run the rules, and show what they find."""
    from wxlint.lint import run

    cache = _cache(arguments)
    gathered = _gathered(arguments, arguments.only, cache)
    select = names(arguments.select)
    options = run.Options(
        frozenset(select) if select else None,
        frozenset(names(arguments.ignore)),
        gathered.scope,
        gathered.followed,
        gathered.notes,
        arguments.jobs,
    )
    report = run.check(gathered.repository, options)
    _show(report, arguments, gathered)
    cache.save()
    return _verdict(report, arguments)


def _cache(arguments: argparse.Namespace) -> Cache:
    from wxlint.core.cache import NO_CACHE, open_cache

    package = os.path.dirname(os.path.dirname(__file__))
    return NO_CACHE if arguments.no_cache else open_cache(arguments.cache_dir, package)


def _gathered(arguments: argparse.Namespace, only: bool, cache: Cache) -> Gathered:
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


def _show(report: Report, arguments: argparse.Namespace, gathered: Gathered) -> None:
    from wxlint.output import Options, render

    to_file = arguments.output not in (None, "-")
    pieces = render(arguments.format, report, Options(has_colour() and not to_file, arguments.quiet))
    if to_file:
        from wxlint.core.writing import write_file

        policy = gathered.repository.policy
        inputs = [item.path for item in gathered.repository.documents.inputs]
        keep = [*report.sources, *inputs, *([policy.path] if policy else [])]
        write_file(arguments.output, pieces, keep=keep)
    else:
        write(pieces)


def _verdict(report: Report, arguments: argparse.Namespace) -> int:
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


def images(arguments: argparse.Namespace) -> int:
    """Show what is known of every image that a Dockerfile can build."""
    from wxlint.images.graph.summary import belief_as_json, beliefs_of

    cache = _cache(arguments)
    gathered = _gathered(arguments, True, cache)
    beliefs = beliefs_of(gathered.repository, gathered.scope)
    cache.save()
    if arguments.format == "json":
        _write_json([belief_as_json(belief) for belief in beliefs])
    else:
        for belief in beliefs:
            name = f"{belief.path}{f' [{belief.target}]' if belief.target else ''}"
            write_lines([f"{name}: {belief.variant}, torch {belief.torch}, base {belief.base or 'unknown'}"])
            write_lines(f"    because {reason.shown(belief.path)}" for reason in belief.because)
    problems = gathered.repository.sources.problems
    say(f"wxlint: error: {problem.text}" for problem in problems)
    if problems:
        return FAILED
    failures = list(gathered.repository.failures)
    say(f"wxlint: {failure.path}: this file broke wxlint; please report it: {failure.what}" for failure in failures)
    return BUG if failures else OK


def rules(arguments: argparse.Namespace) -> int:
    """List the rules."""
    from wxlint.rules import load_rules

    rules = load_rules().values()
    if arguments.format == "json":
        _write_json(
            [{"id": r.id, "severity": r.severity.label, "summary": r.summary, "hint": r.hint} for r in rules],
        )
    else:
        width = max(len(rule.id) for rule in rules)
        write_lines(f"{rule.id:{width}}  {rule.severity.label:7}  {rule.summary}" for rule in rules)
    return OK


def explain(arguments: argparse.Namespace) -> int:
    """Show the documentation of a rule."""
    from wxlint.lint.internal_errors import INTERNAL_ERROR
    from wxlint.lint.run import require_rules
    from wxlint.rules import load_rules

    rules = {**load_rules(), INTERNAL_ERROR.id: INTERNAL_ERROR}
    require_rules([arguments.rule], rules)
    rule = rules[arguments.rule]
    write([f"{rule.id} ({rule.severity.label})\n\n{rule.docs}"])
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


def _write_json(value: object) -> None:
    import json

    from wxlint.core.escape import escape_json

    write([escape_json(json.dumps(value, indent=2)) + "\n"])
