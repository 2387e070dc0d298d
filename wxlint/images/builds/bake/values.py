"""What expressions of bake files give, where the variables are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.github.results import Data, as_value, is_unknown, truth
from wxlint.documents.hcl.model import Expression, FunctionCall, List, Literal, Name, Object, Template

MAX_TEXT = 20_000
"""A longer text is unknown."""


def evaluate(expression: Expression, variables: Mapping[str, Data]) -> Data:
    """The value of an expression; a hole for what is not known."""
    if isinstance(expression, Literal):
        return Value(expression.value) if isinstance(expression.value, str) else expression.value
    if isinstance(expression, Template):
        return _template(expression, variables)
    if isinstance(expression, List):
        return _flat([evaluate(item, variables) for item in expression.items])
    if isinstance(expression, Object):
        pairs = ((evaluate(key, variables), evaluate(value, variables)) for key, value in expression.entries)
        return {key.text: value for key, value in pairs if isinstance(key, Value) and key.known}
    if isinstance(expression, Name):
        return _name(expression, variables)
    return _call(expression, variables)


def _flat(items: list[Data]) -> list[Data]:
    return [item for item in items if item is not None]


def _hole(written: str) -> Value:
    return Value(HOLE, (f"${{{written}}}",))


def _name(name: Name, variables: Mapping[str, Data]) -> Data:
    unknown = _hole(".".join(name.path))
    found = variables.get(name.path[0], unknown)
    for part in name.path[1:]:
        found = found.get(part, unknown) if isinstance(found, dict) else unknown
    return found


def _template(template: Template, variables: Mapping[str, Data]) -> Data:
    if len(template.parts) == 1 and not isinstance(template.parts[0], str):
        found = evaluate(template.parts[0], variables)
        return found if isinstance(found, (Value, list)) else as_value(found, "value")
    parts = [
        Value(part) if isinstance(part, str) else as_value(evaluate(part, variables), "value")
        for part in template.parts
    ]
    joined = concat(parts)
    return joined if len(joined.text) <= MAX_TEXT else _hole("a long text")


def _call(call: FunctionCall, variables: Mapping[str, Data]) -> Data:
    given = [evaluate(each, variables) for each in call.arguments]
    unknown = _hole(f"{call.name}(...)" if call.name.isidentifier() else "...")
    if call.name == "?":
        decided = truth(given[0])
        return unknown if decided is None else given[1] if decided else given[2]
    if call.name == "[]" and isinstance(given[1], float) and isinstance(given[0], list):
        return given[0][int(given[1])] if 0 <= given[1] < len(given[0]) else unknown
    if call.name == "[]" and isinstance(given[1], Value) and isinstance(given[0], dict):
        return given[0].get(given[1].text, unknown)
    function = _FUNCTIONS.get(call.name)
    found = function(given) if function is not None else None
    return unknown if found is None else found


def _logic(given: list[Data], stop: bool) -> Data:
    decided = [truth(each) for each in given]
    return stop if stop in decided else None if None in decided else not stop


def _same(given: list[Data]) -> Data:
    one, other = map(as_value, given)
    return None if one.holes or other.holes else bool(one.text == other.text)


def _differs(given: list[Data]) -> Data:
    same = _same(given)
    return None if same is None else not same


def _not(data: Data) -> Data:
    decided = truth(data) if not isinstance(data, Value) or data.text not in ("true", "false") else data.text == "true"
    return None if decided is None else not decided


def _texts(change: Callable[[list[str]], str]) -> Callable[[list[Data]], Data]:
    """A function of texts that are known."""

    def function(given: list[Data]) -> Data:
        if not all(isinstance(each, Value) and each.known for each in given):
            return None
        because = tuple(dict.fromkeys(reason for each in given for reason in each.because))
        try:
            return Value(change([each.text for each in given]), (), because)
        except (IndexError, ValueError, re.error):
            return None

    return function


def _concat(given: list[Data]) -> Data:
    return [item for each in given for item in each] if all(isinstance(each, list) for each in given) else None


def _join(given: list[Data]) -> Data:
    if len(given) != 2 or not isinstance(given[1], list) or not isinstance(given[0], Value):
        return None
    parts: list[Value] = []
    for item in given[1]:
        parts += [given[0], as_value(item, "item")] if parts else [as_value(item, "item")]
    return concat(parts)


def _split(given: list[Data]) -> Data:
    if len(given) != 2 or not all(isinstance(each, Value) and each.known for each in given) or not given[0].text:
        return None
    return [Value(part, (), given[1].because) for part in given[1].text.split(given[0].text)]


def _format(given: list[Data]) -> Data:
    if not given or not isinstance(given[0], Value) or given[0].holes:
        return None
    rest = iter(given[1:])
    parts: list[Value] = []
    for part in re.split("(%.?)", given[0].text):
        if part in ("%s", "%d", "%v"):
            parts.append(as_value(next(rest, Value("")), "value"))
        elif part == "%%" or part[:1] != "%":
            parts.append(Value(part.replace("%%", "%")))
        else:
            return None
    return concat(parts)


def _coalesce(given: list[Data]) -> Data:
    for each in given:
        if is_unknown(each):
            return None
        if each is not None and (not isinstance(each, Value) or each.text):
            return each
    return None


_FUNCTIONS: dict[str, Callable[[list[Data]], Data]] = {
    "==": _same,
    "!=": _differs,
    "equal": _same,
    "notequal": _differs,
    "&&": lambda given: _logic(given, False),
    "||": lambda given: _logic(given, True),
    "and": lambda given: _logic(given, False),
    "or": lambda given: _logic(given, True),
    "!": lambda given: _not(given[0]),
    "not": lambda given: _not(given[0]),
    "lower": _texts(lambda t: t[0].lower()),
    "upper": _texts(lambda t: t[0].upper()),
    "replace": _texts(lambda t: t[0].replace(t[1], t[2])),
    "trimspace": _texts(lambda t: t[0].strip()),
    "trimprefix": _texts(lambda t: t[0].removeprefix(t[1])),
    "trimsuffix": _texts(lambda t: t[0].removesuffix(t[1])),
    "concat": _concat,
    "join": _join,
    "split": _split,
    "format": _format,
    "coalesce": _coalesce,
}
