"""Which torch an image ends up with: one state, carried from the base through every install.

pip's rules, measured: indexes have no priority and the highest version wins, a local version (+cu121) sorting above the plain one;
an installed torch that satisfies the requirement stays. uv asks its extra indexes first and stops at the first that has the name.
"""

from __future__ import annotations

import re

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.installs.model import Install
from wxlint.images.installs.model import Source as Index
from wxlint.images.installs.requirement import Requirement
from wxlint.images.torch import channels
from wxlint.images.torch.replacement import FAMILY, is_satisfied

PROJECT_HINT = {
    "uv-project": "bind torch to {} in [tool.uv.sources] of the pyproject.toml",
    "poetry": "give torch the source {} in the pyproject.toml",
    "pipenv": "make {} a [[source]] of the Pipfile and give its name to torch as its index",
}
"""What to do about the index of a tool that installs a whole project, by the tool."""


class Torch(NamedTuple):
    """channel: see channels.py, or "none", "unknown" (which torch, or whether any, is not known).

    version: without local part, when known. because: how it came. newest: an install without a version took it.
    maybe: of "unknown", the channel of an install that may not have run, or the one that an install which cannot be read would take
    (ANY when that could be any).
    """

    channel: str
    version: str | None = None
    because: tuple[Reason, ...] = ()
    span: Span | None = None
    newest: bool = False
    maybe: str = ""


_PACKAGED = frozenset(("python3-torch", "python3-torch-cuda", "python3-pytorch", "python3-torch-rocm"))
"""Packages of Linux distributions, each with a build of its own."""
NONE = Torch("none")
ANY = "any"


class Choice(NamedTuple):
    """Where an install takes torch from.

    how: what decided: "local", "url", "backend", "index", "bound", "links", "extra", "default", "conda", "own". source: that index.
    requirement: the torch requirement, or the one that brings torch with it (`implied`).
    """

    channel: str
    how: str
    requirement: Requirement
    implied: bool
    install: Install
    source: Index | None = None


_LOCAL_OF_TORCH = late(r"^torch==[\w.]+\+(\w+)")
"""A distribution that asks for one build of torch takes it, or nothing."""


def choices(install: Install) -> list[Choice]:
    """The torch choices of one install: torch itself and its companions, else the first requirement that brings torch."""
    if install.tool == "apt" or install.removes:
        return []
    if install.tool == "conda":
        return _conda(install)
    direct = [r for r in install.requirements if r.name in FAMILY]
    found = [_choose(install, r, r.name != "torch") for r in sorted(direct, key=lambda r: r.name != "torch")]
    if not found and not install.no_deps:
        for requirement in install.requirements:
            if brings_own(requirement):
                return [Choice("unknown", "own", requirement, True, install)]
        for requirement in install.requirements:
            row = (
                facts.brings_torch(requirement.name, requirement.pin, requirement.extras) if requirement.name else None
            )
            if row is not None and requirement.kind != "path":
                pinned = _LOCAL_OF_TORCH.search(row["requires"])
                channel = channels.channel_of_local(pinned[1]) if pinned else None
                if channel:
                    return [Choice(channel, "local", requirement, True, install)]
                return [_choose(install, requirement, True)]
    return found


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
    """The accelerator other than CUDA that a local version names, of what is not torch's own: intel-extension-for-pytorch==2.1.10+xpu."""
    if not requirement.local or requirement.name in FAMILY:
        return None
    found = channels.accelerator_of(channels.channel_of_local(requirement.local) or "")
    return found if found in ("rocm", "other") else None


