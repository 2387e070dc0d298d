"""NVIDIA's apt repository of another release of the distribution than the base's.

## Why

NVIDIA has a repository of CUDA's packages for each release of a distribution (`…/cuda/repos/debian12`,
`…/ubuntu2204`). Its packages depend on those of that release: what they ask for may have another name in the next one,
or none, and apt then installs nothing. A tag such as `python:3.10-slim` moves: since August 2025 it stands on Debian
13. There it is certain: the apt of Debian 13 refuses the key of every older repository since 2026-02-01, NVIDIA has
given a new one to `debian13` alone, and `apt-get update` ends the build ("is not signed").

Left alone is what may not run, what allows the old key, and an image whose release its tag does not say.

## Bad

```dockerfile
FROM python:3.10-slim
RUN apt-get update && apt-get install -y wget && \
    wget https://developer.download.nvidia.com/compute/cuda/repos/debian12/x86_64/cuda-keyring_1.1-1_all.deb && \
    dpkg -i cuda-keyring_1.1-1_all.deb && apt-get update && apt-get install -y cuda-toolkit-12-4
```

## Good

```dockerfile
FROM python:3.10-slim-bookworm
RUN apt-get update && apt-get install -y wget && \
    wget https://developer.download.nvidia.com/compute/cuda/repos/debian12/x86_64/cuda-keyring_1.1-1_all.deb && \
    dpkg -i cuda-keyring_1.1-1_all.deb && apt-get update && apt-get install -y cuda-toolkit-12-4
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
from wxlint.rules._system_packages import MOST_STAGES, apt_commands, reason_of_base, release_of_base
from wxlint.rules._system_python import texts_of

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.shell.model import Word

SEVERITY = Severity.WARNING
SUMMARY = "NVIDIA's apt repository of another release than the base's"
HINT = "take a base whose tag names that release, or the repository of the base's"
WEIGHT = 0

_AT = "/compute/cuda/repos/"
_REPOSITORY = late(
    r"developer\.download\.nvidia\.(?:com|cn)"
    + _AT
    + r"(?P<name>[a-z]+\d+|wsl-ubuntu)/[^/\s]+/(?P<file>cuda-keyring_|cuda-repo-)?"
)
_LISTED = late(r"\bdeb\s+(?:\[[^\]]*\]\s*)?https?://\S*$")
"""What stands before the address in a list of repositories."""
_ALLOWED = late(r"(?i)sequoia|crypto-polic|trusted=yes|unauthenticated|insecure|/etc/apt/apt\.conf|\bgpgv\b")
"""What lets apt take a repository whose key it refuses, or may."""


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if _AT in evaluated.dockerfile.source.text:
            for stage in evaluated.stages:
                yield from _stage(repository, evaluated, stage)


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    """Yield the first such repository of a stage."""
    base = release_of_base(repository, evaluated, stage)
    if base is None:
        return
    reference, distribution, release = base
    instructions = evaluated.instructions_of(stage)
    for place, instruction in enumerate(instructions):
        for ran, word, name in _added(evaluated, instruction):
            row = facts.row_of("cuda_repositories", name)
            if row is None or (row["distribution"] == distribution and row["release"] in (release, "")):
                continue
            other = f"{row['distribution'].capitalize()} {row['release'] or 'on WSL'}"
            text = f"this repository is for {other}, and {reference.shown()} is {distribution.capitalize()} {release}"
            severity = Severity.INFO
            if row["refused_by"] == f"{distribution} {release}":
                if _is_allowed(evaluated, stage):
                    return
                if _is_asked(evaluated, instructions[place:], ran):
                    severity, text = Severity.WARNING, f"{text}, whose apt refuses its key: the update fails"
            yield Problem(ran.span(word), text, (reason_of_base(evaluated, stage),), "", severity)
            return


def _added(evaluated: Evaluated, instruction: Instruction) -> Iterator[tuple[RunCommand, Word, str]]:
    """Yield the words of a RUN that add one of NVIDIA's repositories for certain, each with its command and its name: a
    line of a list, or the package that brings one; a key alone is the same everywhere."""
    if instruction.keyword != "RUN" or _AT not in instruction.text:
        return
    from wxlint.images.evaluation.commands import commands_of

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        for word in ran.command.words:
            found = _REPOSITORY.search(word.value.text)
            if found is None or not ran.must_succeed:
                continue
            listed = _LISTED.search(word.value.text[: found.start()]) or ran.name == "add-apt-repository"
            if found["file"] or listed:
                yield ran, word, found["name"]


def _is_allowed(evaluated: Evaluated, stage: Stage) -> bool:
    """Whether apt may take a key that it refuses, in a stage or in one that it stands on."""
    if len(evaluated.line_of(stage)) > MOST_STAGES:
        return True
    return any(_ALLOWED.search(text) is not None for text in texts_of(evaluated, stage))


def _is_asked(evaluated: Evaluated, instructions: tuple[Instruction, ...], adds: RunCommand) -> bool:
    """Whether apt asks the repositories behind the command that adds one, which stands in the first instruction."""
    for place, instruction in enumerate(instructions):
        for ran in apt_commands(evaluated, instruction, "update"):
            if place or ran.command.start > adds.command.start:
                return True
    return False
