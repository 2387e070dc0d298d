"""The heredocs that a line of a Dockerfile opens: their names, split and unquoted as BuildKit does it."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.documents.dockerfile.words import SPACE

_HEREDOC = late(r"(\d*)<<(-?)([^<]*)")


def heredoc_names(args: str) -> list[tuple[str, bool, bool]]:
    """(name, expand, chomp) of each heredoc that a line opens, in order."""
    found = []
    for word in _raw_words(args):
        match = _HEREDOC.fullmatch(word)
        if not match or not match[3]:
            continue
        raw = match[3]
        name = _unquote(raw)
        if name is None or not name:
            continue
        found.append((name, name == raw, match[2] == "-"))
    return found


def _raw_words(text: str) -> list[str]:
    """Words split at unquoted space, quotes and escapes kept."""
    words: list[str] = []
    current: list[str] = []
    quote = ""
    at = 0
    while at < len(text):
        char = text[at]
        if quote:
            current.append(char)
            if char == "\\" and quote == '"' and at + 1 < len(text):
                at += 1
                current.append(text[at])
            elif char == quote:
                quote = ""
        elif char in SPACE:
            if current:
                words.append("".join(current))
                current = []
        else:
            current.append(char)
            if char in "\"'":
                quote = char
            elif char == "\\" and at + 1 < len(text):
                at += 1
                current.append(text[at])
        at += 1
    if current:
        words.append("".join(current))
    return words


def _unquote(raw: str) -> str | None:
    """A heredoc name without its quotes; None when it is more than one word."""
    if not any(c in raw for c in "\"'\\ \t"):
        return raw
    out: list[str] = []
    quote = ""
    at = 0
    while at < len(raw):
        char = raw[at]
        if quote:
            if char == quote:
                quote = ""
            else:
                out.append(char)
        elif char in "\"'":
            quote = char
        elif char == "\\" and at + 1 < len(raw):
            at += 1
            out.append(raw[at])
        else:
            out.append(char)
        at += 1
    return None if quote else "".join(out)
