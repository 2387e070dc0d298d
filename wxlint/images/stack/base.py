"""What an external base image holds of CUDA, by its reference: version, cuDNN, Python."""

from __future__ import annotations

import re

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.model.reference import Reference

_CUDNN = late(r"(?:^|-)cudnn(\d*)(?:-|$)")
_FLAVOUR = late(r"(?:^|-)(base|runtime|devel)(?:-|$)")


class Held(NamedTuple):
    """cuda: "12.1", "" when it is not known. cudnn: the major version; "" when it is not known; "none" when there is
    none.

    python: the Python that comes with the distribution's packages ("3.10"), "" when that is not known.
    """

    cuda: str = ""
    cudnn: str = ""
    python: str = ""


def held_by(reference: Reference | None, cuda: str | None) -> Held:
    """Return what a base holds. cuda: its CUDA version, where the tables know it.

    Only NVIDIA's CUDA images (and mirrors of them) promise by their tags what is not there; elsewhere a `cudnn8` in a
    tag says that it is there.
    """
    if reference is None or not reference.tag or not reference.tag_known:
        return Held(cuda or "")
    return _by_tag(reference, cuda)._replace(python=facts.python_of_system(reference.path, reference.tag))


def flavour_of(reference: Reference) -> str:
    """Return base, runtime or devel, as the tag of a CUDA image says; "" where it does not."""
    found = _FLAVOUR.search(reference.tag) if reference.tag and reference.tag_known else None
    return found[1] if found is not None else ""


def _by_tag(reference: Reference, cuda: str | None) -> Held:
    assert reference.tag is not None
    tag = reference.tag
    ours = reference.path.endswith("nvidia/cuda")
    cudnn = _CUDNN.search(tag)
    if cudnn is not None:
        return Held(cuda or "", cudnn[1] or _bare_cudnn(cuda))
    return Held(cuda or "", "none" if ours and _FLAVOUR.search(tag) else "")


def _bare_cudnn(cuda: str | None) -> str:
    """Return the major version of a tag's bare `cudnn`: NVIDIA leaves out the number from CUDA 12.4 on, when it
    became 9."""
    match = re.match(r"(\d+)\.(\d+)", cuda or "")
    return "9" if match and (int(match[1]), int(match[2])) >= (12, 4) else ""
