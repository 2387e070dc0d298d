"""The commands about images before they are built: images, explain, graph. Each returns its exit code."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.cli.commands import families_of, open_cache_of, write_json
from wxlint.cli.exit_codes import BUG, FAILED, OK
from wxlint.cli.streams import say, write, write_lines
from wxlint.core.errors import UsageError

if TYPE_CHECKING:
    from wxlint.images.graph.picture import Built
    from wxlint.images.graph.repository import Repository
    from wxlint.images.graph.summary import Belief


def images(arguments: argparse.Namespace) -> int:
    """Show what is known of every image that a Dockerfile can build, or of every build."""
    from wxlint.images.graph.summary import belief_as_json, beliefs_of

    cache = open_cache_of(arguments)
    families = families_of(arguments, True, cache)
    if arguments.builds:
        from wxlint.images.graph.picture import builds_of

        built = [each for one in families for each in builds_of(one.repository, one.scope)]
        _show_builds(built, arguments.format)
    else:
        beliefs = [belief for one in families for belief in beliefs_of(one.repository, one.scope)]
        if arguments.format == "json":
            write_json([belief_as_json(belief) for belief in beliefs])
        elif sys.stdout is not None and sys.stdout.isatty():
            _show_table([_row(belief) for belief in beliefs], ("IMAGE", "VARIANT", "TORCH", "BASE"))
        else:
            _show_beliefs(beliefs)
    cache.save()
    return max(_ending(one.repository) for one in families)


def _ending(repository: Repository) -> int:
    """The exit code of what was read, with a word on what could not be."""
    problems = repository.sources.problems
    say(f"wxlint: error: {problem.text}" for problem in problems)
    if problems:
        return FAILED
    failures = list(repository.failures)
    say(f"wxlint: {failure.path}: this file broke wxlint; please report it: {failure.what}" for failure in failures)
    return BUG if failures else OK


def _name(belief: Belief) -> str:
    return f"{belief.path}{f' [{belief.target}]' if belief.target else ''}"


def _row(belief: Belief) -> tuple[str, ...]:
    return _name(belief), belief.variant, belief.torch, belief.base or "unknown"


def _show_beliefs(beliefs: list[Belief]) -> None:
    for belief in beliefs:
        write_lines([f"{_name(belief)}: {belief.variant}, torch {belief.torch}, base {belief.base or 'unknown'}"])
        write_lines(f"    because {reason.shown(belief.path)}" for reason in belief.because)


def _show_table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> None:
    """Write rows as columns, the last of them as long as it is."""
    from wxlint.core.escape import escape_part

    table = [head, *(tuple(map(escape_part, row)) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head) - 1)]
    write_lines("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]) for row in table)


def _show_builds(builds: list[Built], form: str) -> None:
    """Write one line for each build."""
    if form == "json":
        write_json(
            [
                {
                    "image": each.name,
                    "path": each.evaluated.path,
                    "target": each.belief.target,
                    "variant": each.belief.variant,
                    "torch": each.belief.torch,
                    "base": each.belief.base,
                    "platform": each.evaluated.build.platform,
                    "tags": list(each.tags),
                    "args": {name: value.shown() for name, value in each.evaluated.build.args},
                    "built_by": [reason.shown() for reason in each.built_by],
                }
                for each in builds
            ]
        )
        return
    rows = [
        (
            each.name,
            each.belief.variant,
            each.belief.torch,
            each.belief.base or "unknown",
            each.built_by[0].shown() if each.built_by else "by hand",
        )
        for each in builds
    ]
    _show_table(rows, ("IMAGE", "VARIANT", "TORCH", "BASE", "BUILT BY"))


def explain(arguments: argparse.Namespace) -> int:
    """Show the documentation of a rule, how what stands on a line was resolved, or why an image is what it is."""
    from wxlint.policy.rule_names import rule_names

    asked = arguments.rule
    place = re.fullmatch(r"(.+):(\d{1,9})(?::\d+)?", asked)
    if place is not None and os.path.isfile(place[1]):
        return _explain_line(arguments, os.path.normpath(place[1]), int(place[2]))
    if asked not in rule_names() and re.search(r"[/:.\[]", asked):
        return _explain_image(arguments, asked)
    return _explain_rule(asked)


def _explain_rule(name: str) -> int:
    from wxlint.lint.internal_errors import INTERNAL_ERROR
    from wxlint.lint.run import require_rules
    from wxlint.rules import load_rules

    rules = {**load_rules(), INTERNAL_ERROR.id: INTERNAL_ERROR}
    require_rules([name], rules)
    rule = rules[name]
    write([f"{rule.id} ({rule.severity.label})\n\n{rule.docs}"])
    return OK


def _repository(arguments: argparse.Namespace, path: str = "") -> Repository:
    """The repository of a file: that of the family it is of, where no paths are given."""
    from wxlint.lint.inputs import gather

    paths = arguments.paths
    if path and not paths and arguments.policy is None and not arguments.no_policy:
        from wxlint.policy.find import find_policy

        near = find_policy(Path(path))
        return gather([], str(near) if near is not None else None).repository
    return gather(paths, arguments.policy, arguments.no_policy).repository


def _explain_line(arguments: argparse.Namespace, path: str, line: int) -> int:
    from wxlint.images.graph.picture import facts_at

    repository = _repository(arguments, path)
    found = list(facts_at(repository, path, line))
    source = repository.sources.read(path)
    if source is not None:
        write_lines([f"{path}:{line}: {source.line_text(line).strip()}"])
    for fact in found:
        write_lines([f"  {fact.text}"])
        write_lines(f"    because {reason.shown(path)}" for reason in dict.fromkeys(fact.because))
    if not found:
        write_lines(["  names no image, gives no build argument and installs nothing that is known"])
    return _ending(repository)


def _explain_image(arguments: argparse.Namespace, name: str) -> int:
    from wxlint.core.suggest import did_you_mean
    from wxlint.images.graph.picture import builds_of, explained

    repository = _repository(arguments)
    built = list(builds_of(repository, None))
    found = [each for each in built if name in (each.name, each.evaluated.path, *each.tags)]
    if not found:
        known = dict.fromkeys(label for each in built for label in (each.name, each.evaluated.path, *each.tags))
        raise UsageError(f"nothing here builds {name!r}, and it is no rule{did_you_mean(name, known)}")
    for each in found:
        write_lines(explained(each))
    return _ending(repository)


def graph(arguments: argparse.Namespace) -> int:
    """Draw what is built from what, by whom, and who runs it, with findings where they stand."""
    from wxlint.core.findings import Severity
    from wxlint.core.suggest import did_you_mean
    from wxlint.images.graph.drawing import draw
    from wxlint.images.graph.picture import picture_of
    from wxlint.lint.run import Options, check

    cache = open_cache_of(arguments)
    gathered, *others = families_of(arguments, True, cache)
    if others:
        say(f"wxlint: not drawn: {folder}, which has a policy of its own" for folder in gathered.families)
    options = Options(scope=gathered.scope, followed=gathered.followed, left_out=gathered.families)
    report = check(gathered.repository, options)
    serious = [finding for finding in report.findings if finding.severity > Severity.INFO]
    picture = picture_of(gathered.repository, gathered.scope, serious)
    cache.save()
    if arguments.focus is not None:
        names = [node.name for node in picture.nodes]
        if arguments.focus not in names:
            raise UsageError(f"--focus: there is no image {arguments.focus!r}{did_you_mean(arguments.focus, names)}")
        picture = picture.around(arguments.focus)
    text = draw(picture, arguments.format)
    if arguments.output in (None, "-"):
        write([text])
    else:
        from wxlint.core.writing import write_file

        write_file(arguments.output, [text], keep=[item.path for item in gathered.repository.documents.inputs])
    return _ending(gathered.repository)
