"""pip requirements and constraints files, as lines with positions. Nothing is followed here: see images/files.py.

Format: pip's documentation, "Requirements File Format".
"""

from __future__ import annotations

import re

from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source

_OPTION = re.compile(r"(--?[a-zA-Z][\w-]*)(?:\s*=\s*|\s+|(?<=^-[a-zA-Z]))?(.*)", re.S)
_COMMENT = re.compile(r"(^|\s)#[^\n]*")
_PER_REQUIREMENT = re.compile(r"\s--(?:hash|global-option|config-settings?|install-option)\b")


class Line(NamedTuple):
    """One logical line: an option with its value, or (option "") a requirement. start, end: source offsets of the value."""

    option: str
    value: str
    start: int
    end: int


def read_requirements(source: Source) -> tuple[Line, ...]:
    """The lines of a requirements file; comments and blank lines left out. Never raises."""
    found: list[Line] = []
    text = source.text
    at = 0
    while at < len(text):
        start = at
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        comment_only = text[start:end].lstrip().startswith("#")
        while not comment_only and end < len(text) and text[start:end].endswith("\\"):
            end = text.find("\n", end + 1)
            end = len(text) if end < 0 else end
        at = end + 1
        raw = text[start:end]
        comment = _COMMENT.search(raw)
        kept = (raw[: comment.start()] if comment else raw).rstrip()
        body = kept.lstrip()
        if not body:
            continue
        offset = start + len(kept) - len(body)
        if body.startswith("-"):
            match = _OPTION.match(body)
            if match:
                value = match[2].replace("\\\n", " ").strip()
                found.append(
                    Line(match[1], value.strip("\"'"), offset + (match.start(2) if match[2] else 0), offset + len(body))
                )
            continue
        per = _PER_REQUIREMENT.search(body)
        body = body[: per.start()] if per else body
        body = body.rstrip(" \\\n\t")
        found.append(Line("", re.sub(r"\s*\\\n\s*", " ", body), offset, offset + len(body)))
    return tuple(found)
