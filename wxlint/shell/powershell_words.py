"""The words of PowerShell scripts: strings, variables in them, and expressions in brackets that give a path.

Syntax as in the pages about_Parsing, about_Quoting_Rules, about_Special_Characters, about_Variables, about_Scopes and
about_Redirection of PowerShell's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.powershell_refused import DOUBLE, HERE, SINGLE, end_of_bracket

_VARIABLE = late(r"(?:(\w+):)?(\w+)(?![\w?]|::)")
_BRACED = late(r"\{(?:(\w+):)?([^{}\n]+)\}")
_SCOPES = frozenset(("script", "global", "local", "private"))
ASSIGNMENT = late(
    r"(?:\[[\w.\[\]]+\][ \t]*)*\$(?:(?:script|global|local|private):)?(\w+)((?:\.\w+|\[[^\]\n]*\])*"
    r"(?:[ \t]*,[ \t]*\$\w+)*)[ \t]*((?:[-+*/%]|\?\?)?=(?!=)|\+\+|--)[ \t]*",
)
"""What gives a variable something: its name, what stands behind that, and the sign."""
COMBINE = late(r"(?i)[ \t]*\[(?:System\.)?IO\.Path\]::Combine\(")
PATHS = late(
    r"(?i)[ \t]*(?:(?:join|split|resolve|convert)-path\b|git(?:\.exe)?[ \t]+rev-parse[ \t]+--show-toplevel\b"
    r"|\[(?:System\.)?IO\.Path\]::Combine\()"
)
"""How an expression starts that gives a path."""
_PROPERTY = late(r"(?i)\.(?:Path|ProviderPath)\b")
_REDIRECTION = late(r"[1-6*]?>>?(&[12])?[ \t]*")
_VERBATIM = late(r"--%(?=\s|$)[^\n|]*")
_ENDS = frozenset(" \t\r\n;|&{}()>")
"""What a word that is not quoted ends before."""
_CONTROLS = frozenset("nrt0abefvu")
"""Letters that stand for a control character behind a backtick."""


class PowershellToken(NamedTuple):
    """A word, or what ends a command (`;`, `|`, a line end, a bracket, what an assignment begins with) with an empty
    list of parts.

    parts: names of variables and expressions, each with the empty text, and texts without a name. string: it is one
    string and nothing else.
    """

    mark: str
    parts: tuple[tuple[str, str], ...]
    start: int
    end: int
    quoted: bool
    string: bool = False


def folded(text: str) -> Iterator[PowershellToken]:
    """The tokens of a text, with an expression in brackets that gives a path as one word."""
    at = 0
    for token in tokens(text):
        if token.start < at:
            continue
        if not token.mark and text[token.start] == "[" and (combined := COMBINE.match(text, token.start)) is not None:
            at = end_of_bracket(text, combined.end() - 1) + 1
            yield unknown(text[token.start : at], token.start, at)
            continue
        if token.mark == "(" and PATHS.match(text, token.end):
            at = end_of_bracket(text, token.start) + 1
            name = text[token.start : at]
            if (followed := _PROPERTY.match(text, at)) is not None:
                at = followed.end()
            if at < len(text) and text[at] not in _ENDS:
                name, at = "expression", _word(text, at, len(text)).end
            yield PowershellToken("", ((name, ""),), token.start, at, True)
            continue
        yield token


def unknown(text: str, start: int, end: int) -> PowershellToken:
    """An expression as one word."""
    return PowershellToken("", ((f"({text})", ""),), start, end, True)


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


def tokens(text: str, at: int = 0, end: int | None = None) -> Iterator[PowershellToken]:
    """The words of a text, and the marks that end commands."""
    end = len(text) if end is None else end
    begins = True  # a command
    while at < end:
        passed = _passed(text, at, end)
        if passed > at:
            at = passed
            continue
        token = _token(text, at, end, begins)
        yield token
        at = max(token.end, at + 1)
        begins = bool(token.mark)


def _passed(text: str, at: int, end: int) -> int:
    """The offset behind blanks, a comment, a line that goes on, a redirection, or what an array begins with."""
    char = text[at]
    if char in " \t\r" or (char == "@" and text[at + 1 : at + 2] in ("(", "{")):
        return at + 1
    if char == "`" and text[at + 1 : at + 2] in ("\n", "\r"):
        return text.find("\n", at) + 1 or end
    if char == "#":
        return min(text.find("\n", at) % (end + 1), end)
    if text.startswith("<#", at):
        return (text.find("#>", at) + 2) if text.find("#>", at) >= 0 else end
    redirected = _REDIRECTION.match(text, at, end)
    if redirected is None:
        return at
    into = redirected.end()
    return into if redirected[1] or into >= end or text[into] in _ENDS else _word(text, into, end).end


def _token(text: str, at: int, end: int, begins: bool) -> PowershellToken:
    """The mark or the word at an offset. begins: a command does there."""
    char = text[at]
    if text.startswith(("&&", "||"), at):
        return PowershellToken(text[at : at + 2], (), at, at + 2, False)
    if char == "&" and begins:
        return PowershellToken("", (("", "&"),), at, at + 1, False)
    if char in "\n;|&{}()":
        return PowershellToken(char, (), at, at + 1, False)
    if begins and char in "[$" and (given := ASSIGNMENT.match(text, at, end)) is not None:
        return PowershellToken("=", (), at, given.end(), False)
    if char == "@" and (here := HERE.match(text, at, end)) is not None:
        stop = text.find(f"\n{here[1]}@", here.end() - 1)
        return PowershellToken("", (("here-string", ""),), at, stop + 3 if stop >= 0 else end, True)
    if (verbatim := _VERBATIM.match(text, at, end)) is not None:
        return PowershellToken("", ((verbatim[0], ""),), at, verbatim.end(), False)
    return _word(text, at, end)


def _word(text: str, start: int, end: int) -> PowershellToken:
    if text[start] in SINGLE or text[start] in DOUBLE:
        return _beginning_with_a_string(text, start, end)
    parts: list[tuple[str, str]] = []
    at = start
    quoted = False
    several = False  # an array, or a variable with a string behind it
    while at < end and text[at] not in _ENDS:
        char = text[at]
        if char in SINGLE or char in DOUBLE:
            several |= text[start] == "$"
            at = _string(text, at, end, parts)
            quoted = True
        elif char == "$":
            at = _reference(text, at, end, parts, leads=at == start)
        elif char == "@" and at == start and text[at + 1 : at + 2].isidentifier():
            parts.append(("splatted", ""))
            at += 1
            while at < end and (text[at].isalnum() or text[at] == "_"):
                at += 1
        elif char == "`" and at + 1 < end:
            parts.append(_escaped(text[at + 1]))
            at += 2
        else:
            several |= char == ","
            parts.append(("", char))
            at += 1
    at = min(at, end)
    return PowershellToken("", ((text[start:at], ""),) if several else tuple(parts), start, at, quoted and not several)


def _beginning_with_a_string(text: str, start: int, end: int) -> PowershellToken:
    """A string as a word; with anything behind it that is no blank, it is an expression, or several words."""
    parts: list[tuple[str, str]] = []
    at = min(_string(text, start, end, parts), end)
    if at >= end or text[at] in _ENDS:
        return PowershellToken("", tuple(parts), start, at, True, True)
    while at < end and text[at] not in _ENDS:
        at = _string(text, at, end, []) if text[at] in SINGLE or text[at] in DOUBLE else at + 1
    return PowershellToken("", ((text[start : min(at, end)], ""),), start, min(at, end), False)


def _escaped(char: str) -> tuple[str, str]:
    """What a backtick makes of a character."""
    return (f"`{char}", "") if char in _CONTROLS or char in "\r\n" else ("", char)


def _string(text: str, at: int, end: int, parts: list[tuple[str, str]]) -> int:
    """A string; the offset behind it. Two quotes in it are one."""
    quotes = SINGLE if text[at] in SINGLE else DOUBLE
    at += 1
    while at < end:
        char = text[at]
        if char in quotes:
            if text[at + 1 : at + 2] not in tuple(quotes):
                return at + 1
            parts.append(("", char))
            at += 2
        elif char == "`" and quotes == DOUBLE and at + 1 < end:
            parts.append(_escaped(text[at + 1]))
            at += 2
        elif char == "$" and quotes == DOUBLE:
            at = _reference(text, at, end, parts, leads=False)
        else:
            parts.append(("", char))
            at += 1
    return at + 1


def _reference(text: str, at: int, end: int, parts: list[tuple[str, str]], *, leads: bool) -> int:
    """A variable, or an expression in brackets; the offset behind it. leads: a word begins with it, so that a property
    or an index of it counts."""
    if text.startswith("$(", at):
        stop = min(end_of_bracket(text, at + 1) + 1, end)
        parts.append((text[at + 1 : stop], ""))
        return stop
    found = _BRACED.match(text, at + 1, end) or _VARIABLE.match(text, at + 1, end)
    if found is None:
        if text[at + 1 : at + 2] not in tuple("$?^") and not text[at + 1 : at + 2].isalnum():
            parts.append(("", "$"))
            return at + 1
        stop = _behind_name(text, at + 1, end)
        parts.append((text[at:stop], ""))
        return stop
    scope, name = found[1], found[2]
    lost = text[found.end() : found.end() + 1] == ":" and not leads and found[0][0] != "{"
    local = (scope is None or scope.lower() in _SCOPES) and not lost
    parts.append((name if local else f"{scope or name}:{name}", ""))
    stop = found.end()
    if leads and text[stop : stop + 1] in (".", "[", ":"):
        while stop < end and (text[stop].isalnum() or text[stop] in "._:[]"):
            stop += 1
        parts[-1] = (text[at + 1 : stop], "")
    return stop


def _behind_name(text: str, at: int, end: int) -> int:
    """The offset behind a special variable, or a name that is not read."""
    at += 1
    while at < end and (text[at].isalnum() or text[at] in "_?"):
        at += 1
    return at
