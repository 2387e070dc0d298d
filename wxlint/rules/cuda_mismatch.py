"""A package was built for another CUDA generation than the libraries it will find in the image.

## Why

Packages such as onnxruntime-gpu, cupy-cudaNNx, ctranslate2 or tensorflow take CUDA's libraries from the system, and one
major version does not load another's: `libcublasLt.so.11: cannot open shared object file`, or no message at all and the
CPU does the work. Torch brings its own libraries, but extensions that are compiled against it refuse a toolkit of
another major version. A torch that nothing pins moves along with its releases: on an older base that is information,
since it runs where the driver is new enough (the base asks for an older one, so that the container starts and torch
finds no GPU), and a warning beside what compiles against it (deepspeed, flash-attn). conda's `cudatoolkit` of another
generation than torch and the base have is information, too: nothing that is known of the image uses it. Libraries of
RAPIDS for two generations (`cudf-cu12` beside `cuml-cu11`) overwrite each other's parts. bitsandbytes has a library for
each of several CUDA versions, and takes the one of torch's: an old release has none for a newer torch.

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

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.facts import cuda_of_channel as cuda_of
from wxlint.facts.accelerated import AFTER_ALL, holds_newest, upper_bound
from wxlint.facts.generation import cuda_major, same_cuda
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.packages import NEEDS_TOOLKIT, Accelerated
from wxlint.images.stack.state import Stack
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.installs.requirement import Requirement
    from wxlint.images.stack.torch.reach import Reach

SEVERITY = Severity.WARNING
SUMMARY = "a package built for another CUDA generation than the image holds"
HINT = "take the build for the CUDA of the base, or a base with the CUDA of the build"
WEIGHT = 0
_APT_CUDA = late(
    r"^(?:lib(?:cudnn|nccl|nvinfer|nvonnxparsers|nvparsers)|tensorrt)\S*?(?:\+cuda|-cuda-)(\d+)(?:[.-](\d+))?"
)
_OLD_PYTHON = late(r"(?<![\d.])3\.[5-9](?!\d)|\b(?:py|cp)3[5-9](?!\d)")


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        if image.base.accelerator == "cuda" and stack.base.cuda:
            for package in stack.packages:
                if not package.conditional and _misses_its_cuda(package, image, stack):
                    yield _problem(package, image, stack)
            yield from _newest_torch(image, stack, stack.base.cuda)
            yield from _of_the_system(image, stack)
        elif image.base.accelerator == "cpu" and image.expected in (None, "cuda"):
            yield from _wheels_alone(image, stack)
        if image.base.accelerator == "cpu" and "" not in stack.system_cuda and len(set(stack.system_cuda)) == 1:
            yield from _newest_torch(image, stack, stack.system_cuda[0])
        yield from _of_conda(image, stack)
        yield from _together(image, stack)
        for package in stack.packages:
            if facts.has_row("torch_libraries", package.name):
                yield from _without_library(image, package, _cudas_of_torch(image, stack))
    for image, steps in repository.torch_steps:
        if image.base.accelerator == "cuda" and image.base.cuda and image.state.external_torch.channel == "none":
            yield from _default_torch(image, steps)


def _chooses_library(image: Image, variable: str) -> bool:
    """Whether a Dockerfile says by a variable which library is loaded, or compiles one."""
    text = image.evaluated.dockerfile.source.text
    return variable in text or "--no-binary" in text


def _without_library(image: Image, package: Accelerated, cudas: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a package that holds a library for each of several CUDA versions, and none for torch's.

    cudas: the versions that torch may be built for.
    """
    limit, included = upper_bound(package.specifier)
    rows = facts.rows_of("torch_libraries", package.name)
    row = next((row for row in rows if holds_newest(row, limit, included)), None)
    if row is None or limit == AFTER_ALL or package.conditional or package.span is None or "://" in package.written:
        return
    if not cudas or not all(cuda[:1].isdigit() for cuda in cudas) or _chooses_library(image, row["variable"]):
        return
    there = row["cudas"].split()
    if any(same_cuda(one, cuda) if row["fallback"] else one == cuda for one in there for cuda in cudas):
        return
    what = f"{package.brought_by} brings {package.name}, which" if package.brought_by else package.written
    text = f"{what} has libraries for CUDA {there[0]} to {there[-1]}, and none for torch's CUDA {_span_of(cudas)}"
    because = (*image.state.torch.because, *image.installer(package.step))
    hint = f"take a release of {package.name} that has one, or torch from a channel for CUDA {there[-1]} or older"
    yield Problem(package.span, text, because, hint, None if included else Severity.INFO, image.label)


_RAPIDS = late(r"(?:cudf|cuml|cugraph|cuspatial|cucim|cuvs|cuxfilter|pylibraft|raft-dask|rmm|dask-cudf)-cu(\d\d)")
"""Libraries that stand on each other: one brings others of its own generation."""


