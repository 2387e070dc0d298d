"""A CPU image installs something that exists for CUDA only.

## Why

`onnxruntime-gpu`, `nvidia-cudnn-cu12`, `cupy-cuda12x`, `libcudnn8`: each brings CUDA libraries into an image that
promises to have none, and most of them need a driver that is not there. Only what has no other use than CUDA is
listed.

## Bad

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install onnxruntime-gpu
```

## Good

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install onnxruntime
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a CUDA-only distribution in a CPU image"
HINT = "install the distribution's CPU counterpart, or move this stage to the CUDA variant"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if image.expected != "cpu":
            continue
        for package in image.state.packages:
            if package.span is not None and not package.conditional:
                text = f"{package.written} is for CUDA only, but {image.label} is a cpu image"
                yield Problem(package.span, text, image.why, image=image.label)
