"""A GPU image installs the CPU build of a package that has one for GPUs.

## Why

`jax`, `onnxruntime`, `paddlepaddle`, `faiss-cpu`, `tensorflow-cpu` compute on the CPU wherever they run, and say
nothing about it. conda solves for the machine it runs on: without a GPU in sight, as in every image build,
conda-forge's `pytorch` comes out as a CPU build, and so may that of PyTorch's own channel where only `cudatoolkit`
stands beside it: since 1.13 it is `pytorch-cuda` that chooses. llama-cpp-python is compiled, without CUDA unless
CMAKE_ARGS asks for it; detectron2, mmcv and torch-scatter look for a GPU while they are compiled, and find none without
`FORCE_CUDA=1`. Debian and Ubuntu build `python3-torch` for the CPU, and on arm64 so is the default index's torch before
2.11. What comes along without being asked for is left alone, but not what an extra asks for where another is for a GPU
(`rembg[cpu]`). Beside another package that does compute on the GPU a CPU build may be meant (a voice detector on
onnxruntime), and is information only.

## Bad

```dockerfile Dockerfile.gpu
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
RUN pip install jax
```

```dockerfile Dockerfile.gpu
FROM mambaorg/micromamba:2.1.1-cuda12.6.3-ubuntu24.04
RUN micromamba install -y -n base -c conda-forge python=3.11 pytorch
```

## Good

```dockerfile Dockerfile.gpu
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
RUN pip install "jax[cuda12]"
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image, TorchStep, contributing
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.images.stack.packages import COMPILED, Accelerated
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.conda_builds import is_of_pytorch_cuda
from wxlint.images.stack.torch.model import Choice
from wxlint.rules import Problem

_CHOOSING = frozenset(("pytorch-cuda", "pytorch-gpu", "pytorch-mutex", "cuda-version", "cpuonly", "pytorch-cpu"))
"""Packages of conda that choose a build of pytorch."""

SEVERITY = Severity.WARNING
SUMMARY = "the CPU build of a package in a GPU image"
HINT = "install the package's build for CUDA"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        if _is_for_cuda(image):
            yield from _packages(image, stack)
            yield from _compiled(image)
            yield from _packaged(image)
    for image, steps in repository.torch_steps:
        if _is_for_cuda(image):
            yield from _conda(image, steps)
            yield from _of_arm64(image, steps)
    yield from _scripts(repository)


def _scripts(repository: Repository) -> Iterator[Problem]:
    """Yield scripts that compile llama-cpp-python for a GPU by a name that is gone, when a container starts, say."""
    for script in repository.documents.inputs:
        source = repository.sources.loaded.get(script.path) if script.kind == "shell" else None
        if source is None or "LLAMA_CUBLAS" not in source.text:
            continue
        from wxlint.images.stack.compiled import LLAMA_HINT, asks_in_vain

        found = asks_in_vain(source.text)
        if found is not None:
            text = "llama-cpp-python is compiled with LLAMA_CUBLAS, which its releases from 0.2.80 on refuse"
            yield Problem(source.span(*found.span(1)), text, hint=LLAMA_HINT)


def _is_for_cuda(image: Image) -> bool:
    return image.expected == "cuda" or (image.expected is None and image.base.accelerator == "cuda")


def _packages(image: Image, stack: Stack) -> Iterator[Problem]:
    built = {
        package.module for package in stack.packages if package.build in ("cuda", "any", "rocm") and package.module
    }
    torch = image.state.torch.channel
    computes = torch not in ("none", "cpu") or any(p.build in ("cuda", "any") and p.module for p in stack.packages)
    for package in stack.packages:
        if package.build != "cpu" or not package.counterpart or package.conditional:
            continue
        extra = _extra_for_gpu(package, image) if package.brought_by else ""
        if package.brought_by and not extra:
            continue
        if package.module in built or package.span is None or _made_cuda(package, stack, image):
            continue
        if _is_locked(package, image):
            continue
        what = f"{package.written} brings {package.name}, which" if extra else package.written
        text = f"{what} is a CPU build, but {image.label} is a cuda image"
        severity = Severity.INFO if computes else image.doubt
        because = (*image.base.because, *image.installer(package.step), *image.why)
        yield Problem(package.span, text, because, f"install {extra or package.counterpart}", severity, image.label)


def _extra_for_gpu(package: Accelerated, image: Image) -> str:
    """The requirement with the extra for a GPU ("rembg[gpu]"), where an extra for a CPU brings a package; "" for what
    comes along without an extra: nobody chose it."""
    for requirement in (one for install in image.installs for one in install.requirements):
        if requirement.name != package.brought_by or requirement.where != package.where:
            continue
        name, specifier = requirement.name, requirement.specifier
        extra = facts.extra_that_brings(name, specifier, package.counterpart)
        plainly = package.name in dict(facts.carried(name, specifier))
        return f"{name}[{extra}]" if extra and not plainly else ""
    return ""


def _is_locked(package: Accelerated, image: Image) -> bool:
    """Whether a list that pins all it installs names a package which another one of the list needs: nobody chose it."""
    return any(
        all(requirement.pin for requirement in install.requirements)
        and any(requirement.where == package.where for requirement in install.requirements)
        and any(
            package.name in dict(facts.carried(one.name, one.specifier, one.extras)) for one in install.requirements
        )
        for install in image.installs
        if len(install.requirements) > _FEW
    )


_FEW = 10
"""Packages that somebody may name and pin by hand."""


def _compiled(image: Image) -> Iterator[Problem]:
    """Yield packages that are compiled without CUDA, since nothing asks for it, and stay."""
    for number, install in enumerate(image.installs):
        for requirement in install.requirements:
            later = image.installs[number + 1 :] if requirement.name in COMPILED else ()
            if requirement.name not in COMPILED or any(_makes_anew(requirement.name, one) for one in later):
                continue
            from wxlint.images.stack.compiled import without_cuda

            found = without_cuda(requirement, install)
            span = requirement.span or install.span
            if found is None or span is None:
                continue
            if found.gone and install.span is not None:
                span = install.span  # where the flags stand
            because = (*image.base.because, *install.reasons, *image.why)
            text = f"{requirement.written} {found.text}"
            if not found.gone:
                text += f", but {image.label} is a cuda image"
            yield Problem(span, text, because, found.hint, image.doubt, image.label)


def _makes_anew(name: str, install: Install) -> bool:
    """Whether an install takes a package that is there away, or makes it once more."""
    named = any(requirement.name == name for requirement in install.requirements)
    return named and (install.removes or install.reinstall or install.upgrade)


_DEBIAN = late(r"ubuntu|debian|bullseye|bookworm|trixie|focal|jammy|noble")
"""Distributions of which the image's name tells; Fedora's package of the same name is for ROCm."""


def _packaged(image: Image) -> Iterator[Problem]:
    """Yield torch of Debian's packages, which no library for a GPU stands behind: its metadata name none."""
    root = image.base.root
    if root is None or not _DEBIAN.search(root.value.text) or image.state.torch.channel != "unknown":
        return
    for install in image.installs:
        for requirement in install.requirements:
            if install.tool != "apt" or install.removes or install.conditional or requirement.name != "python3-torch":
                continue
            span = requirement.span or install.span
            if span is not None and image.state.torch.span == install.span:
                text = f"python3-torch of the distribution is a CPU build, but {image.label} is a cuda image"
                hint = "install torch with pip from the index of its CUDA channel"
                because = (*image.base.because, *install.reasons, *image.why)
                yield Problem(span, text, because, hint, image.doubt, image.label)


