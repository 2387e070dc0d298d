"""From a word as written to the words it becomes: substitution, word splitting, text that is read again."""

from __future__ import annotations

import re

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.parameters import Params, starred
from wxlint.shell.bash.tree import Lit, Node, Opaque, Param, Part, Subst, Text
from wxlint.shell.values import MAX_ITEMS, UNSET, assumptions, hole, joined, merged, spaced

_SPACE = " \t\n"
PRIVATE = 0xF0000
"""Text that is read again (eval, bash -c) has its HOLEs as characters from here on."""
_SEPARATOR = "\ue000"


class Expander(Params):
    """Words. The subclass runs what is inside `$(...)`."""

    private: tuple[str, ...] = ()

    def substitute(self, body: Node | None, raw: str) -> Value:
        raise NotImplementedError

    def run_inside(self, body: Node) -> None:
        raise NotImplementedError

    def arithmetic(self, raw: str) -> Value:
        raise NotImplementedError

    def lit(self, text: str) -> Value:
        """Literal text, in which the HOLEs of a text that is read again come back."""
        if not self.private or text.isascii():
            return Value(text)
        names = tuple([self.private[ord(c) - PRIVATE] for c in text if 0 <= ord(c) - PRIVATE < len(self.private)])
        if not names:
            return Value(text)
        return Value("".join([HOLE if 0 <= ord(c) - PRIVATE < len(self.private) else c for c in text]), names)

    def value(self, word: Text) -> Value:
        """The word without splitting, as in an assignment."""
        return self.lit(word.literal) if word.literal is not None else self.parts_value(word.parts)

    def parts_value(self, parts: tuple[Part, ...]) -> Value:
        return joined([self.part(part) for part in parts]) if parts else Value("")

    def part(self, part: Part) -> Value:
        if type(part) is Lit:
            return self.lit(part.text)
        if type(part) is Param:
            many = self.many(part)
            return self.param(part) if many is None else spaced(many)
        if type(part) is Subst:
            return self.substitute(part.body, part.raw)
        assert type(part) is Opaque
        if part.body is None:
            return self.arithmetic(part.raw)
        self.run_inside(part.body)
        return hole(part.raw)

    def fields(self, word: Text) -> list[Value]:
        """The words that a word becomes. `inexact` is set when their number is not known."""
        self.inexact = False
        if word.literal is not None:
            return [self.lit(word.literal)] if word.literal or word.quoted else []
        fields = _Fields()
        self._add(fields, word.parts, False, ())
        return fields.done()

    def _add(self, fields: _Fields, parts: tuple[Part, ...], split: bool, because: tuple[Reason, ...]) -> None:
        for part in parts:
            if type(part) is Lit and (part.quoted or not split):
                fields.add(self.lit(part.text))
                continue
            if type(part) is Param:
                many = self.many(part)
                if many is not None and not (part.quoted and starred(part)):
                    for index, value in enumerate(many[:MAX_ITEMS]):
                        if index:
                            fields.end()
                        if part.quoted:
                            fields.add(value)
                        else:
                            self._split(fields, value)
                    continue
                if not part.quoted and part.op in (":-", "-", ":+", "+"):
                    chosen = self.chosen(part)
                    if not isinstance(chosen, Value):
                        self._add(fields, part.arg, True, merged(because, chosen))
                        continue
            value = self.part(part)
            if because:
                value = value._replace(because=merged(value.because, because))
            if part.quoted:
                fields.add(value)
            else:
                self._split(fields, value)

    def _split(self, fields: _Fields, value: Value) -> None:
        """Add an unquoted value, which may be several words, or none."""
        if value.holes:
            self.inexact = True
        given = self.vars.get("IFS")
        marks = given.text if type(given) is Value and given is not UNSET and not given.holes else _SPACE
        text = value.text
        if not any(mark in text for mark in marks):
            if text or (
                self.presume and assumptions(value)
            ):  # [ $1 = x ]: keep the place of what is assumed to be empty
                fields.add(value)
            return
        blank = "".join([m for m in marks if m in _SPACE])
        hard = "".join([m for m in marks if m not in _SPACE])
        space = f"[{re.escape(blank)}]" if blank else "(?!)"
        if hard:
            text = re.sub(f"{space}*[{re.escape(hard)}]{space}*", _SEPARATOR, text)
        names = iter(value.holes)
        empty = not fields.open
        for piece in re.findall(f"{_SEPARATOR}|{space}+|(?:(?!{_SEPARATOR}|{space}).)+", text, re.S):
            if piece == _SEPARATOR:
                if empty:
                    fields.add(Value(""))
                fields.end()
                empty = True
            elif piece[0] in blank:
                fields.end()
            else:
                fields.add(Value(piece, tuple([next(names, "") for _ in range(piece.count(HOLE))]), value.because))
                empty = False


class _Fields:
    """Words in the making."""

    __slots__ = ("current", "finished", "open")

    def __init__(self) -> None:
        self.finished: list[Value] = []
        self.current: list[Value] = []
        self.open = False

    def add(self, value: Value) -> None:
        self.current.append(value)
        self.open = True

    def end(self) -> None:
        if self.open:
            self.finished.append(joined(self.current))
            self.current, self.open = [], False

    def done(self) -> list[Value]:
        self.end()
        return self.finished
