"""A small summary of one layer of an image: the paths that prove something, and what the layer hides of lower ones.

Layers may come in any order out of a pipe; `file_system` puts their summaries on top of each other.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple, Protocol

from wxlint.core.errors import ImageError
from wxlint.inspection.file_kinds import CUDA_FILE, LIBRARY, TEXT_LIMITS, Fact, Metadata, Record, classify, read_fact
from wxlint.inspection.paths import MAX_CONTENT, Stat
from wxlint.inspection.tar import DIRECTORY, FILE, HARDLINK, OTHER, SPARSE, SYMLINK, TarMember, clean

CUDA_KINDS = frozenset((LIBRARY, CUDA_FILE))
MAX_MEMBERS = 2_000_000
"""Of one layer; a large conda image has 300,000."""
MAX_WEIGHT = 256_000_000
"""Bytes of memory, roughly, for what is kept of one layer, and again for what is kept of all of them together."""
_KEY = 16
"""Bytes that stand for a path."""
Wanted = frozenset[str] | None
"""Names of files whose content is asked for; None where nobody asks by path."""


class LayerMembers(Protocol):
    """The members of a layer: of a tar, or of its table of contents. body and rights are of the one given last."""

    what: str

    def __iter__(self) -> Iterator[TarMember]: ...

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


def scan_layer(tar: LayerMembers, wanted: Wanted = None) -> LayerScan:
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
                folders += key_of(path)
        elif kind is SYMLINK:
            files.pop(path, None)
            links[path] = target[:4096]
            weight += 800 + len(path) + len(target)
        elif kind is FILE or kind is SPARSE:
            total += size
            use = classify(path, base)
            if use is None:
                plain += key_of(path)
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
                plain += key_of(path)
                sizes.append(0)
            else:
                weight += 800 + len(path) + len(target)
                if target in files:
                    files[path] = files[target]._replace(kind=use)
                else:
                    pending[path] = (use, target)
        elif kind is OTHER:
            plain += key_of(path)
            sizes.append(0)
        if members > MAX_MEMBERS or weight + 32 * members > MAX_WEIGHT:
            raise ImageError(f"{what}: more members, links or whiteouts than an image has; given up after {members}")
    _measure(files, pending, plain, sizes)
    weight += 24 * members
    hidden = (tuple(whiteouts), tuple(opaque))
    return LayerScan(total, weight, files, links, *hidden, pending, bytes(plain), bytes(folders), stats)


def key_of(path: str) -> bytes:
    """What stands for a path; the same in every process, and nobody finds two paths with one."""
    return blake2b(path.encode("utf-8", "surrogatepass"), digest_size=_KEY).digest()


def keys_in(joined: bytes | bytearray) -> Iterator[bytes]:
    return (bytes(joined[at : at + _KEY]) for at in range(0, len(joined), _KEY))


def _stat(tar: LayerMembers, kind: str, size: int, target: str, wanted: bool) -> Stat:
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
    wanted = {key_of(target): target for _, target in pending.values()}
    found = {wanted[key]: size for key, size in zip(keys_in(plain), sizes) if key in wanted}
    for path, (kind, target) in list(pending.items()):
        if target in found and target not in files:
            files[path] = Kept(kind, found[target], target, None)
            del pending[path]
