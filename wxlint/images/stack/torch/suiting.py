"""Whether the torch that is there suits a package that brings one along, by what the tables know of it."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.limits import ALONE, allowed
from wxlint.images.stack.torch.model import Choice, Torch
from wxlint.images.stack.torch.needs import (
    asks_for_torch,
    companions_of,
    is_bound_above,
    needed,
    needed_by_project,
)
from wxlint.images.stack.torch.places import is_nightly
from wxlint.images.stack.torch.possible import all_agree, is_pinned
from wxlint.images.stack.torch.releases import (
    companion_version,
    is_complete,
    numbers,
    release_sets,
    within,
)

_LOWER = late(r"(?:^|,)>=?\s*(\d+(?:\.\d+)*)(?:$|,)")
_BOUND = late(r"\d+(?:\.\d+)*")


def suits(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """Whether a package that brings torch along leaves the one that is there, by what the tables know of it; None where
    that is not known. versions: the releases that may be there."""
    wanted, install = choice.requirement, choice.install
    if install.tool == "conda" or is_pinned(install.constraints):
        return True  # nothing is known against it; under a constraint pip fails and replaces nothing
    if wanted.name in FAMILY:
        kept = _companion_suits(state, choice, versions)
        return None if kept and wanted.pin and install.upgrade and install.tool == "uv" else kept
    if install.upgrade and install.tool == "uv":  # which looks for newer releases of everything
        return None
    if not versions:
        need = needed(wanted) if state.nightly else ""
        return None if need is None or is_bound_above(need) else True  # which a pre-release need not be in
    if install.older and not wanted.pin:
        return None
    kept = all_agree(_carrier_suits(choice, version) for version in versions)
    return kept and _brings_no_other(state, choice, versions)


def _brings_no_other(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """Whether the companions that a package brings along leave the torch that is there; None where they may not."""
    wanted = choice.requirement
    needed = facts.torch_needed(wanted.name, wanted.pin) or ""
    for name, limit in companions_of(wanted):
        if name in state.companions:
            continue
        if name in state.stale:
            return None  # it may be there, and bring back the torch that it was made for
        beside = (*choice.install.constraints, Requirement("torch", specifier=needed))
        install = choice.install._replace(constraints=beside)
        companion = choice._replace(requirement=Requirement(name, specifier=limit), install=install)
        kept = _companion_suits(state, companion, versions)
        if kept is not True:
            return None if install.tool == "uv" else kept  # which of them uv decides first is not known
    return True


def _is_built_for(local: str, version: str) -> bool:
    """Whether a local version names a release of torch: `k2==1.24.4+cuda12.1.torch2.3.1`."""
    from wxlint.facts.generation import generation_of_local  # only for such versions

    return generation_of_local(local).torch == ".".join(version.split(".")[:2])


def _carrier_suits(choice: Choice, version: str) -> bool | None:
    wanted = choice.requirement
    if wanted.local and _is_built_for(wanted.local, version):
        return True
    specifier = facts.torch_needed_within(wanted.name, wanted.specifier) if not wanted.pin else None
    if specifier is None and not wanted.pin and is_bound_above(wanted.specifier):
        if facts.is_for_one_torch(wanted.name):
            return None  # that of an older release
    if specifier is None:
        specifier = facts.torch_needed(wanted.name, wanted.pin, wanted.extras)
    if specifier is None:
        specifier = needed_by_project(wanted) or None
    if specifier is None and wanted.pin:
        newest = facts.torch_needed(wanted.name, None) or ""
        # a lower bound is seldom what breaks for people who pin
        return None if "==" in newest or "~=" in newest else True
    bound = _BOUND.search(specifier or "")
    if not specifier or bound is None or within(specifier, version):
        return True
    if wanted.pin:
        return False
    if _is_outgrown(wanted, version) or (numbers(version) < numbers(bound[0]) and _is_newest_taken(choice)):
        return False
    if wanted.specifier or numbers(version) > numbers(bound[0]):
        exact = "==" in specifier or "~=" in specifier
        ahead = numbers(version) > numbers(bound[0]) and not is_bound_above(wanted.specifier)
        left_behind = exact and (ahead or not wanted.specifier) and _is_long_past(bound[0])
        return False if left_behind else None  # an older release may be taken, or a newer one for a later torch
    exact = "==" in specifier or "~=" in specifier or facts.is_for_one_torch(wanted.name)
    return False if exact else None  # an old Python takes an old release, whose lower bound may be lower


def _is_long_past(release: str) -> bool:
    """Whether several lines of torch have followed on a release, so that what still asks for it does not keep up."""
    lines = list(dict.fromkeys(numbers(version)[:2] for version in facts.torch_releases("default")))
    return numbers(release)[:2] in lines[:-4]


def _is_newest_taken(choice: Choice) -> bool:
    """Whether an installer takes the newest release of a package that brings torch: it is for the Python that is there,
    and nothing else of the install has a bound that may hold it back."""
    install = choice.install
    oldest = facts.newest_needs_python(choice.requirement.name)
    environment = install.environment
    pythons = (environment.python,) if environment.python else environment.pythons
    if not oldest or any(numbers(python)[:2] < numbers(oldest)[:2] for python in pythons):
        return False
    if install.older or install.open or install.unread or install.constraints or install.overrides:
        return False
    return not any(r.kind != "name" or HOLE in r.specifier or is_bound_above(r.specifier) for r in install.requirements)


def _is_outgrown(wanted: Requirement, version: str) -> bool:
    """Whether every release of a package from its lower bound on asks for a later torch than this one."""
    lower = _LOWER.search(wanted.specifier)
    needs = facts.torch_needed_since(wanted.name, lower[1]) if lower is not None else ()
    bounds = [(need, _BOUND.search(need)) for need in needs]
    return bool(bounds) and all(
        bound is not None and numbers(bound[0]) > numbers(version) and not within(need, version)
        for need, bound in bounds
    )


def _companion_suits(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """Whether a companion leaves the torch that is there: most releases are for one torch."""
    asks = asks_for_torch(choice.requirement, choice.install, choice.channel)
    if asks is False:
        return True
    suits = _newest_suits(state, choice, versions)
    return suits if asks else suits or None


def _newest_suits(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """The same of a companion's newest release in reach, or the pinned one."""
    wanted, install = choice.requirement, choice.install
    there = wanted.name in state.companions and not install.upgrade
    if there and not wanted.specifier:
        return True
    if is_nightly(choice):
        return None  # a pre-release, which is for one of torch
    if not versions:
        return True if state.channel == choice.channel and not wanted.pin else None
    if wanted.pin:
        return all_agree(facts.companion_fits(wanted.name, wanted.pin, version) is not False for version in versions)
    if install.older:
        return None
    held = {answer for version in versions for answer in _held_in_range(wanted, version)} if there else set()
    if held == {True}:
        return True
    if state.newest and choice.channel == state.channel and not wanted.specifier:
        return True
    if not is_complete(choice.channel):
        return None
    answers: set[bool | None] = {True} if True in held else set()
    for (listed,) in release_sets((choice.channel,), install.environment.python, versions[0]):
        best = companion_version(wanted.name, wanted.specifier, allowed(install, listed))
        if best is not None:
            answers |= {_leaves(state, choice, version, best) for version in versions}
            alone = wanted.name == "torchaudio" and numbers(best) < numbers(ALONE)
            if wanted.name in state.companions and (alone or not _is_older(wanted.name, versions, best)):
                answers.add(None)  # an upgrade takes nothing older than what is there
    return all_agree(answers) if answers else True


def _held_in_range(wanted: Requirement, version: str) -> set[bool]:
    """Whether the companions that go with a release lie in the range that is wanted, one of which is there; the
    torchaudio that asks for no torch may be beside any."""
    there = facts.companions(version)
    held = getattr(there, wanted.name, ()) if there is not None else ()
    found = {within(wanted.specifier, one) for one in held} or {False}
    alone = wanted.name == "torchaudio" and True not in found and within(wanted.specifier, ALONE)
    return {*found, True} if alone else found


def _is_older(name: str, versions: tuple[str, ...], best: str) -> bool:
    """Whether whatever companion goes with these releases of torch is older than another."""
    held = [one for version in versions for one in getattr(facts.companions(version), name, ())]
    return bool(held) and all(numbers(one) < numbers(best) for one in held)


def _leaves(state: Torch, choice: Choice, version: str, best: str) -> bool | None:
    """Whether a release of a companion leaves a release of torch; uv looks for a newer one of both."""
    if facts.companion_fits(choice.requirement.name, best, version) is False:
        return False
    return None if choice.install.upgrade and choice.install.tool == "uv" else True
