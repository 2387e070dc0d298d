"""An install that names an index for torch, and leaves the torch of another build that is there.

## Why

An installer that finds a torch which satisfies a requirement takes nothing, whatever index the command names: the
build is no part of what `torch` or `torch==2.5.1` ask for. So an install of the CPU build behind
`sentence-transformers`, or behind a list that brought the default one, changes nothing, and the image keeps the
gigabytes that it was to lose.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install sentence-transformers
RUN pip install torch --index-url https://download.pytorch.org/whl/cpu
```

```dockerfile
FROM pytorch/pytorch:2.2.0-cuda11.8-cudnn8-runtime
RUN pip install torch==2.2.0 --index-url https://download.pytorch.org/whl/cu121
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install torch --index-url https://download.pytorch.org/whl/cpu
RUN pip install sentence-transformers
```

```dockerfile
FROM pytorch/pytorch:2.2.0-cuda11.8-cudnn8-runtime
RUN pip install torch==2.2.0+cu121 --index-url https://download.pytorch.org/whl/cu121
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.model import shown
from wxlint.images.stack.torch.selection import builds_of_default
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "an install of torch from an index that changes nothing, since a torch of another build is there"
HINT = "install torch first, or name the build with the version (torch==2.5.1+cpu)"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image, step in repository.kept_torch:
        if _names_another_build(step):
            yield _problem(image, step)


def _names_another_build(step: TorchStep) -> bool:
    """Whether torch itself is asked for from an index of another build than the one that stays."""
    choice, before = step.choices[0], step.before
    if choice.implied or choice.requirement.name != "torch" or choice.source is None:
        return False
    if step.install.conditional or before.channel == "unknown":
        return False
    if choice.channel in ("default", before.channel) or accelerator_of(choice.channel) is None:
        return False
    return before.channel != "default" or facts.cuda_of_channel(choice.channel) not in _cuda_of_default(step)


def _cuda_of_default(step: TorchStep) -> set[str | None]:
    """The CUDA versions that the default build which is there may have."""
    choice, version = step.choices[0], step.before.version
    if version is not None:
        return {facts.default_cuda(version, choice.install.environment.machine or "x86_64")}
    return builds_of_default(choice)


def _problem(image: Image, step: TorchStep) -> Problem:
    choice, before = step.choices[0], step.before
    span = choice.requirement.span or step.install.span
    assert span is not None
    there = shown(before.channel, before.version)
    text = (
        f"{choice.requirement.written} is not installed from channel {choice.channel}: {image.label} has {there} "
        "already, which satisfies it"
    )
    because = (*before.because, *choice.install.reasons)
    if before.span is not None:
        because = (reason_at("install", f"brought {there}", before.span), *because)
    return Problem(span, text, because, image=image.label)
