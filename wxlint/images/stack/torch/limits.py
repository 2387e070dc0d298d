"""What the requirements, constraints and overrides of an install leave of torch's releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from wxlint import facts
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.images.stack.torch.releases import is_complete, within

ALONE = "2.11.0"
"""The release of torchaudio that asks for no torch. Source: its metadata."""
BEHIND_ALONE = "2.11.1"
"""The next release, which asks for one and which the default index has. Source: its metadata."""


def constrained(install: Install, requirement: Requirement, implied: bool) -> Requirement:
    """The requirement with what a constraint adds to it: its pin and build. implied: it is torch's that counts."""
    if requirement.local:
        return requirement
    name = "torch" if implied else requirement.name
    limits = [c for c in (*install.constraints, *install.overrides) if c.name == name and c.pin and not c.maybe]
    if not limits or (requirement.pin and not implied):
        return requirement
    return limits[-1] if requirement.name in FAMILY or implied else requirement


def allowed(install: Install, listed: tuple[str, ...]) -> tuple[str, ...]:
    """The releases of torch of these that an install as a whole leaves: by what it says of torch, its companions
    and what brings it; of all that, an override leaves the constraints only."""
    limits = _limits(install)
    return tuple(version for version in listed if all(leaves(version) for leaves in limits))


@lru_cache(maxsize=1024)
def _limits(install: Install) -> tuple[Callable[[str], bool], ...]:
    """What of an install says something of torch's releases, each as the question whether it leaves one of them."""
    override = next((r for r in install.overrides if r.name == "torch" and not r.maybe), None)
    if override is not None:
        limits = [override, *(r for r in install.constraints if r.name == "torch" and not r.maybe)]
        return tuple(partial(within, r.specifier) for r in limits if r.specifier and HOLE not in r.specifier)
    found: list[Callable[[str], bool]] = []
    for requirement in (*install.requirements, *_counting(install)):
        channel = None if install.no_deps or requirement.maybe else _own_channel(requirement)
        if channel is not None:
            found.append(partial(_is_made_for, requirement.name, channel))
        if requirement.maybe or not requirement.specifier or HOLE in requirement.specifier:
            continue
        if requirement.name == "torch":
            found.append(partial(within, requirement.specifier))
        elif requirement.name in FAMILY and not install.no_deps:
            found.append(partial(_goes_with, requirement))
        elif requirement.pin and not install.no_deps:
            needed = facts.torch_needed(requirement.name, requirement.pin)
            if needed:
                found.append(partial(within, needed))
    return tuple(found)


def _counting(install: Install) -> Iterator[Requirement]:
    """The constraints that may say something of torch: its own, those of what the install takes beside it, and those
    of parts of a project that uv locks together with what is installed."""
    listed = (*install.requirements, *(one for one in install.constraints if one.group))
    names = {requirement.name for requirement in listed}
    brought: set[str] | None = None
    for constraint in install.constraints:
        if constraint.name == "torch" or constraint.name in names or install.unread or install.open:
            yield constraint
            continue
        if brought is None:
            brought = {one for r in listed if r.name for one, _ in facts.carried(r.name, "", r.extras)}
        if constraint.name in brought:
            yield constraint


def _own_channel(companion: Requirement) -> str | None:
    """The channel of its own that a companion is bound to; None where it has none, or it is not known whole."""
    if companion.name not in FAMILY[1:] or companion.bound is None:
        return None
    channel = channel_of_url(companion.bound.url)
    return channel if is_complete(channel) else None


def _is_made_for(name: str, channel: str, version: str) -> bool:
    """Whether a channel has a companion that is made for a release of torch, or one that asks for none: it may go with
    a release that the channel itself does not have."""
    listed = facts.torch_releases(channel)
    if version in listed or (name == "torchaudio" and ALONE in listed):
        return True
    fitting = _companions(name, version)
    return any(fitting & _companions(name, one) for one in reversed(listed))


@lru_cache(maxsize=1024)
def _companions(name: str, version: str) -> frozenset[str]:
    """The releases of a companion that go with a release of torch."""
    return frozenset(getattr(facts.companions(version), name, ()))


def _goes_with(companion: Requirement, version: str) -> bool:
    """Whether a companion in its range goes with a release of torch, or asks for none."""
    if companion.name == "torchaudio" and within(companion.specifier, ALONE):
        return True
    return any(within(companion.specifier, one) for one in _companions(companion.name, version))
