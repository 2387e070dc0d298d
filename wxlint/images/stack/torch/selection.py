"""Where an install command takes torch from.

pip's rules, measured: indexes have no priority and the highest version wins, a local version (+cu121) sorting above
the plain one.
uv tries its extra indexes first, in order, and stops at the first that has the name; its default index comes last.
"""

from __future__ import annotations

import functools
import re

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install, PackageIndex, UnreadKind
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch import channels
from wxlint.images.stack.torch.limits import allowed, constrained
from wxlint.images.stack.torch.model import Choice, How
from wxlint.images.stack.torch.needs import is_bound_above, needed, needed_by_project, requires_torch
from wxlint.images.stack.torch.places import SearchedPlace, is_nightly, may_hold_torch, places_of
from wxlint.images.stack.torch.releases import companion_version, is_complete, local_rank, numbers, release_sets, within

_LOCAL_OF_TORCH = late(r"^torch==[\w.]+\+(\w+)")
"""A distribution that asks for one build of torch takes it, or nothing."""


@functools.lru_cache(maxsize=4096)
def choices(install: Install) -> tuple[Choice, ...]:
    """The torch choices of one install: torch itself and its companions, else the first requirement that brings
    torch."""
    if install.tool == "apt" or install.removes:
        return ()
    if install.tool == "conda":
        from wxlint.images.stack.torch import conda_builds

        return tuple(conda_builds.choices(install))
    direct = [r for r in install.requirements if r.name in FAMILY]
    direct.sort(key=lambda r: (r.name != "torch", r.maybe, not (r.local or r.url)))  # what names a build decides
    return tuple(_choose(install, r, r.name != "torch") for r in direct) or carried(install)[:1]


@functools.lru_cache(maxsize=4096)
def carried(install: Install) -> tuple[Choice, ...]:
    """The choices of the requirements that bring torch with them; those of another accelerator first."""
    if install.no_deps or install.tool in ("apt", "conda") or install.removes:
        return ()
    own = tuple(Choice("unknown", "own", r, True, install) for r in install.requirements if brings_own(r))
    return own or tuple(c for r in install.requirements if (c := _brought(install, r)) is not None)


def _brought(install: Install, requirement: Requirement) -> Choice | None:
    """The torch that a requirement brings with it, or None."""
    if not requirement.name or requirement.kind == "path":
        return None
    row = facts.brings_torch(requirement.name, requirement.pin, requirement.extras)
    if row is None:
        return _choose(install, requirement, True) if needed_by_project(requirement) else None
    pinned = _LOCAL_OF_TORCH.search(row["requires"])
    channel = channels.channel_of_local(pinned[1]) if pinned else None
    if channel:
        return Choice(channel, "local", requirement, True, install)
    return _choose(install, requirement, True)


def brings_own(requirement: Requirement) -> bool:
    """Whether a distribution is for another accelerator than CUDA, and for a torch that was built for it."""
    if not requirement.name:
        return False
    if facts.brings_own_torch(requirement.name, requirement.extras):
        return True
    return (
        bool(requirement.local)
        and built_for(requirement) is not None
        and bool(facts.brings_torch(requirement.name, requirement.pin, requirement.extras))
    )


def built_for(requirement: Requirement) -> str | None:
    """The accelerator other than CUDA that a local version names, of what is not torch's own: intel-extension-for-
    pytorch==2.1.10+xpu."""
    if not requirement.local or requirement.name in FAMILY:
        return None
    found = channels.accelerator_of(channels.channel_of_local(requirement.local) or "")
    return found if found in ("rocm", "other") else None


def _choose(install: Install, requirement: Requirement, implied: bool) -> Choice:
    """What decides about one requirement: a build that it names, an index that it is bound to, a backend, or the
    indexes."""
    pinned = constrained(install, requirement, implied)

    def choice(channel: str, how: How, source: PackageIndex | None = None) -> Choice:
        return Choice(channel, how, requirement, implied, install, source)

    # of anything else than torch's own, a local version names what it was built with, not the torch that it brings
    local = channels.channel_of_local(pinned.local) if pinned.local and pinned.name in FAMILY else None
    if requirement.specifier and HOLE in requirement.specifier and not local:
        return choice("unknown", "computed")
    if requirement.url and requirement.name in FAMILY:
        return choice(local or channels.channel_of_url(requirement.url), "url")
    if local:
        return choice(local, "local")._replace(limit=pinned if pinned is not requirement else None)
    if requirement.bound is not None and requirement.bound.doubt is not None:
        return choice("unknown", "bound")
    limited = next((c for c in install.constraints if c.name == "torch" and c.bound is not None), None)
    if implied and limited is not None and limited.bound is not None:
        return choice(channels.channel_of_url(limited.bound.url), "bound")
    if requirement.bound is not None and not implied:
        return choice(channels.channel_of_url(requirement.bound.url), "bound")
    if install.backend is not None:
        return choice(_of_backend(install.backend.text), "backend")
    place = _searched(install, pinned, implied)
    if install.tool == "uv-project" and (
        (install.overrides and place.channel != "default") or any(u.kind is UnreadKind.CHANGED for u in install.unread)
    ):
        return choice("unknown", place.how, place.source)  # the lock may have one of another index
    channel = _plain(install, pinned, implied) if place.channel == "default" else place.channel
    return choice(channel, place.how, place.source)


