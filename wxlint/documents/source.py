"""A file as text with positions."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from wxlint.core.errors import InputError
from wxlint.core.findings import Span
from wxlint.core.reading import BINARY, UNKNOWN, UTF_8, NotAFile, TooLarge, decode, encoding_of, flaw_of, read_bytes
from wxlint.core.tuples import NamedTuple

MAX_BYTES = 8 * 1024 * 1024
"""Larger files are refused: the largest real Dockerfile or script known is far below 1 MiB."""


class TextProblem(NamedTuple):
    """What is wrong with a text, with source offsets."""

    start: int
    end: int
    message: str


class Source:
    """One text file. Immutable; `text` has `\\n` line ends, no BOM, and no NUL characters.

    path: as shown to people, relative to the working directory where possible, with `/`.
    encoding: "utf-8", or the UTF-16 or UTF-32 that a byte order mark at the start names; "binary" or "unknown-8bit" for
    bytes with NULs in them, and for others that are not UTF-8.
    """

    __slots__ = ("_starts", "encoding", "path", "text")

    def __init__(self, path: str, text: str, encoding: str = UTF_8) -> None:
        self.path = path
        self.text = text
        self.encoding = encoding
        self._starts: list[int] | None = None

    @property
    def foreign(self) -> str:
        """What is wrong with the encoding for a program that reads bytes, as a shell does; empty for nothing.

        What comes through a pipe may have been encoded on the way. Of NULs those in the first line count: that is what
        UTF-16 without a mark has, and what bash looks at; an archive may be packed behind a script.
        """
        if self.encoding in (UTF_8, UNKNOWN) or (self.encoding == BINARY and not self._starts_binary):
            return ""
        return self.unfit_for()

    def unfit_for(self, *also: str) -> str:
        """What is wrong with the encoding for a program that refuses all but UTF-8; empty for nothing.

        also: what else it reads, as the first six characters of `encoding`.
        """
        if self.encoding == UTF_8 or self.encoding[:6] in also or self.path == "-":
            return ""
        if self.encoding in (BINARY, UNKNOWN):
            found = "NUL characters" if self.encoding == BINARY else "bytes that are not UTF-8"
            return f"the file holds {found}; its program refuses them"
        read = " and ".join(("UTF-8", *(each.upper() for each in also if each.startswith("utf"))))
        return f"the file is {self.encoding[:6].upper()}; its program reads {read} alone"

    @property
    def _starts_binary(self) -> bool:
        first = self.text.find("\ufffd")
        return first >= 0 and "\n" not in self.text[:first]

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
        starts, end = self.starts, max(start, end)
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return Span(self.path, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    def offsets(self, span: Span) -> tuple[int, int]:
        """Where a span of this file starts and ends, in characters."""
        starts = self.starts
        return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1

    def line_text(self, line: int) -> str:
        """The text of a line (from 1), without its line end; empty when there is no such line."""
        starts = self.starts
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end]


def from_bytes(shown: str, data: bytes) -> Source:
    """The source with these bytes."""
    text, encoding = decode(data), encoding_of(data)
    if encoding == UTF_8 and "\ufffd" in text:
        encoding = flaw_of(data)
    return Source(shown, text, encoding)


def read(path: Path, shown: str) -> Source:
    """Read a file. Raises InputError, with the reason, for one that cannot be read or is too large."""
    try:
        return from_bytes(shown, read_bytes(path, MAX_BYTES))
    except (NotAFile, TooLarge) as error:
        raise InputError(f"{shown}: {error.strerror}; not read") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{shown}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
