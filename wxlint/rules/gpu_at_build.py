"""A RUN asks for a GPU, which a build does not have.

## Why

`docker build` gives no device to a RUN: `nvidia-smi` ends the build with exit code 127,
`assert torch.cuda.is_available()` fails, and what decides by such an answer always takes the way without a GPU. A
check at build time proves that CUDA is compiled in (`torch.version.cuda`); that a device works, a container proves
that runs with `--gpus`. A model that is loaded ahead is loaded on the CPU: `device="cuda"` and `use_gpu=True` end the
build. RUN with `--device` is left alone. A command that only prints what it found is information. Extensions of torch
that leave to it what they are compiled for (`simple-knn`, `diff-gaussian-rasterization`, a setup.py of the repository's
own) end in a build with `IndexError: list index out of range`, unless `TORCH_CUDA_ARCH_LIST` says which GPUs are meant.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN nvidia-smi
```

```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN python -c "import torch; assert torch.cuda.is_available()"
```

```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN python -c "from faster_whisper import WhisperModel; WhisperModel('small', device='cuda')"
```

```dockerfile
FROM pytorch/pytorch:2.1.0-cuda11.8-cudnn8-devel
RUN pip install git+https://github.com/graphdeco-inria/diff-gaussian-rasterization
```

## Good

```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN python -c "import torch; assert torch.version.cuda"
```

```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN python -c "from faster_whisper import WhisperModel; WhisperModel('small', device='cpu')"
```

```dockerfile
FROM pytorch/pytorch:2.1.0-cuda11.8-cudnn8-devel
ENV TORCH_CUDA_ARCH_LIST="7.5;8.0;8.6+PTX"
RUN pip install git+https://github.com/graphdeco-inria/diff-gaussian-rasterization
```
"""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated

SEVERITY = Severity.WARNING
SUMMARY = "a RUN that asks for a GPU, which a build does not have"
HINT = "ask at run time, with --gpus; in a build prove what is compiled in: torch.version.cuda"

_ON_CPU = "load it on the CPU in a build: which device it runs on is chosen when the container starts"
_MAY_ASK = late(r"nvidia-smi|rocm-smi|is_available|is_gpu_available|device|use_gpu|\.to\(|\.cuda\(")
_PYTHON = late(r"python[\d.]*")
_ASKS = late(
    r"(?:torch\.)?cuda\.(?:is_available|device_count|get_device_\w+|current_device)\s*\("
    r"|tf\.test\.is_gpu_available\s*\(|list_physical_devices\(\s*['\"]GPU|cuda\.runtime\.getDeviceCount\s*\("
)
_TAKES = late(
    r"\buse_gpu\s*=\s*True\b|\bdevice(?:_map)?\s*=\s*['\"](?:cuda|gpu)(?::\d+)?['\"]|\.to\(\s*['\"]cuda(?::\d+)?['\"]\)?"
    r"|\.cuda\(\s*\)|\bjax\.devices\(\s*['\"](?:cuda|gpu)['\"]\)?"
)
"""What puts a model on a GPU, and fails where there is none."""
_DECIDES = late(r"\bassert\b|\bexit\s*\(|\braise\b")
_EITHER = late(r"\belse\b")
_FORGIVES = late(r"\b(?:else|except|suppress|def|lambda)\b")
_TOOLS = ("nvidia-smi", "rocm-smi")


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        if "pip" in image.evaluated.dockerfile.source.text and image.base.accelerator == "cuda":
            from wxlint.rules import _without_gpu  # only where something may be compiled for CUDA

            for problem in _without_gpu.problems(repository, image, steps):
                yield problem._replace(severity=Severity.INFO) if _may_have_one(image.evaluated) else problem
    seen: set[str] = set()
    for evaluated in repository.evaluated:
        if evaluated.path in seen:
            continue
        seen.add(evaluated.path)
        dockerfile = evaluated.dockerfile
        if ".py" not in dockerfile.source.text and not _MAY_ASK.search(dockerfile.source.text):
            continue
        for instruction in dockerfile.instructions:
            if instruction.keyword != "RUN" or any(flag.name == "device" for flag in instruction.flags):
                continue
            if ".py" in instruction.text or _MAY_ASK.search(_whole(instruction)):
                for problem in _run(repository, evaluated, instruction):
                    yield problem._replace(severity=Severity.INFO) if _may_have_one(evaluated) else problem


