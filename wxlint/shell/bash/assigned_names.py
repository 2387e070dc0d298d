"""Which variables a piece of shell may set, for loops whose rounds are not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wxlint.core.patterns import late
from wxlint.shell.bash.tree import (
    Arith,
    Assign,
    For,
    Function,
    Group,
    Lit,
    Node,
    Opaque,
    Param,
    Redir,
    Simple,
    Subst,
    WordText,
)

SETS = late(r"([A-Za-z_]\w*)(?:\[[^]]*\])?\s*(?:\+\+|--|(?:<<|>>|[-+*/%&|^])?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)")
"""Names that arithmetic sets."""
_NAME = late(r"[A-Za-z_]\w*")
_EQUALS = late(r"([A-Za-z_]\w*)\+?=")
_TAKES_NAMES = frozenset(
    "read mapfile readarray getopts printf let unset local declare typeset readonly export".split()
)

_LEAVES = frozenset(("break", "continue", "return", "exit", "exec", "eval", "set", "shift"))


def assigned(node: Node, functions: Mapping[str, Sequence[Function]]) -> set[str]:
    """Names that the node may set, functions it calls included; "0" stands for the positional parameters."""
    names: set[str] = set()
    seen: set[str | None] = set()
    work: list[object] = [node]
    while work:
        item = work.pop()
        if isinstance(item, Simple):
            names.update(_set_by(item))
            first = item.words[0].literal if item.words else None
            if first in functions and first not in seen:
                seen.add(first)
                work.extend(function.body for function in functions[str(first)])
            work.extend(item.words)
            work.extend(item.assigns)
        elif isinstance(item, (Arith, Opaque)):
            if isinstance(item, Arith) or item.raw.startswith("$(("):
                names.update([name for pair in SETS.findall(item.raw) for name in pair if name])
        elif isinstance(item, Param):
            if item.op in (":=", "="):
                names.add(item.name)
            work.extend(item.arg)
        elif isinstance(item, For):
            names.add(item.name)
            work.append(item.body)
        else:
            work.extend(_inside(item))
    return names


def _inside(item: object) -> Iterable[object]:
    """What of a node runs in the same shell."""
    if isinstance(item, WordText):
        return item.parts if item.literal is None else ()
    if isinstance(item, Assign):
        return (item.value,)
    if isinstance(item, Function):
        return (item.body,)
    if isinstance(item, Group):
        return () if item.subshell else (item.body,)
    return item if isinstance(item, tuple) and not isinstance(item, (Lit, Subst, Redir)) else ()


def _set_by(command: Simple) -> set[str]:
    """Names that a command sets by itself."""
    names = {assign.name for assign in (*command.assigns, *command.declared.values())}
    first = command.words[0].literal if command.words else None
    if first in _TAKES_NAMES:
        matches = [_NAME.match(word.literal) for word in command.words[1:] if word.literal]
        names.update([match[0] for match in matches if match])
        names.add("OPTARG")
    elif first in ("shift", "set"):
        names.add("0")
    elif first == "eval":
        for word in command.words[1:]:
            text = word.literal or "".join([part.text for part in word.parts if isinstance(part, Lit)])
            names.update(_EQUALS.findall(text))
    return names


def may_leave(node: Node, functions: Mapping[str, Sequence[Function]]) -> bool:
    """Whether a walk over the node may end before it: a loop, a function, the text."""
    work: list[object] = [node]
    while work:
        item = work.pop()
        if isinstance(item, Function):
            return True
        if isinstance(item, Simple):
            first = item.words[0].literal if item.words else None
            if first in _LEAVES or first in functions:
                return True
        elif isinstance(item, tuple) and not isinstance(item, (Lit, Subst, Function, Redir, WordText, Param)):
            work.extend(item)
    return False
