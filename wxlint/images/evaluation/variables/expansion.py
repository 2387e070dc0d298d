"""Variable expansion in Dockerfile words, as BuildKit's shell lexer does it, with three values.

A variable whose value cannot be known from the file becomes a HOLE named as it is written; so does a word that BuildKit
refuses, and the mark of a template that another tool fills in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.dockerfile.template_marks import cut_marks
from wxlint.documents.dockerfile.word_grammar import (
    ChoicePart,
    LiteralPart,
    Replace,
    Trim,
    VariablePart,
    WordError,
    parse_word,
)
from wxlint.documents.dockerfile.words import Pair, pairs, words

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.word_grammar import Part, Word

__all__ = ["Pair", "Scope", "assigned", "expand", "pairs", "words"]

_PLAIN = late(r"[^\\`$\"'{<%@\ufeff]*\Z")
_NEVER_SET = frozenset(("", *"@*#?$!-"))
"""Special parameters, which nothing sets in a build, and the missing name of `${+x}`."""
_LONGEST = 100_000
"""Characters of one value; a longer one is unknown: variables that double themselves must not fill memory."""
_MOST_REASONS = 12
"""Reasons of a value that are kept: the nearest ones of a long chain of arguments."""
_LONGEST_SHOWN = 200
"""Characters of a value in a reason."""
_HOLE_COST = 100
"""Characters that an unknown part counts for."""


class _Refused(Exception):
    """The build stops at this word: `${name?}` of a variable that is not set, a pattern that is none."""


class Scope(NamedTuple):
    """Variables that are set, and names of build arguments that nothing sets (empty unless the caller gives them).

    closed: no other variable can be set, as before the first FROM. In a stage the base image may set more.
    """

    values: Mapping[str, Value]
    unset: frozenset[str] | set[str] = frozenset()
    closed: bool = False


def expand(text: str, scope: Scope, escape: str = "\\") -> Value:
    """The value of a word: quotes and escapes removed, variables replaced."""
    if _PLAIN.match(text):
        return Value(text)
    unmarked, mark = cut_marks(text)
    try:
        value = _joined(parse_word(unmarked, escape), scope)
    except (WordError, _Refused):
        return _unknown(text[:80])
    return value._replace(holes=tuple([hole.replace(HOLE, mark) for hole in value.holes])) if mark else value


def assigned(keyword: str, name: str, value: Value, *, path: str, line: int) -> Value:
    """A value with the ARG or ENV that sets it as its last reason."""
    shown = value.shown()
    shown = shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "…"
    reason = Reason("arg" if keyword == "ARG" else "env", f"{keyword} {name}={shown}", path, line, name)
    return Value(value.text, value.holes, (*value.because[-_MOST_REASONS:], reason))


def _unknown(written: str) -> Value:
    return Value(HOLE, (written,))


def _joined(word: Word, scope: Scope) -> Value:
    values = [_part(part, scope) for part in word]
    if sum([len(value.text) + _HOLE_COST * len(value.holes) for value in values]) > _LONGEST:
        return _unknown("a value that is too long")
    return values[0] if len(values) == 1 else concat(values)


def _part(part: Part, scope: Scope) -> Value:
    if isinstance(part, LiteralPart):
        return Value(part.text, (HOLE,) * part.text.count(HOLE))  # where marks stood
    if isinstance(part, VariablePart):
        return _looked_up(part.name, scope) or _unknown(part.written)
    if isinstance(part, ChoicePart):
        return _chosen(part, scope)
    if isinstance(part, (Trim, Replace)):
        return _edited(part, scope)
    return _unknown(part.written)


def _looked_up(name: str, scope: Scope) -> Value | None:
    """The value of a variable; None where nothing is known of it."""
    value = scope.values.get(name)
    return Value("") if value is None and name in _NEVER_SET else value


def _chosen(part: ChoicePart, scope: Scope) -> Value:
    value = _looked_up(part.name, scope)
    word = _joined(part.word, scope)  # BuildKit expands it in any case, and may refuse it
    absent = part.name in scope.unset or (value is None and scope.closed) or part.name in _NEVER_SET
    if not absent:
        if value is None or (not value.known and not value.text.strip(HOLE)):  # may be set or not, empty or not
            return _unknown(part.written)
        absent = part.colon and value.text == ""
    if part.operator == "+":
        return Value("") if absent else word
    if not absent:
        return value if value is not None else _unknown(part.written)
    if part.operator == "?":
        raise _Refused
    return word._replace(because=(*word.because, Reason("default", f"default of {part.written}")))


def _edited(part: Trim | Replace, scope: Scope) -> Value:
    """A value with a part that a pattern matches taken out or replaced; unknown unless all of it is known."""
    from wxlint.images.evaluation.variables.glob_patterns import (
        PatternError,
        check_pattern,
        replace,
        trim_end,
        trim_start,
    )

    value, pattern = _looked_up(part.name, scope), _joined(part.pattern, scope)
    new = _joined(part.text, scope) if isinstance(part, Replace) else Value("")  # refused whatever the value is
    try:
        if pattern.known:
            check_pattern(pattern.text)  # refused whatever the value is
        if value is None or not value.known or not pattern.known or "\n" in value.text or "\n" in pattern.text:
            return _unknown(part.written)
        if isinstance(part, Trim):
            longest = pattern.text.startswith(part.operator)
            trim = trim_start if part.operator == "#" else trim_end
            return value._replace(text=trim(value.text, pattern.text[longest:], longest))
        if not new.known or (part.everywhere and "$" in new.text):  # `$1` there names a group of the match
            return _unknown(part.written)
        return value._replace(text=replace(value.text, pattern.text, new.text, part.everywhere))
    except PatternError as error:
        raise _Refused from error
