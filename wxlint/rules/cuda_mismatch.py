"""A package was built for another CUDA generation than the libraries it will find in the image.

## Why

Packages such as onnxruntime-gpu, cupy-cudaNNx, ctranslate2 or tensorflow take CUDA's libraries from the system, and
one major version does not load another's: `libcublasLt.so.11: cannot open shared object file`, or no message at all
and the CPU does the work. Torch brings its own libraries, but extensions that are compiled against it refuse a
toolkit of another major version.

## Bad

```dockerfile
FROM nvidia/cuda:12.3.2-cudnn9-runtime-ubuntu22.04
RUN pip install onnxruntime-gpu==1.17.1
```

```dockerfile
FROM nvidia/cuda:12.9.1-devel-ubuntu22.04
RUN pip install cupy-cuda13x
```

## Good

```dockerfile
FROM nvidia/cuda:12.3.2-cudnn9-runtime-ubuntu22.04
RUN pip install onnxruntime-gpu==1.20.1
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.facts import cuda_of_channel as cuda_of
from wxlint.facts.generation import cuda_major, same_cuda
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.target import Image, TorchStep
from wxlint.images.stack.packages import Accelerated
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.model import Torch
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a package built for another CUDA generation than the image holds"
HINT = "take the build for the CUDA of the base, or a base with the CUDA of the build"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        if image.base.accelerator != "cuda" or not stack.base.cuda:
            continue
        for package in stack.packages:
            if not package.conditional and _misses_its_cuda(package, image, stack):
                yield _problem(package, image, stack)
    for image, steps in repository.torch_steps:
        if image.base.accelerator == "cuda" and image.base.cuda and image.base.torch.channel == "none":
            yield from _default_torch(image, steps)


def _misses_its_cuda(package: Accelerated, image: Image, stack: Stack) -> bool:
    """Whether a package takes CUDA from the system, and nothing there is of its generation."""
    if package.libraries != "system" or not package.cuda or package.build not in ("cuda", "any"):
        return False
    if "" in stack.system_cuda:
        return False  # conda brings one that is not known
    there = [stack.base.cuda, *stack.system_cuda, *(library.cuda for library in stack.libraries())]
    there.append(_cuda_of(image.state.torch))
    return all(same_cuda(package.cuda, cuda) is False for cuda in there if cuda)


def _problem(package: Accelerated, image: Image, stack: Stack) -> Problem:
    what = f"{package.brought_by} brings {package.name}, which" if package.brought_by else package.written
    root = image.base.root
    span = package.span or (root.span if root is not None else image.stage.base.span)
    because = (reason_at("image", f"FROM {root.value.shown()}", root.span),) if root is not None else ()
    text = f"{what} is built for CUDA {package.cuda}, but {image.label} holds CUDA {stack.base.cuda}"
    hint = f"take a release that is built for CUDA {cuda_major(stack.base.cuda)}, or a base with CUDA {package.cuda}"
    severity = Severity.INFO if package.confidence == "unverified" else None
    return Problem(span, text, (*because, *image.why), hint, severity, image.label)


def _cuda_of(torch: Torch) -> str:
    """The CUDA version that torch brings along, "" when that is not known."""
    if torch.channel == "default":
        return facts.default_cuda(torch.version) or "" if torch.version else ""
    return cuda_of(torch.channel) or ""


def _default_torch(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield a pinned torch of the default index that ends up in the image, where its CUDA is not the base's."""
    for step in steps:
        choice = step.choices[0]
        version = choice.requirement.pin
        if choice.channel != "default" or choice.requirement.name != "torch" or not version or step.install.conditional:
            continue
        cuda = facts.default_cuda(version)
        if image.state.torch.channel != "default" or image.state.torch.version != version or not cuda:
            continue
        span = choice.requirement.span or step.install.span
        if span is not None and same_cuda(cuda, image.base.cuda or "") is False:
            text = f"the default build of torch {version} is for CUDA {cuda}, but the base holds CUDA {image.base.cuda}"
            hint = f"take torch from a channel for CUDA {cuda_major(image.base.cuda or '')}, or another base"
            yield Problem(span, text, image.base.because, hint, image=image.label)
