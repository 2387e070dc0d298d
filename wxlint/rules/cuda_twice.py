"""CUDA is installed over a base that holds it already.

## Why

NVIDIA's images bring CUDA of one version. Another toolkit beside it (`cuda-toolkit-11-8`, or Ubuntu's own
`nvidia-cuda-toolkit`, which is years old) takes gigabytes and puts two `nvcc` and two sets of libraries in reach:
which one an extension is compiled with, and which one it loads, is chance. The same version once more is information:
the base's flavour has it.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
RUN apt-get update && apt-get install -y nvidia-cuda-toolkit
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
RUN apt-get update && apt-get install -y python3-pip
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.base import flavour_of, held_by
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "CUDA installed over a base that holds it already"
HINT = "take the flavour of the base that has what is needed (base, runtime, devel, with cudnn), and no second CUDA"

_TOOLKIT = late(r"cuda(?:-toolkit)?(?:-(?P<major>\d+)(?:-(?P<minor>\d+))?)?")
_LIBRARY = late(r"(?P<name>[a-z][a-z0-9-]*?)-(?P<major>\d+)-(?P<minor>\d+)")
_CUDNN = late(r"libcudnn(?P<major>\d+)(?:-dev)?(?:-cuda-(?P<cuda>\d+))?")
_RUNTIME = frozenset(
    "cuda-libraries cuda-nvtx cuda-nvrtc libcublas libcufft libcurand libcusolver libcusparse libnpp libnvjpeg "
    "libnvjitlink".split()
)
_BASE = frozenset(("cuda-cudart", "cuda-compat"))
_DEVEL = frozenset(
    "cuda-cudart-dev cuda-command-line-tools cuda-minimal-build cuda-libraries-dev cuda-nvml-dev cuda-nvprof cuda-nvcc "
    "libnpp-dev libcublas-dev libcusparse-dev libcufft-dev libcurand-dev libcusolver-dev".split()
)
"""What the flavours hold, by NVIDIA's own Dockerfiles."""


class _Base(NamedTuple):
    """A base with CUDA. cuda: "12.4". flavour: base, runtime or devel of NVIDIA's own images, "" of others, of which it
    is not known what they hold of it. cudnn: its major version, "none" or ""."""

    cuda: str
    flavour: str
    cudnn: str
    shown: str


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        base = _base(image)
        if base is None:
            continue
        root = image.base.root
        because = (reason_at("image", f"FROM {base.shown}", root.span),) if root is not None else ()
        for install in image.installs:
            if install.tool != "apt" or install.removes or install.conditional:
                continue
            for wanted in install.requirements:
                found = _twice(wanted.name, wanted.written.partition("=")[2], base) if wanted.span is not None else None
                if found is not None and wanted.span is not None:
                    what, severity = found
                    text = f"{wanted.written} {what}"
                    hint = "" if base.flavour else "take the toolkit of the base's CUDA, or none"
                    yield Problem(wanted.span, text, because, hint, severity, image.label)


def _base(image: Image) -> _Base | None:
    """The CUDA image that an image stands on."""
    root = image.base.root
    reference = root.reference if root is not None else None
    if reference is None or not image.base.cuda:
        return None
    if not reference.path.endswith("nvidia/cuda"):
        return _Base(image.base.cuda, "", "", reference.shown()) if image.base.accelerator == "cuda" else None
    flavour = flavour_of(reference)
    cudnn = held_by(reference, image.base.cuda).cudnn
    return _Base(image.base.cuda, flavour, cudnn, reference.shown()) if flavour else None


def _twice(name: str, pin: str, base: _Base) -> tuple[str, Severity | None] | None:
    """What a package of the system is beside a base, and how bad that is. pin: its release, "" for the newest."""
    if name == "nvidia-cuda-toolkit":
        return f"is the distribution's own CUDA, beside CUDA {base.cuda} of the base", None
    toolkit = _TOOLKIT.fullmatch(name)
    if toolkit is not None:
        version = f"{toolkit['major']}.{toolkit['minor']}" if toolkit["minor"] else ".".join(pin.split(".")[:2])
        if not version:
            newest = f"CUDA {toolkit['major']}" if toolkit["major"] else "CUDA there is"
            return f"takes the newest {newest}, beside CUDA {base.cuda} of the base", None
        if version != base.cuda:
            return f"is a second CUDA ({version}) beside CUDA {base.cuda} of the base", None
        return ("is in the base already", Severity.INFO) if base.flavour == "devel" else None
    if not base.flavour:
        return None
    cudnn = _CUDNN.fullmatch(name)
    if cudnn is not None:
        other = cudnn["cuda"] not in (None, base.cuda.partition(".")[0])
        there = not other and cudnn["major"] == base.cudnn and (base.flavour == "devel" or "-dev" not in name)
        return ("is in the base already", Severity.INFO) if there else None
    library = _LIBRARY.fullmatch(name)
    if library is None or f"{library['major']}.{library['minor']}" != base.cuda:
        return None
    held = (
        _BASE | (_RUNTIME if base.flavour != "base" else frozenset()) | (_DEVEL if base.flavour == "devel" else set())
    )
    return ("is in the base already", Severity.INFO) if library["name"] in held else None
