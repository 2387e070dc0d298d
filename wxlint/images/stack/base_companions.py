"""torchvision and torchaudio of a base that stay as they are where an install takes another torch."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.tuples import NamedTuple
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.possible import possible_releases
from wxlint.images.stack.torch.selection import choices
from wxlint.images.stack.torch.state import after

_INSTALLERS = ("pip", "uv")
"""Tools that leave an installed package alone which nothing of their command asks for."""

_ASIDE = ("apt", "venv")
"""Tools that put nothing beside what is there, among Python's packages."""


class LeftBehind(NamedTuple):
    """Companions of a base beside a torch that they were not built for.

    held: the releases of each that the base may hold, by its name. of: the torch of the base. before, torch: the torch
    that `install` found, and the one that it left. place: where that is asked for.
    """

    held: dict[str, tuple[str, ...]]
    of: str
    before: Torch
    torch: Torch
    install: Install
    place: Span | None


def left_of_base(external: Torch, installs: Iterable[Install]) -> LeftBehind | None:
    """Return the companions of the base that do not go with the torch in the end; None where there are none, where
    that is not known, or where what brought the torch along is a matter of its own.

    external: the torch of the base.
    """
    held = held_by_base(external)
    torch, last = external, None
    for install in installs if held else ():
        if install.elsewhere:
            continue
        before, torch = torch, after(torch, install)
        for name in [name for name in held if _may_be_renewed(name, held[name], install)]:
            del held[name]
        if (torch.channel, torch.version) != (before.channel, before.version):
            last = before, install
        if not held:
            return None
    if last is None or torch.channel in ("none", "unknown"):
        return None
    before, install = last
    chosen = choices(install)
    if install.conditional or install.tool not in _INSTALLERS or not chosen or chosen[0].implied:
        return None
    versions = possible_releases(torch, install)
    left = {name: releases for name, releases in held.items() if _fits_none(name, releases, versions)}
    place = chosen[0].requirement.span or install.span
    return LeftBehind(left, external.version or "", before, torch, install, place) if left else None


def held_by_base(external: Torch) -> dict[str, tuple[str, ...]]:
    """The releases that the companions of a base's torch may have, by name; those that are known to be there only."""
    releases = facts.companions(external.version) if external.version is not None else None
    return {name: getattr(releases, name, ()) for name in external.companions if getattr(releases, name, ())}


def _fits_none(name: str, releases: Iterable[str], versions: tuple[str, ...]) -> bool:
    """Whether none of the releases that a companion may have is for any that torch may have."""
    answers = {facts.companion_fits(name, one, version) for one in releases for version in versions}
    return answers == {False}


def _may_be_renewed(name: str, releases: tuple[str, ...], install: Install) -> bool:
    """Whether an install takes another release of a companion, or takes it away, or may do either."""
    if install.exact or any(one.name == name and not _stays(one, releases, install) for one in install.requirements):
        return True
    if install.removes or install.tool in _ASIDE:
        return False
    if install.tool not in _INSTALLERS or install.unread:
        return True  # conda solves for all that is there
    return not install.no_deps and any(map(_may_ask_for_it, install.requirements))


def _stays(companion: Requirement, releases: tuple[str, ...], install: Install) -> bool:
    """Whether the companion that is there is what is asked for, whatever torch is beside it."""
    if not install.no_deps or install.removes or install.upgrade or install.reinstall or companion.kind != "name":
        return False
    return companion.pin in releases if companion.specifier else True


def _may_ask_for_it(requirement: Requirement) -> bool:
    """Whether a requirement may ask for a companion of torch, so that one is taken that goes with it."""
    if requirement.kind != "name":
        return requirement.name not in FAMILY
    name = requirement.name
    if not name or name in FAMILY or facts.brings_torch_alone(name):
        return False
    return facts.brings_torch(name, requirement.pin, requirement.extras) is not None or facts.may_bring_torch(name)
