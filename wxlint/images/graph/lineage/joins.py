"""What holds whichever of several images is taken: a join keeps what all of them agree on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from wxlint.images.graph.state import Package, PythonEnvironment, State, package_key
from wxlint.images.installs.places import SYSTEM
from wxlint.images.model.records import Use
from wxlint.images.stack.torch.model import Torch

T = TypeVar("T")


def common_state(states: Sequence[State], use: Use) -> State:
    """The state of an image that several builds produce. use: what names it."""
    first = states[0]
    lineage, partly = _common_lineage([s.lineage for s in states])
    roots = {s.root.value.text if s.root is not None else None for s in states}
    environments = _common_environments(states)
    return State(
        _agreed([s.accelerator for s in states]),
        _agreed([s.cuda for s in states]),
        _common_torch([s.torch for s in states]),
        _common_packages([s.packages for s in states]),
        (use, *lineage),
        first.because,
        _in_all([s.others for s in states]),
        tuple(one for one in first.stored if all(one in s.stored for s in states)),
        installs=_in_all([s.installs for s in states]),
        external_torch=_common_torch([s.external_torch for s in states]),
        root=first.root if len(roots) == 1 else None,
        sure=all(s.sure for s in states),
        partly=tuple(dict.fromkeys((*partly, *(one for s in states for one in s.partly)))),
        environments=environments,
        in_use=tuple(dict.fromkeys(place for s in states for place in s.in_use)) if environments else (),
        led=(_agreed([s.led for s in states]) if environments else None) or SYSTEM,
        used=_agreed([s.used for s in states]) or "",
    )


def _common_environments(states: Sequence[State]) -> tuple[PythonEnvironment, ...]:
    """What each environment holds in all of several images; none where they have not the same ones."""
    first = states[0].environments
    if any([one.place for one in s.environments] != [one.place for one in first] for s in states):
        return ()
    return tuple(_common_environment(same) for same in zip(*(s.environments for s in states)))


def _common_environment(same: Sequence[PythonEnvironment]) -> PythonEnvironment:
    return PythonEnvironment(
        same[0].place,
        _common_torch([one.torch for one in same]),
        _common_packages([one.packages for one in same]),
        _in_all([one.others for one in same]),
        _in_all([one.installs for one in same]),
        _common_torch([one.external_torch for one in same]),
        all(one.shares for one in same),
    )


def _agreed(values: Sequence[T | None]) -> T | None:
    return values[0] if all(value == values[0] for value in values) else None


def _common_torch(found: Sequence[Torch]) -> Torch:
    first = found[0]
    if any(torch.channel != first.channel for torch in found):
        return Torch("unknown")
    same = all(torch.version == first.version for torch in found)
    return first if same else first._replace(version=None, newest=False)


def _common_packages(found: Sequence[tuple[Package, ...]]) -> tuple[Package, ...]:
    shared = set.intersection(*({package_key(p) for p in packages} for packages in found))
    return tuple(p for p in found[0] if package_key(p) in shared)


def _in_all(found: Sequence[tuple[T, ...]]) -> tuple[T, ...]:
    """What every one of several images has."""
    shared = set.intersection(*map(set, found))
    return tuple(one for one in found[0] if one in shared)


def _common_lineage(lineages: Sequence[tuple[Use, ...]]) -> tuple[tuple[Use, ...], tuple[Use, ...]]:
    """The images that each of several lineages passes through, in the order of the first, and what only some do."""
    shared = set.intersection(*({use.value.text for use in lineage} for lineage in lineages))
    some = (use for lineage in lineages for use in lineage if use.value.text not in shared)
    return tuple(use for use in lineages[0] if use.value.text in shared), tuple(some)
