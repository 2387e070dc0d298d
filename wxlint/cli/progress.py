"""How far long work is, on one line of standard error that changes; only a terminal sees it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from wxlint.core.escape import escape

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository
    from wxlint.inspection.streams import RawFile

_FIRST, _NEXT = 1.0, 0.1
"""Seconds before the line appears at all, and between two of its states."""
_BACK = "\r\x1b[K"
"""To the start of the line, which is wiped."""


class Progress:
    """A line on a stream. A process that was forked from this one writes nothing."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock, self._owner = stream, clock, os.getpid()
        self._due = clock() + _FIRST
        self._shown = False

    def note(self, text: str) -> None:
        """Show how far the work is, if the line is due."""
        now = self._clock()
        if now >= self._due and os.getpid() == self._owner:
            self._due = now + _NEXT
            self._shown = True
            self._write(_BACK + escape(text)[: _columns() - 1])

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            self._shown = False
            self._write(_BACK)

    def of_dockerfiles(self, repository: Repository) -> None:
        """Count the Dockerfiles of a repository as they are evaluated."""
        done: set[str] = set()
        total = len(repository.dockerfiles)

        def watch(path: str) -> None:
            done.add(path)
            self.note(f"evaluated {len(done)} of {total} Dockerfiles")

        repository.graph.evaluations.watch = watch

    def of_stream(self, stream: RawFile) -> RawFile:
        """The stream of an image, its bytes counted as they are read."""
        return _Counted(stream, self.note)

    def _write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


class _Counted:
    """A stream that says how much of it was read."""

    def __init__(self, stream: RawFile, note: Callable[[str], None]) -> None:
        self._stream, self._note, self._bytes = stream, note, 0

    def read(self, size: int, /) -> bytes | None:
        from wxlint.core.units import amount

        data = self._stream.read(size)
        self._bytes += len(data or b"")
        self._note(f"read {amount(self._bytes)} of the image")
        return data

    def seek(self, offset: int, /) -> int:
        return self._stream.seek(offset)


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80
