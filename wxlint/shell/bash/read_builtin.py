"""read and mapfile: variables from what a command reads."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.shell.bash.assignments import attributed
from wxlint.shell.bash.parameters import ELEMENT
from wxlint.shell.bash.tree import Simple
from wxlint.shell.bash.walker import Walker
from wxlint.shell.model import Word
from wxlint.shell.options import read_options
from wxlint.shell.state import MAYBE, NO, YES, Status
from wxlint.shell.values import MAX_ITEMS, Array

_NAME = late(r"[A-Za-z_]\w*")
_VALUED = frozenset(("-p", "-d", "-n", "-N", "-t", "-u", "-i", "-a"))
_UNREAD = frozenset(("-d", "-n", "-N", "-t", "-u", "-s", "-O", "-c", "-C", "-e", "-i"))
"""Options with which it is not said what is read."""
_MAP_VALUED = frozenset(("-d", "-n", "-O", "-s", "-u", "-C", "-c"))


def read(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    """`read -r A B`."""
    arguments = read_options(words[1:], _VALUED)
    texts = [word.value.text for word in arguments.positional]
    names = [text for text in texts if _NAME.fullmatch(text) or ELEMENT.match(text)]
    array = next((o.value.text for o in arguments.options if o.name == "-a" and o.value is not None), "")
    given = _given(walk, node)
    raw = any(option.name == "-r" for option in arguments.options)
    unread = given is None or any(option.name in _UNREAD for option in arguments.options)
    marks = _marks(walk, node)
    if given is not None and not unread and marks is not None and (raw or "\\" not in given.text):
        line, end, rest = given.text.partition("\n")
        if not node.redirects:
            walk.state.give(given._replace(text=rest))
        parts = _divided(line, marks, 0 if array else max(len(names), 1))
        if parts is not None:
            _store(walk, names, array, [Value(part, (), given.because) for part in parts])
            return YES if end else NO
    for name in [f"{array}[0]"] if array else names or ["REPLY"]:
        walk.words.parameters.store(name, None)
    if not node.redirects:
        walk.state.give(None)
    walk.state.emit(node.start, node.end, tuple(words))
    return MAYBE


def _store(walk: Walker, names: list[str], array: str, values: list[Value]) -> None:
    state = walk.state
    if array:
        items: Array = {str(number): value for number, value in enumerate(values)}
        name = walk.words.parameters.target(array)
        if not walk.words.parameters.refuses(name):
            state.set(name, items)
        return
    for number, name in enumerate(names or ["REPLY"]):
        value = values[number] if number < len(values) else Value("")
        walk.words.parameters.store(name, attributed(walk, walk.words.parameters.target(name), value))


def _given(walk: Walker, node: Simple) -> Value | None:
    """What the command reads."""
    if any(redirect.operator.startswith("<") for redirect in node.redirects):
        return walk.input_of(walk.redirects)
    return walk.state.given


def _marks(walk: Walker, node: Simple) -> str | None:
    """The characters that divide words, which the command itself may set; None when they are not known."""
    for assign in node.assigns:
        if assign.name == "IFS" and assign.value is not None:
            value = walk.words.value(assign.value)
            return None if value.holes else value.text
    return walk.words.separators()


def _divided(line: str, marks: str, names: int) -> list[str] | None:
    """A line in the parts that `read` gives to its names, the last of which gets the rest; names 0: all parts."""
    blank = "".join(mark for mark in marks if mark in " \t\n")
    hard = "".join(mark for mark in marks if mark not in " \t\n")
    rest = line.strip(blank) if blank else line
    if hard and rest[-1:] in tuple(hard):
        return None  # shells differ in what the last mark means
    spaces = f"[{re.escape(blank)}]" if blank else "(?!)"
    mark = f"[{re.escape(hard)}]" if hard else "(?!)"
    found = re.compile(f"{spaces}+(?:{mark}{spaces}*)?|{mark}{spaces}*")
    most = names - 1 if names else MAX_ITEMS + 1
    out: list[str] = []
    at = 0
    while at < len(rest) and len(out) < most:
        match = found.search(rest, at)
        out.append(rest[at : match.start()] if match else rest[at:])
        at = match.end() if match else len(rest)
    if names:
        out.append(rest[at:])
    return out if len(out) <= MAX_ITEMS else None


def mapfile(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    """`mapfile -t A`: an array of lines."""
    arguments = read_options(words[1:], _MAP_VALUED)
    name = next((word.value.text for word in arguments.positional if _NAME.fullmatch(word.value.text)), "MAPFILE")
    given = _given(walk, node)
    if not node.redirects:
        walk.state.give(None)
    if given is None or any(option.name != "-t" for option in arguments.options) or given.text.count("\n") > MAX_ITEMS:
        walk.words.parameters.store(f"{name}[0]", None)
        walk.state.emit(node.start, node.end, tuple(words))
        return MAYBE
    lines = given.text.split("\n")
    ends = [] if arguments.options else ["\n"] * (len(lines) - 1)
    lines = [line + end for line, end in zip(lines, [*ends, *[""] * len(lines)])]
    lines = lines if lines[-1] else lines[:-1]
    items: Array = {str(number): Value(line, (), given.because) for number, line in enumerate(lines)}
    name = walk.words.parameters.target(name)
    if not walk.words.parameters.refuses(name):
        walk.state.set(name, items)
    return YES
