"""The newest Miniconda does not install on a base with an older glibc.

## Why

`Miniconda3-latest` moves. Its installer asks for glibc 2.28, which Ubuntu 18.04 and older have not: `Installer requires
GLIBC >=2.28`, in a Dockerfile that was right for years. An older installer is taken by its version
(`Miniconda3-py39_24.1.2-0`).

## Bad

```dockerfile
FROM nvidia/cuda:11.1.1-runtime-ubuntu18.04
ADD https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh /tmp/miniconda.sh
RUN bash /tmp/miniconda.sh -b -p /opt/conda
```

## Good

```dockerfile
FROM nvidia/cuda:11.1.1-runtime-ubuntu18.04
ADD https://repo.anaconda.com/miniconda/Miniconda3-py39_24.1.2-0-Linux-x86_64.sh /tmp/miniconda.sh
RUN bash /tmp/miniconda.sh -b -p /opt/conda
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.model.records import Evaluated, Stage

SEVERITY = Severity.WARNING
SUMMARY = "the newest Miniconda on a base whose glibc is too old for it"
HINT = "take an installer by its version (Miniconda3-py39_24.1.2-0), or a newer base"
WEIGHT = 0

_INSTALLER = "Miniconda3-latest-Linux"
_OLDEST_GLIBC = "2.28"
"""Source: what the installer says, numba/llvmlite issue 1342, 2025-10-28."""


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if _INSTALLER in evaluated.dockerfile.source.text:
            for stage in evaluated.stages:
                yield from _stage(evaluated, stage)


def _stage(evaluated: Evaluated, stage: Stage) -> Iterator[Problem]:
    """Yield the first installer of a stage whose distribution has an older glibc than it needs."""
    reference = evaluated.base_of(stage)
    glibc = facts.glibc_of(reference.path, reference.tag or "") if reference is not None else ""
    if reference is None or not glibc or facts.release_key(glibc) >= facts.release_key(_OLDEST_GLIBC):
        return
    for instruction in evaluated.instructions_of(stage):
        start = instruction.text.find(_INSTALLER)
        if instruction.keyword in ("RUN", "ADD") and start >= 0:
            text = f"Miniconda3-latest needs glibc {_OLDEST_GLIBC}, and {reference.shown()} has {glibc}"
            yield Problem(instruction.span(evaluated.dockerfile.source, start, start + len(_INSTALLER)), text)
            return
