"""An apt package that the base's distribution no longer has.

## Why

A tag such as `python:3.11-slim` moves: since August 2025 it stands on Debian 13. What was installed from Debian 12 for
years is not there any more (`libgl1-mesa-glx`, which OpenCV's users install, `software-properties-common`,
`python3-distutils`), and the next build fails in apt, on a line that nobody has touched. The same happens where a base
is raised to the next Ubuntu. Left alone is a stage that adds other sources of packages, a command whose failure is
handled, and a tag of one patch release, which stays on what it was built on.

## Bad

```dockerfile
FROM python:3.11-slim
RUN apt-get update && apt-get install -y libgl1-mesa-glx libglib2.0-0
```

## Good

```dockerfile
FROM python:3.11-slim
RUN apt-get update && apt-get install -y libgl1 libglib2.0-0
```

```dockerfile
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y libgl1-mesa-glx libglib2.0-0
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.rules._system_packages import has_other_sources, installed_packages, reason_of_base, release_of_base

if TYPE_CHECKING:
    from wxlint.images.model.records import Evaluated, Stage

SEVERITY = Severity.ERROR
SUMMARY = "an apt package that the base's distribution no longer has"
HINT = "take what has replaced it, or a base whose tag names the distribution that has it"
WEIGHT = 1


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if "apt" in evaluated.dockerfile.source.text:
            for stage in evaluated.stages:
                yield from _stage(repository, evaluated, stage)


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    base = release_of_base(repository, evaluated, stage)
    if base is None:
        return
    reference, distribution, release = base
    for instruction in evaluated.instructions_of(stage):
        for ran, word, package in installed_packages(evaluated, instruction):
            row = next((r for r in facts.rows_of("gone_packages", package) if r["distribution"] == distribution), None)
            if row is None or facts.release_key(release) < facts.release_key(row["since"]):
                continue
            if has_other_sources(evaluated, stage):
                return
            name = f"{distribution.capitalize()} {release}"
            moves = release not in (reference.tag or "") and reference.path.rpartition("/")[2] == "python"
            text = f"{name} has no package {package}" + (f": {reference.shown()} stands on it now" if moves else "")
            because = (reason_of_base(evaluated, stage),)
            severity = Severity.WARNING if row["confidence"] != "verified" else None
            hint = f"take {row['instead']}, or a base whose tag names the release that has it" if row["instead"] else ""
            yield Problem(ran.span(word), text, because, hint, severity)
