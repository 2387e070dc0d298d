"""Installed packages are copied from a stage with one Python into one with another.

## Why

`COPY --from=builder /usr/local/lib/python3.10/site-packages ...` names the Python of the builder. When one of the two
bases moves on, nothing is said while the image is built, and at the start no package is found: Python 3.11 looks into
its own folder, and what is compiled for 3.10 does not load in another. A virtual environment is no better: its `python`
is a link to the one of the image, which does not look into `lib/python3.10`. A folder of another Python than the
builder's is not there to copy. Where PYTHONPATH names the folder, packages without compiled parts are found: that is a
warning.

## Bad

```dockerfile
FROM python:3.10-slim AS builder
RUN pip install numpy==1.26.4
FROM python:3.11-slim
COPY --from=builder /usr/local/lib/python3.10/site-packages /usr/local/lib/python3.10/site-packages
```

## Good

```dockerfile
FROM python:3.11-slim AS builder
RUN pip install numpy==1.26.4
FROM python:3.11-slim
COPY --from=builder /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Evaluated, Stage, StageCopy
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "installed packages that are copied to another Python"
HINT = "take the same Python in both stages"
WEIGHT = 0

_PACKAGES = late(r"/usr/local/lib/python(3\.\d+)/(?:site|dist)-packages/?")
_VERSION = late(r"(3\.\d+)(?:[.-].*)?")
_DISTROLESS = late(r"(?:.*/)?python3-debian(\d+)")
_OTHER_PYTHON = late(r"conda|mamba|pyenv|deadsnakes|altinstall|\buv\b|pixi|\brye\b|\basdf\b|\bmise\b|python-build")
_VENV = late(r"(?:-m[ =]venv|\bvirtualenv)(?: +-[^ ;&]+)* +(/[^\s;&|]+)")
_COPIES = ("--copies", "--always-copy")


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if len(evaluated.stages) < 2 or "--from" not in evaluated.dockerfile.source.text:
            continue
        for stage in evaluated.stages:
            for step in stage.steps:
                if isinstance(step, StageCopy):
                    yield from _copy(repository, evaluated, stage, step)


def _copy(repository: Repository, evaluated: Evaluated, stage: Stage, step: StageCopy) -> Iterator[Problem]:
    """Yield what a COPY carries from one Python to another."""
    source = evaluated.stages[step.stage] if step.stage is not None else None
    if source is None:
        return
    theirs = _python_of(repository, evaluated, source)
    for path in step.paths:
        if HOLE in path:
            continue
        named = _PACKAGES.fullmatch(path)
        python = named[1] if named is not None else theirs if _is_venv(evaluated, source, path) else ""
        if not python:
            continue
        span = step.instruction.span(evaluated.dockerfile.source, 0, len(step.instruction.text))
        if named is not None and theirs and python != theirs and not _speaks_of(evaluated, source, python, None):
            text = f"{source.base.value.shown()} has Python {theirs}: there is no {path} to copy"
            yield Problem(span, text, (_reason(evaluated, source),))
            return
        own = _python_of(repository, evaluated, stage)
        if not own or own == python or _speaks_of(evaluated, stage, python, step):
            continue
        first = evaluated.line_of(stage)[-1].base
        what = "packages" if named is not None else f"{path}, an environment,"
        text = f"copies {what} of Python {python}, and {first.value.shown()} has Python {own}"
        shown = f"python{python}/" in (stage.env["PYTHONPATH"].text if "PYTHONPATH" in stage.env else "")
        because = (_reason(evaluated, source), _reason(evaluated, stage))
        yield Problem(span, text, because, severity=Severity.WARNING if shown else None)
        return


def _reason(evaluated: Evaluated, stage: Stage) -> Reason:
    base = evaluated.line_of(stage)[-1].base
    return reason_at("image", f"FROM {base.value.shown()}", base.span)


def _python_of(repository: Repository, evaluated: Evaluated, stage: Stage) -> str:
    """The Python of a stage, where its base is known to have just one and nothing brings another; else ""."""
    reference = evaluated.base_of(stage)
    if reference is None or not reference.tag_known or reference.digest or repository.graph.producers(reference):
        return ""
    tag, name = reference.tag or "", facts.normalise_repository(reference.upstream)
    texts = [i.text for one in evaluated.line_of(stage) for i in evaluated.instructions_of(one) if i.keyword == "RUN"]
    if any(_OTHER_PYTHON.search(text) for text in texts):
        return ""
    if name == "python":
        match = _VERSION.fullmatch(tag)
        return match[1] if match is not None else ""
    distroless = _DISTROLESS.fullmatch(name)
    if distroless is not None:
        return facts.python_of_system("debian", distroless[1])
    system = facts.python_of_system(reference.path, tag)
    copied = [
        path
        for one in evaluated.line_of(stage)
        for step in one.steps
        if isinstance(step, StageCopy)
        for path in step.paths
    ]
    if any("/bin" in path or path.rstrip("/") in ("", "/usr", "/usr/local", "/opt") for path in copied):
        return ""
    return system if any("python3" in text for text in texts) else ""


def _speaks_of(evaluated: Evaluated, stage: Stage, python: str, step: StageCopy | None) -> bool:
    """Whether another instruction than a COPY of packages names a Python, so that it may be there."""
    word = f"python{python}"
    for one in evaluated.line_of(stage):
        for instruction in evaluated.instructions_of(one):
            if word not in instruction.text or (step is not None and instruction is step.instruction):
                continue
            if step is None or (instruction.keyword not in ("ENV", "ARG") and not _PACKAGES.search(instruction.text)):
                return True
    return False


def _is_venv(evaluated: Evaluated, stage: Stage, path: str) -> bool:
    """Whether a folder is a virtual environment that a stage makes, with links to its Python."""
    for one in evaluated.line_of(stage):
        for instruction in evaluated.instructions_of(one):
            if instruction.keyword != "RUN" or any(option in instruction.text for option in _COPIES):
                continue
            if any(match[1].rstrip("/") == path.rstrip("/") for match in _VENV.finditer(instruction.text)):
                return True
    return False
