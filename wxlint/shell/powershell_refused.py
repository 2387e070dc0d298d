"""What PowerShell refuses of a script before it runs anything: strings, comments and brackets that do not end.

Syntax as in the pages about_Quoting_Rules, about_Comments, about_Parsing and about_Special_Characters of PowerShell's
documentation. Square brackets are not looked at: in an argument they may stand alone.
"""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

SINGLE = "'\u2018\u2019\u201a\u201b"
DOUBLE = '"\u201c\u201d\u201e'
_CLOSED_BY = {"(": ")", "{": "}"}
_STARTS = frozenset(" \t\r\n;|&(){}[],=")
"""What a word may stand behind, so that `#` begins a comment."""
HERE = late(r"@([\"'])[ \t]*\r?\n")
_VALUE = late(r"(?:[$\d+*/%-]|.*[\"'\u2018-\u201e]$)")
"""A text behind which `#` begins a comment in an expression, and is a part of the word in an argument."""
_BRACED = late(r"\$\{[^`{}\n]{1,80}\}")
_DEPTH = 40
"""Of strings in strings; nothing is said of deeper ones."""


class RefusedText(NamedTuple):
    """What is wrong, with the offset where it begins."""

    at: int
    message: str


class _Error(Exception):
    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


def refused(text: str) -> RefusedText | None:
    """Return the first thing that PowerShell refuses of a script; None where nothing is seen to be wrong."""
    try:
        _code(text, 0, 0)
    except _Error as error:
        return RefusedText(error.at, error.message) if error.message else None
    return None


def _code(text: str, at: int, depth: int) -> int:
    """Read commands. depth: of the strings around, to the end of whose `$(...)` they go; 0 for a whole script."""
    if depth > _DEPTH:
        raise _Error(at, "")
    opened: list[int] = []
    while at < len(text):
        char = text[at]
        if char in "([{":
            if char != "[":
                opened.append(at)
            at += 1
        elif char in ")}":
            if not opened and depth:
                return at
            if not opened:
                raise _Error(at, f"{char} that nothing opens")
            if _CLOSED_BY[text[opened[-1]]] != char:
                raise _Error(opened[-1], f"{text[opened[-1]]} that {char} closes")
            opened.pop()
            at += 1
        else:
            at = _word(text, at, depth)
    if opened:
        raise _Error(opened[-1], f"{text[opened[-1]]} that does not end")
    return at


def end_of_bracket(text: str, at: int) -> int:
    """The offset of what closes the round bracket at an offset; the end of the text where nothing does."""
    depth = 0
    try:
        while at < len(text):
            depth += (text[at] == "(") - (text[at] == ")")
            if not depth:
                return at
            at = at + 1 if text[at] in "()[]{}" else _word(text, at, 0)
    except _Error:
        pass
    return len(text)


def _word(text: str, at: int, depth: int) -> int:
    """The offset behind a comment, a string, an escape, or one other character."""
    char = text[at]
    starts = not at or text[at - 1] in _STARTS
    if char == "`":
        return at + 2
    if char == "#" and starts:
        return _found(text, "\n", at)
    if char == "#" and _VALUE.match(_before(text, at)):
        raise _Error(at, "")
    if starts and text.startswith("<#", at):
        end = text.find("#>", at + 2)
        if end < 0:
            raise _Error(at, "a comment that does not end")
        return end + 2
    if starts and text.startswith("--%", at):
        return _found(text, "\n", at)
    if char == "$" and (name := _BRACED.match(text, at)) is not None:
        return name.end()
    if char == "@" and (here := HERE.match(text, at)) is not None:
        end = text.find(f"\n{here[1]}@", here.end() - 1)
        if end < 0:
            raise _Error(at, "a here-string that does not end")
        return end + 3
    if char in SINGLE:
        return _literal(text, at)
    return _expanded(text, at, depth) if char in DOUBLE else at + 1


def _before(text: str, at: int) -> str:
    """What stands in front of an offset, without a blank in between: at most the end of it."""
    start = at
    while start > max(0, at - 80) and text[start - 1] not in _STARTS:
        start -= 1
    return text[start:at]


def _found(text: str, what: str, at: int) -> int:
    end = text.find(what, at)
    return len(text) if end < 0 else end


def _literal(text: str, start: int) -> int:
    """The offset behind a string in single quotes; two of them are one."""
    at = start + 1
    while at < len(text):
        if text[at] in SINGLE:
            if text[at + 1 : at + 2] not in tuple(SINGLE):
                return at + 1
            at += 1
        at += 1
    raise _Error(start, "a string that does not end")


def _expanded(text: str, start: int, depth: int) -> int:
    """The offset behind a string in double quotes."""
    at = start + 1
    while at < len(text):
        char = text[at]
        if char in DOUBLE:
            if text[at + 1 : at + 2] not in tuple(DOUBLE):
                return at + 1
            at += 2
        elif char == "`":
            at += 2
        elif text.startswith("$(", at):
            at = _code(text, at + 2, depth + 1) + 1
        else:
            at += 1
    raise _Error(start, "a string that does not end")
