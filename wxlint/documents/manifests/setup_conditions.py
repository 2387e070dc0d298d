"""What the conditions of a setup.py are about: the system, a list that may be missing, lines that are passed over."""

from __future__ import annotations

import ast
from collections.abc import Callable

from wxlint.documents.manifests.setup_values import Lined, Listed, SetupText, Value, called

Read = Callable[[ast.expr], Value]
"""What says of an expression what it is."""

_EXISTS = ("exists", "isfile", "is_file")
_HARMLESS = (
    "#",
    "-",
    "--",
    "-r",
    "-e",
    "-i",
    "-f",
    "-c",
    "git+",
    "http",
    "https",
    "--index-url",
    "--extra-index-url",
    "",
)
"""What lines that are no requirements start with: a filter of such lines leaves the requirements."""


def holds(test: ast.expr, value: Read) -> bool | None:
    """Whether a condition holds in a Linux image; None where that is open."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.comparators[0], ast.Constant):
        left, right = ast.unparse(test.left), test.comparators[0].value
        is_it = {"__name__": "__main__", "sys.platform": "linux", "os.name": "posix", "platform.system()": "Linux"}
        if left in is_it and isinstance(test.ops[0], (ast.Eq, ast.NotEq)):
            return (is_it[left] == right) == isinstance(test.ops[0], ast.Eq)
    if called(test) == "startswith" and isinstance(test, ast.Call) and len(test.args) == 1:
        start = test.args[0]
        if ast.unparse(test.func) == "sys.platform.startswith" and isinstance(start, ast.Constant):
            return "linux".startswith(str(start.value))
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds(test.operand, value)
        return None if inner is None else not inner
    if called(test) == "isinstance" and isinstance(test, ast.Call) and len(test.args) == 2:
        kind = {SetupText: "str", Listed: "list"}.get(type(value(test.args[0])))
        asked = ast.unparse(test.args[1])
        return (asked == kind) if kind is not None and asked in ("str", "list") else None
    if rejects_others(test, value):
        return False
    return True if keeps_requirements(test, value) else None


def keeps_requirements(test: ast.expr, value: Read) -> bool:
    """Whether a condition about a file's line holds for each that is a requirement."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return all(keeps_requirements(one, value) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return rejects_others(test.operand, value)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.NotEq):
        about = test.left.value if isinstance(test.left, ast.Subscript) else test.left
        other = test.comparators[0]
        return isinstance(value(about), Lined) and isinstance(other, ast.Constant) and other.value in (*_HARMLESS, "\n")
    return isinstance(value(test), Lined)


def rejects_others(test: ast.expr, value: Read) -> bool:
    """Whether a condition about a file's line holds for none that is a requirement."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return all(rejects_others(one, value) for one in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(value(test.operand), Lined)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        other = test.comparators[0]
        return isinstance(value(test.left), Lined) and isinstance(other, ast.Constant) and other.value in ("", "\n")
    if called(test) == "isspace" and isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute):
        return isinstance(value(test.func.value), Lined)
    if called(test) != "startswith" or not isinstance(test, ast.Call) or len(test.args) != 1:
        return False
    starts = test.args[0].elts if isinstance(test.args[0], ast.Tuple) else [test.args[0]]
    about = test.func.value if isinstance(test.func, ast.Attribute) else None
    return (
        about is not None
        and isinstance(value(about), Lined)
        and all(isinstance(s, ast.Constant) and s.value in _HARMLESS[:-1] for s in starts)
    )


def reads_what_it_finds(node: ast.If, value: Read) -> bool:
    """Whether a condition asks for a file that its statements then read: a list that is not there is not known."""
    if called(node.test) not in _EXISTS or not isinstance(node.test, ast.Call):
        return False
    test = node.test
    path = test.args[0] if test.args else test.func.value if isinstance(test.func, ast.Attribute) else None
    if path is None or not isinstance(value(path), SetupText):
        return False
    calls = (one for statement in node.body for one in ast.walk(statement) if called(one) in ("open", "read_text"))
    return any(ast.unparse(path) in ast.unparse(call) for call in calls)


def skips_a_line(node: ast.stmt, value: Read) -> bool:
    """Whether a statement of a loop over a file's lines only passes over lines that are no requirements."""
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Continue)
        and rejects_others(node.test, value)
    )
