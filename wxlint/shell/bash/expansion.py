"""From a word as written to the words it becomes: parameters, arithmetic, substitution, word splitting."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.arithmetic import DoubtfulError, Names, UnknownError, WrongError, evaluated, value_of
from wxlint.shell.bash.assigned_names import SETS
from wxlint.shell.bash.parameters import (
    LIVE,
    NAME,
    PLAIN,
    cased,
    cut,
    highest,
    ordered,
    plain_param,
    sliced,
    starred,
    substituted,
    substring,
    transformed,
    whole,
)
from wxlint.shell.bash.parser import Parser
from wxlint.shell.bash.tree import Lit, Node, Opaque, Param, Part, Subst, Text
from wxlint.shell.patterns import glob_regex, work
from wxlint.shell.state import State, Status
from wxlint.shell.values import (
    MAX_ITEMS,
    NO_ARGUMENTS,
    UNSET,
    Array,
    Associative,
    Variable,
    assumptions,
    hole,
    joined,
    merged,
    not_set,
)

_SPACE = " \t\n"
PRIVATE = 0xF0000
"""Text that is read again (eval, bash -c) has its HOLEs as characters from here on."""
_SEPARATOR = "\ue000"
_DEFAULTS = frozenset((":-", "-", ":=", "=", ":+", "+", ":?", "?"))
_CASES = frozenset(("^^", "^", ",,", ","))


class Substitutes(Protocol):
    """Who runs the commands inside words. last: the outcome of the last command."""

    last: Status

    def substitute(self, body: Node | None, raw: str) -> Value:
        """What `$(...)` gives."""

    def aside(self, body: Node) -> None:
        """Run the commands of a process substitution."""


class Expander:
    """The words of one text.

    presume: in a condition, what nothing sets counts as empty, as an assumption. inexact: the last words that were made
    may stand for another number of words. private: the unknown parts of a text that is read again; resting: what it
    rests on.
    """

    def __init__(self, state: State, substitutes: Substitutes, *, script: str, bash: bool) -> None:
        self.state, self.substitutes, self.script, self.bash = state, substitutes, script, bash
        self.presume = False
        self.inexact = False
        self.vanished: tuple[Reason, ...] = ()  # of what the last word had that came to nothing
        self.private: tuple[str, ...] = ()
        self.resting: tuple[Reason, ...] = ()
        self.names = Names(self._operand, self.assign_number)

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

    def value(self, word: Text) -> Value:
        """The word without splitting, as in an assignment."""
        return self.lit(word.literal) if word.literal is not None else self.parts_value(word.parts)

    def parts_value(self, parts: tuple[Part, ...]) -> Value:
        return joined([self.part(part, parts) for part in parts]) if parts else Value("")

    def part(self, part: Part, beside: tuple[Part, ...] = ()) -> Value:
        """One part, without splitting. beside: all parts of its word."""
        if type(part) is Lit:
            return self.lit(part.text)
        if type(part) is Param:
            many = self.many(part)
            if many and part.op == ":-" and not part.quoted:
                one = self.many(part._replace(op=""))
                if one is not None and len(one) == 1 and not one[0].text:  # bash takes it for set in an assignment
                    return hole(part.raw)
            return self.param(part) if many is None else self.together(part, many, beside)
        if type(part) is Subst:
            return self.substitutes.substitute(part.body, part.raw)
        assert type(part) is Opaque
        if part.body is None:
            return self.arithmetic(part.raw)
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
        if part.op == "keys" and mark != _SPACE:  # bash joins subscripts by IFS, other lists by spaces
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

    def fields(self, word: Text) -> list[Value]:
        """The words that a word becomes. `inexact` is set when their number is not known."""
        self.inexact, self.vanished = False, ()
        if word.literal is not None:
            return [self.lit(word.literal)] if word.literal or word.quoted else []
        fields = _Fields()
        self._add(fields, word.parts, split=False, because=())
        found = fields.done()
        self.vanished = fields.noted
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
            more = followed or number + 1 < len(parts)
            if type(part) is Lit and (part.quoted or not split):
                fields.add(self.lit(part.text))
                continue
            inexact = self.inexact
            if type(part) is Param:
                many = self.many(part)
                if many is not None and not (part.quoted and starred(part)):
                    if len(many) > 1 and more and many[-1].text == HOLE and self.inexact:
                        many = [hole(part.raw)]  # which of them what follows stands behind is not known
                    self._add_many(fields, part, many, followed=more)
                    continue
                if not part.quoted and part.op in (":-", "-", ":+", "+"):
                    chosen = self.chosen(part)
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
        if not part.quoted and len(many) > 1 and self._odd(part, many):
            self.inexact = True
            fields.add(hole(part.raw))
            return
        for index, value in enumerate(many[:MAX_ITEMS]):
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
        return marks != _SPACE and any(not value.text for value in many)

    def _split(self, fields: _Fields, value: Value, *, followed: bool) -> None:
        """Add an unquoted value, which may be several words, or none. followed: by more of the word."""
        marks = self.separators()
        if value.holes or (marks is None and value.text):
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

    # -- several values

    def many(self, part: Param) -> list[Value] | None:
        """The values of `$@`, `${a[@]}`, `${!a[@]}` and slices of them; None for a parameter that is one value."""
        if part.op == "len":
            return None
        if part.name in ("@", "*") and part.subscript is None:
            return self._positional(part)
        if not whole(part):
            return None
        variable = self.variable(part.name)
        if variable is None or (type(variable) is Value and variable.holes) or self.state.spent:
            if variable is None and part.op in ("-", ":-") and not self.presume:
                return self._many_default(part, [])
            self.inexact = True
            return [hole(part.raw)]
        items = variable if isinstance(variable, dict) else {} if variable is UNSET else {"0": variable}
        values: list[Value] = list(items.values())
        if part.op == "keys":
            return self._keys(part, items)
        if values and values[-1].text == HOLE and values[-1].holes[0] == f"${{{part.name}[@]}}":
            self.inexact = True
        if part.op == ":" and isinstance(variable, Value) and variable is not UNSET:
            return [self.operate(part, variable)]
        if part.op == ":":
            if isinstance(items, Associative):
                return self._not_known(part)
            return self._slice(part, [(int(key), value) for key, value in items.items()], highest(items) + 1)
        if part.op in ("-", ":-", "+", ":+"):
            return self._many_default(part, values)
        return values if part.op == "" else [self.operate(part, value) for value in values]

    def _keys(self, part: Param, items: Array) -> list[Value]:
        keys = [Value(key) for key in items]
        if hole(f"${{{part.name}[@]}}") in items.values():  # more, or none, behind those that are known
            self.inexact = True
            keys[-1] = hole(part.raw)
        return keys

    def _not_known(self, part: Param) -> list[Value]:
        self.inexact = True
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
            self.inexact = True
            values.append(hole(f"${part.name}" if part.op else part.raw))
        return values if part.op == "" else [self.operate(part, value) for value in values]

    def _many_default(self, part: Param, values: list[Value]) -> list[Value]:
        if part.op in ("-", ":-"):
            if part.op == ":-" and len(values) == 1 and not values[0].text:
                values = []
            return [self.parts_value(part.arg)] if not values and part.arg else values
        if not values:
            return []
        if len(part.arg) == 1 and type(part.arg[0]) is Param:  # ${a[@]+"${a[@]}"}: the list again
            again = self.many(part.arg[0])
            if again is not None:
                return again
        return [self.parts_value(part.arg)]

    def _slice(self, part: Param, items: list[tuple[int, Value]], end: int) -> list[Value]:
        bounds = self._bounds(part)
        if bounds is None or (bounds[1] or 0) < 0 or (part.name in ("@", "*") and bounds[0] == 0):
            return self._not_known(part)
        return sliced(items, bounds[0], bounds[1], end)

    def _bounds(self, part: Param) -> tuple[int, int | None] | None:
        """The two numbers of `${x:first:count}`."""
        spec = self.parts_value(part.arg)
        first, mark, count = spec.text.partition(":")
        if spec.holes or "?" in first:
            return None
        low = self.number(first)
        high = self.number(count) if mark else None
        return None if low is None or (mark and high is None) else (low, high)

    # -- one value

    def target(self, name: str) -> str:
        """The variable that a name means, which another may be a reference to."""
        seen = 0
        while name in self.state.attributed and seen < 8:
            flags = self.state.vars.get(f"declare {name}")
            reference = self.state.vars.get(name)
            if not isinstance(flags, Value) or "n" not in flags.text or not isinstance(reference, Value):
                break
            if reference.holes or not NAME.match(reference.text):
                return "?"
            name, seen = reference.text, seen + 1
        return name

    def variable(self, name: str) -> Variable | None:
        """A variable by its name; None when nothing here sets it."""
        if name in self.state.attributed:
            name = self.target(name)
            if name == "?":
                return hole("?")
        return self.state.vars.get(name)

    def lookup(self, part: Param) -> Value | None:
        """The value; None when nothing here sets it."""
        name, state = part.name, self.state
        variable = self.variable(name)
        if part.subscript is not None:
            return self._element(part, variable)
        if variable is not None:
            found = variable.get("0", UNSET) if isinstance(variable, dict) else variable
            return found if len(found.text) < 100 or not state.spent else hole(part.raw)
        if name.isdigit():
            if name == "0":
                return Value(self.script) if self.script else hole(part.raw)
            index = int(name[:6]) - 1
            if index < len(state.args.known):
                return state.args.known[index]
            if state.args.script or not state.args.more:
                return None if state.args.script else UNSET
            state.shadowed.add(name)
            named = state.args.first and index == len(state.args.known) and not self.presume
            return hole(state.args.first if named else part.raw)
        if name == "#":
            if self.presume and state.fresh:
                return Value("0", (), (NO_ARGUMENTS,))
            return hole(part.raw) if state.args.more else Value(str(len(state.args.known)))
        if name == "?" and self.substitutes.last.certain and self.substitutes.last.truth:
            return Value("0")
        if name == "BASH_SOURCE" and self.script:
            return Value(self.script)
        if name in ("@", "*"):
            return self.part(Param(name, "", (), (), None, part.quoted, part.raw))
        return hole(part.raw) if name in LIVE or not (name[0].isalpha() or name[0] == "_") else None

    def key(self, subscript: tuple[Part, ...], variable: Variable | None, *, strict: bool = False) -> Value | None:
        """A subscript: text for an associative array, else a number; None when it is not known.

        strict: in an assignment, where one in front of the array ends the statement.
        """
        value = self.parts_value(subscript)
        if value.holes:
            return None
        if isinstance(variable, Associative):
            return value
        number = int(value.text) if value.text.isdigit() and value.text[:1] != "0" and len(value.text) < 9 else None
        if number is None:
            number = self.number(value.text)
        if number is not None and number < 0:
            end = highest(variable) + 1 if isinstance(variable, dict) else 0
            number = None if number + end < 0 else number + end
            if number is None and strict and isinstance(variable, Value) and variable is not UNSET:
                self.state.may_leave("exit" if "set -e" in self.state.vars else "fail")
            elif number is None and strict:
                self.state.fail(status=True)
        return None if number is None else value._replace(text=str(number))

    def _element(self, part: Param, variable: Variable | None) -> Value | None:
        assert part.subscript is not None
        if part.name == "BASH_SOURCE" and self.script:
            return Value(self.script)
        if variable is None:
            if "set -e" in self.state.vars:
                self.state.may_leave("exit")
            return hole(part.raw) if part.name in LIVE else None
        key = self.key(part.subscript, variable)
        if key is None:
            if "set -e" in self.state.vars:  # a subscript in front of the array is an error
                self.state.may_leave("exit")
            return hole(part.raw)
        if isinstance(variable, Value):
            if variable.holes and "set -e" in self.state.vars:
                self.state.may_leave("exit")
            return variable if key.text == "0" else hole(part.raw) if variable.holes else UNSET
        found = variable.get(key.text)
        if found is None:
            unknown = hole(f"${{{part.name}[@]}}")
            return hole(part.raw) if unknown in variable.values() else UNSET
        return found._replace(because=merged(key.because, found.because)) if key.because else found

    def param(self, part: Param) -> Value:
        """The value of a parameter that is one value."""
        op = part.op
        if not op:
            value = self.lookup(part)
            if value is None or value is UNSET or value.holes:
                self._not_set(part, value)
            if value is None:
                return self._presumed(part) or hole(part.raw)
            return self.presumed(value) if self.presume and value.holes else value
        if op == "len":
            return self._length(part)
        if op[0] == "!":
            return self._indirect(part)
        if op in _DEFAULTS:
            return self._default(part)
        value = self.lookup(part)
        if value is None or value is UNSET:
            self._not_set(part, value)
        return hole(part.raw) if value is None else self.operate(part, value)

    def _not_set(self, part: Param, value: Value | None) -> None:
        """Under `set -u` a text ends where it uses what is not set."""
        if "set -u" in self.state.vars and part.name not in ("@", "*"):
            named = value is not None and value.holes in ((part.raw,), (self.state.named(part.name),))
            if value is None or value is UNSET or named:
                self._unbound(value)

    def _unbound(self, value: Value | None) -> None:
        on = self.state.vars.get("set -u")
        if value is UNSET and isinstance(on, Value) and not on.holes:
            self.state.flow = "exit"
        else:
            self.state.may_leave("exit")

    def _indirect(self, part: Param) -> Value:
        """`${!name}`, and operators behind it."""
        name = self.lookup(part._replace(op=""))
        rest = part.op[1:]
        if name is UNSET:
            self.state.fail(status=True)
        if part.name in self.state.attributed or rest == "@" or name is None or name.holes or not NAME.match(name.text):
            return hole(part.raw)
        return self.param(plain_param(name.text, part, rest))

    def _default(self, part: Param) -> Value:
        chosen = self.chosen(part)
        if isinstance(chosen, Value):
            return chosen
        value = self.parts_value(part.arg)
        value = value._replace(because=merged(value.because, chosen))
        if part.op[-1] == "=" and part.subscript is None:
            self.state.set(self.target(part.name), value)
        return value

    def _presumed(self, part: Param) -> Value | None:
        if not self.presume or not self.state.defaults:
            return None
        assumed = not_set(part.name)
        return None if assumed in self.state.refuted else Value("", (), (assumed,))

    def presumed(self, value: Value) -> Value:
        """In a condition: a value whose unknown parts are all variables that nothing sets, taken to be empty."""
        assumed: list[Reason] = []
        for name in value.holes:
            match = PLAIN.match(name)
            if not match or match[1] in self.state.vars or match[1] in LIVE or not self.state.defaults:
                return value
            if match[1].isdigit() and (not self.state.args.script or match[1] in self.state.shadowed):
                return value
            reason = not_set(match[1])
            if reason in self.state.refuted:
                return value
            assumed.append(reason)
        return Value(value.text.replace(HOLE, ""), (), merged(value.because, tuple(assumed)))

    def chosen(self, part: Param) -> Value | tuple[Reason, ...]:
        """For `:- - := = :+ + :? ?`: the value, or the reasons for which the word behind the operator is taken."""
        op = part.op
        value = self.lookup(part)
        kind = op[-1]
        because: tuple[Reason, ...] = ()
        if value is None:
            if kind == "?":
                self.state.may_leave("exit")
                return hole(part.raw)
            assumed = not_set(part.name)
            if not self.state.defaults or assumed in self.state.refuted:
                return hole(part.raw)
            if kind == "+":
                return Value("", (), (assumed,))
            return (Reason("assumed", f"default of {part.raw[:200]}", name=part.name),)
        absent = value is UNSET
        if not absent and op[0] == ":":
            if value.holes and not value.text.strip(HOLE):  # may be empty or not
                return hole(part.raw)
            absent = value.text == ""
            because = value.because
        elif not absent and value.text == "" and any(reason.name == f"{part.name}?" for reason in value.because):
            return hole(part.raw)  # a condition says that it is empty, or not set
        if kind == "+":
            if value.holes == (self.state.named(part.name),) and value.text == HOLE:  # a branch may unset it
                return hole(part.raw)
            return Value("", (), because) if absent else because
        if not absent:
            return value
        if kind == "?":
            self.state.flow = "exit"
            return hole(part.raw)
        return because

    def _length(self, part: Param) -> Value:
        if part.name in ("@", "*") or whole(part):
            exact, self.inexact = self.inexact, False
            variable = self.variable(part.name) if whole(part) else Value("")
            if variable is UNSET and "set -u" in self.state.vars:
                self.state.fail(status=True)
            elif variable is None and "set -u" in self.state.vars:
                self.state.may_leave("exit" if "set -e" in self.state.vars else "fail")
            many = self.many(part._replace(op=""))
            known = many is not None and not self.inexact
            self.inexact = exact
            return Value(str(len(many or ()))) if known else hole(part.raw)
        value = self.lookup(part._replace(op=""))
        if value is None or value is UNSET:
            self._not_set(part, value)
        return hole(part.raw) if value is None or value.holes else Value(str(len(value.text)), (), value.because)

    # -- operators on a value

    def operate(self, part: Param, value: Value) -> Value:
        """`#`, `%`, `/`, `^`, `,`, `@` and substrings on a value."""
        op = part.op
        if value.holes:
            if op == ":" and ((self._bounds(part) or (0, 0))[1] or 0) < 0:  # an error where it is too short
                self.state.may_leave("fail")
            return hole(part.raw)
        if op == ":":
            bounds = self._bounds(part)
            found = None if bounds is None else substring(value, *bounds)
            if found is None and bounds is not None:
                self.state.fail()
            return hole(part.raw) if found is None else found
        if op == "@":
            return transformed(part, self.parts_value(part.arg).text, value)
        if value is UNSET:  # even "${x/*/y}" is empty
            return Value("")
        if op in _CASES and not part.arg:
            return cased(part, value, None)
        pattern = self.pattern(part.arg)
        if pattern is None:
            return hole(part.raw)
        value = value._replace(because=merged(value.because, pattern[1]))
        self.charge(pattern[0], len(value.text))
        if op in _CASES:
            return cased(part, value, pattern[0])
        if op[0] in "#%":
            return cut(part, value, pattern)
        return substituted(part, value, pattern[0], self.parts_value(part.rest)) if op[0] == "/" else hole(part.raw)

    # -- arithmetic

    def number(self, text: str) -> int | None:
        """The value of an arithmetic expression without `$`."""
        return evaluated(text, self.names, self.bash)

    def checked(self, text: str, *, strict: bool) -> int | None:
        """The value of an expression; an error in it ends the statement, or where it is not strict counts as 0."""
        try:
            return value_of(text, self.names, self.bash)
        except DoubtfulError:
            if strict:
                self.state.may_leave("fail")
        except WrongError:
            if not strict:
                if "set -u" in self.state.vars:  # what is not set may end the text before the error is seen
                    self.state.may_leave("exit")
                return 0
            if "set -u" in self.state.vars:
                self.state.may_leave("exit")
            self.state.fail()
        except UnknownError:
            pass
        return None

    def arithmetic(self, raw: str) -> Value:
        """`$((...))`; what it may set becomes unknown where its value is."""
        number = self.calculated(raw[3:-2], strict=True)
        return hole(raw) if number is None else Value(str(number[0]), (), number[1])

    def calculated(
        self, text: str, *, presume: bool = False, strict: bool = False
    ) -> tuple[int, tuple[Reason, ...]] | None:
        """The value of an arithmetic expression as written, with its reasons."""
        presume, self.presume = self.presume, presume
        value = self.parts_value(parts_of(text))
        mark = self.state.mark()
        number = None if value.holes else self.checked(value.text, strict=strict)
        self.presume = presume
        if number is not None:
            because = value.because
            for name in re.findall(r"[A-Za-z_]\w*", value.text):
                variable = self.state.vars.get(name)
                if isinstance(variable, Value):
                    because = merged(because, variable.because)
            return number, because
        flow = self.state.flow
        self.state.undo(mark)
        self.state.flow = flow
        self.unsettle(text)
        return None

    def unsettle(self, text: str) -> None:
        """What an expression of unknown value may set becomes unknown."""
        for pair in SETS.findall(text):
            name = pair[0] or pair[1]
            self.state.set(name, hole(f"${{{name}}}"))

    def _operand(self, name: str, index: str) -> str | None:
        """A variable in an expression, as text; None when it is not known."""
        variable = self.variable(name)
        if index:
            if not isinstance(variable, dict):
                if "set -u" in self.state.vars:
                    self._unbound(UNSET if variable is UNSET else None)
                return None
            key = index if isinstance(variable, Associative) else self.number(index)
            value = UNSET if key is None else variable.get(str(key), UNSET)
            return None if key is None or value.holes else value.text
        if isinstance(variable, dict):
            variable = variable.get("0", UNSET)
        if (variable is None or variable is UNSET) and "set -u" in self.state.vars:
            self._unbound(variable)
        return None if variable is None or variable.holes else variable.text

    def assign_number(self, name: str, index: str, number: int) -> None:
        """An assignment inside an expression."""
        name = self.target(name)
        value = Value(str(number))
        if not index:
            self.state.set(name, value)
            return
        old = self.state.vars.get(name)
        key = self.number(index)
        if not isinstance(old, dict) or isinstance(old, Associative) or key is None or key < 0:
            self.state.set(name, hole(f"${{{name}[@]}}"))
            return
        items: Array = {**old, str(key): value}
        self.state.set(name, ordered(items))


@lru_cache(maxsize=512)
def parts_of(text: str) -> tuple[Part, ...]:
    """The parts of the inside of an expression, which is read as if in double quotes."""
    if "$" not in text and "`" not in text and '"' not in text and "\\" not in text:
        return (Lit(text, True),)
    parser = Parser(text.replace('"', ""))
    parser.depth = 20
    return tuple(parser.parts("", True, 0))


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

    __slots__ = ("current", "finished", "noted", "open")

    def __init__(self) -> None:
        self.finished: list[Value] = []
        self.current: list[Value] = []
        self.noted: tuple[Reason, ...] = ()  # of what is empty
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
