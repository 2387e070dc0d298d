"""Whether an installer keeps the torch that is there, or replaces it.

A package that is installed later takes its own torch along where the one that is there does not suit it: `pip install
whisperx` behind torch==2.1.0+cpu leaves a CUDA build, and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.images.stack.torch.limits import ALONE, allowed
from wxlint.images.stack.torch.model import Choice, Torch
from wxlint.images.stack.torch.needs import (
    asks_for_torch,
    companions_of,
    is_bound_above,
    needed,
    needed_by_project,
)
from wxlint.images.stack.torch.releases import (
    companion_version,
    is_complete,
    local_rank,
    numbers,
    release_sets,
    releases,
    same_release,
    within,
)
from wxlint.images.stack.torch.selection import is_nightly

_LOWER = late(r"(?:^|,)>=?\s*(\d+(?:\.\d+)*)(?:$|,)")
_BOUND = late(r"\d+(?:\.\d+)*")


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
    standing = _all_agree(_is_allowed(install, version) for version in versions) if versions else True
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
        return _suits(state, choice, versions)
    if install.tool == "conda":
        return not wanted.specifier or (wanted.pin is not None and wanted.pin == state.version)
    if install.upgrade:
        return _is_highest(state, choice, versions)
    if not wanted.specifier:
        return True
    return _all_agree(_in_range(wanted, version) for version in versions) if versions else None


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
    if install.lowest or install.upgrade:
        return None  # the lock is made anew
    if state.version is None:
        return None if wanted.specifier or _own_channel(choice) != choice.channel else True
    if not choice.implied and wanted.specifier and not within(wanted.specifier, state.version):
        return False
    kept = _is_allowed(install, state.version)
    return None if kept and not leaves_release(state, choice) else kept


def leaves_release(state: Torch, choice: Choice) -> bool:
    """Whether what a project of uv asks for beside torch leaves the release that its lock has: uv takes the newest of
    what the lock does not have, and another torch with it."""
    if not choice.implied or state.version is None:
        return True
    return _suits(state, choice._replace(channel=_own_channel(choice)), (state.version,)) is True


def _own_channel(choice: Choice) -> str:
    """The channel that a requirement itself comes from, which may be bound to another index than torch."""
    bound = choice.requirement.bound
    return channel_of_url(bound.url) if bound is not None else choice.channel


def possible_releases(state: Torch, install: Install) -> tuple[str, ...]:
    """The releases that may be there, empty where that is not known."""
    if state.version is not None:
        return (state.version,)
    if state.nightly or not is_complete(state.channel):
        return ()
    sets = release_sets((state.channel,), install.environment.python)
    if state.newest:
        return tuple(dict.fromkeys(listed[-1] for (listed,) in sets))
    return releases(state.channel, install.environment.python)


def _all_agree(answers: Iterable[bool | None]) -> bool | None:
    """What all of them say; None where they differ."""
    found = set(answers)
    return found.pop() if len(found) == 1 else None


def _in_range(wanted: Requirement, version: str) -> bool:
    return same_release(wanted.pin, version) if wanted.pin else within(wanted.specifier, version)


def _is_allowed(install: Install, version: str) -> bool | None:
    """Whether nothing else of an install stands against a release of torch that is there; None where that is not
    known, for companions older than the tables."""
    if allowed(install, (version,)):
        return True
    return None if not install.no_deps and any(_is_not_listed(r, version) for r in install.requirements) else False


def _is_not_listed(companion: Requirement, version: str) -> bool:
    """Whether the tables do not have the release of a companion, or this one of torch."""
    if companion.name not in FAMILY[1:] or not companion.pin:
        return False
    return facts.companion_fits(companion.name, companion.pin, version) is None


def _is_highest(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """Whether an upgrade keeps the torch that is there: pip does where no index has a higher version, of the build
    too."""
    wanted, install = choice.requirement, choice.install
    if choice.channel == state.channel and not wanted.specifier and state.newest and not wanted.pin:
        return True
    if not versions or install.lowest or not is_complete(choice.channel):
        return None
    answers: set[bool | None] = set()
    for (listed,) in release_sets((choice.channel,), install.environment.python, versions[0]):
        fitting = [v for v in allowed(install, listed) if not wanted.specifier or within(wanted.specifier, v)]
        best = fitting[-1] if fitting else ""
        answers |= {_keeps(state.channel, choice.channel, version, best, choice) for version in versions}
    return _all_agree(answers)


def _is_highest_brought(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """The same where the upgrade is for what a package brings along."""
    wanted = choice.requirement
    specifier = needed(wanted)
    if wanted.name in FAMILY or specifier is None:
        return None
    fits = not specifier or (_all_agree(within(specifier, version) for version in versions) if versions else None)
    highest = _is_highest(state, choice._replace(requirement=Requirement("torch", specifier=specifier)), versions)
    return highest if fits else fits


def _keeps(there: str, channel: str, version: str, best: str, choice: Choice) -> bool | None:
    """Whether an upgrade leaves one release of one channel where the best that it finds is another."""
    stands = _is_allowed(choice.install, version)
    if not stands:
        return stands
    if not best:
        return None if choice.install.tool == "uv" else True
    if choice.install.tool == "uv" and same_release(version, best):  # a plain version is that of any build
        return channel in ("default", there)
    if same_release(version, best) and not is_complete(there):
        return None  # its maker may have built it before the release
    ours, theirs = (numbers(version), local_rank(there)), (numbers(best), local_rank(channel))
    return ours >= theirs


def _suits(state: Torch, choice: Choice, versions: tuple[str, ...]) -> bool | None:
    """The same for a package that brings torch along, by what the tables know of it."""
    wanted, install = choice.requirement, choice.install
    if install.tool == "conda" or is_pinned(install.constraints):
        return True  # nothing is known against it; under a constraint pip fails and replaces nothing
    if wanted.name in FAMILY:
        suits = _companion_suits(state, choice, versions)
        return None if suits and wanted.pin and install.upgrade and install.tool == "uv" else suits
    if install.upgrade and install.tool == "uv":  # which looks for newer releases of everything
        return None
    if not versions:
        need = needed(wanted) if state.nightly else ""
        return None if need is None or is_bound_above(need) else True  # which a pre-release need not be in
    if install.lowest and not wanted.pin:
        return None
    suits = _all_agree(_carrier_suits(choice, version) for version in versions)
    return suits and _brings_no_other(state, choice, versions)


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
        suits = _companion_suits(state, companion, versions)
        if suits is not True:
            return None if install.tool == "uv" else suits  # which of them uv decides first is not known
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
        left_behind = not wanted.specifier and "==" in specifier and _is_long_past(bound[0])
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
    if install.lowest or install.open or install.unread or install.constraints or install.overrides:
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
        return _all_agree(facts.companion_fits(wanted.name, wanted.pin, version) is not False for version in versions)
    if install.lowest:
        return None
    if there and all(_held_in_range(wanted, version) for version in versions):
        return True
    if state.newest and choice.channel == state.channel and not wanted.specifier:
        return True
    if not is_complete(choice.channel):
        return None
    answers: set[bool | None] = set()
    for (listed,) in release_sets((choice.channel,), install.environment.python, versions[0]):
        best = companion_version(wanted.name, wanted.specifier, allowed(install, listed))
        if best is not None:
            answers |= {_leaves(state, choice, version, best) for version in versions}
            alone = wanted.name == "torchaudio" and numbers(best) < numbers(ALONE)
            if wanted.name in state.companions and (alone or not _is_older(wanted.name, versions, best)):
                answers.add(None)  # an upgrade takes nothing older than what is there
    return _all_agree(answers) if answers else True


def _held_in_range(wanted: Requirement, version: str) -> bool:
    """Whether whatever companion goes with a release lies in the range that is wanted."""
    there = facts.companions(version)
    held = getattr(there, wanted.name, ()) if there is not None else ()
    return bool(held) and all(within(wanted.specifier, one) for one in held)


def _is_older(name: str, versions: tuple[str, ...], best: str) -> bool:
    """Whether whatever companion goes with these releases of torch is older than another."""
    held = [one for version in versions for one in getattr(facts.companions(version), name, ())]
    return bool(held) and all(numbers(one) < numbers(best) for one in held)


def _leaves(state: Torch, choice: Choice, version: str, best: str) -> bool | None:
    """Whether a release of a companion leaves a release of torch; uv looks for a newer one of both."""
    if facts.companion_fits(choice.requirement.name, best, version) is False:
        return False
    return None if choice.install.upgrade and choice.install.tool == "uv" else True


def is_pinned(requirements: tuple[Requirement, ...]) -> bool:
    """Whether requirements or constraints pin torch."""
    return any(r.name == "torch" and r.pin and not r.maybe for r in requirements)
