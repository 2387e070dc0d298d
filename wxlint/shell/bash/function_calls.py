"""Calls of the functions of a script."""

from __future__ import annotations

from functools import partial

from wxlint.core.paths import from_root
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.positional_builtins import walk_arguments
from wxlint.shell.bash.tree import Function
from wxlint.shell.bash.walker import Env, Frame, Walker
from wxlint.shell.branches import alternatives, close
from wxlint.shell.model import Word
from wxlint.shell.state import FUNCTION, MAX_COMMANDS, MAX_DEPTH, MAX_STEPS, OPEN, RAN, Option, Status
from wxlint.shell.values import PositionalParameters, hole

_MAX_CALLS = 12


def call_function(walk: Walker, name: str, words: list[Word], env: Env, start: int) -> Status | None:
    """Walk the function of a name; each of several, where a branch decides."""
    state = walk.state
    which = state.vars.get(f"function {name}")
    bodies = walk.functions[name]
    if not isinstance(which, Value):
        return None
    if not which.holes:
        return _enter(walk, bodies[int(which.text)], words, env, start)
    state.steps += 4 * len(bodies)
    if _runs(walk, name) or state.steps > 2 * MAX_STEPS:
        return None

    def enter(function: Function) -> Status:
        walk.last = OPEN
        return _enter(walk, function, words, env, start) or OPEN

    options: list[Option] = [(None, partial(enter, function)) for function in bodies]
    exact = walk.exact
    alternatives(state, [*options, (None, None)], None, ())
    walk.exact = exact
    return OPEN


def _enter(walk: Walker, function: Function, words: list[Word], env: Env, start: int) -> Status | None:
    """Walk a function with its arguments. None when that goes too deep, or it is being walked already."""
    state = walk.state
    if _runs(walk, function.name) or len(walk.frames) > _MAX_CALLS or state.depth > MAX_DEPTH - 10:
        return None
    if len(state.commands) > 2 * MAX_COMMANDS or state.steps > 2 * MAX_STEPS:
        return None
    walk.called.add(function.name)
    expander = walk.words
    saved = state.args, state.because, state.via, state.fixed, state.shift, expander.private, expander.resting
    reading, script = walk.reading, expander.script
    expander.private, expander.resting = function.private, function.resting
    expander.script = from_root(function.path) if function.path else walk.script
    walk.enter(function.path)
    state.args = _arguments(walk, words)
    shown = " ".join([function.name, *[word.value.shown() for word in words[1:7]]])
    state.because = (*state.because, Reason("call", shown[:80], *state.where(state.place(start)), function.name))
    state.via = (*state.via, state.place(start))
    if function.path and not state.fixed:  # its places are those of another text
        state.fixed = state.span(start, start)
    catch = state.open(FUNCTION)
    frame = Frame(function.name, state.branching)
    walk.frames.append(frame)
    state.steps += 8
    for name, value in env:
        walk.local(name)
        state.set(name, value)
    status = walk.run(function.body)
    if state.flow == "return":
        status = frame.status or RAN
    elif frame.status is not None and frame.status != status:
        status = OPEN
    close(state, catch)
    for name in frame.hidden:
        state.put(f"local {len(walk.frames)} {name}", None)
    walk.frames.pop()
    for name in state.exported:
        if name in frame.hidden and name not in catch.mark.exported:
            state.keep(name)
    for name, old in frame.hidden.items():
        if name not in frame.doubtful:
            state.put(name, old)
        elif state.vars.get(name) is not old:
            state.put(name, hole(state.named(name)))
    state.args, state.because, state.via, state.fixed, state.shift, expander.private, expander.resting = saved
    expander.script = script
    walk.enter(reading)
    return status


def _arguments(walk: Walker, words: list[Word]) -> PositionalParameters:
    """The positional parameters of a call."""
    args = walk.state.args
    values = [word.value for word in words[1:]]
    if len(values) == 1 and values[0].text == HOLE and values[0].holes[0] in ("$@", "${@}", "$*"):
        if words[1].quoted and args.more and not args.known:
            return args  # f "$@" hands on what there is
    return walk_arguments(walk, words, 1)


def _runs(walk: Walker, function: str) -> bool:
    """Whether a function is being walked."""
    return any(frame.function == function for frame in walk.frames)
