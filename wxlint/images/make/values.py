"""Variables of make, as far as they are known: references, the common functions, and conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.makefile import MakeCondition

_DEPTH = 20
_MOST_EXPANSIONS = 20_000
"""Variables that one text may lead to: variables that name two others each must not take forever."""
_MOST_WORDS = 100
"""Of a list that a text is repeated for: a longer one is unknown."""
MAX_TEXT = 20_000
"""A longer value is unknown: a variable that doubles itself must not fill memory."""


class MakeVariable(NamedTuple):
    """What a variable stands for. text: to be expanded when it is used; value: what it was already expanded to."""

    text: str
    value: Value | None = None
    places: tuple[Value, ...] = ()
    """Reasons, as an empty value that carries them."""


class Piece(NamedTuple):
    """A stretch of a text. value: what it becomes; None for what stands there as it is."""

    start: int
    end: int
    value: Value | None


class MakeExpander:
    """Expands texts. variables: by name. automatic: `@`, `<`, `^`, `*`. whole: no included file is unread, which may
    set what is not set."""

    def __init__(
        self, variables: Mapping[str, MakeVariable], automatic: Mapping[str, Value] | None = None, *, whole: bool = True
    ) -> None:
        self.variables, self.automatic, self.whole = variables, automatic or {}, whole
        self._open: set[str] = set()
        self._left = _MOST_EXPANSIONS

    def pieces(self, text: str, depth: int = 0) -> Iterator[Piece]:
        """A text taken apart: what is copied, and what is put in."""
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            if dollar > at:
                yield Piece(at, dollar, None)
            end, value = self._reference(text, dollar, depth)
            yield Piece(dollar, end, value)
            at = end
        if at < len(text):
            yield Piece(at, len(text), None)

    def value(self, text: str, depth: int = 0) -> Value:
        """A text with its references expanded."""
        if "$" not in text:
            return Value(text)
        parts = [Value(text[p.start : p.end]) if p.value is None else p.value for p in self.pieces(text, depth)]
        found = concat(parts)
        return found if len(found.text) <= MAX_TEXT else Value(HOLE, ("a long value",))

    def _reference(self, text: str, at: int, depth: int) -> tuple[int, Value]:
        """The end of the reference at an offset, and its value."""
        following = text[at + 1 : at + 2]
        if following == "$":
            return at + 2, Value("$")
        if following not in ("(", "{"):
            return at + 2, self._named(following, f"${following}", depth)
        end = _closing(text, at + 1)
        inside, written = text[at + 2 : end - 1], text[at:end]
        if depth > _DEPTH:
            return end, Value(HOLE, (written,))
        name, _, rest = inside.partition(" ")
        if rest and name in _FUNCTIONS:
            found = _FUNCTIONS[name](self, _arguments(rest), depth + 1)
            return end, Value(HOLE, (written,)) if found is None else found
        if rest:
            return end, Value(HOLE, (written,))
        substituted = re.fullmatch(r"([\w.-]+):([^=]*)=(.*)", inside)
        if substituted:
            base = self._named(substituted[1], written, depth)
            return end, _each(base, lambda word: _suffix(word, substituted[2], substituted[3])) or Value(
                HOLE, (written,)
            )
        key = self.value(inside, depth + 1)
        return end, self._named(key.text, written, depth) if key.known else Value(HOLE, (written,))

    def _named(self, name: str, written: str, depth: int) -> Value:
        if name in self.automatic:
            return self.automatic[name]
        if name.isdigit() and name not in self.variables:
            return Value("")  # what a call is not given, and what stands in none
        variable = self.variables.get(name)
        if variable is None or depth > _DEPTH or name in self._open or self._left <= 0:
            return Value(HOLE, (written,))  # make refuses a variable that names itself
        self._left -= 1
        if variable.value is not None:
            value = variable.value
        else:
            self._open.add(name)
            value = self.value(variable.text, depth + 1)
            self._open.discard(name)
        because = tuple(reason for place in variable.places for reason in place.because)
        return value._replace(because=tuple(dict.fromkeys((*value.because, *because))))

    def holds(self, test: MakeCondition) -> bool | None:
        """Whether a condition holds; None where it is not known."""
        found = self._defined(test.text) if test.word in ("ifdef", "ifndef") else self._equal(test.text)
        if found is None:
            return None
        return (found != (test.word in ("ifneq", "ifndef"))) != test.negated

    def _defined(self, name: str) -> bool | None:
        variable = self.variables.get(name.strip())
        if variable is None:
            return False if self.whole else None  # as long as the environment does not set it
        if variable.value is not None:
            return bool(variable.value.text) if variable.value.known else None
        return bool(variable.text)

    def _equal(self, text: str) -> bool | None:
        sides = _sides(text)
        if sides is None:
            return None
        one, other = self._tested(sides[0]), self._tested(sides[1])
        return one.text.strip() == other.text.strip() if one.known and other.known else None

    def _tested(self, text: str) -> Value:
        """A side of a condition. A variable that nothing sets is empty there, as long as the environment sets none."""
        name = re.fullmatch(r"\s*\$[({]([\w.-]+)[)}]\s*", text) if self.whole else None
        if name is not None and name[1] not in self.variables and name[1] not in self.automatic:
            return Value("")
        return self.value(text)


def _sides(text: str) -> tuple[str, str] | None:
    """The two sides of an ifeq."""
    if text.startswith("("):
        parts = _arguments(text[1 : _closing(text, 0) - 1])
        return (parts[0], parts[1]) if len(parts) == 2 else None
    quoted = re.fullmatch(r"""(["'])(.*?)\1\s*(["'])(.*?)\3\s*""", text)
    return (quoted[2], quoted[4]) if quoted else None


def _closing(text: str, at: int) -> int:
    """The end behind the bracket that closes the one at an offset."""
    opening, closing = text[at], ")" if text[at] == "(" else "}"
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == opening) - (text[place] == closing)
        if not depth:
            return place + 1
    return len(text) + 1


def _arguments(text: str) -> list[str]:
    """The arguments of a function, divided at commas outside of brackets."""
    found, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char in "({") - (char in ")}")
        if char == "," and depth == 0:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]


