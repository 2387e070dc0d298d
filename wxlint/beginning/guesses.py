"""What images that say nothing of it are most likely for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxlint.beginning.model import Built, Survey
from wxlint.beginning.names import bare

_OTHERS = frozenset(("vulkan", "sycl", "opencl"))
"""Words of an image for a GPU that needs nothing accelerated inside."""


def guesses(survey: Survey) -> dict[Built, Built]:
    """Those images with an accelerator: the one that a service asks for, else what else speaks for one.

    The CPU where the same name with -gpu is another image, else CUDA where the image has torch of the default index or
    an argument that is called so, else the CPU where there is nothing accelerated, in a repository that has others.
    """
    found = {}
    guessed = any(one.asked or one.hint or one.accelerator not in ("", "cpu") for one in survey.built)
    has_gpu = survey.has_gpu or guessed
    for one in survey.built:
        if one.accelerator:
            continue
        plain = has_gpu and (one.bare or _is_beside_gpu(one, survey.built))
        likely = one.asked or ("" if _is_beside_gpu(one, survey.built) else one.hint) or ("cpu" if plain else "")
        words = set(re.split("[^a-z0-9]+", f"{one.name} {one.tag} {one.path}".lower()))
        if likely:
            other = likely == "cpu" and not _OTHERS.isdisjoint(words)
            found[one] = one._replace(accelerator="other" if other else likely)
    return found


def _is_beside_gpu(one: Built, built: Iterable[Built]) -> bool:
    """Whether there is app-gpu, and no app-cpu, to an app that says nothing."""
    found = {other.accelerator for other in built if "{variant}" in other.name and bare(other.name) == one.name}
    return "cuda" in found and "cpu" not in found
