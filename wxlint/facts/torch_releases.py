"""Releases of torch: what fits them, where they are to be had, and what CUDA they need."""

from __future__ import annotations

import functools
import re

from wxlint.core.tuples import NamedTuple
from wxlint.facts.tables import numbers, row_of, table

FAMILY = ("torch", "torchvision", "torchaudio")
"""torch and the companions that are released with it, each build for one build of torch."""


class TorchRelease(NamedTuple):
    """One release of torch and what fits it, from the package index.

    torchvision, torchaudio, torchtext: every version that accepts this torch. plain_cuda: the CUDA version of the wheel
    without a local version, on x86_64; plain_arm64: likewise ("cpu": a CPU build; None: no wheel).
    channels: those of download.pytorch.org that are known to have it; others may exist.
    """

    version: str
    torchvision: tuple[str, ...]
    torchaudio: tuple[str, ...]
    torchtext: tuple[str, ...]
    plain_cuda: str | None
    plain_cudnn: str | None
    plain_arm64: str | None
    python_min: str
    python_max: str
    channels: tuple[str, ...]
    row: dict[str, str]


@functools.cache
def _torch() -> dict[str, TorchRelease]:
    channels: dict[str, list[str]] = {}
    for row in table("torch_channels"):
        if row["confidence"] != "unverified":
            channels.setdefault(row["version"], []).append(row["channel"])
    return {
        row["version"]: TorchRelease(
            row["version"],
            tuple(row["torchvision"].split()),
            tuple(row["torchaudio"].split()),
            tuple(row["torchtext"].split()),
            row["plain_cuda"] or None,
            row["plain_cudnn"] or None,
            row["plain_arm64"] or None,
            row["python_min"],
            row["python_max"],
            tuple(channels.get(row["version"], ())),
            row,
        )
        for row in table("torch")
    }


def _public(version: str) -> str:
    """A version without its local part, with three numbers: "2.1+cu118" is "2.1.0"."""
    version = version.partition("+")[0]
    return version + ".0" * (2 - version.count("."))


def torch_release(version: str) -> TorchRelease | None:
    """The release that `torch==version` names ("2.1", "2.1.0+cu121"), or None for one that is not in the table."""
    return _torch().get(_public(version))


def torch_exists(version: str) -> bool | None:
    """Whether torch was ever released as `version`; None where it may be newer or older than the table."""
    if torch_release(version):
        return True
    if not re.fullmatch(r"\d+(\.\d+){1,2}", _public(version)):
        return None
    asked, known = numbers(_public(version)), [numbers(release) for release in _torch()]
    return None if asked < known[0] or asked[:2] >= known[-2][:2] else False


def torch_channel_exists(version: str, channel: str) -> bool | None:
    """Whether download.pytorch.org has this torch in this channel ("cu121", "cpu").

    None: not known (a release that is not in the table; a channel that is only rumoured; rocm and xpu channels,
    whose list is not complete).
    """
    release = torch_release(version)
    if release is None:
        return None
    if channel in release.channels:
        return True
    if (release.version, channel) in _unsure() or not re.fullmatch(r"cu\d+", channel):
        return None
    return False


_OLD_CHANNELS = ("cu75", "cu80", "cu90", "cu91", "cu92", "cu100")
"""CUDA channels of releases before the table's first."""


@functools.cache
def cuda_channels() -> tuple[str, ...]:
    """The CUDA channels that download.pytorch.org has or had, by CUDA version."""
    listed = {row["channel"] for row in table("torch_channels") if row["channel"].startswith("cu")}
    return tuple(sorted({*listed, *_OLD_CHANNELS}, key=_cuda_number))


def _cuda_number(channel: str) -> tuple[int, int]:
    """What channels are ordered by; `cu12`, which is none, lies among those of CUDA 12."""
    digits = channel[2:]
    if len(digits) == 2 and digits[0] == "1":
        return int(digits), 0
    return int(digits[:-1]), int(digits[-1])


class Channel(NamedTuple):
    """Whether a CUDA channel exists.

    exists: None for one that is newer than the table. nearest: those that exist on both sides of one that does not.
    """

    exists: bool | None
    nearest: tuple[str, ...] = ()


