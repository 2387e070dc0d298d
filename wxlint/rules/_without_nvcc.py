"""Packages that compile CUDA code where the image has no compiler for it."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.images.graph.image import Image, contributing
from wxlint.images.stack.base import flavour_of
from wxlint.images.stack.compiled import needs_nvcc
from wxlint.rules import Problem

_BRINGS_NVCC = late(r"nvcc|cuda[-_]?(?:toolkit|compiler|minimal|dev|libraries-dev|\d)|\.run\b|nvhpc|cuda=", 0)
"""What a RUN says that brings NVIDIA's compiler: packages of apt and conda, and the installer itself."""


def problems(image: Image) -> Iterator[Problem]:
    """Yield what is compiled for CUDA in an image that stands on a runtime flavour, or on a plain base."""
    root = image.base.root
    reference = root.reference if root is not None else None
    if root is None or reference is None or not image.base.sure:
        return
    plain = image.base.accelerator == "cpu" and image.base.torch.channel == "none"
    if not plain and (image.base.accelerator != "cuda" or flavour_of(reference) not in ("base", "runtime")):
        return
    own = {install.span for stage in image.evaluated.line_of(image.stage) for install in stage.installs}
    for install in image.installs:
        if install.span not in own:
            continue  # compiled in a stage that this one copies it out of
        for requirement in install.requirements:
            span = requirement.span or install.span
            if span is not None and needs_nvcc(requirement, install) and not _has_compiler(image):
                text = f"{requirement.written} is compiled for CUDA, and {image.label} has no nvcc: {reference.shown()}"
                hint = "compile it in a stage on a devel flavour, or take the maker's wheels (--extra-index-url)"
                yield Problem(span, text, image.base.because, hint, image=image.label)


def _has_compiler(image: Image) -> bool:
    """Whether something may have brought the compiler: a RUN, a COPY of CUDA's folder, or packages of conda."""
    of_conda = (one for install in image.state.installs if install.tool == "conda" for one in install.requirements)
    if any(one.name.startswith("cuda") for one in of_conda):
        return True
    return any(
        _BRINGS_NVCC.search(one.text) if one.keyword == "RUN" else "cuda" in one.text
        for stage in contributing(image.evaluated, image.stage)
        for one in image.evaluated.instructions_of(stage)
        if one.keyword in ("RUN", "COPY", "ADD")
    )
