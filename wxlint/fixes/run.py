"""Fixing from the command line: a trial, then files that are written, or a patch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff

from wxlint.core.errors import InputError
from wxlint.core.escape import escape_part
from wxlint.core.reading import decode, encoding_of, read_bytes
from wxlint.core.writing import write_file
from wxlint.documents.source import MAX_BYTES


class Disk:
    """The files below a root. root: nothing outside it is changed, whatever links say. writes: they are to be written,
    so that a read-only one is no use.
    """

    def __init__(self, root: str, *, writes: bool = True) -> None:
        self._root, self._writes = os.path.realpath(root), writes
        self._read: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """The bytes of a file that may be changed. Raises InputError for one that may not."""
        real = os.path.realpath(path)
        if not (real == self._root or real.startswith(self._root.rstrip("/") + "/")):
            raise InputError(f"{path}: not changed: it lies outside the repository")
        try:
            data = read_bytes(path, MAX_BYTES)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not changed: {getattr(error, 'strerror', None) or error}") from error
        if self._writes and (not os.access(real, os.W_OK) or not os.stat(real).st_mode & 0o222):
            raise InputError(f"{path}: not changed: it is read-only")
        self._read[path] = data
        return data

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files, each in one step. Raises InputError where one is no longer what was read, before any is
        written."""
        real: dict[str, tuple[str, bytes]] = {}
        for path, data in files.items():
            try:
                there = read_bytes(path, MAX_BYTES)
            except (OSError, ValueError) as error:
                raise InputError(f"{path}: not changed: {getattr(error, 'strerror', None) or error}") from error
            if there != self._read[path]:
                raise InputError(f"{path}: it was changed meanwhile; nothing is written")
            other = real.setdefault(os.path.realpath(path), (path, data))
            if other[1] != data:
                raise InputError(f"{path}: is the same file as {other[0]}; nothing is written")
        for target, (_, data) in real.items():
            write_file(target, [data])

    def patch(self, files: Mapping[str, bytes]) -> Iterator[str | bytes]:
        """The changes as a patch for `git apply` or `patch -p1`."""
        for path in sorted(files):
            yield from _patch(path, self._read[path], files[path])


def _patch(path: str, old: bytes, new: bytes) -> Iterator[str | bytes]:
    """One file's part of a patch, byte for byte; of a file in UTF-16 it can only be looked at."""
    if encoding_of(old) != "utf-8":
        text = unified_diff(
            decode(old).splitlines(keepends=True), decode(new).splitlines(keepends=True), f"a/{path}", f"b/{path}"
        )
        yield from (line if line.endswith("\n") else f"{line}\n" for line in text)
        return
    name = escape_part(path)
    lines = unified_diff(_lines(old), _lines(new), f"a/{name}", f"b/{name}", lineterm="\n")
    for line in lines:
        yield line.encode("utf-8", "surrogateescape")
        if not line.endswith("\n"):
            yield "\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    """The lines of a file with their ends, as git counts them."""
    text = data.decode("utf-8", "surrogateescape")
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def listed(items: Iterable[str]) -> str:
    """ "a, b and c"."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last