def _plain(install: Install, wanted: Requirement, implied: bool) -> str:
    """What the default index gives: CUDA builds, but on arm64 CPU builds of the releases before 2.11."""
    if install.environment.machine != "aarch64":
        return "default"
    specifier, name = wanted.specifier, wanted.name
    if implied and name not in FAMILY:
        specifier, name = facts.torch_needed(name, wanted.pin) or "", "torch"
        if specifier and needed(wanted) is None:
            return "unknown"  # an older release of it may ask for an older torch
    builds = set()
    for (listed,) in release_sets(("default",), install.environment.python):
        version = _torch_for(name, specifier, listed)
        if version is not None:
            builds.add(facts.default_cuda(version, "aarch64"))
    if builds == {"cpu"}:
        return "cpu"
    return "default" if builds and not builds & {"cpu", None} else "unknown"


def builds_of_default(choice: Choice) -> set[str | None]:
    """The CUDA versions of what torch or a companion takes from the default index, one for each Python that may be
    there."""
    wanted, install = choice.requirement, choice.install
    machine = install.environment.machine or "x86_64"
    found = set()
    for (listed,) in release_sets(("default",), install.environment.python):
        fitting = _fitting(install, wanted, listed, (listed,))
        if fitting:
            found.add(facts.default_cuda(fitting[-1], machine))
    return found


def _torch_for(name: str, specifier: str, listed: tuple[str, ...]) -> str | None:
    """The newest of these releases of torch that a requirement of torch, or of a companion, leads to."""
    if name == "torch":
        return next((v for v in reversed(listed) if not specifier or within(specifier, v)), None)
    best = companion_version(name, specifier, listed)
    return next((v for v in reversed(listed) if best and facts.companion_fits(name, best, v)), None)


def _of_backend(backend: str) -> str:
    if backend == "auto":  # no driver in a build
        return "cpu"
    return backend if channels.accelerator_of(backend) else "unknown"


def _searched(install: Install, wanted: Requirement, implied: bool) -> SearchedPlace:
    """The place that torch comes from, of those that the installer searches."""
    sources = install.sources
    if sources.no_index:
        places = [SearchedPlace(channels.served_by(s), "links", s) for s in sources.links]
        return places[0] if {place.channel for place in places} == {"cpu"} else SearchedPlace("unknown", "links")
    base, extra, links = places_of(install)
    if install.open and base.how == "default" and not extra and not links:
        return base._replace(channel="unknown")
    first_wins = install.tool not in ("pip", "pipenv") and not (install.best_match or install.first_match)
    if first_wins and install.tool != "poetry":
        return _first(base, extra, links, install, wanted, implied)
    return _highest([base, *extra, *links], install, wanted, implied)


def _first(
    base: SearchedPlace,
    extra: list[SearchedPlace],
    links: list[SearchedPlace],
    install: Install,
    wanted: Requirement,
    implied: bool,
) -> SearchedPlace:
    """What uv takes: of the first index that has the name, together with the folders of wheels."""
    order = [place for place in extra if may_hold_torch(place)]
    order.append(base)
    found = [order[0], *(place for place in links if may_hold_torch(place))]
    return _highest(found, install, wanted, implied)


def _highest(places: list[SearchedPlace], install: Install, wanted: Requirement, implied: bool) -> SearchedPlace:
    """What pip takes: the highest version of any place."""
    base, *others = _without_nightly(places, install, wanted)
    others = [place for place in others if may_hold_torch(place)]
    if base.channel == "unknown" and not any(place.channel != "unknown" for place in others):
        return base
    served = dict.fromkeys(place.channel for place in (base, *others))
    if wanted.local and len(served) == 2:
        served.pop("default", None)  # it takes no local versions
    if len(served) == 1:
        only = next(place for place in (base, *others) if place.channel in served)
        return only._replace(channel="unknown") if only.channel == "all" else only
    deciding = next((place for place in others if place.channel != base.channel), base)
    if "all" in served or "unknown" in served:
        return deciding._replace(channel="unknown")
    if install.prerelease and any(map(is_nightly, places)):
        return deciding._replace(channel=_nightly(places))
    lowest = install.older and (install.tool != "pip" or not wanted.pin)  # uv's lowest takes the plain build of a pin
    if lowest or install.first_match:
        return deciding._replace(channel="unknown")
    channel = _best(tuple(served), install, wanted, implied)
    return deciding._replace(channel=channel)


