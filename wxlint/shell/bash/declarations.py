"""declare and its kin, attributes of variables, and unset."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.assignments import assign as assigned
from wxlint.shell.bash.parameters import ELEMENT, from_end, placed, unknown_items
from wxlint.shell.bash.tree import Assign, Simple
from wxlint.shell.bash.walker import Walker
from wxlint.shell.model import Word
from wxlint.shell.state import NO, OPEN, YES, Status
from wxlint.shell.values import UNSET, Associative, hole

_NAME = late(r"[A-Za-z_]\w*")
_EXPORTED = late(rf"[A-Za-z_]\w*(?:{HOLE}.*|=.*)?", 16)
_KEPT = "ilunrA"


def declare(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    """export, local, declare, readonly, typeset."""
    kind = node.words[0].literal if node.words[0].literal in ("export", "readonly", "local") else "declare"
    texts = [word.value.text for word in words[1:] if not _NAME.match(word.value.text)]
    on = "".join(text[1:] for text in texts if text.startswith("-"))
    off = "".join(text[1:] for text in texts if text.startswith("+"))
    if "p" in on or "f" in on or "F" in on:
        walk.state.write(None)
        return YES
    if kind == "local" and not walk.frames:
        return _not_local(walk)
    if walk.flavor == "dash" and (on or off or (kind != "local" and _is_refused(node, words))):  # no option but -p
        return _ended(walk)
    local = kind == "local" or (kind == "declare" and "g" not in on)
    exporting = kind == "export" or "x" in on
    flags = "".join(flag for flag in _KEPT if flag in on) if kind != "export" else ""
    flags += "r" if kind == "readonly" else ""
    status = YES
    for assign in node.declared.values():
        if assign.subscript is not None and kind in ("export", "readonly"):  # it is no name
            status = NO
            continue
        if not _declared(walk, assign, flags, local):
            status = _ended(walk) if walk.flavor == "dash" else NO
        if exporting and "n" not in on:
            walk.state.export(assign.name)
        elif "x" in off:
            walk.state.keep(assign.name)
    for word in words[1:]:
        _named(walk, word, flags, local, exporting and "n" not in on)
        if _NAME.fullmatch(word.value.text) and ("x" in off or (kind == "export" and "n" in on)):
            walk.state.keep(word.value.text)
    return status


def _ended(walk: Walker) -> Status:
    """An error that ends dash."""
    walk.state.flow, walk.leaving = "exit", NO
    return NO


def _is_refused(node: Simple, words: list[Word]) -> bool:
    """Whether dash ends at what `export` and `readonly` are given for a name."""
    written = [assign.append or assign.subscript is not None for assign in node.declared.values()]
    texts = [word.value.text for word in words[1:]]
    return any(written) or any(not _EXPORTED.fullmatch(text) and text[:1] not in ("", HOLE, "-") for text in texts)


def _not_local(walk: Walker) -> Status:
    """`local` outside a function, which sets nothing, and ends dash."""
    if walk.flavor == "dash":
        return _ended(walk)
    if walk.flavor != "bash":
        walk.state.may_leave("exit")
    return NO


def _declared(walk: Walker, assign: Assign, flags: str, local: bool) -> bool:
    """`declare -i x=1`. Returns whether the variable may be changed."""
    state = walk.state
    old = state.vars.get(f"declare {assign.name}")
    if isinstance(old, Value) and "r" in old.text:
        return False
    fresh = local and bool(walk.frames) and f"local {len(walk.frames)} {assign.name}" not in state.vars
    if local:
        walk.local(assign.name)
    attributes(walk, assign.name, flags.replace("r", ""))
    if "A" in flags and (fresh or not isinstance(state.vars.get(assign.name), Associative)):
        state.set(assign.name, Associative())
    if "n" in flags:
        state.set(assign.name, walk.words.value(assign.value) if assign.value is not None else hole(assign.name))
    else:
        assigned(walk, assign, fresh=fresh and "A" not in flags)
    if "r" in flags:
        attributes(walk, assign.name, "r")
    return True


def attributes(walk: Walker, name: str, flags: str) -> None:
    """Give a variable attributes; those it has stay."""
    if not flags:
        return
    old = walk.state.vars.get(f"declare {name}")
    have = old.text if isinstance(old, Value) else ""
    walk.state.attributed.add(name)
    walk.state.put(f"declare {name}", Value(have + "".join(flag for flag in flags if flag not in have)))


def _named(walk: Walker, word: Word, flags: str, local: bool, exporting: bool) -> None:
    """`local x`, `export x`: a name without a value."""
    state, name = walk.state, word.value.text
    if not _NAME.fullmatch(name):
        key, equals, rest = name.partition("=")
        element = ELEMENT.match(key)
        if equals and element is not None:
            if local:
                walk.local(element[1])
            walk.words.parameters.store(key, None)
        elif equals and _NAME.fullmatch(key):  # made by an expansion: `export "$x"`
            if local:
                walk.local(key)
            state.set(key, Value(rest, word.value.holes, word.value.because))
            if exporting:
                state.export(key)
        elif HOLE in name and not name.startswith("-"):
            pass  # some variable
        return
    if local and walk.frames and f"local {len(walk.frames)} {name}" not in state.vars:
        walk.local(name)
        if walk.flavor == "bash":
            state.set(name, Associative() if "A" in flags else UNSET)
        elif walk.flavor != "dash" and name in state.vars:  # in dash it keeps its value
            state.set(name, hole(state.named(name)))
    elif "A" in flags and name not in state.vars:
        state.set(name, Associative())
    attributes(walk, name, flags)
    if exporting:
        state.export(name)


def unset(walk: Walker, node: Simple, words: list[Word]) -> Status | None:
    """unset of variables, items of arrays, functions."""
    state = walk.state
    functions = any(word.value.text == "-f" for word in words[1:])
    status = YES
    for word in words[1:]:
        text = word.value.text
        element = ELEMENT.match(text)
        if functions:
            state.put(f"function {text}", None)
        elif element is not None:
            status = _unset_item(walk, element[1], element[2])
        elif _NAME.fullmatch(text):
            name = walk.words.parameters.target(text)
            flags = state.vars.get(f"declare {name}")
            if isinstance(flags, Value) and "r" in flags.text:
                status = NO
                continue
            state.set(name, UNSET)
            state.put(f"declare {name}", None)
    return status


def _unset_item(walk: Walker, name: str, index: str) -> Status:
    """`unset 'a[1]'`."""
    state = walk.state
    variable = walk.words.parameters.variable(name)
    if variable is UNSET or variable is None:
        return OPEN
    if not isinstance(variable, dict) or HOLE in index:
        state.set(name, unknown_items(name))
        return OPEN
    key: str | None = index.strip("\"'")
    if not isinstance(variable, Associative):
        number = walk.words.sums.number(index)
        if number is not None and number < 0:
            number = from_end(variable, number)
            if number is not None and number < 0:
                return NO
        key = None if number is None or number < 0 else str(number)
    if key is None or "$" in index:
        state.set(name, unknown_items(name))
        return OPEN
    state.set(walk.words.parameters.target(name), placed(variable, key, None))
    return YES
