"""torchvision and torchaudio that do not go with the torch of an image, followed through all of its installs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts import cuda_of_channel as cuda_of
from wxlint.facts.generation import same_cuda
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement, repeated
from wxlint.images.stack.base_companions import held_by_base
from wxlint.images.stack.torch.channels import accelerator_of, channel_of_url, served_by
from wxlint.images.stack.torch.limits import ALONE
from wxlint.images.stack.torch.model import Choice, Torch
from wxlint.images.stack.torch.needs import asks_for_torch, brought_companions, companions_of
from wxlint.images.stack.torch.possible import possible_releases
from wxlint.images.stack.torch.releases import (
    companion_version,
    is_complete,
    local_rank,
    numbers,
    release_sets,
    within,
)
from wxlint.images.stack.torch.selection import choices
from wxlint.images.stack.torch.state import after

NAMES = ("torchvision", "torchaudio")


class Companion(NamedTuple):
    """A companion that is in an image.

    name: torchvision or torchaudio. written, span: the requirement that named or brought it. channel, version: of its
    build; version None where it was not pinned. carried: another package brought it. beside: the releases of torch
    that it may have come with, where it was not pinned. named: the requirement itself says which build it takes, by a
    local version or an address. alone: it may be the release that goes with any torch.
    """

    name: str
    written: str
    span: Span | None
    channel: str
    version: str | None
    carried: bool = False
    beside: tuple[str, ...] = ()
    named: bool = False
    alone: bool = False


class Mismatch(NamedTuple):
    """A companion beside a torch that it was not built for. left_behind: torch was replaced by `place`, the companion
    was not. install: the one that made it so."""

    companion: Companion
    torch: Torch
    left_behind: bool
    place: Span | None
    install: Install


def mismatches(external: Torch, installs: Iterable[Install]) -> list[Mismatch]:
    """Return the companions that do not go with torch in the end. external: the torch of the external base."""
    installs = tuple(installs)
    if not any(_concerns(install) for install in installs):
        return []
    torch, followed = external, _Followed(external)
    for install in installs:
        before, torch = torch, after(torch, install)
        followed.install(install, before, torch)
    if torch.channel in ("none", "unknown"):
        return []
    return [one for one in followed.found.values() if not _is_replaced(one.torch, torch)]


class _Followed:
    """The companions that are there while installs are followed, and what does not go together of them and torch."""

    def __init__(self, external: Torch) -> None:
        self.external = external
        self.of_base = held_by_base(external)
        self.held: dict[str, Companion] = {}
        self.found: dict[str, Mismatch] = {}

    def install(self, install: Install, before: Torch, torch: Torch) -> None:
        """Follow one install. before, torch: the torch that it finds, and the one that it leaves."""
        chosen, moved = choices(install), _is_replaced(before, torch)
        for name in _gone(install, (*self.held, *self.of_base)):
            self.of_base.pop(name, None)
            self._forget(name)
        releases = possible_releases(torch, install) if torch.channel not in ("none", "unknown") else ()
        there = before.companions | before.stale
        renewed = set()
        for companion in _named(install, chosen):
            if self._is_renewed(companion, torch, install, moved=moved, may_be_there=companion.name in there):
                apart = companion.alone or install.no_deps  # which take the newest, whatever torch there is
                self.held[companion.name] = companion._replace(beside=() if apart else releases)
                renewed.add(companion.name)
        for name in brought_companions(install, torch_there=True) if moved else ():
            if name in self.held and name not in renewed and _adapts(self.held[name], torch, install) is not False:
                self._forget(name)  # which one comes, and from where, is open
        for companion in _carried(install, torch, torch_there=before.channel != "none"):
            if companion.name not in self.held and not install.conditional:
                self.held[companion.name] = companion._replace(beside=releases)
                renewed.add(companion.name)
        if moved and not install.conditional and chosen and not chosen[0].implied:
            place = chosen[0].requirement.span or install.span
            for name, companion in self.held.items():
                if name not in renewed and not _goes_with(companion, torch):
                    self.found[name] = Mismatch(companion, torch, True, place, install)

    def _is_renewed(
        self, companion: Companion, torch: Torch, install: Install, *, moved: bool, may_be_there: bool
    ) -> bool:
        """Whether an install puts a companion that it names there, with what is wrong with it then. moved: it has put
        another torch in the place of one. may_be_there: some release of it is there, or may be."""
        present = self.held.get(companion.name)
        if present is None and may_be_there and companion.version is None:
            if not (install.upgrade or install.reinstall):
                return False
        if present is None and _stays(companion, self.of_base.get(companion.name, ()), install):
            return False
        adapts = install.reinstall or (_adapts(present, torch, install) if moved else False)
        if present is not None and companion.name in self.found and not moved and not _fits(present, torch):
            adapts = adapts or (False if install.no_deps else None)  # an installer changes it, or torch
        taken = adapts or _is_taken(companion, present, install, self.external)
        if install.conditional or adapts is None or taken is None:
            self._forget(companion.name)  # which one is there is open
            return False
        if not taken:
            return False
        self.found.pop(companion.name, None)
        if _is_other_build(companion, torch):
            self.found[companion.name] = Mismatch(companion, torch, False, companion.span, install)
        return True

    def _forget(self, name: str) -> None:
        self.held.pop(name, None)
        self.found.pop(name, None)


def _stays(companion: Companion, held: tuple[str, ...], install: Install) -> bool:
    """Whether an installer keeps the companion of the base, which is the very release: an index does not count then.

    Whether an upgrade takes another build depends on how that release calls itself there, which is not known.
    """
    return companion.version in held and not companion.named and not install.reinstall


def _gone(install: Install, held: Iterable[str]) -> list[str]:
    """Return the companions that an install removes."""
    named = {requirement.name for requirement in install.requirements}
    if install.removes:
        return [name for name in held if name in named]
    if install.exact and install.tool == "uv-project":
        return list(held)
    removes = install.exact and not install.unread
    return [name for name in held if name not in named] if removes else []


def _concerns(install: Install) -> bool:
    """Whether an install names a companion or brings one."""
    return any(
        requirement.name in NAMES or any(name in NAMES for name, _ in companions_of(requirement))
        for requirement in install.requirements
        if requirement.name
    )


def _named(install: Install, chosen: Sequence[Choice]) -> Iterator[Companion]:
    elsewhere = _comes_from_an_unknown_index(install, chosen)
    for choice in chosen:
        wanted = choice.requirement
        if wanted.name in NAMES:
            channel = choice.channel
            if wanted.bound is not None and not wanted.local:
                channel = channel_of_url(wanted.bound.url)
            elif install.environment.machine == "aarch64" and choice.how == "default":
                channel = "unknown"  # the same index has CPU builds of older releases there
            elif elsewhere and choice.how == "default":
                channel = "unknown"
            named = choice.how in ("local", "url")
            alone = not asks_for_torch(wanted, install, choice.channel)
            if alone and choice.how == "extra" and _may_be_in_another(choice):
                channel = "unknown"
            span = wanted.span or install.span
            yield Companion(wanted.name, wanted.written, span, channel, wanted.pin, named=named, alone=alone)


def _may_be_in_another(choice: Choice) -> bool:
    """Whether a torchaudio that asks for no torch may come from another index than torch: an installer that merges its
    indexes takes the newest of all."""
    install = choice.install
    merges = install.tool in ("pip", "pipenv") or install.best_match or install.first_match
    return merges and ALONE not in facts.torch_releases(choice.channel)


def _comes_from_an_unknown_index(install: Install, chosen: Sequence[Choice]) -> bool:
    """Whether torch's build is one that no known index has: what else has it may have its companions too."""
    builds = {choice.channel for choice in chosen if choice.how == "local"}
    sources = install.sources
    given = {served_by(one) for one in (sources.index, *sources.extra, *sources.links) if one is not None}
    return bool(builds) and "unknown" in given and not builds & given


