"""What must be so before anything is built: it costs a second, and a build that fails for it may take an hour."""

from __future__ import annotations

import re
import shutil
from typing import NamedTuple

from wxlint.conformance.container import gpu
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About
from wxlint.core.units import amount

OLDEST = {"docker": (20, 10), "podman": (4, 0)}
"""Older engines are not tried."""
SPARE = 1_000_000_000
"""Bytes that must be free on the engine's disk for any build."""


class Preflight(NamedTuple):
    """engine: why nothing can be built, "" when it can. device: what GPU checks lack. notes: what may go wrong."""

    engine: str = ""
    device: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def preflight(engine: Engine, about: About, budget: int | None, with_gpu: bool) -> Preflight:
    """Look at the engine's version, its disk, and what GPU checks need.

    Args:
        budget: the largest size in bytes that the policy allows an image that would be built; None where it says none.
        with_gpu: GPU checks must run.

    Raises EngineError when the engine does not answer.
    """
    problem, notes = _version(about), []
    free = None if problem else _free(engine, about)
    if free is not None and free[1] < SPARE:
        problem = f"{free[0]} has {amount(free[1])} free: no space left to build anything"
    elif free is not None and budget is not None and free[1] < budget:
        notes.append(f"{free[0]} has {amount(free[1])} free, and an image may have {amount(budget)} by the policy")
    return Preflight(problem, tuple(gpu.missing(about)) if with_gpu else (), tuple(notes))


def _version(about: About) -> str:
    oldest = OLDEST.get(about.program.removesuffix(".exe"))
    found = re.match(r"(\d+)\.(\d+)", about.version)
    if oldest is None or found is None or (int(found[1]), int(found[2])) >= oldest:
        return ""
    return f"{about.program} {about.version} is too old; {oldest[0]}.{oldest[1]} or newer is needed"


def _free(engine: Engine, about: About) -> tuple[str, int] | None:
    """(the engine's folder, bytes free there); None where that cannot be seen from here."""
    if not about.local or engine.is_podman:
        return None
    folder = engine.call("info", "--format", "{{.DockerRootDir}}", timeout=30).out.strip()
    try:
        return folder, shutil.disk_usage(folder).free
    except OSError:  # another user's, or of a machine that only seems to be this one
        return None
