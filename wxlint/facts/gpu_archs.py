"""Which GPUs a build reaches, by their compute capability ("8.6"): torch's own builds, and what nvcc compiles for."""

from __future__ import annotations

import re

from wxlint.core.tuples import NamedTuple
from wxlint.facts.channels import channel_of_cuda
from wxlint.facts.tables import numbers, row_of, table
from wxlint.facts.torch_releases import default_cuda

_ARCH = re.compile(r"(\d{1,2})\.(\d)([af]?)(\+PTX)?", re.I)
_NAMED = {
    "maxwell": "5.0 5.2+PTX",
    "pascal": "6.0 6.1+PTX",
    "volta": "7.0+PTX",
    "turing": "7.5+PTX",
    "ampere": "8.0 8.6+PTX",
    "ada": "8.9+PTX",
    "hopper": "9.0+PTX",
}
"""The names that torch's builder of extensions takes in TORCH_CUDA_ARCH_LIST."""


class Archs(NamedTuple):
    """What a build was compiled for. listed: as TORCH_CUDA_ARCH_LIST has it ("8.0", "12.0+PTX"). confidence: of the
    table's row."""

    listed: tuple[str, ...]
    confidence: str


def torch_archs(version: str, channel: str, machine: str = "x86_64") -> Archs | None:
    """Return what torch's build of a release in a channel was compiled for; None where the table does not know."""
    if channel == "default":
        cuda = default_cuda(version, machine)
        channel = channel_of_cuda(cuda) if cuda and cuda != "cpu" else ""
    for row in table("torch_archs"):
        if row["channel"] == channel and row["machine"] == machine and _holds(row, version):
            return Archs(tuple(row["archs"].split()), row["confidence"])
    return None


def _holds(row: dict[str, str], version: str) -> bool:
    own = numbers(version)
    return numbers(row["from"]) <= own and (not row["before"] or own < numbers(row["before"]))


def arch_list(text: str) -> tuple[str, ...] | None:
    """Return the capabilities that a TORCH_CUDA_ARCH_LIST names ("8.0;8.6+PTX", "Ampere 9.0"); None where it holds
    another word."""
    found: list[str] = []
    for part in re.split(r"[;,\s]+", text.strip()):
        if part.lower() in _NAMED:
            found += _NAMED[part.lower()].split()
        elif _ARCH.fullmatch(part):
            found.append(part)
        else:
            return None
    return tuple(found)


def reaches(listed: tuple[str, ...], capability: str) -> bool:
    """Return whether code for these capabilities runs on a GPU of another: code of one major version runs on the
    same and later minor ones, PTX on all later ones; `9.0a` on its own only."""
    wanted = numbers(capability)
    for text in listed:
        match = _ARCH.fullmatch(text)
        if match is None:
            continue
        own = int(match[1]), int(match[2])
        if own == wanted or (not match[3] and own[0] == wanted[0] and own <= wanted):
            return True
        if match[4] and own <= wanted:
            return True
    return False


def nvcc_compiles(arch: str, cuda: str) -> bool | None:
    """Return whether the nvcc of a CUDA version ("12.4") compiles for a capability ("9.0a", "12.0+PTX"); None where
    the table does not know the capability."""
    match = _ARCH.fullmatch(arch)
    row = row_of("nvcc_archs", f"{match[1]}.{match[2]}") if match is not None else None
    if row is None:
        return None
    own = numbers(cuda)[:2]
    return numbers(row["from"]) <= own and (not row["before"] or own < numbers(row["before"]))


def listed_archs(flags: str) -> tuple[str, ...]:
    """Return what torch says of its own build ("sm_80 sm_90a compute_120") in the form of TORCH_CUDA_ARCH_LIST."""
    found: list[str] = []
    for kind, digits, suffix in re.findall(r"\b(sm|compute)_(\d{2,3})([af]?)\b", flags):
        arch = f"{digits[:-1]}.{digits[-1]}{suffix}"
        if kind == "compute":
            found = [one for one in found if one != arch]
            arch += "+PTX"
        found.append(arch)
    return tuple(dict.fromkeys(found))
