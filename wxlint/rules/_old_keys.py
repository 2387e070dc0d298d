"""Bases that were built before NVIDIA changed the key of its CUDA repositories, and what asks these all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.rules import Problem
from wxlint.rules._system_packages import apt_commands, base_of_packages

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Evaluated, Stage
    from wxlint.images.model.reference import Reference

_MENDED = late(
    r"(?i)cuda\.list|nvidia-ml|sources\.list|/etc/apt\b|3bf863cc|7fa2af80|A4B469963BF863CC|cuda-keyring|apt-key"
    r"|unauthenticated|insecure|trusted=yes|\.sh\b"
)
"""What takes the key or the repository away, or may: a script of the repository's own."""
_HINT = (
    "remove the list of NVIDIA's repository before (rm -f /etc/apt/sources.list.d/cuda.list "
    "/etc/apt/sources.list.d/nvidia-ml.list), add its new key (cuda-keyring), or take a later base"
)


def may_be_there(reference: Reference | None) -> bool:
    """Whether an image is one of those whose key is an old one."""
    if reference is None or reference.digest or not reference.tag:
        return False
    rows = facts.rows_of("old_keys", facts.normalise_repository(reference.name))
    return any(re.fullmatch(row["tag"], reference.tag) for row in rows)


def problems(repository: Repository, evaluated: Evaluated) -> Iterator[Problem]:
    """Yield the first update of each stage's packages that fails, where no stage below it has one: the build ends.

    What stands before it, and may take the repository or its key away, leaves the stage and those on it alone.
    """
    asked: dict[int, Stage] = {}  # stages whose packages nothing has asked for yet, with the one that names the base
    for stage in evaluated.stages:
        below = asked.get(stage.parents[0]) if len(stage.parents) == 1 and not stage.external else None
        root = below or (stage if stage.external and not stage.parents else None)
        reference = base_of_packages(repository, evaluated, root) if root is not None else None
        if root is None or reference is None or not may_be_there(reference):
            continue
        asked[stage.index] = root
        for instruction in evaluated.instructions_of(stage):
            if _MENDED.search(instruction.text) or any(_MENDED.search(h.body) for h in instruction.heredocs):
                del asked[stage.index]
                break
            ran = next(apt_commands(evaluated, instruction, "update"), None)
            if ran is not None:
                text = f"{reference.shown()} has the key that NVIDIA's CUDA repository had until April 2022"
                because = (reason_at("image", f"FROM {reference.shown()}", root.base.span),)
                yield Problem(ran.span(), f"{text}: the update fails", because, _HINT, Severity.WARNING)
                del asked[stage.index]
                break
