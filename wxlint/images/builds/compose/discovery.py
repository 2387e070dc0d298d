"""Compose files whose names do not say so: scripts, `.env` files and other compose files name them.

A file counts when it is there, looks like a compose file and is none that git ignores. Nothing here says that one is
missing: a script may make it.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.discovery.git_index import GitRepository, repository, rules_in
from wxlint.discovery.gitignore import Rules, is_ignored
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.model import DockerCall

if TYPE_CHECKING:
    from wxlint.documents.source import Source

    Read = Callable[[str], Source | None]

_SERVICES = late(r"""(?m)^["']?services["']?[ \t]*:""")


class NamedFiles(NamedTuple):
    """files: compose files that are not read anyway. lists: what scripts use together, the base first."""

    files: list[str]
    lists: list[tuple[str, ...]]


def named_files(files: Iterable[str], calls: Iterable[DockerCall], known: Collection[str], read: Read) -> NamedFiles:
    """The compose files that scripts and COMPOSE_FILE name.

    Args:
        files: the compose files that are read anyway, beside which a .env may lie.
        calls: the commands of scripts.
        known: all files that are read anyway.
        read: reads any other file.
    """
    search = _Search(known, read)
    lists = list(dict.fromkeys(search.by_scripts(calls)))
    listed = [path for paths in lists for path in paths]
    places = dict.fromkeys(posixpath.dirname(path) for path in (*files, *listed))
    found = dict.fromkeys((*listed, *search.by_environments(places)))
    return NamedFiles([path for path in found if path not in known], lists)


class _Search:
    def __init__(self, known: Collection[str], read: Read) -> None:
        self.known, self.read = known, read
        self._compose: dict[str, bool] = {}
        self._git: dict[str, _GitFolder] = {}
        self._indexes: dict[str, frozenset[bytes]] = {}

    @cached_property
    def _real(self) -> frozenset[str]:
        """The files that are read anyway, without links."""
        return frozenset(map(disk.real, self.known))

    def by_scripts(self, calls: Iterable[DockerCall]) -> Iterator[tuple[str, ...]]:
        """What docker compose and docker stack are given in one command.

        A file alone that is read anyway is left out. A list that is not known as a whole comes as what is known of
        it, each path by itself.
        """
        for call in calls:
            options = call.docker.values("-f", "--file", "-c", "--compose-file")
            given = [option.value for option in options if option.value is not None]
            if not given:
                env = call.docker.command.env
                given = [part for name, value in env if name == "COMPOSE_FILE" for part in _listed(value)]
            if not given:
                continue
            starts = [*reversed(folders(call.path, call.docker.command.cwd))]
            found = [path for value in given if (path := self.found(value, starts)) is not None]
            if len(found) > 1 or not all(path in self.known for path in found):
                yield from [tuple(found)] if len(found) == len(given) else [(path,) for path in found]

    def by_environments(self, places: Iterable[str]) -> Iterator[str]:
        """COMPOSE_FILE of the .env files in these folders."""
        for folder in places:
            source = self.read(posixpath.join(folder, ".env"))
            if source is None or "COMPOSE_FILE" not in source.text:
                continue
            from wxlint.documents.compose.interpolation import read_env

            value = read_env(source, {})[0].get("COMPOSE_FILE")
            for part in _listed(value) if value is not None else ():
                path = self.found(part, [folder])
                if path is not None:
                    yield path

    def found(self, value: Value, starts: list[str]) -> str | None:
        """The file that a path means from the first of these folders where it is one."""
        text = value.text.replace("\\", "/")
        if not value.known or not text or text.startswith(("/", "~", "-")):
            return None
        paths = [normal(posixpath.join(start, text)) for start in starts]
        return next((path for path in paths if path in self.known or self.is_compose(path)), None)

    def is_compose(self, path: str) -> bool:
        """Whether a file looks like a compose file, is no other name of one that is read anyway, and not ignored."""
        if path not in self._compose:
            source = self.read(path)
            looks_like_one = source is not None and _SERVICES.search(source.text) is not None
            self._compose[path] = looks_like_one and not self._is_link(path) and not self._is_ignored(path)
        return self._compose[path]

    def _is_link(self, path: str) -> bool:
        return disk.is_link(path) and disk.real(path) in self._real

    def _is_ignored(self, path: str) -> bool:
        """Whether git ignores a file: a script made it here, and elsewhere it is not there."""
        folder, name = os.path.split(disk.real(path))
        if folder not in self._git:
            self._git[folder] = _GitFolder(folder)
        ignored = self._git[folder].ignored(name)
        return ignored is not None and ignored not in self._tracked(self._git[folder])

    def _tracked(self, folder: _GitFolder) -> frozenset[bytes]:
        """What git tracks in the folder's repository. An index that cannot be read is the walk's to report."""
        found = folder.repository
        if found is None:
            return frozenset()
        if found.root not in self._indexes:
            try:
                self._indexes[found.root] = frozenset(found.tracked())
            except OSError:
                self._indexes[found.root] = frozenset()
        return self._indexes[found.root]


class _GitFolder:
    """A folder (an absolute path without links) as git sees it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.repository: GitRepository | None = repository(folder)

    def ignored(self, name: str) -> bytes | None:
        """The path in the repository of a file of this folder that a pattern ignores; None for one that none does."""
        if self.repository is None:
            return None
        path = self._base + os.fsencode(name)
        parts = path.split(b"/")
        above = (b"/".join(parts[:n]) for n in range(1, len(parts)))
        try:
            if is_ignored(path, False, self._rules) or any(is_ignored(each, True, self._rules) for each in above):
                return path
        except OSError:
            return None
        return None

    @cached_property
    def _base(self) -> bytes:
        """The folder below the repository's root: "a/b/", or nothing."""
        assert self.repository is not None
        below = os.path.relpath(self.folder, self.repository.root)
        return b"" if below == "." else os.fsencode(below).replace(os.sep.encode(), b"/") + b"/"

    @cached_property
    def _rules(self) -> Rules | None:
        assert self.repository is not None
        return rules_in(self.folder, self._base, self.repository.rules(self.folder))


def _listed(value: Value) -> list[Value]:
    """The paths of a COMPOSE_FILE; those with unknown parts keep holes."""
    parts = value.text.split(";" if ";" in value.text else ":")
    return [Value(part, ("${COMPOSE_FILE}",) * part.count(HOLE)) for part in parts]
