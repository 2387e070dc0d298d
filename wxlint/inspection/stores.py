"""The files of a saved image by name: in a tar that can be sought, in a folder, or out of a pipe. Read only.

A pipe cannot be gone back in, so its layers are summed up as they pass, before it is known which image they are of.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from wxlint.core.errors import ImageError
from wxlint.inspection.layers import MAX_WEIGHT, LayerScan, Wanted, scan_layer
from wxlint.inspection.streams import ByteSource, RawFile, Region, Stream, pieces, plain
from wxlint.inspection.tar import DIRECTORY, FILE, HARDLINK, SYMLINK, Tar, clean

_BLOBS = "blobs/sha256/"
MAX_OUTER = 100_000
"""Members of the archive itself; a saved image has three for each layer and a few more."""
JSON_LIMIT = 8 << 20
"""Bytes of one manifest or configuration; container engines refuse manifests over 4 MiB."""
MAX_JSON = 64 << 20
"""Bytes of JSON kept from a pipe."""


class Store(Protocol):
    label: str
    """The archive or image as the user named it, for messages."""

    def has(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes:
        """A small file. Raises ImageError when it is missing or over JSON_LIMIT."""

    def scan(self, name: str) -> LayerScan:
        """A layer. Raises ImageError when it is missing or damaged."""


def scan_source(source: ByteSource, what: str, wanted: Wanted = None) -> LayerScan:
    """A layer, plain or compressed."""
    content = plain(source, what)
    if not content.peek(1):
        raise ImageError(f"{what} is empty")
    return scan_layer(Tar(content, what), wanted)


def scan_blob(regions: Callable[[], Region], what: str, wanted: Wanted = None) -> LayerScan:
    """A layer in a file. A compressed one whose name is its digest is kept, since reading it takes long.

    regions: gives the layer from its beginning at each call.
    """
    named = re.search(r"(?:^|[/ ])([0-9a-f]{64})$", what)
    first = regions()
    if named is None or plain(first, what) is first or _sha256(regions()) != named[1]:
        return scan_source(regions(), what, wanted)
    from wxlint.inspection.kept_scans import recall_scan

    return recall_scan(f"sha256:{named[1]}", "stream", wanted, lambda: scan_source(regions(), what, wanted))


def _sha256(region: Region) -> str:
    seen = hashlib.sha256()
    while piece := region.read(1 << 20):
        seen.update(piece)
    return seen.hexdigest()


class _Names:
    """The members of an archive, with its links between them resolved (older `docker save` links equal layers)."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.files: set[str] = set()
        self._links: dict[str, str] = {}

    def add(self, name: str, kind: str, target: str) -> str | None:
        """The cleaned name when the member is a file. Raises ImageError for what no saved image has."""
        path = clean(name, self.label)
        if len(self.files) + len(self._links) > MAX_OUTER:
            raise ImageError(f"{self.label} has more than {MAX_OUTER} members: not a saved image")
        if kind == FILE:
            self.files.add(path)
            self._links.pop(path, None)
            return path
        if kind in (SYMLINK, HARDLINK):
            base = os.path.dirname(path) + "/" if kind == SYMLINK and not target.startswith("/") else ""
            self._links[path] = clean(base + target, self.label)
            self.files.discard(path)
        elif kind != DIRECTORY:
            raise ImageError(f"{self.label}: {path!r} is a device or another special file: not a saved image")
        return None

    def real(self, name: str) -> str:
        path = clean(name, self.label)
        for _ in range(10):
            if path not in self._links:
                break
            path = self._links[path]
        if path not in self.files:
            raise ImageError(f"{self.label}: {name!r} is missing; the archive is incomplete")
        return path

    def has(self, name: str) -> bool:
        return name in self.files or name in self._links


class FileStore:
    """A tar in a file, read in place."""

    def __init__(self, file: RawFile, size: int, label: str, wanted: Wanted = None) -> None:
        self.label, self._wanted = label, wanted
        self._file = file
        self._names = _Names(label)
        self._places: dict[str, tuple[int, int]] = {}
        region = Region(file, 0, size, label)
        for name, kind, length, target in Tar(region, label):
            path = self._names.add(name, kind, target)
            if path is not None:
                self._places[path] = (region.at, length)
                if region.at + length > size:
                    raise ImageError(f"{label} is truncated")

    def has(self, name: str) -> bool:
        return self._names.has(name)

    def _region(self, name: str) -> Region:
        start, size = self._places[self._names.real(name)]
        return Region(self._file, start, size, f"{self.label}: {name}")

    def read(self, name: str) -> bytes:
        if self._places[self._names.real(name)][1] > JSON_LIMIT:
            raise ImageError(f"{self.label}: {name} is larger than {JSON_LIMIT} bytes")
        return self._region(name).read(JSON_LIMIT)

    def scan(self, name: str) -> LayerScan:
        return scan_blob(lambda: self._region(name), f"{self.label}: {name}", self._wanted)


