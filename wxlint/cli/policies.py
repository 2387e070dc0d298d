"""Which policies a command is about: those given, else those that are nearest to the paths, or lie below them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from wxlint.policy.model import Policy


def policies_of(given: Sequence[str] | None, paths: Sequence[str] = ()) -> list[Policy]:
    """The policies of a command.

    Args:
        given: --policy, which goes before everything.
        paths: each stands for the policy nearest to it, a folder also for those of families below it; none for the
            working folder's policy, or, where it has none, for those below.

    Raises UsageError where there is none, PolicyError and InputError for one that cannot be read.
    """
    from wxlint.lint.inputs import load_given

    if given and paths:
        raise UsageError(f"give --policy {given[0]}, or paths: {' '.join(paths)}")
    return [load_given(path) for path in dict.fromkeys(given or _found(paths))]


def one_policy(policies: Sequence[Policy], why: str) -> Policy:
    """The only one. Raises UsageError with what to write where there are several."""
    if len(policies) == 1:
        return policies[0]
    ways = " or ".join(f"--policy {policy.path}" for policy in policies[:3])
    raise UsageError(f"{why}, and there are {len(policies)} families: choose one with {ways}")


def _found(paths: Sequence[str]) -> list[str]:
    from wxlint.policy.find import find_policy

    found: list[str] = []
    for path in paths or (".",):
        if not os.path.lexists(path):
            raise InputError(f"{path}: no such file or folder")
        start = Path(path) if paths else Path.cwd()
        near = find_policy(start)
        found += [str(near)] if near is not None else []
        if os.path.isdir(path) and (paths or near is None):
            found += [one for one in _below(path) if near is None or not os.path.samefile(one, near)]
    if not found:
        where = ", ".join(paths) if paths else "here"
        raise UsageError(f"no policy found from {where} up or below; give one with --policy")
    return found


def _below(folder: str) -> list[str]:
    """The policies of the families below a folder, and of those that its own policies/ has for folders below it."""
    from wxlint.discovery.find_files import discover
    from wxlint.lint.inputs import POLICY_NAMES
    from wxlint.policy.find import policies_in

    marked = [folder, *discover([Path(folder)], POLICY_NAMES).marked]
    return [str(one.policy) for place in marked for one in policies_in(os.path.abspath(place))]
