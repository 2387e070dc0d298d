"""What a path in an image proves: CUDA, torch and its build, Python, distributions. By name and text, nothing is run.

Sources: wheels of torch 2.x, of the nvidia-* distributions (cu12: `nvidia/*/lib`, cu13: `nvidia/cu13/lib`) and of
ctranslate2 from the Python package index; NVIDIA's CUDA images and Debian packages for `/usr/local/cuda*` and system
libraries. Not proof, and not counted: stub libraries, `compat/`, the driver's libcuda, triton's own tools, the Python
files of `torch/cuda/`, the 165 kB cuDNN loader inside ctranslate2's wheels, anything of ROCm.
"""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

from wxlint.facts.packages import cuda_package

LIBRARY, CUDA_FILE = "library", "cuda"
"""A CUDA library, which proves CUDA; another file that came with CUDA, which only has bytes."""
TORCH, METADATA, RECORD, PYTHON, PYVENV, PATCHLEVEL, DPKG = (
    "torch",
    "metadata",
    "record",
    "python",
    "venv",
    "patch",
    "dpkg",
)

MAX_NAME = 255
"""Bytes of one name on any file system of Linux."""

TEXT_LIMITS = {TORCH: 1 << 16, METADATA: 1 << 20, RECORD: 1 << 23, PYVENV: 1 << 16, PATCHLEVEL: 1 << 16, DPKG: 1 << 25}
"""Kinds whose text is read, and the most bytes of it; longer files are left unread."""

_LIBRARY = re.compile(
    r"lib(?:cudart|cublas|cublasLt|cudnn(?:_\w+)?|cufftw?|curand|cusolver(?:Mg)?|cusparse(?:Lt)?|nccl"
    r"|nvrtc|nvrtc-builtins"
    r"|nvJitLink|nvjitlink|nvToolsExt|cupti|nvblas|npp[a-z]+|nvjpeg|cufile(?:_rdma)?|nvshmem\w*|nvinfer\w*|nvonnxparser"
    r"|cudss|cutensor\w*|cudadevrt|culibos|nvfatbin|nvptxcompiler"
    r"|torch_cuda\w*|c10_cuda|onnxruntime_providers_(?:cuda|tensorrt)|ggml-cuda)"
    r"(?:_static\w*)?(?:-[0-9a-f]{6,})?(?:\.alt)?(?:\.so(?:[.\d]*)|\.a)$",
)
_SHARED = re.compile(r"\.so[.\d]*$")
_TREE = re.compile(
    r"usr/local/cuda[^/]*/|usr/lib/(?:nvidia-cuda-toolkit|cuda)/"
    r"|(?:.*/)?(?:site|dist)-packages/(?:nvidia|cupy\w*|tensorrt_libs)/",
)
_TRAP = re.compile(r"(?:^|/)(?:stubs|compat|triton|ctranslate2\.libs)/")
_COMPILER = re.compile(r"(?:usr/local/cuda[^/]*|usr/lib/nvidia-cuda-toolkit)/bin/nvcc$")
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?$")
_EGG_INFO = re.compile(r"(?:^|/)(?:site|dist)-packages/[^/]+\.egg-info(?:/PKG-INFO)?$")
"""Of setuptools: a file, or one in a folder; elsewhere it belongs to a source tree, which is not installed."""
_CACHE = re.compile(r"(?:^|/)(?:archive-v\d+|builds-v\d+|\w*(?:conda|mamba|forge)\d?/pkgs|\.cache)/")

