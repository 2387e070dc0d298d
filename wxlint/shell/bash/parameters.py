"""Parameters: `$name`, `${name...}` with every operator, arrays, positional parameters."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.tree import Lit, Param, Part
from wxlint.shell.state import State, fresh
from wxlint.shell.values import (
    MAX_TEXT,
    NO_ARGUMENTS,
    UNSET,
    Variable,
    compiled,
    glob_regex,
    hole,
    merged,
    not_set,
)

_LIVE = frozenset(
    "RANDOM SECONDS PWD HOME USER UID EUID HOSTNAME HOSTTYPE OSTYPE BASH_SOURCE LINENO OLDPWD FUNCNAME PIPESTATUS BASH_REMATCH".split()
)
"""Set by the shell itself."""
_PLAIN = late(r"\$\{?(\w+)\}?\Z")
_SLICE = late(r"\s*(-?\d{1,6})\s*(?::\s*(-?\d{1,6})\s*)?\Z")


class Params(State):
    """Variables by their parameter. Words are made by the subclass."""

    script = ""
    presume = False
    """In a condition: what nothing sets counts as empty, as an assumption."""
    inexact = False
    """The last words that were made may stand for another number of words."""

    def part(self, part: Part) -> Value:
        raise NotImplementedError

    def parts_value(self, parts: tuple[Part, ...]) -> Value:
        raise NotImplementedError

    # -- several values

    def many(self, part: Param) -> list[Value] | None:
        """The values of `$@`, `${a[@]}`, `${!a[@]}` and slices of them; None for a parameter that is one value."""
        if part.op == "len":
            return None
        if part.name in ("@", "*") and part.subscript is None:
            return self._positional(part)
        if not whole(part):
            return None
        variable = self.vars.get(part.name)
        if variable is None or (type(variable) is Value and variable.holes) or self.spent:
            if variable is None and part.op in ("-", ":-"):
                return self._many_default(part, [])
            self.inexact = True
            return [hole(part.raw)]
        items = variable if type(variable) is dict else {} if variable is UNSET else {"0": variable}
        if part.op == "keys":
            return [Value(key) for key in items]
        values: list[Value] = list(items.values())  # type: ignore[arg-type]
        if values and values[-1].text == HOLE and values[-1].holes[0] == f"${{{part.name}[@]}}":
            self.inexact = True
        if part.op == ":":
            return self._slice(part, values, 0)
        if part.op in ("-", ":-", "+", ":+"):
            return self._many_default(part, values)
        return values if part.op == "" else [self.operate(part, value) for value in values]

    def _positional(self, part: Param) -> list[Value] | None:
        values = list(self.args.known)
        if part.op not in ("", ":"):
            return (
                self._many_default(part, values) if part.op in ("-", ":-", "+", ":+") and not self.args.more else None
            )
        if self.args.more:
            self.inexact = True
            values.append(hole(part.raw))
        return self._slice(part, values, 1) if part.op == ":" else values

    def _many_default(self, part: Param, values: list[Value]) -> list[Value]:
        if part.op in ("-", ":-"):
            return [self.parts_value(part.arg)] if not values and part.arg else values
        if not values:
            return []
        if len(part.arg) == 1 and type(part.arg[0]) is Param:  # ${a[@]+"${a[@]}"}: the list again
            again = self.many(part.arg[0])
            if again is not None:
                return again
        return [self.parts_value(part.arg)]

    def _slice(self, part: Param, values: list[Value], base: int) -> list[Value]:
        spec = self.parts_value(part.arg)
        match = _SLICE.match(spec.text)
        if not match or spec.holes or (match[2] or "").startswith("-") or self.args.more and base:
            self.inexact = True
            return [hole(part.raw)]
        first = int(match[1])
        if base and first == 0:
            return [hole(part.raw)]
        first -= base if first > 0 else 0
        values = values[first:] if first >= 0 or -first <= len(values) else []
        return values[: int(match[2])] if match[2] is not None else values

    # -- one value

    def lookup(self, part: Param) -> Value | None:
        """The value; None when nothing here sets it."""
        name = part.name
        variable = self.vars.get(name)
        if part.subscript is not None:
            return self._element(part, variable)
        if variable is not None:
            found = variable.get("0", UNSET) if type(variable) is dict else variable
            assert isinstance(found, Value)
            return found if len(found.text) < 100 or not self.spent else hole(part.raw)
        if name.isdigit():
            if name == "0":
                return Value(self.script) if self.script else hole(part.raw)
            index = int(name[:6]) - 1
            if index < len(self.args.known):
                return self.args.known[index]
            return None if self.args.script else hole(part.raw) if self.args.more else UNSET
        if name == "#":
            if self.presume and fresh(self):
                return Value("0", (), (NO_ARGUMENTS,))
            return hole(part.raw) if self.args.more else Value(str(len(self.args.known)))
        if name == "BASH_SOURCE" and self.script:
            return Value(self.script)
        if name in ("@", "*"):
            return self.part(Param(name, "", (), (), None, part.quoted, part.raw))
        return hole(part.raw) if name in _LIVE or not (name[0].isalpha() or name[0] == "_") else None

    def _element(self, part: Param, variable: Variable | None) -> Value | None:
        assert part.subscript is not None
        if part.name == "BASH_SOURCE" and self.script:
            return Value(self.script)
        key = self.parts_value(part.subscript)
        if variable is None:
            return hole(part.raw) if part.name in _LIVE else None
        if isinstance(variable, Value):
            return variable if key.text == "0" and not key.holes else hole(part.raw) if variable.holes else UNSET
        if key.holes:
            return hole(part.raw)
        found = variable.get(key.text)
        if found is not None:
            return found._replace(because=merged(key.because, found.because)) if key.because else found
        if "0" in variable or "1" in variable:  # an indexed array: the subscript is arithmetic
            number = key.text.strip()
            if re.fullmatch(r"-\d{1,4}", number) and -int(number) <= len(variable):
                return list(variable.values())[int(number)]
            if not number.isdigit():
                return hole(part.raw)
        return UNSET

    def param(self, part: Param) -> Value:
        """The value of a parameter that is one value."""
        op = part.op
        if not op:
            value = self.lookup(part)
            if value is None:
                return self._presumed(part) or hole(part.raw)
            return self.presumed(value) if self.presume and value.holes else value
        if op == "len":
            return self._length(part)
        if op == "!":
            name = self.lookup(part._replace(op=""))
            if name is not None and not name.holes and re.fullmatch(r"[A-Za-z_]\w*", name.text):
                return self.param(Param(name.text, "", (), (), None, part.quoted, part.raw))
            return hole(part.raw)
        if op.startswith("!"):
            return hole(part.raw)
        if op[-1] in "-=?+" and len(op) <= 2:
            chosen = self.chosen(part)
            if isinstance(chosen, Value):
                return chosen
            value = self.parts_value(part.arg)
            value = value._replace(because=merged(value.because, chosen))
            if op[-1] == "=" and part.subscript is None:
                self.set(part.name, value)
            return value
        value = self.lookup(part)
        return hole(part.raw) if value is None else self.operate(part, value)

    def _presumed(self, part: Param) -> Value | None:
        if not self.presume or not self.defaults:
            return None
        assumed = not_set(part.name)
        return None if assumed in self.refuted else Value("", (), (assumed,))

    def presumed(self, value: Value) -> Value:
        """In a condition: a value whose unknown parts are all variables that nothing sets, taken to be empty."""
        assumed: list[Reason] = []
        for name in value.holes:
            match = _PLAIN.match(name)
            if not match or match[1] in self.vars or match[1] in _LIVE or not self.defaults:
                return value
            reason = not_set(match[1])
            if reason in self.refuted:
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
            assumed = not_set(part.name)
            if not self.defaults or assumed in self.refuted or kind == "?":
                return hole(part.raw)
            return (
                Value("", (), (assumed,))
                if kind == "+"
                else (Reason("assumed", f"default of {part.raw[:200]}", name=part.name),)
            )
        absent = value is UNSET
        if not absent and op[0] == ":":
            if value.holes and not value.text.strip(HOLE):  # may be empty or not
                return hole(part.raw)
            absent = value.text == ""
            because = value.because
        if kind == "+":
            return Value("", (), because) if absent else because
        if not absent:
            return value
        return hole(part.raw) if kind == "?" else because

    def _length(self, part: Param) -> Value:
        if part.name in ("@", "*") or whole(part):
            many = self.many(part._replace(op=""))
            known = many is not None and not self.inexact
            return Value(str(len(many or ()))) if known else hole(part.raw)
        value = self.lookup(part._replace(op=""))
        return hole(part.raw) if value is None or value.holes else Value(str(len(value.text)), (), value.because)

    # -- operators on a value

    def pattern(self, parts: tuple[Part, ...]) -> tuple[str, tuple[Reason, ...]] | None:
        """A pattern as a regular expression, and its reasons; None when unknown."""
        out: list[str] = []
        because: tuple[Reason, ...] = ()
        for part in parts:
            value = self.part(part)
            if value.holes:
                return None
            because = merged(because, value.because)
            if not part.quoted and "(" in value.text and re.search(r"[@?*+!]\(", value.text):
                return None
            out.append(re.escape(value.text) if part.quoted else glob_regex(value.text))
        return "".join(out), because

    def operate(self, part: Param, value: Value) -> Value:
        """`#`, `%`, `/`, `^`, `,` and substrings on a value."""
        op, text = part.op, value.text
        if value.holes:
            return hole(part.raw)
        if value is UNSET:  # even "${x/*/y}" is empty
            return Value("")
        if op in ("^^", ",,", "^", ",") and not part.arg:
            changed = text.upper() if op[0] == "^" else text.lower()
            return value._replace(text=changed if len(op) == 2 else changed[:1] + text[1:])
        if op == ":":
            return self._substring(part, value)
        found = self.pattern(part.arg)
        regex = compiled(found[0], len(text)) if found else None
        if found is None or regex is None:
            return hole(part.raw)
        because = merged(value.because, found[1])
        if op in ("#", "##", "%", "%%"):
            return Value(_trimmed(text, op, regex), (), because)
        if op[0] != "/":
            return hole(part.raw)
        rest = self.parts_value(part.rest)
        if rest.holes or not found[0]:
            return hole(part.raw) if rest.holes else value
        if op[-1] in "#%":
            anchored = compiled(found[0] + r"\Z" if op[-1] == "%" else found[0], len(text))
            if anchored is None:
                return hole(part.raw)
            match = anchored.match(text) if op[-1] == "#" else anchored.search(text)
            changed = text if match is None else text[: match.start()] + rest.text + text[match.end() :]
        else:
            changed = regex.sub(
                lambda m: rest.text if m.group() or not text else "", text, count=0 if op == "//" else 1
            )
        return Value(changed[:MAX_TEXT], (), merged(because, rest.because))

    def _substring(self, part: Param, value: Value) -> Value:
        text = value.text
        spec = self.parts_value(part.arg)
        match = _SLICE.match(spec.text)
        if not match or spec.holes:
            return hole(part.raw)
        first = int(match[1])
        if first < 0:
            if -first > len(text):
                return value._replace(text="")
            first += len(text)
        if match[2] is None:
            return value._replace(text=text[first:])
        count = int(match[2])
        return value._replace(text=text[first : first + count] if count >= 0 else text[first:count])


def whole(part: Param) -> bool:
    """Whether the subscript is `[@]` or `[*]`."""
    return (
        part.subscript is not None
        and len(part.subscript) == 1
        and type(part.subscript[0]) is Lit
        and part.subscript[0].text in ("@", "*")
    )


def starred(part: Param) -> bool:
    """`$*`, `${a[*]}`: one word when quoted."""
    return part.name == "*" or (whole(part) and part.subscript is not None and part.subscript[0] == Lit("*", False))


def _trimmed(text: str, op: str, regex: re.Pattern[str]) -> str:
    if op[0] == "#":
        ends = range(len(text), -1, -1) if op == "##" else range(len(text) + 1)
        return next((text[end:] for end in ends if regex.fullmatch(text, 0, end)), text)
    starts = range(len(text) + 1) if op == "%%" else range(len(text), -1, -1)
    return next((text[:start] for start in starts if regex.fullmatch(text, start)), text)
