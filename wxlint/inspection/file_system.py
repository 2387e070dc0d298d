"""What is visible of an image, and which layer took the rest away: summaries of layers on top of each other.

Rules of the OCI image specification ("Image Layer Filesystem Changeset"): a whiteout hides what lower layers have,
never what its own layer has; a directory over a directory merges; anything else replaces what was there. Links are
followed inside the image only, as after a chroot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wxlint.core.errors import ImageError
from wxlint.inspection.file_kinds import Fact
from wxlint.inspection.layers import MAX_WEIGHT, LayerScan, key_of, keys_in

MAX_HOPS = 40
"""Symbolic links followed for one path; Linux stops there too."""
MAX_STEPS = 10_000_000
"""Path parts looked at for one image."""


class File(NamedTuple):
    """A kept file in the finished file system; (layer, content) is the same for two names of the same bytes."""

    layer: int
    content: str
    size: int
    kind: str
    fact: Fact | None


Folder = dict[str, "Node"]
Node = Folder | File | str  # a string is the target of a symbolic link


class FileSystem:
    """What is visible after all layers applied so far."""

    def __init__(self) -> None:
        self.root: Folder = {}
        self.killers: dict[tuple[int, str], int] = {}
        """(layer, content) that lost a name, to the layer that took it away last."""
        self._known: dict[bytes, str] = {}  # key of every path ever placed here and of its folders, to the path
        self._layer = 0
        self._steps = 0
        self._weight = 0

    def apply(self, scan: LayerScan) -> None:
        """Put the next layer on top. Raises ImageError for a path through a loop of links."""
        for path in scan.whiteouts:
            self._take(path)
        for path in scan.opaque:
            node = self._look(path)
            if isinstance(node, dict):
                self._lost(node)
                node.clear()
        self._weight += scan.weight
        known = self._known
        for key in keys_in(scan.folders):
            if key in known and not isinstance(self._look(known[key], last=False), dict):
                self._take(known[key])
        for key in keys_in(scan.plain):
            if key in known:
                self._take(known[key])
        for path, target in scan.links.items():
            self._place(path, target)
        for path, kept in scan.files.items():
            self._place(path, File(self._layer, kept.content, kept.size, kept.kind, kept.fact))
        for path, (kind, target) in scan.pending.items():
            node = self._look(target)
            old = node if isinstance(node, File) else File(self._layer, path, 0, kind, None)
            self._place(path, old._replace(kind=kind))
        self._layer += 1

    def files(self) -> Iterator[tuple[str, File]]:
        """(path, file), sorted by path, no slash in front."""
        found: list[tuple[str, File]] = []
        stack: list[tuple[str, Folder]] = [("", self.root)]
        while stack:
            prefix, folder = stack.pop()
            for name, node in folder.items():
                if isinstance(node, dict):
                    stack.append((f"{prefix}{name}/", node))
                elif isinstance(node, File):
                    found.append((prefix + name, node))
        return iter(sorted(found, key=lambda item: item[0]))

    def resolve(self, path: str) -> str | None:
        """The real path behind all links, no slash in front; None when nothing of ours is there."""
        try:
            walked = self._walk(path)
        except ImageError:
            return None
        return "/".join(walked[1]) if walked and walked[0] is not None else None

    def _look(self, path: str, last: bool = True) -> Node | None:
        walked = self._walk(path, last)
        return walked[0] if walked else None

    def _walk(self, path: str, last: bool = True, make: bool = False) -> tuple[Node | None, list[str]] | None:
        """(node, real path), the node None when only the last part is missing; None when more is missing.

        last: also follow a link in the last part. make: put folders where none are. Raises ImageError for a loop.
        """
        todo = path.split("/")[::-1] if path else []
        done: list[str] = []
        at: list[Folder] = [self.root]
        hops = 0
        self._steps += len(todo)
        if self._steps > MAX_STEPS:
            raise ImageError(f"the layers together have more than {MAX_STEPS} parts of paths: given up")
        while todo:
            part = todo.pop()
            if part == "" or part == ".":
                continue
            if part == "..":
                if done:
                    done.pop()
                    at.pop()
                continue
            node = at[-1].get(part)
            if isinstance(node, str) and (todo or last):
                hops += 1
                if hops > MAX_HOPS:
                    raise ImageError(
                        f"the path {path[:200]!r} goes through a loop of symbolic links, or too many of them"
                    )
                if node.startswith("/"):
                    done, at = [], [self.root]
                todo.extend(node.split("/")[::-1])
                self._steps += len(todo)
                continue
            done.append(part)
            if make and not isinstance(node, dict):
                if node is not None:
                    self._lost(node)
                node = at[-1][part] = {}
                self._note("/".join(done))
            if isinstance(node, dict):
                at.append(node)
            elif todo:
                return None
            else:
                return node, done
        return at[-1], done

    def _place(self, path: str, leaf: File | str) -> None:
        head, _, name = path.rpartition("/")
        if not name:
            return
        walked = self._walk(head, make=True)
        folder = walked[0] if walked else None
        if not isinstance(folder, dict):
            return  # cannot be: missing folders were made
        old = folder.get(name)
        if old is not None:
            self._lost(old)
        folder[name] = leaf
        self._note(path)

    def _note(self, path: str) -> None:
        self._known[key_of(path)] = path
        self._weight += 400 + len(path)
        if self._weight > 2 * MAX_WEIGHT:
            raise ImageError("the layers together have more files and links than an image has")

    def _take(self, path: str) -> None:
        head, _, name = path.rpartition("/")
        folder = self._look(head)
        if isinstance(folder, dict) and name in folder:
            self._lost(folder.pop(name))

    def _lost(self, node: Node) -> None:
        stack = [node]
        while stack:
            node = stack.pop()
            if isinstance(node, dict):
                stack.extend(node.values())
            elif isinstance(node, File):
                self.killers[node.layer, node.content] = self._layer