def _without_nightly(places: list[SearchedPlace], install: Install, wanted: Requirement) -> list[SearchedPlace]:
    """Places without those of pre-releases, where these do not count."""
    released = [place for place in places if not is_nightly(place)]
    if install.first_match:  # of an index that has nothing else, uv takes them
        return places
    if re.search(r"\d(?:\.dev|a|b|rc)\d", wanted.specifier):
        return places
    open_ = install.prerelease and not (wanted.name == "torch" and is_bound_above(wanted.specifier))
    if (open_ and not _ends(install)) or not released:
        return places
    nightly = [place for place in places if is_nightly(place)]
    return nightly if nightly and _reaches_beyond(wanted) and _have_none(released, install, wanted) else released


def _reaches_beyond(wanted: Requirement) -> bool:
    """Whether a range holds what is built after the newest release: one without an end, that begins before it."""
    newest = facts.torch_releases("default")[-1:]
    if wanted.name not in FAMILY or not wanted.specifier or is_bound_above(wanted.specifier):
        return False
    return _torch_for(wanted.name, wanted.specifier, newest) is not None


def _have_none(places: list[SearchedPlace], install: Install, wanted: Requirement) -> bool:
    """Whether no release of these places is in a range, so that a pre-release is taken."""
    served = tuple(dict.fromkeys(place.channel for place in places))
    if not all(map(is_complete, served)):
        return False
    listed = release_sets(served, install.environment.python)
    return not any(_fitting(install, wanted, one, lists) for lists in listed for one in lists)


@functools.lru_cache(maxsize=1024)
def _ends(install: Install) -> bool:
    """Whether an install bounds torch above, before what is not yet out."""
    limits = (*install.requirements, *install.constraints)
    return any(one.name == "torch" and is_bound_above(one.specifier) for one in limits)


def _nightly(places: list[SearchedPlace]) -> str:
    """With pre-releases, a nightly index of a channel that is still built has the highest version."""
    nightly = {place.channel for place in places if is_nightly(place)}
    live = facts.torch_releases("default")[-1]
    others = {place.channel for place in places} - nightly
    if len(nightly) == 1 and others <= {"default"} and live in facts.torch_releases(*nightly):
        return nightly.pop()
    return "unknown"


def _best(served: tuple[str, ...], install: Install, wanted: Requirement, implied: bool) -> str:
    """The channel whose newest release in the range is the highest; "unknown" where that depends on what is not
    known."""
    if not all(map(is_complete, served)):
        return "unknown"
    if implied and wanted.name not in FAMILY:
        if set(served) == {"cpu", "default"}:
            return "cpu"  # that channel has every release
        needs = [needed(one) for one in install.requirements if one.name not in FAMILY and requires_torch(one)]
        if None in needs:
            return "unknown"
        wanted = Requirement("torch", specifier=",".join(dict.fromkeys(need for need in needs if need)))
    elif _may_be_held_back(install, served, wanted):
        return "unknown"
    unpinned = [r for r in install.requirements if r.name in FAMILY[1:] and not r.pin]
    if implied and len(unpinned) > 1:
        return "unknown"  # each may be for another torch
    return _agreed(served, install, wanted, implied)


def _may_be_held_back(install: Install, served: tuple[str, ...], wanted: Requirement) -> bool:
    """Whether something that is named beside torch, or a companion, may lead to an older release of torch, which
    another channel has."""
    if wanted.pin:
        return False
    needs = [
        needed(one) for one in install.requirements if not one.pin and one.name not in FAMILY and requires_torch(one)
    ]
    if not any(need is None or is_bound_above(need) for need in needs):
        return False
    own = wanted.specifier if wanted.name == "torch" else ""
    limited = Requirement("torch", specifier=",".join(dict.fromkeys(part for part in (own, *needs) if part)))
    answers = {_agreed(served, install, one, False) for one in (wanted, limited)}
    return None in needs or len(answers) > 1


def _agreed(served: tuple[str, ...], install: Install, wanted: Requirement, implied: bool) -> str:
    """What every Python that may be there leads to."""
    answers = set()
    for lists in release_sets(served, install.environment.python):
        fitting = [_fitting(install, wanted, listed, lists) for listed in lists]
        ranked = [(numbers(f[-1]), local_rank(channel), channel) for channel, f in zip(served, fitting) if f]
        if ranked:  # else no Python like this has such a torch
            answers.add(max(ranked)[2])
        elif implied and wanted.name == "torch":
            return "unknown"  # an older release of what brings torch would be taken
    return answers.pop() if len(answers) == 1 else "unknown"


def _fitting(
    install: Install, wanted: Requirement, listed: tuple[str, ...], everywhere: tuple[tuple[str, ...], ...]
) -> tuple[str, ...]:
    """The releases of a channel that a requirement may lead to. everywhere: those of all channels that are searched."""
    fitting = allowed(install, listed)
    if wanted.name == "torch":
        return tuple(version for version in fitting if not wanted.specifier or within(wanted.specifier, version))
    found = [companion_version(wanted.name, wanted.specifier, allowed(install, one)) for one in everywhere]
    best = max((one for one in found if one is not None), key=numbers, default=None)
    return tuple(v for v in fitting if best is not None and facts.companion_fits(wanted.name, best, v))
