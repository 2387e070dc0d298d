"""A conda that stops in a build, since nobody accepts the terms of the channels it asks.

## Why

Since July 2025 the conda of the newest Miniconda and Anaconda asks for Anaconda's terms of service before it reads the
channels `defaults` stands for. A build has nobody to answer: `conda create`, `conda install` and `conda env create` end
with `CondaToSNonInteractiveError`, in Dockerfiles that were right for years, and `-c conda-forge` does not help, since
`defaults` is read beside it. Accept the terms in the Dockerfile, leave `defaults` out (`--override-channels`), or take
Miniforge, which has other channels. A Dockerfile that says something of terms or of `defaults` is left alone, and on
the images of Anaconda's own, whose conda may be an older one, it is information.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN wget -q https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh \\
    && bash Miniconda3-latest-Linux-x86_64.sh -b -p /opt/conda
RUN /opt/conda/bin/conda create -y -n asr python=3.11
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN wget -q https://github.com/conda-forge/miniforge/releases/latest/download/Miniforge3-Linux-x86_64.sh \\
    && bash Miniforge3-Linux-x86_64.sh -b -p /opt/conda
RUN /opt/conda/bin/conda create -y -n asr python=3.11
```

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN wget -q https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh \\
    && bash Miniconda3-latest-Linux-x86_64.sh -b -p /opt/conda
RUN /opt/conda/bin/conda create -y -n asr --override-channels -c conda-forge python=3.11
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.shell.model import Command

SEVERITY = Severity.WARNING
SUMMARY = "a conda that stops in a build, where nobody accepts its channels' terms"
HINT = "accept them (ENV CONDA_PLUGINS_AUTO_ACCEPT_TOS=yes), leave defaults out (--override-channels) or take Miniforge"
WEIGHT = 1

_INSTALLER = late(r"repo\.(?:anaconda\.com|continuum\.io)/miniconda/Miniconda3-latest-Linux-\S*\.sh")
_IMAGES = ("continuumio/miniconda3", "continuumio/anaconda3")
"""Images of Anaconda's own, whose `latest` has the newest conda."""
_SETTLED = late(
    r"(?i)\btos\b|accept_tos|condarc|override-channels|nodefaults|default_channels|conda_channels|offline"
    r"|\bconfig\b[^&|;\n]*\b(?:remove|remove-key|set)\b[^&|;\n]*\bchannels\b|miniforge|mambaforge|\bCI="
    r"|(?m:^[ \t]*ENV[ \t]+CI[ \t])"
)
"""What accepts the terms, or may, or reads other channels: conda itself accepts them where it sees CI."""
_ACCEPTS = ("tos accept", "AUTO_ACCEPT_TOS", "auto_accept_tos", "nodefaults")
"""The same, in a script or a list of the repository that was read."""
_VERBS = ("create", "install", "update", "upgrade", "search")


class _Conda(NamedTuple):
    """The conda of a stage. because: where one comes from that asks for terms; empty for none. stops: a command ended
    the build."""

    because: tuple[Reason, ...] = ()
    by_installer: bool = False
    stops: bool = False


def check(repository: Repository) -> Iterator[Problem]:
    seen: set[str] = set()
    for evaluated in repository.evaluated:
        text = evaluated.dockerfile.source.text
        if evaluated.path in seen or "conda" not in text or _SETTLED.search(text) is not None:
            continue
        seen.add(evaluated.path)
        found = list(_stages(repository, evaluated))
        if found and not any(repository.sources.mentions(word) for word in _ACCEPTS):
            yield from found


def _stages(repository: Repository, evaluated: Evaluated) -> Iterator[Problem]:
    """Yield the first command of each stage that stops, where no stage below it has one: the build ends there."""
    found: dict[int, _Conda] = {}
    for stage in evaluated.stages:
        below = found.get(stage.parents[0]) if len(stage.parents) == 1 and not stage.external else None
        conda = below or _Conda(_of_image(repository, evaluated, stage))
        for instruction in evaluated.instructions_of(stage) if not conda.stops else ():
            if not conda.because:
                conda = _Conda(_of_installer(evaluated, instruction), by_installer=True)
            stops = next(_asking(evaluated, instruction), None) if conda.because else None
            if stops is not None:
                text = "conda asks for the terms of the channels in defaults, and a build accepts none"
                severity = None if conda.by_installer else Severity.INFO
                yield stops._replace(message=text, because=conda.because, severity=severity)
                conda = conda._replace(stops=True)
                break
        found[stage.index] = conda


def _of_image(repository: Repository, evaluated: Evaluated, stage: Stage) -> tuple[Reason, ...]:
    """The image whose conda asks, where a stage stands on it."""
    reference = stage.base.reference if stage.external and not stage.parents else None
    if reference is None or not reference.tag_known or reference.digest or repository.graph.producers(reference):
        return ()
    if facts.normalise_repository(reference.name) not in _IMAGES or reference.tag not in (None, "latest"):
        return ()
    return (reason_at("image", f"FROM {reference.shown()}", stage.base.span),)


def _of_installer(evaluated: Evaluated, instruction: Instruction) -> tuple[Reason, ...]:
    """The installer whose conda asks, where an instruction takes it."""
    found = _INSTALLER.search(instruction.text) if instruction.keyword in ("RUN", "ADD") else None
    if found is None:
        return ()
    span = instruction.span(evaluated.dockerfile.source, *found.span())
    return (reason_at("install", found[0].rpartition("/")[2], span),)


def _asking(evaluated: Evaluated, instruction: Instruction) -> Iterator[Problem]:
    """Yield the commands of a RUN that read channels, and must succeed."""
    if instruction.keyword != "RUN" or "conda" not in instruction.text:
        return
    from wxlint.images.evaluation.commands import commands_of

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        if ran.name == "conda" and _reads_channels(ran.command):
            if not ran.must_succeed:
                return
            yield Problem(ran.span(), "")


def _reads_channels(command: Command) -> bool:
    words = [word.value.text for word in command.words[1:] if not word.value.text.startswith("-")]
    if words[:1] == ["env"]:
        words = words[1:]
    return bool(words) and words[0] in _VERBS
