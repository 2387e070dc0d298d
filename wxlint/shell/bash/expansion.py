"""From a word as written to the words it becomes: parameters, arithmetic, substitution, word splitting."""

from __future__ import annotations

import re
import weakref
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.parameter_defaults import chosen_default
from wxlint.shell.bash.parameter_lists import ParameterLists
from wxlint.shell.bash.parameter_values import ParameterValues
from wxlint.shell.bash.parameters import starred, whole
from wxlint.shell.bash.tree import Lit, Opaque, Param, Part, Subst, WordText
from wxlint.shell.patterns import glob_regex, work
from wxlint.shell.state import ShellState
from wxlint.shell.values import MAX_ITEMS, UNSET, assumptions, hole, is_open, joined, merged

if TYPE_CHECKING:
    from wxlint.shell.bash.sums import Sums
    from wxlint.shell.bash.word_roles import Substitutes

_SPACE = " \t\n"
PRIVATE = 0xF0000
"""Text that is read again (eval, bash -c) has its HOLEs as characters from here on."""
_SEPARATOR = "\ue000"


class Expander:
    """The words of one text.

    script: the path of the text; zero: its `$0`; both are empty where they are not known.
    presume: in a condition, what nothing sets counts as empty, as an assumption. inexact: the last words that were made
    may stand for another number of words. private: the unknown parts of a text that is read again; resting: what it
    rests on. parameters, lists, sums: what reads the parts of words that are more than text.
    """

    def __init__(self, state: ShellState, substitutes: Substitutes, *, script: str, bash: bool) -> None:
        self.state, self.substitutes, self.script, self.bash = state, substitutes, script, bash
        self.zero = script
        self.presume = False
        self.inexact = False
        self.vanished: tuple[Reason, ...] = ()  # on which it rests how many words the last one became
        self.private: tuple[str, ...] = ()
        self.resting: tuple[Reason, ...] = ()
        self.parameters = ParameterValues(weakref.proxy(self))
        self.lists = ParameterLists(weakref.proxy(self))
        self._sums: Sums | None = None

    @property
    def sums(self) -> Sums:
        """Made when there is arithmetic: most texts have none."""
        if self._sums is None:
            from wxlint.shell.bash.sums import Sums

            self._sums = Sums(weakref.proxy(self))
        return self._sums

    # -- words

    def lit(self, text: str) -> Value:
        """Literal text, in which the HOLEs and assumptions of a text that is read again come back."""
        if not self.private or text.isascii():
            return Value(text, (), self.resting)
        names = tuple([self.private[ord(c) - PRIVATE] for c in text if 0 <= ord(c) - PRIVATE < len(self.private)])
        if not names:
            return Value(text, (), self.resting)
        known = "".join([HOLE if 0 <= ord(c) - PRIVATE < len(self.private) else c for c in text])
        return Value(known, names, self.resting)

    def value(self, word: WordText) -> Value:
        """The word without splitting, as in an assignment."""
        return self.lit(word.literal) if word.literal is not None else self.parts_value(word.parts)

    def parts_value(self, parts: tuple[Part, ...]) -> Value:
        found: list[Value] = []
        for part in parts:
            found.append(self.part(part, parts))
            if self.state.flow:  # an error: what stands behind it is not looked at
                break
        return joined(found) if found else Value("")

    def part(self, part: Part, beside: tuple[Part, ...] = ()) -> Value:
        """One part, without splitting. beside: all parts of its word."""
        if type(part) is Lit:
            return self.lit(part.text)
        if type(part) is Param:
            many = self.lists.many(part)
            if many and part.op == ":-" and not part.quoted:
                one = self.lists.many(part._replace(op=""))
                if one is not None and len(one) == 1 and not one[0].text:  # bash takes it for set in an assignment
                    return hole(part.raw)
            return self.parameters.param(part) if many is None else self.together(part, many, beside)
        if type(part) is Subst:
            return self.substitutes.substitute(part.body, part.raw)
        assert type(part) is Opaque
        if part.body is None:
            if part.raw[:2] == "${":
                self.state.fail()
                return hole(part.raw)
            return self.sums.arithmetic(part.raw)
        self.substitutes.aside(part.body)
        return hole(part.raw)

    def together(self, part: Param, values: list[Value], beside: tuple[Part, ...]) -> Value:
        """Several values as one text: `$*` joins by the first character of IFS."""
        if part.op and len(values) > 1 and starred(part):
            lists = [each for each in beside if type(each) is Param and (each.name in ("@", "*") or whole(each))]
            if len(lists) > 1 or (not part.quoted and self.separators() != _SPACE):  # bash divides them otherwise
                self.inexact = True
                return hole(part.raw)
        mark = self.separators() if starred(part) or part.op == "keys" else _SPACE
        if (
            part.op and not starred(part) and self.separators() != _SPACE
        ):  # bash joins subscripts by IFS, other lists by spaces
            mark = None
        if mark is None:
            return hole(part.raw)
        last = values[-1] if values else Value("")
        if part.name in ("@", "*") and self.state.args.more and len(values) > 1 and last.text == HOLE:
            values = values[:-1]  # what may be none takes the space in front of it along
        else:
            last = Value("")
        between = [Value(mark[:1])] if mark else []
        pieces = [each for value in values for each in (*between, value)][len(between) :]
        if last.text:
            pieces.append(last._replace(holes=(f" {last.holes[0]}",)))
        return joined(pieces) if pieces else Value("")

    def separators(self) -> str | None:
        """The characters that divide words; None when IFS is not known."""
        given = self.state.vars.get("IFS")
        if given is None or given is UNSET:
            return _SPACE
        return given.text if isinstance(given, Value) and not given.holes else None

    def fields(self, word: WordText) -> list[Value]:
        """The words that a word becomes. `inexact` is set when their number is not known."""
        self.inexact, self.vanished = False, ()
        if word.literal is not None:
            return [self.lit(word.literal)] if word.literal or word.quoted else []
        fields = _Fields()
        self._add(fields, word.parts, split=False, because=())
        found = fields.done()
        self.vanished = merged(fields.noted, fields.counted)
        return found

    def _add(
        self,
        fields: _Fields,
        parts: tuple[Part, ...],
        *,
        split: bool,
        because: tuple[Reason, ...],
        followed: bool = False,
    ) -> None:
        for number, part in enumerate(parts):
            if self.state.flow:  # an error: what stands behind it is not looked at
                return
            more = followed or number + 1 < len(parts)
            if type(part) is Lit and (part.quoted or not split):
                fields.add(self.lit(part.text))
                continue
            inexact = self.inexact
            if type(part) is Param:
                many = self.lists.many(part)
                if many is not None and not (part.quoted and starred(part)):
                    if len(many) > 1 and more and many[-1].text == HOLE and self.inexact:
                        many = [hole(part.raw)]  # which of them what follows stands behind is not known
                    self._add_many(fields, part, many, followed=more)
                    continue
                if not part.quoted and part.op in (":-", "-", ":+", "+"):
                    chosen = chosen_default(self.parameters.state, part, self.parameters.lookup(part))
                    if not isinstance(chosen, Value):
                        reasons = merged(because, chosen)
                        self._add(fields, part.arg, split=True, because=reasons, followed=more)
                        continue
            value = self.part(part, parts)
            if type(part) is Param and part.quoted and not part.op and starred(part):
                self.inexact = inexact  # however many there are, it is one word
            if because:
                value = value._replace(because=merged(value.because, because))
            if part.quoted:
                fields.add(value)
            else:
                self._split(fields, value, followed=more)

    def _add_many(self, fields: _Fields, part: Param, many: list[Value], *, followed: bool) -> None:
        """Each of several values is a word of its own, or more."""
        if not part.quoted and self._odd(part, many):
            self.inexact = True
            fields.add(hole(part.raw))
            return
        for index, value in enumerate(many[:MAX_ITEMS]):
            if value.because:  # how many there are rests on it
                fields.counted = merged(fields.counted, assumptions(value))
            if index:
                fields.end()
            if part.quoted:
                fields.add(value)
            else:
                self._split(fields, value, followed=followed and index == len(many) - 1)

    def _odd(self, part: Param, many: list[Value]) -> bool:
        """Whether unquoted values are divided in a way that versions of shells differ in: by an IFS of its own kind."""
        marks = self.separators()
        if marks == "":
            return part.op != ""
        return marks != _SPACE and len(many) > 1 and any(not value.text for value in many)

    def _split(self, fields: _Fields, value: Value, *, followed: bool) -> None:
        """Add an unquoted value, which may be several words, or none. followed: by more of the word."""
        marks = self.separators()
        if (value.holes and is_open(value)) or (marks is None and value.text):
            self.inexact = True
        if marks is None and value.text:
            fields.add(hole(value.shown()))
            return
        marks = marks or ""
        text, names = value.text, value.holes
        if " " in marks and any(name[:1] == " " for name in names):
            text, names = _spaced_out(text, names, followed)
        if not any(mark in text for mark in marks):
            if text or (self.presume and assumptions(value)):  # [ $1 = x ]: what is assumed to be empty has a place
                fields.add(value)
            elif value.because:
                self.inexact = self.inexact or bool(assumptions(value))
                fields.noted = merged(fields.noted, value.because)
            return
        blank = "".join([m for m in marks if m in _SPACE])
        hard = "".join([m for m in marks if m not in _SPACE])
        space = f"[{re.escape(blank)}]" if blank else "(?!)"
        if hard:
            text = re.sub(f"{space}*[{re.escape(hard)}]{space}*", _SEPARATOR, text)
        left = iter(names)
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
                fields.add(Value(piece, tuple([next(left, "") for _ in range(piece.count(HOLE))]), value.because))
                empty = False

    def pattern(self, parts: tuple[Part, ...]) -> tuple[str, tuple[Reason, ...]] | None:
        """A pattern as a regular expression, and its reasons; None when unknown."""
        pieces: list[tuple[str, bool]] = []
        because: tuple[Reason, ...] = ()
        for part in parts:
            value = self.part(part)
            if value.holes:
                return None
            because = merged(because, value.because)
            pieces.append((value.text, part.quoted))
        regex = glob_regex(pieces)
        return None if regex is None else (regex, because)

    def charge(self, regex: str, length: int) -> None:
        """Count what looking for a pattern may take."""
        if length > 20:
            self.state.steps += work(regex, length) // 5_000


