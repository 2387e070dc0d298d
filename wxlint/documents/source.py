"""A file as text with positions: the one place where bytes become characters."""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path

from wxlint.core.errors import InputError
from wxlint.core.findings import Span
from wxlint.core.tuples import NamedTuple

MAX_BYTES = 8 * 1024 * 1024
"""Larger files are refused: the largest real Dockerfile or script known is far below 1 MiB."""


class Problem(NamedTuple):
    """What is wrong with a text, with source offsets."""

    start: int
    end: int
    message: str


class Source:
    """One text file. Immutable; `text` has `\\n` line ends, no BOM, and no NUL characters.

    path: as shown to people, relative to the working directory where possible, with `/`.
    """

    __slots__ = ("_starts", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """Offset of the first character of each line."""
        if self._starts is None:
            self._starts = starts = [0]
            for line in self.text.split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            starts.pop()
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character offset."""
        starts = self.starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The stretch of characters [start, end)."""
        line, column = self.position(start)
        end_line, end_column = self.position(max(start, end))
        return Span(self.path, line, column, end_line, end_column)

    def line_text(self, line: int) -> str:
        """The text of a line (from 1), without its line end; empty when there is no such line."""
        starts = self.starts
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end]


def decode(data: bytes) -> str:
    """UTF-8 with or without a BOM; bytes that are not UTF-8 (a Latin-1 comment) become U+FFFD.

    BuildKit reads bytes and ignores the encoding, so such a file builds and must be checked.
    """
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return text.replace("\0", "\ufffd") if "\0" in text else text


def read(path: Path, shown: str) -> Source:
    """Read a file. Raises InputError, with the reason, for one that cannot be read or is too large."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(min(size, MAX_BYTES) + 1)  # to ask for the most there can be costs that much memory
            if len(data) > size:  # a pipe, or a file that is being written
                data += file.read(MAX_BYTES + 1 - len(data))
    except OSError as error:
        raise InputError(f"{shown}: cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{shown}: larger than {MAX_BYTES // 2**20} MiB; not read")
    return Source(shown, decode(data))
