"""What an install that asks for torch makes of the one that is there."""

from __future__ import annotations

import itertools

from wxlint import facts
from wxlint.core.reasons import reason_at
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.stack.torch.model import ANY, Choice, Torch, describe
from wxlint.images.stack.torch.needs import asks_for_torch, is_bound_above
from wxlint.images.stack.torch.places import is_nightly
from wxlint.images.stack.torch.releases import same_release
from wxlint.images.stack.torch.replacement import is_satisfied, leaves_release
from wxlint.images.stack.torch.selection import builds_of_default, carried
from wxlint.images.stack.torch.taken import in_range, of_companion, pinned_version, takes_newest


def resolved(state: Torch, install: Install, found: tuple[Choice, ...]) -> Torch:
    """The state after what an install takes.

    Resolvers decide about pins first, then in the order that is written, then about what these bring; what is
    decided later adapts.
    """
    takes = [choice for choice in (*found, *carried(install)) if not (choice.implied and install.no_deps)]
    asking = {choice: _asks_for_torch(state, choice) for choice in takes}
    considered = sorted((choice for choice in takes if asking[choice] is not False), key=lambda c: not asking[c])
    if not considered:
        return state
    if state.channel in ("none", "unknown") or install.tool == "conda":
        return _replaced(state, install, considered[0])
    if install.tool == "uv-project":
        return _of_project(state, install, considered)
    family = [choice for choice in considered if choice.requirement.name in FAMILY]
    if family and install.tool != "uv":
        return _in_order(state, install, family, considered)
    answers = {choice: is_satisfied(state, choice) for choice in dict.fromkeys(considered)}
    other = next((choice for choice, answer in answers.items() if answer is not True), None)
    if other is None:
        return state
    if len(set(answers.values())) == 1 or not family:
        return _replaced(state, install, other)
    return _doubtful(state, other)  # which of them uv decides first is not known


def _of_project(state: Torch, install: Install, considered: list[Choice]) -> Torch:
    """What a project of uv makes of a torch that is there."""
    now = _replaced(state, install, considered[0])
    decided = install.locked or pinned_version(install) is not None
    if decided or is_changed(state, now) or all(leaves_release(now, choice) for choice in considered[1:]):
        return now
    return now._replace(version=None, newest=False)


def _asks_for_torch(state: Torch, choice: Choice) -> bool | None:
    """Whether what an install takes has torch installed; of a companion that may be there that is not known."""
    asks = asks_for_torch(choice.requirement, choice.install, choice.channel)
    open_ = state.channel in ("none", "unknown") and not state.present
    alone = open_ and choice.requirement.name in state.companions | state.stale
    return None if asks and alone and not choice.requirement.pin else asks


def _in_order(state: Torch, install: Install, family: list[Choice], considered: list[Choice]) -> Torch:
    """What pip does where torch or companions are named: the first decides, and a later one may move torch."""
    order = {requirement: place for place, requirement in reversed(list(enumerate(install.requirements)))}
    first = min(family, key=lambda c: (not c.requirement.pin, order.get(c.requirement, 0)))
    now = _replaced(state, install, first)
    if is_changed(state, now):
        return now
    state = now  # whose companions may have become doubtful
    for choice in considered:
        answer = True if choice is first else is_satisfied(state, choice)
        if answer is False and _moves(state, choice, family):
            return _replaced(state, install, choice)
        if answer is not True:
            return _doubtful(state, choice)
    return state


def _moves(state: Torch, choice: Choice, family: list[Choice]) -> bool:
    """Whether pip takes another torch for something that does not suit the one that is there: the others have no bound
    that stands against it, and it is no companion that the base may hold. One that is there holds the torch that is."""
    names = {one.requirement.name for one in family}
    if choice.requirement.name in FAMILY and (not state.by or state.companions & names):
        return False
    before = itertools.takewhile(lambda one: one is not choice.requirement, choice.install.requirements)
    if state.companions & {one.name for one in before}:  # which is decided first, and holds the torch that is there
        return False
    return not any(is_bound_above(one.requirement.specifier) for one in family)


def _doubtful(state: Torch, choice: Choice) -> Torch:
    """The state after something that may replace the torch that is there; one of the same channel is the same build."""
    wanted = choice.requirement
    if choice.channel == state.channel or _is_same_build(state, choice):
        pinned = wanted.name == "torch" and not choice.install.conditional and not wanted.maybe
        same = choice.channel == state.channel
        left = state.companions - {r.name for r in choice.install.requirements}  # perhaps by the torch before it
        return state._replace(
            version=wanted.pin if pinned and same else None,
            newest=False,
            companions=state.companions - left,
            stale=state.stale | left,
        )
    reason = reason_at("install", f"{wanted.written} may replace it", wanted.span)
    return Torch("unknown", None, (*state.because, reason), wanted.span, present=True)


