"""What is known of a parameter without looking at variables: which kind it is, and what operators make of a value."""

from __future__ import annotations

from itertools import pairwise

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.tree import Lit, Param
from wxlint.shell.patterns import compiled, replaced, trimmed
from wxlint.shell.values import MAX_TEXT, UNSET, Array, Associative, Variable, hole, merged, several

LIVE = frozenset(
    "RANDOM SECONDS PWD HOME USER UID EUID HOSTNAME HOSTTYPE OSTYPE BASH_SOURCE LINENO OLDPWD FUNCNAME PIPESTATUS"
    " BASH_REMATCH"
    " EPOCHSECONDS BASHPID PPID GROUPS SRANDOM OPTIND OPTARG REPLY BASH_VERSION SHLVL _".split()
)
"""Set by the shell itself."""
PLAIN = late(r"\$\{?(\w+)\}?\Z")
NAME = late(r"[A-Za-z_]\w*\Z")
_INDEX = late(r"\d+\Z")
ELEMENT = late(r"([A-Za-z_]\w*)\[(.+)\]\Z", 16)
"""An item of an array, as `unset` and other builtins are given it."""


def whole(part: Param) -> bool:
    """Whether the subscript is `[@]` or `[*]`."""
    return (
        part.subscript is not None
        and len(part.subscript) == 1
        and type(part.subscript[0]) is Lit
        and part.subscript[0].text in ("@", "*")
    )


def starred(part: Param) -> bool:
    """`$*`, `${a[*]}`: one word when quoted."""
    return part.name == "*" or (whole(part) and part.subscript is not None and part.subscript[0] == Lit("*", False))


def plain_param(name: str, part: Param, op: str = "") -> Param:
    """Another parameter in the place of one."""
    return Param(name, op, part.arg, part.rest, None, part.quoted, part.raw)


# -- arrays


_BEHIND = 10**12
"""Subscripts from here on stand for those behind items whose number is not known."""


def highest(items: Array) -> int:
    """The highest subscript of an indexed array; -1 for none."""
    return max((int(key) for key in items if _INDEX.match(key)), default=-1)


def gap(items: Array) -> int | None:
    """The subscript from which on it is not known how many items an array has; None for one that is known."""
    if isinstance(items, Associative):
        return None
    return next((int(key) for key, item in items.items() if several(item)), None)


def free(items: Array) -> int:
    """The subscript that the next item of an indexed array gets."""
    top = highest(items)
    return _BEHIND if top < _BEHIND and gap(items) is not None else top + 1


def from_end(items: Array, number: int) -> int | None:
    """The subscript that a negative one means; None where that is not known. Negative in front of the array."""
    index = number + highest(items) + 1
    return None if index < _BEHIND and gap(items) is not None else index


def placed(items: Array, key: str, value: Value | None) -> Array:
    """An array with another item at a subscript, or with none. What may be that item is not known any more."""
    at = gap(items)
    if at is not None and at <= int(key) < _BEHIND:
        return {index: item for index, item in items.items() if int(index) <= at}
    kept = type(items)({index: item for index, item in items.items() if index != key} if value is None else items)
    if value is not None:
        kept[key] = value
    return ordered(kept)


def unknown_items(name: str) -> Value:
    """An array of which nothing is known."""
    return hole(f"${{{name}[@]}}")


def is_array(name: str, value: Variable | None) -> bool:
    """Whether a variable is an array, known or not."""
    return isinstance(value, dict) or (value is not None and value[:2] == unknown_items(name)[:2])


def unknown(name: str, old: Variable | None) -> Value:
    """A variable of which nothing is known any more. old: what it was."""
    return unknown_items(name) if is_array(name, old) else hole(f"${{{name}}}")


def given(name: str, old: Variable | None, value: Value) -> Variable:
    """What a variable is once it is given a value, which is the first item of one that is an array."""
    if isinstance(old, dict):
        return placed(old, "0", value)
    return {"0": value, "1": unknown_items(name)} if is_array(name, old) else value


