"""Arithmetic of the shell: `$(( ))`, `(( ))`, `let`, subscripts. What cannot be said is None, never a guess."""

from __future__ import annotations

from collections.abc import Callable

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

_TOKEN = late(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|\d+#\w+|\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<symbol>\*\*|<<=|>>=|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^<>=!]=|[-+*/%&|^<>=!~?:(),\[\]]))"
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<=", ">=", "<", ">"), ("<<", ">>"), ("+", "-"),
    ("*", "/", "%"),
)  # fmt: skip
_ASSIGNS = frozenset("= += -= *= /= %= <<= >>= &= |= ^=".split())
_MAX_TOKENS = 400
_MAX_DEPTH = 30
_MAX_NUMBER = 1 << 62
_PLAIN_SH = frozenset("++ -- ** , <<= >>=".split()) - {"<<=", ">>="}
"""Symbols that not every sh reads."""


class UnknownError(Exception):
    """An operand, or the meaning of the text, is not known."""


class DoubtfulError(UnknownError):
    """It may be no expression: what a variable holds is not known, or not read, or only bash takes it."""


class WrongError(Exception):
    """The shell refuses the expression."""


class Names(NamedTuple):
    """How names are looked up and set. subscript: as written; "" for a variable that is no array."""

    value: Callable[[str, str], str | None]
    assign: Callable[[str, str, int], None]


class _Reader:
    """A recursive descent over the tokens of one expression. quiet: operands are read and not evaluated."""

    def __init__(self, text: str, names: Names, bash: bool, depth: int) -> None:
        self.text, self.names, self.bash, self.depth = text, names, bash, depth
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.quiet = 0
        self.nested = 0
        self._divide()

    def _divide(self) -> None:
        at, size = 0, len(self.text.rstrip())
        while at < size:
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise WrongError
            if len(self.tokens) >= _MAX_TOKENS:
                raise UnknownError
            kind = match.lastgroup or ""
            text = match[kind]
            if kind == "symbol" and text in _PLAIN_SH and not self.bash:
                raise DoubtfulError
            self.tokens.append((kind, text))
            at = match.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, text: str) -> bool:
        if self.peek() == text and self.tokens[self.at][0] == "symbol":
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            raise WrongError

    def whole(self) -> int:
        if not self.tokens:
            return 0
        if self.depth:  # what a variable holds: refused as a whole, whatever in it is not known
            self.quiet = 1
            self._checked()
            self.at = self.quiet = 0
        return self._checked()

    def _checked(self) -> int:
        value = self.comma()
        if self.at < len(self.tokens):
            raise WrongError
        return value

    def comma(self) -> int:
        value = self.assignment()
        while self.take(","):
            value = self.assignment()
        return value

    def assignment(self) -> int:
        self.nested += 1
        if self.nested > _MAX_DEPTH:
            raise UnknownError
        value = self._assignment()
        self.nested -= 1
        return value

    def _assignment(self) -> int:
        start = self.at
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
            name, index = self._target()
            operator = self.peek()
            if operator in _ASSIGNS:
                self.at += 1
                value = self.assignment()
                if operator != "=":
                    value = self.operate(operator[:-1], self.lookup(name, index), value)
                self.store(name, index, value)
                return value
        self.at = start
        return self.ternary()

    def _target(self) -> tuple[str, str]:
        """A name with its subscript, as written."""
        name = self.tokens[self.at][1]
        self.at += 1
        if not self.take("["):
            return name, ""
        start, level = self.at, 1
        while level:
            if self.at >= len(self.tokens):
                raise UnknownError
            level += {"[": 1, "]": -1}.get(self.tokens[self.at][1], 0)
            self.at += 1
        if self.at - 1 == start:  # an error, or there was a variable that may be empty
            raise DoubtfulError
        return name, "".join(text for _, text in self.tokens[start : self.at - 1])

    def ternary(self) -> int:
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        self.quiet += not condition
        first = self.assignment()
        self.quiet -= not condition
        self.need(":")
        self.quiet += bool(condition)
        second = self.assignment()
        self.quiet -= bool(condition)
        return first if condition else second

    def binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self.power()
        left = self.binary(level + 1)
        while self.peek() in _LEVELS[level]:
            operator = self.tokens[self.at][1]
            self.at += 1
            skipped = (operator == "&&" and not left) or (operator == "||" and bool(left))
            self.quiet += skipped
            right = self.binary(level + 1)
            self.quiet -= skipped
            left = 1 if operator == "||" and skipped else 0 if skipped else self.operate(operator, left, right)
        return left

    def power(self) -> int:
        base = self.unary()
        if not self.take("**"):
            return base
        exponent = self.power()
        if not 0 <= exponent <= 64:
            raise UnknownError
        return self.bounded(base**exponent)

    def unary(self) -> int:
        self.nested += 1
        if self.nested > _MAX_DEPTH:
            raise UnknownError
        value = self._unary()
        self.nested -= 1
        return value

    def _unary(self) -> int:
        for symbol, result in _SIGNS:
            if self.take(symbol):
                return result(self.unary())
        for symbol, step in (("++", 1), ("--", -1)):
            if self.take(symbol):
                if self.at >= len(self.tokens) or self.tokens[self.at][0] != "name":
                    raise UnknownError
                name, index = self._target()
                value = self.bounded(self.lookup(name, index) + step)
                self.store(name, index, value)
                return value
        return self.primary()

    def primary(self) -> int:
        if self.take("("):
            value = self.comma()
            self.need(")")
            return value
        if self.at >= len(self.tokens):
            raise WrongError
        kind, text = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return number(text, self.bash)
        if kind != "name":
            raise WrongError
        name, index = self._target()
        value = self.lookup(name, index)
        for symbol, step in (("++", 1), ("--", -1)):
            if self.take(symbol):
                self.store(name, index, self.bounded(value + step))
        return value

    def lookup(self, name: str, index: str) -> int:
        """The value of a variable, which may be an expression itself."""
        if self.quiet:
            return 0
        text = self.names.value(name, index)
        if text is None or self.depth > 8:
            raise DoubtfulError if index or self.depth else UnknownError
        if not text.strip():
            return 0
        return _Reader(text, self.names, self.bash, self.depth + 1).whole()

    def store(self, name: str, index: str, value: int) -> None:
        if not self.quiet:
            self.names.assign(name, index, value)

    def bounded(self, value: int) -> int:
        if abs(value) >= _MAX_NUMBER:
            raise UnknownError
        return value

    def operate(self, operator: str, left: int, right: int) -> int:
        if self.quiet:
            return 0
        if operator in ("/", "%"):
            if not right:
                raise WrongError
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if operator == "/" else left - quotient * right
        if operator in ("<<", ">>") and not 0 <= right < 62:
            raise UnknownError
        return self.bounded(int(_OPERATORS[operator](left, right)))


