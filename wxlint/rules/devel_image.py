"""A final image stands on a devel base, and nothing in it compiles while it runs.

## Why

The `devel` flavour of a CUDA image holds compilers, headers and static libraries: gigabytes more than `runtime`, and
more to keep free of known flaws. Wheels bring what is compiled; without nvcc at run time (Triton kernels, DeepSpeed
and FlashInfer compile while they run) `runtime` will do, or even `base` where torch brings its own libraries. What is
compiled in the build needs the compilers there, and no longer afterwards. This is information: only the code says for
certain that it compiles nothing.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04
RUN apt-get update && apt-get install -y python3-pip
RUN pip install faster-whisper==1.1.0
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3-pip
RUN pip install faster-whisper==1.1.0
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.images.model.reference import Reference
from wxlint.images.stack.base import flavour_of
from wxlint.rules import Problem

SEVERITY = Severity.INFO
SUMMARY = "a devel base in a final image where nothing compiles while it runs"
HINT = "take the runtime flavour, or compile in an earlier stage and copy the result"

_COMPILES = late(
    r"\b(?:nvcc|gcc|g\+\+|cc1?|clang\S*|make|cmake|ninja\S*|meson|cargo|rustup|bazel\S*|go build|setup\.py|build_ext"
    r"|build-essential|autogen|configure|qmake|colcon|catkin\w*|west|scons|xmake|premake|maturin"
    r"|CUDA_HOME|CUDA_PATH|CUDACXX|TORCH_CUDA_ARCH_LIST|FORCE_CUDA|CMAKE_\w+|MAX_JOBS|DS_BUILD\w*|FLASH_ATT\w+"
    r"|no-binary|no-build-isolation|git clone|git\+|devcontainer|jupyter\S*|compile\S*|build\.sh|install\.sh)\b"
)
_COMPILES_LATER = frozenset(
    "apex auto-gptq autoawq bitsandbytes causal-conv1d cupy deepspeed detectron2 exllamav2 exllamav3 flash-attn "
    "flashinfer flashinfer-python gptqmodel gsplat horovod kaolin llama-cpp-python mamba-ssm megatron-core mmcv "
    "mmcv-full natten numba numba-cuda nvdiffrast pycuda pytorch3d sageattention sglang spconv tensorrt-llm tilelang "
    "tinycudann torch-cluster torch-scatter torch-sparse torch-spline-conv transformer-engine triton unsloth vllm "
    "xformers torch2trt nvidia-modelopt pyg-lib torchao liger-kernel".split()
)
"""Packages that compile when they are installed, or while they run."""
_COMPILES_AT_RUN = _COMPILES_LATER - frozenset(
    "apex autoawq bitsandbytes causal-conv1d detectron2 flash-attn kaolin liger-kernel llama-cpp-python mamba-ssm "
    "mmcv mmcv-full natten pyg-lib pytorch3d spconv torch-cluster torch-scatter torch-sparse torch-spline-conv torchao "
    "triton xformers".split()
)
"""Those that may compile while they run: the others have their extensions compiled when they are installed, or, as
Triton and what is written in it, bring what compiles for the GPU."""
_INSTALLS = late(r"\b(?:install|sync|exec \"?\$)")
"""What a script may have compiled when a container starts."""
_SHELL = late(r"\b(?:ba|da|z)?sh\b|\.sh\b")


def check(repository: Repository) -> Iterator[Problem]:
    used = {use.reference.name for use in repository.uses if use.reference is not None and not use.produces}
    for image in repository.images:
        root = image.base.root
        reference = root.reference if root is not None else None
        if root is None or reference is None or not _is_devel(reference) or _is_for_others(repository, image):
            continue
        compiles = _may_compile(image)
        if compiles and not _only_in_build(repository, image):
            continue
        if any(use.reference is not None and use.reference.name in used for use in image.evaluated.build.tags):
            continue  # others are built from it
        needs = "its build alone needs them" if compiles else "nothing in it compiles"
        text = f"{reference.shown()} brings CUDA's compilers to {image.label}, and {needs}"
        wanted = (reference.tag or "").replace("devel", "runtime")
        hint = f"take {reference.name}:{wanted}, or compile in an earlier stage and copy the result"
        yield Problem(root.span, text, image.why, hint, image=image.label)


def _is_devel(reference: Reference) -> bool:
    known = reference.path.endswith(("nvidia/cuda", "pytorch/pytorch"))
    return known and flavour_of(reference) == "devel"


def _is_for_others(repository: Repository, image: Image) -> bool:
    """Whether other images are built from an image, or people develop in it."""
    expectation = image.expectation
    if (expectation is not None and expectation.is_base) or "devcontainer" in image.evaluated.path:
        return True
    stages = contributing(image.evaluated, image.stage)
    return any(
        stage.base.reference is not None and repository.graph.producers(stage.base.reference) for stage in stages
    )


def _only_in_build(repository: Repository, image: Image) -> bool:
    """Whether an image starts one program, and all that it compiles is compiled when it is installed."""
    if image.stage is not image.evaluated.stages[-1] or not _starts_a_program(repository, image):
        return False
    for install in image.installs:
        if install.unread or install.open or install.tool not in ("pip", "uv", "apt"):
            return False
        if any(r.kind in ("path", "unknown") or r.name in _COMPILES_AT_RUN for r in install.requirements):
            return False
    return any(install.tool in ("pip", "uv") for install in image.installs)


def _starts_a_program(repository: Repository, image: Image) -> bool:
    """Whether an image says what it starts, and that is no shell but for a script of the repository that compiles
    nothing."""
    own = image.evaluated.instructions_of(image.stage)
    starts = [one for one in own if one.keyword in ("ENTRYPOINT", "CMD")]
    for one in starts:
        scripts = [word for word in json_words(one.args) or one.args.split() if word.endswith(".sh")]
        if _SHELL.search(one.args) and not scripts:
            return False
        for word in scripts:
            from wxlint.images.graph.services.copied_script import copied_script

            found = copied_script(repository, image, own, posixpath.basename(word))
            if found is None or _COMPILES.search(found.text) or _INSTALLS.search(found.text):
                return False
    return bool(starts)


def _may_compile(image: Image) -> bool:
    """Whether something in an image compiles, or may: what cannot be read may."""
    for stage in contributing(image.evaluated, image.stage):
        for instruction in image.evaluated.instructions_of(stage):
            text = "\n".join((instruction.text, *(heredoc.body for heredoc in instruction.heredocs)))
            if _COMPILES.search(text):
                return True
            if instruction.keyword in ("ENTRYPOINT", "CMD") and ".sh" in text:
                return True
    for install in image.installs:
        if install.unread or install.open or install.tool not in ("pip", "uv", "apt"):
            return True
        if any(r.kind in ("vcs", "path", "unknown") or r.name in _COMPILES_LATER for r in install.requirements):
            return True
    return not any(install.tool in ("pip", "uv") for install in image.installs)
