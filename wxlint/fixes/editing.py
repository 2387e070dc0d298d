"""Edits of a file's bytes: what no edit covers stays as it is, byte for byte."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence

from wxlint.core.errors import InputError
from wxlint.core.fix import Edit, Fix
from wxlint.core.reading import UTF_8, encoding_of
from wxlint.documents.source import Source

_MARKS = {
    UTF_8: codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def edited(data: bytes, source: Source, edits: Iterable[Edit]) -> bytes:
    """The bytes of a file with edits that do not overlap.

    Args:
        data: the file.
        source: its text; the edits have its lines and columns.

    Raises InputError when `data` is not what `source` was read from, or a line of an edit holds bytes that are no text.
    """
    encoding = encoding_of(data)
    mark = _MARKS[encoding] if data.startswith(_MARKS[encoding]) else b""
    handler = "surrogateescape" if encoding == UTF_8 else "strict"
    try:
        raw = data[len(mark) :].decode(encoding, handler)
    except UnicodeDecodeError as error:
        raise InputError(f"{source.path}: not changed: it is not {encoding} from its start to its end") from error
    lines = raw.split("\n")
    if len(lines) != len(source.starts):
        raise InputError(f"{source.path}: not changed: it is no longer what was checked")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda one: (one.span.line, one.span.column, one.span.end_line, one.span.end_column)):
        span = edit.span
        for number in range(span.line, span.end_line + 1):
            _require_same(source, number, lines)
        start = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        assert done <= start <= end, "edits overlap"
        pieces += [raw[done:start], edit.text.replace("\n", _line_end(lines, span.line))]
        done = end
    pieces.append(raw[done:])
    return mark + "".join(pieces).encode(encoding, handler)


def _require_same(source: Source, number: int, lines: Sequence[str]) -> None:
    """Raise InputError where a line of the file is not that of the text: columns would be other ones."""
    line = lines[number - 1].replace("\0", "\ufffd")
    if number < len(lines):
        line = line.removesuffix("\r")
    if line == source.line_text(number):
        return
    what = "holds bytes that are no text" if any("\udc80" <= c <= "\udcff" for c in line) else "is another one now"
    raise InputError(f"{source.path}:{number}: not changed: the line {what}")


def _line_end(lines: Sequence[str], number: int) -> str:
    """The line end of a line, of the last one that of the line before it."""
    at = number - 1 if number < len(lines) else number - 2
    return "\r\n" if at >= 0 and lines[at].endswith("\r") else "\n"


def overlap(one: Fix, other: Fix) -> bool:
    """Whether two fixes cannot be made together. Equal edits can: they are made once."""
    return any(a != b and _cross(a, b) for a in one.edits for b in other.edits)


def _cross(a: Edit, b: Edit) -> bool:
    if a.span.path != b.span.path:
        return False
    (a_start, a_end), (b_start, b_end) = _stretch(a), _stretch(b)
    if a_start == a_end or b_start == b_end:
        return a_start <= b_end and b_start <= a_end and (a_start == b_start or a_end > b_start and b_end > a_start)
    return a_start < b_end and b_start < a_end


def _stretch(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    span = edit.span
    return (span.line, span.column), (span.end_line, span.end_column)
