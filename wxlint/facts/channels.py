"""Between a channel of torch's wheels ("cu121") and the CUDA version that it is built for ("12.1"): converted here
and nowhere else."""

from __future__ import annotations


def cuda_of_channel(channel: str | None) -> str | None:
    """The CUDA version of a channel: "12.1" for cu121, "9.2" for cu92; None for other channels.

    CUDA 10 and later take three digits: cu12 names no version, and never existed.
    """
    digits = channel[2:] if channel is not None and channel.startswith("cu") else ""
    if not digits.isdigit() or (len(digits) != 3 and not (len(digits) == 2 and digits[0] in "6789")):
        return None
    return f"{digits[:-1]}.{digits[-1]}"


def channel_of_cuda(version: str) -> str:
    """The channel of a CUDA version: 12.1 and 12.1.0 are cu121."""
    major, _, rest = version.partition(".")
    return f"cu{major}{rest.partition('.')[0] or '0'}"
