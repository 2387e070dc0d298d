"""Compound commands: lists, branches, loops, `case`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.assigned_names import assigned, may_leave
from wxlint.shell.bash.assignments import attributed
from wxlint.shell.bash.conditions import Arms, arithmetic_test, case_match, expression
from wxlint.shell.bash.roles import Walker
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
    Param,
    Pipe,
    Redirected,
    Seq,
    Test,
    Text,
    Unsupported,
    While,
)  # fmt: skip
from wxlint.shell.branches import alternatives, close, resting
from wxlint.shell.state import (
    INPUT,
    LOOP,
    MAX_COMMANDS,
    MAX_STEPS,
    MAYBE,
    OPEN,
    RAN,
    ROUND,
    YES,
    Option,
    Refine,
    Status,
    opposite,
)
from wxlint.shell.values import NO_ARGUMENTS, Arguments, assumptions, hole, merged

GLOB = late(r"[*?]|\[[^\]]+\]")
_MAX_ROUNDS = 60
"""Of a loop whose condition is known each time; one that goes on is walked once."""


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


def _and_or(walk: Walker, node: AndOr) -> Status:
    guarded = walk.guarded
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
        elif wanted and status.ran and (status.sure or walk.tail):
            if not status.sure:
                walk.state.may_end.append(len(walk.state.commands))
            status = walk.run(item)
        else:
            status = _perhaps(walk, status, wanted, item)
    walk.guarded = guarded
    return status


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
    status = walk.run(node.items[0]) if len(node.items) == 1 else _piped(walk, node.items)
    walk.guarded = guarded
    return opposite(status) if node.negated else status


def _piped(walk: Walker, items: tuple[Node, ...]) -> Status:
    """Each command reads what the one before writes."""
    guarded, before = walk.guarded, walk.last
    mark = walk.state.mark()
    on = walk.state.vars.get("set -o pipefail")
    failed = False
    for item in items[:-1]:
        walk.guarded = True
        written = walk.captured(item)
        failed = failed or (walk.last.certain and walk.last.truth is False)
        walk.state.give(written)
        walk.last = before
    walk.guarded = guarded
    status = walk.inside(items[-1])
    walk.state.undo(mark)
    if on is None:
        return status
    if failed and isinstance(on, Value) and on.text == "1":
        return Status(False)
    return OPEN  # whoever writes may be ended by who does not read


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
    written, given = state.output, state.given
    if elsewhere and written is not None:
        state.output = []
    if any(redirect.operator.startswith("<") for redirect in node.redirects):
        state.give(walk.input_of(redirects))
        status = walk.run(node.body)
        state.give(given)
    else:
        status = walk.run(node.body)
    state.output = written
    return status


def _test(walk: Walker, node: Test) -> Status:
    status = expression(walk.words, node.expression)
    return status if walk.flavor == "bash" else MAYBE  # dash has no `[[`, other shells do


def _arith(walk: Walker, node: Arith) -> Status:
    return arithmetic_test(walk.words, node.raw[2:-2])


def _define(walk: Walker, node: Function) -> Status:
    bodies = walk.functions.setdefault(node.name, [])
    if walk.words.private or walk.words.resting:
        node = node._replace(private=walk.words.private, resting=walk.words.resting)
    if node not in bodies:
        bodies.append(node)
    walk.state.put(f"function {node.name}", Value(str(bodies.index(node))))
    return YES


def _unsupported(walk: Walker, node: Unsupported) -> Status:
    """dash ends at what it cannot read; another sh may go on."""
    if walk.flavor == "dash":
        walk.state.flow = "exit"
        return OPEN
    walk.state.may_end.append(len(walk.state.commands))
    alternatives(walk.state, [(None, partial(walk.run, node.body)), (None, None)], None, ())
    return OPEN


# -- branches


def _if(walk: Walker, node: If) -> Status:
    options: list[Option] = []
    likely: int | None = None
    known = True  # every condition so far is at least presumed
    assumed: tuple[Reason, ...] = ()
    refine: Refine | None = None
    for condition, body in node.branches:
        mark = walk.state.mark()
        status = _condition(walk, condition)
        if walk.state.flow:
            return RAN
        if options:  # a condition that is only looked at where those before it fail
            for name in walk.state.changes(mark):
                walk.state.put(name, hole(walk.state.named(name)))
        if status.certain:
            if not status.truth:
                continue
            if not options:
                return walk.run(body)
            likely = len(options) if likely is None and known else likely
            return _branches(walk, [*options, (None, partial(walk.run, body))], likely, assumed)
        if likely is None and known:
            known = status.truth is not None
            assumed = (*assumed, *status.assumed)
            if status.truth:
                likely = len(options)
        refine = status.refine
        options.append((refine if refine and refine[2] else None, partial(walk.run, body)))
    if not options:
        return walk.run(node.otherwise) if node.otherwise is not None else YES
    if likely is None and known:
        likely = len(options)
    only = refine if len(options) == 1 and refine and not refine[2] else None
    otherwise = partial(walk.run, node.otherwise) if node.otherwise is not None else None
    return _branches(walk, [*options, (only, otherwise)], likely, assumed if likely is not None else ())


def _condition(walk: Walker, node: Node) -> Status:
    """A command whose failure is looked at."""
    guarded, walk.guarded = walk.guarded, True
    tail, walk.tail = walk.tail, False
    status = walk.run(node)
    walk.guarded, walk.tail = guarded, tail
    return status


def _branches(walk: Walker, options: list[Option], likely: int | None, assumed: tuple[Reason, ...]) -> Status:
    statuses = alternatives(walk.state, options, likely, assumed)
    return statuses[0] if all(s == statuses[0] for s in statuses) else OPEN if any(s.ran for s in statuses) else MAYBE


def _case(walk: Walker, node: Case, start: int = 0) -> Status:
    expander = walk.words
    presume, expander.presume = expander.presume, True
    value = expander.value(node.word)
    expander.presume = presume
    return _arms(walk, node, value, start) if not walk.state.flow else RAN


def _arms(walk: Walker, node: Case, value: Value, start: int) -> Status:
    arms = case_match(walk.words, value, node, start)
    if isinstance(arms, int):
        return YES if arms < 0 else _arm(walk, node, value, arms)
    if not arms.options:
        return YES
    return _branches(
        walk, _options(walk, node, value, arms), arms.likely, assumptions(value) if arms.likely is not None else ()
    )


def _options(walk: Walker, node: Case, value: Value, arms: Arms) -> list[Option]:
    return [
        (refine, None if number is None else partial(_arm, walk, node, value, number))
        for refine, number in arms.options
    ]


def _arm(walk: Walker, node: Case, value: Value, number: int) -> Status:
    """An arm that is taken, and those that `;&` and `;;&` lead to."""
    status = YES
    while number < len(node.arms):
        _, body, mark = node.arms[number]
        status = walk.run(body)
        if mark == ";;" or walk.state.flow:
            break
        if mark == ";;&":
            further = _arms(walk, node, value, number + 1)
            return status if further == YES else further
        number += 1
    return status


# -- loops


def _for(walk: Walker, node: For) -> Status:
    state, expander = walk.state, walk.words
    items: list[tuple[Value, bool]] = []  # with whether it is one word for certain
    everything = (Text(node.start, node.start, (Param("@", "", (), (), None, True, "$@"),), None, True),)
    for word in node.words if node.words is not None else everything:
        values = expander.fields(word)
        exact = not expander.inexact
        for value in values:
            globbed = not word.quoted and bool(GLOB.search(value.text))
            items.append((_unglobbed(value) if globbed else value, exact and not globbed))
    if node.chosen:
        items = [(hole(f"${{{node.name}}}"), False)]
    state.steps += len(items) // 8
    if not items or state.flow:
        return YES
    known = [value for value, exact in items if exact]
    first = next((number for number, (_, exact) in enumerate(items) if not exact), len(items))
    unknown = [value for value, exact in items if not exact]
    loop = state.open(LOOP)
    tail, walk.tail = walk.tail, False
    if known and not _each(walk, node, known, first):
        unknown = [hole(f"${{{node.name}}}")]
    if unknown and not state.flow:
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
    walk.tail = tail
    close(state, loop)
    return RAN


def _each(walk: Walker, node: For, values: list[Value], first: int) -> bool:
    """The body once for each item. False, with everything undone, when that gives too many commands.

    first: how many items stand in front of one that is not known.
    """
    state = walk.state
    if state.full:
        return False
    count, mark, because, depth = len(state.commands), state.mark(), state.because, len(state.catches)
    place = state.where(state.place(node.start))
    conditional = state.conditional
    for number, value in enumerate(values):
        if number >= first:  # rounds in between have set what is not known, and may have ended the loop
            _unsettled(walk, node.body)
            walk.last = OPEN
            state.conditional = state.conditional or may_leave(node.body, walk.functions)
        note = Reason("loop", f"for {node.name}={value.shown()[:80]}", *place, node.name)
        value = attributed(walk, node.name, Value(value.text, value.holes, merged(value.because, (note,))))
        state.set(node.name, value)
        state.because = (*because, note)
        state.steps += 1
        _round(walk, node.body)
        state.because = because
        if state.full or len(state.commands) > MAX_COMMANDS or state.steps > MAX_STEPS:
            state.full = True
            _forget_rounds(walk, count, depth)
            state.undo(mark)
            return False
        if state.flow:
            break
    if not state.catches[-1].ends:
        state.conditional = conditional
    return True


def _unsettled(walk: Walker, body: Node) -> None:
    """What a body may set is not known."""
    for name in sorted(assigned(body, walk.functions)):
        if not name.isdigit():
            walk.state.set(name, hole(f"${{{name}}}"))
        else:
            walk.state.args = Arguments((), True)


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
    names = set() if state.steps > 2 * MAX_STEPS else assigned(body, walk.functions)
    for each in sorted(names):
        if not each.isdigit():
            state.set(each, hole(f"${{{each}}}"))
    if "0" in names:
        state.args = Arguments((), True)
    if item is not None:
        names.add(name)
        state.set(name, item)
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
            state.args = state.args if assumed else Arguments((), True)
        elif not assumed:
            state.set(each, hole(f"${{{each}}}"))
        elif old is not None:
            state.set(each, resting(each, old, assumed))


def _while(walk: Walker, node: While) -> Status:
    state = walk.state
    mark, count, may_end = state.mark(), len(state.commands), len(state.may_end)
    status = _condition(walk, node.condition)
    if state.flow or (status.certain and status.truth == node.until):
        return YES if not state.flow else RAN
    loop = state.open(LOOP)
    if status.certain:
        if _rounds(walk, node, partial(_condition, walk, node.condition), None):
            close(state, loop)
            return RAN
        del state.may_end[may_end:]
        _forget_rounds(walk, count, len(state.catches))
        state.undo(mark)
        status = _condition(walk, node.condition)
        for each in sorted(assigned(node.condition, walk.functions)):
            state.set(each, hole(f"${{{each}}}"))
    none = status.assumed if status.truth is not None and status.truth == node.until else ()
    _once(walk, node.body, "", None, None, none)
    loop.ends.clear()
    close(state, loop)
    if not none:
        for each in sorted(assigned(node.condition, walk.functions)):
            if not each.isdigit():
                state.set(each, hole(f"${{{each}}}"))
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
        if step is not None and walk.words.calculated(step) is None:
            break
        if len(state.log) == log:
            break  # nothing changes: it does not end
        status = condition()
        if state.flow or not status.certain:
            break
        if status.truth == until:
            walk.tail = tail
            return True
    walk.tail = tail
    return False


def _count(walk: Walker, node: Count) -> Status:
    """`for ((first; condition; step))`."""
    state, expander = walk.state, walk.words
    texts = [text.strip() for text in node.parts]
    loop = state.open(LOOP)
    if texts and (not texts[0] or expander.calculated(texts[0]) is not None):
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
        expander.unsettle(text)
    _once(walk, node.body, "", None, None, ())
    for text in texts:
        expander.unsettle(text)
    loop.ends.clear()
    close(state, loop)
    return RAN


def _unglobbed(value: Value) -> Value:
    """A glob that stands for file names: its stars are unknown."""
    if value.holes:
        return value
    return Value(GLOB.sub(HOLE, value.text), tuple(m[0] for m in GLOB.finditer(value.text)), value.because)


WALKS: dict[type, Callable[..., Status]] = {
    Seq: _seq, AndOr: _and_or, Pipe: _pipe, If: _if, For: _for, While: _while, Count: _count, Case: _case,
    Group: _group, Background: _background, Function: _define, Test: _test, Arith: _arith,
    Redirected: _redirected, Unsupported: _unsupported,
}  # fmt: skip
"""By the type of a node, how it is walked."""
