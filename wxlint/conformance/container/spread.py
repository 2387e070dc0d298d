"""Which of several engines looks at which image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wxlint.plan.model import Step


class Candidate(NamedTuple):
    """An engine. gpu: it is seen to have one. has: images that are there already."""

    gpu: bool
    has: frozenset[str]


def spread(steps: Sequence[Step], candidates: Sequence[Candidate], *, gpu: bool, builds: bool) -> dict[str, int]:
    """The number of an engine for each image: what needs a GPU where one is, the rest evenly.

    Args:
        gpu: GPU checks must run.
        builds: images are built, so those that stand on each other stay together; else an image goes where it is.
    """
    everywhere = range(len(candidates))
    with_gpu = [number for number in everywhere if candidates[number].gpu] or list(everywhere)
    load = [0] * len(candidates)
    found: dict[str, int] = {}
    groups = list(_lineages(steps)) if builds else [[step] for step in steps]
    for group in sorted(groups, key=lambda each: (not _needs_gpu(each), -len(each))):
        allowed: Iterable[int] = with_gpu if gpu and _needs_gpu(group) else everywhere
        if not builds:
            there = [number for number in everywhere if group[0].image in candidates[number].has]
            allowed = [number for number in allowed if number in there] or there or allowed
        best = min(allowed, key=lambda number: (load[number], number))
        load[best] += len(group)
        found.update((step.image, best) for step in group)
    return found


def _needs_gpu(group: Sequence[Step]) -> bool:
    return any(step.expectation.gpu for step in group)


def _lineages(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps that hang together by what they are built from; a step comes behind what it needs."""
    groups: list[list[Step]] = []
    for step in steps:
        joined = [group for group in groups if any(each.image in step.needs for each in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([each for group in joined for each in group] + [step])
    yield from groups
