"""What a parameter is taken for that nothing here sets: empty in a condition, or the word behind `:-` and the like."""

from __future__ import annotations

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.parameters import LIVE, PLAIN
from wxlint.shell.bash.tree import Param
from wxlint.shell.state import ShellState
from wxlint.shell.values import ROOT, UNSET, hole, merged, not_set


def presumed_empty(state: ShellState, part: Param) -> Value | None:
    """In a condition: a variable that nothing sets, taken to be empty; None where it is not."""
    if not state.defaults:
        return None
    assumed = not_set(part.name)
    return None if assumed in state.refuted else Value("", (), (assumed,))


def presumed(state: ShellState, value: Value) -> Value:
    """In a condition: a value whose unknown parts are all variables that nothing sets, taken to be empty."""
    assumed: list[Reason] = []
    for name in value.holes:
        match = PLAIN.match(name)
        if not match or match[1] in state.vars or match[1] in LIVE or not state.defaults:
            return value
        if match[1].isdigit() and (not state.args.script or match[1] in state.shadowed):
            return value
        reason = not_set(match[1])
        if reason in state.refuted:
            return value
        assumed.append(reason)
    return Value(value.text.replace(HOLE, ""), (), merged(value.because, tuple(assumed)))


def chosen_default(state: ShellState, part: Param, value: Value | None) -> Value | tuple[Reason, ...]:
    """For `:- - := = :+ + :? ?`: the value, or the reasons for which the word behind the operator is taken.

    value: of the parameter itself, as it is looked up.
    """
    op = part.op
    kind = op[-1]
    because: tuple[Reason, ...] = ()
    if value is None:
        if kind == "?":
            state.may_leave("exit")
            return hole(part.raw)
        assumed = not_set(part.name)
        if not state.defaults or assumed in state.refuted:
            return hole(part.raw)
        if kind == "+":
            return Value("", (), (assumed,))
        return (Reason("assumed", f"default of {part.raw[:200]}", name=part.name),)
    absent = value is UNSET
    if not absent and op[0] == ":":
        if value.holes and not value.text.strip(HOLE) and ROOT not in value.holes:  # may be empty or not
            return hole(part.raw)
        absent = value.text == ""
        because = value.because
    elif not absent and value.text == "" and any(reason.name == f"{part.name}?" for reason in value.because):
        return hole(part.raw)  # a condition says that it is empty, or not set
    if kind == "+":
        if value.holes == (state.named(part.name),) and value.text == HOLE:  # a branch may unset it
            return hole(part.raw)
        return Value("", (), because) if absent else because
    if not absent:
        return value
    if kind == "?":
        state.flow = "exit"
        return hole(part.raw)
    return because
