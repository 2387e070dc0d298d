"""A build takes what is no longer there: an address, an option of a tool whose release it leaves open, or a key.

## Why

A Dockerfile that was right for years fails at its next build where it takes the newest of something. The latest release
of Miniforge has no Mambaforge any more; an unpinned Poetry is Poetry 2, which refuses `poetry install --no-dev` and
has no `poetry export` without a plugin. GitHub answers no `git://` address any more, in a list of requirements either.
A pinned tool keeps what it had, and so does one on a Python that the newest release does not support: nothing is said
of these.

In April 2022 NVIDIA changed the key of its CUDA repositories, and images that were built before
(`pytorch/pytorch:1.9.0-…-devel`, `tensorflow/tensorflow:2.4.1-gpu`) know the old one: the first `apt-get update` in
them ends with `NO_PUBKEY A4B469963BF863CC`, unless their list or the key is replaced. Distributions whose packages have
moved are the matter of [gone-repositories](gone-repositories.md).

## Bad

```dockerfile
FROM python:3.12-slim
RUN pip install poetry
COPY pyproject.toml poetry.lock ./
RUN poetry install --no-dev
```

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN wget https://github.com/conda-forge/miniforge/releases/latest/download/Mambaforge-Linux-x86_64.sh
```

```dockerfile
FROM pytorch/pytorch:1.9.0-cuda11.1-cudnn8-devel
RUN apt-get update && apt-get install -y git
```

## Good

```dockerfile
FROM python:3.12-slim
RUN pip install poetry==2.1.3
COPY pyproject.toml poetry.lock ./
RUN poetry install --only main
```

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN wget https://github.com/conda-forge/miniforge/releases/latest/download/Miniforge3-Linux-x86_64.sh
```

```dockerfile
FROM pytorch/pytorch:1.9.0-cuda11.1-cudnn8-devel
RUN rm -f /etc/apt/sources.list.d/cuda.list /etc/apt/sources.list.d/nvidia-ml.list
RUN apt-get update && apt-get install -y git
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.evaluation.interpreter import python_of, system_python_of
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.rules import Problem, _old_keys

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.images.model.reference import Reference

SEVERITY = Severity.ERROR
SUMMARY = "an address, an option or a key that is no longer there"
HINT = "take what has replaced it, or pin the tool"
WEIGHT = 1

_GIT = "git://"
_WORDS = ("poetry", "Mambaforge", _GIT)
_OWN_INSTALLER = "install.python-poetry.org"
_CHANGES_ITSELF = late(r"\bpoetry[ \t]+self[ \t]+update[ \t]+[^\s-]")
"""Poetry takes another release of itself."""
_OPEN = late(r"(?:>=?[\d.]+,?)*")
"""Requirements that the newest release meets."""


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if "apt" in evaluated.dockerfile.source.text:
            yield from _old_keys.problems(repository, evaluated)
        if any(word in evaluated.dockerfile.source.text for word in _WORDS):
            for stage in evaluated.stages:
                for instruction in evaluated.instructions_of(stage):
                    if instruction.keyword in ("RUN", "ADD"):
                        yield from _addresses(evaluated, instruction)
                        yield from _options(repository, evaluated, stage, instruction)
        for stage in evaluated.stages:
            for install in stage.installs:
                yield from _in_lists(evaluated, install)


def _addresses(evaluated: Evaluated, instruction: Instruction) -> Iterator[Problem]:
    """Yield what an instruction downloads from an address that is gone."""
    for row in facts.table("gone"):
        start = instruction.text.find(row["what"]) if "/" in row["what"] else -1
        if start >= 0:
            span = instruction.span(evaluated.dockerfile.source, start, start + len(row["what"]))
            if not row["unless"] or row["unless"] not in evaluated.dockerfile.source.text:
                yield Problem(span, row["said"], (), row["instead"])


def _in_lists(evaluated: Evaluated, install: Install) -> Iterator[Problem]:
    """Yield the requirements of lists that are taken from an address that is gone."""
    for wanted in install.requirements:
        if wanted.kind != "vcs" or _GIT not in (wanted.url or ""):
            continue
        row, span = facts.row_of("gone", f"{_GIT}github.com"), wanted.span
        if row is None or row["what"] not in (wanted.url or "") or span is None or span.path == evaluated.path:
            continue
        if row["unless"] not in evaluated.dockerfile.source.text:
            yield Problem(span, row["said"], install.reasons, row["instead"])


def _options(repository: Repository, evaluated: Evaluated, stage: Stage, instruction: Instruction) -> Iterator[Problem]:
    """Yield the calls of Poetry that its newest release refuses, where that is the one that is installed."""
    for ran, row in _refused(evaluated, instruction):
        python = _python(evaluated.base_of(stage))
        if not python or facts.release_key(python) < facts.release_key(row["python_min"]):
            continue
        lifted = row["unless"] and repository.sources.mentions(row["unless"])
        if _takes_newest(evaluated, stage) and not lifted:
            text = f"{row['said']}, and nothing pins the Poetry that is installed"
            yield Problem(ran.span(), text, (), row["instead"])


def _refused(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[RunCommand, dict[str, str]]]:
    if instruction.keyword != "RUN" or "poetry" not in instruction.text:
        return
    from wxlint.images.evaluation.commands import commands_of

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        given = [word.value.text for word in ran.command.words[1:]]
        if ran.name != "poetry" or not ran.must_succeed:
            continue
        verb = next((text for text in given if not text.startswith("-")), "")
        for row in facts.table("gone"):
            program, *wanted = row["what"].split()
            if program == "poetry" and wanted[0] == verb and all(text in given for text in wanted):
                yield ran, row


def _python(reference: Reference | None) -> str:
    """The Python of an image, by its reference; "" where that is not known."""
    return python_of(reference) or system_python_of(reference)


def _takes_newest(evaluated: Evaluated, stage: Stage) -> bool:
    """Whether the Poetry of a stage is the newest that there is."""
    line = evaluated.line_of(stage)
    texts = [one.text for each in line for one in evaluated.instructions_of(each) if one.keyword != "COPY"]
    if any(_CHANGES_ITSELF.search(text) for text in texts):
        return False
    installs = [step for one in reversed(line) for step in one.steps if isinstance(step, Install)]
    found = [(step, r) for step in installs for r in step.requirements if r.name == "poetry" and not step.removes]
    if found:
        step, wanted = found[-1]
        bound = any(one.name == "poetry" for one in step.constraints) or step.unread
        return wanted.kind == "name" and not bound and _OPEN.fullmatch(wanted.specifier) is not None
    by_script = any(_OWN_INSTALLER in text and "--version" not in text for text in texts)
    return by_script and not any("POETRY_VERSION" in text for text in texts)
