"""Parameters that are one value: variables, items of arrays, and what operators make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import Value
from wxlint.shell.bash.parameter_defaults import chosen_default, presumed, presumed_empty
from wxlint.shell.bash.parameters import (
    ELEMENT,
    LIVE,
    NAME,
    cased,
    cut,
    from_end,
    gap,
    given,
    last_part,
    plain_param,
    substituted,
    substring,
    transformed,
    unknown,
    unknown_items,
    whole,
)
from wxlint.shell.bash.tree import Param, Part
from wxlint.shell.values import (
    NO_ARGUMENTS,
    UNSET,
    Associative,
    Variable,
    assumptions,
    hole,
    merged,
    several,
)

if TYPE_CHECKING:
    from wxlint.shell.bash.word_roles import Words

_DEFAULTS = frozenset((":-", "-", ":=", "=", ":+", "+", ":?", "?"))
_INDIRECT = late(r"(?:[A-Za-z_]\w*(?:\[.*\])?|\d+|[@*#?$!-])\Z", 16)
_CASES = frozenset(("^^", "^", ",,", ","))


class ParameterValues:
    """The values of parameters in the words of one text."""

    def __init__(self, words: Words) -> None:
        self.words, self.state = words, words.state

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

    def store(self, text: str, value: Value | None) -> None:
        """Set what a builtin or an expression is given to set: a variable, or an item, whose array is unknown then.

        value: None for one that is not known.
        """
        element = ELEMENT.match(text)
        name = self.target(text if element is None else element[1])
        if self.refuses(name):
            return
        old = self.state.vars.get(name)
        if element is not None:
            self.state.set(name, unknown_items(name))
        else:
            self.state.set(name, unknown(name, old) if value is None else given(name, old, value))

    def refuses(self, name: str) -> bool:
        """Whether a variable may not be set, so that what sets it may end the statement."""
        flags = self.state.vars.get(f"declare {name}") if name in self.state.attributed else None
        if not isinstance(flags, Value) or "r" not in flags.text:
            return False
        self.state.may_leave("exit" if "set -e" in self.state.vars else "fail")
        return True

    def lookup(self, part: Param) -> Value | None:
        """The value; None when nothing here sets it."""
        name, state = part.name, self.state
        variable = self.variable(name)
        if part.subscript is not None:
            return self._element(part, variable)
        if variable is not None:
            found = variable.get("0", UNSET) if isinstance(variable, dict) else variable
            return hole(part.raw) if several(found) or (state.spent and len(found.text) >= 100) else found
        if name.isdigit():
            if name == "0":
                return Value(self.words.zero) if self.words.zero else hole(part.raw)
            index = int(name[:6]) - 1
            if index < len(state.args.known):
                return state.args.known[index]
            if state.args.script or not state.args.more:
                return None if state.args.script else UNSET
            state.shadowed.add(name)
            named = state.args.first and index == len(state.args.known) and not self.words.presume
            return hole(state.args.first if named else part.raw)
        if name == "#":
            if self.words.presume and state.fresh:
                return Value("0", (), (NO_ARGUMENTS,))
            assumed = assumptions(state.args.known[-1]) if state.args.known else ()
            return hole(part.raw) if state.args.more else Value(str(len(state.args.known)), (), assumed)
        if name == "?" and self.words.substitutes.last.certain and self.words.substitutes.last.truth:
            return Value("0")
        if name == "BASH_SOURCE" and self.words.script:
            return Value(self.words.script)
        if name in ("@", "*"):
            return self.words.part(Param(name, "", (), (), None, part.quoted, part.raw))
        return hole(part.raw) if name in LIVE or not (name[0].isalpha() or name[0] == "_") else None

    def key(self, subscript: tuple[Part, ...], variable: Variable | None, *, strict: bool = False) -> Value | None:
        """A subscript: text for an associative array, else a number; None when it is not known.

        strict: in an assignment, where one in front of the array ends the statement.
        """
        value = self.words.parts_value(subscript)
        if value.holes:
            return None
        if isinstance(variable, Associative):
            return value
        number = int(value.text) if value.text.isdigit() and value.text[:1] != "0" and len(value.text) < 9 else None
        if number is None:
            number = self.words.sums.number(value.text)
        if number is not None and number < 0:
            index = from_end(variable, number) if isinstance(variable, dict) else number
            number = None if index is None or index < 0 else index
            may_be = index is None or isinstance(variable, Value) and variable is not UNSET
            if number is None and strict and may_be:
                self.state.may_leave("exit" if "set -e" in self.state.vars else "fail")
            elif number is None and strict:
                self.state.fail(status=True)
        return None if number is None else value._replace(text=str(number))

    def _element(self, part: Param, variable: Variable | None) -> Value | None:
        assert part.subscript is not None
        if part.name == "BASH_SOURCE" and self.words.script:
            return Value(self.words.script)
        if variable is None:
            if "set -e" in self.state.vars:
                self.state.may_leave("exit")
            return UNSET if self.words.lists.lacks(part) else hole(part.raw) if part.name in LIVE else None
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
            return UNSET if gap(variable) is None else hole(part.raw)
        if several(found):
            return hole(part.raw)
        return found._replace(because=merged(key.because, found.because)) if key.because else found

    def param(self, part: Param) -> Value:
        """The value of a parameter that is one value."""
        op = part.op
        if not op:
            value = self.lookup(part)
            if value is None or value is UNSET or value.holes:
                self._not_set(part, value)
            if value is None:
                return (presumed_empty(self.state, part) if self.words.presume else None) or hole(part.raw)
            return presumed(self.state, value) if self.words.presume and value.holes else value
        if op == "len":
            return self._length(part)
        if op[0] == "!":
            return self._indirect(part)
        if op in _DEFAULTS:
            return self._default(part)
        value = self.lookup(part)
        if value is None or value is UNSET or value.holes:
            self._not_set(part, value)
        return self.operate(part, hole(part.raw) if value is None else value)

    def _not_set(self, part: Param, value: Value | None) -> None:
        """Under `set -u` a text ends where it uses what is not set."""
        if "set -u" in self.state.vars and part.name not in ("@", "*"):
            names = ((part.raw,), (self.state.named(part.name),), (f"${{{part.name}[@]}}",))
            named = value is not None and value.holes in names
            if value is None or value is UNSET or named:
                self.unbound(value)

    def unbound(self, value: Value | None) -> None:
        on = self.state.vars.get("set -u")
        if value is UNSET and isinstance(on, Value) and not on.holes:
            self.state.flow = "exit"
        else:
            self.state.may_leave("exit")

    def _indirect(self, part: Param) -> Value:
        """`${!name}`, and operators behind it."""
        name = self.lookup(part._replace(op=""))
        rest = part.op[1:]
        if name is UNSET or (name is not None and name.known and not _INDIRECT.match(name.text)):
            self.state.fail(status=True)
        if part.name in self.state.attributed or rest == "@" or name is None or name.holes or not NAME.match(name.text):
            return hole(part.raw)
        return self.param(plain_param(name.text, part, rest))

    def _default(self, part: Param) -> Value:
        chosen = chosen_default(self.state, part, self.lookup(part))
        if isinstance(chosen, Value):
            return chosen
        value = self.words.parts_value(part.arg)
        value = value._replace(because=merged(value.because, chosen))
        if part.op[-1] == "=" and not whole(part):
            self.store(part.name if part.subscript is None else f"{part.name}[0]", value)
        return value

    def _length(self, part: Param) -> Value:
        if part.name in ("@", "*") or whole(part):
            exact, self.words.inexact = self.words.inexact, False
            variable = self.variable(part.name) if whole(part) else Value("")
            if (variable is UNSET or variable is None) and "set -u" in self.state.vars:
                self._no_array(variable)
            many = self.words.lists.many(part._replace(op=""))
            known = many is not None and not self.words.inexact
            self.words.inexact = exact
            return Value(str(len(many or ())), (), assumptions(many[-1]) if many else ()) if known else hole(part.raw)
        value = self.lookup(part._replace(op=""))
        if part.subscript is not None and "set -u" in self.state.vars:
            if not isinstance(self.variable(part.name), dict):  # an item that an array lacks is empty here
                self._no_array(value)
        elif value is None or value is UNSET or value.holes:
            self._not_set(part, value)
        return hole(part.raw) if value is None or value.holes else Value(str(len(value.text)), (), value.because)

    def _no_array(self, value: Value | None) -> None:
        """Under `set -u` the length of an item fails where there is no array."""
        if value is UNSET:
            self.state.fail(status=True)
        elif value is None or value.holes:
            self.state.may_leave("exit" if "set -e" in self.state.vars else "fail")

    # -- operators on a value

    def operate(self, part: Param, value: Value) -> Value:
        """`#`, `%`, `/`, `^`, `,`, `@` and substrings on a value."""
        op = part.op
        if value.holes:
            if op == ":" and ((self.words.lists.bounds(part) or (0, 0))[1] or 0) < 0:  # an error where it is too short
                self.state.may_leave("fail")
            return last_part(part, value) or hole(part.raw)
        if op == ":":
            bounds = self.words.lists.bounds(part)
            found = None if bounds is None else substring(value, *bounds)
            if found is None and bounds is not None:
                self.state.fail()
            return hole(part.raw) if found is None else found
        if op == "@":
            return transformed(part, self.words.parts_value(part.arg).text, value)
        if value is UNSET:  # even "${x/*/y}" is empty
            return Value("")
        if op in _CASES and not part.arg:
            return cased(part, value, None)
        pattern = self.words.pattern(part.arg)
        if pattern is None:
            return hole(part.raw)
        value = value._replace(because=merged(value.because, pattern[1]))
        self.words.charge(pattern[0], len(value.text))
        if op in _CASES:
            return cased(part, value, pattern[0])
        if op[0] in "#%":
            return cut(part, value, pattern)
        return (
            substituted(part, value, pattern[0], self.words.parts_value(part.rest)) if op[0] == "/" else hole(part.raw)
        )
