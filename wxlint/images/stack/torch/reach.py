"""Which releases an install that pins nothing leads to, and which CUDA they are built for."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint import facts
from wxlint.core.tuples import NamedTuple
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.stack.torch.limits import allowed
from wxlint.images.stack.torch.model import Choice, Torch
from wxlint.images.stack.torch.needs import is_bound_above, newest_needed
from wxlint.images.stack.torch.releases import numbers, release_sets, within
from wxlint.images.stack.torch.selection import carried, choices

_IN_SUPPORT = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""The Pythons that installers of one bring today."""


class Reach(NamedTuple):
    """The torch of the default index that an install without a pin takes.

    releases: the newest for each Python that may be there, oldest first. choice: what takes it. sure: False where
    something that was not looked up may hold it back, though nothing like it does.
    """

    releases: tuple[str, ...]
    choice: Choice
    sure: bool = True

    @property
    def cudas(self) -> tuple[str, ...]:
        """The CUDA versions that the releases are built for, oldest first; "cpu" for a CPU build."""
        machine = self.choice.install.environment.machine or "x86_64"
        return tuple(dict.fromkeys(facts.default_cuda(version, machine) or "" for version in self.releases))


def reach_of(torch: Torch, installs: Sequence[Install], python: str) -> Reach | None:
    """Return where the unpinned torch of an image leads to; None where that is not known.

    python: of the distribution's packages ("3.10"); "" where another may be there.
    """
    reach = likely_reach_of(torch, installs, python, old_python=True)
    return reach if reach is not None and reach.sure else None


def likely_reach_of(torch: Torch, installs: Sequence[Install], python: str, *, old_python: bool) -> Reach | None:
    """Return where the unpinned torch of an image most likely leads to.

    python: as of `reach_of`. old_python: whether one that is not known may be older than those in support.
    """
    unread = torch.channel == "unknown" and torch.present and torch.maybe == "default"
    if (torch.channel != "default" and not unread) or torch.version is not None:
        return None
    for place, install in enumerate(installs):
        found = choices(install)
        of_torch = bool(found) and torch.span is not None and (found[0].requirement.span or install.span) == torch.span
        first = unread and bool(found) and found[0].channel == "default" and not install.conditional
        if not of_torch and not first:
            continue
        later = installs[place + 1 :]
        if any(_may_hold_back(choice) for other in later for choice in (*choices(other), *carried(other))):
            return None
        own = install.environment.python or python
        pythons = (own,) if own else (None,) if old_python else _IN_SUPPORT
        releases, sure = _newest(found[0], pythons)
        return Reach(releases, found[0], sure and not unread and (bool(own) or old_python)) if releases else None
    return None


def _may_hold_back(choice: Choice) -> bool:
    """Whether what a later install takes may bring an older torch."""
    wanted = choice.requirement
    if wanted.name in FAMILY:
        return bool(wanted.specifier) and (wanted.pin is not None or is_bound_above(wanted.specifier))
    need = newest_needed(wanted, None)
    return need is None or not within(need.need, facts.torch_releases("default")[-1])


def _newest(choice: Choice, pythons: Sequence[str | None]) -> tuple[tuple[str, ...], bool]:
    """The newest releases that one of these Pythons leads to, and whether that is sure; empty where it is not known."""
    install = choice.install
    if install.unread or install.open or install.tool == "conda":
        return (), False
    carriers = [one.requirement for one in carried(install) if one.requirement.name not in FAMILY]
    found = []
    sure = not (carriers and install.prerelease)  # of torch itself the default index has no pre-releases
    for python in pythons:
        needs = [newest_needed(one, python) for one in carriers]
        known = [one for one in needs if one is not None]
        if len(known) < len(needs):
            return (), False
        sure = sure and all(one.sure for one in known)
        limits = [*(one.need for one in known), *(facts.cuda_torch_needed(one.name, one.pin) for one in carriers)]
        for (listed,) in release_sets(("default",), python):
            left = allowed(install, listed)
            if not left:
                continue  # a Python with which the install fails
            fitting = [v for v in left if all(not limit or within(limit, v) for limit in limits)]
            if not fitting:
                return (), False  # an older release of what brings torch would be taken
            found.append(fitting[-1])
    return tuple(sorted(dict.fromkeys(found), key=numbers)), sure
