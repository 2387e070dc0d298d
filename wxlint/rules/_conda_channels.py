"""What PyTorch's channel of conda holds: it ended with torch 2.5."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image
from wxlint.rules import Problem

_PACKAGE = "pytorch-cuda"
"""The package that chooses a build of torch; no other channel has it."""
_EXACT = late(r"={1,2}(\d+\.\d+)(?:\.\d+)*(?:\.?\*)?")


def problems(image: Image) -> Iterator[Problem]:
    """Yield versions of pytorch-cuda that never were."""
    for install in image.installs:
        if install.tool != "conda" or not install.must_succeed or install.removes:
            continue
        for wanted in install.requirements:
            exact = _EXACT.fullmatch(wanted.specifier) if wanted.name == _PACKAGE else None
            span = wanted.span or install.span
            if exact is None or span is None or any("nightly" in channel for channel in install.channels):
                continue
            there = [row["version"] for row in facts.table("pytorch_cuda")]
            if exact[1] not in there:
                text = (
                    f"there is no {_PACKAGE} {exact[1]}: conda has it for CUDA {', '.join(there[:-1])} and {there[-1]}"
                )
                hint = (
                    "take one of these, or torch with pip from the channel of its CUDA (conda's ended with torch 2.5)"
                )
                yield Problem(span, text, install.reasons, hint, Severity.WARNING, image.label)
