"""Assignments: scalars, items, arrays, and what the attributes of a variable make of a value."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.shell.bash.parameters import free, given, ordered, placed, unknown_items
from wxlint.shell.bash.tree import Assign
from wxlint.shell.bash.walker import Walker
from wxlint.shell.values import (
    MAX_ITEMS,
    UNSET,
    Array,
    Associative,
    assumptions,
    hole,
    joined,
    merged,
    resting_on,
)

_ITEM = 100
"""What an item of an array counts, in characters: each has a note of where it was set."""
_GLOB = late(r"[*?]|\[[^\]]+\]")


def assign(walk: Walker, node: Assign, *, fresh: bool = False) -> None:
    """`name=value`, `name+=value`, `name[i]=value`, `name=(...)`.

    fresh: the variable starts anew with it, though the value may read what it was before: `local name=$name`.
    """
    state = walk.state
    name = walk.words.parameters.target(node.name) if node.name in state.attributed else node.name
    flags = _flags(walk, name)
    if "r" in flags or name == "?":
        if name != "?":
            state.fail(status=True)
        return
    if node.items is not None:
        _array(walk, node, name, fresh)
    elif node.subscript is not None:
        _item(walk, node, name, flags, fresh)
    else:
        _scalar(walk, node, name, flags, fresh)
    if "set -a" in state.vars:
        state.export(name)


def attributed(walk: Walker, name: str, value: Value) -> Value:
    """What the attributes of a variable make of a value that a loop or `read` gives it."""
    flags = _flags(walk, name)
    if "i" in flags:
        value = _number(walk, name, value, None)
    elif "\0" in flags:
        _doubtful(walk)
    return _cased(value, flags, name)


def _doubtful(walk: Walker) -> None:
    """A variable whose attributes are not known is set: the value may have to be an expression, or must not be set."""
    walk.state.may_leave("exit" if "set -e" in walk.state.vars else "fail")


def _flags(walk: Walker, name: str) -> str:
    if name not in walk.state.attributed:
        return ""
    found = walk.state.vars.get(f"declare {name}")
    return found.text if isinstance(found, Value) else ""


def _scalar(walk: Walker, node: Assign, name: str, flags: str, fresh: bool) -> None:
    state = walk.state
    assert node.value is not None
    value = walk.words.value(node.value)
    if state.flow:
        return
    old = UNSET if fresh else state.vars.get(name)  # A+=${A:=x}: the value may have set it
    first = old.get("0", UNSET) if isinstance(old, dict) else old
    if "i" in flags and "\0" not in flags:
        value = _number(walk, name, value, first if node.append else None)
    elif "\0" in flags:
        _doubtful(walk)
    elif node.append:
        before = first if first is not None else Value("") if state.defaults else hole(f"${{{name}}}")
        value = joined([before, value])
    value = _cased(value, flags, name)
    state.set(name, given(name, old, state.noted(name, value, node.start)))


def _number(walk: Walker, name: str, value: Value, before: Value | None) -> Value:
    """What an assignment gives a variable with the attribute of a whole number."""
    number = None if value.holes else walk.words.sums.checked(value.text, strict=True)
    start = 0 if before is None or before is UNSET or not before.text else None
    if start is None and before is not None and not before.holes:
        start = walk.words.sums.number(before.text)
    if number is None or start is None:
        if not walk.state.flow:  # it may be no expression, or name what is not set
            ends = "set -u" in walk.state.vars or "set -e" in walk.state.vars
            walk.state.may_leave("exit" if ends else "fail")
        return hole(f"${{{name}}}")
    return value._replace(text=str(start + number))


def _cased(value: Value, flags: str, name: str) -> Value:
    """What `declare -l` and `declare -u` make of a value."""
    if "\0" in flags or (("l" in flags or "u" in flags) and not value.text.isascii()):
        return hole(f"${{{name}}}")
    if "l" in flags and "u" in flags:
        return hole(f"${{{name}}}")
    if "l" in flags or "u" in flags:
        return value._replace(text=value.text.lower() if "l" in flags else value.text.upper())
    return value


def _item(walk: Walker, node: Assign, name: str, flags: str, fresh: bool) -> None:
    state = walk.state
    assert node.value is not None and node.subscript is not None
    value = walk.words.value(node.value)
    old = UNSET if fresh else state.vars.get(name)  # A[0]+=$((A[0]=1)): the value may have set it
    if type(old) is Value and old is not UNSET and not old.holes:
        old = {"0": old}
    key = walk.words.parameters.key(node.subscript, old, strict=True)
    items: Array = type(old)(old) if isinstance(old, dict) else {}
    if state.flow:
        return
    known = old is None or old is UNSET or isinstance(old, dict)
    if not known or key is None or len(items) >= MAX_ITEMS:
        state.set(name, unknown_items(name))
        return
    before = items.get(key.text) if node.append else None
    if "i" in flags and "\0" not in flags:
        value = _number(walk, name, value, before)
    elif before is not None:
        value = joined([before, value])
    value = _cased(value, flags, name)
    state.set(name, placed(items, key.text, state.noted(f"{name}[{key.text[:40]}]", value, node.start)))


def _array(walk: Walker, node: Assign, name: str, fresh: bool) -> None:
    state = walk.state
    before = state.vars.get(name)
    old = UNSET if fresh else before
    assert node.items is not None
    items: Array = Associative() if isinstance(old, Associative) else {}
    exact = True
    if node.append and isinstance(old, dict):
        items = type(old)(old)
    elif node.append and type(old) is Value and old is not UNSET:
        items, exact = {"0": old}, not old.holes
    elif node.append and old is None and not state.defaults:
        exact = False
    number = 0 if isinstance(items, Associative) else free(items)
    ends = len(state.may_end)
    assumed: tuple[Reason, ...] = ()  # where items stand rests on it
    for key, word in node.items:
        if key is not None:
            index = walk.words.parameters.key(key, items)
            if index is None:
                exact = False
                continue
            item = state.noted(f"{name}[{index.text[:40]}]", walk.words.value(word), word.start)
            items = placed(items, index.text, item)
            number = number if isinstance(items, Associative) else int(index.text) + 1
            continue
        found = walk.words.fields(word)
        state.volume += len(found) * _ITEM
        assumed = merged(assumed, tuple([reason for reason in walk.words.vanished if reason.kind == "assumed"]))
        for value in found:
            if not word.quoted and value.because:
                assumed = merged(assumed, assumptions(value))
            items[str(number)] = state.noted(name, resting_on(value, assumed), word.start)
            number += 1
        globbed = not word.quoted and word.literal is not None and _GLOB.search(word.literal) is not None
        exact = exact and not walk.words.inexact and not globbed and not isinstance(items, Associative)
    if state.flow:
        return
    exact = exact and state.vars.get(name) is before  # L+=($((L[0]=1))): an item may have set it
    exact = exact and len(items) <= MAX_ITEMS and ends == len(state.may_end)
    state.set(name, ordered(items) if exact else unknown_items(name))
