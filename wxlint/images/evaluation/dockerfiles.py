"""The Dockerfiles of a run by path, each split when it is first looked at: a run in parts splits only its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.documents.dockerfile.reader import Dockerfile, read_dockerfile
from wxlint.documents.source import Source


class Dockerfiles(Mapping[str, Dockerfile]):
    """sources: their texts, by path."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self.sources = sources
        self._read: dict[str, Dockerfile] = {}

    def __getitem__(self, path: str) -> Dockerfile:
        """Raises KeyError for a path that is none of them."""
        found = self._read.get(path)
        if found is None:
            found = self._read[path] = read_dockerfile(self.sources[path])
        return found

    def __contains__(self, path: object) -> bool:
        return path in self.sources

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    def find(self, paths: list[str]) -> str | None:
        """The first of several paths that is one of them, be it through a link to a folder."""
        for path in map(normal, paths):
            if path in self.sources:
                return path
            real = disk.real(path) if disk.exists(path) else ""
            if real and real != os.path.abspath(path) and real in self._real:
                return self._real[real]
        return None

    @cached_property
    def _real(self) -> dict[str, str]:
        """Those of the beginning by their paths without links."""
        return {disk.real(path): path for path in self.sources if disk.exists(path)}
