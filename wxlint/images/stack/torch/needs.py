"""What a package that brings torch along asks of it, by the tables."""

from __future__ import annotations

import functools
import itertools

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.images.stack.torch.limits import ALONE, BEHIND_ALONE, allowed
from wxlint.images.stack.torch.releases import contains, same_release, within

_RANGE = late(r"[<>=!~][^;]*")
"""The range that a requirement sets: ">=1.0.17" of "timm>=1.0.17"."""


def needed_by_project(requirement: Requirement) -> str:
    """The lower bound that a project in git sets for torch; "" where it asks for none, or that is not known."""
    project = facts.git_project(requirement.url) if requirement.kind == "vcs" and requirement.url else None
    return project["needs"] if project is not None and not requirement.extras else ""


def requires_torch(requirement: Requirement) -> bool:
    """Whether a requirement brings torch with it, whichever."""
    if not requirement.name or requirement.kind == "path":
        return False
    row = facts.brings_torch(requirement.name, requirement.pin, requirement.extras)
    return row is not None or bool(needed_by_project(requirement))


def needed(requirement: Requirement) -> str | None:
    """What the release of a package that an install takes asks of torch; None where that is not known."""
    need = facts.torch_needed(requirement.name, requirement.pin, requirement.extras)
    if need is None:
        return needed_by_project(requirement) or None
    ranged = requirement.pin is None and (requirement.specifier or HOLE in requirement.specifier)
    return None if ranged and (is_bound_above(need) or _is_for_an_older(requirement)) else need


def _is_for_an_older(requirement: Requirement) -> bool:
    """Whether a range ends where the releases of a package ask for a torch of their time."""
    if not is_bound_above(requirement.specifier):
        return False
    earlier = facts.torch_needed_within(requirement.name, requirement.specifier)
    return facts.is_for_one_torch(requirement.name) if earlier is None else is_bound_above(earlier)


class Need(NamedTuple):
    """A range of torch that something asks for; sure: whether its metadata says so."""

    need: str
    sure: bool


def newest_needed(requirement: Requirement, python: str | None) -> Need | None:
    """What a requirement asks of torch in the newest release that a Python can take; None where that is not known.

    A range that is open above takes the newest release of the package; one of which the tables have the newest release
    only hardly held torch below it earlier, where that has no upper bound.
    """
    if python and requirement.pin is None and not requirement.specifier and requirement.kind == "name":
        from wxlint.facts.wheels import newest_for  # only where something is unpinned

        pin = newest_for(requirement.name, python) or None
        requirement = requirement._replace(pin=pin)
    need = needed(requirement)
    if need is not None:
        return Need(need, True)
    newest = _of_newest(requirement)
    if newest is None:
        return None
    if requirement.pin is None and HOLE not in requirement.specifier and not is_bound_above(requirement.specifier):
        return Need(newest, facts.torch_needed(requirement.name, None, requirement.extras) is not None)
    return None if is_bound_above(newest) or facts.is_for_one_torch(requirement.name) else Need(newest, False)


def _of_newest(requirement: Requirement) -> str | None:
    """What the newest release of a package asks of torch, or of that through which it brings torch."""
    name, extras = requirement.name, requirement.extras
    for _ in range(4):
        need = facts.torch_needed(name, None, extras)
        row = facts.brings_torch(name, None, extras) if need is None else None
        if row is None:
            return need
        name, extras = row["through"], ()
    return None


def is_bound_above(specifier: str) -> bool:
    """Whether a range ends, so that a later torch may not be in it."""
    return any(sign in specifier for sign in ("==", "~=", "<"))


def asks_for_torch(wanted: Requirement, install: Install, channel: str) -> bool | None:
    """Whether what names torch, a companion or what brings it has torch installed; None where that is not known."""
    if wanted.name not in FAMILY and _comes_through_torchaudio(wanted):
        wanted = Requirement("torchaudio")
    if wanted.name != "torchaudio":
        return True
    named = [r for r in (wanted, *install.requirements, *install.constraints) if r.name == wanted.name]
    pins = [r.pin for r in named if r.pin and not (r.maybe and r is not wanted)]
    if pins:
        return not any(same_release(pin, ALONE) for pin in pins)
    if wanted.specifier and HOLE not in wanted.specifier:
        if not within(wanted.specifier, ALONE):
            return True
        if not within(wanted.specifier, BEHIND_ALONE):
            return None  # an old Python takes an older release
    if install.older and any(r.specifier for r in named):
        return None  # the range may begin with that one
    if wanted.bound is not None:  # to another index than torch, it may be
        channel = channel_of_url(wanted.bound.url)
        if channel == "unknown":
            return None
    served = channel == "default" or ALONE not in facts.torch_releases(channel)
    return True if served and not _is_held_back(install) else None


