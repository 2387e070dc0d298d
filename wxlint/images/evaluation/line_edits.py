"""What grep and sed leave of the lines of a list, as far as their patterns mean the same to Python."""

from __future__ import annotations

import re
from collections.abc import Callable

from wxlint.core.patterns import late
from wxlint.core.values import HOLE

Edit = Callable[[str], "str | None"]
"""A line as it is left; None where it is taken out."""

_PLAIN_PATTERN = late(r"(?:[\w\s\-=<>~@:;,'\"/!#%&.^$]|\[[\w\-^]+\]|\\[.|/\-b\[\]*]|\.\*|\*){1,200}")
"""Patterns of grep and sed that mean the same to Python: no groups, no repetition of more than a character."""
_PLAIN_TEXT = late(r"(?:[^\\&\n]|\\[/.&\-#|,@:+\[\]*])*")
"""What stands in the place of a match, without parts of it."""
_ADDRESS = late(r"\s*/((?:[^/\\]|\\.)+)/\s*")
_SUBSTITUTE = late(r"s([/|#,@:])((?:(?!\1)[^\\]|\\.)+)\1((?:(?!\1)[^\\]|\\.)*)\1([gIi]{0,2})\s*")
_BETWEEN = late(r";(?=\s*(?:s[/|#,@:]|/|$))")


def python_pattern(text: str, *, extended: bool) -> str | None:
    """A pattern of grep or sed as Python writes it; None where that takes more than plain characters."""
    if extended:
        text = text.replace("|", "\\|")
    if HOLE in text or not _PLAIN_PATTERN.fullmatch(text) or text.count("*") > 3:
        return None
    return text.replace("\\|", "|")


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
    if not known or len(known) < len(edits):
        return None

    def edited(line: str) -> str | None:
        left: str | None = line
        for edit in known:
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
    if change is None or HOLE in text or not _PLAIN_TEXT.fullmatch(change[3]):
        return None
    pattern = python_pattern(change[2].replace(f"\\{change[1]}", change[1]), extended=extended)
    if pattern is None:
        return None
    wanted = re.compile(pattern, re.I if "i" in change[4].lower() else 0)
    new = re.sub(r"\\(.)", r"\1", change[3])
    count = 0 if "g" in change[4] else 1
    return lambda line: wanted.sub(lambda _: new, line, count=count) if where.search(line) else line
