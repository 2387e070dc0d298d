"""A package that takes CUDA's libraries from the system, in a GPU image that has none of them.

## Why

CTranslate2, TensorFlow, onnxruntime-gpu and CuPy load cuBLAS and other libraries of CUDA from the system. In a plain
Python image there are none, and NVIDIA's `base` images hold the CUDA runtime alone; its `runtime` images add the
libraries. The package falls back to the CPU, or ends with `Library libcublas.so.12 is not found`.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install onnxruntime-gpu
```

```dockerfile
FROM nvidia/cuda:12.4.1-base-ubuntu22.04
RUN pip install faster-whisper
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
RUN pip install faster-whisper
```

```dockerfile
FROM python:3.11-slim
RUN pip install "onnxruntime-gpu[cuda,cudnn]"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import StageCopy
from wxlint.images.stack.base import flavour_of
from wxlint.images.stack.packages import Accelerated
from wxlint.images.stack.state import takes_cuda_from_nowhere
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a package that takes CUDA's libraries from a system without any"
HINT = "take a runtime image of NVIDIA's as the base, or the wheels that hold the libraries (nvidia-cublas-cu12)"
WEIGHT = 0
_MAY_BRING = late(
    r"(?i)cublas|cudart|cudnn|cuda[-_ ]?(?:toolkit|libraries|runtime|keyring)|local/cuda|cuda_\d|library_path"
)
"""Words of an instruction that may bring libraries of CUDA, or say where some lie."""


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        packages = [package for package in stack.packages if takes_cuda_from_nowhere(package, stack)]
        if packages and image.state.torch.channel in ("none", "cpu") and image.base.sure:
            yield from _packages(repository, packages, image)


def _packages(repository: Repository, packages: list[Accelerated], image: Image) -> Iterator[Problem]:
    root = image.base.root
    reference = root.reference if root is not None else None
    plain = image.base.accelerator == "cpu"
    if root is None or reference is None or image.expected not in (None, "cuda"):
        return
    if not plain and not (reference.path.endswith("nvidia/cuda") and flavour_of(reference) == "base"):
        return
    if any(_MAY_BRING.search(text) for text in _instructions(image)) or _may_copy_cuda(repository, image):
        return
    has = f"{image.label} holds none" if plain else f"{root.value.shown()} holds the CUDA runtime alone"
    for package in packages:
        if package.cudnn and not plain:
            continue  # cudnn-mismatch speaks of it
        if plain and image.expected is None and (package.build != "cuda" or package.brought_by):
            continue  # nothing says that it is to compute on a GPU
        if image.state.installs[package.step].handled:
            continue  # another may be installed in its place
        if image.state.installs[package.step].sources:
            continue  # the builds of another index may bring theirs
        what = f"{package.brought_by} brings {package.name}, which" if package.brought_by else package.written
        text = f"{what} takes CUDA's libraries from the system, and {has}"
        because = (*image.installer(package.step), *image.why)
        yield Problem(package.span or root.span, text, because, image=image.label)


def _instructions(image: Image) -> Iterator[str]:
    for stage in contributing(image.evaluated, image.stage):
        for instruction in image.evaluated.instructions_of(stage):
            if instruction.keyword in ("RUN", "COPY", "ADD", "ENV"):
                yield instruction.text


def _may_copy_cuda(repository: Repository, image: Image) -> bool:
    """Whether a COPY --from takes files of an image that holds CUDA, or of one that is not known."""
    evaluated, beliefs = image.evaluated, repository.graph.beliefs
    copies = [
        step for stage in contributing(evaluated, image.stage) for step in stage.steps if isinstance(step, StageCopy)
    ]
    sources = [evaluated.stages[step.stage] for step in copies if step.stage is not None]
    return len(sources) < len(copies) or any(beliefs.base(evaluated, one).accelerator != "cpu" for one in sources)
