"""The table of contents of an estargz or zstd:chunked layer: what is in it without reading it.

estargz: a gzip member with `stargz.index.json` in a tar, found by the last 51 bytes of the blob (stargz-snapshotter,
docs/estargz.md). zstd:chunked: a zstd frame whose place the layer's annotations say (containers/storage). Both hold the
same list of entries. The digests of the tables are in the annotations, and the digests of files in the tables.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wxlint.core.errors import ImageError
from wxlint.inspection.streams import Stream, plain
from wxlint.inspection.tar import DIRECTORY, FILE, HARDLINK, OTHER, SYMLINK, Tar, TarMember

ESTARGZ = "containerd.io/snapshot/stargz/toc.digest"
_ZSTD = ("io.github.containers.zstd-chunked.manifest-", "io.containers.zstd-chunked.manifest-")
"""What the annotations begin with; the second before 2023 (seen of skopeo 1.9)."""
_FOOTER = 51
_LIMIT = 256 << 20
"""Bytes of a table."""
_KINDS = {"reg": FILE, "dir": DIRECTORY, "symlink": SYMLINK, "hardlink": HARDLINK}
_OWN = frozenset(("stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark"))

Part = Callable[[int, int], "bytes | None"]
"""Gives the bytes [start, end) of the blob; None where that is not possible."""


def table_digest(notes: Mapping[str, str]) -> str:
    """The digest of a layer's table by its annotations; "" without one."""
    return notes.get(ESTARGZ) or _zstd(notes, "checksum")


def _zstd(notes: Mapping[str, str], name: str) -> str:
    """An annotation of a zstd:chunked layer; "" without it."""
    return next((notes[start + name] for start in _ZSTD if notes.get(start + name)), "")


def read_table(part: Part, size: int, notes: Mapping[str, str], what: str) -> ContentsTable | None:
    """The table of a layer; None when it has none, or no parts can be had. Raises ImageError for a false one."""
    if ESTARGZ in notes:
        footer = part(size - _FOOTER, size) if size > _FOOTER else None
        found = re.search(rb"([0-9a-f]{16})STARGZ", footer or b"")
        if found is None:
            return None
        start = int(found[1], 16)
        raw = part(start, size - _FOOTER) if 0 < start < size - _FOOTER <= start + _LIMIT else None
        if raw is None:
            return None
        text = _inflated(raw, what)
        return ContentsTable(text, notes[ESTARGZ], part, start, what)
    place = re.fullmatch(r"(\d{1,15}):(\d{1,10}):(\d{1,10}):1", _zstd(notes, "position"))
    digest = _zstd(notes, "checksum")
    if place is None or not digest or int(place[3]) > _LIMIT:
        return None
    start, length = int(place[1]), int(place[2])
    raw = part(start, start + length) if start + length <= size else None
    if raw is None:
        return None
    _same(raw, digest, f"{what}: its table of contents")
    source = plain(Stream(iter((raw,)), what), what)
    return ContentsTable(source.read(int(place[3])), "", part, start, what)


def _inflated(raw: bytes, what: str) -> bytes:
    """The JSON text in the tar in a gzip member."""
    source = plain(Stream(iter((raw,)), what), what)
    tar = Tar(source, what)
    for name, kind, _, _ in tar:
        if name == "stargz.index.json" and kind == FILE:
            body = tar.body(_LIMIT)
            if body is not None:
                return body
    raise ImageError(f"{what}: its table of contents is missing")


def _same(data: bytes, digest: str, what: str) -> None:
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
        raise ImageError(f"{what} does not have the digest {digest}")


class ContentsTable:
    """A layer as `scan_layer` reads it: members from the table, contents by parts of the blob."""

    def __init__(self, text: bytes, digest: str, part: Part, end: int, what: str) -> None:
        if digest:
            _same(text, digest, f"{what}: its table of contents")
        self.what, self._part = what, part
        try:
            entries = json.loads(text)["entries"]
            self._entries = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry["name"], str)]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ImageError(f"{what}: its table of contents cannot be read") from None
        offsets = {entry["offset"] for entry in self._entries if isinstance(entry.get("offset"), int)}
        self._offsets = sorted({*offsets, end})
        self._now: dict[str, Any] = {}

    def __iter__(self) -> Iterator[TarMember]:
        for entry in self._entries:
            kind = entry.get("type")
            if kind == "chunk" or entry["name"].strip("/") in _OWN:
                continue
            self._now = entry
            size = entry.get("size", 0) if kind == "reg" else 0
            if not isinstance(size, int) or size < 0:
                raise ImageError(f"{self.what}: its table of contents has a size that is none")
            yield TarMember(entry["name"], _KINDS.get(str(kind), OTHER), size, str(entry.get("linkName", "")))

    def rights(self) -> tuple[int, int, int]:
        """Permissions, user and group of the present member."""
        numbers = [self._now.get(key, 0) for key in ("mode", "uid", "gid")]
        mode, uid, gid = (number if isinstance(number, int) else 0 for number in numbers)
        return mode & 0o7777, uid, gid

    def body(self, limit: int) -> bytes | None:
        """The content of the present member; None when it is longer than `limit`, or in several chunks."""
        entry = self._now
        size, offset = entry.get("size", 0), entry.get("offset", 0)
        if size == 0:
            return b""
        if size > limit or not isinstance(offset, int) or entry.get("chunkSize", 0) not in (0, size):
            return None
        end = entry.get("endOffset")
        if not isinstance(end, int):
            after = bisect_right(self._offsets, offset)
            end = self._offsets[after] if after < len(self._offsets) else offset
        raw = self._part(offset, end) if offset < end <= offset + _LIMIT else None
        if raw is None:
            raise ImageError(f"{self.what}: {entry['name']!r} cannot be read by its place in the table of contents")
        skipped = entry.get("innerOffset", 0)
        data = _decompressed(raw, skipped + size, self.what)[skipped:]
        _same(data, str(entry.get("digest") or entry.get("chunkDigest")), f"{self.what}: {entry['name']!r}")
        return data


def _decompressed(raw: bytes, size: int, what: str) -> bytes:
    if raw.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(31).decompress(raw, size)
        except zlib.error as error:
            raise ImageError(f"{what}: the gzip data is damaged ({error})") from None
    return plain(Stream(iter((raw,)), what), what).read(size)