def _comes_through_torchaudio(wanted: Requirement) -> bool:
    """Whether what brings torch does so by torchaudio alone, in any release: transformers[torch-speech]."""
    row = facts.brings_torch(wanted.name, wanted.pin, wanted.extras) if wanted.name else None
    return row is not None and row["through"] == row["requires"] == "torchaudio"


def _is_held_back(install: Install) -> bool:
    """Whether an install says something of torch that may lead it to an older release of what asks for torch."""
    if any(r.name == "torch" or (install.tool == "uv" and r.name == "torchvision") for r in install.requirements):
        return True
    if any(r.name in FAMILY and (r.maybe or (r.name == "torch" and r.bound is not None)) for r in install.constraints):
        return True  # what another system asks for, or a torch that is not installed, of an index of its own
    if _parts_hold_back(install):
        return True
    limits = [r.specifier for r in (*install.constraints, *install.overrides) if r.name == "torch" and r.specifier]
    newest = facts.torch_releases("default")[-1]
    return any(HOLE in limit or not within(limit, newest) for limit in limits)


def _parts_hold_back(install: Install) -> bool:
    """Whether parts of a project that are not installed may lead it to an older release of torch: uv locks all of
    them together."""
    parts = [one for one in install.constraints if one.group]
    if not parts:
        return False
    newest = facts.torch_releases("default")[-1]
    needs = [newest_needed(one, None) for one in parts if one.name not in FAMILY and requires_torch(one)]
    return any(one is None or not within(one.need, newest) for one in needs) or not allowed(install, (newest,))


def may_be_older(requirement: Requirement, install: Install, *, torch_there: bool) -> bool:
    """Whether an install may not take the newest release of what needs torch, as it may not take its torch."""
    if install.older and not requirement.pin:
        return True
    if requirement.pin or not facts.brings_torch(requirement.name, None, requirement.extras):
        return False
    if facts.torch_needed(requirement.name, None) == "":
        return False
    sources = install.sources
    if sources.index is not None or sources.no_index or (sources.extra and install.tool != "pip"):
        return True
    others = [
        r for r in (*install.requirements, *install.constraints, *install.overrides) if r.name != requirement.name
    ]
    family = [r for r in others if r.name in FAMILY]
    if any(r.specifier or r.bound is not None or (torch_there and not install.upgrade) for r in family):
        return True  # the torch that is there stays where it is named
    first = FAMILY[1:] if install.tool == "pip" else FAMILY  # what is named before it is decided before it
    before = itertools.takewhile(lambda one: one.name != requirement.name, install.requirements)
    if any(r.name in first for r in before) and is_bound_above(facts.torch_needed(requirement.name, None) or ""):
        return True
    needs = (facts.torch_needed(r.name, r.pin) or "" for r in others if r.name)
    if any("==" in needed or "~=" in needed for needed in needs):  # vllm is for one release of torch
        return True
    limits = dict(facts.carried(requirement.name, "", requirement.extras))
    return any(r.specifier and not _is_within(r, limits[r.name]) for r in others if limits.get(r.name))


def _is_within(wanted: Requirement, limit: str) -> bool:
    """Whether the release that is pinned lies in a range."""
    return wanted.pin is not None and contains(limit, (wanted.pin,)) is True


def brought_companions(install: Install, *, torch_there: bool) -> dict[str, bool]:
    """The companions of torch that an install's packages bring along, each with whether it does so for certain."""
    if install.no_deps or install.tool in ("apt", "conda") or install.removes:
        return {}
    found: dict[str, bool] = {}
    for requirement in install.requirements:
        names = companions_of(requirement) if requirement.name else ()
        if names:
            sure = not requirement.maybe and not may_be_older(requirement, install, torch_there=torch_there)
            found |= {name: sure or found.get(name, False) for name, _ in names if name not in install.skipped}
    return found


@functools.lru_cache(maxsize=4096)
def companions_of(requirement: Requirement) -> tuple[tuple[str, str], ...]:
    """The companions that a requirement brings along, itself or by what brings it torch, each with the releases that
    are asked for."""
    specifier = requirement.specifier if HOLE not in requirement.specifier else ""
    row = facts.brings_torch(requirement.name, requirement.pin, requirement.extras)
    carried = dict(facts.carried(requirement.name, specifier, requirement.extras))
    if row is not None and row["through"] in FAMILY[1:]:
        carried[row["through"]] = ""
    elif row is not None and row["through"] != "torch":
        limit = _RANGE.search(row["requires"])
        carried = dict(facts.carried(row["through"], limit[0] if limit is not None else "")) | carried
    return tuple((name, limit) for name, limit in carried.items() if name in FAMILY)
