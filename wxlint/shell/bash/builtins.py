"""Shell builtins that change what later commands see."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.assignments import attributed
from wxlint.shell.bash.conditions import words_test
from wxlint.shell.bash.declarations import declare, unset
from wxlint.shell.bash.positional_builtins import SETTABLE, getopts_builtin, set_builtin, shift_builtin, walk_arguments
from wxlint.shell.bash.read_builtin import mapfile, read
from wxlint.shell.bash.text_programs import formatted, inside
from wxlint.shell.bash.tree import Simple, WordText
from wxlint.shell.bash.walker import Walker
from wxlint.shell.model import Word
from wxlint.shell.state import FUNCTION, LOOP, MAYBE, NO, OPEN, RAN, SUBSHELL, YES, Status
from wxlint.shell.values import (
    assumptions,
    hole,
    relative,
    resting_on,
    spaced,
)

Builtin = Callable[[Walker, Simple, "list[Word]"], "Status | None"]
"""What a builtin does. None: it is given as a command like any other; a Status: it is not."""
_OPTIONS = frozenset(("expand_aliases", "nocasematch", "lastpipe"))
"""Of `shopt`, that change what is read here."""
BASH_ONLY = frozenset("declare typeset let mapfile readarray source shopt pushd popd builtin coproc [[".split())
"""Commands that a plain sh may not have."""


def _cd(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    state = walk.state
    rest = [w for w in words[1:] if w.value.text not in ("-P", "-L", "--", "-e")]
    if not rest:
        state.cwd = hole("$HOME")
    elif words[0].value.text == "pushd" or rest[0].value.text != "-":
        if words[0].value.text == "pushd":
            walk.dirs.append(state.cwd)
        state.cwd = inside(state.cwd, rest[0].value)
    else:
        state.cwd = hole("$OLDPWD")
    state.volume += len(state.cwd.text)
    if state.spent:  # every command keeps its directory
        state.cwd = hole("$(pwd)")
    return None


def _popd(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    walk.state.cwd = walk.dirs.pop() if walk.dirs else hole("popd")
    return None


def _code(walk: Walker, words: list[Word]) -> Status:
    """The status that `exit` and `return` are given."""
    if len(words) < 2:
        return walk.last
    code = words[1].value
    return MAYBE if code.holes or not code.text.isdigit() else YES if int(code.text) % 256 == 0 else NO


def _exit(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    walk.leaving = _code(walk, words)
    walk.state.flow = "exit"
    return RAN


def _return(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    frame = walk.returning()
    if frame is None and walk.flavor == "dash":
        return _exit(walk, node, words)
    if frame is None:  # bash goes on: only a function, or a file that is read with `source`, returns
        if walk.flavor != "bash":
            walk.state.may_leave("exit")
        return NO
    status = _code(walk, words)
    walk.state.flow = "return"
    frame.status = status if frame.status is None or frame.status == status else OPEN
    return status


def _break(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    state = walk.state
    loops = 0
    for catch in reversed(state.catches):
        if catch.kind == FUNCTION:
            break
        if catch.kind == SUBSHELL and not loops:
            loops = -1
        elif catch.kind == SUBSHELL:
            break
        loops += catch.kind == LOOP and loops >= 0
        if catch.kind == LOOP and loops < 0:  # a loop around the subshell, which for dash ends here
            if walk.flavor == "sh":
                state.may_leave("exit")
            elif walk.flavor == "dash":
                walk.leaving, state.flow = YES, "exit"
            return YES
    if loops < 1:
        return YES
    levels = words[1].value.text if len(words) > 1 else "1"
    state.flow = words[0].value.text
    state.levels = min(int(levels), loops) if re.fullmatch(r"[1-9]\d{0,3}", levels) else 1
    return RAN


def _printf(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    if len(words) > 1 and words[1].value.text == "-v" and walk.flavor == "dash":
        return NO
    if len(words) > 2 and words[1].value.text == "-v" and SETTABLE.fullmatch(words[2].value.text):
        name, parameters = words[2].value.text, walk.words.parameters
        if walk.flavor == "sh":
            parameters.store(name, None)
            return OPEN
        text = formatted([word.value for word in words[3:]])
        parameters.store(name, None if text is None else attributed(walk, parameters.target(name), text))
        return YES
    return None


def _wait(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    for option, name in pairwise(word.value.text for word in words[1:]):
        if option == "-p" and SETTABLE.fullmatch(name):
            walk.words.parameters.store(name, None)
    return None


def _let(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    status: Status = NO
    for word in words[1:]:
        found = None if word.value.holes else walk.words.sums.checked(word.value.text, strict=False)
        if found is None:
            if word.value.holes and "set -u" in walk.state.vars:
                walk.state.may_leave("exit")
            walk.words.sums.unsettle(word.value.text)
        status = OPEN if found is None else Status(found != 0)
    return status


def _eval(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    if len(words) < 2:
        return YES
    word = words[1]
    if len(words) > 2 or words[0].value.because:
        text = resting_on(spaced([each.value for each in words[1:]]), assumptions(words[0].value))
        word = Word(text, word.start, words[-1].end, True)
    from wxlint.shell.bash.nested_texts import read_again

    if word.value.text != HOLE and read_again(walk, word):
        return walk.last
    from wxlint.shell.bash.unread_texts import forget_all

    forget_all(walk, word.value)
    return None


def _brackets(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    values = [w.value for w in words[1:]]
    texts: list[WordText] = list(node.words[1:])
    if words[0].value.text == "[":
        if not values or values[-1].text != "]":
            return NO
        values.pop()
        texts = texts[:-1]
    if any(w.value.text == HOLE and not w.quoted for w in words[1:]) and len(values) > 3:
        return MAYBE
    return words_test(values, texts if len(texts) == len(values) else [], walk.state, walk.flavor)


def _true(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    return YES


def _false(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    return NO


def _command(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    if len(words) > 1 and words[1].value.text in ("-v", "-V"):
        walk.state.write(None)
        walk.state.emit(node.start, node.end, tuple(words))
        return MAYBE
    if len(words) > 1:
        inner = BUILTINS.get(words[1].value.text)
        if inner is not None:
            walk.exact -= 1
            return inner(walk, node, words[1:])
    return None


def _trap(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    from wxlint.shell.bash.traps import trap

    trap(walk, words)
    return None


def _alias(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    for word in words[1:]:
        name, equals, _ = word.value.text.partition("=")
        if equals:
            value = word.value._replace(text=word.value.text[len(name) + 1 :])
            walk.state.put(f"alias {name}", value)
            walk.state.put(f"alias of {name}", Value(f"{walk.statement} {node.end}"))
    return None


def _shopt(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    on = any(word.value.text == "-s" for word in words)
    off = any(word.value.text == "-u" for word in words)
    for word in words[1:]:
        if word.value.text in _OPTIONS and (on or off):
            walk.state.put(f"shopt -s {word.value.text}", Value("1") if on else None)
    return None


def _source(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    if len(words) < 2:
        return None
    words = [words[0], *words[2:]] if words[1].value.text == "--" else words
    if len(words) < 2:
        return None
    path = words[1]._replace(value=relative(words[1].value))
    beside = walk.flavor != "bash" and "/" not in path.value.text  # looked for in PATH alone
    args = walk_arguments(walk, words, 2) if len(words) > 2 and walk.flavor == "bash" else None
    if path.value.known and not beside:
        from wxlint.shell.bash.nested_texts import source

        if source(walk, path, args):
            return walk.last
    from wxlint.shell.bash.unread_texts import forget_all

    forget_all(walk, path.value)
    return None


BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(("export", "local", "declare", "readonly", "typeset"), declare),
    **dict.fromkeys(("cd", "pushd", "chdir"), _cd),
    **dict.fromkeys(("mapfile", "readarray"), mapfile),
    **dict.fromkeys(("break", "continue"), _break),
    **dict.fromkeys(("[", "test"), _brackets),
    **dict.fromkeys(("true", ":"), _true),
    **dict.fromkeys(("source", "."), _source),
    **dict.fromkeys(("command", "builtin"), _command),
    "popd": _popd, "exit": _exit, "return": _return, "set": set_builtin, "shift": shift_builtin, "unset": unset,
    "getopts": getopts_builtin, "printf": _printf, "wait": _wait,
    "let": _let, "eval": _eval, "false": _false, "read": read, "trap": _trap, "alias": _alias, "shopt": _shopt,
}  # fmt: skip
SPECIAL = frozenset(": . break continue eval exec exit export readonly return set shift times trap unset".split())
"""Builtins whose assignments in front of them stay in force, but for bash."""
SILENT = frozenset("cd chdir read mapfile readarray trap alias shopt wait umask ulimit exit return".split())
"""Commands that print nothing, as a rule."""
