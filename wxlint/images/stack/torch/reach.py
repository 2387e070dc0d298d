"""Which releases an install that pins nothing leads to, and which CUDA they are built for."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint import facts
from wxlint.core.tuples import NamedTuple
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.stack.torch.limits import allowed
from wxlint.images.stack.torch.model import Choice, Torch
from wxlint.images.stack.torch.needs import needed
from wxlint.images.stack.torch.releases import numbers, release_sets, within
from wxlint.images.stack.torch.selection import carried, choices


class Reach(NamedTuple):
    """The torch of the default index that an install without a pin takes.

    releases: the newest for each Python that may be there, oldest first. choice: what takes it.
    """

    releases: tuple[str, ...]
    choice: Choice

    @property
    def cudas(self) -> tuple[str, ...]:
        """The CUDA versions that the releases are built for, oldest first; "cpu" for a CPU build."""
        machine = self.choice.install.environment.machine or "x86_64"
        return tuple(dict.fromkeys(facts.default_cuda(version, machine) or "" for version in self.releases))


def reach_of(torch: Torch, installs: Sequence[Install], python: str) -> Reach | None:
    """Return where the unpinned torch of an image leads to; None where that is not known.

    python: of the distribution's packages ("3.10"); "" where another may be there.
    """
    if torch.channel != "default" or torch.version is not None:
        return None
    for install in installs:
        found = choices(install)
        if found and torch.span is not None and (found[0].requirement.span or install.span) == torch.span:
            releases = _newest(found[0], install.environment.python or python or None)
            return Reach(releases, found[0]) if releases else None
    return None


def _newest(choice: Choice, python: str | None) -> tuple[str, ...]:
    install = choice.install
    if install.unread or install.open or install.tool == "conda":
        return ()
    needs = [needed(one.requirement) for one in carried(install) if one.requirement.name not in FAMILY]
    if None in needs or (needs and install.prerelease):
        return ()  # of torch itself the default index has no pre-releases
    found = []
    for (listed,) in release_sets(("default",), python):
        left = allowed(install, listed)
        if not left:
            continue  # a Python with which the install fails
        fitting = [v for v in left if all(not need or within(need, v) for need in needs)]
        if not fitting:
            return ()  # an older release of what brings torch would be taken
        found.append(fitting[-1])
    return tuple(sorted(dict.fromkeys(found), key=numbers))
