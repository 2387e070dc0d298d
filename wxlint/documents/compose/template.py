"""Compose files that another tool fills in before compose reads them.

marks = marked(path, text)        -> Marks: is it a template, and is anything of it still to be filled in
masked(text)                      the same text as YAML, every offset kept: marks are blank, or a run of MASK
unmasked(value, written)          MASK runs of a scalar as holes
"""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value

MASK = "\ue000"
"""Of the private use area: YAML takes it anywhere in a word, and no compose file needs it."""

_NAME = late(r"(?:.*[._-])?(?:template|tmpl|tpl)s?(?:[._-].*)?", re.IGNORECASE)
_FIELD = (
    r"^[ \t]*(?:-[ \t]+)*(?:[\w.-]+[ \t]*:[ \t]+)?\{\{|^[ \t]*(?:-[ \t]+)?(?:image|context|dockerfile)[ \t]*:.*\{\{"
)
_FILLED = late(rf"\{{%|^[ \t]*\#![A-Za-z]|{_FIELD}", re.MULTILINE)
"""Not `{{` within a word or quotes: docker's own formats and swarm's placeholders look so too."""
_ONE = r"(?:\{\{(?:[^}]|\}(?!\})){0,500}\}\}|\{%(?:[^%]|%(?!\})){0,500}%\})"
_MARK = late(rf"(?P<own>^[ \t]*{_ONE}[ \t]*$)|{_ONE}", re.MULTILINE)
_RUN = late(f"{HOLE}|{MASK}+")


class Marks(NamedTuple):
    """template: not held to syntax. filled: it has marks, so that what stands there may not be what is used."""

    template: bool
    filled: bool


def marked(path: str, text: str) -> Marks:
    """What the name and the text of a file say."""
    filled = ("{{" in text or "{%" in text or "#!" in text) and _FILLED.search(text) is not None
    return Marks(filled or _NAME.fullmatch(path.rpartition("/")[2]) is not None, filled)


def masked(text: str) -> str:
    """A mark alone on its line is nothing in YAML, one within a line stands for some text."""

    def blank(match: re.Match[str]) -> str:
        return "".join("\n" if c == "\n" else " " if match["own"] is not None else MASK for c in match[0])

    return _MARK.sub(blank, text)


def unmasked(value: Value, written: str) -> Value:
    """A scalar with a hole for every mark. written: the scalar as it stands in the file."""
    holes, marks = iter(value.holes), (match[0] for match in _MARK.finditer(written))
    names = tuple(next(holes, "") if run == HOLE else next(marks, "{{…}}") for run in _RUN.findall(value.text))
    return Value(_RUN.sub(HOLE, value.text), names, value.because)
