"""What an external base image holds of CUDA, by its reference: version, cuDNN, flavour."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.model.reference import Reference

_CUDNN = late(r"(?:^|-)cudnn(\d*)(?:-|$)")
_FLAVOUR = late(r"(?:^|-)(base|runtime|devel)(?:-|$)")


class Held(NamedTuple):
    """cuda: "12.1", "" when it is not known. cudnn: the major version; "" when it is not known; "none" when there is
    none.

    flavour: "base", "runtime" or "devel" of NVIDIA's CUDA images, "" for others. python: the Python that is there or
    comes with the distribution's packages ("3.10"), "" when that is not known.
    """

    cuda: str = ""
    cudnn: str = ""
    flavour: str = ""
    python: str = ""


def held_by(reference: Reference | None, cuda: str | None) -> Held:
    """Return what a base holds. cuda: its CUDA version, where the tables know it.

    Only NVIDIA's CUDA images (and mirrors of them) promise by their tags what is not there; elsewhere a `cudnn8` in a
    tag says that it is there.
    """
    if reference is None or not reference.tag or not reference.tag_known:
        return Held(cuda or "")
    return _by_tag(reference, cuda)._replace(python=_python(reference.path, reference.tag))


def _by_tag(reference: Reference, cuda: str | None) -> Held:
    assert reference.tag is not None
    tag = reference.tag
    ours = reference.path.endswith("nvidia/cuda")
    flavour = _FLAVOUR.search(tag) if ours else None
    cudnn = _CUDNN.search(tag)
    if cudnn is not None:
        return Held(cuda or "", cudnn[1] or _bare_cudnn(cuda), flavour[1] if flavour else "")
    return Held(cuda or "", "none" if flavour is not None else "", flavour[1] if flavour else "")


_PYTHONS = {
    "ubuntu20.04": "3.8",
    "ubuntu22.04": "3.10",
    "ubuntu24.04": "3.12",
    "20.04": "3.8",
    "22.04": "3.10",
    "24.04": "3.12",
}
"""The Python of Ubuntu's releases."""
_PYTHON_TAG = late(r"(3\.\d+)(?:[.-].*)?")


def _python(path: str, tag: str) -> str:
    """Return the Python of official Python images, of Ubuntu and of CUDA images on it."""
    if path.rpartition("/")[2] == "python":
        match = _PYTHON_TAG.fullmatch(tag)
        return match[1] if match else ""
    if path.endswith("nvidia/cuda"):
        return _PYTHONS.get(tag.rpartition("-")[2], "")
    return _PYTHONS.get(tag, "") if path.rpartition("/")[2] == "ubuntu" else ""


def _bare_cudnn(cuda: str | None) -> str:
    """Return the major version of a tag's bare `cudnn`: NVIDIA leaves out the number from CUDA 12.4 on, when it
    became 9."""
    match = re.match(r"(\d+)\.(\d+)", cuda or "")
    return "9" if match and (int(match[1]), int(match[2])) >= (12, 4) else ""
