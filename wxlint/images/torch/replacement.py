"""Whether an installer keeps the torch that is there, or replaces it.

A package that is installed later takes its own torch along where the one that is there does not suit it: `pip install
whisperx` behind
torch==2.1.0+cpu leaves a CUDA build, and says nothing.
"""

from __future__ import annotations

import re

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.images.installs.requirement import Requirement
from wxlint.images.torch.model import FAMILY, Choice, Torch
from wxlint.images.torch.releases import (
    companion_version,
    contains,
    is_complete,
    local_rank,
    numbers,
    release_sets,
    same_release,
    within,
)

_BOUND = late(r"\d+(?:\.\d+)*")


def is_satisfied(state: Torch, choice: Choice) -> bool | None:
    """Whether the installer finds the installed torch good enough; None when its version is not known and decides."""
    wanted, install = choice.requirement, choice.install
    same = choice.channel == state.channel and (not wanted.pin or wanted.pin == state.version)
    if (
        install.exact and install.tool == "uv-project"
    ):  # makes the environment what its project says, whatever was there
        return same
    if choice.how == "url" or install.reinstall:
        return same
    if choice.implied:
        return _suits(state, choice)
    if wanted.local and wanted.name in FAMILY:
        return state.channel == choice.channel and (wanted.pin is None or wanted.pin == state.version)
    if install.upgrade:
        return _is_highest(state, choice)
    if not wanted.specifier:
        return True
    if install.tool == "conda":
        return False
    if wanted.pin:
        return state.version is not None and same_release(wanted.pin, state.version)
    return _in_range(state, choice)


def _in_range(state: Torch, choice: Choice) -> bool | None:
    """Whether the torch that is there lies in the range that is wanted."""
    specifier = choice.requirement.specifier
    if state.version is not None:
        return contains(specifier, (state.version,))
    newest = state.newest and not re.search(r"[<=~]=?\s*\d|===", specifier.replace(">=", ">"))
    if newest or choice.channel == state.channel:
        return True
    return contains(specifier, facts.torch_releases(state.channel))


def _is_highest(state: Torch, choice: Choice) -> bool | None:
    """Whether an upgrade keeps the torch that is there: pip does where no index has a higher version, of the build
    too."""
    wanted = choice.requirement
    if choice.channel == state.channel and not wanted.pin and state.newest:
        return True
    if choice.install.tool == "uv":
        if choice.channel == "default":  # its plain version is that of any build
            return None if not wanted.pin else state.version is not None and same_release(wanted.pin, state.version)
        return choice.channel == state.channel and (not wanted.pin or wanted.pin == state.version)
    if wanted.pin:
        if state.version is None or not same_release(wanted.pin, state.version):
            return False if state.version is not None else None
        return local_rank(state.channel) >= local_rank(choice.channel)
    if state.version is None or not is_complete(choice.channel):
        return None if state.version is None else False
    return _no_newer(state, choice)


def _no_newer(state: Torch, choice: Choice) -> bool | None:
    answers = set()
    for (listed,) in release_sets((choice.channel,), choice.install.environment.python, state.version or ""):
        fitting = [v for v in listed if not choice.requirement.specifier or within(choice.requirement.specifier, v)]
        best = (numbers(fitting[-1]), local_rank(choice.channel)) if fitting else ((), (0, ""))
        answers.add((numbers(state.version or ""), local_rank(state.channel)) >= best)
    return answers.pop() if len(answers) == 1 else None


def _suits(state: Torch, choice: Choice) -> bool | None:
    """The same for a package that brings torch along, by what the tables know of it."""
    wanted, install = choice.requirement, choice.install
    version = state.version or ""
    if not version and state.newest:
        version = next(reversed(facts.torch_releases(state.channel)), "")
    if install.tool == "conda" or any(c.name == "torch" and c.pin and not c.maybe for c in install.constraints):
        return True  # nothing is known against it; under a constraint pip fails and replaces nothing
    if wanted.name in FAMILY:
        return _companion_suits(state, choice, version)
    if not version:
        return True
    specifier = facts.torch_needed(wanted.name, wanted.pin)
    if specifier is None and wanted.pin:
        newest = facts.torch_needed(wanted.name, None) or ""
        # a lower bound is seldom what breaks for people who pin
        return None if "==" in newest or "~=" in newest else True
    bound = _BOUND.search(specifier or "")
    if not specifier or bound is None or within(specifier, version):
        return True
    if wanted.pin:
        return False
    if wanted.specifier or numbers(version) > numbers(bound[0]):
        return None  # an older release may be taken, or a newer one that asks for a later torch
    exact = "==" in specifier or "~=" in specifier
    return False if exact else None  # an old Python takes an old release, whose lower bound may be lower


def _companion_suits(state: Torch, choice: Choice, version: str) -> bool | None:
    """Whether a companion leaves the torch that is there: its newest release in reach is for one torch."""
    wanted, install = choice.requirement, choice.install
    if wanted.name in state.companions and not wanted.specifier and not install.upgrade:
        return True  # it is there already
    if not version:
        return True
    if wanted.pin:
        return facts.companion_fits(wanted.name, wanted.pin, version) is not False
    if not install.upgrade and wanted.name in state.companions:
        there = facts.companions(version)
        held = {within(wanted.specifier, one) for one in getattr(there, wanted.name, ())} if there else set()
        if held == {True}:
            return True
    if state.newest and choice.channel == state.channel and not wanted.specifier:
        return True
    if not is_complete(choice.channel):
        return None
    answers = set()
    for (listed,) in release_sets((choice.channel,), install.environment.python, version):
        best = companion_version(wanted.name, wanted.specifier, listed)
        answers.add(best is None or facts.companion_fits(wanted.name, best, version) is not False)
    return answers.pop() if len(answers) == 1 else None


def is_pinned(requirements: tuple[Requirement, ...]) -> bool:
    """Whether requirements or constraints pin torch."""
    return any(r.name == "torch" and r.pin and not r.maybe for r in requirements)
