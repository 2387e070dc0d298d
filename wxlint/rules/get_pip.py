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

import posixpath
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
_BETWEEN = late(r"&&|[;|]")
_SAVED = late(r"(?:\s-\w*[oO]|\s--output(?:-document)?|>)[ =]?[\"']?([\w./-]+\.py)\b")
"""The file that a download is written to."""


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        source = image.evaluated.dockerfile.source
        if _SCRIPT in source.text:
            yield from _image(source, image, "" if _CHOSEN.search(source.text) else stack.python)


def _image(source: Source, image: Image, python: str) -> Iterator[Problem]:
    """Yield the Pythons of an image that get the newest script. python: the image's, "" where it is not known."""
    saved: set[str] = set()
    for stage in contributing(image.evaluated, image.stage):
        for instruction in image.evaluated.instructions_of(stage):
            if instruction.keyword not in ("RUN", "ADD") or _OLDER in instruction.text:
                continue
            for command in _BETWEEN.split(instruction.text):
                if _SCRIPT in command:
                    saved |= {"get-pip.py", *map(posixpath.basename, _SAVED.findall(command))}
            if instruction.keyword == "RUN" and any(name in instruction.text for name in saved):
                yield from _run(source, instruction, python, image, saved)


def _run(source: Source, instruction: Instruction, python: str, image: Image, saved: set[str]) -> Iterator[Problem]:
    """Yield the Pythons of a RUN that get the script, from its input or as one of the files that it was saved as."""
    from wxlint import facts
    from wxlint.images.evaluation.commands import commands_of

    row = facts.bootstrap("get-pip.py")
    for ran in commands_of(source, instruction):
        named = _PYTHON.fullmatch(ran.name)
        if named is None or ran.command.conditional or not _gets_script(ran, saved, _SCRIPT in instruction.text):
            continue
        version = named[1] if named[1] and "." in named[1] else python
        if version and facts.release_key(version) < facts.release_key(row["python_min"]):
            text = (
                f"get-pip.py brings pip {row['release']} (as of {row['verified_on']}), which needs Python "
                f"{row['python_min']}, and this is {version}"
            )
            hint = f"take https://bootstrap.pypa.io/pip/{version}/get-pip.py"
            yield Problem(ran.span(), text, (), hint, image=image.label)


def _gets_script(ran: RunCommand, saved: set[str], downloads: bool) -> bool:
    """Whether a Python runs the script: as a file, or from its input. downloads: its own RUN takes the script."""
    given = [word.value.text for word in ran.command.words[1:]]
    by_name = any(posixpath.basename(text) in saved for text in given)
    return by_name or downloads and not [text for text in given if text != "-"]
