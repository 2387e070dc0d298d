"""Evaluation of shell words: parameters, arrays, word splitting, patterns, with unknown stretches as HOLEs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Union

from wxlint.documents.shell import Assumed
from wxlint.documents.shell_syntax import Lit, Node, Opaque, Param, Part, Subst, Text
from wxlint.values import HOLE, Value

Array = dict[str, Value]
"""Subscript to value, in order; indexed arrays have "0", "1", ... Never changed in place."""
Variable = Union[Value, Array]

MAX_TEXT = 100_000
"""A longer value is unknown: scripts do not have one, and doubling a variable must not fill memory."""
MAX_ITEMS = 5_000
_MAX_BECAUSE = 12
UNSET = Value("", (), ())
"""Known to be unset (by `unset`, or a local without a value); told apart by identity."""
NO_ARGUMENTS = Assumed("no arguments are given")
_SPACE = " \t\n"
_PRIVATE = 0xF0000
"""Text that is read again (eval, bash -c) has its HOLEs as characters from here on."""


class Arguments:
    """Positional parameters. more: there may be others behind the known ones. script: those of the script itself."""

    __slots__ = ("known", "more", "script")

    def __init__(self, known: tuple[Value, ...], more: bool = False, script: bool = False) -> None:
        self.known, self.more, self.script = known, more, script


def hole(raw: str) -> Value:
    return Value(HOLE, (raw if len(raw) <= 200 else raw[:199] + "…",))


def joined(parts: list[Value]) -> Value:
    """Values end to end; too long a text is unknown."""
    if len(parts) == 1:
        return parts[0]
    text = "".join([p.text for p in parts])
    if len(text) > MAX_TEXT:
        return hole("…")
    holes: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    for part in parts:
        if part.holes:
            holes += part.holes
        if part.because:
            because = merged(because, part.because)
    return Value(text, holes, because)


def merged(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Reasons, each once; of a long chain the assumptions and the newest."""
    if not first:
        return second
    if not second or first == second:
        return first
    found = tuple(dict.fromkeys((*first, *second)))
    if len(found) <= _MAX_BECAUSE:
        return found
    kept = [b for b in found if type(b) is Assumed][:_MAX_BECAUSE]
    rest = [b for b in found if type(b) is not Assumed][-_MAX_BECAUSE:]
    return (*kept, *rest)


def assumptions(value: Value) -> tuple[Assumed, ...]:
    return tuple(b for b in value.because if isinstance(b, Assumed))


def glob_regex(pattern: str) -> str:
    """A glob as a regular expression: `*`, `?`, `[...]`, and backslashes."""
    out = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if out[-1:] != [".*"]:
                out.append(".*")
        elif char == "?":
            out.append(".")
        elif char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        elif char == "[":
            close = pattern.find("]", at + (2 if pattern[at : at + 1] in ("!", "^") else 1))
            inner = pattern[at:close]
            if close < 0 or "[:" in inner:
                out.append(r"\[")
                continue
            negated = inner[:1] in ("!", "^")
            out.append("[" + ("^" if negated else "") + re.sub(r"([\\\[\]^&~|])", r"\\\1", inner[negated:]) + "]")
            at = close + 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def compiled(regex: str, length: int) -> re.Pattern[str] | None:
    """None for a pattern that could take long on a text of this length, or that is none."""
    if len(regex) > 2000 or (length + 1) ** (regex.count(".*") + 1) > 5_000_000:
        return None
    try:
        return re.compile(regex, re.S)
    except (re.error, OverflowError, RecursionError):
        return None


