"""The variables that the instructions of a stage take and set, for the rules about arguments of Dockerfiles."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.documents.dockerfile.words import pairs

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.dockerfile.reader import Dockerfile, Instruction
    from wxlint.images.graph.repository import Repository

_OF_CUDA_IMAGES = late(r"(?:CUDA|CUDNN|NCCL|CUBLAS|NV|NVIDIA)_\w+")
_OF_IMAGES = late(
    r"(?:PYTHON|PIP|PYTORCH|NODE|GOLANG|JAVA|RUST|RUBY|PHP|CONDA|MAMBA|UV|ROCM)_\w*"
    r"|\w*PATH|HOME|USER|SHELL|LANG|LC_ALL|DEBIAN_FRONTEND|\w+_(?:proxy|PROXY)"
)
"""Variables that base images set: https://github.com/docker-library, https://gitlab.com/nvidia/container-images/cuda."""
_TAKES_AS_IT_IS = frozenset(("FROM", "RUN", "ENV", "COPY", "ADD", "WORKDIR", "LABEL"))
_QUOTED = late(r"'[^'\n]*'")


def heads_of(dockerfile: Dockerfile) -> list[int]:
    """Return the number of each FROM's instruction."""
    return [n for n, instruction in enumerate(dockerfile.instructions) if instruction.keyword == "FROM"]


def names_set(dockerfile: Dockerfile, instruction: Instruction) -> list[str]:
    """Return what an ARG or ENV sets."""
    is_env = instruction.keyword == "ENV"
    found = pairs(instruction.text, instruction.args_at, dockerfile.escape, old_form=is_env)
    return [pair.name.strip("\"'") for pair in found]


def empty_arguments(repository: Repository, path: str, arguments: Collection[str]) -> Iterator[tuple[str, Span]]:
    """Yield each of some arguments that a stage takes while neither it nor a stage that it starts from has set it, once
    for the Dockerfile. A stage from an image of which nothing is known may have any variable from there; those that
    base images set are left out."""
    dockerfile = repository.dockerfiles[path]
    heads = heads_of(dockerfile) if arguments else []
    stages = [_Stage(dockerfile, arguments, start + 1, end) for start, end in zip(heads, [*heads[1:], None])]
    if not any(stage.uses for stage in stages):
        return  # most files: they need not be evaluated
    told: set[str] = set()
    for stage, own in zip(repository.graph.evaluations.by_hand(path).stages, stages):
        inherited: set[str] = set().union(*(stages[parent].sets for parent in stage.parents))
        own.sets |= inherited
        base = stage.base.reference
        known = facts.base_image(base.name, base.tag) if base is not None else None
        is_open = not stage.parents and known is None
        for name, instruction, start in own.uses if not is_open else ():
            of_cuda = _OF_CUDA_IMAGES.fullmatch(name) and (known is None or known.accelerator != "cpu")
            if name not in inherited and name not in told and not of_cuda and not _OF_IMAGES.fullmatch(name):
                told.add(name)
                yield name, instruction.span(dockerfile.source, start, start + len(name))


class _Stage:
    """The instructions of a stage. uses: the arguments that it takes before it sets them itself, with their places.

    sets: the variables that it sets.
    """

    def __init__(self, dockerfile: Dockerfile, arguments: Iterable[str], start: int, end: int | None) -> None:
        self.sets: set[str] = set()
        self.uses: list[tuple[str, Instruction, int]] = []
        for instruction in dockerfile.instructions[start:end]:
            if instruction.keyword in ("ARG", "ENV"):
                self.sets.update(names_set(dockerfile, instruction))
            for name in arguments:
                at = place_of_use(name, instruction) if name not in self.sets else None
                if at is not None:
                    self.uses.append((name, instruction, at))


def place_of_use(name: str, instruction: Instruction) -> int | None:
    """Where an instruction takes a variable as it is: without a default, and not one that its own commands set."""
    if instruction.keyword not in _TAKES_AS_IT_IS or name not in instruction.text:
        return None
    text = _QUOTED.sub(lambda match: " " * len(match[0]), instruction.text)
    if re.search(rf"(?<![\w${{]){re.escape(name)}\+?=|\b(?:for|read|export|local|in)\s+{re.escape(name)}\b", text):
        return None
    used = re.search(rf"(?<![\\$])\$(?:{{{re.escape(name)}}}|{re.escape(name)}\b)", text)
    return instruction.text.index(name, used.start()) if used is not None else None
