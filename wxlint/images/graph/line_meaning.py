"""What a line of a Dockerfile that names no image and installs nothing has to do with what the image computes with."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.images.evaluation.variables.expansion import pairs

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Dockerfile, Instruction
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Evaluated

_MOST = 3
"""Values, or lines, that are named."""
_READ_BY = {
    "PIP": "pip reads it",
    "UV": "uv reads it",
    "CONDA": "conda reads it",
    "CMAKE": "builds from source read it",
    "TORCH_CUDA_ARCH_LIST": "builds of CUDA code read it",
    "NVIDIA": "the engine's NVIDIA runtime reads it",
    "CUDA_VISIBLE": "CUDA reads it",
    "LD_LIBRARY_PATH": "the loader reads it, so it decides which CUDA libraries are found",
    "PATH": "it decides which python and pip run",
}
"""What variables decide by themselves, by how their names begin."""


def line_meaning(repository: Repository, path: str, line: int) -> Iterator[str]:
    """Say what a line does, and where the nearest is that decides what the image computes with."""
    dockerfile = repository.dockerfiles.get(path)
    evaluated = [one for one in repository.evaluated if one.path == path]
    if dockerfile is None or not evaluated:
        return
    instruction = next((one for one in dockerfile.instructions if one.line <= line <= one.end_line), None)
    if instruction is None:
        yield "is no instruction"
    elif instruction.keyword in ("ARG", "ENV"):
        yield from _variables(dockerfile, instruction, evaluated)
    elif instruction.keyword in ("COPY", "ADD"):
        yield _copy(dockerfile, instruction)
    elif instruction.keyword == "RUN":
        yield "runs commands that install nothing that is known"
    elif instruction.keyword == "USER":
        yield f"later commands, and containers, run as {instruction.args.strip()}"
    else:
        yield f"{instruction.keyword} changes nothing of what the image computes with"
    if instruction is None or instruction.keyword not in ("ARG", "ENV"):
        yield from _nearest(dockerfile, evaluated, line)


def _variables(dockerfile: Dockerfile, instruction: Instruction, evaluated: list[Evaluated]) -> Iterator[str]:
    given = pairs(instruction.text, instruction.args_at, dockerfile.escape, old_form=instruction.keyword == "ENV")
    for name in (pair.name.strip("\"'") for pair in given):
        if instruction.keyword == "ARG":
            yield _argument(name, evaluated)
        lines = [str(one.line) for one in dockerfile.instructions if one is not instruction and _uses(one, name)]
        used = f"used on line {', '.join(lines[:_MOST])}{' and later' if len(lines) > _MOST else ''}"
        yield f"{name} is {used if lines else 'used nowhere here'}"
        known = next((words for start, words in _READ_BY.items() if name.startswith(start)), "")
        if known:
            yield known


def _argument(name: str, evaluated: list[Evaluated]) -> str:
    """The values that builds give an argument, the most frequent first."""
    values = Counter(dict(one.build.args)[name].shown() for one in evaluated if name in dict(one.build.args))
    listed = [f"{value} in {times} of {len(evaluated)} builds" for value, times in values.most_common(_MOST)]
    rest = len(evaluated) - sum(values.values())
    if not listed:
        return f"no build gives {name}: it has its default"
    return f"{name} is {', '.join(listed)}" + (f", its default in {rest}" if rest else "")


def _uses(instruction: Instruction, name: str) -> bool:
    return re.search(rf"\$(?:{re.escape(name)}\b|\{{{re.escape(name)}\b)", instruction.text) is not None


def _copy(dockerfile: Dockerfile, instruction: Instruction) -> str:
    """What a COPY brings, and which later RUN names it."""
    words = [word.strip("[]\",'") for word in instruction.args.split()]
    names = [posixpath.basename(word.rstrip("/")) for word in words[:-1]]
    later = [one for one in dockerfile.instructions if one.line > instruction.line and one.keyword == "RUN"]
    readers = [str(one.line) for one in later if any(name and name in one.text for name in names)]
    brings = f"copies {', '.join(words[:-1][:_MOST])} to {words[-1]}" if len(words) > 1 else "copies"
    return f"{brings}; the RUN on line {', '.join(readers[:_MOST])} names it" if readers else brings


def _nearest(dockerfile: Dockerfile, evaluated: list[Evaluated], line: int) -> Iterator[str]:
    """The line nearest to another that names an image or installs something."""
    path = dockerfile.source.path
    lines = {use.span.line for one in evaluated for use in one.uses if use.span.path == path}
    lines |= {
        install.span.line
        for one in evaluated
        for stage in one.stages
        for install in stage.installs
        if install.span is not None and install.span.path == path
    }
    if lines:
        near = min(sorted(lines), key=lambda one: abs(one - line))
        yield (
            f"the nearest line that decides what the image computes with is {near}: "
            + dockerfile.source.line_text(near).strip()
        )
