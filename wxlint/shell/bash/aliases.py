"""Commands that an alias of an earlier line stands for."""

from __future__ import annotations

from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.tree import Simple
from wxlint.shell.bash.walker import Walker
from wxlint.shell.model import Word
from wxlint.shell.values import assumptions, resting_on

_PUNCTUATION = frozenset("\"'\\$`;&|<>(){}*?[]#~\n\0")


def aliased(walk: Walker, node: Simple, words: list[Word]) -> list[Word]:
    """Return the words of a command whose first one may be an alias, which stands from the next line on."""
    state = walk.state
    name = words[0].value.text
    value, since = state.vars.get(f"alias {name}"), state.vars.get(f"alias of {name}")
    if not isinstance(value, Value) or not isinstance(since, Value) or node.words[0].quoted:
        return words
    statement, _, offset = since.text.partition(" ")
    again = bool(state.fixed or state.shift)  # what is read when it runs knows all that has run
    if since.known and not again and (int(statement) == walk.statement or int(offset) > node.start):
        return words
    state.volume += len(value.text) * 10
    readable = not state.spent and value.known and since.known and value.text.strip()
    if not readable or _PUNCTUATION & set(value.text):
        return [words[0]._replace(value=Value(HOLE, (name,))), *words[1:]]
    assumed = assumptions(words[0].value)
    first = [words[0]._replace(value=resting_on(Value(piece), assumed)) for piece in value.text.split()]
    walk.exact += len(first) - 1
    return [*first, *words[1:]]
