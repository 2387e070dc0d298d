"""Where an expression stands in a Python file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wxlint.documents.source import Source


def place_of(node: ast.expr, source: Source) -> tuple[int, int]:
    """The offsets of an expression; Python counts columns in bytes of UTF-8."""
    end = _offset(source, node.end_lineno or 1, node.end_col_offset or 0)
    return _offset(source, node.lineno, node.col_offset), end


def _offset(source: Source, line: int, column: int) -> int:
    before = source.line_text(line).encode("utf-8", "surrogatepass")[:column]
    return source.starts[min(line, len(source.starts)) - 1] + len(before.decode("utf-8", "ignore"))
