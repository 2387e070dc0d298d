"""What PyTorch's own channels hold: a few packages besides torch, and builds for arm64 of some releases only."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_local, channel_of_url
from wxlint.rules import Problem

OFFICIAL = late(r"download(?:-r2)?\.pytorch\.org/whl/(?!nightly|test)|pytorch-wheels/")
"""Indexes that hold what the makers of torch publish as releases, and nothing else."""
_PIP = ("pip", "uv")
_MAKERS = frozenset("pip setuptools wheel uv virtualenv pipenv poetry pip-tools".split())
"""Packages that only install others, and bring nothing that an application asks for."""
_SYSTEM = late(r"python3?-(?!pip|dev|venv|setuptools|wheel|distutils|minimal|full)")
"""Python packages of a distribution, which satisfy what pip is asked for."""


def packages(image: Image) -> Iterator[Problem]:
    """Yield the first install that asks nothing but a channel for packages that channels do not have."""
    if image.base.torch.channel != "none" or image.base.accelerator is None:
        return  # what another base holds may do
    for install in image.installs:
        if any(_SYSTEM.match(wanted.name) for wanted in install.requirements if install.tool == "apt"):
            return
        if install.tool not in _PIP or install.removes:
            continue
        others = [wanted for wanted in install.requirements if wanted.name not in _MAKERS and not _is_there(wanted)]
        if others and _asks_a_channel_only(install) and all(one.kind == "name" and not one.maybe for one in others):
            yield _not_there(image, install, others)
            return
        if others or install.unread:
            return  # what they bring may be what is asked for later


def _is_there(wanted: Requirement) -> bool:
    return wanted.kind == "name" and facts.has_row("channel_packages", wanted.name)


def _asks_a_channel_only(install: Install) -> bool:
    sources = install.sources
    index = sources.index.value if sources.index is not None else None
    if index is None or sources.extra or sources.links or sources.no_index or install.backend is not None:
        return False
    return index.known and OFFICIAL.search(index.text) is not None and install.must_succeed and install.is_read


def _asks_known_places(install: Install) -> bool:
    """Whether an install asks no index but the default one and PyTorch's."""
    sources = install.sources
    places = [one.value.text for one in (sources.index, *sources.extra, *sources.links) if one is not None]
    return all(OFFICIAL.search(text) or channel_of_url(text) == "default" for text in places)


def _not_there(image: Image, install: Install, others: list[Requirement]) -> Problem:
    index = install.sources.index
    assert index is not None
    first = others[0]
    names = f"{first.name} and {len(others) - 1} more are" if len(others) > 1 else f"{first.name} is"
    text = f"{names} not in channel {channel_of_url(index.value.text)}, the only index that this command asks"
    hint = "install torch from it in a command of its own, the rest from the default index"
    because = (reason_at("install", f"asks for {first.written}", first.span), *install.reasons)
    span = index.span or install.span
    assert span is not None
    return Problem(span, text, because, hint, image=image.label)


def of_arm64(repository: Repository, image: Image) -> Iterator[Problem]:
    """Yield releases of torch that the channel which is asked has no wheel of for arm64."""
    builds = repository.graph.evaluations.alike(image.evaluated.build)
    both = next((one for one in builds if "linux/arm64" in (*one.platforms, one.platform)), None)
    for install in image.installs:
        if both is None and install.environment.machine != "aarch64":
            continue
        for wanted in install.requirements if install.tool in _PIP and install.must_succeed else ():
            span = wanted.span or install.span
            channel = _lacking(install, wanted)
            if channel and span is not None:
                text = f"{wanted.written} has no wheel for arm64 in channel {channel}"
                because = (*install.reasons, *(both.built_by if both is not None else ()))
                hint = "take a release that has one, or build this image for linux/amd64 only"
                yield Problem(span, text, because, hint, image=image.label)


def _lacking(install: Install, wanted: Requirement) -> str:
    """The channel that a release of torch is asked of and that has no wheel of it for arm64; "" for none."""
    if wanted.name != "torch" or wanted.pin is None or wanted.kind != "name" or wanted.maybe:
        return ""
    if wanted.local and _asks_known_places(install):
        channel, release = channel_of_local(wanted.local) or "", f"{wanted.pin}+{wanted.local}"
    elif _asks_a_channel_only(install) and install.sources.index is not None:
        channel, release = channel_of_url(install.sources.index.value.text), wanted.pin
    else:
        return ""
    return channel if facts.has_arm64(channel, release) is False else ""
