"""Compound commands: lists, groups, functions; branches, loops and pipes have files that are read when there is one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wxlint.core.values import Value
from wxlint.shell.bash.branching import case_command, if_command
from wxlint.shell.bash.conditions import arithmetic_test, expression
from wxlint.shell.bash.tree import (
    AndOr,
    Arith,
    Background,
    Case,
    Count,
    For,
    Function,
    Group,
    If,
    Node,
    Pipe,
    Redirected,
    Seq,
    Test,
    Unsupported,
    While,
    WholeText,
)  # fmt: skip
from wxlint.shell.bash.walker import Walker
from wxlint.shell.branches import alternatives
from wxlint.shell.model import Redirect
from wxlint.shell.state import (
    MAYBE,
    OPEN,
    RAN,
    YES,
    Option,
    Status,
    opposite,
)

_MAX_BODIES = 1_000
"""Of one function, each of which is compared with the next."""

# -- lists


def _seq(walk: Walker, node: Seq) -> Status:
    status = YES
    tail, walk.tail = walk.tail, False
    last = len(node.items) - 1
    for number, item in enumerate(node.items):
        if number == last:
            walk.tail = tail
        status = walk.run(item)
        if walk.state.flow:
            break
    walk.tail = tail
    return status


def _lines(walk: Walker, node: WholeText) -> Status:
    """A text that is read again."""
    status = YES
    tail, walk.tail = walk.tail, False
    for number, item in enumerate(node.items, 1):
        walk.tail = tail and number == len(node.items)
        status = walk.line(item)
        walk.last = status
        if walk.state.flow:
            break
    walk.tail = tail
    return status


def _and_or(walk: Walker, node: AndOr) -> Status:
    guarded = walk.guarded
    has_to_succeed = not guarded and _has_to_succeed(walk, node)
    walk.guarded = True
    status = walk.run(node.first)
    last = len(node.rest) - 1
    for number, (operator, item) in enumerate(node.rest):
        if walk.state.flow:
            break
        wanted = operator == "&&"
        walk.guarded = guarded if number == last else True
        if status.certain:
            if status.truth == wanted:
                status = walk.run(item)
        elif wanted and (has_to_succeed or (status.ran and (status.sure or walk.tail))):
            if not status.sure:
                walk.state.may_end.append(len(walk.state.commands))
            status = walk.run(item)
        else:
            status = _perhaps(walk, status, wanted, item)
    walk.guarded = guarded
    return status


def _has_to_succeed(walk: Walker, node: AndOr) -> bool:
    """Whether a text that did not fail ends with `A && B`: B ran, even where A is a question."""
    return walk.tail and walk.state.around.succeeds and all(operator == "&&" for operator, _ in node.rest)


def _perhaps(walk: Walker, status: Status, wanted: bool, item: Node) -> Status:
    """`A && B`, `A || B` where A is not known."""
    likely = None if status.truth is None else 0 if status.truth == wanted else 1
    here = status.refine if status.refine and status.refine[2] == wanted else None
    there = status.refine if status.refine and status.refine[2] != wanted else None
    options: list[Option] = [(here, partial(walk.run, item)), (there, None)]
    second = alternatives(walk.state, options, likely, status.assumed)[0]
    if status.ran:
        return OPEN if not status.sure else RAN
    if status.truth is not None and status.truth != wanted:
        return Status(status.truth, False, status.assumed)
    if status.truth is not None and second.truth is not None:
        return Status(second.truth, False, (*status.assumed, *second.assumed))
    return OPEN if not wanted and second.ran else MAYBE


def _pipe(walk: Walker, node: Pipe) -> Status:
    guarded = walk.guarded
    walk.guarded = guarded or node.negated
    if len(node.items) == 1:
        status = walk.run(node.items[0])
    else:
        from wxlint.shell.bash.pipes import piped

        status = piped(walk, node.items)
    walk.guarded = guarded
    return opposite(status) if node.negated else status


def _group(walk: Walker, node: Group) -> Status:
    return walk.inside(node.body) if node.subshell else walk.run(node.body)


def _background(walk: Walker, node: Background) -> Status:
    """`A &`: a subshell of its own, and what follows does not wait."""
    tail, walk.tail, guarded = walk.tail, True, walk.guarded
    walk.guarded = True
    walk.inside(node.body)
    walk.tail, walk.guarded = tail, guarded
    return YES


def _redirected(walk: Walker, node: Redirected) -> Status:
    state = walk.state
    redirects = tuple([walk.redirect(redirect) for redirect in node.redirects])
    elsewhere = walk.elsewhere(redirects)
    written, given, before = state.output, state.given, len(state.commands)
    if elsewhere and written is not None:
        state.output = []
    if any(redirect.operator.startswith("<") for redirect in node.redirects):
        state.give(walk.input_of(redirects))
        status = walk.run(node.body)
        state.give(given)
    else:
        status = walk.run(node.body)
    state.output = written
    _add_to_files(walk, before, tuple(redirect for redirect in redirects if redirect.operator in (">>", "1>>")))
    return status


def _add_to_files(walk: Walker, before: int, redirects: tuple[Redirect, ...]) -> None:
    """`{ A; B; } >> file`: each command inside adds to the file, unless its output goes elsewhere."""
    commands = walk.state.commands
    for number in range(before, len(commands)) if redirects else ():
        if number not in walk.state.captured and not walk.elsewhere(commands[number].redirects):
            own = commands[number].redirects
            commands[number] = commands[number]._replace(redirects=(*own, *redirects))


def _test(walk: Walker, node: Test) -> Status:
    status = expression(walk.words, node.expression)
    return status if walk.flavor == "bash" else MAYBE  # dash has no `[[`, other shells do


def _arith(walk: Walker, node: Arith) -> Status:
    return arithmetic_test(walk.words, node.raw[2:-2])


def _define(walk: Walker, node: Function) -> Status:
    bodies = walk.functions.setdefault(node.name, [])
    if walk.words.private or walk.words.resting or walk.reading:
        node = node._replace(private=walk.words.private, resting=walk.words.resting, path=walk.reading)
    same = (at for at, body in enumerate(bodies) if body.start == node.start and body == node)
    index = next(same, len(bodies))
    if index == _MAX_BODIES:
        return walk.give_up()
    if index == len(bodies):
        bodies.append(node)
    walk.state.put(f"function {node.name}", Value(str(index)))
    return YES


def _unsupported(walk: Walker, node: Unsupported) -> Status:
    """dash ends at what it cannot read; another sh may go on."""
    if walk.flavor == "dash":
        walk.state.flow = "exit"
        return OPEN
    walk.state.may_end.append(len(walk.state.commands))
    alternatives(walk.state, [(None, partial(walk.run, node.body)), (None, None)], None, ())
    return OPEN


def _loop(walk: Walker, node: For | While | Count) -> Status:
    from wxlint.shell.bash.loops import WALKS as LOOPS

    return LOOPS[type(node)](walk, node)


WALKS: dict[type, Callable[..., Status]] = {
    Seq: _seq, WholeText: _lines, AndOr: _and_or, Pipe: _pipe, If: if_command, For: _loop, While: _loop, Count: _loop,
    Case: case_command, Group: _group, Background: _background, Function: _define, Test: _test, Arith: _arith,
    Redirected: _redirected, Unsupported: _unsupported,
}  # fmt: skip
"""By the type of a node, how it is walked."""
