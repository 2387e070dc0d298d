"""What git says of files that are not there: a build may make those it ignores, another checkout may have others."""

from __future__ import annotations

import os
from collections.abc import Iterable

from wxlint.core import disk
from wxlint.discovery.git_index import Repository, repository

_ANYTHING = "anything"
"""A name that stands for all of a folder, whose files git may ignore: `models/*`."""


class Checkout:
    """Answers by git's files; what they list is read once for each of git's repositories."""

    def __init__(self) -> None:
        self._tracked: dict[Repository | None, frozenset[str] | None] = {None: frozenset()}

    def tracked_around(self, path: str) -> frozenset[str] | None:
        """The files that git tracks around a path; None where it cannot be said."""
        found = _repository_of(path)
        if found not in self._tracked:
            try:
                self._tracked[found] = frozenset(map(os.fsdecode, found.tracked())) if found is not None else None
            except OSError:
                self._tracked[found] = None
        return self._tracked[found]

    def ignores(self, beside: str, paths: Iterable[str]) -> bool:
        """Whether git ignores one of these paths, as files do that are made. beside: a file of the same repository."""
        found = _repository_of(beside)
        try:
            return found is not None and any(found.ignores(disk.real(path)) for path in paths)
        except OSError:
            return True

    def may_bring(self, path: str) -> bool:
        """Whether git ignores a path or all below it, has it without a file here, or has it in a submodule."""
        found = _repository_of(path)
        if found is None:
            return False
        real = disk.real(path)
        below = os.path.relpath(real, found.root)
        tracked = self.tracked_around(path)
        if tracked is None or any(_is_within(below, each) or _is_within(each, below) for each in tracked):
            return True
        try:
            return found.ignores(real) or found.ignores(os.path.join(real, _ANYTHING))
        except OSError:
            return True


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _repository_of(path: str) -> Repository | None:
    return repository(os.path.dirname(disk.real(path)))
