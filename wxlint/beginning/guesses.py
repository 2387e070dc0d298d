"""What images that say nothing of it are most likely for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxlint.beginning.model import Built, Survey
from wxlint.beginning.names import bare

_OTHERS = frozenset(("vulkan", "sycl", "opencl"))
"""Words of an image for a GPU that needs nothing accelerated inside."""


def guesses(survey: Survey) -> dict[Built, Built]:
    """Those images with an accelerator: the one that a service asks for, else the CPU where there is nothing else.

    The latter in a repository that has other images for a GPU, and where the same name with -gpu is one.
    """
    found = {}
    has_gpu = survey.has_gpu or any(one.asked or one.accelerator not in ("", "cpu") for one in survey.built)
    for one in survey.built:
        if not one.accelerator and (one.asked or has_gpu and (one.bare or _is_beside_gpu(one, survey.built))):
            words = set(re.split("[^a-z0-9]+", f"{one.name} {one.tag} {one.path}".lower()))
            found[one] = one._replace(accelerator=one.asked or ("cpu" if _OTHERS.isdisjoint(words) else "other"))
    return found


def _is_beside_gpu(one: Built, built: Iterable[Built]) -> bool:
    """Whether there is app-gpu, and no app-cpu, to an app that says nothing."""
    found = {other.accelerator for other in built if "{variant}" in other.name and bare(other.name) == one.name}
    return "cuda" in found and "cpu" not in found
