"""What was read: each file once, and which of them could not be."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.errors import FileProblem, InputError
from wxlint.core.paths import normal
from wxlint.documents.source import Source, read

if TYPE_CHECKING:
    from wxlint.images.graph.checkout import Checkout

_MOST_MATCHES = 150
"""Files of one pattern: as many as GitLab includes."""


class SourceStore:
    """The texts of one run, by path.

    root: the folder, links followed, outside which no file is read as context. problems: inputs that could not be read.
    """

    def __init__(self, root: str | Path, texts: Mapping[str, Source] | None = None, cache: Cache = NO_CACHE) -> None:
        """texts: those that do not come from the disk. cache: what earlier runs read of such texts."""
        self.cache = cache
        self.root = disk.real(root)
        self.problems: list[FileProblem] = []
        self.unread: dict[str, str] = {}
        """Files that are there and could not be read as context, with the reasons."""
        self.folders: set[str] = set()
        """Folders where a file was looked for."""
        self._names_below: dict[str, frozenset[str]] = {}
        self._sources: dict[str, Source | None] = dict(texts or {})
        self.in_memory = frozenset(self._sources)
        """The paths whose texts do not come from the disk."""

    def read(self, path: str) -> Source | None:
        """Read a file inside the root as context; None when there is none or it cannot be read."""
        path = normal(path) if path.startswith("../") else path
        if path not in self._sources:
            self._sources[path] = self._inside_root(path)
        return self._sources[path]

    def require(self, path: str) -> Source | None:
        """Read an input; one that cannot be read is a problem of the run."""
        path = normal(path) if path.startswith("../") else path
        if path not in self._sources:
            try:
                self._sources[path] = read(Path(path), path)
            except InputError as error:
                self._sources[path] = None
                self.problems.append(FileProblem(path, str(error)))
        return self._sources[path]

    def is_readable(self, path: str) -> bool:
        """Tell whether a file was read, or was not needed."""
        return path not in self._sources or self._sources[path] is not None

    @property
    def loaded(self) -> dict[str, Source]:
        """Everything that was read."""
        return {path: source for path, source in self._sources.items() if source is not None}

    @cached_property
    def checkout(self) -> Checkout:
        """What git says of files that are not there."""
        from wxlint.images.graph.checkout import Checkout

        return Checkout()

    def matching(self, pattern: str) -> list[str]:
        """The paths of a pattern with `*` and `**`, in order; `read` refuses those outside the root."""
        return disk.matching(pattern, _MOST_MATCHES)

    def lies_below(self, folder: str, path: str) -> bool:
        """Tell whether a path lies in a folder, or in any below it. Most are looked for in vain: names come first."""
        if not any(part.startswith(".") for part in path.split("/")):
            if folder not in self._names_below:
                self._names_below[folder] = disk.names_below(folder)
            if posixpath.basename(path) not in self._names_below[folder]:
                return False
        return bool(disk.matching(f"{folder}/**/{path}", 1))

    def mentions(self, word: str) -> bool:
        """Tell whether any text that was read holds a word."""
        return any(source is not None and word in source.text for source in self._sources.values())

    def _inside_root(self, path: str) -> Source | None:
        try:
            mode = disk.mode(path)  # most files that are looked for do not exist: following links comes after
        except OSError as error:
            if isinstance(error, PermissionError):
                self.unread[path] = f"cannot be read: {error.strerror}"
            return None
        except ValueError:
            return None
        if stat.S_ISDIR(mode):
            self.folders.add(path)
            return None
        if not self._is_inside(disk.real(path)):
            if self._is_inside(os.path.abspath(path)):
                self.unread[path] = "a link that leads out of the repository"
            return None
        try:
            return read(Path(path), path)
        except InputError as error:
            self.unread[path] = str(error).removeprefix(f"{path}: ")
            return None

    def holds(self, path: str) -> bool:
        """Whether a path leads to a place inside the root, be it to a file or to nothing."""
        return self._is_inside(disk.real(path))

    def _is_inside(self, real: str) -> bool:
        return real == self.root or real.startswith(self.root.rstrip("/") + "/")
