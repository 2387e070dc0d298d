"""A build or a container starts pip or python, and nothing has brought it into the image.

## Why

`ubuntu`, `debian` and `nvidia/cuda` come without Python. `apt-get install python3` brings `python3`, no `python` and no
`pip`: these come with `python-is-python3` and `python3-pip`. `RUN pip install torch` then ends with `pip: not found`,
`python3 -m pip` with `No module named pip`, and a container whose `CMD` is `python app.py` does not start.

Nothing is said where a script, another image, a venv, conda, uv or a package that is named by a variable may have
brought it, and where a stage installs no package of the distribution at all: its Dockerfile is a part of another, or a
sketch.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 git
RUN pip install torch==2.4.0 --index-url https://download.pytorch.org/whl/cu124
```

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN pip install flask
CMD ["python", "app.py"]
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN pip install torch==2.4.0 --index-url https://download.pytorch.org/whl/cu124
CMD ["python3", "app.py"]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.words import json_words
from wxlint.facts.distributions import PLAIN_SYSTEMS
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.rules._system_packages import reason_of_base

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source
    from wxlint.images.model.records import Evaluated, Stage

SEVERITY = Severity.WARNING
SUMMARY = "pip or python is started in an image that has none"
HINT = "install it, or start what is there"
WEIGHT = 1

_ENVIRONMENT = late(r"(?<![\w.-])venv|virtualenv|pipx|\bpoetry\b|\buvx?\b|\bros-|jupyter|\balias\b")
"""What may bring a python or a pip under its own name, as far as texts say."""
_PIP = late(r"\bpython3?-pip\b|\bpip3?[=\\/]|bin/pip3?(?![\w.])|\bthonny\b|\bpython3-(?:all|virtualenv|poetry)\b")
_PYTHON = late(
    r"python-is-python|bin/python(?![\w.])|\bpython2|python-minimal|python-dev|alternatives"
    r"|\bapt(?:-get)?\b[^;&|]{0,2000}\binstall\b[^;&|]{0,2000}\spython(?=[\s=]|$)"
)
"""A link, or a package `python`, which old releases have."""
_INSTALLS = late(r"\bapt(?:-get)?\b[^;&|]{0,300}\binstall\b")
_PROGRAM = late(r"pip3?|python(?:3(?:\.\d+)?)?")


class Started(NamedTuple):
    """A program of Python's that is started. name: "pip", "pip3", "python", "python3.10". module: pip, by `-m pip`."""

    name: str
    module: bool
    span: Span


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        for stage in evaluated.stages:
            reference = evaluated.base_of(stage)
            if reference is not None and PLAIN_SYSTEMS.fullmatch(reference.path):
                yield from _stage(repository, evaluated, stage)


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    started = list(_started(evaluated, stage))
    if not started:
        return
    from wxlint.rules._system_python import system_python, texts_of  # where there is something to look for

    python = system_python(repository, evaluated, stage)
    texts = list(texts_of(evaluated, stage))
    if python is None or any(map(_ENVIRONMENT.search, texts)) or not any(map(_INSTALLS.search, texts)):
        return
    has_pip, has_python = any(map(_PIP.search, texts)), any(map(_PYTHON.search, texts))
    because = (reason_of_base(evaluated, stage),)
    for one in started:
        if one.name == "python" and not has_python:
            hint = "write python3, or install python-is-python3"
            text = "nothing brings python into this image: python3 is no python"
            yield Problem(one.span, text, because, hint)
            return
        if (one.module or one.name.startswith("pip")) and not has_pip:
            needs = f", and {one.name} -m pip needs it" if one.module else ""
            text = f"nothing brings pip into this image{needs}"
            yield Problem(one.span, text, because, "install python3-pip")
            return


def _started(evaluated: Evaluated, stage: Stage) -> Iterator[Started]:
    """Yield what a stage's RUNs start for certain, and what its container starts."""
    source = evaluated.dockerfile.source
    start: dict[str, Instruction] = {}
    for instruction in evaluated.instructions_of(stage):
        if instruction.keyword == "RUN":
            yield from _of_run(source, instruction)
        elif instruction.keyword in ("ENTRYPOINT", "CMD"):
            start[instruction.keyword] = instruction
    last = start.get("ENTRYPOINT") or start.get("CMD")
    words = json_words(last.args) or last.args.split() if last is not None else []
    if last is not None and words and words[0] == "python":
        yield Started("python", False, last.span(source, 0, len(last.text)))


def _of_run(source: Source, instruction: Instruction) -> Iterator[Started]:
    if "pip" not in instruction.text and "python" not in instruction.text:
        return
    from wxlint.images.evaluation.commands import commands_of
    from wxlint.shell.python_modules import module_run
    from wxlint.shell.wrappers import unwrap

    for ran in commands_of(source, instruction):
        words = unwrap(ran.command).words
        name = words[0].value.text
        if _PROGRAM.fullmatch(name) and ran.must_succeed:
            run = module_run(words[1:])
            yield Started(name, run is not None and run.name.value.text == "pip", ran.span())
