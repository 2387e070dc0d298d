"""Between a channel of torch's wheels ("cu121") and the CUDA version that it is built for ("12.1"): converted here
and nowhere else."""

from __future__ import annotations


def cuda_of_channel(channel: str | None) -> str | None:
    """The CUDA version of a channel: "12.1" for cu121 and nightly/cu121, "9.2" for cu92; None for other channels.

    CUDA 10 and later take three digits: cu12 names no version, and never existed.
    """
    channel = (channel or "").removeprefix("nightly/")
    digits = channel[2:] if channel.startswith("cu") else ""
    if not digits.isdigit() or (len(digits) != 3 and not (len(digits) == 2 and digits[0] in "6789")):
        return None
    return f"{digits[:-1]}.{digits[-1]}"


def channel_of_cuda(version: str) -> str:
    """The channel of a CUDA version: 12.1 and 12.1.0 are cu121."""
    major, _, rest = version.partition(".")
    return f"cu{major}{rest.partition('.')[0] or '0'}"


def is_of(channel: str, allowed: str, *, nightly: bool) -> bool:
    """Whether a channel is one that is allowed: a channel, "nightly/cu130", or "any-cuda" for every CUDA build."""
    kind, _, name = allowed.rpartition("/")
    if kind:
        return nightly and channel == name
    if allowed == "any-cuda":
        return channel == "default" or cuda_of_channel(channel) is not None
    return channel.startswith("rocm") if allowed == "any-rocm" else channel == allowed


def shown(channels: tuple[str, ...]) -> str:
    """ "cu121", "cu118 or cu124", "any CUDA channel"."""
    words = {"any-cuda": "any CUDA channel", "any-rocm": "any ROCm channel"}
    return " or ".join(words.get(channel, channel) for channel in channels)
