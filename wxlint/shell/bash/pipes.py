"""Pipes of several commands; control_flow.py reads this file when there is one."""

from __future__ import annotations

from functools import partial

from wxlint.core.values import Value
from wxlint.shell.bash.tree import Node, Simple
from wxlint.shell.bash.walker import Walker
from wxlint.shell.branches import alternatives
from wxlint.shell.state import OPEN, Option, Status
from wxlint.shell.values import hole


def piped(walk: Walker, items: tuple[Node, ...]) -> Status:
    """Each command reads what the one before writes."""
    guarded, before = walk.guarded, walk.last
    mark = walk.state.mark()
    on = walk.state.vars.get("set -o pipefail")
    failed = False
    for item in items[:-1]:
        walk.guarded = True
        written = walk.captured(item)
        failed = failed or (walk.last.certain and walk.last.truth is False)
        walk.state.give(written)
        walk.last = before
    if walk.state.given is None:
        walk.state.give(_printed_by(walk, items))
    walk.guarded = guarded
    last = walk.state.vars.get("shopt -s lastpipe")
    if last is None or walk.flavor != "bash":
        status = walk.inside(items[-1])
    else:
        status = _in_this_shell(walk, items[-1], sure=isinstance(last, Value) and not last.holes)
        mark = walk.state.mark()
    walk.state.undo(mark)
    if on is None:
        return status
    if failed and isinstance(on, Value) and on.text == "1":
        return Status(False)
    return OPEN  # whoever writes may be ended by who does not read


def _printed_by(walk: Walker, items: tuple[Node, ...]) -> Value | None:
    """What `xargs` reads of a pipe whose output is not known: the `$(...)` that would print it."""
    first, end = items[0], items[-2]
    reader = items[-1]
    if not (isinstance(first, Simple) and isinstance(end, Simple) and isinstance(reader, Simple)):
        return None
    if not reader.words or reader.words[0].literal != "xargs" or walk.state.fixed:  # what is read again lies elsewhere
        return None
    start, stop = walk.state.span(first.start, end.end)
    return hole(f"$({walk.text[start:stop].strip()})")


def _in_this_shell(walk: Walker, node: Node, *, sure: bool) -> Status:
    """The last command of a pipe under `shopt -s lastpipe`. sure: whether that is on."""
    if sure:
        return walk.run(node)
    options: list[Option] = [(None, partial(walk.run, node)), (None, partial(walk.inside, node))]
    alternatives(walk.state, options, None, ())
    return OPEN
