"""Which releases the torch of an image may be, and which of them an install allows."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.limits import allowed
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.releases import contains, is_complete, numbers, release_sets, releases

_PRERELEASE = late(r"\d(?:\.dev|a|b|rc)\d")


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


def leaves_standing(state: Torch, install: Install) -> bool | None:
    """Whether nothing that an install says stands against the torch that is there, whichever release it is."""
    versions = possible_releases(state, install)
    if versions:
        return all_agree(is_allowed(install, version) for version in versions)
    limits = (*install.requirements, *install.constraints, *install.overrides)
    ranges = {one.specifier for one in limits if one.name == "torch" and one.specifier and not one.maybe}
    if not state.nightly:
        return None if any(one.name == "torch" and one.specifier for one in install.constraints) else True
    answers = {holds_nightly(each) for each in ranges}
    return False if False in answers else None if None in answers else True


def holds_nightly(specifier: str) -> bool | None:
    """Whether a range holds a pre-release of today, which is one of a release behind the newest."""
    if HOLE in specifier or _PRERELEASE.search(specifier):
        return None
    major, minor, *_ = numbers(facts.torch_releases("default")[-1])
    return contains(specifier, [f"{major}.{minor + ahead}.0.dev1" for ahead in (1, 2)])


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
