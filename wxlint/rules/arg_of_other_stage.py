"""A stage, or a FROM, uses a build argument that only another stage declares.

## Why

An `ARG` holds to the end of its stage, and in the stages that start from it. Anywhere else it is empty, whatever the
build gives: `if [ "$DEVICE" = cu118 ]` never holds, and what was moved into a second stage no longer knows which
variant it is for. A name that base images set themselves (`CUDA_VERSION`, `PYTHON_VERSION`) is left alone, and so is a
stage from an image that nothing is known of.

A FROM takes the arguments before the first FROM and no others: what a stage declares is empty there, and
`FROM nvidia/cuda:12.4.1-devel-${OS}` asks for a tag that nobody has.

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
from wxlint.rules._stage_variables import empty_arguments, heads_of, names_set, place_of_use

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Dockerfile

SEVERITY = Severity.WARNING
SUMMARY = "an argument that a stage uses and only another stage declares"
HINT = "repeat the ARG in the stage"
_OF_BUILDKIT = frozenset(f"{of}{what}" for of in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "ARCH", "VARIANT"))
"""Arguments that every FROM may take: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope."""


def check(repository: Repository) -> Iterator[Problem]:
    for path in repository.dockerfiles_in_scope:
        dockerfile = repository.dockerfiles[path]
        heads = heads_of(dockerfile)
        if not heads:
            continue
        places = _arguments(dockerfile, heads[0])
        yield from _in_heads(path, dockerfile, heads, places)
        for name, span in empty_arguments(repository, path, places if len(heads) > 1 else {}):
            text = f"{name} is empty in this stage: ARG {name} stands in another one"
            yield Problem(span, text, (Reason("arg", f"ARG {name}", path, places[name], name),))


def _in_heads(path: str, dockerfile: Dockerfile, heads: list[int], places: dict[str, int]) -> Iterator[Problem]:
    """The arguments that a FROM takes and only stages declare, each once."""
    for name in (one for one in places if one not in _OF_BUILDKIT):
        for instruction in (dockerfile.instructions[number] for number in heads):
            at = place_of_use(name, instruction)
            if at is not None:
                text = f"{name} is empty in this FROM: the only ARG {name} stands inside a stage"
                because = (Reason("arg", f"ARG {name}", path, places[name], name),)
                span = instruction.span(dockerfile.source, at, at + len(name))
                yield Problem(span, text, because, hint="declare it before the first FROM")
                break


def _arguments(dockerfile: Dockerfile, first: int) -> dict[str, int]:
    """The arguments that stages alone declare, with the line of the first. first: the number of the first FROM."""
    found: dict[str, int] = {}
    for number, instruction in enumerate(dockerfile.instructions):
        if instruction.keyword == "ARG":
            for name in names_set(dockerfile, instruction):
                found.setdefault(name, instruction.line if number > first else 0)
    return {name: line for name, line in found.items() if line}
