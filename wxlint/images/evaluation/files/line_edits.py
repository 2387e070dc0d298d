"""What grep and sed leave of the lines of a list, as far as their patterns mean the same to Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from wxlint.core.patterns import late
from wxlint.core.values import HOLE

Edit = Callable[[str], "str | None"]
"""A line as it is left; None where it is taken out."""

_TOKEN = late(r"\\.|\[\^?[^\]\n]*\]|[^\n]")
_SET = late(r"\[\^?[\w\-=<>~.,;!@#/'\" ]+\]")
"""A set of characters that means the same to Python."""
_SAME = frozenset(r"\. \/ \- \[ \] \* \^ \$ \s \S \w \W \b".split())
"""What means the same behind a backslash in grep, sed and Python."""
_OPERATORS = frozenset("()|+?")
"""Operators of extended patterns, which a backslash makes of the characters of basic ones."""
_LONGEST = 200
"""Characters of a pattern that is followed."""
_MOST_REPEATS = 3
"""Repetitions in a pattern, so that the time of a match is bounded; a group may be there once or not at all."""
_PART = late(r"\\(.)|&|[^\\&\n]")
"""A part of what stands in the place of a match."""
_ADDRESS = late(r"\s*/((?:[^/\\]|\\.)+)/\s*")
_SUBSTITUTE = late(r"s([/|#,@:])((?:(?!\1)[^\\]|\\.)+)\1((?:(?!\1)[^\\]|\\.)*)\1([gIi]{0,2})\s*")
_BETWEEN = late(r";(?=\s*(?:s[/|#,@:]|/|$))")


def python_pattern(text: str, *, extended: bool) -> str | None:
    """A pattern of grep or sed as Python writes it; None where that takes more than plain characters and groups."""
    if HOLE in text or "\n" in text or not 0 < len(text) <= _LONGEST:
        return None
    found = [_python_token(token, extended) for token in _TOKEN.findall(text)]
    known = [token for token in found if token is not None]
    repeats = [before + token for before, token in zip(["", *known], known, strict=False) if token in ("*", "+", "?")]
    unclear = [one for one in repeats if one[0] in "(|*+?)" and one != ")?" or len(one) == 1]
    if len(known) < len(found) or len(repeats) > _MOST_REPEATS or unclear:
        return None
    pattern = "".join(known)
    try:
        re.compile(pattern)
    except re.error:
        return None
    return pattern


def _python_token(token: str, extended: bool) -> str | None:
    if token[0] == "[":
        return token if _SET.fullmatch(token) else None
    if token[0] == "\\":
        if token in _SAME:
            return token
        if token[1] in _OPERATORS:
            return token if extended else token[1]
        return r"\b" if token[1] in "<>" else None
    if token in _OPERATORS:
        return token if extended else re.escape(token)
    if token in "{}" or token == "\\":
        return None
    return token if token in ".*^$" else re.escape(token)


def grep_edit(patterns: list[str], *, removes: bool, extended: bool, ignore_case: bool) -> Edit | None:
    """What grep leaves of a line. removes: the lines that match go."""
    found = [python_pattern(text, extended=extended) for text in patterns]
    compiled = [re.compile(text, re.I if ignore_case else 0) for text in found if text is not None]
    if len(compiled) < len(patterns):
        return None
    return lambda line: line if any(pattern.search(line) for pattern in compiled) != removes else None


def sed_edit(scripts: list[str], *, extended: bool) -> Edit | None:
    """What `/PATTERN/d`, `s/PATTERN/TEXT/` and `/PATTERN/s/...` of sed leave of a line."""
    commands = [command for script in scripts for command in _BETWEEN.split(script) if command.strip()]
    edits = [_command(command.strip(), extended) for command in commands]
    known = [edit for edit in edits if edit is not None]
    return in_turn(known) if known and len(known) == len(edits) else None


def in_turn(edits: Sequence[Edit]) -> Edit:
    """What several edits, one after the other, leave of a line."""

    def edited(line: str) -> str | None:
        left: str | None = line
        for edit in edits:
            left = edit(left) if left is not None else None
        return left

    return edited


def _command(text: str, extended: bool) -> Edit | None:
    """One command of sed."""
    address = _ADDRESS.match(text)
    where = re.compile("")
    if address is not None:
        pattern = python_pattern(address[1].replace("\\/", "/"), extended=extended)
        if pattern is None:
            return None
        where, text = re.compile(pattern), text[address.end() :]
        if text == "d":
            return lambda line: None if where.search(line) else line
    change = _SUBSTITUTE.fullmatch(text)
    if change is None or HOLE in text:
        return None
    pattern = python_pattern(change[2].replace(f"\\{change[1]}", change[1]), extended=extended)
    if pattern is None:
        return None
    wanted = re.compile(pattern, re.I if "i" in change[4].lower() else 0)
    new = _replacement(change[3], wanted.groups)
    if new is None:
        return None
    count = 0 if "g" in change[4] else 1
    return lambda line: wanted.sub(new, line, count=count) if where.search(line) else line


def _replacement(text: str, groups: int) -> Callable[[re.Match[str]], str] | None:
    """What sed puts in the place of a match, from that match; None where that is not known."""
    parts: list[str | int] = []
    for part in _PART.finditer(text):
        escaped = part[1]
        if escaped is not None and escaped.isdigit():
            parts.append(int(escaped))
        elif escaped is not None and escaped.isalpha():  # \n, \U
            return None
        else:
            parts.append(0 if part[0] == "&" else escaped or part[0])
    if any(isinstance(part, int) and part > groups for part in parts):
        return None
    return lambda match: "".join(match[part] or "" if isinstance(part, int) else part for part in parts)
