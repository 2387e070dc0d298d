"""Every path of an image with its permissions and owner, and the content of those asked for: for who asks by path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wxlint.core.errors import ImageError
from wxlint.inspection.tar import DIRECTORY, HARDLINK, SYMLINK

MAX_CONTENT = 1 << 20
"""Bytes of a file whose content is kept."""
_MAX_HOPS = 40
"""Symbolic links followed for one path; Linux stops there too."""


class Stat(NamedTuple):
    """kind: of tar.py. target: of a link. data: None where it was not asked for, or is longer than MAX_CONTENT."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    target: str = ""
    data: bytes | None = None


class PathNode:
    """A path; children: of a folder. A folder that no layer lists has no stat."""

    __slots__ = ("children", "stat")

    def __init__(self, stat: Stat | None = None) -> None:
        self.stat = stat
        self.children: dict[str, PathNode] = {}


class Paths:
    """The finished file system. Layers are put on top of each other as layers.FileSystem does it."""

    def __init__(self) -> None:
        self._root = PathNode()

    def apply(self, stats: dict[str, Stat], whiteouts: Iterable[str], opaque: Iterable[str]) -> None:
        """Put the next layer on top."""
        for path in whiteouts:
            head, _, name = path.rpartition("/")
            folder = self._find(head)
            if folder is not None:
                folder.children.pop(name, None)
        for path in opaque:
            folder = self._find(path)
            if folder is not None:
                folder.children.clear()
        for path, stat in stats.items():
            self._put(path, stat)

    def look(self, path: str) -> Stat | None:
        """The file behind a path, links followed; None when there is none. Raises ImageError for a loop."""
        node = self._find(path.strip("/"))
        return None if node is None else node.stat or Stat(DIRECTORY, 0o755, 0, 0, 0)

    def real(self, path: str) -> str:
        """The last name of the path behind all links."""
        return self._walk(path.strip("/"))[1]

    def _put(self, path: str, stat: Stat) -> None:
        head, _, name = path.rpartition("/")
        folder = self._find(head, make=True)
        if folder is None or not name:
            return
        if stat.kind == HARDLINK:
            same = self._find(stat.target)
            stat = same.stat if same is not None and same.stat is not None else stat
        old = folder.children.get(name)
        if old is not None and stat.kind == DIRECTORY and (old.children or old.stat is None):
            old.stat = stat
        else:
            folder.children[name] = PathNode(stat)

    def _find(self, path: str, make: bool = False) -> PathNode | None:
        return self._walk(path, make)[0]

    def _walk(self, path: str, make: bool = False) -> tuple[PathNode | None, str]:
        """The node behind a path and its last name."""
        todo = path.split("/")[::-1] if path else []
        at = [self._root]
        names = [""]
        hops = 0
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if len(at) > 1:
                    at.pop()
                    names.pop()
                continue
            node = at[-1].children.get(part)
            if node is None:
                if not make:
                    return None, part
                node = at[-1].children[part] = PathNode()
            if node.stat is not None and node.stat.kind == SYMLINK:
                hops += 1
                if hops > _MAX_HOPS:
                    raise ImageError(f"the path {path[:200]!r} goes through a loop of symbolic links")
                if node.stat.target.startswith("/"):
                    at, names = [self._root], [""]
                todo.extend(node.stat.target.split("/")[::-1])
                continue
            at.append(node)
            names.append(part)
        return at[-1], names[-1]