def _is_taken(companion: Companion, present: Companion | None, install: Install, external: Torch) -> bool | None:
    """Whether an installer takes a companion anew, or keeps what is there; a base that holds torch may hold it
    already. None where the range that is asked for decides, and may not hold the release that is there."""
    other = present is not None and companion.channel not in ("unknown", present.channel)
    if other and install.tool == "uv-project":  # whose lock says from where, too
        return True
    if companion.version is None and not (install.upgrade or install.reinstall):
        return external.channel == "none" if present is None else _is_out_of_range(present, install)
    if present is not None and install.upgrade and not install.reinstall and _is_highest(present, companion, install):
        return False
    if present is None or install.upgrade or install.reinstall:
        return True
    if present.version is None and not companion.named:  # what was taken then may be the very release
        may_be = _possible(present)
        return bool(may_be) and companion.version not in may_be
    return companion.version != present.version or (
        companion.named and other
    )  # an index does not count while the release is there


def _range_of(name: str, install: Install) -> str:
    """The range that an install asks for of a companion, as far as it is known."""
    wanted = (one.specifier for one in install.requirements if one.name == name and HOLE not in one.specifier)
    return ",".join(filter(None, wanted))


def _is_out_of_range(present: Companion, install: Install) -> bool | None:
    """Whether an install asks for releases of a companion that the one that is there is none of."""
    if any(one.name == present.name and HOLE in one.specifier for one in install.requirements):
        return None
    wanted = _range_of(present.name, install)
    if not wanted:
        return False
    answers = {not within(wanted, version) for version in _possible(present)}
    return answers.pop() if len(answers) == 1 else None