def _together(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a library of RAPIDS for another CUDA generation than one before it: both bring rmm, and one overwrites the
    other's."""
    first: tuple[str, str] | None = None
    for package in stack.packages:
        match = _RAPIDS.fullmatch(package.name)
        if match is None or package.conditional or package.brought_by or package.span is None:
            continue
        if first is None:
            first = package.written, match[1]
        elif first[1] != match[1]:
            text = f"{package.written} is for CUDA {match[1]}, and {first[0]} for CUDA {first[1]}: they share libraries"
            hint = "take all libraries of RAPIDS for one generation of CUDA"
            yield Problem(package.span, text, image.installer(package.step), hint, image=image.label)
            return


def _misses_its_cuda(package: Accelerated, image: Image, stack: Stack) -> bool:
    """Whether a package takes CUDA from the system, and nothing there is of its generation."""
    if package.libraries != "system" or not package.cuda or package.build not in ("cuda", "any"):
        return False
    if "" in stack.system_cuda:
        return False  # conda brings one that is not known
    there = [stack.base.cuda, *stack.system_cuda, *(library.cuda for library in stack.libraries())]
    if not all(same_cuda(package.cuda, cuda) is False for cuda in there if cuda):
        return False
    return all(same_cuda(package.cuda, cuda) is False for cuda in _cudas_of_torch(image, stack) if cuda)


def _problem(package: Accelerated, image: Image, stack: Stack) -> Problem:
    what = f"{package.brought_by} brings {package.name}, which" if package.brought_by else package.written
    root = image.base.root
    span = package.span or (root.span if root is not None else image.stage.base.span)
    because = (reason_at("image", f"FROM {root.value.shown()}", root.span),) if root is not None else ()
    text = f"{what} is built for CUDA {package.cuda}, but {image.label} holds CUDA {stack.base.cuda}"
    hint = f"take a release that is built for CUDA {cuda_major(stack.base.cuda)}, or a base with CUDA {package.cuda}"
    severity = Severity.INFO if package.confidence == "unverified" or not image.base.sure else None
    because = (*because, *image.installer(package.step), *image.why)
    return Problem(span, text, because, hint, severity, image.label)


def _cudas_of_torch(image: Image, stack: Stack) -> tuple[str, ...]:
    """The CUDA versions that torch may bring along, of one that depends on the Python; empty where that is not
    known."""
    torch = image.state.torch
    if torch.channel == "default":
        if torch.version is not None:
            return (facts.default_cuda(torch.version) or "",)
        reach = _reach(image, stack)
        return reach.cudas if reach is not None else ()
    return (cuda_of(torch.channel) or "",)


def _reach(image: Image, stack: Stack) -> Reach | None:
    if image.state.torch.channel != "default" or image.state.torch.version is not None:
        return None
    from wxlint.images.stack.torch.reach import reach_of

    return reach_of(image.state.torch, image.state.installs, stack.python)


def _wheels_alone(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield what takes CUDA from the system, in an image whose only CUDA is that of torch's or NVIDIA's wheels, of
    another generation. What can do without CUDA counts in a GPU image alone."""
    if stack.unread or stack.system_cuda:
        return
    there = [*(each.cuda for each in stack.libraries()), *_cudas_of_torch(image, stack)]
    if not there or "" in there or "cpu" in there:
        return
    builds = ("cuda", "any") if image.expected == "cuda" else ("cuda",)
    for package in stack.packages:
        if package.conditional or package.libraries != "system" or package.build not in builds:
            continue
        if package.cuda and all(same_cuda(package.cuda, cuda) is False for cuda in there):
            what = f"{package.brought_by} brings {package.name}, which" if package.brought_by else package.written
            held = " and ".join(dict.fromkeys(cuda_major(cuda) for cuda in there))
            text = f"{what} is built for CUDA {package.cuda}, and {image.label} holds the wheels of CUDA {held} alone"
            because = (*image.state.torch.because, *image.installer(package.step), *image.why)
            hint = f"take a base with CUDA {cuda_major(package.cuda)}, or torch from a channel for it"
            severity = Severity.INFO if package.confidence == "unverified" else None
            yield Problem(package.span or image.stage.base.span, text, because, hint, severity, image.label)


def _newest_torch(image: Image, stack: Stack, there: str) -> Iterator[Problem]:
    """Yield an unpinned torch of the default index, where whichever release comes is not for the CUDA that is there."""
    reach = _likely_reach(image, stack) if image.state.external_torch.channel == "none" else None
    if reach is None or any(cuda == "cpu" or same_cuda(cuda, there) is not False for cuda in reach.cudas):
        return
    choice = reach.choice
    span = choice.requirement.span or choice.install.span
    row = facts.torch_release(reach.releases[-1])
    compiled = next((p for p in stack.packages if p.name in NEEDS_TOOLKIT and not p.conditional), None)
    of_base = image.base.accelerator == "cuda"
    if choice.install.conditional or span is None or row is None or (compiled is None and not of_base):
        return
    takes = f"{choice.requirement.written} {'brings' if choice.implied else 'takes'} torch"
    text = (
        f"{takes} {_span_of(reach.releases)} for CUDA {_span_of(reach.cudas)} from the default index "
        f"(as of {row.row['verified_on']}), but {'the base' if of_base else image.label} holds CUDA {there}"
    )
    because = (*image.base.because, *choice.install.reasons)
    if compiled is not None:
        text += f", and {compiled.name} compiles against torch with it"
        because = (reason_at("install", compiled.written, compiled.span), *because)
    else:
        text += f": it needs driver {facts.min_driver(reach.cudas[0])} or newer, and nothing of the base's CUDA"
    hint = f"pin torch, from a channel for CUDA {cuda_major(there)}, or take a base with the CUDA of the build"
    certain = compiled is not None and image.base.sure and reach.sure
    yield Problem(span, text, because, hint, None if certain else Severity.INFO, image.label)


def _likely_reach(image: Image, stack: Stack) -> Reach | None:
    """Where the torch leads to; for a Python in support, where neither the base nor the Dockerfile is of an older
    time."""
    torch = image.state.torch
    if torch.version is not None or torch.channel not in ("default", "unknown"):
        return None
    from wxlint.images.stack.torch.reach import likely_reach_of  # only where a torch is open

    root = image.base.root.reference if image.base.root is not None else None
    of_base = facts.python_of_system(root.path, root.tag or "") if root is not None else ""
    old = facts.release_key(of_base) < facts.release_key("3.10") or bool(
        _OLD_PYTHON.search(image.evaluated.dockerfile.source.text)
    )
    return likely_reach_of(torch, image.state.installs, stack.python, old_python=old)


def _of_the_system(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield NVIDIA's packages of the distribution (cuDNN, TensorRT, NCCL) whose version or name is for another CUDA."""
    for install in image.state.installs:
        if install.tool != "apt" or install.conditional or install.removes:
            continue
        for requirement in install.requirements:
            newest = _newest_cudnn(requirement, image, stack)
            if newest is not None:
                yield newest
            match = _APT_CUDA.search(requirement.written) if requirement.span is not None else None
            cuda = f"{match[1]}.{match[2]}" if match is not None and match[2] else match[1] if match is not None else ""
            there = [image.base.cuda or "", *stack.system_cuda]
            if requirement.span is None or not all(same_cuda(cuda, one) is False for one in there):
                continue
            text = f"{requirement.written} is for CUDA {cuda}, but {image.label} holds CUDA {image.base.cuda}"
            hint = f"take the package's build for CUDA {cuda_major(image.base.cuda or '')}"
            severity = None if image.base.sure else Severity.INFO
            yield Problem(requirement.span, text, (*image.base.because, *image.why), hint, severity, image.label)


def _newest_cudnn(requirement: Requirement, image: Image, stack: Stack) -> Problem | None:
    """A cuDNN 8 that nothing pins, on a base for CUDA 11: NVIDIA's source has builds for 11 and 12, apt takes the last.

    https://developer.download.nvidia.com/compute/cuda/repos: 8.9.7.29-1+cuda12.2 is newer than 8.9.7.29-1+cuda11.8.
    """
    ours = stack.base.cudnn == "none" and cuda_major(image.base.cuda or "") == "11"  # one of NVIDIA's own, without it
    if not ours or requirement.span is None or requirement.written not in ("libcudnn8", "libcudnn8-dev"):
        return None
    if "preferences" in image.evaluated.dockerfile.source.text:
        return None  # of apt: they may choose the build
    text = f"{requirement.written} without a version is the newest build, for CUDA 12: the base holds {image.base.cuda}"
    hint = f"take a base with cudnn8 in its tag, or {requirement.written}=8.9.7.29-1+cuda11.8"
    return Problem(requirement.span, text, (*image.base.because, *image.why), hint, Severity.INFO, image.label)


def _of_conda(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield the toolkit of conda that nothing in the image is built for: neither its torch, nor its base."""
    there = [cuda for cuda in (image.base.cuda or "", *_cudas_of_torch(image, stack)) if cuda]
    for install in image.state.installs:
        for requirement in install.requirements if install.tool == "conda" and not install.conditional else ():
            cuda = requirement.pin or ""
            if requirement.name != "cudatoolkit" or not cuda or requirement.span is None or not there:
                continue
            users = [package.cuda for package in stack.packages if package.libraries == "system"]
            if any(same_cuda(cuda, one) is not False for one in (*there, *users)):
                continue
            held = " and ".join(dict.fromkeys(there))
            text = f"{requirement.written} brings CUDA {cuda}, and {image.label} computes with CUDA {held}"
            because = (*image.base.because, *image.state.torch.because)
            hint = "leave it out, unless a package that is built for it needs it"
            yield Problem(requirement.span, text, because, hint, Severity.INFO, image.label)


def _span_of(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"


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
            severity = None if image.base.sure else Severity.INFO
            because = (*image.base.because, *step.install.reasons)
            yield Problem(span, text, because, hint, severity, image.label)
