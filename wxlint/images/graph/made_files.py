"""Whether a text, a README say, tells how to make a file that is not there."""

import re

_MAKES = (
    r"(?i)(?:\b(?:cp|mv|copy|rename|move|create|generate|write|save|touch|download|curl|wget)\b[^\n]*|>[ \t]*)"
    r"(?<![\w.-])"
)
"""What stands in front of the file's name."""


def says_how_to_make(text: str, name: str) -> bool:
    """Whether a command or a sentence of a text makes a file of this name."""
    return name in text and re.search(f"{_MAKES}{re.escape(name)}(?![\\w-]|\\.\\w)", text) is not None