def _made_cuda(package: Accelerated, stack: Stack, image: Image) -> bool:
    """Whether another distribution makes it a CUDA build: jax with its plugin, or with a jaxlib for CUDA; what some
    install asks for as jax[cuda12], too."""
    if package.name in ("jax", "jaxlib") and any(
        requirement.name == "jax" and any(extra.startswith("cuda") for extra in requirement.extras)
        for install in image.installs
        for requirement in install.requirements
    ):
        return True
    return any(
        other.name.startswith(f"{package.name}-cuda") or (other.name == f"{package.name}lib" and other.build == "cuda")
        for other in stack.packages
    )


def _conda(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield conda's pytorch where nothing in the command asks for a CUDA build, or only what chose one once."""
    for step in steps:
        choice = step.choices[0]
        install = step.install
        if choice.how != "conda" or choice.channel != "unknown" or choice.requirement.name != "pytorch":
            continue
        if _overrides(image):
            continue
        if install.conditional or image.state.torch.channel not in ("unknown", "cpu"):
            continue
        span, because = choice.requirement.span or install.span, (*image.base.because, *image.why)
        written = choice.requirement.written
        if span is not None and _names_the_old_package(choice, image):
            text = f"cudatoolkit chooses no build of {written}: pytorch-cuda does, from 1.13 on; {_solved(install)}"
            hint = "ask for pytorch-cuda, from the channels pytorch and nvidia"
            yield Problem(span, text, because, hint, image.doubt, image.label)
        elif span is not None and _may_be_of_conda_forge(choice):
            text = f"conda solves {written} without a GPU in sight: a CPU build, but {image.label} is a cuda image"
            hint = "set CONDA_OVERRIDE_CUDA for the command, or ask for pytorch-gpu, a *cuda* build or cuda-version"
            yield Problem(span, text, because, hint, image.doubt, image.label)


def _may_be_of_conda_forge(choice: Choice) -> bool:
    channels = set(choice.install.channels)
    return "conda-forge" in channels and not channels & {"pytorch", "nvidia"} and not choice.requirement.build


def _names_the_old_package(choice: Choice, image: Image) -> bool:
    """Whether a command of conda names what chose the build of older releases of torch, and none of the image what
    chooses one today."""
    named = {one.name for install in image.installs if install.tool == "conda" for one in install.requirements}
    if not named.isdisjoint(_CHOOSING) or not is_of_pytorch_cuda(choice.requirement, choice.install):
        return False
    return any(one.name == "cudatoolkit" for one in choice.install.requirements)


def _solved(install: Install) -> str:
    if any("nvidia" in channel or channel == "conda-forge" for channel in install.channels):
        return "conda takes a build of another CUDA, or for the CPU"
    return "without the channel nvidia, a CPU build is left"


def _of_arm64(image: Image, steps: tuple[TorchStep, ...]) -> Iterator[Problem]:
    """Yield torch of the default index in an image for arm64, where that has CPU builds of the releases before 2.11."""
    step = steps[-1] if steps else None
    if step is None or image.state.torch.channel != "cpu" or step.install.conditional:
        return
    choice = step.choices[0]
    span = choice.requirement.span or step.install.span
    if choice.how == "default" and choice.channel == "cpu" and span is not None:
        brings = " brings torch, which" if choice.implied else ""
        text = f"{choice.requirement.written}{brings} is a CPU build on arm64, but {image.label} is a cuda image"
        because = (*image.base.because, *step.install.reasons, *image.why)
        hint = "take torch 2.11 or later, or a channel with CUDA builds for arm64"
        yield Problem(span, text, because, hint, image.doubt, image.label)


def _overrides(image: Image) -> bool:
    """Whether the image tells conda which CUDA to solve for."""
    return any("CONDA_OVERRIDE_CUDA" in stage.env for stage in contributing(image.evaluated, image.stage))