def _each(value: Value, change: Callable[[str], str]) -> Value | None:
    """Every word changed."""
    if value.holes:
        return None
    return value._replace(text=" ".join(change(word) for word in value.text.split()))


def _suffix(word: str, old: str, new: str) -> str:
    if "%" in old:
        return _patsubst(word, old, new)
    return word[: len(word) - len(old)] + new if old and word.endswith(old) else word + new if not old else word


def _patsubst(word: str, old: str, new: str) -> str:
    head, percent, tail = old.partition("%")
    if not percent:
        return new if word == old else word
    if not (word.startswith(head) and word.endswith(tail) and len(word) >= len(head) + len(tail)):
        return word
    return new.replace("%", word[len(head) : len(word) - len(tail)], 1)


def _strip(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    value = e.value(",".join(given), depth)
    return value._replace(text=" ".join(value.text.split()))


def _subst(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    values = [e.value(each, depth) for each in given]
    if len(values) != 3 or values[0].holes or values[1].holes:
        return None
    text = values[2].text.replace(values[0].text, values[1].text)
    return values[2]._replace(text=text) if not values[2].holes else None


def _pattern(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    values = [e.value(each, depth) for each in given]
    if len(values) != 3 or values[0].holes or values[1].holes:
        return None
    return _each(values[2], lambda word: _patsubst(word, values[0].text.strip(), values[1].text.strip()))


def _if(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    test = e.value(given[0].strip(), depth)
    if len(given) < 2 or test.holes and not test.text.replace(HOLE, "").strip():
        return None
    chosen = given[1] if test.text.strip() else ",".join(given[2:])
    return e.value(chosen, depth)


def _or(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    for each in given:
        value = e.value(each.strip(), depth)
        if value.holes and not value.text.replace(HOLE, ""):
            return None
        if value.text:
            return value
    return Value("")


def _affix(before: bool) -> Callable[[MakeExpander, list[str], int], Value | None]:
    def function(e: MakeExpander, given: list[str], depth: int) -> Value | None:
        affix, words = e.value(given[0], depth), e.value(",".join(given[1:]), depth)
        if affix.holes:
            return None
        return _each(words, lambda word: affix.text + word if before else word + affix.text)

    return function


def _words(choose: Callable[[list[str]], list[str]]) -> Callable[[MakeExpander, list[str], int], Value | None]:
    def function(e: MakeExpander, given: list[str], depth: int) -> Value | None:
        value = e.value(",".join(given), depth)
        return None if value.holes else value._replace(text=" ".join(choose(value.text.split())))

    return function


def _filter(keep: bool) -> Callable[[MakeExpander, list[str], int], Value | None]:
    def function(e: MakeExpander, given: list[str], depth: int) -> Value | None:
        patterns, words = e.value(given[0], depth), e.value(",".join(given[1:]), depth)
        if patterns.holes or words.holes:
            return None
        globs = [pattern.replace("[", "[[]").replace("%", "*") for pattern in patterns.text.split()]
        chosen = [w for w in words.text.split() if any(fnmatchcase(w, glob) for glob in globs) == keep]
        return words._replace(text=" ".join(chosen))

    return function


def _call(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    """The text of a variable, with `$(1)`, `$(2)` … for what it is given."""
    name = e.value(given[0].strip(), depth)
    if not name.known:
        return None
    variable = e.variables.get(name.text)
    if variable is None or variable.value is not None:
        return None if variable is None and not e.whole else e.value(f"$({name.text})", depth)
    numbers = {str(number): e.value(each, depth) for number, each in enumerate(given[1:], 1)}
    before = {key: value for key, value in e.automatic.items() if not key.isdigit()}
    outside, e.automatic = e.automatic, {**before, **numbers, "0": name}
    found = e.value(f"$({name.text})", depth)
    e.automatic = outside
    return found


def _foreach(e: MakeExpander, given: list[str], depth: int) -> Value | None:
    """A text for each word of a list, with a variable that stands for the word."""
    if len(given) < 3:
        return None
    name, listed = e.value(given[0].strip(), depth), e.value(given[1], depth)
    words = listed.text.split()
    if not name.known or listed.holes or len(words) > _MOST_WORDS:
        return None
    before, parts = e.variables, []
    for word in words:
        e.variables = {**before, name.text: MakeVariable("", listed._replace(text=word))}
        parts += [Value(" "), e.value(",".join(given[2:]), depth)]
    e.variables = before
    return concat(parts[1:]) if parts else Value("")


_FUNCTIONS: dict[str, Callable[[MakeExpander, list[str], int], Value | None]] = {
    "strip": _strip,
    "subst": _subst,
    "patsubst": _pattern,
    "if": _if,
    "or": _or,
    "addprefix": _affix(True),
    "addsuffix": _affix(False),
    "firstword": _words(lambda words: words[:1]),
    "lastword": _words(lambda words: words[-1:]),
    "sort": _words(lambda words: sorted(set(words))),
    "notdir": _words(lambda words: [word.rpartition("/")[2] for word in words]),
    "call": _call,
    "foreach": _foreach,
    "filter": _filter(True),
    "filter-out": _filter(False),
    "info": lambda e, given, depth: Value(""),
    "shell": lambda e, given, depth: None,
}
