"""Which cuDNN NVIDIA's own wheels of it bring, by the range that is asked for."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.facts.accelerated import AFTER_ALL, upper_bound
from wxlint.facts.wheels import lower_bound

_NAME = late(r"nvidia-cudnn(?:-cu(\d+))?")
_NEWEST = 9
"""The newest generation of cuDNN. Source: the package index, up to 9.28."""
_OLDEST = {"11": 8, "12": 8}
"""The oldest one that there are wheels of, by the generation of CUDA; those for CUDA 13 began with cuDNN 9."""


def cudnn_generation(name: str, specifier: str) -> str:
    """Return the generation of cuDNN that all releases in a range are of ("9"); "" where they may be of several, or
    the distribution is not NVIDIA's cuDNN."""
    found = _NAME.fullmatch(name)
    if found is None:
        return ""
    oldest = _OLDEST.get(found[1], _NEWEST) if found[1] else 0
    limit, included = upper_bound(specifier)
    lowest, _ = lower_bound(specifier)
    first = max(lowest[0], oldest) if lowest else oldest
    if limit == AFTER_ALL or (limit[0] > _NEWEST and not included):  # <10 leaves nothing later than there is
        last = _NEWEST
    else:  # a range that ends before 9 has no release of 9
        last = limit[0] if included or len(limit) > 1 else limit[0] - 1
    return str(first) if first == last else ""