def _spaced_out(text: str, names: tuple[str, ...], followed: bool) -> tuple[str, tuple[str, ...]]:
    """A text with a space in front of what a branch may have added, unless what follows stands behind the text where it
    was not added."""
    pieces = text.split(HOLE)
    out = [pieces[0]]
    for number, (name, piece) in enumerate(zip(names, pieces[1:]), 1):
        apart = piece[:1] in _SPACE if piece else number == len(names) and not followed
        out.append((" " if name[:1] == " " and apart else "") + HOLE + piece)
    return "".join(out), tuple(name.removeprefix(" ") for name in names)


class _Fields:
    """Words in the making."""

    __slots__ = ("counted", "current", "finished", "noted", "open")

    def __init__(self) -> None:
        self.finished: list[Value] = []
        self.current: list[Value] = []
        self.noted: tuple[Reason, ...] = ()  # of what is empty
        self.counted: tuple[Reason, ...] = ()  # of lists
        self.open = False

    def add(self, value: Value) -> None:
        self.current.append(value)
        self.open = True

    def end(self) -> None:
        if self.open:
            word = joined(self.current)
            self.finished.append(word._replace(because=merged(word.because, self.noted)) if self.noted else word)
            self.noted = ()
            self.current, self.open = [], False

    def done(self) -> list[Value]:
        self.end()
        return self.finished
