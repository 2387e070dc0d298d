"""Install commands of Linux distributions, and makers' own installers."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Install
from wxlint.images.installs.options import read_arguments
from wxlint.images.installs.requirement import Requirement

_WITH_VALUE = frozenset("-o --option -t --target-release -a --host-architecture -c --config-file --solver".split())


def apt(call: Call) -> Iterator[Install]:
    """`apt-get install`, `dnf install` and their kin."""
    arguments = read_arguments(call.rest, _WITH_VALUE).positional
    if not arguments or arguments[0].value.text not in ("install", "reinstall"):
        return
    yield Install(
        "apt",
        tuple(
            Requirement(word.value.text.partition("=")[0].lower(), where=call.where(word), written=word.value.shown())
            for word in arguments[1:]
        ),
        conditional=call.command.conditional,
        where=call.where(arguments[0]),
        because=call.command.because,
    )


def vendor(call: Call) -> Iterator[Install]:
    """A maker's own installer: amdgpu-install brings ROCm, a cuda_*.run file the CUDA toolkit. Given as packages
    of the system."""
    first, last = call.words[0], call.words[-1]
    rocm = first.value.text.endswith("amdgpu-install")
    if rocm and not any("rocm" in word.value.text or "hip" in word.value.text for word in call.rest):
        return
    where = call.where(first, last)
    name, shown = ("rocm", "amdgpu-install") if rocm else ("nvidia-cuda-toolkit", first.value.shown())
    yield Install(
        "apt",
        (Requirement(name, where=where, written=shown),),
        conditional=call.command.conditional,
        where=where,
        because=call.command.because,
    )
