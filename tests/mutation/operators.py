"""Small mistakes that a programmer could make, one at a time: what the tests must notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

Place = tuple[ast.AST, str, int | None]
"""A node, one of its fields, and the place in it where that is a list."""
_LEFT_ALONE = ("annotation", "returns", "decorator_list", "type_comment")
_FOR_PEOPLE = {"Reason": 1, "reason_at": 1}
"""Calls with a text that only people read, and which argument that is."""


class Mutant(NamedTuple):
    """One mistake.

    line: where, from 1. old, new: the expression or statement as code. function: the outermost one that it is in the
    body of, with its class ("Class.method"); empty where it is in none. body: the lines of that function's body.
    statement: the first line of the innermost statement that it is in, at which a constant of several lines is loaded.
    """

    line: int
    old: str
    new: str
    function: str
    body: range = range(0)
    statement: int = 0


_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def mistakes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)
    elif isinstance(node, ast.Constant):
        yield from map(ast.Constant, _other(node.value))
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_nothing(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
        mistaken = copy.copy(node)
        mistaken.test = ast.UnaryOp(ast.Not(), node.test)
        yield mistaken


def _other(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield f"{value}XX"


def _is_nothing(node: ast.AST) -> bool:
    """Whether a value is None, or False, in place of which None does as well."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mistake that can be made in a module; docstrings, annotations and imports are left alone."""
    tree = ast.parse(source)
    functions = {
        id(node): (name, range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1))
        for name, body in _bodies(tree, "")
        for child in body
        for node in ast.walk(child)
    }
    outer_first = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    statements = {id(node): statement.lineno for statement in outer_first for node in ast.walk(statement)}
    for _, node, mistake in _mistaken(tree):
        function, body = functions.get(id(node), ("", range(0)))
        yield Mutant(node.lineno, _code(node), _code(mistake), function, body, statements[id(node)])


def _bodies(parent: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the name and the body of each function that is in no other."""
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _bodies(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node.body


def mutated(source: str, number: int) -> ast.Module:
    """Return the module with the mistake of that number among `mutants`."""
    tree = ast.parse(source)
    place, node, mistake = next(islice(_mistaken(tree), number, None))
    ast.copy_location(mistake, node)
    _put(*place, mistake)
    return ast.fix_missing_locations(tree)


def _mistaken(tree: ast.Module) -> Iterator[tuple[Place, ast.expr | ast.stmt, ast.AST]]:
    for parent, field, index in _places(tree):
        held = getattr(parent, field)
        node = held if index is None else held[index]
        for mistake in mistakes(node):
            yield (parent, field, index), node, mistake


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _code(node: ast.AST) -> str:
    lines = ast.unparse(node).splitlines()
    return lines[0] + (" …" if len(lines) > 1 else "")


def _places(node: ast.AST) -> Iterator[Place]:
    """Yield each place below a node where a mistake can be made."""
    for field, value in ast.iter_fields(node):
        if field in _LEFT_ALONE:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST) or _is_left_alone(child) or _is_for_people(node, field, index):
                continue
            yield node, field, index
            yield from _places(child)


def _is_left_alone(node: ast.AST) -> bool:
    """Whether a mistake in it changes nothing, or only what people or type checkers read."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id in ("__slots__", "__all__") for target in node.targets)
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in ("Literal", "Callable", "Union")
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_people(node: ast.AST, field: str, index: int | None) -> bool:
    """Whether a part of a node is a text that only people read."""
    if isinstance(node, ast.Assert):
        return field == "msg"
    if isinstance(node, ast.ClassDef):
        is_enum = any(isinstance(base, ast.Name) and base.id == "Enum" for base in node.bases)
        return is_enum and index is not None and isinstance(getattr(node, field)[index], ast.Assign)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _FOR_PEOPLE:
        return False
    return field == "args" and index == _FOR_PEOPLE[node.func.id]