_CUDA_ONLY = re.compile(
    r"nvidia-.+-cu\d+|.+-cu1[1-9]"
    r"|nvidia-(?:cuda-.+|cublas|cudnn(?!-frontend).*|cufft|cufile|curand|cusolver|cusparse.*|cudss.*|cutensor.*|nccl|nvcomp.*"
    r"|nvjitlink|nvjpeg.*|nvtx|nvshmem.*|npp|nvfatbin|nvptxcompiler|nvvm|nvml-dev|dali.*|nvimgcodec.*|tensorrt.*)"
    r"|cuda-(?:toolkit|bindings|python|core|tile)|cupy(?:-cuda\w+)?|pycuda|tensorrt(?:-.+)?|torch-tensorrt"
    r"|onnxruntime-gpu|faiss-gpu.*|paddlepaddle-gpu|tensorflow-gpu|jax-cuda\d+-.+|flash-attn",
)
_DPKG_CUDA = re.compile(
    r"(?:cuda-(?!keyring)[a-z].*|nvidia-cuda-.*|lib(?:cudart|cublas|cudnn|cufft|cufile|curand|cusolver|cusparse|cutensor"
    r"|nccl|npp|nvblas|nvinfer|nvjitlink|nvjpeg|nvrtc|cupti|nvtoolsext)[a-z\d.-]*)$",
)
_DPKG_PYTHON = re.compile(r"(?:lib)?python3\.\d+-minimal$")


class TorchBuild(NamedTuple):
    """`torch/version.py`: version with its local part; cuda and hip as written there, None when not built for it."""

    version: str
    cuda: str | None
    hip: str | None


class RequiresDist(NamedTuple):
    """One Requires-Dist. extras: which of the required one's extras; when: needed only with one of these own extras."""

    name: str
    extras: tuple[str, ...]
    when: tuple[str, ...]


class Metadata(NamedTuple):
    """dist-info/METADATA; `name` as written."""

    name: str
    version: str
    requires: tuple[RequiresDist, ...]


class Record(NamedTuple):
    """dist-info/RECORD of a CUDA-only distribution: path (as written there) to bytes."""

    sizes: dict[str, int]


class Packages(NamedTuple):
    """dpkg's status: (name, version) of Python interpreters and of CUDA packages."""

    python: tuple[tuple[str, str], ...]
    cuda: tuple[tuple[str, str], ...]


class VersionText(NamedTuple):
    """A version found in pyvenv.cfg or patchlevel.h. system_site: the venv imports what its base has, too."""

    version: str
    system_site: bool = False


Fact = TorchBuild | Metadata | Record | Packages | VersionText


def normal(name: str) -> str:
    """A distribution's name as packaging compares it: lower case, one `-` for runs of `-_.`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def cuda_only(name: str) -> bool:
    """Whether a distribution of this name has a use only with CUDA: what the linter holds for one is one here too."""
    return _CUDA_ONLY.fullmatch(normal(name)) is not None or cuda_package("pip", name) is not None


def cached(path: str) -> bool:
    """Whether the path is in a package manager's cache: bytes, but nothing that is installed."""
    return _CACHE.search(path) is not None


def classify(path: str, base: str) -> str | None:
    """The kind of a file by its path from the root, without a slash in front, and its last part; None: no interest."""
    if len(base) > MAX_NAME:
        return None
    if ".so" in base or base.endswith(".a"):
        known = _LIBRARY.match(base) is not None
        if (known or _TREE.match(path)) and not _TRAP.search(path):
            return LIBRARY if known or _SHARED.search(base) else CUDA_FILE
        return None
    kind = _text_kind(path, base)
    if kind is not None:
        return kind
    if base.startswith("python") and _PYTHON.match(base) and path[-len(base) - 4 : -len(base)] == "bin/":
        return PYTHON
    if ("nvidia" in path or "cu" in path or "tensorrt" in path) and _TREE.match(path) and not _TRAP.search(path):
        return LIBRARY if _COMPILER.match(path) else CUDA_FILE
    return None


