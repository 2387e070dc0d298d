"""Whether an installer keeps the torch that is there, or replaces it.

A package that is installed later takes its own torch along where the one that is there does not suit it: `pip install
whisperx` behind torch==2.1.0+cpu leaves a CUDA build, and says nothing.
"""

from __future__ import annotations

from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.images.stack.torch.limits import allowed
from wxlint.images.stack.torch.model import Choice, Torch
from wxlint.images.stack.torch.needs import (
    is_bound_above,
    needed,
)
from wxlint.images.stack.torch.possible import (
    all_agree,
    holds_nightly,
    is_allowed,
    leaves_standing,
    possible_releases,
)
from wxlint.images.stack.torch.releases import (
    is_complete,
    local_rank,
    numbers,
    release_sets,
    same_release,
    within,
)
from wxlint.images.stack.torch.suiting import suits


def is_satisfied(state: Torch, choice: Choice) -> bool | None:
    """Whether the installer finds the installed torch good enough; None when its version is not known and decides."""
    wanted, install = choice.requirement, choice.install
    same = choice.channel == state.channel and (not wanted.pin or wanted.pin == state.version)
    if install.tool == "conda" and (state.by != "conda" or _is_other_conda_build(state, choice)):
        return _is_kept_by_conda(state, choice)
    if install.tool == "uv-project" and (install.exact or state.by in ("uv", "uv-project")):
        return _is_kept_by_project(state, choice) if same else None if state.by == "uv" else False
    if choice.how == "url" or (wanted.local and not choice.implied):
        return same
    if choice.limit is not None and choice.limit.local:  # a constraint that names a build leaves no other
        there = None if state.version is None else same_release(choice.limit.pin or "", state.version)
        return there if choice.channel == state.channel else False
    if install.reinstall:
        return same and _is_taken_again(state, choice)
    versions = possible_releases(state, install)
    standing = leaves_standing(state, install)
    if standing is not True and install.tool != "conda":
        return standing
    if any(r.name in state.stale for r in install.requirements):
        return None  # a companion that was made for another torch may bring that back
    if install.eager and install.upgrade and choice.implied:
        return _is_highest_brought(state, choice, versions)
    if install.selective or (install.upgrade and any(r.name == "torch" for r in install.overrides)):
        return None
    if choice.implied and any(r.name == "torch" for r in install.overrides):
        return None if install.upgrade else True
    if choice.implied:
        return suits(state, choice, versions)
    if install.tool == "conda":
        return not wanted.specifier or (wanted.pin is not None and wanted.pin == state.version)
    if install.upgrade:
        return _is_highest(state, choice, versions)
    if not wanted.specifier:
        return True
    return _is_in_range(state, wanted, versions)


def _is_in_range(state: Torch, wanted: Requirement, versions: tuple[str, ...]) -> bool | None:
    if not versions:
        return holds_nightly(wanted.specifier) if state.nightly else None
    return all_agree(_in_range(wanted, version) for version in versions)


def _is_taken_again(state: Torch, choice: Choice) -> bool:
    """Whether a reinstall, which takes the newest in reach, takes the release that was there."""
    wanted = choice.requirement
    if wanted.pin or state.version is not None:
        return bool(wanted.pin)
    if choice.implied or not state.newest:
        return not is_bound_above(wanted.specifier)
    return all(within(wanted.specifier, one) for one in possible_releases(state, choice.install))


def _is_other_conda_build(state: Torch, choice: Choice) -> bool:
    """Whether conda is asked for a build that is known, and is not the one that is there (cpuonly, pytorch-cuda)."""
    return choice.channel not in ("unknown", state.channel)


def _is_kept_by_conda(state: Torch, choice: Choice) -> bool | None:
    """Whether conda leaves a torch that it did not install, or one of another build: it does not count what pip has
    installed, and writes its own over it; what pip has may be in another Python, so that both are there."""
    wanted = choice.requirement
    if _is_other_conda_build(state, choice):
        return False if state.by in ("", "conda") and not choice.install.folder else None
    return True if choice.channel == state.channel and wanted.pin and wanted.pin == state.version else None


def _is_kept_by_project(state: Torch, choice: Choice) -> bool | None:
    """Whether a project of uv, which makes the environment what its lock says, keeps a torch of the same channel."""
    kept = _is_kept(state, choice)
    if state.by == "uv-project":
        return kept
    if state.version is not None and not choice.requirement.pin:
        kept = kept and None  # the lock takes no heed of a release that something else has put there
    return kept or None if state.by == "uv" else kept  # into the same environment or another


def _is_kept(state: Torch, choice: Choice) -> bool | None:
    """Whether a project that asks for torch again, from the same channel, keeps the release that it brought before."""
    wanted, install = choice.requirement, choice.install
    if wanted.pin or install.locked:
        return True
    if install.older or install.upgrade:
        return None  # the lock is made anew
    if state.version is None:
        return None if wanted.specifier or _own_channel(choice) != choice.channel else True
    if not choice.implied and wanted.specifier and not within(wanted.specifier, state.version):
        return False
    kept = is_allowed(install, state.version)
    return None if kept and not leaves_release(state, choice) else kept


def leaves_release(state: Torch, choice: Choice) -> bool:
    """Whether what a project of uv asks for beside torch leaves the release that its lock has: uv takes the newest of
    what the lock does not have, and another torch with it."""
    if not choice.implied or state.version is None:
        return True
    return suits(state, choice._replace(channel=_own_channel(choice)), (state.version,)) is True


def _own_channel(choice: Choice) -> str:
    """The channel that a requirement itself comes from, which may be bound to another index than torch."""
    bound = choice.requirement.bound
    return channel_of_url(bound.url) if bound is not None else choice.channel


def _in_range(wanted: Requirement, version: str) -> bool:
    return same_release(wanted.pin, version) if wanted.pin else within(wanted.specifier, version)


def _is_highest(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """Whether an upgrade keeps the torch that is there: pip does where no index has a higher version, of the build
    too."""
    wanted, install = choice.requirement, choice.install
    if choice.channel == state.channel and not wanted.specifier and state.newest and not wanted.pin:
        return True
    if not versions or install.older or not is_complete(choice.channel):
        return None
    answers: set[bool | None] = set()
    for (listed,) in release_sets((choice.channel,), install.environment.python, versions[0]):
        fitting = [v for v in allowed(install, listed) if not wanted.specifier or within(wanted.specifier, v)]
        best = fitting[-1] if fitting else ""
        answers |= {_keeps(state.channel, choice.channel, version, best, choice) for version in versions}
    return all_agree(answers)


def _is_highest_brought(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """The same where the upgrade is for what a package brings along."""
    wanted = choice.requirement
    specifier = needed(wanted)
    if wanted.name in FAMILY or specifier is None:
        return None
    fits = not specifier or (all_agree(within(specifier, version) for version in versions) if versions else None)
    highest = _is_highest(state, choice._replace(requirement=Requirement("torch", specifier=specifier)), versions)
    return highest if fits else fits


def _keeps(there: str, channel: str, version: str, best: str, choice: Choice) -> bool | None:
    """Whether an upgrade leaves one release of one channel where the best that it finds is another."""
    stands = is_allowed(choice.install, version)
    if not stands:
        return stands
    if not best:
        return None if choice.install.tool == "uv" else True
    if same_release(version, best) and not is_complete(there):
        return None  # its maker may have built it before the release
    ours, theirs = (numbers(version), local_rank(there)), (numbers(best), local_rank(channel))
    return ours >= theirs
