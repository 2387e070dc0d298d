"""Which releases the torch of an image may be, and which of them an install allows."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint import facts
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.limits import allowed
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.releases import (
    is_complete,
    release_sets,
    releases,
)


def possible_releases(state: Torch, install: Install) -> tuple[str, ...]:
    """The releases that may be there, empty where that is not known."""
    if state.version is not None:
        return (state.version,)
    if state.nightly or not is_complete(state.channel):
        return ()
    sets = release_sets((state.channel,), install.environment.python)
    if state.newest:
        return tuple(dict.fromkeys(listed[-1] for (listed,) in sets))
    return releases(state.channel, install.environment.python)


def all_agree(answers: Iterable[bool | None]) -> bool | None:
    """What all of them say; None where they differ."""
    found = set(answers)
    return found.pop() if len(found) == 1 else None


def is_allowed(install: Install, version: str) -> bool | None:
    """Whether nothing else of an install stands against a release of torch that is there; None where that is not
    known, for companions older than the tables."""
    if allowed(install, (version,)):
        return True
    return None if not install.no_deps and any(_is_not_listed(r, version) for r in install.requirements) else False


def _is_not_listed(companion: Requirement, version: str) -> bool:
    """Whether the tables do not have the release of a companion, or this one of torch."""
    if companion.name not in FAMILY[1:] or not companion.pin:
        return False
    return facts.companion_fits(companion.name, companion.pin, version) is None


def is_pinned(requirements: tuple[Requirement, ...]) -> bool:
    """Whether requirements or constraints pin torch."""
    return any(r.name == "torch" and r.pin and not r.maybe for r in requirements)
