"""What expressions of GitHub workflows give: how a result counts as a condition, as text and beside another.

A string is a `Value`, and an unknown result one whose text is a hole; other results are bool, float, None, list and
dict. Source of the conversions: the page "Evaluate expressions" of GitHub's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wxlint.core.values import HOLE, Value, could_equal

Data = Any
"""Value | bool | float | None | list | dict"""


def unknown(text: str) -> Value:
    """A result that is not known, as it is written."""
    return Value(HOLE, (f"${{{{ {text.strip()} }}}}",))


def is_unknown(data: Data) -> bool:
    """Whether nothing is known of a result."""
    return isinstance(data, Value) and data.text == HOLE


def truth(data: Data) -> bool | None:
    """What a condition makes of a result; None where it is not known."""
    if isinstance(data, Value):
        if not data.holes:
            return bool(data.text)
        return True if data.text.replace(HOLE, "") else None
    return bool(data) if isinstance(data, (bool, float)) or data is None else True


def as_value(data: Data, text: str = "") -> Value:
    """A result as text, as it is put into a template. text: the expression, for results without a text."""
    if isinstance(data, Value):
        return data
    if data is None:
        return Value("")
    if isinstance(data, bool):
        return Value("true" if data else "false")
    if isinstance(data, float):
        return Value(str(int(data)) if data.is_integer() else repr(data))
    return unknown(text)


def member(data: Data, key: Data, path: str) -> Data:
    """A property of a result, or an item of a list. path: how it is written, for one that is not known."""
    if isinstance(data, Mapping) and isinstance(key, Value) and key.known:
        for name, value in data.items():
            if name.lower() == key.text.lower():
                return value
        return unknown(path) if "*" in data else None
    if isinstance(data, list) and isinstance(key, float):
        return data[int(key)] if 0 <= key < len(data) else None
    if data is None:
        return None
    return unknown(path)


def equal(left: Data, right: Data) -> bool | None:
    """Whether two results are equal, as GitHub compares them: strings without regard to case."""
    if isinstance(left, Value) and isinstance(right, Value):
        if left.known and right.known:
            return left.text.lower() == right.text.lower()
        partly, whole = (left, right) if right.known else (right, left)
        if whole.known and not could_equal(partly._replace(text=partly.text.lower()), whole.text.lower()):
            return False
        return None
    if isinstance(left, Value) and left.holes or isinstance(right, Value) and right.holes:
        return None
    one, other = _number(left), _number(right)
    return None if one is None or other is None else one == other


def _number(data: Data) -> float | None:
    if data is None:
        return 0.0
    if isinstance(data, (bool, float)):
        return float(data)
    if isinstance(data, Value):
        try:
            return float(data.text or 0)
        except ValueError:
            return float("nan")
    return None


def data_of(plain: Any) -> Data:
    """Plain data as results of expressions."""
    if isinstance(plain, str):
        return Value(plain)
    if isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if isinstance(plain, list):
        return [data_of(item) for item in plain]
    if isinstance(plain, dict):
        return {str(key): data_of(value) for key, value in plain.items()}
    return plain
