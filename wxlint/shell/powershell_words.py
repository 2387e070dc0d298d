"""The words of PowerShell scripts: strings, variables in them, and expressions in brackets that give a path."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

_NAME = late(r"(?:env:)?\w+|\{(?:env:)?\w+\}")
COMBINE = late(r"(?i)[ \t]*\[(?:System\.)?IO\.Path\]::Combine\(")
PATHS = late(
    r"(?i)[ \t]*(?:(?:join|split|resolve|convert)-path\b|git(?:\.exe)?[ \t]+rev-parse[ \t]+--show-toplevel\b"
    r"|\[(?:System\.)?IO\.Path\]::Combine\()"
)
"""How an expression starts that gives a path."""
_PROPERTY = late(r"(?i)\.(?:Path|ProviderPath)\b")


class PowershellToken(NamedTuple):
    """A word, or what ends a command (`;`, `|`, a line end, a brace) with an empty list of parts."""

    mark: str
    parts: tuple[tuple[str, str], ...]
    start: int
    end: int
    quoted: bool


def folded(text: str) -> Iterator[PowershellToken]:
    """The tokens of a text, with an expression in brackets that gives a path as one word."""
    at = 0
    for token in tokens(text):
        if token.start < at:
            continue
        if not token.mark and text[token.start] == "[" and (combined := COMBINE.match(text, token.start)) is not None:
            at = closing(text, combined.end() - 1) + 1
            yield PowershellToken("", ((f"({text[token.start : at]})", ""),), token.start, at, True)
            continue
        if token.mark == "(" and PATHS.match(text, token.end):
            at = closing(text, token.start) + 1
            name = text[token.start : at]
            if (followed := _PROPERTY.match(text, at)) is not None:
                at = followed.end()
            if at < len(text) and text[at] not in " \t\r\n;|{}()":
                name, at = "expression", _word(text, at, len(text)).end
            yield PowershellToken("", ((name, ""),), token.start, at, True)
            continue
        yield token


def arguments_of(text: str) -> Iterator[str]:
    """What stands between commas outside of strings and brackets."""
    start = depth = 0
    quote = ""
    for at, char in enumerate(text):
        if quote or char in "\"'":
            quote = "" if quote == char else quote or char
        elif char == "," and not depth:
            yield text[start:at]
            start = at + 1
        depth += (char == "(") - (char == ")") if not quote else 0
    yield text[start:]


def closing(text: str, at: int) -> int:
    """The end of the bracket that opens at an offset; strings in it are not looked into."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return place
    return len(text)


def tokens(text: str, at: int = 0, end: int | None = None) -> Iterator[PowershellToken]:
    """The words of a text, and the marks that end commands."""
    end = len(text) if end is None else end
    while at < end:
        char = text[at]
        if char in " \t\r":
            at += 1
        elif char == "`" and text[at + 1 : at + 2] in ("\n", "\r"):
            at = text.find("\n", at) + 1 or end
        elif char == "#":
            at = min(text.find("\n", at) % (end + 1), end)
        elif text.startswith("<#", at):
            at = (text.find("#>", at) + 2) if text.find("#>", at) >= 0 else end
        elif char in "\n;|{}()":
            yield PowershellToken(char, (), at, at + 1, False)
            at += 1
        elif text.startswith(("@'\n", '@"\n'), at):
            closing = text.find("\n" + text[at + 1] + "@", at)
            stop = closing + 3 if closing >= 0 else end
            yield PowershellToken("", (("here-string", ""),), at, stop, True)
            at = stop
        else:
            token = _word(text, at, end)
            yield token
            at = max(token.end, at + 1)


def _word(text: str, start: int, end: int) -> PowershellToken:
    parts: list[tuple[str, str]] = []
    at = start
    quoted = False
    while at < end and text[at] not in " \t\r\n;|{}()":
        char = text[at]
        if char == "'":
            stop = text.find("'", at + 1)
            stop = stop if stop >= 0 else end
            parts.append(("", text[at + 1 : stop]))
            at, quoted = stop + 1, True
        elif char == '"':
            at = _string(text, at + 1, end, parts)
            quoted = True
        elif char == "$":
            at = _reference(text, at, end, parts)
        elif char == "@" and at == start and text[at + 1 : at + 2].isidentifier():
            parts.append(("splatted", ""))
            at = end if at + 1 >= end else at + 1
            while at < end and (text[at].isalnum() or text[at] == "_"):
                at += 1
        elif char == "`" and at + 1 < end:
            parts.append(("", text[at + 1]))
            at += 2
        else:
            parts.append(("", char))
            at += 1
    return PowershellToken("", tuple(parts), start, min(at, end), quoted)


def _string(text: str, at: int, end: int, parts: list[tuple[str, str]]) -> int:
    """A string in double quotes; the offset behind it."""
    while at < end and text[at] != '"':
        if text[at] == "`" and at + 1 < end:
            parts.append(("", text[at + 1]))
            at += 2
        elif text[at] == "$":
            at = _reference(text, at, end, parts)
        else:
            parts.append(("", text[at]))
            at += 1
    return at + 1


def _reference(text: str, at: int, end: int, parts: list[tuple[str, str]]) -> int:
    """A variable, or an expression in brackets, which is not known."""
    if text.startswith("$(", at):
        stop = min(closing(text, at + 1) + 1, end)
        parts.append((text[at + 1 : stop], ""))
        return stop
    name = _NAME.match(text, at + 1, end)
    if name is None:
        parts.append(("", "$"))
        return at + 1
    parts.append((name[0].strip("{}"), ""))
    stop = name.end()
    if text[stop : stop + 1] in (".", "[") and text[stop + 1 : stop + 2].isidentifier():
        while stop < end and (text[stop].isalnum() or text[stop] in "._"):  # a property of it
            stop += 1
        parts[-1] = (text[at + 1 : stop], "")
    return stop
