"""Commands of a bash text whose failure the text does not see: their status is that of what they are piped into,
`set -e` has ended the text before anybody looks, `|| true` stands behind them, or nobody looks at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import pairwise

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.bash.parser import parsed
from wxlint.shell.bash.tree import (
    AndOr,
    Background,
    Case,
    Count,
    For,
    Function,
    Group,
    If,
    Node,
    Pipe,
    Redirected,
    Seq,
    Simple,
    While,
    WholeText,
)

_LOOKS = late(
    r"""(?:[ \t\r;]|\\\n|\n|\#[^\n]*(?=\n))*(?:(?:if|case|return|exit)[ \t]+)?(?:![ \t]+)?"""
    r"""(?:\[\[?[ \t]+|test[ \t]+|\(\([ \t]*|(?:local[ \t]+)?\w+=)?["']?\$\{?\?"""
)
"""What stands behind a command up to the `$?` of the statement that follows."""
_PRINTERS = frozenset("awk cat cut gawk head logger mawk nl perl pv sed tail tee tr ts".split())
"""Programs that hand on what they read, and end well whatever that is."""
_ERREXIT = late(r"#![^\n]*\s-\w*e")
_MAY_END = late(r"\bset[ \t]+-\w*e|\berrexit\b|\btrap\b[^\n]*\bERR\b|(?:^|[\n;&|])[ \t]*(?:source|\.)[ \t]")
"""Something may end the text where a command fails, or does so in a part of it."""
_ACTIVATES = late(r"(?:source|\.)[ \t]+\S*/bin/activate\b")
"""A venv's own script, which leaves the options of the shell alone."""
_SHRUGS = frozenset(("true", ":", "echo", "printf"))
"""Commands behind `||` that only let the text go on."""


class LossKind(Enum):
    """How a failure is lost."""

    LOOKED_AT = "the status that is looked at is another's"
    GOES_ON = "the text goes on"
    NEVER_LOOKED_AT = "the text ends before its status is looked at"
    WAVED_OFF = "the text says to go on"
    IGNORED = "nothing looks at its status"


class Lost(NamedTuple):
    """A command whose failure is lost. start: of the command. by: the program whose status counts, or that goes on."""

    start: int
    loss: LossKind
    by: str = ""


def lost_failures(text: str) -> tuple[Lost, ...]:
    """The commands of a bash text whose failure is not seen, in the order of the text. Never raises."""
    reader = _Reader(text)
    try:
        reader.walk(parsed(text).tree, guarded=False, top=True)
    except RecursionError:  # the depth guards are there so that this does not happen
        return ()
    return tuple(sorted(reader.found, key=lambda lost: lost.start))


class Unheeded(NamedTuple):
    """A command whose failure is not in the status of its text. last: the command whose status that is, where it is
    known."""

    command: Simple
    last: Simple | None


def unheeded(text: str) -> tuple[Unheeded, ...]:
    """The commands of a text without `set -e` that others follow, with no look at their status. Never raises."""
    if _ERREXIT.match(text) or _MAY_END.search(_ACTIVATES.sub("", text)):
        return ()
    tree = parsed(text).tree
    try:
        last = _last(tree)
        return tuple(
            Unheeded(command, last) for command in _followed(tree, ends=True) if not _LOOKS.match(text, command.end)
        )
    except RecursionError:  # as above
        return ()


def _followed(node: Node, *, ends: bool) -> Iterator[Simple]:
    """The commands that others follow, whatever their status. ends: that of the node is the text's."""
    if isinstance(node, Simple):
        if not ends:
            yield node
    elif isinstance(node, (WholeText, Seq)):
        for item in node.items[:-1]:
            yield from _followed(item, ends=False)
        for item in node.items[-1:]:
            yield from _followed(item, ends=ends)
    elif isinstance(node, AndOr):
        if all(operator == "&&" for operator, _ in node.rest):
            for part in (node.first, *(part for _, part in node.rest)):
                yield from _followed(part, ends=ends)
    elif isinstance(node, If):
        for _, body in node.branches:
            yield from _followed(body, ends=ends)
        if node.otherwise is not None:
            yield from _followed(node.otherwise, ends=ends)
    elif isinstance(node, (Group, Redirected)):
        yield from _followed(node.body, ends=ends)


