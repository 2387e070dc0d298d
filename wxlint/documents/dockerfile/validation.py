"""What BuildKit refuses in a Dockerfile that splits: unknown instructions, missing arguments, no FROM.

Messages follow those of BuildKit's `parser` and `instructions` packages. A template that other tools fill in
(`{{ ... }}`, `{% ... %}`, `<% ... %>`) is not held to this, nor is a fragment: a file such as `Dockerfile.tools` without any
FROM, which others put together.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.suggest import did_you_mean
from wxlint.documents.dockerfile.reader import KEYWORDS, Dockerfile, Instruction
from wxlint.documents.dockerfile.words import SPACE, json_words, words
from wxlint.documents.source import Problem

_LISTS = frozenset(("ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"))
_TWO = frozenset(("ENV", "LABEL"))
_FREE = KEYWORDS - _TWO - {"FROM", "COPY", "ADD"}
_SOME = frozenset(("RUN", "ENV", "ARG", "LABEL", "WORKDIR", "USER", "ONBUILD", "EXPOSE", "VOLUME"))


def syntax_problems(dockerfile: Dockerfile) -> Iterator[Problem]:
    """The problems of splitting, then of each instruction, in order."""
    yield from dockerfile.problems
    if not dockerfile.instructions:
        yield Problem(0, 0, "the file has no instructions")
        return
    template = is_template(dockerfile) or is_fragment(dockerfile)
    begun = False
    for instruction in dockerfile.instructions:
        problem = _problem(instruction, begun, template)
        if problem:
            start = instruction.at(0)
            yield Problem(start, start + len(instruction.keyword), problem)
            if not template and (instruction.keyword not in KEYWORDS or not begun):
                return  # what follows is most often the consequence
        begun = begun or instruction.keyword == "FROM"


def is_template(dockerfile: Dockerfile) -> bool:
    """Whether another tool fills the file in before it is built."""
    text = dockerfile.source.text
    if "%" in text and ("{%" in text or "<%" in text or "\n%%" in text or text.startswith("%%")):
        return True
    return "{{" in text or ("@" in text and "@@" in text)


def is_fragment(dockerfile: Dockerfile) -> bool:
    """Whether the file is a part of others: it has no FROM, and a name that no tool builds by itself."""
    name = dockerfile.source.path.rpartition("/")[2].lower()
    return name not in ("dockerfile", "containerfile", "-") and all(
        i.keyword != "FROM" for i in dockerfile.instructions
    )


def _not_strings(args: str) -> bool:
    """Whether the arguments are a JSON array that BuildKit refuses; what is no JSON it reads as a shell's words."""
    import json

    try:
        found = json.loads(args)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and not all(isinstance(item, str) for item in found)


def _problem(instruction: Instruction, begun: bool, template: bool) -> str:
    keyword, text, at = instruction.keyword, instruction.text, instruction.args_at
    if begun and keyword in _FREE and at < len(text) and text[at] != "[":
        return ""  # most instructions: nothing about them can be wrong
    args = text[at:].strip(SPACE)
    if keyword in _TWO and args:
        listed = [instruction.text[start:end] for start, end in words(instruction.text, instruction.args_at)]
        if "=" not in listed[0]:
            return f"{keyword} must have two arguments" if len(listed) == 1 else ""
        odd = next((word for word in listed if "=" not in word), None)
        if odd is not None:
            return f"{keyword}: there is no = in {odd}; it takes name=value pairs"
    if keyword in _LISTS and args.startswith("[") and _not_strings(args):
        return f"{keyword}: a JSON array holds something else than strings"
    if template:
        return ""
    if keyword not in KEYWORDS:
        return f"unknown instruction {keyword}{did_you_mean(keyword, KEYWORDS, str)}"
    if not begun and keyword not in ("FROM", "ARG"):
        return f"{keyword} stands before the first FROM; only ARG can"
    if keyword == "FROM":
        listed = args.split()
        if len(listed) not in (1, 3) or (len(listed) == 3 and listed[1].lower() != "as"):
            return "FROM takes an image, or an image AS a name"
    elif keyword in ("COPY", "ADD"):
        listed = (json_words(args) if args.startswith("[") else None) or args.split()
        if len(listed) < 2:
            return f"{keyword} takes at least a source and a destination"
    elif keyword in _SOME and not args:
        return f"{keyword} has no argument"
    return ""
