"""A stage uses a build argument that only another stage declares.

## Why

An `ARG` holds to the end of its stage, and in the stages that start from it. Anywhere else it is empty, whatever the
build gives: `if [ "$DEVICE" = cu118 ]` never holds, and what was moved into a second stage no longer knows which
variant it is for. A name that base images set themselves (`CUDA_VERSION`, `PYTHON_VERSION`) is left alone, and so is a
stage from an image that nothing is known of.

## Bad

```dockerfile
FROM python:3.11-slim AS build
ARG DEVICE=cpu
RUN pip install torch --index-url https://download.pytorch.org/whl/${DEVICE}

FROM python:3.11-slim
COPY --from=build /usr/local /usr/local
RUN if [ "$DEVICE" = cu118 ]; then ln -s libnvrtc-builtins.so.11.8 /usr/local/lib/libnvrtc.so; fi
```

## Good

```dockerfile
FROM python:3.11-slim AS build
ARG DEVICE=cpu
RUN pip install torch --index-url https://download.pytorch.org/whl/${DEVICE}

FROM python:3.11-slim
ARG DEVICE=cpu
COPY --from=build /usr/local /usr/local
RUN if [ "$DEVICE" = cu118 ]; then ln -s libnvrtc-builtins.so.11.8 /usr/local/lib/libnvrtc.so; fi
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
SUMMARY = "an argument that a stage uses and only another stage declares"
HINT = "repeat the ARG in the stage"


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        heads = heads_of(dockerfile)
        places = _arguments(dockerfile, heads[0]) if len(heads) > 1 else {}
        for name, span in empty_arguments(repository, path, places):
            text = f"{name} is empty in this stage: ARG {name} stands in another one"
            yield Problem(span, text, (Reason("arg", f"ARG {name}", path, places[name], name),))


def _arguments(dockerfile: Dockerfile, first: int) -> dict[str, int]:
    """The arguments that stages alone declare, with the line of the first. first: the number of the first FROM."""
    found: dict[str, int] = {}
    for number, instruction in enumerate(dockerfile.instructions):
        if instruction.keyword == "ARG":
            for name in names_set(dockerfile, instruction):
                found.setdefault(name, instruction.line if number > first else 0)
    return {name: line for name, line in found.items() if line}
