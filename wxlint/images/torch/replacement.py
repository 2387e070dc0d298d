"""Whether an installer keeps the torch that is there, or replaces it.

A package that is installed later takes its own torch along where the one that is there does not suit it: `pip install whisperx` behind
torch==2.1.0+cpu leaves a CUDA build, and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late

if TYPE_CHECKING:
    from wxlint.images.torch.selection import Choice, Torch

FAMILY = ("torch", "torchvision", "torchaudio")
_EXACT = ("uv-project",)
"""Tools that make the environment what their project says, whatever was there."""
_CLAUSE = late(r"(>=|<=|==|~=|<|>)\s*([\w.*+]+)$")
_BOUND = late(r"\d+(?:\.\d+)*")


def is_satisfied(state: Torch, choice: Choice) -> bool | None:
    """Whether the installer finds the installed torch good enough; None when its version is not known and decides."""
    wanted = choice.requirement
    if choice.install.tool in _EXACT or (choice.install.upgrade and not choice.implied) or choice.how == "url":
        return choice.channel == state.channel and (not wanted.pin or wanted.pin == state.version)
    if wanted.local and wanted.name in FAMILY:
        return state.channel == choice.channel and (wanted.pin is None or wanted.pin == state.version)
    if choice.implied:
        return _suits(state, choice)
    if not wanted.specifier:
        return True
    if choice.install.tool == "conda":
        return False
    if wanted.pin:
        return state.version is not None and _release(wanted.pin) == _release(state.version)
    if state.version is not None:
        return _contains(wanted.specifier, (state.version,))
    newest = state.newest and not re.search(r"[<=~]=?\s*\d|===", wanted.specifier.replace(">=", ">"))
    if newest or choice.channel == state.channel:
        return True
    return _contains(wanted.specifier, facts.torch_releases(state.channel))


def _contains(specifier: str, versions: Sequence[str]) -> bool | None:
    """Whether a range holds these versions: all of them, none, or (None) some."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only for ranges: 15 ms

    try:
        found = {SpecifierSet(specifier).contains(version, prereleases=True) for version in versions}
    except (InvalidSpecifier, ValueError):
        return False
    return found.pop() if len(found) == 1 else None


def _release(version: str) -> str:
    parts = version.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts)


def _suits(state: Torch, choice: Choice) -> bool | None:
    """The same for a package that brings torch along, by what the tables know of it."""
    wanted = choice.requirement
    version = state.version or ""
    if not version and state.newest:
        version = next(reversed(facts.torch_releases(state.channel)), "")
    if (
        not version
        or choice.install.tool == "conda"
        or any(c.name == "torch" and c.pin for c in choice.install.constraints)
    ):
        return True  # nothing is known against it; under a constraint pip fails and replaces nothing
    if wanted.name in FAMILY:
        if wanted.pin:
            return facts.companion_fits(wanted.name, wanted.pin, version) is not False
        return bool(wanted.specifier) or state.newest or version == facts.torch_releases("default")[-1]
    specifier = facts.torch_needed(wanted.name, wanted.pin)
    if specifier is None and wanted.pin:
        newest = facts.torch_needed(wanted.name, None) or ""
        return (
            None if "==" in newest or "~=" in newest else True
        )  # a lower bound is seldom what breaks for people who pin
    bound = _BOUND.search(specifier or "")
    if not specifier or bound is None or within(specifier, version):
        return True
    if wanted.pin:
        return False
    if wanted.specifier or _numbers(version) > _numbers(bound[0]):
        return None  # an older release may be taken, or a newer one that asks for a later torch
    exact = "==" in specifier or "~=" in specifier
    return False if exact else None  # an old Python takes an old release, whose lower bound may be lower


def within(specifier: str, version: str) -> bool:
    """Whether a release is in a range of the tables: numbers only, so that the library for ranges, which takes long to come, is not needed."""
    if re.search(r"[a-z]|!=", specifier):  # seldom
        return _contains(specifier, (version,)) is True
    have = (*_numbers(version), 0, 0, 0)[:3]
    for clause in specifier.split(","):
        sign, bound = _CLAUSE.match(clause.strip()).groups()  # type: ignore[union-attr]  # a test holds every row to it
        exact = _numbers(bound)
        full = (*exact, 0, 0, 0)[:3]
        prefix = have[: len(exact) - (sign == "~=")] == exact[: len(exact) - (sign == "~=")]
        held = {">=": have >= full, ">": have > full, "<=": have <= full, "<": have < full}
        if not (
            held[sign]
            if sign in held
            else prefix and have >= full
            if sign == "~="
            else prefix
            if bound.endswith(".*")
            else have == full
        ):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])