def _choose(install: Install, requirement: Requirement, implied: bool) -> Choice:
    pinned = requirement
    if not requirement.local:
        limits = [c for c in install.constraints if c.name == ("torch" if implied else requirement.name) and c.pin]
        if limits and (implied or not requirement.pin):
            pinned = limits[-1] if requirement.name in FAMILY or implied else requirement
    ours = (
        pinned.name in FAMILY
    )  # of anything else, a local version names what it was built with, not the torch it brings
    local = channels.channel_of_local(pinned.local) if pinned.local and ours else None
    url_channel = channels.channel_of_url(requirement.url) if requirement.url else "unknown"

    def choice(channel: str, how: str, source: Index | None = None) -> Choice:
        return Choice(channel, how, requirement, implied, install, source)

    if requirement.specifier and HOLE in requirement.specifier and not local:
        return choice("unknown", "computed")
    if requirement.url and requirement.name in FAMILY:
        return choice(local or url_channel, "url")
    if local:
        return choice(local, "local")
    if requirement.index:
        return choice(channels.channel_of_url(requirement.index), "bound")
    if install.backend is not None:
        backend = install.backend.text
        if backend == "auto":  # no driver in a build
            return choice("cpu", "backend")
        known = channels.accelerator_of(backend) or backend == "xpu"
        return choice(backend if known else "unknown", "backend")
    base = "default"
    how, source = "default", None
    if install.no_index:
        base, how = "unknown", "links"
    elif install.index is not None:
        base = (
            channels.channel_of_url(install.index.value.text) if install.index.value.known else _partial(install.index)
        )
        how, source = "index", install.index
    others = [(_partial(s), s, "extra") for s in install.extra] + [(_partial(s), s, "links") for s in install.links]
    plain = next((s for c, s, _ in others if c == "default"), None)
    if (
        plain is not None
        and how == "index"
        and channels.accelerator_of(base)
        and base != "default"
        and install.tool == "pip"
    ):
        return choice(_highest(base, pinned), "extra", plain)  # the default index is merged in again
    others = [(c, s, h) for c, s, h in others if c not in ("default", base)]
    if not others:
        return choice("unknown" if base == "all" or (how == "default" and install.open) else base, how, source)
    if base not in ("default", "all", "unknown") and how == "index" and install.tool == "pip":
        return choice(base, how, source)
    torch_like = [(c, s, h) for c, s, h in others if c != "unknown"]
    if not torch_like:  # a company's own extra index: what it holds cannot be known
        return choice(
            base if base == "default" and all("pytorch" not in s.value.text for _, s, _ in others) else "unknown",
            how,
            source,
        )
    channel, origin, kind = torch_like[0]
    if channel == "all" or len({c for c, _, _ in torch_like}) > 1:
        return choice("unknown", kind, origin)
    if install.tool != "pip" and not install.best_match:
        return choice(channel, kind, origin)
    return choice(_highest(channel, pinned), kind, origin)


def _partial(source: Index) -> str:
    """The channel of an index whose address may be partly unknown."""
    return channels.channel_of_url(source.value.text) if source.value.known else "unknown"


def _highest(channel: str, requirement: Requirement) -> str:
    """What pip takes when the default index and a channel both offer torch: the highest version, local parts above none."""
    if channel == "cpu":
        return channel  # the cpu channel has every release
    if requirement.name not in FAMILY:
        return "unknown"  # its version says nothing of the torch that comes with it
    if requirement.local:
        return channel  # the default index takes no local versions
    if requirement.pin and requirement.name == "torch":
        exists = facts.torch_channel_exists(requirement.pin, channel)
        return channel if exists else "default" if exists is False else "unknown"
    return channel if requirement.pin else "unknown"


def _conda(install: Install) -> list[Choice]:
    named = {r.name: r for r in install.requirements}
    torch = next(
        (
            named[n]
            for n in ("pytorch", "pytorch-gpu", "pytorch-cpu", "torchvision", "torchaudio", "libtorch")
            if n in named
        ),
        None,
    )
    if torch is None:
        return []
    build = torch.build.lower()
    channel = "unknown"
    if (
        "cpuonly" in named
        or "pytorch-cpu" in named
        or "cpu" in build
        or "cpu" in (named.get("pytorch-mutex") or torch).build
    ):
        channel = "cpu"
    else:
        for name in ("pytorch-cuda", "cudatoolkit", "cuda-version", "cuda-toolkit", "cuda-runtime"):
            wanted = named.get(name)
            version = (wanted.pin or wanted.specifier.lstrip("=<>~")) if wanted else ""
            if wanted and version[:1].isdigit():
                channel = channels.channel_of_cuda(version.rstrip(".*"))
                break
        else:
            match = re.search(r"cuda(\d+)\.?(\d)", build)
            if match:
                channel = f"cu{match[1]}{match[2]}" if "." in build else f"cu{match[0][4:].replace('.', '')}"
    return [Choice(channel, "conda", torch, torch.name not in ("pytorch", "pytorch-gpu", "pytorch-cpu"), install)]


