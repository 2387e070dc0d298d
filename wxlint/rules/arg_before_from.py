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

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.rules._stage_variables import empty_arguments, heads_of, names_set

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Dockerfile

SEVERITY = Severity.WARNING
SUMMARY = "an argument that a stage uses and only the lines before the first FROM declare"
HINT = "repeat the ARG in the stage"


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        if dockerfile.instructions and dockerfile.instructions[0].keyword == "ARG":
            yield from _of_file(repository, path, dockerfile)


def _of_file(repository: Repository, path: str, dockerfile: Dockerfile) -> Iterator[Problem]:
    heads = heads_of(dockerfile)
    places = _arguments(dockerfile, heads)
    for name, span in empty_arguments(repository, path, places):
        text = f"{name} is empty in this stage: the only ARG {name} stands before the first FROM"
        yield Problem(span, text, (Reason("arg", f"ARG {name}", path, places[name], name),))


def _arguments(dockerfile: Dockerfile, heads: list[int]) -> dict[str, int]:
    """The arguments before the first FROM, with their lines."""
    return {
        name: instruction.line
        for instruction in dockerfile.instructions[: heads[0] if heads else 0]
        if instruction.keyword == "ARG"
        for name in names_set(dockerfile, instruction)
    }
