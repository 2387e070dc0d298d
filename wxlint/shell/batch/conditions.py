"""Conditions of batch files: `defined`, `==`, `equ` and the like."""

from __future__ import annotations

import re

from wxlint.core.values import HOLE, Value
from wxlint.shell.batch.parser import Condition
from wxlint.shell.batch.variables import Variables
from wxlint.shell.state import MAYBE, Status, opposite
from wxlint.shell.values import assumptions


def holds(variables: Variables, node: Condition) -> Status:
    """Whether a condition holds."""
    if node.kind in ("exist", "errorlevel", "cmdextversion"):
        return MAYBE
    left = variables.presumed(variables.text_of(*node.left))
    if node.kind == "defined":
        name = left.text.strip('"').lower()
        value = variables.presumed(variables.variable(name, f"%{name}%", True)) if not left.holes else left
        status = (
            MAYBE
            if value.holes and not value.text.strip(HOLE + " ")
            else Status(value.text != "", False, assumptions(value), (name, "", False))
        )
        return opposite(status) if node.negated else status
    right = variables.presumed(variables.text_of(*node.right))
    status = _compare(variables, node, left, right)
    return opposite(status) if node.negated else status


def _compare(variables: Variables, node: Condition, left: Value, right: Value) -> Status:
    assumed = (*assumptions(left), *assumptions(right))
    one, two = (left.text.lower(), right.text.lower()) if node.fold else (left.text, right.text)
    if node.kind == "==":
        raw = variables.text[slice(*node.left)]
        match = re.fullmatch(r"(\"?)(?:[%!]([^%!:]+)[%!]|%~?([1-9]))(\"?)", raw)
        refine = None
        if (
            match
            and not right.holes
            and match[1] == match[4]
            and (not match[1] or right.text[:1] == right.text[-1:] == '"')
        ):
            refine = ((match[2] or match[3]).lower(), right.text.strip('"') if match[1] else right.text, True)
        return Status(
            None if left.holes or right.holes else one == two,
            False,
            assumed,
            refine if not left.known or assumed else None,
        )
    if left.holes or right.holes:
        return MAYBE
    numbers = re.fullmatch(r"-?\d{1,9}", one) and re.fullmatch(r"-?\d{1,9}", two)
    a, b = (int(one), int(two)) if numbers else (one, two)
    outcomes = {"equ": a == b, "neq": a != b}
    if numbers:
        outcomes |= {
            "lss": int(one) < int(two),
            "leq": int(one) <= int(two),
            "gtr": int(one) > int(two),
            "geq": int(one) >= int(two),
        }
    return Status(outcomes[node.kind], False, assumed) if node.kind in outcomes else MAYBE
