"""Loops: rounds that are known one by one, and a body that may run any number of times."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.assigned_names import assigned, may_leave
from wxlint.shell.bash.assignments import attributed
from wxlint.shell.bash.conditions import arithmetic_test
from wxlint.shell.bash.parameters import given
from wxlint.shell.bash.tree import (
    Count,
    For,
    Node,
    Param,
    While,
    WordText,
)  # fmt: skip
from wxlint.shell.bash.walker import Walker
from wxlint.shell.branches import close, resting
from wxlint.shell.state import (
    INPUT,
    LOOP,
    MAX_COMMANDS,
    MAX_STEPS,
    OPEN,
    RAN,
    ROUND,
    YES,
    Status,
)
from wxlint.shell.values import NO_ARGUMENTS, PositionalParameters, assumptions, hole, merged, resting_on

GLOB_TEXT = r"[*?]|\[[^\]]+\]"
GLOB = late(GLOB_TEXT)
_UNKNOWN = late(rf"{GLOB_TEXT}|{HOLE}")
_MAX_ROUNDS = 60
"""Of a loop whose condition is known each time; one that goes on is walked once."""


def _for(walk: Walker, node: For) -> Status:
    state, expander = walk.state, walk.words
    items: list[tuple[Value, bool]] = []  # with whether it is one word for certain
    assumed: tuple[Reason, ...] = ()
    everything = (WordText(node.start, node.start, (Param("@", "", (), (), None, True, "$@"),), None, True),)
    for word in node.words if node.words is not None else everything:
        values = expander.fields(word)
        exact = not expander.inexact
        assumed = merged(assumed, tuple([reason for reason in expander.vanished if reason.kind == "assumed"]))
        for value in values:
            if not word.quoted and value.because:
                assumed = merged(assumed, assumptions(value))
            globbed = not word.quoted and bool(GLOB.search(value.text))
            if not exact and value.text != HOLE and any("@" in name or name == "$*" for name in value.holes):
                value = hole(f"${{{node.name}}}")  # the text beside a list is in one of its words
            items.append((_unglobbed(value) if globbed else value, exact and not globbed))
    if node.chosen:
        items = [(hole(f"${{{node.name}}}"), False)]
    if assumed:  # how many items there are rests on it
        items = [(resting_on(value, assumed), exact) for value, exact in items]
    state.steps += len(items) // 8
    if not items or state.flow:
        return YES
    known = [value for value, exact in items if exact]
    first = next((number for number, (_, exact) in enumerate(items) if not exact), len(items))
    unknown = [value for value, exact in items if not exact]
    loop = state.open(LOOP)
    state.conditional = state.conditional or bool(assumed)
    tail, walk.tail = walk.tail, False
    rounds = _each(walk, node, known, first)
    if rounds is None:
        unknown = [hole(f"${{{node.name}}}")]
    left = state.flow, state.levels
    if unknown and (not left[0] or rounds is None or rounds > first):
        state.flow = ""
        item = unknown[0] if len(unknown) == 1 else hole(f"${{{node.name}}}")
        none = (
            not known
            and NO_ARGUMENTS not in state.refuted
            and state.args.script
            and all(value.text == HOLE and value.holes[0] in ("$@", "$*", "${@}") for value in unknown)
        )
        note = Reason(
            "loop", f"for {node.name} in {item.shown()[:60]}", *state.where(state.place(node.start)), node.name
        )
        _once(walk, node.body, node.name, item, note, (NO_ARGUMENTS,) if none else ())
        state.flow, state.levels = left  # a round behind those of items that are not known may have left the loop
    walk.tail = tail
    close(state, loop)
    return RAN


def _each(walk: Walker, node: For, values: list[Value], first: int) -> int | None:
    """The body once for each item. How many rounds were walked; None, with everything undone, when these give too many
    commands.

    first: how many items stand in front of one that is not known.
    """
    state = walk.state
    if state.full and values:
        return None
    rounds = 0
    count, mark, because, depth = len(state.commands), state.mark(), state.because, len(state.catches)
    place = state.where(state.place(node.start))
    conditional = state.conditional
    for number, value in enumerate(values):
        if number == first and ("set -u" in state.vars or "set -e" in state.vars):
            state.may_leave("exit")  # a round in between may have ended the text
        if number == first and may_leave(node.body, walk.functions):  # the loop may have ended in a round in between
            walk.words.parameters.store(node.name, None)
            _unsettled(walk, node.body)
            state.may_leave("break")
        if number >= first:  # rounds in between have set what is not known, and may have ended the loop
            _unsettled(walk, node.body)
            walk.last = OPEN
            state.conditional = state.conditional or may_leave(node.body, walk.functions)
        note = Reason("loop", f"for {node.name}={value.shown()[:80]}", *place, node.name)
        value = attributed(walk, node.name, Value(value.text, value.holes, merged(value.because, (note,))))
        _take(walk, node.name, value)
        state.because = (*because, note)
        state.steps += 1
        _round(walk, node.body)
        state.because = because
        if state.full or len(state.commands) > MAX_COMMANDS or state.steps > MAX_STEPS:
            state.full = True
            _forget_rounds(walk, count, depth)
            state.undo(mark)
            return None
        rounds += 1
        if state.flow:
            break
    if not state.catches[-1].ends:
        state.conditional = conditional
    return rounds


def _take(walk: Walker, name: str, item: Value) -> None:
    """Give the variable of a loop its next item; a reference then means another variable."""
    if not walk.words.parameters.refuses(name):
        walk.state.set(name, given(name, walk.state.vars.get(name), item))


def _unsettled(walk: Walker, body: Node) -> None:
    """What a body may set is not known."""
    for name in sorted(assigned(body, walk.functions)):
        if not name.isdigit():
            walk.words.parameters.store(name, None)
        else:
            walk.state.args = PositionalParameters((), True)


def _round(walk: Walker, body: Node) -> Status:
    """One round, which `continue` may end."""
    catch = walk.state.open(ROUND)
    status = walk.run(body)
    close(walk.state, catch)
    return status


def _forget_rounds(walk: Walker, count: int, depth: int) -> None:
    """Commands and early ends of rounds that are undone."""
    state = walk.state
    del state.commands[count:]
    del state.catches[depth:]
    state.may_end = [at for at in state.may_end if at <= count]
    state.catches[-1].ends.clear()
    state.conditional = state.catches[-1].conditional or state.catches[-1].passed


def _once(
    walk: Walker, body: Node, name: str, item: Value | None, note: Reason | None, assumed: tuple[Reason, ...]
) -> None:
    """A loop whose rounds are unknown: its body once, with what it sets unknown.

    assumed: under these it has no round, and the values from before go on.
    """
    state = walk.state
    base = state.mark()
    names = assigned(body, walk.functions)
    state.steps += len(names) // 2
    for each in sorted(names):
        if not each.isdigit():
            walk.words.parameters.store(each, None)
    if "0" in names:
        state.args = PositionalParameters((), True)
    if item is not None:
        names.add(name)
        _take(walk, name, item)
    conditional, because, tail = state.conditional, state.because, walk.tail
    state.conditional, walk.tail, walk.last = True, False, OPEN
    if note is not None:
        state.because = (*because, note)
    written = len(state.output) if state.output is not None else 0
    catches = len(state.catches)
    _round(walk, body)
    if state.flow and not (state.flow in ("break", "continue") and state.levels == 1):
        state.leave()
    state.conditional, state.because, walk.tail = conditional, because, tail
    if state.output is not None and len(state.output) > written:
        state.output[written:] = [None]
    changes = state.changes(base)
    names.update(each for each in changes if " " not in each)
    state.undo(base)
    for each in changes:
        if " " in each:  # attributes, options, functions
            state.put(each, None if each == INPUT else hole(each))
    del state.catches[catches:]
    for each in sorted(names):
        old = state.vars.get(each)
        if each.isdigit():
            state.args = state.args if assumed else PositionalParameters((), True)
        elif not assumed:
            walk.words.parameters.store(each, None)
        elif old is not None:
            state.set(each, resting(each, old, assumed))


def _while(walk: Walker, node: While) -> Status:
    state = walk.state
    mark, count, may_end = state.mark(), len(state.commands), len(state.may_end)
    status = walk.watched(node.condition)
    if state.flow or (status.certain and status.truth == node.until):
        return YES if not state.flow else RAN
    loop = state.open(LOOP)
    if status.certain:
        if _rounds(walk, node, partial(walk.watched, node.condition), None):
            close(state, loop)
            return RAN
        del state.may_end[may_end:]
        _forget_rounds(walk, count, len(state.catches))
        state.undo(mark)
        status = walk.watched(node.condition)
        for each in sorted(assigned(node.condition, walk.functions)):
            walk.words.parameters.store(each, None)
    none = status.assumed if status.truth is not None and status.truth == node.until else ()
    _once(walk, node.body, "", None, None, none)
    loop.ends.clear()
    close(state, loop)
    if not none:
        for each in sorted(assigned(node.condition, walk.functions)):
            if not each.isdigit():
                walk.words.parameters.store(each, None)
    return RAN


def _rounds(walk: Walker, node: While | Count, condition: Callable[[], Status], step: str | None) -> bool:
    """Walk a loop for as long as its condition is known. False when that does not end.

    The condition was true a moment ago.
    """
    state = walk.state
    until = node.until if isinstance(node, While) else False
    depth = len(state.catches)
    tail, walk.tail = walk.tail, False
    for _ in range(_MAX_ROUNDS):
        if state.full or len(state.commands) > MAX_COMMANDS or state.steps > MAX_STEPS:
            break
        log = len(state.log)
        _round(walk, node.body)
        if state.flow:
            walk.tail = tail
            return True
        if len(state.catches) > depth or state.conditional != state.catches[-1].conditional:
            break  # a round may have ended the loop
        if step is not None and walk.words.sums.calculated(step) is None:
            break
        status = condition()
        if state.flow or not status.certain:
            break
        if status.truth == until:
            walk.tail = tail
            return True
        if len(state.log) == log:
            break  # nothing changes: it does not end
    walk.tail = tail
    return False


def _count(walk: Walker, node: Count) -> Status:
    """`for ((first; condition; step))`."""
    state, expander = walk.state, walk.words
    texts = [text.strip() for text in node.parts]
    loop = state.open(LOOP)
    if texts and (not texts[0] or expander.sums.calculated(texts[0]) is not None):
        mark, count = state.mark(), len(state.commands)
        condition = partial(arithmetic_test, expander, texts[1] or "1")
        status = condition()
        if status.certain and not status.truth:
            close(state, loop)
            return YES
        if status.certain and _rounds(walk, node, condition, texts[2] or "0"):
            close(state, loop)
            return RAN
        _forget_rounds(walk, count, len(state.catches))
        state.undo(mark)
    for text in texts:
        expander.sums.unsettle(text)
    _once(walk, node.body, "", None, None, ())
    for text in texts:
        expander.sums.unsettle(text)
    loop.ends.clear()
    close(state, loop)
    return RAN


def _unglobbed(value: Value) -> Value:
    """A glob that stands for file names: its stars are unknown."""
    names = iter(value.holes)
    found = _UNKNOWN.finditer(value.text)
    holes = tuple([next(names) if match[0] == HOLE else match[0] for match in found])
    return Value(_UNKNOWN.sub(HOLE, value.text), holes, value.because)


WALKS: dict[type, Callable[..., Status]] = {For: _for, While: _while, Count: _count}
"""By the type of a node, how it is walked."""
