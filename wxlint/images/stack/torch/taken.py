"""Which release of torch an install takes, where that is known."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.limits import allowed
from wxlint.images.stack.torch.model import Choice
from wxlint.images.stack.torch.needs import is_bound_above
from wxlint.images.stack.torch.places import is_nightly
from wxlint.images.stack.torch.releases import is_complete, release_sets, within
from wxlint.images.stack.torch.selection import carried


def pinned_version(install: Install) -> str | None:
    """The release that an install or its constraints pin."""
    pinned = [
        r.pin
        for r in (*install.overrides, *install.requirements, *install.constraints)
        if r.name == "torch" and r.pin and not r.maybe
    ]
    return pinned[0] if pinned else None


def in_range(choice: Choice) -> str | None:
    """The release of torch that a pin or a range with an end leads to, whichever Python takes it; None where that is
    not known."""
    wanted, install = choice.requirement, choice.install
    if wanted.pin or not is_bound_above(wanted.specifier) or HOLE in wanted.specifier or install.tool == "conda":
        return wanted.pin
    if install.older or not install.is_read or is_nightly(choice) or not is_complete(choice.channel):
        return None
    newest = set()
    for (listed,) in release_sets((choice.channel,), install.environment.python):
        fitting = [version for version in allowed(install, listed) if within(wanted.specifier, version)]
        newest.update(fitting[-1:])
    version = newest.pop() if len(newest) == 1 else None
    if version is None or within(wanted.specifier, facts.torch_releases("default")[-1]):
        return None  # what comes later may be in the range, too
    return version if all(_goes_with(one, version, named=True) for one in _carriers(install)) else None


def _carriers(install: Install) -> tuple[Requirement, ...]:
    """What brings torch beside what an install names: of the install, and of the parts of a project that uv locks
    together with it."""
    parts = tuple(one for one in install.constraints if one.group)
    beside = carried(install._replace(requirements=parts)) if parts else ()
    return tuple(one.requirement for one in (*carried(install), *beside))


def of_companion(choice: Choice) -> str | None:
    """The one release of torch that a pinned companion goes with."""
    wanted = choice.requirement
    overridden = any(r.name == "torch" for r in choice.install.overrides)
    if wanted.name not in FAMILY or not wanted.pin or choice.install.no_deps or overridden:
        return None
    fitting = [v for v in facts.torch_releases(choice.channel) if facts.companion_fits(wanted.name, wanted.pin, v)]
    return fitting[0] if len(fitting) == 1 else None


def takes_newest(install: Install, choice: Choice) -> bool:
    """Whether nothing else of an install keeps it from the newest release of a channel."""
    if install.older or is_nightly(choice) or install.tool == "conda":  # whose channels end at other releases
        return False
    listed = facts.torch_releases(choice.channel)
    if not listed:
        return not choice.implied
    named = choice.requirement.name == "torch"
    takes = all(_goes_with(one, listed[-1], named=named) for one in _carriers(install))
    return takes and allowed(install, listed[-1:]) == listed[-1:]


def _goes_with(wanted: Requirement, version: str, *, named: bool) -> bool:
    """Whether what brings torch is there for a release of it, as far as that is known.

    named: torch itself is named beside it; a companion alone takes the release that it is made for, or none.
    """
    if named and wanted.name in FAMILY:
        return bool(getattr(facts.companions(version), wanted.name, ()))
    need = facts.torch_needed(wanted.name, wanted.pin)
    if wanted.pin is None and is_bound_above(wanted.specifier):  # an older release, which may be for an older torch
        earlier = facts.torch_needed_within(wanted.name, wanted.specifier)
        need = need if earlier is None and not facts.is_for_one_torch(wanted.name) else earlier
    if need is None and wanted.pin:  # what has no upper bound today seldom had one
        need = facts.torch_needed(wanted.name, None)
        return need is not None and not is_bound_above(need)
    return need is not None and (not need or within(need, version))
