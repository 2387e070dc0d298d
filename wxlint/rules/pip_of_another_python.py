"""pip installs for the distribution's Python, and another one runs.

## Why

Debian's and Ubuntu's `python3-pip` installs for the distribution's own Python: 3.10 on Ubuntu 22.04. Beside it
`apt-get install python3.11` and a link from `/usr/bin/python` change what `python` starts, and not where `pip` puts
packages. The build goes well, and the container ends with `ModuleNotFoundError`: torch and all else lie beside the
other Python. `python3.11 -m pip`, a venv of that Python, or the Python of the distribution alone are of one piece.

Nothing is said where pip is started by the Python that runs, where another pip, a venv, uv or conda is there, where
`/usr/bin/python3` leads to the other Python as well, and where the container starts a program of another name.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3.11 python3-pip
RUN ln -s /usr/bin/python3.11 /usr/bin/python
RUN pip install flask
CMD ["python", "app.py"]
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN ln -s /usr/bin/python3 /usr/bin/python
RUN pip install flask
CMD ["python", "app.py"]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.documents.dockerfile.words import json_words
from wxlint.facts.distributions import python_of_system
from wxlint.images.graph.image import contributing
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.graph.image import Image

SEVERITY = Severity.WARNING
SUMMARY = "pip of the distribution's Python beside another Python that runs"
HINT = "install with the Python that runs: python3.X -m pip install, or a venv of it"

_LINK = late(
    r"(?:\bln[ \t]+-(?=\w*s)\w+[ \t]+\S*python(?P<linked>3\.\d+)[ \t]+\S*bin/python"
    r"|update-alternatives[ \t]+--install[ \t]+\S*bin/python[ \t]+python[ \t]+\S*python(?P<chosen>3\.\d+))(?![\w.])"
)
_OTHER_WAYS = late(
    r"get-pip|ensurepip|\bvenv\b|virtualenv|\buvx?\b|conda|mamba|pyenv|poetry|pipx|dist-packages|-m[ \t]+pip"
    r"|(?:\bln\b|update-alternatives)[^\n;&|]{0,300}bin/python3(?![\w.])"
)
"""Other ways to install, and links that lead `python3` elsewhere."""
_PIP = late(r"(?:^|[\s;&|])pip3?[ \t]+install\b")


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        instructions = [
            instruction
            for stage in contributing(image.evaluated, image.stage)
            for instruction in image.evaluated.instructions_of(stage)
        ]
        if any("python3-pip" in one.text for one in instructions):
            yield from _image(image, instructions)


def _image(image: Image, instructions: list[Instruction]) -> Iterator[Problem]:
    runs = [one for one in instructions if one.keyword == "RUN"]
    found = next(((one, link) for one in runs if (link := _LINK.search(one.text))), None)
    if found is None or any(_OTHER_WAYS.search(one.text) for one in instructions):
        return
    instruction, link = found
    running, own = link["linked"] or link["chosen"], _own_python(image)
    started = _started(instructions)
    pip = next((one for one in runs if _PIP.search(one.args)), None)
    if not own or own == running or pip is None or started not in ("python", f"python{running}"):
        return
    source = image.evaluated.dockerfile.source
    text = f"pip installs for the distribution's Python {own}, and {started}, which is {running}, finds none of it"
    because = (reason_at("install", "python3-pip installs", pip.span(source, 0, len(pip.text))),)
    yield Problem(instruction.span(source, link.start(), link.end()), text, because, _hint(running), image=image.label)


def _hint(running: str) -> str:
    return f"write python{running} -m pip install, or make a venv of python{running}"


def _own_python(image: Image) -> str:
    """The Python of the distribution, "" where that is not known."""
    reference = image.base.root.reference if image.base.root is not None else None
    return python_of_system(reference.path, reference.tag or "") if reference is not None else ""


def _started(instructions: list[Instruction]) -> str:
    """The program that a container starts."""
    last = {one.keyword: one for one in instructions if one.keyword in ("ENTRYPOINT", "CMD")}
    start = last.get("ENTRYPOINT") or last.get("CMD")
    words = (json_words(start.args) or start.args.split()) if start is not None else []
    return words[0].rpartition("/")[2] if words else ""
