"""What the requirements, constraints and overrides of an install leave of torch's releases."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.releases import within

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
    override = next((r for r in install.overrides if r.name == "torch" and not r.maybe), None)
    if override is not None:
        limits = [override, *(r for r in install.constraints if r.name == "torch" and not r.maybe)]
        known = [r.specifier for r in limits if r.specifier and HOLE not in r.specifier]
        return tuple(version for version in listed if all(within(specifier, version) for specifier in known))
    for requirement in (*install.requirements, *_counting(install)):
        if requirement.maybe or not requirement.specifier or HOLE in requirement.specifier:
            continue
        if requirement.name == "torch":
            listed = tuple(version for version in listed if within(requirement.specifier, version))
        elif requirement.name in FAMILY and not install.no_deps:
            listed = tuple(v for v in listed if _goes_with(requirement, v))
        elif requirement.pin and not install.no_deps:
            needed = facts.torch_needed(requirement.name, requirement.pin)
            listed = tuple(version for version in listed if not needed or within(needed, version))
    return listed


def _counting(install: Install) -> Iterator[Requirement]:
    """The constraints that may say something of torch: its own, and those of what the install takes beside it."""
    names = {requirement.name for requirement in install.requirements}
    brought: set[str] | None = None
    for constraint in install.constraints:
        if constraint.name == "torch" or constraint.name in names or install.unread or install.open:
            yield constraint
            continue
        if brought is None:
            brought = {one for r in install.requirements if r.name for one, _ in facts.carried(r.name, "", r.extras)}
        if constraint.name in brought:
            yield constraint


def _goes_with(companion: Requirement, version: str) -> bool:
    """Whether a companion in its range goes with a release of torch, or asks for none."""
    if companion.name == "torchaudio" and within(companion.specifier, ALONE):
        return True
    fitting = facts.companions(version)
    return any(within(companion.specifier, one) for one in getattr(fitting, companion.name, ()))
