"""What was read: each file once, and which of them could not be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.errors import FileProblem, InputError
from wxlint.documents.source import Source, read


class SourceStore:
    """The texts of one run, by path.

    root: the folder, links followed, outside which no file is read as context. problems: inputs that could not be read.
    """

    def __init__(self, root: str | Path, texts: Mapping[str, Source] | None = None, cache: Cache = NO_CACHE) -> None:
        """texts: those that do not come from the disk. cache: what earlier runs read of such texts."""
        self.cache = cache
        self.root = os.path.realpath(root)
        self.problems: list[FileProblem] = []
        self._sources: dict[str, Source | None] = dict(texts or {})

    def read(self, path: str) -> Source | None:
        """Read a file inside the root as context; None when there is none or it cannot be read."""
        if path not in self._sources:
            self._sources[path] = self._inside_root(path)
        return self._sources[path]

    def require(self, path: str) -> Source | None:
        """Read an input; one that cannot be read is a problem of the run."""
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

    def mentions(self, word: str) -> bool:
        """Tell whether any text that was read holds a word."""
        return any(source is not None and word in source.text for source in self._sources.values())

    def _inside_root(self, path: str) -> Source | None:
        if not os.path.isfile(path):  # most files that are looked for do not exist: following links comes after
            return None
        real = os.path.realpath(path)
        if not (real == self.root or real.startswith(self.root.rstrip("/") + "/")):
            return None
        try:
            return read(Path(path), path)
        except InputError:
            return None
