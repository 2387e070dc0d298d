"""A Python is installed from a distribution that has no packages of it.

## Why

A release of Ubuntu or Debian packages one Python, at most three: Ubuntu 22.04 has 3.10 and 3.11, Debian 12 has 3.11
alone. `apt-get install python3.12` on any other ends the build (`Unable to locate package`), unless something adds a
source that has it first. Nothing is said where the Dockerfile does so, or runs a script that may.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3.12 python3.12-venv
```

## Good

```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y python3.12 python3.12-venv
```

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y software-properties-common && add-apt-repository -y ppa:deadsnakes/ppa
RUN apt-get update && apt-get install -y python3.12 python3.12-venv
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.rules._system_packages import base_of_packages, has_other_sources, installed_packages, reason_of_base

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.shell.model import Word

SEVERITY = Severity.ERROR
SUMMARY = "a Python that the base's distribution has no packages of"
HINT = "take a Python that the distribution has, or add a source that has this one"
WEIGHT = 0

_PACKAGE = late(r"(?:lib)?python(3\.\d+)(?:-[a-z][a-z0-9]*)?")


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if "python3." in evaluated.dockerfile.source.text:
            for stage in evaluated.stages:
                yield from _stage(repository, evaluated, stage)


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    reference = base_of_packages(repository, evaluated, stage)
    packaged = facts.system_pythons(reference.path, reference.tag or "") if reference is not None else None
    if reference is None or packaged is None or has_other_sources(evaluated, stage):
        return
    because = (reason_of_base(evaluated, stage),)
    there = " and ".join(packaged.pythons)
    for instruction in evaluated.instructions_of(stage):
        for ran, word, python in _wanted(evaluated, instruction):
            if python not in packaged.pythons:
                text = f"{packaged.system} has no package {word.value.text}: it packages Python {there}"
                newest = packaged.pythons[-1]
                hint = f"take Python {newest}, a base whose distribution has {python}, or add a source that has it"
                yield Problem(ran.span(word), text, because, hint)


def _wanted(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[RunCommand, Word, str]]:
    """Yield the package of each Python that a RUN installs, the first of each version that a command names."""
    if "python3." not in instruction.text:
        return
    seen: set[tuple[int, str]] = set()
    for ran, word, package in installed_packages(evaluated, instruction):
        named = _PACKAGE.fullmatch(package)
        if named is not None and (ran.command.start, named[1]) not in seen:
            seen.add((ran.command.start, named[1]))
            yield ran, word, named[1]
