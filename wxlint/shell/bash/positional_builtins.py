"""Builtins that change positional parameters and options of the shell: set, shift and getopts."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.child_shells import in_places
from wxlint.shell.bash.parameters import open_ended
from wxlint.shell.bash.tree import Simple
from wxlint.shell.bash.walker import Walker
from wxlint.shell.model import Word
from wxlint.shell.state import MAYBE, NO, OPEN, YES, Status
from wxlint.shell.values import MAX_ITEMS, NO_ARGUMENTS, PositionalParameters, assumptions

SETTABLE = late(r"[A-Za-z_]\w*(?:\[.+\])?", 16)
"""What a builtin may be given to set: a variable, or an item of an array."""
_SWITCHES = {"e": "set -e", "u": "set -u", "a": "set -a"}
_LONG = {"errexit": "set -e", "nounset": "set -u", "allexport": "set -a", "pipefail": "set -o pipefail"}


def _switch(walk: Walker, name: str, on: bool) -> None:
    """Turn an option of the shell on or off."""
    if name == "set -o pipefail" and walk.flavor != "bash":  # dash ends here, another sh may know it
        if walk.flavor == "dash":
            walk.state.flow = "exit"
            return
        walk.state.may_end.append(len(walk.state.commands))
    walk.state.put(name, Value("1") if on else None)
    walk.strict = True


def set_builtin(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    state = walk.state
    at = 1
    while at < len(words):
        text = words[at].value.text
        if text in ("--", "-") or text[:1] not in ("-", "+") or len(text) < 2:
            break
        at += 1
        for letter in text[1:]:
            if letter == "o":
                name = words[at].value.text if at < len(words) else ""
                at += 1
                if name in _LONG:
                    _switch(walk, _LONG[name], text[0] == "-")
            elif letter in _SWITCHES:
                _switch(walk, _SWITCHES[letter], text[0] == "-")
    if at < len(words):
        at += words[at].value.text in ("--", "-")
        state.args = walk_arguments(walk, words, at)
    return YES


def walk_arguments(walk: Walker, words: list[Word], start: int) -> PositionalParameters:
    """Words of the command at hand as positional parameters; behind one that may be several, positions are not
    known."""
    values = in_places(words[start:], assumptions(words[0].value))
    exact = min(walk.exact - start, MAX_ITEMS)
    if exact >= len(values):
        return PositionalParameters(tuple(values))
    known = values[: max(exact, 0)]
    if exact < 0:
        return PositionalParameters((), True)
    if exact == MAX_ITEMS or not values[exact].holes:  # what stands in front of it may be a word, or none
        return PositionalParameters(tuple(known), True)
    if values[exact].text[:1] != HOLE:
        return PositionalParameters((*known, open_ended(values[exact])), True)
    name = (*values[exact].holes, "$@")[0]
    last = exact == len(values) - 1
    return PositionalParameters(
        tuple(known), True, first="" if not last or name.startswith(("$@", "$*", "${@", "${*")) else name
    )


def shift_builtin(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    count: int | None = 1
    if len(words) > 1:
        count = int(words[1].value.text) if re.fullmatch(r"\d{1,4}", words[1].value.text) else None
    args = walk.state.args
    walk.state.steps += len(args.known) // 64
    if count is None or (args.more and count > len(args.known)) or (args.doubtful and count >= len(args.known)):
        if walk.flavor != "bash":
            walk.state.may_leave("exit")
        walk.state.args = PositionalParameters((), True)
        return OPEN
    if count > len(args.known):
        if walk.flavor == "dash":
            walk.state.flow = "exit"
        return NO
    walk.state.args = PositionalParameters(args.known[count:], args.more)
    return YES


def getopts_builtin(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    state = walk.state
    unused = state.fresh
    for name in ("OPTARG", *(word.value.text for word in words[2:3])):
        if SETTABLE.fullmatch(name):
            walk.words.parameters.store(name, None)
    return Status(False, False, (NO_ARGUMENTS,)) if unused else MAYBE
