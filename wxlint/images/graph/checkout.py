"""What git says of files that are not there: a build may make those it ignores, another checkout may have others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from wxlint.core import disk
from wxlint.discovery.git_index import GitRepository, repository

_ANYTHING = "anything"
"""A name that stands for all of a folder, whose files git may ignore: `models/*`."""


class Checkout:
    """Answers by git's files; what they list is read once for each of git's repositories."""

    def __init__(self) -> None:
        self._tracked: dict[GitRepository | None, frozenset[str] | None] = {None: frozenset()}
        self._folders: dict[GitRepository, frozenset[str]] = {}
        self._repositories: dict[str, GitRepository | None] = {}

    def tracked_around(self, path: str) -> frozenset[str] | None:
        """The files that git tracks around a path; None where it cannot be said."""
        return self._tracked_in(self._repository_around(path))

    def _tracked_in(self, found: GitRepository | None) -> frozenset[str] | None:
        if found not in self._tracked:
            try:
                self._tracked[found] = frozenset(map(os.fsdecode, found.tracked())) if found is not None else None
            except OSError:
                self._tracked[found] = None
        return self._tracked[found]

    def _repository_around(self, path: str) -> GitRepository | None:
        """The repository of git that the folder of a path lies in."""
        folder = os.path.dirname(path)
        if folder not in self._repositories:
            self._repositories[folder] = repository(disk.real(folder))
        return self._repositories[folder]

    def ignores(self, beside: str, paths: Iterable[str]) -> bool:
        """Whether git ignores one of these paths, as files do that are made. beside: a file of the same repository."""
        found = self._repository_around(beside)
        try:
            return found is not None and any(found.ignores(disk.real(path)) for path in paths)
        except OSError:
            return True

    def may_bring(self, path: str) -> bool:
        """Whether git ignores a path that is not there or all below it, has it without a file here, or has it in a
        submodule."""
        found = self._repository_around(path)
        if found is None:
            return False
        real = disk.real(path)
        below = os.path.relpath(real, found.root)
        tracked = self._tracked_in(found)
        if tracked is None or below in self._folders_of(found, tracked):
            return True
        if below in tracked or any(folder in tracked for folder in _above(below)):
            return True
        try:
            return found.ignores(real) or found.ignores(os.path.join(real, _ANYTHING))
        except OSError:
            return True

    def _folders_of(self, found: GitRepository, tracked: frozenset[str]) -> frozenset[str]:
        """The folders of what git tracks in a repository."""
        if found not in self._folders:
            self._folders[found] = frozenset(folder for path in tracked for folder in _above(path))
        return self._folders[found]


def _above(path: str) -> Iterator[str]:
    """The folders that a path below a repository lies in."""
    while path := os.path.dirname(path):
        yield path
