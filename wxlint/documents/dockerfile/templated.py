"""Which instructions and files another tool fills in before they are built, by the marks of its templates."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.documents.dockerfile.reader import Dockerfile, Instruction
from wxlint.documents.dockerfile.template_marks import MARK, may_hold_marks

_BLOCK = late(
    r"\{%[-+]?\s*(?:if|elif|else|endif|for|endfor|set|block|endblock|include|import|from|macro|endmacro|raw|extends|with|call)\b"
    r"|<%-?\s(?:(?!<%|%>).)*%>",
    re.S,
)
_OPENS = ("{{", "{%", "{#", "<%", "%%", "@@")


def is_marked(instruction: Instruction) -> bool:
    """Whether an instruction is not held to syntax, since another tool writes a part of it."""
    text = instruction.text
    if text.startswith(_OPENS):
        return True
    if not may_hold_marks(text):
        return False
    return _BLOCK.search(text) is not None if instruction.keyword in _SHELL else MARK.search(text) is not None


_SHELL = frozenset(("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD"))
"""Their text is a shell's, where `{{.Id}}` most often is a format of some program."""


def is_template(dockerfile: Dockerfile) -> bool:
    """Whether another tool decides which instructions and stages a file has."""
    if not may_hold_marks(dockerfile.source.text):
        return False
    return any(
        instruction.text.startswith(_OPENS) or (instruction.keyword in _STRUCTURE and is_marked(instruction))
        for instruction in dockerfile.instructions
    )


_STRUCTURE = _SHELL | {"FROM"}
"""A block inside of a RUN goes on over lines that look like instructions."""
