"""Substitutions that a script makes in a text on its way: sed's `s/old/new/`, PowerShell's `-replace 'old', 'new'`.

Only patterns that mean the same in sed, in .NET and in Python are read, and only replacements that are plain text.
"""

from __future__ import annotations

import re

from wxlint.core.tuples import NamedTuple

_SED = re.compile(
    r"s(?P<mark>[^\\\w\s])(?P<old>(?:\\.|(?!(?P=mark)).)*)(?P=mark)(?P<new>(?:\\.|(?!(?P=mark)).)*)(?P=mark)(?P<flags>\w*)",
    re.DOTALL,
)
_PLAIN = re.compile(r"[\w\s/:.=@$^{}\"'*,<>-]*")
"""Characters that mean the same in sed's patterns and in ours, once braces are quoted."""
_EXTENDED = re.compile(r"[{}]")
"""Those of them that mean something else with `sed -E` and in .NET."""


class Substitution(NamedTuple):
    """old: a pattern, for one line. new: None where it is more than plain text. every: all places of a line, not the
    first alone."""

    written: str
    old: str
    new: str | None
    every: bool
    ignore_case: bool = False

    def matches(self, line: str) -> bool:
        """Whether it changes a line."""
        return self._compiled().search(line) is not None

    def line(self, line: str) -> str | None:
        """What a line becomes; None where that is not known."""
        if not self.matches(line):
            return line
        new = self.new
        return None if new is None else self._compiled().sub(lambda _: new, line, count=0 if self.every else 1)

    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.old, re.IGNORECASE if self.ignore_case else 0)


def sed_substitution(expression: str, *, extended: bool = False) -> Substitution | None:
    """An expression of sed; None for another command, and for what patterns of sed and ours do not share."""
    found = _SED.fullmatch(expression.strip())
    if found is None or set(found["flags"]) - set("gI"):
        return None
    mark = found["mark"]
    old = _pattern(found["old"].replace("\\" + mark, mark), extended=extended)
    if old is None:
        return None
    new = found["new"].replace("\\" + mark, mark).replace("\\.", ".").replace("\\-", "-")
    plain = new if "&" not in new and "\\" not in new else None
    return Substitution(expression, old, plain, "g" in found["flags"], "I" in found["flags"])


def net_substitution(written: str, old: str, new: str, *, ignore_case: bool) -> Substitution | None:
    """A `-replace` of PowerShell; None for a pattern that Python may read otherwise."""
    pattern = _pattern(old, extended=True)
    plain = new.replace("$$", "$") if "$" not in new.replace("$$", "") else None
    return Substitution(written, pattern, plain, True, ignore_case) if pattern is not None else None


def edited(text: str, substitutions: tuple[Substitution, ...]) -> str | None:
    """A text after all of them, each line by itself, as sed works; None where that is not known."""
    lines: list[str] = []
    written = text.split("\n")
    for number, line in enumerate(written):
        if not line and number == len(written) - 1:
            lines.append(line)  # behind the last line end, which starts no line
            continue
        for each in substitutions:
            changed = each.line(line)
            if changed is None:
                return None
            line = changed
        lines.append(line)
    return "\n".join(lines)


def _pattern(old: str, *, extended: bool) -> str | None:
    old = old.replace("\\.", "[.]").replace("\\-", "-").replace("\\/", "/")
    if not _PLAIN.fullmatch(old.replace("[.]", "")) or extended and _EXTENDED.search(old):
        return None
    if not old or old.lstrip("^").startswith("*"):
        return None  # the pattern before it; a star for itself
    start, end = "^" if old.startswith("^") else "", "$" if old.endswith("$") else ""
    body = old[len(start) : len(old) - len(end)]
    for char in "${}^":
        body = body.replace(char, "\\" + char)
    try:
        compiled = re.compile(f"{start}{body}{end}")
    except re.error:
        return None
    if "*" in body and compiled.search("") is not None:
        return None  # where nothing matches between two characters, sed and Python count differently
    return f"{start}{body}{end}"