def _is_same_build(state: Torch, choice: Choice) -> bool:
    """Whether the default index has the same build of what may be taken as the channel of what is there."""
    if choice.channel != "default" or choice.requirement.name not in FAMILY:
        return False
    if choice.install.tool == "conda" or choice.install.older:
        return False
    cuda = facts.cuda_of_channel(state.channel)
    return cuda is not None and builds_of_default(choice) == {cuda}


def is_changed(before: Torch, now: Torch) -> bool:
    """Whether an install has put another torch in the place of one; a companion beside it is no change."""
    return now is not before and now._replace(companions=before.companions, stale=before.stale) != before


def _replaced(state: Torch, install: Install, choice: Choice) -> Torch:
    """The state after an install that takes torch, or something that brings it."""
    wanted = choice.requirement
    forced = wanted.local is not None or choice.how == "url" or install.reinstall
    overridden = any(one.name == "torch" and not one.specifier for one in install.overrides)  # any torch will do
    renewed = state.channel == "unknown" and install.reinstall and not install.selective
    if renewed or _is_other_release(state, choice):
        state = state._replace(channel="none", maybe="", present=False)
    if state.channel == "unknown" and state.present and not (forced and wanted.name == "torch"):
        return state  # it may be kept, or another may come
    if (
        state.channel == "unknown"
        and (choice.channel in ("default", "unknown") or (choice.implied and choice.how == "bound") or overridden)
        and (choice.implied or not install.upgrade)
        and not _decided(state, choice)
    ):
        return state  # a torch that is there may satisfy it
    if state.channel not in ("none", "unknown"):
        satisfied = is_satisfied(state, choice)
        if satisfied:
            return state
        if satisfied is None:
            return _doubtful(state, choice)
    if install.conditional or wanted.maybe or _asks_for_torch(state, choice) is None:
        return _perhaps(state, choice)
    if choice.how == "extra" and _is_led(state, install):
        return _perhaps(state, choice)
    if (
        state.maybe not in ("", ANY, choice.channel)
        and not install.upgrade
        and not wanted.local
        and wanted.pin in (None, state.version)
    ):
        return state._replace(maybe="", present=True)  # what may be there already would do
    version = pinned_version(install)
    if version is None and not _is_held_by_companion(state, install):
        version = in_range(choice) if not choice.implied else of_companion(choice)
    return Torch(
        choice.channel,
        version,
        (describe(choice),),
        wanted.span or install.span,
        version is None and not wanted.specifier and takes_newest(install, choice),
        stale=(state.companions | state.stale) - {r.name for r in install.requirements},
        present=choice.channel == "unknown",
        nightly=version is None and is_nightly(choice),
        by=install.tool,
    )


def _is_held_by_companion(state: Torch, install: Install) -> bool:
    """Whether a companion that is there, and stays where it is named, may lead an install to the torch that it was made
    for."""
    there = state.companions | state.stale
    return not install.upgrade and any(r.name in there and not r.pin for r in install.requirements)


def _is_led(state: Torch, install: Install) -> bool:
    """Whether a companion that is there without torch leads an install that names it to the torch it was made for."""
    if state.channel != "none" or install.upgrade or install.reinstall or pinned_version(install):
        return False
    return any(r.name in state.stale and not r.pin for r in install.requirements)


def _is_other_release(state: Torch, choice: Choice) -> bool:
    """Whether an install pins another release than the one that is there, whose build is not known."""
    wanted = choice.requirement
    known = state.channel == "unknown" and not state.maybe and state.version is not None
    if not known or wanted.name != "torch" or not wanted.pin or wanted.maybe or choice.install.conditional:
        return False
    return not same_release(wanted.pin, state.version or "")


def _perhaps(state: Torch, choice: Choice) -> Torch:
    """The state after an install that may not run, or a requirement whose marker may not hold."""
    wanted = choice.requirement
    pin = pinned_version(choice.install) or (None if choice.implied else wanted.pin)
    if state.channel == choice.channel:
        open_ = state.channel != "unknown" and pin != state.version
        return state._replace(version=None, newest=False) if open_ else state
    because = (*state.because, reason_at("install", f"{wanted.written} may be installed", wanted.span))
    maybe = choice.channel if state.channel == "none" or state.maybe == choice.channel else ""
    return Torch(
        "unknown",
        pin if maybe else None,
        because,
        wanted.span,
        maybe=maybe,
        present=state.channel not in ("none", "unknown"),
    )


def _decided(state: Torch, choice: Choice) -> bool:
    """Whether the default index's torch is there in the end, whatever an install before it did that cannot be read.

    Nobody names torch to keep what an installer of theirs chose; a package that brings torch would keep it.
    """
    if choice.channel != "default":
        return False
    return state.maybe == "default" or (state.maybe == ANY and not choice.implied)
