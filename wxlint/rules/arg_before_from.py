"""A stage uses a build argument that is declared before the first FROM only.

## Why

An `ARG` in front of the first `FROM` is for the FROM lines. Inside a stage it is empty, whatever the build gives, until
the stage repeats it: `if [ "$WITH_GPU" = true ]` never holds, and the CPU image is built under the name of the GPU
one; `torch==${TORCH}` loses its version. A name that base images set themselves (`CUDA_VERSION`, `PYTHON_VERSION`) is
left alone, and so is a stage from an image that nothing is known of.

## Bad

```dockerfile
ARG WITH_GPU=true
FROM python:3.11-slim
RUN if [ "$WITH_GPU" = true ]; then pip install onnxruntime-gpu==1.18.0; else pip install onnxruntime==1.18.0; fi
```

## Good

```dockerfile
ARG WITH_GPU=true
FROM python:3.11-slim
ARG WITH_GPU
RUN if [ "$WITH_GPU" = true ]; then pip install onnxruntime-gpu==1.18.0; else pip install onnxruntime==1.18.0; fi
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.documents.dockerfile.words import pairs
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Dockerfile, Instruction

SEVERITY = Severity.WARNING
SUMMARY = "an argument that a stage uses and only the lines before the first FROM declare"
HINT = "repeat the ARG in the stage"

_OF_IMAGES = late(
    r"(?:CUDA|CUDNN|NCCL|CUBLAS|PYTHON|PIP|PYTORCH|NODE|GOLANG|JAVA|RUST|RUBY|PHP|CONDA|MAMBA|UV|ROCM)_\w*|(?:NV|NVIDIA)_\w+"
    r"|\w*PATH|HOME|USER|SHELL|LANG|LC_ALL|DEBIAN_FRONTEND|\w+_(?:proxy|PROXY)"
)
"""Variables that base images set: https://github.com/docker-library, https://gitlab.com/nvidia/container-images/cuda."""
_QUOTED = late(r"'[^'\n]*'")


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        if dockerfile.instructions and dockerfile.instructions[0].keyword == "ARG":
            yield from _of_file(repository, path, dockerfile)


def _of_file(repository: Repository, path: str, dockerfile: Dockerfile) -> Iterator[Problem]:
    places, heads = _arguments(dockerfile)
    stages = [_Stage(dockerfile, places, start + 1, end) for start, end in zip(heads, [*heads[1:], None])]
    if not any(stage.uses for stage in stages):
        return  # most files: they need not be evaluated
    told: set[str] = set()
    for stage, own in zip(repository.graph.by_hand(path).stages, stages):
        inherited: set[str] = set().union(*(stages[parent].sets for parent in stage.parents))
        own.sets |= inherited
        base = stage.base.reference
        is_open = not stage.parents and (base is None or facts.base_image(base.name, base.tag) is None)
        for name, instruction, start in own.uses if not is_open else ():
            if name not in inherited and name not in told:
                told.add(name)
                span = instruction.span(dockerfile.source, start, start + len(name))
                text = f"{name} is empty in this stage: the only ARG {name} stands before the first FROM"
                yield Problem(span, text, (Reason("arg", f"ARG {name}", path, places[name], name),))


class _Stage:
    """The instructions of a stage. uses: the arguments that it takes before it sets them itself, with their places.

    sets: the variables that it sets.
    """

    def __init__(self, dockerfile: Dockerfile, arguments: Iterable[str], start: int, end: int | None) -> None:
        self.sets: set[str] = set()
        self.uses: list[tuple[str, Instruction, int]] = []
        for instruction in dockerfile.instructions[start:end]:
            if instruction.keyword in ("ARG", "ENV"):
                self.sets.update(_names(dockerfile, instruction))
            for name in arguments:
                at = _used(name, instruction) if name not in self.sets else None
                if at is not None:
                    self.uses.append((name, instruction, at))


def _arguments(dockerfile: Dockerfile) -> tuple[dict[str, int], list[int]]:
    """The arguments before the first FROM with their lines, and the number of each FROM's instruction."""
    heads = [n for n, instruction in enumerate(dockerfile.instructions) if instruction.keyword == "FROM"]
    places = {
        name: instruction.line
        for instruction in dockerfile.instructions[: heads[0] if heads else 0]
        if instruction.keyword == "ARG"
        for name in _names(dockerfile, instruction)
        if not _OF_IMAGES.fullmatch(name)
    }
    return places, heads


def _names(dockerfile: Dockerfile, instruction: Instruction) -> list[str]:
    """What an ARG or ENV sets."""
    is_env = instruction.keyword == "ENV"
    found = pairs(instruction.text, instruction.args_at, dockerfile.escape, old_form=is_env)
    return [pair.name.strip("\"'") for pair in found]


def _used(name: str, instruction: Instruction) -> int | None:
    """Where an instruction takes a variable as it is: without a default, and not one that its own commands set."""
    if instruction.keyword not in ("RUN", "ENV", "COPY", "ADD", "WORKDIR") or name not in instruction.text:
        return None
    text = _QUOTED.sub(lambda match: " " * len(match[0]), instruction.text)
    if re.search(rf"(?<![\w${{]){re.escape(name)}\+?=|\b(?:for|read|export|local|in)\s+{re.escape(name)}\b", text):
        return None
    used = re.search(rf"(?<![\\$])\$(?:{{{re.escape(name)}}}|{re.escape(name)}\b)", text)
    return instruction.text.index(name, used.start()) if used is not None else None
