"""From the layers of an image to its file system: only the paths that prove something, with whiteouts applied.

Two steps, so that layers may come in any order out of a pipe: `scan_layer` makes a small summary of one layer,
`FileSystem.apply` puts summaries on top of each other. Rules of the OCI image specification ("Image Layer Filesystem
Changeset"): a whiteout hides what lower layers have, never what its own layer has; a directory over a directory merges;
anything else replaces what was there. Links are followed inside the image only, as after a chroot.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple, Protocol

from wxlint.core.errors import ImageError
from wxlint.inspection.file_kinds import CUDA_FILE, LIBRARY, TEXT_LIMITS, Fact, Metadata, Record, classify, read_fact
from wxlint.inspection.paths import MAX_CONTENT, Stat
from wxlint.inspection.tar import DIRECTORY, FILE, HARDLINK, OTHER, SPARSE, SYMLINK, Member, clean

CUDA_KINDS = frozenset((LIBRARY, CUDA_FILE))
MAX_MEMBERS = 2_000_000
"""Of one layer; a large conda image has 300,000."""
MAX_WEIGHT = 256_000_000
"""Bytes of memory, roughly, for what is kept of one layer, and again for what is kept of all of them together."""
_KEY = 16
"""Bytes that stand for a path."""
MAX_HOPS = 40
"""Symbolic links followed for one path; Linux stops there too."""
MAX_STEPS = 10_000_000
"""Path parts looked at for one image."""


Wanted = frozenset[str] | None
"""Names of files whose content is asked for; None where nobody asks by path."""


class Members(Protocol):
    """The members of a layer: of a tar, or of its table of contents. body and rights are of the one given last."""

    what: str

    def __iter__(self) -> Iterator[Member]: ...

    def body(self, limit: int) -> bytes | None: ...

    def rights(self) -> tuple[int, int, int]: ...


class Kept(NamedTuple):
    """A file that proves something. content: the first name of the same bytes in this layer (hard links share it)."""

    kind: str
    size: int
    content: str
    fact: Fact | None


_Keys = bytes  # under a name of its own, since a scan has a field called bytes


class LayerScan(NamedTuple):
    """One layer. bytes: data of all its files, hard links once. Paths have no slash in front.

    pending: hard links whose target comes later or is in a lower layer (path to kind and target).
    plain, folders: keys of the paths of all other members, one after another; they matter where they replace something.
    weight: bytes of memory for all this, roughly.
    """

    bytes: int
    weight: int
    files: dict[str, Kept]
    links: dict[str, str]
    whiteouts: tuple[str, ...]
    opaque: tuple[str, ...]
    pending: dict[str, tuple[str, str]]
    plain: _Keys
    folders: _Keys
    stats: dict[str, Stat] | None = None
    """Every member, where somebody asks by path."""

    def cuda_contents(self) -> dict[str, int]:
        """Content to bytes of what came with CUDA in this layer, still visible or not."""
        return {kept.content: kept.size for kept in self.files.values() if kept.kind in CUDA_KINDS}


def scan_layer(tar: Members, wanted: Wanted = None) -> LayerScan:
    """Read one layer's members. Raises ImageError when it is damaged or hostile.

    wanted: last parts of paths whose content is kept, beside the stat of every member; None: neither.
    """
    what = tar.what
    stats: dict[str, Stat] | None = None if wanted is None else {}
    files: dict[str, Kept] = {}
    links: dict[str, str] = {}
    whiteouts: list[str] = []
    opaque: list[str] = []
    pending: dict[str, tuple[str, str]] = {}
    plain, folders, sizes = bytearray(), bytearray(), array("q")
    total = members = weight = 0
    for name, kind, size, target in tar:
        members += 1
        path = clean(name, what)
        base = path[path.rfind("/") + 1 :]
        body = None
        if stats is not None and base[:4] != ".wh." and path:
            stat = stats[path] = _stat(tar, kind, size, target, base in (wanted or ()))
            body = stat.data
            weight += 300 + len(path) + len(target) + len(body or b"")
        if base[:4] == ".wh.":
            _whiteout(path, base, whiteouts, opaque, what)
            weight += 200 + len(path)
        elif kind is DIRECTORY:
            if path:
                folders += _key_of(path)
        elif kind is SYMLINK:
            files.pop(path, None)
            links[path] = target[:4096]
            weight += 800 + len(path) + len(target)
        elif kind is FILE or kind is SPARSE:
            total += size
            use = classify(path, base)
            if use is None:
                plain += _key_of(path)
                sizes.append(size)
            else:
                fact = None
                if use in TEXT_LIMITS:
                    body = body if body is not None else tar.body(TEXT_LIMITS[use])
                    fact = read_fact(use, body) if body else None
                    weight += _weight(fact)
                files[path] = Kept(use, size, path, fact)
                weight += 800 + len(path)
        elif kind is HARDLINK:
            use = classify(path, base)
            target = clean(target, what)
            if use is None:
                plain += _key_of(path)
                sizes.append(0)
            else:
                weight += 800 + len(path) + len(target)
                if target in files:
                    files[path] = files[target]._replace(kind=use)
                else:
                    pending[path] = (use, target)
        elif kind is OTHER:
            plain += _key_of(path)
            sizes.append(0)
        if members > MAX_MEMBERS or weight + 32 * members > MAX_WEIGHT:
            raise ImageError(f"{what}: more members, links or whiteouts than an image has; given up after {members}")
    _measure(files, pending, plain, sizes)
    weight += 24 * members
    hidden = (tuple(whiteouts), tuple(opaque))
    return LayerScan(total, weight, files, links, *hidden, pending, bytes(plain), bytes(folders), stats)


def _key_of(path: str) -> bytes:
    """What stands for a path; the same in every process, and nobody finds two paths with one."""
    return blake2b(path.encode("utf-8", "surrogatepass"), digest_size=_KEY).digest()


def _keys(joined: bytes | bytearray) -> Iterator[bytes]:
    return (bytes(joined[at : at + _KEY]) for at in range(0, len(joined), _KEY))


def _stat(tar: Members, kind: str, size: int, target: str, wanted: bool) -> Stat:
    """The present member for who asks by path. wanted: with its content."""
    body = tar.body(MAX_CONTENT) if wanted and kind is FILE else None
    if kind is HARDLINK:
        target = clean(target, tar.what)
    return Stat(kind, *tar.rights(), size, target[:4096], body)


def _weight(fact: Fact | None) -> int:
    if isinstance(fact, Record):
        return sum(300 + len(path) for path in fact.sizes)
    if isinstance(fact, Metadata):
        return 500 + sum(400 + 80 * (len(one.extras) + len(one.when)) for one in fact.requires)
    return 500


def _whiteout(path: str, base: str, whiteouts: list[str], opaque: list[str], what: str) -> None:
    folder = path[: -len(base)]
    if base == ".wh..wh..opq":
        opaque.append(folder.rstrip("/"))
    elif base[4:8] != ".wh.":  # other names of that form are notes of the old aufs driver
        hidden = base[4:]
        if hidden in ("", ".", ".."):
            raise ImageError(f"{what}: the whiteout {path!r} names no file")
        whiteouts.append(folder + hidden)


def _measure(files: dict[str, Kept], pending: dict[str, tuple[str, str]], plain: bytearray, sizes: array[int]) -> None:
    """Give hard links to files of no kind of ours their size."""
    if not pending:
        return
    wanted = {_key_of(target): target for _, target in pending.values()}
    found = {wanted[key]: size for key, size in zip(_keys(plain), sizes) if key in wanted}
    for path, (kind, target) in list(pending.items()):
        if target in found and target not in files:
            files[path] = Kept(kind, found[target], target, None)
            del pending[path]


class File(NamedTuple):
    """A kept file in the finished file system; (layer, content) is the same for two names of the same bytes."""

    layer: int
    content: str
    size: int
    kind: str
    fact: Fact | None


Folder = dict[str, "Node"]
Node = dict[str, "Node"] | File | str  # a string is the target of a symbolic link


class FileSystem:
    """What is visible after all layers applied so far."""

    def __init__(self) -> None:
        self.root: dict[str, Node] = {}
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
        for key in _keys(scan.folders):
            if key in known and not isinstance(self._look(known[key], last=False), dict):
                self._take(known[key])
        for key in _keys(scan.plain):
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
        stack: list[tuple[str, dict[str, Node]]] = [("", self.root)]
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
        at: list[dict[str, Node]] = [self.root]
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
        self._known[_key_of(path)] = path
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
