"""The texts of a repository's scripts, and those beside a file, joined once, however many names are looked for."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from functools import cached_property

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.repository import Repository

_MOST_COMPARED = 5_000
"""Names that are compared with those that are missing, in one run: each comparison takes a tenth of a millisecond."""


class JoinedTexts:
    """is_text: which files of a folder count beside the scripts. skipped: which scripts do not count, by their ends."""

    def __init__(self, repository: Repository, is_text: Callable[[str], object], skipped: tuple[str, ...] = ()) -> None:
        self._repository, self._is_text, self._skipped = repository, is_text, skipped
        self._of_folders: dict[str, str] = {}
        self._compared = 0

    def hold(self, name: str, folders: Iterable[str]) -> bool:
        """Whether a script, or a text in one of the folders, holds a name, inside longer ones too."""
        return name in self._scripts or any(name in self._beside(folder) for folder in folders)

    def name(self, name: str, folders: Iterable[str]) -> bool:
        """Whether a script, or a text in one of the folders, names a file, on its own."""
        return _names(self._scripts, name) or any(_names(self._beside(folder), name) for folder in folders)

    def near(self, name: str, known: list[str]) -> str:
        """A suggestion; none once many names have been compared."""
        self._compared += len(known)
        return did_you_mean(name, known, str) if self._compared <= _MOST_COMPARED else ""

    @cached_property
    def _scripts(self) -> str:
        return self._joined(self._repository.scripts)

    def _beside(self, folder: str) -> str:
        if folder not in self._of_folders:
            names = filter(self._is_text, disk.visible_names(folder or "."))
            self._of_folders[folder] = self._joined(normal(posixpath.join(folder, name)) for name in names)
        return self._of_folders[folder]

    def _joined(self, paths: Iterable[str]) -> str:
        sources = [self._repository.sources.read(path) for path in paths if not path.lower().endswith(self._skipped)]
        return "\n".join(source.text for source in sources if source is not None)


def _names(text: str, name: str) -> bool:
    at = text.find(name)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(name) : at + len(name) + 1]
        if not any(char.isalnum() or char in "_-" for char in around):
            return True
        at = text.find(name, at + 1)
    return False