def ordered(items: Array) -> Array:
    """An indexed array in the order of its subscripts."""
    if isinstance(items, Associative):
        return items
    numbers = [int(key) for key in items]
    if all(a < b for a, b in pairwise(numbers)):
        return items
    return {str(number): items[str(number)] for number in sorted(numbers)}


def sliced(items: list[tuple[int, Value]], first: int, count: int | None, end: int) -> list[Value]:
    """`${a[@]:first:count}` of items by their subscripts. end: one more than the highest."""
    if first < 0:
        first += end
        if first < 0:
            return []
    values = [value for index, value in items if index >= first]
    return values if count is None else values[:count]


# -- operators on one value


def cased(part: Param, value: Value, pattern: str | None) -> Value:
    """`^^`, `^`, `,,` and `,`. pattern: which characters, as a regular expression; None for all."""
    op, text = part.op, value.text
    regex = compiled(pattern, 1) if pattern else None
    if pattern and regex is None:
        return hole(part.raw)
    if not text.isascii():
        return hole(part.raw)
    reach = len(text) if len(op) == 2 else 1
    out = []
    for number, char in enumerate(text):
        chosen = number < reach and (regex is None or regex.fullmatch(char) is not None)
        out.append((char.upper() if op[0] == "^" else char.lower()) if chosen else char)
    return value._replace(text="".join(out))


def transformed(part: Param, letter: str, value: Value) -> Value:
    """`${x@U}` and its kin; of what quotes for reading again, `@Q` of what can be printed."""
    text = value.text
    if not text.isascii() or letter not in ("U", "u", "L", "Q"):
        return hole(part.raw)
    if letter == "Q":
        if value is UNSET or not text.isprintable():
            return Value("") if value is UNSET else hole(part.raw)
        return value._replace(text="'" + text.replace("'", "'\\''") + "'")
    return value._replace(
        text=text.upper() if letter == "U" else text.lower() if letter == "L" else text[:1].upper() + text[1:]
    )


def cut(part: Param, value: Value, pattern: tuple[str, tuple[object, ...]]) -> Value:
    """`#`, `##`, `%` and `%%`."""
    regex = compiled(pattern[0], len(value.text))
    if regex is None:
        return hole(part.raw)
    return value._replace(text=trimmed(value.text, part.op, regex))


def last_part(part: Param, value: Value) -> Value | None:
    """`${x##*/}` and `${x%/*}` of a partly known path whose last part is known; None for anything else."""
    head, slash, tail = value.text.rpartition("/")
    if not slash or HOLE in tail or not all(type(piece) is Lit and not piece.quoted for piece in part.arg):
        return None
    wanted = "".join([piece.text for piece in part.arg if type(piece) is Lit])
    if (part.op, wanted) == ("##", "*/"):
        return Value(tail, (), value.because)
    return value._replace(text=head) if (part.op, wanted) == ("%", "/*") else None


def substituted(part: Param, value: Value, pattern: str, new: Value) -> Value:
    """`/`, `//`, `/#` and `/%`. An `&` in the new text means different things to different versions of bash."""
    if new.holes or "&" in new.text:
        changed = replaced(value.text, part.op, pattern, "\0")
        return value if changed == value.text else hole(part.raw)
    changed = replaced(value.text, part.op, pattern, new.text)
    if changed is None or len(changed) > MAX_TEXT:
        return hole(part.raw)
    return Value(changed, (), merged(value.because, new.because))


def substring(value: Value, first: int, count: int | None) -> Value | None:
    """`${x:first:count}`; None for an end in front of the beginning, which is an error."""
    text = value.text
    if first < 0:
        first += len(text)
        if first < 0:
            return value._replace(text="")
    if first > len(text):
        return value._replace(text="")
    if count is None:
        return value._replace(text=text[first:])
    if count < 0:
        end = len(text) + count
        return None if end < first else value._replace(text=text[first:end])
    return value._replace(text=text[first : first + count])


def open_ended(value: Value) -> Value:
    """The first of the words that a value may become when it is divided: what is known in front of its first unknown
    part."""
    head = value.text.partition(HOLE)[0]
    return Value(head + HOLE, value.holes[:1], value.because)
