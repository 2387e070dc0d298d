"""Which build of torch a conda install takes: what its packages amount to together."""

from __future__ import annotations

import re

from wxlint import facts
from wxlint.facts.tables import release_key
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.model import Choice

_CONDA_TORCH = ("pytorch", "pytorch-gpu", "pytorch-cpu", "torchvision", "torchaudio", "libtorch")
_CONDA_CUDA = ("pytorch-cuda", "cudatoolkit", "cuda-version", "cuda-toolkit", "cuda-runtime")


def choices(install: Install) -> list[Choice]:
    """Return the torch choice of an install by conda, if it has one."""
    named = {r.name: r for r in install.requirements}
    torch = next((named[name] for name in _CONDA_TORCH if name in named), None)
    if torch is None:
        return []
    implied = torch.name not in ("pytorch", "pytorch-gpu", "pytorch-cpu")
    if "cudatoolkit" in named and (_is_of_conda_forge(torch, install) or is_of_pytorch_cuda(torch, install)):
        named.pop("cudatoolkit")  # libraries beside whatever build is solved: the CPU's, where conda sees no GPU
    return [Choice(_of_conda(named, torch), "conda", torch, implied, install)]


def _is_of_conda_forge(torch: Requirement, install: Install) -> bool:
    alone = "conda-forge" in install.channels and not {"pytorch", "nvidia", "defaults"} & set(install.channels)
    return alone and torch.name == "pytorch" and not torch.build


def is_of_pytorch_cuda(torch: Requirement, install: Install) -> bool:
    """Whether conda takes a pytorch of PyTorch's own channel whose build `pytorch-cuda` chooses, as of 1.13, and not
    `cudatoolkit`. Source: pytorch.org, the commands of conda for previous releases."""
    own = install.channels[:1] == ("pytorch",) and torch.name == "pytorch" and not torch.build
    return own and torch.pin is not None and release_key(torch.pin) >= release_key("1.13")


def _of_conda(named: dict[str, Requirement], torch: Requirement) -> str:
    """The channel that the packages of a conda install amount to."""
    build = torch.build.lower()
    mutex = named.get("pytorch-mutex", torch)
    if "cpuonly" in named or "pytorch-cpu" in named or "cpu" in build or "cpu" in mutex.build:
        return "cpu"
    for name in _CONDA_CUDA:
        wanted = named.get(name)
        version = (wanted.pin or wanted.specifier.lstrip("=<>~")) if wanted else ""
        if wanted and version[:1].isdigit():
            return facts.channel_of_cuda(version.rstrip(".*"))
    match = re.search(r"cuda(\d+)\.?(\d)", build)
    if not match:
        return "unknown"
    return f"cu{match[1]}{match[2]}" if "." in build else f"cu{match[0][4:].replace('.', '')}"
