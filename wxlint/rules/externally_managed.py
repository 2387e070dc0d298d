"""pip installs into the distribution's Python, which refuses it.

## Why

Since Ubuntu 24.04 and Debian 12 the Python of the distribution is marked as managed by its packages (PEP 668): `pip
install` into it ends with `error: externally-managed-environment`, and so do `pip install --user` and `uv pip install
--system`. A Dockerfile that was right on `nvidia/cuda:…-ubuntu22.04` fails when its base is raised to
`…-ubuntu24.04`. A virtual environment is the way out that pip itself names. In an image of one purpose
`--break-system-packages`, or `ENV PIP_BREAK_SYSTEM_PACKAGES=1`, is another.

Nothing is said where the file speaks of that option, or of `EXTERNALLY-MANAGED`, where another Python may be the one
that installs (a venv, conda, uv's, deadsnakes', one that is copied from another image), where a script does what nobody
can read, and where nothing installs the distribution's Python.

## Bad

```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126
```

## Good

```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y python3 python3-venv
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126
```

```dockerfile
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y python3 python3-pip
RUN pip install --break-system-packages torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.evaluation.interpreter import brings_system_python
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.places import SYSTEM
from wxlint.rules import Problem
from wxlint.rules._system_packages import reason_of_base

if TYPE_CHECKING:
    from wxlint.images.installs.model import Install
    from wxlint.images.model.records import Evaluated, Stage

SEVERITY = Severity.ERROR
SUMMARY = "pip installs into a distribution's Python that refuses it"
HINT = "install into a virtual environment, or say --break-system-packages"
WEIGHT = 1

_ALLOWED = late(r"(?i)break[-_]system[-_]packages|externally-managed|\bpip\.conf\b|PIP_CONFIG|\bpip3?\s+config\b")
"""What may let pip install all the same."""


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        for stage in evaluated.stages:
            first = next(filter(_is_refused, stage.installs), None)
            if first is not None:
                yield from _stage(repository, evaluated, stage, first)


def _is_refused(install: Install) -> bool:
    """Whether an install of packages acts in the distribution's Python, as far as its command says."""
    to_system = install.place in ("", SYSTEM) if install.tool == "pip" else install.place == SYSTEM
    apart = install.elsewhere or install.builds or install.open
    return install.tool in ("pip", "uv") and to_system and install.must_succeed and not apart


def _stage(repository: Repository, evaluated: Evaluated, stage: Stage, install: Install) -> Iterator[Problem]:
    """Yield the first install of a stage; what is behind it does not run."""
    from wxlint.rules._system_python import system_python, texts_of  # where pip installs into an image's own Python

    python = system_python(repository, evaluated, stage)
    if python is None or not python.packaged.managed or install.span is None:
        return
    texts = list(texts_of(evaluated, stage))
    if any(map(_ALLOWED.search, texts)) or not any(map(brings_system_python, texts)):
        return
    text = (
        f"{install.tool} refuses to install into the Python of {python.packaged.system}: externally-managed-environment"
    )
    because = (reason_of_base(evaluated, stage),)
    yield Problem(install.span, text, because)
