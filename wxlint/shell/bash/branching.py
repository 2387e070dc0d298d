"""`if` and `case`: of several ways one is taken, or it is not known which."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.shell.bash.conditions import Arms, case_match
from wxlint.shell.bash.tree import Case, If
from wxlint.shell.bash.walker import Walker
from wxlint.shell.branches import alternatives
from wxlint.shell.state import MAYBE, OPEN, RAN, YES, Option, Refine, Status
from wxlint.shell.taken_ways import is_outermost
from wxlint.shell.values import assumptions, hole

_OF_A_FORK = 2_000
"""Steps for an arm that goes on into the next ones, which are looked at again where it is not taken."""


def if_command(walk: Walker, node: If) -> Status:
    options: list[Option] = []
    likely: int | None = None
    known = True  # every condition so far is at least presumed
    assumed: tuple[Reason, ...] = ()
    refine: Refine | None = None
    for condition, body in node.branches:
        mark = walk.state.mark()
        status = walk.watched(condition)
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
            assumed = (*assumed, *[reason for reason in status.assumed if reason not in assumed])
            walk.state.steps += len(assumed) // 8
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


def _branches(walk: Walker, options: list[Option], likely: int | None, assumed: tuple[Reason, ...]) -> Status:
    bodies: list[Option] = [(refine, body and partial(_branch, walk, body)) for refine, body in options]
    state = walk.state
    key = state.ways.key(walk.statement) if state.ways is not None and is_outermost(state) else None
    statuses = alternatives(state, bodies, likely, assumed, key)
    return statuses[0] if all(s == statuses[0] for s in statuses) else OPEN if any(s.ran for s in statuses) else MAYBE


def _branch(walk: Walker, body: Callable[[], Status]) -> Status:
    walk.last = OPEN  # not what another branch has left
    return body()


def case_command(walk: Walker, node: Case, start: int = 0) -> Status:
    expander = walk.words
    presume, expander.presume = expander.presume, True
    value = expander.value(node.word)
    expander.presume = presume
    return _arms(walk, node, value, start) if not walk.state.flow else RAN


def _arms(walk: Walker, node: Case, value: Value, start: int) -> Status:
    is_open = not value.known or assumptions(value)
    if is_open and any(mark == ";;&" for _, _, mark in node.arms):
        return _one_by_one(walk, node, value, start)
    arms = case_match(walk.words, value, node, start)
    if isinstance(arms, int):
        return YES if arms < 0 else _arm(walk, node, value, arms)
    if not arms.options:
        return YES
    return _branches(walk, _options(walk, node, value, arms), arms.likely, _assumed(value, arms))


def _assumed(value: Value, arms: Arms) -> tuple[Reason, ...]:
    return assumptions(value) if arms.likely is not None else ()


def _one_by_one(walk: Walker, node: Case, value: Value, start: int) -> Status:
    """The arms of a word that is not known: behind an arm with `;;&` those that follow are looked at whether it was
    taken or not, and not once for each."""
    status = YES
    for number in range(start, len(node.arms)):
        arms = case_match(walk.words, value, node, number, number + 1)
        if isinstance(arms, int) or not arms.options:
            continue  # it cannot match
        _, body, mark = node.arms[number]
        taken = partial(walk.run, body) if mark == ";;&" else partial(_arm, walk, node, value, number)
        if len(arms.options) == 1:
            status = taken()
        elif mark == ";;&":
            status = _branches(walk, [(arms.options[0][0], taken), (None, None)], arms.likely, _assumed(value, arms))
        else:
            walk.state.steps += _OF_A_FORK if mark == ";&" else 0
            behind = partial(_one_by_one, walk, node, value, number + 1)
            options: list[Option] = [(arms.options[0][0], taken), (None, behind)]
            return _branches(walk, options, arms.likely, _assumed(value, arms))
        if mark != ";;&" or walk.state.flow:
            break
    return status


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
