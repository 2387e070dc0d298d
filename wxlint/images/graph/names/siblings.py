"""What stands beside a name: `Dockerfile.gpu` beside `Dockerfile`, a service `api-gpu` beside `api`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxlint.core.patterns import late
from wxlint.policy.accelerator_words import accelerator_words

_UNVERSIONED = late(r"(?i)(?<![a-z])(?:gpu|cuda|nvidia)(?![-._]?[0-9])")


def gpu_twins(name: str, others: Iterable[str]) -> list[str]:
    """The names that are this one with a word for CUDA; none where one with a word for the CPU is there as well, or
    where this one has such a word itself. Beside one for ROCm or a version of CUDA alone, the plain name may be the one
    for CUDA."""
    own = _plain(name)
    if accelerator_words(_words(name)):
        return []
    twins = {other: accelerator_words(_words(other)) for other in others if other != name and _plain(other) == own}
    if any("cpu" in words for words in twins.values()):
        return []
    return [other for other, words in twins.items() if words == {"cuda"} and _UNVERSIONED.search(other)]


def has_twins(name: str, others: Iterable[str]) -> bool:
    """Whether some name is this one with a word for an accelerator, so that the plain one may be for another."""
    own = _plain(name)
    return any(other != name and _plain(other) == own and accelerator_words(_words(other)) for other in others)


def _words(name: str) -> str:
    """A name with what it begins with as any Dockerfile does set apart: `GPUDockerfile`."""
    return re.sub(r"(?i)(docker|container)file", r" \1file ", name)


def _plain(name: str) -> list[str]:
    """The parts of a name without those that name an accelerator, and the version behind one."""
    kept: list[str] = []
    named = False
    for part in re.split(r"[\s._-]+", _words(name).lower()):
        if accelerator_words(part):
            named = True
        elif part and not (named and part.isdigit()):
            kept.append(part)
            named = False
    return kept