class FolderStore:
    """An OCI layout in a folder."""

    def __init__(self, folder: str, wanted: Wanted = None) -> None:
        self.label, self._wanted = folder, wanted
        self._root = os.path.realpath(folder)

    def _path(self, name: str) -> str:
        path = os.path.realpath(os.path.join(self._root, clean(name, self.label)))
        if os.path.commonpath((path, self._root)) != self._root:
            raise ImageError(f"{self.label}: {name!r} is a link out of the folder")
        return path

    def has(self, name: str) -> bool:
        return os.path.lexists(os.path.join(self._root, clean(name, self.label)))

    def read(self, name: str) -> bytes:
        with open_regular(self._path(name), f"{self.label}: {name}") as (file, size):
            if size > JSON_LIMIT:
                raise ImageError(f"{self.label}: {name} is larger than {JSON_LIMIT} bytes")
            return Region(file, 0, size, name).read(size)

    def scan(self, name: str) -> LayerScan:
        what = f"{self.label}: {name}"
        with open_regular(self._path(name), what) as (file, size):
            return scan_blob(lambda: Region(file, 0, size, what), what, self._wanted)


class DirStore:
    """A folder of skopeo's `dir:` form: the manifest, and blobs called by their digests; as an OCI layout."""

    def __init__(self, folder: FolderStore) -> None:
        self.label, self._folder = folder.label, folder
        raw = folder.read("manifest.json")
        digest = hashlib.sha256(raw).hexdigest()
        self._manifest = f"{_BLOBS}{digest}"
        self._texts = {self._manifest: raw}
        self._texts["index.json"] = json.dumps({"manifests": [{"digest": f"sha256:{digest}"}]}).encode()

    def has(self, name: str) -> bool:
        """Whether it has a file, by the name in an OCI layout."""
        return name in self._texts or (name.startswith(_BLOBS) and self._folder.has(name.removeprefix(_BLOBS)))

    def read(self, name: str) -> bytes:
        """A small file. Raises ImageError."""
        return self._texts[name] if name in self._texts else self._folder.read(name.removeprefix(_BLOBS))

    def scan(self, name: str) -> LayerScan:
        """A layer. Raises ImageError."""
        return self._folder.scan(name.removeprefix(_BLOBS))


class StreamStore:
    """A tar that passes once: small JSON files are kept, everything else is summed up as a layer."""

    def __init__(self, source: ByteSource, label: str, wanted: Wanted = None) -> None:
        self.label = label
        self._names = _Names(label)
        self._texts: dict[str, bytes] = {}
        self._scans: dict[str, LayerScan | ImageError] = {}
        weight = total = 0
        tar = Tar(plain(source, label), label)
        for name, kind, size, target in tar:
            path = self._names.add(name, kind, target)
            if path is None:
                continue
            data = tar.data()
            head = data.peek(512)
            self._texts.pop(path, None)
            self._scans.pop(path, None)
            if size <= JSON_LIMIT and head[:1] in (b"{", b"[") and head[257:262] != b"ustar":
                total += size
                if total > MAX_JSON:
                    raise ImageError(f"{label}: more than {MAX_JSON} bytes of JSON: not a saved image")
                self._texts[path] = data.read(size)
                continue
            try:
                scan = scan_source(data, f"{label}: {path}", wanted)
            except ImageError as error:  # matters only if the image turns out to have it as a layer
                self._scans[path] = error
                continue
            weight += scan.weight
            if weight > 2 * MAX_WEIGHT:
                raise ImageError(f"{label}: more files in its layers than an image has")
            self._scans[path] = scan

    def has(self, name: str) -> bool:
        return self._names.has(name)

    def read(self, name: str) -> bytes:
        path = self._names.real(name)
        if path not in self._texts:
            raise ImageError(f"{self.label}: {name} is not JSON, or larger than {JSON_LIMIT} bytes")
        return self._texts[path]

    def scan(self, name: str) -> LayerScan:
        path = self._names.real(name)
        scan = self._scans.get(path)
        if scan is None:
            raise ImageError(f"{self.label}: {name} is not a layer")
        if isinstance(scan, ImageError):
            raise scan
        return scan


@contextmanager
def open_regular(path: str, what: str) -> Iterator[tuple[RawFile, int]]:
    """(file, bytes); only a regular file, since opening a pipe or a device could hang. Raises ImageError."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ImageError(f"{what} is not a regular file")
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - the store closes it
    except FileNotFoundError:
        raise ImageError(f"{what} is missing") from None
    except (OSError, ValueError) as error:
        raise ImageError(f"{what} cannot be read: {error}") from None
    with file:
        try:
            yield file, os.fstat(file.fileno()).st_size
        except OSError as error:
            raise ImageError(f"{what} cannot be read: {error}") from None


@contextmanager
def open_path(path: str, wanted: Wanted = None) -> Iterator[Store]:
    """The store behind a file or folder. Raises ImageError."""
    if os.path.isdir(path):
        folder = FolderStore(path, wanted)
        yield DirStore(folder) if folder.has("version") and not folder.has("index.json") else folder
        return
    with open_regular(path, path) as (file, size):
        region = Region(file, 0, size, path)
        content = plain(region, path)
        yield FileStore(file, size, path, wanted) if content is region else StreamStore(content, path, wanted)


def stream_store(read: RawFile, label: str, wanted: Wanted = None) -> Store:
    """The store behind a pipe that gives a saved image."""
    return StreamStore(Stream(pieces(read.read), label), label, wanted)
