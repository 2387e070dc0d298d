"""Texts inside a text: what `eval` and traps read again, files that `source` names, and what other shells are given."""

from __future__ import annotations

from wxlint.core.paths import from_root
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.child_shells import Child, in_places
from wxlint.shell.bash.expansion import PRIVATE
from wxlint.shell.bash.parser import Parser
from wxlint.shell.bash.tree import Node, Simple
from wxlint.shell.bash.walker import Frame, Walker
from wxlint.shell.branches import close
from wxlint.shell.model import Word, line_of
from wxlint.shell.state import FUNCTION, MAX_DEPTH, MAX_STEPS, OPEN, RAN, YES, Status
from wxlint.shell.values import MAX_TEXT, UNSET, PositionalParameters, assumptions, hole, merged

_ROOM = 20
"""How much of the depth a text inside needs."""


def read_again(walk: Walker, word: Word) -> bool:
    """Walk the text of `eval TEXT`. Return False when that goes too deep."""
    text = word.value.text
    state = walk.state
    if state.depth > MAX_DEPTH - _ROOM or len(text) > MAX_TEXT or state.steps > MAX_STEPS:
        return False
    words = walk.words
    saved = state.fixed, state.shift, words.private, words.resting
    words.resting = merged(words.resting, assumptions(word.value))
    if word.value.holes:
        words.private = word.value.holes
        for number in range(len(words.private)):
            text = text.replace(HOLE, chr(PRIVATE + number), 1)
    parser = Parser(text, walk.flavor)
    parser.depth = 25
    tree = parser.script()
    exact = None if state.fixed else _exact(walk.text, word, text)
    if exact is not None:
        state.shift = exact
    elif not state.fixed:
        state.fixed = (word.start, word.end)
    state.steps += len(text) // 10
    conditional = state.conditional
    if parser.errors:  # a shell that refuses the text runs none of it, or what stands in front
        state.conditional = True
    leaves = state.leaves
    state.depth += 10
    walk.run(tree)
    state.depth -= 10
    if parser.errors and state.leaves == leaves:
        state.conditional = conditional
    state.fixed, state.shift, words.private, words.resting = saved
    return True


def _exact(whole: str, word: Word, text: str) -> int | None:
    """How far the text stands from its place in the source, when it stands there as it is."""
    at = word.start + (0 if word.end - word.start == len(text) else 1)
    return at if whole[at : at + len(text)] == text else None


def source(walk: Walker, path: Word, args: PositionalParameters | None) -> bool:
    """Walk a file of the repository. Return False where it is not read.

    args: its own positional parameters; None where it has those of the text around.
    """
    state, words = walk.state, walk.words
    if walk.files is None or state.depth > MAX_DEPTH - _ROOM or len(walk.frames) > 10 or state.steps > MAX_STEPS:
        return False
    file = walk.files(path.value.text, state.cwd)
    if file is None:
        return False
    parser = Parser(file.text.replace(HOLE, "\ufffd"), walk.flavor)
    parser.depth = 25
    tree = parser.script()
    state.steps += len(file.text) // 50
    if parser.errors:
        return False
    saved = state.fixed, words.script, walk.reading, words.private, words.resting
    state.fixed = state.fixed or (path.start, path.end)
    words.script = from_root(file.path)
    words.private, words.resting = (), assumptions(path.value)
    walk.places[file.path] = line_of(file.text, file.path)
    walk.enter(file.path)
    outer, given = state.args, state.args if args is None else args
    state.args = given
    walk.last = _file(walk, tree)
    if args is not None:
        state.args = outer if state.args is given else PositionalParameters((), True)
    state.fixed, words.script, reading, words.private, words.resting = saved
    walk.enter(reading)
    return True


def _file(walk: Walker, tree: Node) -> Status:
    """Walk the text of a file named by `source`, which `return` ends."""
    state = walk.state
    frame, catch = Frame("", state.branching), state.open(FUNCTION)
    walk.read.append((len(walk.frames), frame))
    state.depth += 10
    walk.last = YES
    status = walk.run(tree)
    state.depth -= 10
    walk.read.pop()
    if state.flow == "return":
        status = frame.status or RAN
    elif frame.status is not None and frame.status != status:
        status = OPEN
    close(state, catch)
    return status


def child_shell(walk: Walker, child: Child, node: Simple) -> Status | None:
    """Walk the text of another shell. Return None when it is not known, or goes too deep."""
    state = walk.state
    text = child.text
    if text is None:
        found = next((r for r in reversed(child.command.redirects) if r.operator.startswith("<")), None)
        if found is not None and found.operator in ("<<", "<<-", "<<<"):
            text = found.target
        elif found is None and state.given is not None:
            text = Word(state.given, *state.span(node.start, node.end), True)
    if text is None or (text.value.holes and not text.value.text.strip(HOLE)) or state.depth > MAX_DEPTH - _ROOM:
        return None
    done = False

    def body() -> Status:
        nonlocal done
        done = _in_scope(walk, child, text)
        return walk.last if done else OPEN

    count = len(state.commands)
    status = walk.in_subshell(body)
    return status if done or len(state.commands) > count else None


def _in_scope(walk: Walker, child: Child, text: Word) -> bool:
    """Walk the text of another shell, in a subshell that has been entered. Return False when that goes too deep."""
    state, words = walk.state, walk.words
    outside, log = state.vars, len(state.log)
    state.vars = {name: outside[name] for name in (*state.exported, *state.environment) if name in outside}
    given = {name for name, _ in child.command.env}
    for name in state.exported:
        if name not in given and name in state.vars:  # `env -u NAME` took it away, or it is an array
            state.put(name, UNSET)
    for name, value in child.command.env:
        doubtful = f"export {name}" in outside and value is outside.get(name)
        state.put(name, hole(state.named(name)) if doubtful else value)
        state.export(name)
    environment, state.environment = state.environment, frozenset(state.exported)
    functions, frames = walk.functions, walk.frames
    script, reading, walk.script = walk.script, walk.reading, ""
    walk.enter("")
    saved = walk.flavor, words.bash, words.script, words.zero, walk.guarded, state.args
    walk.functions, walk.frames = {}, []
    walk.flavor, words.bash, walk.guarded = child.flavor, child.flavor == "bash", False
    words.script, words.zero = "", child.name.text if child.name is not None and child.name.known else ""
    state.args = _arguments(child)
    if child.strict:
        state.put("set -e", Value("1"))
        walk.strict = True
    state.give(None if child.text is not None else Value(""))
    walk.last = YES
    done = read_again(walk, text)
    last, leaving, flow = walk.last, walk.leaving, state.flow
    state.flow = ""
    walk.at_exit()
    walk.last, walk.leaving, state.flow = last, leaving, flow
    walk.flavor, words.bash, words.script, words.zero, walk.guarded, state.args = saved
    walk.script = script
    walk.enter(reading)
    walk.functions, walk.frames = functions, frames
    state.environment = environment
    state.vars = outside
    del state.log[log:]
    return done


def _arguments(child: Child) -> PositionalParameters:
    if not child.exact:
        return PositionalParameters((), True)
    return PositionalParameters(tuple(in_places(child.args, assumptions(child.command.words[0].value))))