def _text_kind(path: str, base: str) -> str | None:
    """The kind of a file whose text says something."""
    if base == "version.py":
        return TORCH if path.endswith("torch/version.py") and path[-17:-16] in ("", "/") else None
    if base == "METADATA":
        return METADATA if path.endswith(".dist-info/METADATA") else None
    if base == "PKG-INFO" or base.endswith(".egg-info"):
        return METADATA if _EGG_INFO.search(path) else None
    if base == "RECORD":
        if path.endswith(".dist-info/RECORD"):
            folder = path[: -len(".dist-info/RECORD")]
            return RECORD if cuda_only(folder[folder.rfind("/") + 1 :].rsplit("-", 1)[0]) else None
        return None
    if base == "status":
        return DPKG if path == "var/lib/dpkg/status" else None
    if base == "patchlevel.h":
        return PATCHLEVEL if "include/python3" in path else None
    return PYVENV if base == "pyvenv.cfg" else None


def read_fact(kind: str, data: bytes) -> Fact | None:
    """What the text of a file of this kind says; None when it says nothing that is understood. Never raises."""
    text = data.decode("utf-8", "replace")
    if kind == TORCH:
        return _torch(text)
    if kind == METADATA:
        return _metadata(text)
    if kind == RECORD:
        return _record(text)
    if kind == DPKG:
        return _packages(text)
    if kind == PYVENV:
        found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)", text, re.MULTILINE)
        system = re.search(r"^include-system-site-packages\s*=\s*true\s*$", text, re.MULTILINE | re.IGNORECASE)
        return VersionText(found[1] if found else "", system is not None)
    found = re.search(r'^#define\s+PY_VERSION\s+"(\d[\w.+]{0,30})"', text, re.MULTILINE)
    return VersionText(found[1]) if found else None


_ASSIGNMENT = re.compile(
    r"^(__version__|cuda|hip)[ \t]*(?::[^=\n]{0,80})?=[ \t]*(?:(['\"])([^'\"\n]{0,80})\2|None)",
    re.MULTILINE,
)


def _torch(text: str) -> TorchBuild | None:
    values = {found[1]: found[3] or None for found in _ASSIGNMENT.finditer(text)}
    version = values.get("__version__")
    return TorchBuild(version, values.get("cuda"), values.get("hip")) if version else None


_REQUIRES = re.compile(r"([A-Za-z\d][\w.-]{0,100})\s*(?:\[([^\]]{0,500})\])?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]{1,60})['\"]")


def _metadata(text: str) -> Metadata | None:
    name = version = ""
    requires: list[RequiresDist] = []
    for line in text.split("\n"):
        if not line.strip():
            break  # the description follows
        key, _, value = line.partition(":")
        key, value = key.lower(), value.strip()
        if key == "name":
            name = value[:200]
        elif key == "version":
            version = value[:200]
        elif key == "requires-dist" and len(requires) < 2000:
            found = _REQUIRES.match(value)
            if found:
                extras = tuple(normal(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip())
                when = tuple(normal(extra) for extra in _EXTRA.findall(value.partition(";")[2][:1000]))
                requires.append(RequiresDist(normal(found[1]), extras, when))
    return Metadata(name, version, tuple(requires)) if name else None


def _record(text: str) -> Record | None:
    sizes: dict[str, int] = {}
    try:
        for row in csv.reader(text.splitlines()):
            if len(row) >= 3 and row[2].isascii() and row[2].isdigit() and len(row[2]) < 16:
                sizes[row[0]] = int(row[2])
    except csv.Error:
        return None
    return Record(sizes)


def _packages(text: str) -> Packages:
    python: list[tuple[str, str]] = []
    cuda: list[tuple[str, str]] = []
    for paragraph in text.split("\n\n"):
        name = re.match(r"Package: (\S{1,120})$", paragraph.lstrip("\n"), re.MULTILINE)
        if not name:
            continue
        group = python if _DPKG_PYTHON.match(name[1]) else cuda if _DPKG_CUDA.match(name[1]) else None
        if group is not None and re.search(r"^Status: install ok", paragraph, re.MULTILINE):
            version = re.search(r"^Version: (\S{1,120})$", paragraph, re.MULTILINE)
            group.append((name[1], version[1] if version else ""))
    return Packages(tuple(python), tuple(cuda))