def cuda_channel(channel: str) -> Channel:
    """Whether download.pytorch.org has or had a CUDA channel ("cu121")."""
    known = cuda_channels()
    if channel in known:
        return Channel(True)
    own = _cuda_number(channel)
    below = [name for name in known if _cuda_number(name) < own]
    above = [name for name in known if _cuda_number(name) >= own]
    nearest = (*below[-1:], *above[:1])
    return Channel(False if above else None, nearest)


def rocm_channels(version: str, likely: bool = False) -> tuple[str, ...]:
    """The ROCm channels that are known to have a torch release. likely: with those that nobody has seen it in."""
    release = torch_release(version)
    if release is None:
        return ()
    found = [channel for one, channel in _unsure() if one == release.version] if likely else release.channels
    return tuple(name for name in found if name.startswith("rocm"))


def python_range(version: str) -> tuple[str, str] | None:
    """The oldest and the newest Python that a torch release has wheels for ("3.8", "3.11"); None where not known."""
    release = torch_release(version)
    if release is None or release.row["confidence"] != "verified" or not release.python_min:
        return None
    return release.python_min, release.python_max


def torch_for_python(python: str) -> tuple[str, ...]:
    """The torch releases that have wheels for a Python, oldest first."""
    return tuple(r.version for r in _torch().values() if _has_python(r, python))


def _has_python(release: TorchRelease, python: str) -> bool:
    return bool(release.python_min) and numbers(release.python_min) <= numbers(python) <= numbers(release.python_max)


def torch_releases(channel: str) -> tuple[str, ...]:
    """The releases of torch that a channel is known to have, oldest first; "default" has all of them."""
    return tuple(r.version for r in _torch().values() if channel == "default" or channel in r.channels)


@functools.cache
def _unsure() -> frozenset[tuple[str, str]]:
    return frozenset((row["version"], row["channel"]) for row in table("torch_channels"))


class Companions(NamedTuple):
    """The versions of torch's companions that accept a given torch, oldest first."""

    torchvision: tuple[str, ...]
    torchaudio: tuple[str, ...]
    torchtext: tuple[str, ...]


def companions(torch_version: str) -> Companions | None:
    """What goes with a torch release; None for a release that is not in the table."""
    release = torch_release(torch_version)
    return Companions(release.torchvision, release.torchaudio, release.torchtext) if release else None


def companion_fits(name: str, version: str, torch_version: str) -> bool | None:
    """Whether `name` (torchvision, torchaudio, torchtext) in this exact version accepts this torch; None: not known."""
    fitting = companions(torch_version)
    if fitting is None or name not in Companions._fields:
        return None
    public = _public(version)
    if public in getattr(fitting, name):
        return True
    return False if any(public in getattr(release, name) for release in _torch().values()) else None


def default_cuda(version: str | None = None, machine: str = "x86_64") -> str | None:
    """The CUDA version of what the default index gives for `torch==version` (None: unpinned, so the newest).

    "12.1", or "cpu" for a CPU build; None where not known. machine: "x86_64" or "aarch64".
    """
    release = next(reversed(_torch().values())) if version is None else torch_release(version)
    if release is None:
        return None
    return release.plain_cuda if machine == "x86_64" else release.plain_arm64


def has_arm64(channel: str, version: str) -> bool | None:
    """Return whether a channel ("cu126") has a wheel of a release of torch for Linux on arm64; None where not known.

    version: "2.6.0", or with a local part, which is then the build that has to be there ("2.6.0+cu126").
    """
    row = row_of("torch_arm64", channel)
    public = _public(version)
    if row is None or numbers(public) > numbers(row["until"]):
        return None
    listed = row["releases"].split()
    return version in listed or (version == public and any(_public(one) == public for one in listed))


def cxx11_abi(version: str) -> str:
    """The C++ ABI of PyTorch's own builds of a release for Linux on x86_64, as the names of wheels say it: "TRUE" or
    "FALSE"; "" for 2.6, whose channels differ.

    Source: release notes of torch 2.6 and 2.7, and torch._C._GLIBCXX_USE_CXX11_ABI.
    """
    line = numbers(version)[:2]
    return "" if line in ((), (2, 6)) else "TRUE" if line > (2, 6) else "FALSE"


def min_driver(cuda: str) -> str | None:
    """The oldest NVIDIA driver branch for a CUDA version ("12.1" or "12"): "525"."""
    row = row_of("drivers", cuda.split(".")[0])
    return row["min_driver"] if row else None
