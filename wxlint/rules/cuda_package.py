"""A CPU image, or one for ROCm, installs something that exists for CUDA only.

## Why

`onnxruntime-gpu`, `nvidia-cudnn-cu12`, `cupy-cuda12x`, `libcudnn8`: each brings CUDA libraries into an image that
promises to have none, and most of them need a driver that is not there. Only what has no other use than CUDA is
listed. In an image for ROCm it is a warning.

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
SUMMARY = "a CUDA-only distribution in a CPU image, or in one for ROCm"
HINT = "install the distribution's CPU counterpart, or move this stage to the CUDA variant"
WEIGHT = 0
_OF_BOTH = ("attention kernels",)
"""What packages are for whose sources compile for ROCm, too: flash-attn."""


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        kind = image.expected or ("rocm" if image.base.accelerator == "rocm" else None)
        if kind not in ("cpu", "rocm"):
            continue
        for package in image.state.packages:
            if package.span is None or package.conditional or (kind == "rocm" and package.row["what"] in _OF_BOTH):
                continue
            text = f"{package.written} is for CUDA only, but {image.label} is a {kind} image"
            if kind == "rocm":
                hint = "take its build for ROCm, or leave it out"
                yield Problem(package.span, text, image.why, hint, image.doubt or Severity.WARNING, image.label)
            else:
                yield Problem(package.span, text, image.why, image=image.label)