def _program(repository: Repository, evaluated: Evaluated, ran: RunCommand) -> Iterator[Problem]:
    """Yield a program of the repository that a command starts, and that asks for a GPU."""
    words = [word.value.text for word in ran.command.words[1:]]
    path = next((text for text in words if not text.startswith("-")), "")
    for context in evaluated.build.contexts if path.endswith(".py") else ():
        program = repository.sources.read(normal(posixpath.join(context, path.lstrip("/"))))
        asked = _ASKS.search(program.text) if program is not None else None
        if program is not None and asked is not None and _is_needed(program.text, asked.start()):
            place = Reason("install", f"{asked[0].rstrip('( ')} ({program.path})", program.path)
            text = f"{path} asks for a GPU in a build, which has none"
            yield Problem(ran.span(), text, (place,), severity=Severity.INFO)
            return


def _is_needed(text: str, at: int) -> bool:
    """Whether a program does not go on, or says so, where what it asks for at a place is not there."""
    return _DECIDES.search(text[text.rfind("\n", 0, at) + 1 : at + 300]) is not None


def _may_have_one(evaluated: Evaluated) -> bool:
    """Whether a build may have a GPU after all: on a Jetson the engine gives one to each, and a base that is not known
    may be a Jetson's."""
    bases = [stage.base for stage in evaluated.stages if not stage.parents]
    return any(not base.value.known or "l4t" in base.value.text for base in bases)


def _whole(instruction: Instruction) -> str:
    return "\n".join((instruction.args, *(heredoc.body for heredoc in instruction.heredocs)))


def _run(repository: Repository, evaluated: Evaluated, instruction: Instruction) -> Iterator[Problem]:
    """Yield what a RUN asks, once for each command."""
    from wxlint.images.evaluation.commands import commands_of

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        if ran.name in _TOOLS:
            yield _tool(ran)
        elif _PYTHON.fullmatch(ran.name):
            yield from _python(ran, instruction)
            yield from _program(repository, evaluated, ran)


def _tool(ran: RunCommand) -> Problem:
    text = f"{ran.name} finds no GPU in a build, and is often not there at all"
    return Problem(ran.span(), text, severity=Severity.INFO if _is_forgiven(ran) else None)


def _is_forgiven(ran: RunCommand) -> bool:
    """Whether a build may go on where a command fails, or leave it out."""
    return ran.command.conditional or ran.text[ran.command.end :].lstrip().startswith("||")


def _python(ran: RunCommand, instruction: Instruction) -> Iterator[Problem]:
    """Yield the code of `python -c`, or that of a heredoc that it reads, where it asks for a device."""
    words = ran.command.words
    code = next((b.value.text for a, b in itertools.pairwise(words) if a.value.text == "-c"), "")
    read = [redirect.target.value.text for redirect in ran.command.redirects if redirect.operator.startswith("<<")]
    if read and not code:
        code = "".join(read) or "\n".join(heredoc.body for heredoc in instruction.heredocs)
    asked, taken = _ASKS.search(code), _TAKES.search(code)
    if asked is None:
        if taken is not None and not _FORGIVES.search(code):
            text = f"{taken[0]} takes a GPU in a build, which has none"
            severity = Severity.INFO if _is_forgiven(ran) else None
            yield Problem(ran.span(), text, (), _ON_CPU, severity)
        return
    decides = _DECIDES.search(code) is not None
    if not decides and _EITHER.search(code):
        return  # "cuda" if there is one, else "cpu"
    text = f"{asked[0].rstrip('( ')} is asked in a build, which has no GPU"
    yield Problem(ran.span(), text, severity=None if decides and not ran.command.conditional else Severity.INFO)
