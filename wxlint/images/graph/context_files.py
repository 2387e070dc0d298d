"""What the folders that may be a build's context hold, and why a path is in none of them."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
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


class Contexts:
    """The folders that may be the context of a build."""

    def __init__(self, sources: SourceStore, build: Build) -> None:
        self._sources, self._build = sources, build
        self.folders = [context for context in build.contexts if disk.is_folder(context)]
        """Those that are there, the likeliest first."""

    def absent(self, source: str) -> Absent | None:
        """What keeps the source of a COPY out of every folder; None where nothing does, or something may make it."""
        name = posixpath.normpath(source.lstrip("/"))
        if name.startswith("..") or name == ".git":
            return None  # git itself makes the latter
        paths = [normal(posixpath.join(folder, name)) for folder in self.folders]
        if any(map(disk.lexists, paths)):
            ignored = [self._ignore_file(folder, name) for folder in self.folders]
            return Absent(self.folders[0], ignored[0]) if all(ignored) else None
        checkout = self._sources.checkout
        tracked = checkout.tracked_around(paths[0])
        if tracked is None or self._may_be_made(name) or any(map(checkout.may_bring, paths)):
            return None
        above = folders_above(posixpath.dirname(self._build.dockerfile))
        elsewhere = next((folder for folder in above if disk.lexists(posixpath.join(folder, name))), "")
        return Absent(self.folders[0], "", elsewhere, bool(elsewhere or tracked))

    def _ignore_file(self, folder: str, name: str) -> str:
        """The file that keeps a path out of a context; "" for none."""
        from wxlint.discovery.dockerignore import parse

        own, shared = f"{self._build.dockerfile}.dockerignore", normal(posixpath.join(folder, ".dockerignore"))
        for path in (own, shared):
            source = self._sources.read(path)
            if source is not None and source.foreign:
                return ""  # its lines are other patterns to the builder
            if source is not None:
                return path if _is_out(parse(source.text), source.text, folder, name) else ""
        return ""

    def _may_be_made(self, name: str) -> bool:
        """Whether what builds the image mentions a path: it may make it."""
        words = {name.split("/")[0], posixpath.basename(name)}
        return any(re.search(rf"(?<![\w-]){re.escape(w)}(?![\w-])", text) for text in self._builders for w in words)

    @cached_property
    def _builders(self) -> list[str]:
        """The texts of what builds the image, without its program and the Dockerfile."""
        build = self._build
        paths = {reason.path for reason in build.built_by} | ({build.span.path} if build.span is not None else set())
        sources = [self._sources.read(path) for path in paths]
        return [_DOCKER.sub("", source.text) for source in sources if source is not None]


def is_nowhere(sources: SourceStore, dockerfile: str, name: str) -> bool:
    """Whether a path is in no folder of the repository, whichever of them the context is, and git does not hide it."""
    above = folders_above(posixpath.dirname(dockerfile))
    paths = [normal(posixpath.join(folder, name)) for folder in above]
    if any(map(disk.lexists, paths)) or disk.matching(f"{above[-1]}/**/{name}", 1):
        return False
    return not any(map(sources.checkout.may_bring, paths))


def _is_out(ignored: Ignored, text: str, folder: str, name: str) -> bool:
    """Whether nothing of a path is in the context. An exception may bring back files of an ignored folder."""
    if not ignored(name):
        return False
    return disk.is_file(posixpath.join(folder, name)) or not re.search(r"(?m)^[ \t]*!", text)
