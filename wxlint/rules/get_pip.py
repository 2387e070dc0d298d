"""get-pip.py is run by a Python that it no longer works with.

## Why

`https://bootstrap.pypa.io/get-pip.py` always brings the newest pip, and ends with an error on a Python that this one
has left behind: a Dockerfile that was right for years fails at its next build. For each of these Pythons there is an
own script, whose address holds the version. Where the version is nowhere written, that of the base's distribution
counts.

## Bad

```dockerfile
FROM nvidia/cuda:11.3.1-runtime-ubuntu20.04
RUN apt-get update && apt-get install -y curl python3
RUN curl -sS https://bootstrap.pypa.io/get-pip.py | python3.8
```

## Good

```dockerfile
FROM nvidia/cuda:11.3.1-runtime-ubuntu20.04
RUN apt-get update && apt-get install -y curl python3
RUN curl -sS https://bootstrap.pypa.io/pip/3.8/get-pip.py | python3.8
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source
    from wxlint.images.evaluation.commands import RunCommand

SEVERITY = Severity.ERROR
SUMMARY = "get-pip.py on a Python that it no longer works with"
HINT = "take the script of this Python"
WEIGHT = 0

_SCRIPT = "bootstrap.pypa.io/get-pip.py"
_OLDER = "bootstrap.pypa.io/pip/"
"""Where the scripts for older Pythons lie: a RUN that takes one of these, too, chooses between them."""
_CHOSEN = late(r"\bpython-?\$")
"""A Python whose version a variable holds."""
_PYTHON = late(r"python(3(?:\.\d+)?)?")


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        source = image.evaluated.dockerfile.source
        if _SCRIPT in source.text:
            python = "" if _CHOSEN.search(source.text) else stack.python
            for instruction in _instructions(image):
                yield from _run(source, instruction, python, image)


def _instructions(image: Image) -> Iterator[Instruction]:
    """Yield the RUNs of the image whose script may be the newest one."""
    for stage in contributing(image.evaluated, image.stage):
        for instruction in image.evaluated.instructions_of(stage):
            if instruction.keyword == "RUN" and _SCRIPT in instruction.text and _OLDER not in instruction.text:
                yield instruction


def _run(source: Source, instruction: Instruction, python: str, image: Image) -> Iterator[Problem]:
    """Yield the Pythons of a RUN that get the script. python: the one of the image, "" where it is not known."""
    from wxlint import facts
    from wxlint.images.evaluation.commands import commands_of

    row = facts.bootstrap("get-pip.py")
    for ran in commands_of(source, instruction):
        named = _PYTHON.fullmatch(ran.name)
        if named is None or ran.command.conditional or not _gets_script(ran):
            continue
        version = named[1] if named[1] and "." in named[1] else python
        if version and facts.release_key(version) < facts.release_key(row["python_min"]):
            text = (
                f"get-pip.py brings pip {row['release']} (as of {row['verified_on']}), which needs Python "
                f"{row['python_min']}, and this is {version}"
            )
            hint = f"take https://bootstrap.pypa.io/pip/{version}/get-pip.py"
            yield Problem(ran.span(), text, (), hint, image=image.label)


def _gets_script(ran: RunCommand) -> bool:
    """Whether a Python runs the script: as a file, or from its input."""
    given = [word.value.text for word in ran.command.words[1:]]
    names = [text for text in given if text.endswith("get-pip.py")]
    return bool(names) or not [text for text in given if text != "-"]