class Expander:
    """Variables and the words made of them. The runner gives `substitute`."""

    def __init__(self, where: Callable[[int], str], defaults: bool, script: str) -> None:
        self.where, self.defaults, self.script = where, defaults, script
        self.vars: dict[str, Variable] = {}
        self.args = Arguments((), True, True)
        self.refuted: frozenset[str] = frozenset()
        self.presume = False  # in a condition: what nothing sets counts as empty, as an assumption
        self.inexact = False  # the last fields() may stand for another number of words
        self.private: tuple[str, ...] = ()

    def substitute(self, body: Node | None, raw: str) -> Value:
        raise NotImplementedError

    def run_inside(self, body: Node) -> None:
        raise NotImplementedError

    def assign_default(self, name: str, value: Value) -> None:
        raise NotImplementedError

    def arithmetic(self, raw: str) -> Value:
        raise NotImplementedError

    # -- values

    def lit(self, text: str) -> Value:
        if not self.private or text.isascii():
            return Value(text)
        holes = [ord(c) - _PRIVATE for c in text if 0 <= ord(c) - _PRIVATE < len(self.private)]
        if not holes:
            return Value(text)
        text = "".join(HOLE if 0 <= ord(c) - _PRIVATE < len(self.private) else c for c in text)
        return Value(text, tuple(self.private[k] for k in holes))

    def value(self, word: Text) -> Value:
        """The word without splitting, as in an assignment."""
        return self.lit(word.literal) if word.literal is not None else self.parts_value(word.parts)

    def parts_value(self, parts: tuple[Part, ...]) -> Value:
        if not parts:
            return Value("")
        return joined([self.part(part) for part in parts])

    def part(self, part: Part) -> Value:
        if type(part) is Lit:
            return self.lit(part.text)
        if type(part) is Param:
            many = self.many(part)
            if many is not None:
                found: list[Value] = []
                for value in many:
                    found.extend((Value(" "), value) if found else (value,))
                return joined(found) if found else Value("")
            return self.param(part)
        if type(part) is Subst:
            return self.substitute(part.body, part.raw)
        assert type(part) is Opaque
        if part.body is not None:
            self.run_inside(part.body)
            return hole(part.raw)
        return self.arithmetic(part.raw)

    def fields(self, word: Text) -> list[Value]:
        """The words that a word becomes."""
        self.inexact = False
        if word.literal is not None:
            return [self.lit(word.literal)] if word.literal or word.quoted else []
        fields = _Fields()
        self._add(fields, word.parts, False, ())
        return fields.done()

    def _add(self, fields: _Fields, parts: tuple[Part, ...], split: bool, because: tuple[str, ...]) -> None:
        for part in parts:
            if type(part) is Lit and (part.quoted or not split):
                fields.add(self.lit(part.text))
                continue
            if type(part) is Param:
                many = self.many(part)
                if many is not None and not (part.quoted and self._star(part)):
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
        if value.holes:
            self.inexact = True
        separators = self.vars.get("IFS")
        marks = separators.text if isinstance(separators, Value) and separators is not UNSET and not separators.holes else _SPACE
        text = value.text
        if not any(mark in text for mark in marks):
            if text or (self.presume and assumptions(value)):  # [ $1 = x ]: keep the place of what is assumed to be empty
                fields.add(value)
            return
        blank = "".join(m for m in marks if m in _SPACE)
        hard = "".join(m for m in marks if m not in _SPACE)
        at = 0
        names = iter(value.holes)
        if hard:
            text = re.sub(f"[{re.escape(blank)}]*([{re.escape(hard)}])[{re.escape(blank)}]*" if blank else f"([{re.escape(hard)}])", "\1", text)
        run = re.compile(f"[^{re.escape(blank)}\1]+|\1|[{re.escape(blank)}]+" if blank else "[^\1]+|\1")
        open_hard = not fields.open
        for match in run.finditer(text):
            piece = match[0]
            at += 1
            if piece == "\1":
                if open_hard:
                    fields.add(Value(""))
                fields.end()
                open_hard = True
            elif blank and piece[0] in blank:
                fields.end()
            else:
                holes = tuple(next(names, "") for _ in range(piece.count(HOLE)))
                fields.add(Value(piece, holes, value.because))
                open_hard = False

    # -- parameters

    def _star(self, part: Param) -> bool:
        return part.name == "*" or (part.index is not None and len(part.index) == 1 and type(part.index[0]) is Lit and part.index[0].text == "*")

    def many(self, part: Param) -> list[Value] | None:
        """The values of `$@`, `${a[@]}`, `${!a[@]}` and slices of them; None for a parameter that is one value."""
        if part.op == "len":
            return None
        if part.name in ("@", "*") and part.index is None:
            if part.op not in ("", ":"):
                return None if part.op not in ("-", ":-", "+", ":+") or self.args.more else self._many_default(part, list(self.args.known))
            values = list(self.args.known)
            if self.args.more:
                self.inexact = True
                values.append(hole(part.raw))
            return self._slice(part, values, 1) if part.op == ":" else values
        if part.index is None or len(part.index) != 1 or type(part.index[0]) is not Lit or part.index[0].text not in ("@", "*"):
            return None
        variable = self.vars.get(part.name)
        if variable is None or (isinstance(variable, Value) and variable.holes):
            if variable is None and part.op in ("-", ":-"):
                return self._many_default(part, [])
            self.inexact = True
            return [hole(part.raw)]
        items = variable if isinstance(variable, dict) else {} if variable is UNSET else {"0": variable}
        if part.op == "keys":
            return [Value(key) for key in items]
        values = list(items.values())
        if part.op == ":":
            return self._slice(part, values, 0)
        if part.op in ("-", ":-", "+", ":+"):
            return self._many_default(part, values)
        if part.op == "":
            return values
        return [self.operate(part, value) for value in values]

    def _many_default(self, part: Param, values: list[Value]) -> list[Value]:
        absent = not values
        if part.op in ("-", ":-"):
            return [self.parts_value(part.arg)] if absent and part.arg else values
        return [] if absent else self._from_arg(part)

    def _from_arg(self, part: Param) -> list[Value]:
        """`${a[@]+"${a[@]}"}`: the list again."""
        if len(part.arg) == 1 and type(part.arg[0]) is Param:
            again = self.many(part.arg[0])
            if again is not None:
                return again
        return [self.parts_value(part.arg)]

    def _slice(self, part: Param, values: list[Value], base: int) -> list[Value]:
        spec = self.parts_value(part.arg)
        match = re.fullmatch(r"\s*(-?\d{1,6})\s*(?::\s*(\d{1,6})\s*)?", spec.text)
        if not match or spec.holes:
            self.inexact = True
            return [hole(part.raw)]
        first = int(match[1]) - (base if int(match[1]) > 0 else 0)
        values = values[first:] if first >= 0 or -first <= len(values) else []
        return values[: int(match[2])] if match[2] is not None else values

    def lookup(self, part: Param) -> Value | None:
        """The value; None when nothing here sets it. A name that may be set elsewhere is not a HOLE yet."""
        name = part.name
        variable = self.vars.get(name)
        if variable is not None and part.index is None:
            if type(variable) is not dict:
                assert isinstance(variable, Value)
                return variable
            return variable.get("0", UNSET)
        if part.index is not None:
            return self._element(part, variable)
        if name.isdigit():
            if name == "0":
                return Value(self.script) if self.script else hole(part.raw)
            index = int(name[:6]) - 1
            if index < len(self.args.known):
                return self.args.known[index]
            return None if self.args.script else hole(part.raw) if self.args.more else UNSET
        if name == "#":
            if self.presume and self.defaults and self.args.script and NO_ARGUMENTS not in self.refuted:
                return Value("0", (), (NO_ARGUMENTS,))
            return hole(part.raw) if self.args.more else Value(str(len(self.args.known)))
        if name == "BASH_SOURCE" and self.script:
            return Value(self.script)
        if name in ("@", "*"):
            return self.part(Param(name, "", (), (), None, part.quoted, part.raw))
        if not (name[0].isalpha() or name[0] == "_") or name in ("RANDOM", "SECONDS", "PWD", "HOME", "USER", "UID", "HOSTNAME", "BASH_SOURCE", "LINENO", "OLDPWD"):
            return hole(part.raw)
        return None

    def _element(self, part: Param, variable: Variable | None) -> Value | None:
        assert part.index is not None
        if part.name == "BASH_SOURCE" and self.script:
            return Value(self.script)
        key = self.parts_value(part.index)
        if variable is None:
            return None
        if isinstance(variable, Value):
            return variable if key.text == "0" and not key.holes else hole(part.raw) if variable.holes else UNSET
        if key.holes:
            return hole(part.raw)
        found = variable.get(key.text)
        if found is not None:
            return found._replace(because=merged(key.because, found.because)) if key.because else found
        if "1" in variable or "0" in variable:  # an indexed array: the subscript is arithmetic
            number = self.parts_value(part.index).text.strip()
            if re.fullmatch(r"-\d{1,4}", number) and -int(number) <= len(variable):
                return list(variable.values())[int(number)]
            if not number.isdigit():
                return hole(part.raw)
        return UNSET

    def param(self, part: Param) -> Value:
        op = part.op
        if op == "len":
            return self._length(part)
        if op == "!":
            name = self.lookup(part._replace(op=""))
            if name is not None and not name.holes and re.fullmatch(r"[A-Za-z_]\w*", name.text):
                return self.param(Param(name.text, "", (), (), None, part.quoted, part.raw))
            return hole(part.raw)
        if op.startswith("!"):
            return hole(part.raw)
        if not op:
            value = self.lookup(part)
            if value is not None:
                return value
            return self._presumed(part) or hole(part.raw)
        if op[-1] in "-=?+" and len(op) <= 2:
            chosen = self.chosen(part)
            if isinstance(chosen, Value):
                return chosen
            value = self.parts_value(part.arg)
            value = value._replace(because=merged(value.because, chosen))
            if op[-1] == "=" and part.index is None:
                self.assign_default(part.name, value)
            return value
        value = self.lookup(part)
        return hole(part.raw) if value is None else self.operate(part, value)

    def _presumed(self, part: Param) -> Value | None:
        if not self.presume or not self.defaults:
            return None
        assumed = NO_ARGUMENTS if part.name.isdigit() else Assumed(f"{part.name} is not set")
        return None if assumed in self.refuted else Value("", (), (assumed,))

    def chosen(self, part: Param) -> Value | tuple[str, ...]:
        """For `:- - := = :+ + :? ?`: the value, or the reasons for which the word behind the operator is taken."""
        op = part.op
        value = self.lookup(part)
        kind = op[-1]
        because: tuple[str, ...] = ()
        if value is None:
            assumed = NO_ARGUMENTS if part.name.isdigit() else Assumed(f"{part.name} is not set")
            if not self.defaults or assumed in self.refuted or kind == "?":
                return hole(part.raw)
            if kind == "+":
                return Value("", (), (assumed,))
            return (Assumed(f"default of {part.raw[:200]}"),)
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
        if part.name in ("@", "*") or (part.index is not None and type(part.index[0] if part.index else None) is Lit):
            key = part.index[0] if part.index else None
            if part.name in ("@", "*") or (type(key) is Lit and key.text in ("@", "*")):
                many = self.many(part._replace(op=""))
                if many is not None and not self.inexact:
                    return Value(str(len(many)))
                return hole(part.raw)
        value = self.lookup(part._replace(op=""))
        return hole(part.raw) if value is None or value.holes else Value(str(len(value.text)), (), value.because)

    def pattern(self, parts: tuple[Part, ...]) -> tuple[str, tuple[str, ...]] | None:
        """A pattern as a regular expression, and its reasons; None when unknown."""
        out: list[str] = []
        because: tuple[str, ...] = ()
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
        """`#`, `%`, `/`, `^`, `,` and substrings on a known value."""
        op, text = part.op, value.text
        if value.holes or len(text) > 10_000:
            return hole(part.raw)
        if op in ("^^", ",,", "^", ",") and not part.arg:
            changed = text.upper() if op[0] == "^" else text.lower()
            return value._replace(text=changed if len(op) == 2 else changed[:1] + text[1:])
        if op == ":":
            spec = self.parts_value(part.arg)
            match = re.fullmatch(r"\s*(-?\d{1,6})\s*(?::\s*(-?\d{1,6})\s*)?", spec.text)
            if not match or spec.holes:
                return hole(part.raw)
            first = int(match[1])
            first = max(len(text) + first, 0) if first < 0 and -first <= len(text) else first
            if first < 0:
                return value._replace(text="")
            return value._replace(text=text[first:] if match[2] is None else text[first : first + int(match[2])] if int(match[2]) >= 0 else text[first : int(match[2])])
        found = self.pattern(part.arg)
        regex = compiled(found[0], len(text)) if found else None
        if found is None or regex is None:
            return hole(part.raw)
        because = merged(value.because, found[1])
        if op in ("#", "##", "%", "%%"):
            return Value(_trimmed(text, op, regex), (), because)
        if op[0] == "/":
            rest = self.parts_value(part.rest)
            if rest.holes or not found[0]:
                return hole(part.raw) if rest.holes else value
            if op[-1:] in ("#", "%") and len(op) > 1:
                anchored = compiled(found[0] + r"\Z" if op[-1] == "%" else found[0], len(text))
                if anchored is None:
                    return hole(part.raw)
                match = anchored.match(text) if op[-1] == "#" else next((m for at in range(len(text) + 1) if (m := anchored.match(text, at))), None)
                changed = text if match is None else text[: match.start()] + rest.text + text[match.end() :]
            else:
                changed = regex.sub(lambda m: rest.text if m.group() or not text else "", text, count=0 if op == "//" else 1)
            return Value(changed[:MAX_TEXT], (), merged(because, rest.because))
        return hole(part.raw)


def _trimmed(text: str, op: str, regex: re.Pattern[str]) -> str:
    if op[0] == "#":
        ends = range(len(text), -1, -1) if op == "##" else range(len(text) + 1)
        return next((text[end:] for end in ends if regex.fullmatch(text, 0, end)), text)
    starts = range(len(text) + 1) if op == "%%" else range(len(text), -1, -1)
    return next((text[:start] for start in starts if regex.fullmatch(text, start)), text)


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
