"""The torch of an image, carried from the base through every install: an installed torch that satisfies a
requirement stays."""

from __future__ import annotations

import functools

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install, UnreadKind
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.model import ANY, NONE, Choice, Torch
from wxlint.images.stack.torch.needs import asks_for_torch, brought_companions
from wxlint.images.stack.torch.possible import is_pinned
from wxlint.images.stack.torch.releases import within
from wxlint.images.stack.torch.resolving import resolved
from wxlint.images.stack.torch.selection import choices

_OF_CONDA = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch", "libtorch": "torch"}
_BEGINNING = late(r"[A-Za-z0-9][\w.-]{3,}")
"""The part of a name that is known, where a variable holds the rest: `tensorflow${POSTFIX}`."""
_UNREAD = "cannot be read"
_PACKAGED = frozenset(("python3-torch", "python3-torch-cuda", "python3-pytorch", "python3-torch-rocm"))
"""Packages of Linux distributions, each with a build of its own."""


@functools.lru_cache(maxsize=4096)
def after(state: Torch, install: Install) -> Torch:
    """The state after one install command."""
    if install.elsewhere:
        return state
    if install.removes:
        return _without(state, install)
    if install.tool == "apt":
        return _packaged(state, install)
    if any(one.kind is UnreadKind.INVALID for one in install.unread):  # then nothing of the list is installed
        return _unread(state, install, None)
    found = choices(install)
    if install.exact and (install.tool != "uv-project" or state.by == "uv-project"):
        state = _without_others(state, install, found)
    now = resolved(state, install, found)
    if not found or found[0].implied:
        now = _unread(now, install, state if found else None)
    return _with_companions(now, state, install)


def _without_others(state: Torch, install: Install, found: tuple[Choice, ...]) -> Torch:
    """The state before an install that removes what it does not list, as far as it is still there afterwards."""
    taken = [choice for choice in found if not (choice.implied and install.no_deps)]
    asking = {
        asks_for_torch(choice.requirement, install, choice.channel) and (None if choice.requirement.maybe else True)
        for choice in taken
    }
    stays = True in asking
    hidden = (None in asking and not stays) or any(_is_foreign(r, install) for r in install.requirements)
    if install.conditional or install.unread or hidden:
        reason = reason_at("install", "may have removed it", install.span)
        gone = Torch("unknown", None, (*state.because, reason), install.span, maybe=state.channel)
        return state if stays or state.channel in ("none", "unknown") else gone
    named = {r.name for r in install.requirements}
    kept = state._replace(companions=state.companions & named, stale=state.stale & named)
    return kept if stays or state.channel == "none" else NONE._replace(companions=kept.companions)


def _packaged(state: Torch, install: Install) -> Torch:
    packaged = [r.written for r in install.requirements if r.name in _PACKAGED]
    if not packaged or state.channel != "none":
        return state
    reason = reason_at("install", f"{packaged[0]} of the distribution", install.span)
    return Torch("unknown", None, (reason,), install.span)


def _with_companions(state: Torch, before: Torch, install: Install) -> Torch:
    """With the companions that an install names or brings along: they are there from here on, whoever brought them."""
    named = {r.name for r in install.requirements if r.name in FAMILY[1:] and not r.maybe}
    if state.channel == "none" and not install.no_deps:
        return state._replace(stale=state.stale | named)  # torchaudio, which may be there without torch
    if state.channel == "none" and not named:
        return state
    if install.no_deps and named and not install.conditional:  # they may be for another torch
        return state._replace(stale=state.stale | named, companions=state.companions - named)
    brought = brought_companions(install, torch_there=before.channel != "none")
    overridden = any(one.name == "torch" for one in install.overrides)
    if overridden and not install.conditional:  # so may these
        named |= brought.keys()
        return state._replace(stale=state.stale | named, companions=state.companions - named)
    sure = set() if install.conditional else named | {name for name, sure in brought.items() if sure} - state.stale
    perhaps = (named | brought.keys()) - sure - state.companions
    if sure <= state.companions and not sure & state.stale and perhaps <= state.stale:
        return state
    return state._replace(companions=state.companions | sure, stale=state.stale - sure | perhaps)


