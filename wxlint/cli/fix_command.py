"""`check --fix` and `check --diff`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wxlint.cli.commands import open_cache_of, options_of, show, verdict
from wxlint.cli.exit_codes import FOUND, OK
from wxlint.cli.streams import progress_line, say, write
from wxlint.core.errors import UsageError
from wxlint.core.paths import is_below
from wxlint.core.tuples import NamedTuple
from wxlint.fixes.run import Disk
from wxlint.fixes.trial import Checked, Trial, TrialOutcome
from wxlint.lint import run
from wxlint.lint.families import Share, gather_share
from wxlint.lint.inputs import Gathered, gather
from wxlint.output import count

if TYPE_CHECKING:
    from wxlint.documents.source import Source


def fix(arguments: argparse.Namespace) -> int:
    """Make the fixes that do no harm, or show them as a patch; family by family."""
    _require_sense(arguments)
    shares = _shares(arguments)
    code = OK
    while shares:
        found = _fix(arguments, shares.pop(0))
        shares += [(folder,) for folder in found.families]
        code = max(code, found.code)
    return code


def _shares(arguments: argparse.Namespace) -> list[Share | tuple[str, ...]]:
    """What each family has of the paths: by the policies given, else by those that are found."""
    if arguments.policy and len(arguments.policy) > 1:
        from wxlint.lint.families import shares_of

        return list(shares_of(arguments.paths, arguments.policy))
    if len(arguments.paths) > 1 and not arguments.policy and not arguments.no_policy:
        from wxlint.lint.families import groups

        return [tuple(group) for group in groups(arguments.paths)]
    return [tuple(arguments.paths)]


class _Fixed(NamedTuple):
    """code: the exit code. families: folders that have a policy of their own, which is another's to keep."""

    code: int
    families: tuple[str, ...]


def _fix(arguments: argparse.Namespace, share: Share | tuple[str, ...]) -> _Fixed:
    """One family's files."""
    cache = open_cache_of(arguments)
    last: list[Gathered] = []
    line = progress_line()

    def read(texts: Mapping[str, Source]) -> Gathered:
        if isinstance(share, Share):
            return gather_share(share, arguments.only, cache, texts)
        policy = arguments.policy[0] if arguments.policy else None
        return gather(share, policy, arguments.no_policy, arguments.only, cache=cache, texts=texts)

    def check(texts: Mapping[str, Source]) -> Checked:
        gathered = read(texts)
        last[:] = [gathered]
        if line is not None:
            line.of_dockerfiles(gathered.repository)
        return Checked(gathered.repository, run.check(gathered.repository, options_of(arguments, gathered)))

    disk = Disk(_root(arguments), writes=arguments.fix)
    trial = Trial(check, disk.read, unsafe=arguments.unsafe_fixes, may_change=lambda path: _given(last[0], path))
    try:
        outcome = trial.run()
    finally:
        if line is not None:
            line.end()
    cache.save()
    families = () if isinstance(share, Share) else last[0].families
    if arguments.diff:
        write(disk.patch(outcome.files))
        _say(outcome, "would fix")
        return _Fixed(FOUND if outcome.files else OK, families)
    disk.write(outcome.files)
    show(outcome.after.report, arguments, last)
    _say(outcome, "fixed")
    return _Fixed(verdict(outcome.after.report, arguments), families)


def _require_sense(arguments: argparse.Namespace) -> None:
    if arguments.unsafe_fixes and not (arguments.fix or arguments.diff):
        raise UsageError("--unsafe-fixes goes with --fix or --diff")
    if arguments.fix and arguments.diff:
        raise UsageError("--fix writes, --diff does not: give one of them")
    if "-" in arguments.paths:
        raise UsageError("--fix and --diff change files; standard input is none")


def _root(arguments: argparse.Namespace) -> str:
    """The folder outside which nothing is changed."""
    from pathlib import Path

    from wxlint.lint.inputs import repository_root

    start = Path(arguments.paths[0]) if arguments.paths else Path.cwd()
    return str(repository_root(start))


def _given(gathered: Gathered, path: str) -> bool:
    scope = gathered.scope
    if scope is None or path in scope:
        return True
    return any(is_below(path, folder) for folder in gathered.followed)


def _say(outcome: TrialOutcome, done: str) -> None:
    for finding in outcome.made:
        assert finding.fix is not None
        say([f"{done} {finding.span.path}:{finding.span.line}: {finding.rule}: {finding.fix.text}"])
    for finding, why in outcome.refused:
        text = f"{finding.fix.text}: " if finding.fix is not None else ""
        say([f"not fixed {finding.span.path}:{finding.span.line}: {finding.rule}: {text}{why}"])
    found, files = count(len(outcome.made), "finding"), count(len(outcome.files), "file")
    more = f"; {count(outcome.unsafe, 'more finding')} may be fixed with --unsafe-fixes" if outcome.unsafe else ""
    say([f"{done} {found} in {files}{more}"])
