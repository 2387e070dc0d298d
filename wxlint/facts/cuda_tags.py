"""Whether a tag of nvidia/cuda exists: the grammar of its tags, and the versions that were published."""

from __future__ import annotations

import functools
import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.tables import index, numbers

_TAG = late(r"(\d+\.\d+(?:\.\d+)?)(?:-(cudnn\d*|tensorrt))?-(base|runtime|devel)(?:-([a-z]+\d[\d.]*))?")
_USUAL_OS = ("ubuntu22.04", "ubuntu24.04", "ubuntu20.04", "ubuntu18.04", "ubuntu16.04")
_STILL_UPDATED = (12, 6)
"""From this CUDA version on, a patch release or an operating system that the table lacks may have come since."""


class CudaTag(NamedTuple):
    """valid: None where the table cannot know. reason: a sentence without its full stop, "" for a plain yes.
    nearest: a tag that exists, or None. state: "supported", "unsupported" or, of a valid tag that can no
    longer be pulled, "deleted".
    """

    valid: bool | None
    reason: str
    nearest: str | None
    state: str = ""


@functools.lru_cache(maxsize=1024)
def is_cuda_tag_valid(tag: str) -> CudaTag:
    """Whether nvidia/cuda has, or had, an image with this tag."""
    if HOLE in tag or "-rc" in tag:
        return CudaTag(None, "", None)
    start = re.match(r"\d+(?:\.\d+)+", tag)
    if not start:
        what = "the tag latest was removed in 2021" if tag in ("", "latest") else "a tag starts with the CUDA version"
        return CudaTag(False, what, None)
    version = start[0]
    row = _rows().get(version)
    return _unknown_version(tag, version) if row is None else _of_version(tag, version, row)


def _of_version(tag: str, version: str, row: dict[str, str]) -> CudaTag:
    """Whether a CUDA version that is in the table has an image with this tag."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return CudaTag(False, _what_is_missing(tag), _nearest(tag, version))
    _, cudnn, flavour, system = match.groups()
    if not row["os"] or cudnn == "tensorrt":
        return CudaTag(None, "", None)
    if cudnn and flavour == "base":
        return CudaTag(False, "cuDNN comes with runtime and devel, not with base", _nearest(tag, version))
    if cudnn and cudnn not in row["cudnn"].split():
        if row["cudnn"] == "none":
            return CudaTag(False, f"no image of CUDA {version} holds cuDNN", _nearest(tag, version))
        has = " or ".join(row["cudnn"].split())
        return CudaTag(False, f"tags of CUDA {version} say {has}, not {cudnn}", _nearest(tag, version))
    if system is None and row["short"] != "yes":
        if version.startswith("11."):  # some such tags were published without being documented
            return CudaTag(None, "", None)
        return CudaTag(False, "the operating system is missing", _nearest(tag, version))
    if system and system not in row["os"].split():
        if numbers(version)[:2] >= _STILL_UPDATED and not _is_older(system, row):
            return CudaTag(None, "", None)
        has = ", ".join(row["os"].split())
        return CudaTag(False, f"CUDA {version} has no image on {system}; it has {has}", _nearest(tag, version))
    if row["state"] == "deleted":
        reason = f"NVIDIA has deleted the images of CUDA {version} from the registry"
        return CudaTag(True, reason, _nearest(tag, version), "deleted")
    return CudaTag(True, "", None, row["state"])


def _is_older(system: str, row: dict[str, str]) -> bool:
    """Whether an operating system is an older release than each of its kind that a CUDA version has: those do not come
    later."""
    family = system.rstrip("0123456789.")
    same = [name for name in row["os"].split() if name.rstrip("0123456789.") == family]
    return bool(same) and all(numbers(system[len(family) :]) < numbers(name[len(family) :]) for name in same)


def _rows() -> dict[str, dict[str, str]]:
    return index("nvidia_cuda_tags", "version")


def _line(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _unknown_version(tag: str, version: str) -> CudaTag:
    asked = numbers(version)
    known = [numbers(name) for name in _rows()]
    if asked > max(known) or asked < min(known) or (len(asked) >= 3 and asked[:2] >= _STILL_UPDATED):
        return CudaTag(None, "", None)
    line = [name for name in _rows() if _line(name) == _line(version)]
    has = f"CUDA {_line(version)} has {', '.join(line)}" if line else f"there is no image of CUDA {_line(version)}"
    return CudaTag(False, f"there is no CUDA {version} image: {has}", _nearest(tag, version))


def _what_is_missing(tag: str) -> str:
    parts = tag.split("-")
    flavour = next((part for part in parts if part in ("base", "runtime", "devel")), None)
    if flavour is None:
        return "the flavour (base, runtime or devel) and the operating system are missing"
    return "a tag reads VERSION-[cudnn-](base|runtime|devel)-OS, in that order"


def _nearest(tag: str, version: str) -> str | None:
    """A tag that exists and differs as little as possible."""
    rows = [row for row in _rows().values() if row["os"]]
    parts = tag.split("-")
    cudnn = any(part.startswith("cudnn") for part in parts)
    flavour = next((part for part in parts if part in ("base", "runtime", "devel")), "runtime" if cudnn else "base")
    flavour = "runtime" if cudnn and flavour == "base" else flavour
    asked_os = next((part for part in parts if re.fullmatch(r"[a-z]{2,}\d[\d.]*", part) and part[:5] != "cudnn"), None)
    fitting = [row for row in rows if row["state"] != "deleted" and not (cudnn and row["cudnn"] == "none")]
    same_line = [row for row in fitting if _line(row["version"]) == _line(version)]
    exact = [row for row in same_line if row["version"] == version]
    same_major = [row for row in fitting if row["version"].split(".")[0] == version.split(".")[0]]
    candidates = exact or same_line or same_major
    later = [row for row in fitting if numbers(row["version"]) > numbers(version)]
    if candidates:
        row = max(candidates, key=lambda row: numbers(row["version"]))
    elif later:
        row = min(later, key=lambda row: numbers(row["version"]))
    else:
        return None
    systems = row["os"].split()
    system = asked_os if asked_os in systems else next((name for name in _USUAL_OS if name in systems), systems[-1])
    return "-".join([row["version"], *([row["cudnn"].split()[-1]] if cudnn else []), flavour, system])
