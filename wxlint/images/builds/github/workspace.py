"""Where the paths of a job lie in the repository: checkouts into other folders, and of other repositories."""

from __future__ import annotations

import posixpath

from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.images.model.records import DEFAULT_PLATFORM

_ARM = late(r"(?:^|[^a-z])arm(?:64)?(?:[^a-z]|$)")


_HOSTED = late(r"(?:ubuntu|windows|macos)-(?:latest|slim|\d[\d.]*)(?:-arm|-intel|-large|-xlarge)?")
"""GitHub's own machines by their usual names; larger ones, those with a GPU among them, are named by their owners."""


class JobWorkspace:
    """The workspace of one job. root: the repository's folder, as paths are shown. runner: its machine."""

    def __init__(self, root: str, runner: Value) -> None:
        self.root = root
        self.platform = "linux/arm64" if _ARM.search(runner.text) else DEFAULT_PLATFORM
        self.hosted = _HOSTED.fullmatch(runner.text) is not None
        self._own = ""
        self._foreign: list[str] = []

    def checkout(self, path: Value | None, repository: Value | None) -> None:
        """A step of actions/checkout."""
        folder = path.text if path is not None and path.known else HOLE if path is not None else ""
        folder = posixpath.normpath(folder) if folder and folder != HOLE else folder
        own = repository is None or "github.repository" in "".join(repository.holes)
        if own and folder != HOLE:
            self._own = "" if folder == "." else folder
            self._foreign = [each for each in self._foreign if each != folder]
        elif not own:
            self._foreign.append("" if folder in (".", HOLE) else folder)

    def local(self, path: str) -> str | None:
        """Where a path of the workspace lies in the repository; None for what lies outside of it."""
        path = posixpath.normpath(path)
        if path.startswith(("..", "/")):
            return None
        if self._own:
            if path != self._own and not path.startswith(f"{self._own}/"):
                return None
            path = path[len(self._own) :].lstrip("/") or "."
        elif any(_within(path, folder) for folder in self._foreign):
            return None
        return normal(posixpath.join(self.root, path))

    def starts(self, directory: Value | None, cwd: Value | None) -> list[str]:
        """Where relative paths of a step start, behind a `cd` in it."""
        parts = [value for value in (directory, cwd) if value is not None]
        if any(not value.known for value in parts):
            return []
        joined = "."
        for value in parts:
            joined = posixpath.join(joined, value.text.replace("\\", "/"))
        local = self.local(joined)
        return [local] if local is not None else []


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