_SIGNS: tuple[tuple[str, Callable[[int], int]], ...] = (
    ("!", lambda value: int(not value)), ("-", lambda value: -value), ("+", lambda value: value),
    ("~", lambda value: ~value),
)  # fmt: skip
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: bool(a or b), "&&": lambda a, b: bool(a and b), "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b, "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
}  # fmt: skip


def number(text: str, bash: bool = True) -> int:
    """A number as written: decimal, 0x, octal behind a 0, BASE#DIGITS."""
    base, mark, digits = text.partition("#")
    try:
        if mark:
            if not bash:
                raise DoubtfulError
            if not 2 <= int(base) <= 36:
                raise UnknownError
            value = int(digits, int(base))
        elif text[:2] in ("0x", "0X"):
            value = int(text, 16)
        else:
            value = int(text, 8 if text[0] == "0" else 10) if len(text) < 20 else _MAX_NUMBER
    except ValueError:
        raise WrongError from None
    if value >= _MAX_NUMBER:
        raise UnknownError
    return value


def value_of(text: str, names: Names, bash: bool = True) -> int:
    """The value of an expression whose `$x` were replaced. Raises UnknownError and WrongError."""
    try:
        return _Reader(text, names, bash, 0).whole()
    except RecursionError:
        raise UnknownError from None
    except UnknownError:
        if is_refused(text, names, bash):
            raise WrongError from None
        raise


def is_refused(text: str, names: Names, bash: bool = True) -> bool:
    """Tell whether an expression is none, whatever its operands hold."""
    try:
        reader = _Reader(text, names, bash, 0)
        reader.quiet = 1
        reader.whole()
    except WrongError:
        return True
    except (UnknownError, RecursionError):
        return False
    return False


def evaluated(text: str, names: Names, bash: bool = True) -> int | None:
    """The value of an expression whose `$x` were replaced; None when it is not known, or not read."""
    try:
        return value_of(text, names, bash)
    except (UnknownError, WrongError):
        return None