def after(state: Torch, install: Install, found: list[Choice]) -> Torch:
    """The state after one install command. found: its `choices`."""
    if install.elsewhere:
        return state
    if install.removes:
        return _without(state, install)
    if install.tool == "apt":
        packaged = [r.written for r in install.requirements if r.name in _PACKAGED]
        if packaged and state.channel == "none":
            return Torch(
                "unknown",
                None,
                (reason_at("install", f"{packaged[0]} of the distribution", install.span),),
                install.span,
            )
        return state
    if not found:
        unreadable = install.missing or any(
            r.kind in ("unknown", "path", "vcs") or (r.kind == "url" and not r.name) for r in install.requirements
        )
        if unreadable and state.channel == "none":
            what = (
                install.missing[0]
                if install.missing
                else next((r.written for r in install.requirements if r.kind != "name"), "")
            )
            reason = reason_at("install", f"{what.replace(HOLE, '…')} cannot be read", install.span)
            return Torch(
                "unknown", None, (reason,), install.span, maybe=ANY if install.missing else _would_take(install)
            )
        return state
    choice = found[0]
    wanted = choice.requirement
    if (
        state.channel == "unknown"
        and choice.channel in ("default", "unknown")
        and (choice.implied or not install.upgrade)
        and not _decided(state, choice)
    ):
        return state  # a torch that is there may satisfy it
    if state.channel not in ("none", "unknown"):
        satisfied = is_satisfied(state, choice)
        if satisfied:
            return state
        if satisfied is None:
            reason = reason_at("install", f"{wanted.written} may replace it", wanted.span)
            return Torch("unknown", None, (*state.because, reason), wanted.span)
    if install.conditional:
        if state.channel == choice.channel:
            return state
        because = (*state.because, reason_at("install", f"{wanted.written} may be installed", wanted.span))
        maybe = choice.channel if state.channel == "none" else ""
        return Torch("unknown", wanted.pin, because, wanted.span, maybe=maybe)
    if (
        state.maybe not in ("", ANY, choice.channel)
        and not install.upgrade
        and not wanted.local
        and wanted.pin in (None, state.version)
    ):
        return state  # what may be there already would do
    version = wanted.pin if not choice.implied else None
    return Torch(
        choice.channel,
        version,
        (describe(choice),),
        wanted.span or install.span,
        version is None and not wanted.specifier,
    )


def _without(state: Torch, install: Install) -> Torch:
    """The state after `pip uninstall`; an image without torch stays one."""
    if state.channel == "none" or all(r.name != "torch" for r in install.requirements):
        return state
    return Torch("unknown", None, state.because, maybe=state.channel) if install.conditional else NONE


def _would_take(install: Install) -> str:
    """The channel that torch would have if an install that cannot be read brought it."""
    plain = install.index is None and not (install.extra or install.links or install.no_index or install.open)
    return "default" if plain and install.backend is None else ANY


def _decided(state: Torch, choice: Choice) -> bool:
    """Whether the default index's torch is there in the end, whatever an install before it did that cannot be read.

    Nobody names torch to keep what an installer of theirs chose; a package that brings torch would keep it.
    """
    if choice.channel != "default":
        return False
    return state.maybe == "default" or (state.maybe == ANY and not choice.implied)


def describe(choice: Choice) -> Reason:
    """Return what an install takes, and from where: "torch==2.1.0 from --index-url https://..."."""
    wanted = choice.requirement
    subject = wanted.written or wanted.name
    if choice.how == "default":
        text = f"{subject} from the default index"
    elif choice.how in ("local", "url", "computed", "own"):
        text = subject
    elif choice.how == "conda":
        text = f"conda install {subject}"
    elif choice.how == "backend":
        text = f"{subject} with torch backend {choice.install.backend.shown() if choice.install.backend else ''}"
    elif choice.how == "bound":
        text = f"{subject} from {wanted.index}"
    else:
        text = f"{subject} from {choice.source.flag} {choice.source.value.shown()}" if choice.source else subject
    if choice.implied:
        text += ", which brings torch"
    return reason_at("install", text, wanted.span or choice.install.span)
