"""Compose files whose names do not say so: scripts, `.env` files and other compose files name them.

    named(files, calls, known, read)  -> the files that scripts and COMPOSE_FILE name, and what scripts use together

A file counts when it is there, looks like a compose file and is none that git ignores. Nothing here says that one is missing:
a script may make it.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.discovery.git_index import repository, rules_in
from wxlint.discovery.gitignore import is_ignored
from wxlint.images.builds.from_scripts import Call, folders

if TYPE_CHECKING:
    from wxlint.documents.source import Source

    Read = Callable[[str], Source | None]

_SERVICES = late(r"""(?m)^["']?services["']?[ \t]*:""")


def named(
    files: Iterable[str], calls: Iterable[Call], known: Collection[str], read: Read
) -> tuple[list[str], list[tuple[str, ...]]]:
    """files: the compose files that are read anyway, beside which a .env may lie. known: all files that are read anyway."""
    search = _Search(known, read)
    lists = list(dict.fromkeys(search.by_scripts(calls)))
    mine = [path for paths in lists for path in paths]
    places = dict.fromkeys(posixpath.dirname(path) for path in (*files, *mine))
    mine += search.by_environments(places)
    return [path for path in dict.fromkeys(mine) if path not in known], lists


class _Search:
    def __init__(self, known: Collection[str], read: Read) -> None:
        self.known, self.read = known, read
        self.looked: dict[str, bool] = {}

    def by_scripts(self, calls: Iterable[Call]) -> Iterator[tuple[str, ...]]:
        """What docker compose and docker stack are given in one command. Lists of files that are read anyway are left out.

        A list that is not known as a whole comes as what is known of it, each path by itself.
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
            if not all(path in self.known for path in found):
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
        paths = [posixpath.normpath(posixpath.join(start, text)) for start in starts]
        return next((path for path in paths if path in self.known or self.is_compose(path)), None)

    def is_compose(self, path: str) -> bool:
        if path not in self.looked:
            source = self.read(path)
            looks_like_one = source is not None and _SERVICES.search(source.text) is not None
            self.looked[path] = looks_like_one and not self.is_link(path) and not _is_made(path)
        return self.looked[path]

    def is_link(self, path: str) -> bool:
        """Whether a path is another name of a file that is read anyway."""
        return os.path.islink(path) and os.path.realpath(path) in map(os.path.realpath, self.known)


def _listed(value: Value) -> list[Value]:
    """The paths of a COMPOSE_FILE; those with unknown parts keep holes."""
    parts = value.text.split(";" if ";" in value.text else ":")
    return [Value(part, ("${COMPOSE_FILE}",) * part.count(HOLE)) for part in parts]


def _is_made(path: str) -> bool:
    """Whether git ignores a file: a script made it here, and elsewhere it is not there."""
    real = os.path.realpath(path)
    found = repository(os.path.dirname(real))
    if found is None:
        return False
    try:
        parts = os.fsencode(os.path.relpath(real, found.root)).split(os.sep.encode())
        above = found.rules(os.path.dirname(real))
        rules = rules_in(os.path.dirname(real), b"".join(part + b"/" for part in parts[:-1]), above)
        names = [b"/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if not any(is_ignored(name, name != names[-1], rules) for name in names):
            return False
        return names[-1] not in found.tracked()
    except OSError:
        return False
