"""Build contexts that have a name: a bare word in a FROM or --from may mean one of them, and no image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.documents.dockerfile.templated import is_template
from wxlint.documents.source import Source


class Contexts:
    """What bake files, workflows and Makefiles near a Dockerfile say.

    read: a file of the repository. root: its folder, links followed.
    """

    def __init__(self, read: Callable[[str], Source | None], root: str) -> None:
        self.read, self.root = read, root
        self._texts: dict[str, list[str]] = {}
        self._templates: dict[str, bool] = {}

    def may_name(self, dockerfile: Dockerfile, name: str) -> bool:
        """Whether a bare name may be a named build context: these files or its own comments say so, or a template."""
        path = dockerfile.source.path
        if path not in self._templates:
            self._templates[path] = is_template(dockerfile)
        if self._templates[path]:
            return True
        word = re.compile(rf"(?<![\w.-]){re.escape(name)}[\"']?\s*[=:]")
        own = dockerfile.source.text  # its head may say how it is built
        return (
            "build-context" in own
            and word.search(own) is not None
            or any(word.search(text) for text in self._around(posixpath.dirname(path)))
        )

    def _around(self, folder: str) -> list[str]:
        """The texts, in a folder and those above it, that speak of named build contexts."""
        if folder not in self._texts:
            found = []
            real = disk.real(folder or ".")
            for place in (
                folder or ".",
                *((posixpath.join(folder, ".github/workflows"),) if real == self.root else ()),
            ):
                for entry in _entries(place):
                    lower = entry.lower()
                    if (
                        lower.endswith((".hcl", ".mk"))
                        or "bake" in lower
                        or lower in ("makefile", "justfile", "tiltfile")
                        or "workflows" in place
                    ):
                        source = self.read(normal(posixpath.join(place, entry)))
                        if source is not None and ("contexts" in source.text or "build-context" in source.text):
                            found.append(source.text)
            inside = real.startswith(self.root) and real != self.root
            above = self._around(normal(posixpath.join(folder, ".."))) if inside else []
            self._texts[folder] = found + above
        return self._texts[folder]


def _entries(folder: str) -> list[str]:
    """The names in a folder, sorted; none where there is no folder, or it may not be listed."""
    try:
        return disk.names(folder)
    except OSError:
        return []
