"""The commands about images before they are built: images, explain, graph. Each returns its exit code."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.cli.commands import families_of, open_cache_of, write_json
from wxlint.cli.exit_codes import BUG, FAILED, OK
from wxlint.cli.streams import say, write, write_lines
from wxlint.core.errors import UsageError
from wxlint.core.paths import is_below
from wxlint.core.values import HOLE

if TYPE_CHECKING:
    from wxlint.images.graph.pictures.picture import BuiltImage
    from wxlint.images.graph.pictures.summary import Belief, OtherBuild
    from wxlint.images.graph.repository import Repository
    from wxlint.lint.inputs import Gathered


def images(arguments: argparse.Namespace) -> int:
    """Show what is known of every image that a Dockerfile can build, or of every build."""
    from wxlint.images.graph.pictures.summary import belief_as_json, beliefs_of

    cache = open_cache_of(arguments)
    families = families_of(arguments, True, cache)
    if arguments.builds:
        from wxlint.images.graph.pictures.picture import builds_of

        built = [each for one in families for each in builds_of(one.repository, _scope(one))]
        _show_builds(built, arguments.format)
    else:
        beliefs = [belief for one in families for belief in beliefs_of(one.repository, _scope(one))]
        if arguments.format == "json":
            write_json([belief_as_json(belief) for belief in beliefs])
        elif sys.stdout is not None and sys.stdout.isatty():
            _show_table([row for belief in beliefs for row in _rows(belief)], ("IMAGE", "VARIANT", "TORCH", "BASE"))
        else:
            _show_beliefs(beliefs)
    cache.save()
    return max(_ending(one.repository) for one in families)


def _scope(family: Gathered) -> frozenset[str] | None:
    """The scope of a family, with the Dockerfiles of other names in its folders, which builds name."""
    if family.scope is None:
        return None
    given = {item.path for item in family.repository.documents.given}
    named = (path for path in family.repository.dockerfiles if path not in given)
    return family.scope.union(path for path in named if any(is_below(path, folder) for folder in family.followed))


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


def _rows(belief: Belief) -> Iterator[tuple[str, ...]]:
    """The row of an image, and below it those of folders with a torch of their own and of builds that differ."""
    yield _name(belief), belief.variant, belief.torch, belief.base or "unknown"
    yield from ((f"  in {each.folder}", "", each.torch, "") for each in belief.folders)
    for each in belief.builds:
        yield f"  by {each.built_by.shown()}", each.variant, each.torch, each.base or "unknown"


def _summed(image: Belief | OtherBuild) -> str:
    return f"{image.variant}, torch {image.torch}, base {image.base or 'unknown'}"


def _show_beliefs(beliefs: list[Belief]) -> None:
    for belief in beliefs:
        write_lines([f"{_name(belief)}: {_summed(belief)}"])
        write_lines(f"    because {reason.shown(belief.path)}" for reason in belief.because)
        for folder in belief.folders:
            write_lines([f"    in {folder.folder}: torch {folder.torch}"])
            write_lines(f"        because {reason.shown(belief.path)}" for reason in folder.because)
        write_lines(f"    built as {_summed(each)}, by {each.built_by.shown()}" for each in belief.builds)


def _show_table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> None:
    """Write rows as columns, the last of them as long as it is."""
    from wxlint.core.escape import escape_part

    table = [head, *(tuple(map(escape_part, row)) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head) - 1)]
    write_lines("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]) for row in table)


def _show_builds(builds: list[BuiltImage], form: str) -> None:
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
                    "builders": [reason.shown() for reason in each.builders],
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
            ", ".join(reason.shown() for reason in each.builders) or "by hand",
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


def _repositories(arguments: argparse.Namespace, path: str = "") -> list[Repository]:
    """The repository of a file as its own family has it; without one, or where paths are given, of every family."""
    from wxlint.lint.families import every_family, shares_of
    from wxlint.lint.inputs import gather

    paths, policies = arguments.paths, arguments.policy or []
    if path and not paths and not arguments.no_policy:
        if len(policies) > 1:
            return [gather([], share.policy).repository for share in shares_of([path], policies)]
        if not policies:
            from wxlint.policy.find import find_policy

            near = find_policy(Path(path))
            return [gather([], str(near) if near is not None else None).repository]
    return [one.repository for one in every_family(paths, policies, no_policy=arguments.no_policy)]


def _explain_line(arguments: argparse.Namespace, path: str, line: int) -> int:
    from wxlint.images.graph.pictures.picture import facts_at

    repositories = _repositories(arguments, path)
    found = list(dict.fromkeys(fact for one in repositories for fact in facts_at(one, path, line)))
    source = next((source for one in repositories if (source := one.sources.read(path)) is not None), None)
    if source is not None:
        lines = len(source.starts) - (not source.line_text(len(source.starts)))
        if not 1 <= line <= lines:
            raise UsageError(f"{path}:{line}: the file has {lines} line{'s' if lines != 1 else ''}")
        write_lines([f"{path}:{line}: {source.line_text(line).strip()}"])
    for fact in found:
        write_lines([f"  {fact.text}"])
        write_lines(f"    because {reason.shown(path)}" for reason in dict.fromkeys(fact.because))
    if not found:
        from wxlint.images.graph.line_meaning import line_meaning

        meant = dict.fromkeys(said for one in repositories for said in line_meaning(one, path, line))
        nothing = ["names no image, gives no build argument and installs nothing that is known"]
        write_lines(f"  {said}" for said in meant or nothing)
    return max(map(_ending, repositories))


def _explain_image(arguments: argparse.Namespace, name: str) -> int:
    from wxlint.core.suggest import did_you_mean
    from wxlint.images.graph.pictures.picture import builds_of, explained

    repositories = _repositories(arguments)
    built = [(one, each, _names_of(one, each)) for one in repositories for each in builds_of(one, None)]
    found = [(one, each) for one, each, names in built if name in names]
    found = found or [(one, each) for one in repositories for each in _members(one, name)]
    if not found:
        known = dict.fromkeys(label for *_, names in built for label in names)
        raise UsageError(f"nothing here builds {name!r}, and it is no rule{did_you_mean(name, known)}")
    for one, each in found:
        write_lines(explained(one, each))
    return max(map(_ending, repositories))


def _members(repository: Repository, name: str) -> list[BuiltImage]:
    """The builds of the image that the policy says a name is of, whose version and other parts it leaves open."""
    from wxlint.core.values import Value
    from wxlint.images.graph.pictures.picture import builds_of
    from wxlint.images.model.reference import parse_reference

    reference = parse_reference(Value(name))
    member = repository.family.member(reference) if reference is not None else None
    if member is None or member.stage is None or member.variant is None:
        return []
    built = [
        (each, repository.graph.images.expectation_of(each.evaluated.build)) for each in builds_of(repository, None)
    ]
    return [each for each, e in built if e is not None and (e.stage, e.variant) == (member.stage, member.variant)]


def _names_of(repository: Repository, built: BuiltImage) -> tuple[str, ...]:
    """What an image is called: its tags, its Dockerfile, and what the policy calls it."""
    expectation = repository.graph.images.expectation_of(built.evaluated.build)
    by_policy = (expectation.image, expectation.reference.replace(HOLE, "*")) if expectation is not None else ()
    return (built.name, built.evaluated.path, *built.tags, *by_policy)


_GRAPHVIZ_SECONDS = 30


def _by_graphviz(text: str) -> str:
    """The picture as graphviz lays it out; "" where it is not installed, or cannot."""
    import shutil
    import subprocess

    program = shutil.which("dot")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=text.encode(), capture_output=True, timeout=_GRAPHVIZ_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    drawn = done.stdout.decode("utf-8", "replace")
    return drawn if "<svg" in drawn else ""


def graph(arguments: argparse.Namespace) -> int:
    """Draw what is built from what, by whom, and who runs it, of all families, with findings where they stand."""
    from wxlint.core.findings import Severity
    from wxlint.core.suggest import did_you_mean
    from wxlint.images.graph.pictures.drawing import draw
    from wxlint.images.graph.pictures.picture import joined, picture_of
    from wxlint.lint.run import CheckOptions, check

    cache = open_cache_of(arguments)
    families = families_of(arguments, True, cache)
    pictures = []
    for gathered in families:
        options = CheckOptions(scope=gathered.scope, followed=gathered.followed, left_out=gathered.families)
        report = check(gathered.repository, options)
        serious = [finding for finding in report.findings if finding.severity > Severity.INFO]
        pictures.append(picture_of(gathered.repository, gathered.scope, serious))
    picture = joined(pictures)
    cache.save()
    if arguments.focus is not None:
        names = [node.name for node in picture.nodes]
        if arguments.focus not in names:
            raise UsageError(f"--focus: there is no image {arguments.focus!r}{did_you_mean(arguments.focus, names)}")
        picture = picture.around(arguments.focus)
    text = _by_graphviz(draw(picture, "dot")) if arguments.format == "svg" else ""
    text = text or draw(picture, arguments.format)
    if arguments.output in (None, "-"):
        write([text])
    else:
        from wxlint.core.writing import write_file

        inputs = [item.path for one in families for item in one.repository.documents.inputs]
        write_file(arguments.output, [text], keep=inputs)
    return max(_ending(one.repository) for one in families)
