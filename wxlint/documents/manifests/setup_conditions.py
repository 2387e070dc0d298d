"""What the conditions of a setup.py are about: a list that may be missing, lines that are passed over."""

from __future__ import annotations

import ast

from wxlint.documents.manifests.setup_expressions import Evaluator, called
from wxlint.documents.manifests.setup_values import Item, Scope

_EXISTS = ("exists", "isfile", "is_file")


def reads_what_it_finds(node: ast.If, evaluator: Evaluator, scope: Scope) -> bool:
    """Whether a condition asks for a file that its statements then read: a list that is not there is not known."""
    if called(node.test) not in _EXISTS or not isinstance(node.test, ast.Call):
        return False
    test = node.test
    path = test.args[0] if test.args else test.func.value if isinstance(test.func, ast.Attribute) else None
    if path is None or not isinstance(evaluator.value(path, scope), Item):
        return False
    calls = (one for statement in node.body for one in ast.walk(statement) if called(one) in ("open", "read_text"))
    return any(ast.unparse(path) in ast.unparse(call) for call in calls)


def skips_a_line(node: ast.stmt, evaluator: Evaluator, scope: Scope) -> bool:
    """Whether a statement of a loop over a file's lines only passes over lines that are no requirements."""
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Continue)
        and evaluator.rejects_others(node.test, scope)
    )
