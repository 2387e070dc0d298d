"""Bytes in order, from a stretch of a file or from a pipe, plain or compressed; memory stays bounded.

A Source is read forwards only. A Region of a file skips by position, so what lies between two tar headers is never
touched; a Stream has to read what it skips.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from wxlint.core.errors import ImageError

PIECE = 1 << 16
"""Bytes taken from a file or pipe at a time; also the step in which a decompressor is fed."""
ZSTD_PIECE = 1 << 11
"""zstd can turn 4 bytes into 128 KiB, and the `zstandard` package cannot be told to stop early: feed it little."""
ZSTD_WINDOW = 1 << 27
"""Bytes of history that a zstd frame may ask for; the limit that the zstd command has too."""
BOMB_FLOOR = 1 << 30
BOMB_RATIO = 100
"""Past BOMB_FLOOR bytes of output, more than this many bytes out for a byte in is refused."""

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class RawFile(Protocol):
    """A file opened with buffering=0."""

    def read(self, size: int, /) -> bytes | None: ...
    def seek(self, offset: int, /) -> int: ...


class ByteSource(Protocol):
    def peek(self, size: int) -> bytes:
        """The next bytes without taking them; fewer only at the end."""

    def read(self, size: int) -> bytes:
        """The next bytes; fewer than `size` only at the end."""

    def skip(self, size: int) -> None:
        """Leave bytes out. Raises ImageError when there are not that many."""


class Region:
    """The stretch [start, start + size) of an open file."""

    def __init__(self, file: RawFile, start: int, size: int, what: str) -> None:
        self._file = file
        self.at = start
        self._end = start + size
        self._what = what

    def read(self, size: int) -> bytes:
        left = self._end - self.at
        size = min(size, left)
        self._file.seek(self.at)
        data = self._file.read(size) or b""
        while len(data) < size:  # the kernel may give less than was asked for
            more = self._file.read(size - len(data))
            if not more:
                break
            data += more
        self.at += len(data)
        return data

    def peek(self, size: int) -> bytes:
        at = self.at
        data = self.read(size)
        self.at = at
        return data

    def skip(self, size: int) -> None:
        self.at += size
        if self.at > self._end:
            raise ImageError(f"{self._what} is truncated")


class Stream:
    """Whatever an iterator of byte pieces gives."""

    def __init__(self, pieces: Iterator[bytes], what: str) -> None:
        self._pieces = pieces
        self._piece = b""
        self.at = 0
        self._what = what

    def read(self, size: int) -> bytes:
        end = self.at + size
        if end <= len(self._piece):
            data = self._piece[self.at : end]
            self.at = end
            return data
        parts = [self._piece[self.at :]]
        missing = size - len(parts[0])
        self._piece, self.at = b"", 0
        while missing:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(piece[:missing])
            if len(piece) > missing:
                self._piece, self.at = piece, missing
            missing -= len(parts[-1])
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        data = self.read(size)
        self._piece, self.at = data + self._piece[self.at :], 0
        return data

    def skip(self, size: int) -> None:
        end = self.at + size
        while end > len(self._piece):
            end -= len(self._piece)
            piece = next(self._pieces, None)
            if piece is None:
                raise ImageError(f"{self._what} is truncated")
            self._piece = piece
        self.at = end


def pieces(read: Callable[[int], bytes | None]) -> Iterator[bytes]:
    """What a `read` function gives, until it gives nothing."""
    while piece := read(PIECE):
        yield piece


def plain(source: ByteSource, what: str) -> ByteSource:
    """The source itself, or its decompressed content when it starts as gzip or zstd does.

    Raises ImageError for zstd without a library for it. Damage and bombs raise ImageError while it is read.
    """
    magic = source.peek(4)
    if magic.startswith(GZIP_MAGIC):
        return Stream(_gunzip(pieces(source.read), what), what)
    if magic == ZSTD_MAGIC or (magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F):  # a skippable frame
        return Stream(_unzstd(pieces(source.read), what), what)
    return source


class _Meter:
    """Counts bytes in and out of a decompressor and refuses a bomb."""

    def __init__(self, what: str) -> None:
        self.taken = 0
        self.given = 0
        self._what = what

    def out(self, size: int) -> None:
        self.given += size
        if self.given > BOMB_FLOOR and self.given > self.taken * BOMB_RATIO:
            raise ImageError(
                f"{self._what} grows to more than {BOMB_RATIO} times its size when decompressed: taken for a bomb",
            )


def _gunzip(source: Iterator[bytes], what: str) -> Iterator[bytes]:
    engine = zlib.decompressobj(31)
    meter = _Meter(what)
    fresh = False  # nothing of the present member was seen yet
    try:
        for piece in source:
            meter.taken += len(piece)
            while piece:
                if fresh:
                    piece = piece.lstrip(b"\0")  # padding between members
                    if not piece:
                        break
                    fresh = False
                data = engine.decompress(piece, 1 << 20)
                piece = engine.unconsumed_tail
                if engine.eof:
                    piece = engine.unused_data
                    engine = zlib.decompressobj(31)
                    fresh = True
                if data:
                    meter.out(len(data))
                    yield data
        while not fresh:  # what zlib still holds back because of the limit on its answers
            data = engine.decompress(b"", 1 << 20)
            fresh = engine.eof
            if data:
                meter.out(len(data))
                yield data
            elif not fresh:
                break
    except zlib.error as error:
        raise ImageError(f"{what}: the gzip data is damaged ({error})") from None
    if not fresh:
        raise ImageError(f"{what} is truncated: the gzip data stops half way")


def _unzstd(source: Iterator[bytes], what: str) -> Iterator[bytes]:
    new, error_type = _zstd_engine()
    engine = new()
    meter = _Meter(what)
    fresh = False
    try:
        for big in source:
            meter.taken += len(big)
            for start in range(0, len(big), ZSTD_PIECE):
                piece = big[start : start + ZSTD_PIECE]
                while piece:
                    if engine.eof:
                        engine = new()
                    data = engine.decompress(piece)
                    fresh = bool(engine.eof)
                    piece = engine.unused_data if fresh else b""
                    if data:
                        meter.out(len(data))
                        yield data
    except error_type as error:
        raise ImageError(f"{what}: the zstd data is damaged ({error})") from None
    if not fresh:
        raise ImageError(f"{what} is truncated: the zstd data stops half way")


def _zstd_engine() -> tuple[Callable[[], Any], type[Exception]]:
    """(makes a decompressor with decompress(), eof and unused_data; its error type)."""
    # Imported here: only zstd layers need it, Python has it from 3.14 on, and the package is optional before.
    try:
        std = importlib.import_module("compression.zstd")
        options = {std.DecompressionParameter.window_log_max: ZSTD_WINDOW.bit_length() - 1}
        return lambda: std.ZstdDecompressor(options=options), std.ZstdError
    except ImportError:
        pass
    try:
        package = importlib.import_module("zstandard")
    except ImportError:
        raise ImageError(
            "a layer is compressed with zstd, which Python reads from 3.14 on: pip install 'wxlint[zstd]'",
        ) from None
    return lambda: package.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj(), package.ZstdError
