"""Columns of tables that a Python file writes out: lists of tuples, dictionaries or calls, and a dictionary's values.

Where a program starts services whose names come out of such a table, the column holds what a script would say outright.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.images.builds.python.places import place_of

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source

Column = tuple[tuple[str, "Span"], ...]
"""The texts of one column, with their places; what is no text is left out."""


def columns(tree: ast.Module, source: Source) -> tuple[Column, ...]:
    """The columns of the tables that names of the module and of its classes are given."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    given = [
        statement.value
        for body in bodies
        for statement in body
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
    ]
    found = (_texts(cells, source) for value in given for cells in _cells(value))
    return tuple(column for column in found if column)


def _cells(node: ast.expr) -> Iterator[list[ast.expr]]:
    """The cells of each column of a table."""
    rows: list[ast.expr] = []
    if isinstance(node, ast.Dict):
        yield node.values
        rows = node.values
    elif isinstance(node, (ast.List, ast.Tuple)):
        rows = node.elts
    named = [_row(row) for row in rows]
    for name in dict.fromkeys(name for row in named for name in row):
        yield [row[name] for row in named if name in row]


def _row(node: ast.expr) -> dict[object, ast.expr]:
    """The cells of a row by their places or names."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return dict(enumerate(node.elts))
    if isinstance(node, ast.Dict):
        return {key.value: value for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)}
    if isinstance(node, ast.Call):
        return {**dict(enumerate(node.args)), **{key.arg: key.value for key in node.keywords}}
    return {}


def _texts(cells: list[ast.expr], source: Source) -> Column:
    return tuple(
        (cell.value, source.span(*place_of(cell, source)))
        for cell in cells
        if isinstance(cell, ast.Constant) and isinstance(cell.value, str)
    )
