"""What holds whichever of several images is taken: a join keeps what all of them agree on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from wxlint.images.graph.state import State, package_key
from wxlint.images.installs.model import Install
from wxlint.images.model.records import Use
from wxlint.images.stack.torch.model import Torch

T = TypeVar("T")


def common_state(states: Sequence[State], use: Use) -> State:
    """The state of an image that several builds produce. use: what names it."""
    first = states[0]
    lineage, partly = _common_lineage([s.lineage for s in states])
    shared_packages = set.intersection(*({package_key(p) for p in s.packages} for s in states))
    roots = {s.root.value.text if s.root is not None else None for s in states}
    return State(
        _agreed([s.accelerator for s in states]),
        _agreed([s.cuda for s in states]),
        _common_torch([s.torch for s in states]),
        tuple(p for p in first.packages if package_key(p) in shared_packages),
        (use, *lineage),
        first.because,
        tuple(o for o in first.others if all(o in s.others for s in states[1:])),
        tuple(item for item in first.stored if all(item in s.stored for s in states[1:])),
        installs=_common_installs(states),
        external_torch=_common_torch([s.external_torch for s in states]),
        root=first.root if len(roots) == 1 else None,
        sure=all(s.sure for s in states),
        partly=tuple(dict.fromkeys((*partly, *(one for s in states for one in s.partly)))),
    )


def _agreed(values: Sequence[T | None]) -> T | None:
    return values[0] if all(value == values[0] for value in values) else None


def _common_torch(found: Sequence[Torch]) -> Torch:
    first = found[0]
    if any(torch.channel != first.channel for torch in found):
        return Torch("unknown")
    same = all(torch.version == first.version for torch in found)
    return first if same else first._replace(version=None, newest=False)


def _common_installs(states: Sequence[State]) -> tuple[Install, ...]:
    """The installs that every one of several images has."""
    return tuple(one for one in states[0].installs if all(one in state.installs for state in states[1:]))


def _common_lineage(lineages: Sequence[tuple[Use, ...]]) -> tuple[tuple[Use, ...], tuple[Use, ...]]:
    """The images that each of several lineages passes through, in the order of the first, and what only some do."""
    shared = set.intersection(*({use.value.text for use in lineage} for lineage in lineages))
    some = (use for lineage in lineages for use in lineage if use.value.text not in shared)
    return tuple(use for use in lineages[0] if use.value.text in shared), tuple(some)
