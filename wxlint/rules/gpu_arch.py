"""A build does not reach the GPUs that it is for.

## Why

GPU code is compiled for compute capabilities. On others torch says `no kernel image is available for execution on the
device`, at the first kernel: a cu126 build on a Blackwell card (12.0), a cu130 build on a V100 (7.0). Code for one
major version runs on its later minor ones, PTX (`9.0+PTX`) on all later ones. The policy says which GPUs an image is
for (`expect: {gpu-arch: ["8.0", "12.0"]}`); torch's own builds and `TORCH_CUDA_ARCH_LIST` must reach them. Without a
policy, a `TORCH_CUDA_ARCH_LIST` with a capability that the nvcc of the base does not compile for is found.

## Bad

```yaml wxlint.yaml
wxlint: 1
image: example/{stage}
variants:
  cuda: {stages: [asr], expect: {gpu-arch: ["12.0"]}}
```

```dockerfile docker/asr/Dockerfile
FROM python:3.12-slim
RUN pip install torch==2.9.1 --index-url https://download.pytorch.org/whl/cu126
```

```dockerfile
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
ENV TORCH_CUDA_ARCH_LIST="8.0;9.0;12.0"
RUN pip install flash-attn==2.7.4.post1 --no-build-isolation
```

## Good

```yaml wxlint.yaml
wxlint: 1
image: example/{stage}
variants:
  cuda: {stages: [asr], expect: {gpu-arch: ["12.0"]}}
```

```dockerfile docker/asr/Dockerfile
FROM python:3.12-slim
RUN pip install torch==2.9.1 --index-url https://download.pytorch.org/whl/cu128
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a build that does not reach the GPUs it is for"
HINT = "take a channel or a list of capabilities that reaches them"

_LIST = late(r"(?<![\w$])TORCH_CUDA_ARCH_LIST(?:=|[ \t]+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"';&|]+)")


class _Written(NamedTuple):
    """A TORCH_CUDA_ARCH_LIST as it is written. listed: its capabilities."""

    text: str
    listed: tuple[str, ...]
    span: Span


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        wanted = image.expectation.gpu_arch if image.expectation is not None else ()
        if wanted and steps:
            yield from _torch(image, wanted)
        if "TORCH_CUDA_ARCH_LIST" in image.evaluated.dockerfile.source.text:
            for written in _lists(image):
                yield from _list(image, written, wanted)


def _torch(image: Image, wanted: tuple[str, ...]) -> Iterator[Problem]:
    """Yield torch's own build where it does not reach the GPUs of the policy."""
    from wxlint.facts.gpu_archs import reaches, torch_archs

    torch = image.state.torch
    if not torch.version or torch.span is None:
        return
    machine = _machine(image)
    built = torch_archs(torch.version, torch.channel, machine) if machine else None
    if built is None:
        return
    missing = [capability for capability in wanted if not reaches(built.listed, capability)]
    if missing:
        what = "from the default index" if torch.channel == "default" else f"for {torch.channel}"
        text = (
            f"torch {torch.version} {what} is compiled for {', '.join(built.listed)}, "
            f"but {image.label} is for GPUs of {', '.join(missing)} too"
        )
        severity = Severity.INFO if built.confidence == "unverified" else None
        yield Problem(torch.span, text, (*torch.because, *_why(image)), severity=severity, image=image.label)


def _machine(image: Image) -> str:
    """The machine of an image; that of a build which says nothing is x86_64."""
    found = {install.environment.machine for install in image.installs} - {None}
    return next(iter(found)) or "" if len(found) == 1 else "" if found else "x86_64"


def _why(image: Image) -> tuple[Reason, ...]:
    path = image.reasons[0].path if image.reasons else ""
    wanted = image.expectation.gpu_arch if image.expectation is not None else ()
    return (*image.why, Reason("policy", f"gpu-arch: {', '.join(wanted)}", path)) if wanted else image.why


def _lists(image: Image) -> Iterator[_Written]:
    """Yield the lists that instructions of an image set, without those that hold a variable."""
    from wxlint.facts.gpu_archs import arch_list

    given = {name for name, _ in image.evaluated.build.args}
    source = image.evaluated.dockerfile.source
    for stage in contributing(image.evaluated, image.stage):
        for instruction in image.evaluated.instructions_of(stage):
            if instruction.keyword not in ("ENV", "RUN", "ARG"):
                continue
            if instruction.keyword == "ARG" and "TORCH_CUDA_ARCH_LIST" in given:
                continue
            for found in _LIST.finditer(instruction.text):
                text = found["value"].strip("\"'")
                listed = arch_list(text) if text and "$" not in text else None
                if listed:
                    yield _Written(text, listed, instruction.span(source, found.start(), found.end()))


def _list(image: Image, written: _Written, wanted: tuple[str, ...]) -> Iterator[Problem]:
    from wxlint.facts.gpu_archs import nvcc_compiles, reaches

    cuda, root = image.base.cuda, image.base.root
    if cuda and image.base.accelerator == "cuda":
        unknown = [arch for arch in written.listed if nvcc_compiles(arch, cuda) is False]
        if unknown:
            text = f"nvcc of CUDA {cuda} does not compile for {', '.join(unknown)}"
            because = (reason_at("image", f"FROM {root.value.shown()}", root.span),) if root is not None else ()
            hint = "take it out of the list, or a base whose CUDA knows it"
            yield Problem(written.span, text, because, hint, Severity.WARNING, image.label)
    missing = [capability for capability in wanted if not reaches(written.listed, capability)]
    if missing:
        text = f"what is compiled for {written.text} does not reach GPUs of {', '.join(missing)}"
        yield Problem(written.span, text, _why(image), image=image.label)
