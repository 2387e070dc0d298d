"""A final image stands on a devel base, and nothing in it compiles.

## Why

The `devel` flavour of a CUDA image holds compilers, headers and static libraries: gigabytes more than `runtime`, and
more to keep free of known flaws. Wheels bring what is compiled; without nvcc at run time (Triton kernels, DeepSpeed
and FlashInfer compile while they run) `runtime` will do, or even `base` where torch brings its own libraries. This is
information: only the code says for certain that it compiles nothing.

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

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.images.model.reference import Reference
from wxlint.images.stack.base import flavour_of
from wxlint.rules import Problem

SEVERITY = Severity.INFO
SUMMARY = "a devel base in a final image where nothing compiles"
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


def check(repository: Repository) -> Iterator[Problem]:
    used = {use.reference.name for use in repository.uses if use.reference is not None and not use.produces}
    for image in repository.images:
        root = image.base.root
        reference = root.reference if root is not None else None
        if root is None or reference is None or not _is_devel(reference) or _may_compile(repository, image):
            continue
        if any(use.reference is not None and use.reference.name in used for use in image.evaluated.build.tags):
            continue  # others are built from it
        text = f"{reference.shown()} brings CUDA's compilers, and nothing in {image.label} compiles"
        wanted = (reference.tag or "").replace("devel", "runtime")
        hint = f"take {reference.name}:{wanted}, or compile in an earlier stage and copy the result"
        yield Problem(root.span, text, image.why, hint, image=image.label)


def _is_devel(reference: Reference) -> bool:
    known = reference.path.endswith(("nvidia/cuda", "pytorch/pytorch"))
    return known and flavour_of(reference) == "devel"


def _may_compile(repository: Repository, image: Image) -> bool:
    """Whether something in an image compiles, or may: what cannot be read may."""
    expectation = image.expectation
    if (expectation is not None and expectation.is_base) or "devcontainer" in image.evaluated.path:
        return True
    stages = contributing(image.evaluated, image.stage)
    if any(stage.base.reference is not None and repository.graph.producers(stage.base.reference) for stage in stages):
        return True
    for stage in stages:
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