def _is_highest(present: Companion, companion: Companion, install: Install) -> bool:
    """Whether an upgrade finds nothing as high as the companion that is there."""
    if not is_complete(companion.channel):
        return False
    specifier = _range_of(companion.name, install)
    sets = release_sets((companion.channel,), install.environment.python)
    best = max((companion_version(companion.name, specifier, listed) or "0" for (listed,) in sets), key=numbers)
    held, theirs = _possible(present), (numbers(best), local_rank(companion.channel))
    return bool(held) and all((numbers(version), local_rank(present.channel)) >= theirs for version in held)


def _possible(companion: Companion) -> list[str]:
    """The releases that a companion may be; empty where that is not known."""
    if companion.version is not None:
        return [companion.version]
    return [one for release in companion.beside for one in getattr(facts.companions(release), companion.name, ())]


def _adapts(present: Companion | None, torch: Torch, install: Install) -> bool | None:
    """Whether an install that replaces torch takes another release of a companion that it names; None where that is
    not known."""
    if present is None or install.no_deps:
        return False
    fits = _fits(present, torch)
    return None if fits is None else not fits


def _carried(install: Install, torch: Torch, *, torch_there: bool) -> Iterator[Companion]:
    """Yield the companions that other packages bring along for certain, from where torch came; torchaudio only where
    its release is one for torch's."""
    sure = {name for name, sure in brought_companions(install, torch_there=torch_there).items() if sure}
    if not asks_for_torch(Requirement("torchaudio"), install, torch.channel):
        sure.discard("torchaudio")
    if not sure:
        return
    twice = repeated(install.requirements)
    for requirement in install.requirements:
        if requirement.name in twice:
            requirement = requirement._replace(specifier=twice[requirement.name])
        for name, _ in companions_of(requirement) if requirement.name else ():
            if name in sure:
                yield Companion(name, requirement.written, requirement.span, torch.channel, None, carried=True)


def _is_replaced(before: Torch, now: Torch) -> bool:
    if before.channel in ("none", "unknown") or now.channel in ("none", "unknown"):
        return False
    return now is not before and (now.channel, now.version) != (before.channel, before.version)


def _is_other_build(companion: Companion, torch: Torch) -> bool:
    """Whether a companion's build is for another accelerator than torch, or another CUDA generation."""
    of_companion, of_torch = accelerator_of(companion.channel), accelerator_of(torch.channel)
    if of_companion is None or of_torch is None:
        return False
    if of_companion != of_torch:
        return True
    return (
        of_torch == "cuda"
        and same_cuda(cuda_beside(companion.channel, torch), cuda_beside(torch.channel, torch)) is False
    )


def cuda_beside(channel: str, torch: Torch) -> str:
    """The CUDA version of a channel; of the default index, that of torch's release there."""
    if channel == "default":
        return facts.default_cuda(torch.version) or "" if torch.version else ""
    return cuda_of(channel) or ""


def _goes_with(companion: Companion, torch: Torch) -> bool:
    """Whether a companion that stays suits the torch that replaced the one it came with; also where that is not
    known."""
    fits = _fits(companion, torch)
    if fits is None and companion.carried:  # what brought it took the newest, as far as is known
        fits = torch.version in (None, facts.torch_releases("default")[-1], *companion.beside)
    return fits is not False and not _is_other_build(companion, torch)


def _fits(companion: Companion, torch: Torch) -> bool | None:
    """Whether a companion is made for a release of torch; None where one of both is not known."""
    if torch.version is None:
        return None
    answers = {facts.companion_fits(companion.name, version, torch.version) for version in _possible(companion)}
    return answers.pop() if len(answers) == 1 else None
