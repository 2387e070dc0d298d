"""What the docs say to type, with what they say it answers."""

from __future__ import annotations

import re
from typing import NamedTuple

CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


class Step(NamedTuple):
    """One command, and the lines that it answers with; "..." stands for any number of lines."""

    command: str
    answer: tuple[str, ...]


def steps(text: str) -> list[Step]:
    """The commands of the console blocks of a page."""
    found: list[Step] = []
    for block in CONSOLE.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:], ()))
            else:
                found[-1] = found[-1]._replace(answer=(*found[-1].answer, line))
    return found


def fits(wanted: tuple[str, ...], said: str) -> bool:
    """Whether what a command said is what was wanted."""
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in wanted)
    return re.fullmatch(pattern, said) is not None
