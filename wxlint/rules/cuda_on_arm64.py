"""A CUDA image is built for linux/arm64 too, where its torch has no CUDA build.

## Why

For aarch64 the package index has CPU builds of torch before 2.11, under the same name and without a word; the channels
up to cu121 have no builds at all. The arm64 half of such a tag computes on the CPU, or is not built.
231 public trees had 8 such builds, all true.

## Bad

```dockerfile Dockerfile.cuda
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN pip install torch==2.6.0
```

```sh
docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.cuda -t example/asr:1.0-cuda --push .
```

## Good

```dockerfile Dockerfile.cuda
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN pip install torch==2.6.0
```

```sh
docker buildx build --platform linux/amd64 -f Dockerfile.cuda -t example/asr:1.0-cuda --push .
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.graph.image import Image
    from wxlint.images.stack.torch.model import Torch

SEVERITY = Severity.WARNING
SUMMARY = "a CUDA image that is built for arm64, where its torch has no CUDA"
HINT = "build the CUDA variant for linux/amd64 only, or install a torch that has CUDA for aarch64"

_WITHOUT_ARM64 = frozenset(("cu102", "cu113", "cu116", "cu117", "cu118", "cu121"))
"""Channels that never had a build for aarch64."""


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if image.stage is not image.evaluated.target(image.evaluated.build.target):
            continue
        lacking, torch = _lacking(image)
        if not lacking:
            continue
        for build in repository.graph.evaluations.alike(image.evaluated.build):
            if build.span is not None and "linux/arm64" in (*build.platforms, build.platform):
                why = (*torch.because, *image.reasons, *build.built_by)
                yield Problem(build.span, lacking, why, image=image.label)


def _lacking(image: Image) -> tuple[str, Torch]:
    """What an arm64 build of an image lacks; "" where nothing is known to be missing."""
    for torch in (image.base.torch, image.state.torch):
        if torch.channel in _WITHOUT_ARM64:
            return f"channel {torch.channel} of torch has no builds for linux/arm64", torch
    torch = image.state.torch
    if torch.channel == "default" and torch.version and facts.default_cuda(torch.version, "aarch64") == "cpu":
        if image.expected == "cuda":
            return f"torch {torch.version} of the default index is a CPU build on linux/arm64", torch
    return "", torch
