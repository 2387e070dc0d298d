"""Which variables a piece of shell may set, for loops whose rounds are not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

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
    Text,
)

SETS = late(r"([A-Za-z_]\w*)\s*(?:\+\+|--|[-+*/%]?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)")
"""Names that arithmetic sets."""
_TAKES_NAMES = frozenset(
    ("read", "mapfile", "readarray", "getopts", "printf", "let", "unset", "local", "declare", "export")
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
            names.update([a.name for a in item.assigns])
            names.update([a.name for a in item.declared.values()])
            first = item.words[0].literal if item.words else None
            if first in _TAKES_NAMES:
                matches = [re.match(r"[A-Za-z_]\w*", w.literal) for w in item.words[1:] if w.literal]
                names.update([m[0] for m in matches if m])
                names.add("OPTARG")
            elif first in ("shift", "set"):
                names.add("0")
            elif first in functions and first not in seen:
                seen.add(first)
                work.extend(function.body for function in functions[str(first)])
            work.extend(item.words)
            work.extend(item.assigns)
        elif isinstance(item, Arith):
            names.update([name for pair in SETS.findall(item.raw) for name in pair if name])
        elif isinstance(item, Opaque):
            if item.raw.startswith("$(("):
                names.update([name for pair in SETS.findall(item.raw) for name in pair if name])
        elif isinstance(item, Param):
            if item.op in (":=", "="):
                names.add(item.name)
            work.extend(item.arg)
        elif isinstance(item, Text):
            if item.literal is None:
                work.extend(item.parts)
        elif isinstance(item, Assign):
            work.append(item.value)
        elif isinstance(item, For):
            names.add(item.name)
            work.append(item.body)
        elif isinstance(item, Function):
            work.append(item.body)
        elif isinstance(item, Group):
            if not item.subshell:
                work.append(item.body)
        elif isinstance(item, tuple) and not isinstance(item, (Lit, Subst, Function, Redir)):
            work.extend(item)
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
        elif isinstance(item, tuple) and not isinstance(item, (Lit, Subst, Function, Redir, Text, Param)):
            work.extend(item)
    return False