def _without(state: Torch, install: Install) -> Torch:
    """The state after `pip uninstall`; an image without torch stays one."""
    gone = {_OF_CONDA.get(r.name, r.name) if install.tool == "conda" else r.name for r in install.requirements}
    if state.channel != "none" and "torch" in gone:
        if not install.conditional:
            return NONE._replace(companions=state.companions - gone)
        return Torch("unknown", None, state.because, maybe=state.channel)
    if not gone & (state.companions | state.stale):
        return state
    stale = state.stale | gone & state.companions if install.conditional else state.stale - gone
    return state._replace(companions=state.companions - gone, stale=stale)


def _unread(state: Torch, install: Install, before: Torch | None) -> Torch:
    """The state after an install that could not be read wholly.

    before: the state before what was read of it, where that decided.
    """
    unread = next((one for one in install.unread if one.kind is not UnreadKind.NO_TORCH), None)
    if unread is None:
        hidden = (r for r in install.requirements if _is_foreign(r, install))
        foreign = next((r for r in hidden if not _leaves_torch(r, state)), None)
        if foreign is None or before is not None:
            return state
        what, maybe = foreign.written, _would_take(install)
        said = "may bring torch" if foreign.kind == "name" else _UNREAD
        decides = foreign.kind in ("vcs", "path") and not install.no_deps
        decides = decides or (install.tool == "conda" and state.by != "conda")  # which does not count what pip has
    else:
        what, maybe = unread.name, ANY
        said = UnreadKind.REFUSED.value if unread.kind is UnreadKind.REFUSED else _UNREAD
        decides = unread.kind in (
            UnreadKind.NOT_THERE,
            UnreadKind.NOT_WHOLE,
            UnreadKind.INVALID,
            UnreadKind.CHANGED,
        )
    if state.channel == "unknown" or before is not None:
        return state
    if state.channel != "none" and (not decides or install.no_deps or is_pinned(install.constraints)):
        return state
    reason = reason_at("install", f"{what.replace(HOLE, '…')} {said}", install.span)
    if state.channel == "none":
        return Torch("unknown", None, (reason,), install.span, maybe=maybe)
    return Torch("unknown", state.version, (*state.because, reason), install.span, maybe=state.channel, present=True)


def _is_foreign(requirement: Requirement, install: Install) -> bool:
    """Whether nothing shows what a requirement brings."""
    if install.no_deps and requirement.name:
        return False
    if requirement.kind == "name" and install.tool == "conda":  # whose packages ask for what those of the index ask for
        return requirement.name not in _OF_CONDA and facts.brings_torch(requirement.name, requirement.pin) is not None
    if requirement.kind == "name":
        return install.tool != "apt" and facts.may_bring_torch(requirement.name)
    beginning, variable, _ = requirement.written.partition("$")
    if requirement.kind == "unknown" and variable and _BEGINNING.fullmatch(beginning):
        return facts.may_begin_torch(beginning)
    return requirement.kind in ("unknown", "path", "vcs") or (requirement.kind == "url" and not requirement.name)


def _leaves_torch(requirement: Requirement, state: Torch) -> bool:
    """Whether a project in git is known to ask for no other torch than the one that is there, or for none."""
    plain = requirement.kind == "vcs" and requirement.url and not requirement.extras
    project = facts.git_project(requirement.url or "") if plain else None
    if project is None:
        return False
    needs, beside = project["needs"], set(project["beside"].split())
    if state.channel == "none":
        return not needs and not beside
    if not beside <= state.companions:
        return False
    return not needs or state.version is None or within(needs, state.version)


def _would_take(install: Install) -> str:
    """The channel that torch would have if an install that cannot be read brought it."""
    plain = not install.sources and not install.open and install.tool != "conda"
    return "default" if plain and install.backend is None else ANY
