"""A CPU image, or one for ROCm, installs something that exists for CUDA only.

## Why

`onnxruntime-gpu`, `nvidia-cudnn-cu12`, `cupy-cuda12x`, `libcudnn8`: each brings CUDA libraries into an image that
promises to have none, and most of them need a driver that is not there. Only what has no other use than CUDA is
listed. In an image for ROCm it is a warning. So is what brings libraries of CUDA along on x86-64 and has a twin
without (xgboost from 2.1 on, 200 MB of NCCL: xgboost-cpu).

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

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.requirement import Requirement
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a CUDA-only distribution in a CPU image, or in one for ROCm"
HINT = "install the distribution's CPU counterpart, or move this stage to the CUDA variant"
WEIGHT = 0
_FROM_AN_INDEX = ("pip", "uv")
_BOUNDED = late(r"[<~]|==")
_OF_BOTH = ("attention kernels",)
"""What packages are for whose sources compile for ROCm, too: flash-attn."""


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if image.expected == "cpu":
            yield from _brought(image)
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


def _brought(image: Image) -> Iterator[Problem]:
    """Yield what brings libraries of CUDA into a CPU image, where its maker has a build without."""
    platform = image.stage.platform
    elsewhere = "arm64" in image.evaluated.build.platform or platform is not None
    for install in () if elsewhere else image.state.installs:
        if install.tool not in _FROM_AN_INDEX or install.no_deps or install.conditional or install.sources:
            continue
        for requirement in install.requirements:
            row = facts.row_of("brings_cuda", requirement.name) if requirement.kind == "name" else None
            if row is None or requirement.span is None or requirement.maybe or not _is_newer(requirement, row["from"]):
                continue
            text = f"{requirement.written} brings {row['brings']}, which is for CUDA, but {image.label} is a cpu image"
            hint = f"take {row['instead']}: the same without"
            yield Problem(requirement.span, text, image.why, hint, image.doubt or Severity.WARNING, image.label)


def _is_newer(requirement: Requirement, first: str) -> bool:
    """Whether an install takes a release from a certain one on: it is pinned to such, or takes the newest."""
    if requirement.pin is not None:
        return facts.release_key(requirement.pin) >= facts.release_key(first)
    return not _BOUNDED.search(requirement.specifier)
