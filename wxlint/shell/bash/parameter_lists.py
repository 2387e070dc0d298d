"""Parameters that are several values: `$@`, `${a[@]}`, their subscripts, and slices of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.values import Value
from wxlint.shell.bash.parameters import LIVE, gap, highest, sliced, whole
from wxlint.shell.bash.tree import Param
from wxlint.shell.values import UNSET, Array, Associative, assumptions, counted, hole, several

if TYPE_CHECKING:
    from wxlint.shell.bash.word_roles import Words

_OWN = frozenset(("COPROC", "DIRSTACK", "MAPFILE"))
"""Arrays that the shell sets itself, beside those that always change."""


class ParameterLists:
    """The values of lists. `Expander.inexact` is set where their number is not known."""

    def __init__(self, words: Words) -> None:
        self.words, self.state = words, words.state

    def many(self, part: Param) -> list[Value] | None:
        """The values of `$@`, `${a[@]}`, `${!a[@]}` and slices of them; None for a parameter that is one value."""
        if part.op == "len":
            return None
        if part.name in ("@", "*") and part.subscript is None:
            return self._positional(part)
        if not whole(part):
            return None
        variable = self.words.parameters.variable(part.name)
        if variable is None or (type(variable) is Value and variable.holes) or self.state.spent:
            if variable is None and part.op in ("-", ":-") and not self.words.presume:
                return self._many_default(part, [])
            if variable is None and self.lacks(part):
                return []
            self.words.inexact = True
            return [hole(part.raw)]
        items = variable if isinstance(variable, dict) else {} if variable is UNSET else {"0": variable}
        values: list[Value] = list(items.values())
        if part.op == "keys":
            return self._keys(part, items)
        if any(map(several, values)):
            self.words.inexact = True
        if part.op == ":" and isinstance(variable, Value) and variable is not UNSET:
            return [self.words.parameters.operate(part, variable)]
        if part.op == ":":
            if isinstance(items, Associative):
                return self._not_known(part)
            numbered = [(int(key), value) for key, value in items.items()]
            return self._slice(part, numbered, highest(items) + 1, gap(items))
        if part.op in ("-", ":-", "+", ":+"):
            return self._many_default(part, values)
        return values if part.op == "" else [self.words.parameters.operate(part, value) for value in values]

    def lacks(self, part: Param) -> bool:
        """Whether an item is not there, or none of a slice: of a variable that nothing here sets, since what the
        environment gives is one text, and the first item."""
        name = part.name
        own = name in LIVE or name in _OWN or name.startswith(("BASH", "COMP"))
        if own or not self.state.defaults or self.words.parameters.variable(name) is not None:
            return False
        if whole(part):
            bounds = self.bounds(part) if part.op == ":" else None
            return bounds is not None and bounds[0] > 0 and (bounds[1] or 0) >= 0
        index = self.words.parameters.key(part.subscript or (), None)
        return index is not None and index.text != "0" and not index.because

    def _keys(self, part: Param, items: Array) -> list[Value]:
        known = counted(items)
        keys = [Value(key, (), assumptions(value)) for key, value in known.items()]
        return keys if known is items else [*keys, *self._not_known(part)]

    def _not_known(self, part: Param) -> list[Value]:
        self.words.inexact = True
        return [hole(part.raw)]

    def _positional(self, part: Param) -> list[Value] | None:
        args = self.state.args
        values = list(args.known[:-1] if args.doubtful else args.known)
        if self.state.spent and len(values) > 8:
            return self._not_known(part)
        if part.op in ("-", ":-", "+", ":+"):
            return None if args.more else self._many_default(part, values)
        if part.op == ":":
            if args.more:
                return self._not_known(part)
            return self._slice(part, list(enumerate(values, 1)), len(values) + 1)
        if args.more:
            self.words.inexact = True
            values.append(hole(f"${part.name}" if part.op else part.raw))
        return values if part.op == "" else [self.words.parameters.operate(part, value) for value in values]

    def _many_default(self, part: Param, values: list[Value]) -> list[Value]:
        if part.op in ("-", ":-"):
            if part.op == ":-" and len(values) == 1 and not values[0].text:
                values = []
            return [self.words.parts_value(part.arg)] if not values and part.arg else values
        if not values:
            return []
        if len(part.arg) == 1 and type(part.arg[0]) is Param:  # ${a[@]+"${a[@]}"}: the list again
            again = self.many(part.arg[0])
            if again is not None:
                return again
        return [self.words.parts_value(part.arg)]

    def _slice(
        self, part: Param, items: list[tuple[int, Value]], end: int, unknown_from: int | None = None
    ) -> list[Value]:
        bounds = self.bounds(part)
        if bounds is None or (bounds[1] or 0) < 0 or (part.name in ("@", "*") and bounds[0] == 0):
            return self._not_known(part)
        if unknown_from is not None and not 0 <= bounds[0] <= unknown_from:
            return self._not_known(part)
        found = sliced(items, bounds[0], bounds[1], end)
        return self._not_known(part) if bounds[1] is not None and any(map(several, found)) else found

    def bounds(self, part: Param) -> tuple[int, int | None] | None:
        """The two numbers of `${x:first:count}`."""
        spec = self.words.parts_value(part.arg)
        first, mark, count = spec.text.partition(":")
        if spec.holes or "?" in first:
            return None
        low = self.words.sums.number(first)
        high = self.words.sums.number(count) if mark else None
        return None if low is None or (mark and high is None) else (low, high)