def _last(node: Node) -> Simple | None:
    """The command whose status is that of a node."""
    while isinstance(node, (WholeText, Seq)) and node.items:
        node = node.items[-1]
    return node if isinstance(node, Simple) else None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.strict = _ERREXIT.match(text) is not None
        self.goes_on = not self.strict and _MAY_END.search(text) is None
        self.knows_pipes = "pipefail" in text or "PIPESTATUS" in text
        self.found: list[Lost] = []

    def walk(self, node: Node, *, guarded: bool, top: bool = False) -> None:
        """Follow a node. guarded: its failure ends nothing, whatever `set -e` says. top: it always runs."""
        if isinstance(node, (Simple, Pipe)):
            self._statement(node, guarded)
            if top and isinstance(node, Simple):
                self._set(node)
            return
        if isinstance(node, AndOr):
            self._waved_off(node)
        for inner, inner_guarded in _inside(node, guarded):
            self.walk(inner, guarded=inner_guarded, top=top and isinstance(node, (WholeText, Seq)))

    def _waved_off(self, node: AndOr) -> None:
        """Take down the command in front of a last `|| true`."""
        operator, last = node.rest[-1]
        before = node.rest[-2][1] if len(node.rest) > 1 else node.first
        by = last.words[0].literal if isinstance(last, Simple) and last.words else None
        for item in before.items if isinstance(before, Pipe) else (before,):
            if operator == "||" and by in _SHRUGS and isinstance(item, Simple):
                self.found.append(Lost(item.start, LossKind.WAVED_OFF, by or ""))

    def _set(self, node: Simple) -> None:
        """Follow `set -e`, `set -euo pipefail`, `set -o errexit` and their opposites."""
        words = [word.literal or "" for word in node.words]
        if words[:1] != ["set"]:
            return
        for before, word in pairwise(words):
            named = word == "errexit" and before[1:].endswith("o")
            if named or (word[:1] in ("-", "+") and "e" in word[1:]):
                self.strict = (before if named else word)[0] == "-"

    def _statement(self, node: Simple | Pipe, guarded: bool) -> None:
        items = node.items if isinstance(node, Pipe) else (node,)
        if isinstance(node, Pipe):
            for item in items:
                if not isinstance(item, Simple):
                    self.walk(item, guarded=True)
            guarded = guarded or node.negated
        last = items[-1]
        if not isinstance(last, Simple):
            return
        strict = self.strict and not guarded
        looked = _LOOKS.match(self.text, last.end) is not None
        if strict and looked:
            self.found.append(Lost(last.start, LossKind.NEVER_LOOKED_AT))
        if self.goes_on and not guarded and not looked:
            self.found += [Lost(item.start, LossKind.IGNORED) for item in items if isinstance(item, Simple)]
        by = last.words[0].literal if last.words else None
        if self.knows_pipes or by not in _PRINTERS or by is None:
            return
        for item in items[:-1]:
            if isinstance(item, Simple) and (looked or strict):
                self.found.append(Lost(item.start, LossKind.LOOKED_AT if looked else LossKind.GOES_ON, by))


def _inside(node: Node, guarded: bool) -> Iterator[tuple[Node, bool]]:
    """The parts of a compound command, and whether a failure in each ends nothing."""
    if isinstance(node, (WholeText, Seq)):
        yield from _all(node.items, guarded)
    elif isinstance(node, AndOr):
        parts = (node.first, *(part for _, part in node.rest))
        yield from _all(parts[:-1], True)
        yield parts[-1], guarded
    elif isinstance(node, If):
        for condition, body in node.branches:
            yield condition, True
            yield body, guarded
        if node.otherwise is not None:
            yield node.otherwise, guarded
    elif isinstance(node, While):
        yield node.condition, True
        yield node.body, guarded
    elif isinstance(node, Case):
        yield from _all((body for _, body, _ in node.arms), guarded)
    elif isinstance(node, (For, Count, Group, Redirected)):
        yield node.body, guarded
    elif isinstance(node, (Function, Background)):  # who calls a function may look at its failure
        yield node.body, True


def _all(nodes: Iterable[Node], guarded: bool) -> Iterator[tuple[Node, bool]]:
    return ((node, guarded) for node in nodes)
