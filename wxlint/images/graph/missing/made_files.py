"""Whether a text, a README say, tells how to make a file that is not there."""

import re

from wxlint.core.patterns import found_behind, late, lines_with

_MAKES = late(r"(?i)\b(?:cp|mv|copy|rename|move|create|generate|write|save|touch|download|curl|wget)\b")


def says_how_to_make(text: str, name: str) -> bool:
    """Whether a command or a sentence of a text makes a file of this name."""
    if name not in text:
        return False
    named = rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)"
    if re.search(f"(?i)>[ \\t]*{named}", text) is not None:
        return True
    alone = re.compile(f"(?i){named}")
    return any(found_behind(line, _MAKES, alone) is not None for line in lines_with(text, alone))
