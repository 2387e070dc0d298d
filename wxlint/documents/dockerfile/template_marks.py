"""Marks of templates that another tool fills in: `{{ … }}`, `{% … %}`, `<% … %>`, `@@NAME@@`, `%%NAME%%`.

A mark counts where it stands: the word that holds it is unknown, the rest of the file is not. Only a mark that takes
the place of an instruction, or of a stage's image or name, makes the order and number of the instructions unknown too.
"""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.values import HOLE

MARK = late(
    r"\{\{(?:(?!\{\{|\}\}).)*\}\}|\{%(?:(?!\{%|%\}).)*%\}|\{#(?:(?!\{#|#\}).)*#\}|<%(?:(?!<%|%>).)*%>"
    r"|@@[\w.-]+@@|%%[\w.-]+%%",
    re.S,
)
"""A mark holds no beginning of another: a text of beginnings alone takes no more than its length."""
_STATEMENT = late(r"\{[%#]|<%(?![=-])")


def may_hold_marks(text: str) -> bool:
    """Whether a text may hold a mark: quick, and true for some that hold none."""
    return (
        ("{" in text and ("{{" in text or "{%" in text or "{#" in text)) or "<%" in text or "@@" in text or "%%" in text
    )


def masked(text: str) -> str:
    """A text of the same length in which no mark has a space or a quote."""
    return MARK.sub(lambda mark: "x" * len(mark[0]), text) if may_hold_marks(text) else text


def cut_marks(text: str) -> tuple[str, str]:
    """A word with each mark as one HOLE, and a name for them; the name is empty where there is no mark.

    Where a statement of the template stands in the word, what is between two of them may be left out: it is one HOLE.
    """
    marks = MARK.findall(text) if may_hold_marks(text) else ()
    if not marks:
        return text, ""
    if any(map(_STATEMENT.match, marks)):
        return HOLE, text
    return MARK.sub(HOLE, text), marks[0] if len(marks) == 1 else "{{…}}"
