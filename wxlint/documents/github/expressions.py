"""Expressions of GitHub workflows, `${{ ... }}`: what they give where the contexts are known.

Operators, literals and functions are those of the page "Evaluate expressions" of GitHub's documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from wxlint.core.patterns import late
from wxlint.core.values import Value, concat
from wxlint.documents.github.results import Data, as_value, data_of, equal, member, truth, unknown

_TOKEN = late(
    r"""\s*(?: (?P<string>'(?:[^']|'')*')
      | (?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))
      | (?P<name>[A-Za-z_][\w-]*)
      | (?P<operator>&&|\|\||==|!=|<=|>=|[!<>()\[\],.*]) )""",
    re.VERBOSE,
)
_TEMPLATE = late(r"\$\{\{(?P<inside>(?:[^'}]|'[^']*'|\}(?!\}))*)\}\}")
_WORDS: dict[str, Data] = {"true": True, "false": False, "null": None}
_DEPTH = 40


class Pieces:
    """A text with expressions in it, taken apart: literal stretches, and what each expression gives."""

    def __init__(self, text: str, contexts: Mapping[str, Data]) -> None:
        self.parts: list[tuple[int, int, Value | None]] = []
        """Start and end in the text; None for a literal stretch, else what the expression there gives."""
        at = 0
        for match in _TEMPLATE.finditer(text):
            if match.start() > at:
                self.parts.append((at, match.start(), None))
            inside = match["inside"]
            self.parts.append((match.start(), match.end(), as_value(evaluate(inside, contexts), inside)))
            at = match.end()
        if at < len(text):
            self.parts.append((at, len(text), None))


def expand(text: str, contexts: Mapping[str, Data]) -> Value:
    """A text with its expressions evaluated."""
    if "${{" not in text:
        return Value(text)
    pieces = Pieces(text, contexts)
    return concat([Value(text[start:end]) if value is None else value for start, end, value in pieces.parts])


def expand_data(text: str, contexts: Mapping[str, Data]) -> Data:
    """What a text stands for: the result itself where it is one expression and nothing else."""
    match = _TEMPLATE.fullmatch(text.strip())
    return evaluate(match["inside"], contexts) if match else expand(text, contexts)


def condition(text: str, contexts: Mapping[str, Data]) -> bool | None:
    """What `if: TEXT` comes to, with or without the braces; None where it is not known."""
    match = _TEMPLATE.fullmatch(text.strip())
    if match is None and "${{" in text:
        return truth(expand(text, contexts))
    return truth(evaluate(match["inside"] if match else text, contexts))


def evaluate(text: str, contexts: Mapping[str, Data]) -> Data:
    """What an expression gives; unknown for what is not one."""
    tokens = _tokens(text)
    if tokens is None:
        return unknown(text)
    reader = _Reader(tokens, text, contexts)
    try:
        found = reader.either(0)
    except (IndexError, _Unreadable):
        return unknown(text)
    return found if reader.at == len(tokens) else unknown(text)


class _Unreadable(Exception):
    """The text is no expression."""


def _tokens(text: str) -> list[tuple[str, str]] | None:
    found: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        found.append((match.lastgroup or "", match[match.lastgroup or 0]))
        at = match.end()
    return found


class _Reader:
    """Reads and evaluates at once: `&&` and `||` have no effects that could be left out."""

    def __init__(self, tokens: list[tuple[str, str]], text: str, contexts: Mapping[str, Data]) -> None:
        self.tokens, self.text, self.contexts = tokens, text, contexts
        self.at = 0

    def take(self, *operators: str) -> str:
        """The operator that comes next, when it is one of these; else nothing."""
        if self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind == "operator" and text in operators:
                self.at += 1
                return text
        return ""

    def need(self, operator: str) -> None:
        if not self.take(operator):
            raise _Unreadable

    def either(self, depth: int) -> Data:
        if depth > _DEPTH:
            raise _Unreadable
        left = self.both(depth)
        while self.take("||"):
            right = self.both(depth)
            decided = truth(left)
            left = unknown(self.text) if decided is None else left if decided else right
        return left

    def both(self, depth: int) -> Data:
        left = self.compared(depth)
        while self.take("&&"):
            right = self.compared(depth)
            decided = truth(left)
            if decided is None:
                left = False if truth(right) is False else unknown(self.text)
            else:
                left = right if decided else left
        return left

    def compared(self, depth: int) -> Data:
        left = self.negated(depth)
        while operator := self.take("==", "!=", "<", "<=", ">", ">="):
            right = self.negated(depth)
            same = equal(left, right) if operator in ("==", "!=") else None
            left = unknown(self.text) if same is None else same == (operator == "==")
        return left

    def negated(self, depth: int) -> Data:
        if self.take("!"):
            decided = truth(self.negated(depth + 1) if depth < _DEPTH else unknown(self.text))
            return unknown(self.text) if decided is None else not decided
        return self.accessed(depth)

    def accessed(self, depth: int) -> Data:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return self.inside(Value(text[1:-1].replace("''", "'")), depth, text)
        if kind == "number":
            return float(int(text, 16)) if "x" in text else float(text)
        if text == "(":
            found = self.either(depth + 1)
            self.need(")")
            return self.inside(found, depth, "(...)")
        if kind != "name":
            raise _Unreadable
        if self.take("("):
            return self.inside(self.called(text.lower(), depth), depth, text)
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        return self.inside(self.contexts.get(text.lower(), unknown(text)), depth, text)

    def inside(self, found: Data, depth: int, path: str) -> Data:
        """A property of a property of a context."""
        while True:
            if self.take("."):
                if self.take("*"):
                    found, path = unknown(f"{path}.*"), f"{path}.*"
                    continue
                kind, name = self.tokens[self.at]
                if kind != "name":
                    raise _Unreadable
                self.at += 1
                found, path = member(found, Value(name), f"{path}.{name}"), f"{path}.{name}"
            elif self.take("["):
                key = self.either(depth + 1)
                self.need("]")
                path = f"{path}[...]"
                found = member(found, key, path)
            else:
                return found

    def called(self, name: str, depth: int) -> Data:
        arguments = []
        if not self.take(")"):
            arguments.append(self.either(depth + 1))
            while self.take(","):
                arguments.append(self.either(depth + 1))
            self.need(")")
        function = _FUNCTIONS.get(name)
        found = function(arguments) if function is not None else None
        return unknown(self.text) if found is None else found


def _format(arguments: list[Data]) -> Data:
    if not arguments or not isinstance(arguments[0], Value) or not arguments[0].known:
        return None
    parts: list[Value] = []
    rest = arguments[0].text
    while rest:
        head, brace, tail = rest.partition("{")
        parts.append(Value(head.replace("}}", "}")))
        if not brace:
            break
        if tail.startswith("{"):
            parts.append(Value("{"))
            rest = tail[1:]
            continue
        number, _, rest = tail.partition("}")
        if not number.isdigit() or int(number) + 1 >= len(arguments):
            return None
        parts.append(as_value(arguments[int(number) + 1], "format"))
    return concat(parts)


def _tested(test: Callable[[str, str], bool]) -> Callable[[list[Data]], Data]:
    def function(arguments: list[Data]) -> Data:
        if len(arguments) != 2:
            return None
        texts = [as_value(argument, "text") for argument in arguments]
        return None if any(text.holes for text in texts) else test(texts[0].text.lower(), texts[1].text.lower())

    return function


def _contains(arguments: list[Data]) -> Data:
    if len(arguments) == 2 and isinstance(arguments[0], list):
        found = [equal(item, arguments[1]) for item in arguments[0]]
        return True if True in found else None if None in found else False
    return _tested(lambda text, part: part in text)(arguments)


def _join(arguments: list[Data]) -> Data:
    if not arguments or not isinstance(arguments[0], list):
        return None
    mark = as_value(arguments[1]) if len(arguments) > 1 else Value(",")
    parts: list[Value] = []
    for item in arguments[0]:
        parts += [mark, as_value(item, "join")] if parts else [as_value(item, "join")]
    return concat(parts)


def _from_json(arguments: list[Data]) -> Data:
    if len(arguments) != 1 or not isinstance(arguments[0], Value) or not arguments[0].known:
        return None
    try:
        return data_of(json.loads(arguments[0].text))
    except (ValueError, RecursionError):
        return None


_FUNCTIONS: dict[str, Callable[[list[Data]], Data]] = {
    "format": _format,
    "contains": _contains,
    "startswith": _tested(str.startswith),
    "endswith": _tested(str.endswith),
    "join": _join,
    "fromjson": _from_json,
    "always": lambda _: True,
    "success": lambda _: True,
}
