"""Packages that are compiled when they are installed, and then for the CPU where nothing asks for CUDA: a build has no
GPU that their setup could find."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts import row_of
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.packages import COMPILED

_LLAMA = "llama-cpp-python"
_ON = late(r"(?:GGML_CUDA|LLAMA_CUDA|LLAMA_CUBLAS|GGML_CUBLAS)(?::BOOL)?=(?:on|1|true|yes)\b", re.I)
_GONE = late(r"LLAMA_CUBLAS(?::BOOL)?=", re.I)
_ASKED_IN_LINE = late(r"^[^#\n]*?(?:-D|\b)(LLAMA_CUBLAS(?::BOOL)?=(?:on|1|true|yes)\b)", re.I | re.M)
_NEWEST_LLAMA = late(r"^[^#\n]*\bpip3?\s+install\s(?:[^\n;&|]*\s)?llama[-_]cpp[-_]python(?=[\s;&|]|$)", re.M)
_PROJECT = late(r"github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?(?:[@#?].*)?$")
_NEW_NAMES = (0, 2, 80)
"""The first release of llama-cpp-python whose build refuses LLAMA_CUBLAS. Source: llama.cpp's CMakeLists.txt."""
_OTHER_BACKEND = late(r"(?:GGML|LLAMA)_(?:HIPBLAS|HIP|VULKAN|SYCL|METAL|KOMPUTE|CLBLAST|MUSA|CANN)\w*=", re.I)


class Compiled(NamedTuple):
    """Why a package is compiled without CUDA, and what to do. gone: it is asked for by a name that is gone."""

    text: str
    hint: str
    gone: bool = False


def without_cuda(requirement: Requirement, install: Install) -> Compiled | None:
    """Return why an install makes a CPU build of a package that is compiled; None where it does not, or may not.

    requirement: one of packages.COMPILED.
    """
    if install.conditional or install.removes or install.open or requirement.maybe:
        return None
    if install.tool == "poetry" and requirement.name == _LLAMA:
        found = _llama(requirement, install)
        return found if found is not None and found.gone else None  # a source of the project may have wheels for CUDA
    if install.tool not in ("pip", "uv"):
        return None
    return _llama(requirement, install) if requirement.name == _LLAMA else _forced(requirement, install)


def _llama(requirement: Requirement, install: Install) -> Compiled | None:
    sources = install.sources
    if requirement.kind == "url" or sources.index is not None or sources.extra or sources.links or sources.no_index:
        return None  # the wheels of another index may be for CUDA
    said = dict(install.switches)
    value = said.get("CMAKE_ARGS")
    if value is not None and not value.known:
        return None
    text = value.text if value is not None else ""
    if _OTHER_BACKEND.search(text) or "GGML_CUDA" in said:
        return None
    if _GONE.search(text) and "GGML_CUDA" not in text and not _is_old(requirement):
        return Compiled("is compiled with LLAMA_CUBLAS, which its releases from 0.2.80 on refuse", LLAMA_HINT, True)
    if _ON.search(text) or HOLE in text:
        return None
    return Compiled("is compiled for the CPU: CMAKE_ARGS does not ask for CUDA", LLAMA_HINT)


def needs_nvcc(requirement: Requirement, install: Install) -> bool:
    """Whether an install compiles CUDA code, so that it fails where no nvcc is, and no other index has wheels of it:
    llama-cpp-python whose CMAKE_ARGS ask for it, what FORCE_CUDA is set for, and projects in git that are all CUDA."""
    if install.tool not in ("pip", "uv") or not install.must_succeed or install.removes or requirement.maybe:
        return False
    if requirement.kind == "vcs" and asks_for_gpu(requirement.url or "") == "TORCH_CUDA_ARCH_LIST":
        return True  # CUDAExtension of torch ends where it finds no CUDA_HOME
    if requirement.kind == "url" or install.sources or requirement.name not in COMPILED:
        return False
    if requirement.name != _LLAMA:
        on_index = requirement.kind == "name" and requirement.name in ("detectron2", "pytorch3d")
        value = dict(install.switches).get("FORCE_CUDA")
        return not on_index and value is not None and value.known and value.text.strip() == "1"
    value = dict(install.switches).get("CMAKE_ARGS")
    return value is not None and value.known and _ON.search(value.text) is not None


def asks_for_gpu(url: str) -> str:
    """Return the variable that says which GPUs a project in git is compiled for, where its build asks for one that is
    there without it; "" for others, and where that is not certain."""
    match = _PROJECT.search(url)
    row = row_of("asks_for_gpu", match[1].lower()) if match is not None else None
    return row["variable"] if row is not None and row["confidence"] == "verified" else ""


def asks_in_vain(script: str) -> re.Match[str] | None:
    """Return where a script asks for CUDA by the name that is gone, and takes the newest llama-cpp-python."""
    asked = _ASKED_IN_LINE.search(script) if "GGML_CUDA" not in script else None
    return asked if asked is not None and _NEWEST_LLAMA.search(script) else None


LLAMA_HINT = (
    'set CMAKE_ARGS="-DGGML_CUDA=on" for the command, or take the wheels of the maker\'s index for the CUDA version'
)


def _is_old(requirement: Requirement) -> bool:
    numbers = tuple(int(part) for part in re.findall(r"\d+", requirement.pin or "")[:3])
    bound = re.search(r"<=?(\d+(?:\.\d+)*)", requirement.specifier)
    below = tuple(int(part) for part in bound[1].split(".")) if bound is not None else ()
    return bool(numbers and numbers < _NEW_NAMES) or bool(below and below <= _NEW_NAMES)


def _forced(requirement: Requirement, install: Install) -> Compiled | None:
    from_source = requirement.kind == "vcs" or (requirement.kind == "name" and requirement.name not in ("detectron2",))
    sources = install.sources
    if not from_source or sources.links or sources.extra or sources.index is not None or sources.no_index:
        return None  # wheels of the maker's own place are for CUDA
    if requirement.name == "pytorch3d" and requirement.kind == "name":
        return None  # the index has none for this Python
    value = dict(install.switches).get("FORCE_CUDA")
    if value is not None and (not value.known or value.text.strip() not in ("", "0")):
        return None
    text = "is compiled for the CPU: its setup looks for a GPU, and a build has none"
    return Compiled(text, "set FORCE_CUDA=1 for the command, or take the maker's wheels for this torch and CUDA")
