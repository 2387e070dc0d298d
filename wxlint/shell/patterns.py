"""Shell patterns (`*`, `?`, `[...]`) as regular expressions, and what they cut off or replace."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MAX_REGEX = 2000
_MAX_WORK = 5_000_000
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "blank": r" \t",
    "space": r" \t\n\r\f\v", "xdigit": "0-9A-Fa-f", "word": "a-zA-Z0-9_", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip


def glob_regex(pieces: Iterable[tuple[str, bool]]) -> str | None:
    """A pattern as a regular expression; None for what is not read: `@(a|b)`, equivalence classes.

    pieces: (text, quoted) end to end; what is quoted stands for itself.
    """
    chars = [(char, quoted) for text, quoted in pieces for char in text]
    out: list[str] = []
    at, size = 0, len(chars)
    while at < size:
        char, quoted = chars[at]
        at += 1
        if quoted:
            out.append(re.escape(char))
        elif char in "*?+@!" and at < size and chars[at] == ("(", False):
            return None
        elif char == "*":
            if out[-1:] != [".*"]:
                out.append(".*")
        elif char == "?":
            out.append(".")
        elif char == "\\" and at < size:
            out.append(re.escape(chars[at][0]))
            at += 1
        elif char == "[":
            found = _bracket(chars, at)
            if found is None:
                return None
            text, at = found
            out.append(text)
        else:
            out.append(re.escape(char))
    return "".join(out)


def _bracket(chars: list[tuple[str, bool]], at: int) -> tuple[str, int] | None:
    """The set that starts behind a `[`, and the place behind it; a `[` that nothing closes stands for itself."""
    start = at
    negated = at < len(chars) and chars[at] in (("!", False), ("^", False))
    at += negated
    out: list[str] = []
    while at < len(chars):
        char, quoted = chars[at]
        if char == "]" and not quoted and out:
            return ("[^" if negated else "[") + "".join(out) + "]", at + 1
        if char == "/" and not quoted:
            break
        if char == "[" and not quoted and at + 1 < len(chars) and chars[at + 1][0] in ":.=":
            text = "".join(c for c, _ in chars[at : at + 12])
            match = re.match(r"\[:([a-z]+):\]", text)
            if match is None or match[1] not in _CLASSES:
                return None
            out.append(_CLASSES[match[1]])
            at += match.end()
            continue
        if char == "\\" and not quoted and at + 1 < len(chars):
            at += 1
            char, quoted = chars[at][0], True
        if char == "-" and not quoted and out and at + 1 < len(chars) and chars[at + 1] != ("]", False):
            low, high = out[-1].removeprefix("\\"), chars[at + 1][0]
            if len(low) != 1 or low > high:
                return None
            out.append("-")
        else:
            out.append("\\" + char if char in "\\[]^-&~|" else char)
        at += 1
    return r"\[", start


def work(regex: str, length: int) -> int:
    """How many characters may be looked at to find a pattern in a text of this length; 0 where it is too many to
    look."""
    found: int = (length + 1) ** (min(regex.count(".*"), 40) + 1)
    return found if found <= _MAX_WORK else 0


def compiled(regex: str, length: int) -> re.Pattern[str] | None:
    """None for a pattern that could take long on a text of this length, or that is none."""
    if len(regex) > _MAX_REGEX or not work(regex, length):
        return None
    try:
        return re.compile(regex, re.S)
    except (re.error, OverflowError, RecursionError):
        return None


def trimmed(text: str, op: str, regex: re.Pattern[str]) -> str:
    """`#`, `##`, `%` and `%%`: the shortest or longest beginning or end that matches is cut off."""
    if op[0] == "#":
        ends = range(len(text), -1, -1) if op == "##" else range(len(text) + 1)
        return next((text[end:] for end in ends if regex.fullmatch(text, 0, end)), text)
    starts = range(len(text) + 1) if op == "%%" else range(len(text), -1, -1)
    return next((text[:start] for start in starts if regex.fullmatch(text, start)), text)


def replaced(text: str, op: str, pattern: str, new: str) -> str | None:
    """`/`, `//`, `/#` and `/%`; None when the pattern could take long."""
    if op[-1] in "#%":
        anchored = compiled(f"(?:{pattern})" + (r"\Z" if op[-1] == "%" else ""), len(text))
        if anchored is None:
            return None
        match = anchored.match(text) if op[-1] == "#" else anchored.search(text)
        return text if match is None else text[: match.start()] + new + text[match.end() :]
    regex = compiled(pattern, len(text))
    if regex is None:
        return None
    if not pattern:
        return text
    return regex.sub(lambda m: new if m.group() or not text else "", text, count=0 if op == "//" else 1)
