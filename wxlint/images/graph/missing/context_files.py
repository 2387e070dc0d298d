"""What the folders that may be a build's context hold, and why a path is in none of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import folders_above, normal
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.sources import SourceStore

if TYPE_CHECKING:
    from wxlint.discovery.dockerignore import Ignored
    from wxlint.images.model.records import Build

_DOCKER = late(
    r"\b(?:docker|podman|buildah)(?=[ \t]+[a-z])|(?:(?:-f|--file|--dockerfile)[= \t]+|file:[ \t]*)\S+"
    r"|(?:-w|--workdir)[= \t]+\S+"
)
"""What command lines of builders name that makes no file: their program, the Dockerfile, a folder of a container."""


class Absent(NamedTuple):
    """A path that is in no folder that may be the context.

    context: the likeliest of these. ignored_by: the file that keeps it out, "" where it is not there at all. elsewhere:
    a folder above the Dockerfile that has it. sure: it lies elsewhere, is kept out, or git tracks other files here:
    this is a whole checkout.
    """

    context: str
    ignored_by: str = ""
    elsewhere: str = ""
    sure: bool = True


class ContextFolders:
    """The folders that may be the context of builds of a Dockerfile."""

    def __init__(self, sources: SourceStore, dockerfile: str, contexts: Iterable[str]) -> None:
        self._sources, self._dockerfile = sources, dockerfile
        self.folders = [context for context in contexts if disk.is_folder(context)]
        """Those that are there, the likeliest first."""
        self._there: dict[str, tuple[bool, Absent | None]] = {}

    def absent(self, source: str, build: Build) -> Absent | None:
        """What keeps the source of a COPY out of every folder; None where nothing does, or something may make it."""
        name = inside_context(source)
        if name in ("", ".git"):
            return None  # git itself makes the latter
        if name not in self._there:
            self._there[name] = self._looked_for(name)
        is_there, kept_out = self._there[name]
        return kept_out if is_there else self._missing(name, build)

    def _looked_for(self, name: str) -> tuple[bool, Absent | None]:
        """Whether a path is in any folder, and what keeps it out of the context all the same."""
        if not any(map(disk.lexists, self._paths(name))):
            return False, None
        ignored = [self._ignore_file(folder, name) for folder in self.folders]
        return True, Absent(self.folders[0], ignored[0]) if all(ignored) else None

    def _paths(self, name: str) -> list[str]:
        return [normal(posixpath.join(folder, name)) for folder in self.folders]

    def _missing(self, name: str, build: Build) -> Absent | None:
        """A path that is in no folder; None where it may be there when somebody builds."""
        paths = self._paths(name)
        checkout = self._sources.checkout
        tracked = checkout.tracked_around(paths[0])
        if tracked is None or self._may_be_made(name, build) or any(map(checkout.may_bring, paths)):
            return None
        above = folders_above(posixpath.dirname(self._dockerfile))
        elsewhere = next((folder for folder in above if disk.lexists(posixpath.join(folder, name))), "")
        return Absent(self.folders[0], "", elsewhere, bool(elsewhere or tracked))

    def _ignore_file(self, folder: str, name: str) -> str:
        """The file that keeps a path out of a context; "" for none."""
        from wxlint.discovery.dockerignore import parse

        own, shared = f"{self._dockerfile}.dockerignore", normal(posixpath.join(folder, ".dockerignore"))
        for path in (own, shared):
            source = self._sources.read(path)
            if source is not None and source.foreign:
                return ""  # its lines are other patterns to the builder
            if source is not None:
                return path if _is_out(parse(source.text), source.text, folder, name) else ""
        return ""

    def _may_be_made(self, name: str, build: Build) -> bool:
        """Whether what builds the image mentions a path, besides its program and the Dockerfile: it may make it."""
        paths = {reason.path for reason in build.built_by} | ({build.span.path} if build.span is not None else set())
        sources = [self._sources.read(path) for path in paths]
        texts = [_DOCKER.sub("", source.text) for source in sources if source is not None]
        base = posixpath.basename(name)
        words = {name.partition("/")[0], base if "." in base else name}
        return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for text in texts for word in words)


def inside_context(source: str) -> str:
    """The path in the build context that the source of a COPY names; "" for the context. Nothing leads out of it:
    BuildKit reads `../a` as `a`."""
    return posixpath.normpath(f"/{source}").lstrip("/")


def is_nowhere(sources: SourceStore, dockerfile: str, name: str) -> bool:
    """Whether a path is in no folder of the repository, whichever of them the context is, and git does not hide it."""
    above = folders_above(posixpath.dirname(dockerfile))
    paths = [normal(posixpath.join(folder, name)) for folder in above]
    if any(map(disk.lexists, paths)) or sources.lies_below(above[-1], name):
        return False
    return not any(map(sources.checkout.may_bring, paths))


def _is_out(ignored: Ignored, text: str, folder: str, name: str) -> bool:
    """Whether nothing of a path is in the context. An exception may bring back files of an ignored folder."""
    if not ignored(name):
        return False
    return disk.is_file(posixpath.join(folder, name)) or not re.search(r"(?m)^[ \t]*!", text)
