"""Local versions (`+cpu`) that no index in reach has: the default index has none at all."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.values import HOLE
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import Image
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_local, channel_of_url, lists_no_wheels
from wxlint.images.stack.torch.selection import choices
from wxlint.rules import Problem
from wxlint.rules._channels import OFFICIAL

_PIP = ("pip", "uv")
"""Tools that install into the Python that is there."""


def problems(image: Image) -> Iterator[Problem]:
    """Yield the local versions that no index in reach has."""
    if image.base.torch.channel != "none":
        return  # the base may hold it
    there: set[tuple[str, str | None, str | None]] = set()
    torch_there = False
    for install in image.installs:
        limits = () if torch_there else tuple(one for one in install.constraints if _counts(one, install))
        torch_there = torch_there or _may_bring_torch(install)
        for wanted in (*install.requirements, *limits):
            if not wanted.local or install.removes:
                continue
            identity = (wanted.name, wanted.pin, wanted.local)
            served = _served(install, wanted)
            if served is not None and identity not in there and wanted.span is not None:
                text = f"no index in reach has {wanted.name} {wanted.pin}+{wanted.local}: {served}"
                yield Problem(wanted.span, text, install.reasons, _index_hint(wanted), image=image.label)
            there.add(identity)


def _counts(limit: Requirement, install: Install) -> bool:
    """Whether a constraint holds torch or a companion that an install names to one build."""
    named = [one for one in install.requirements if one.name == limit.name]
    return limit.name in FAMILY and bool(named) and not any(one.local or one.url for one in named)


def _may_bring_torch(install: Install) -> bool:
    """Whether torch, or a companion, may be there after an install; a constraint may then hold what is there."""
    if choices(install) or not install.is_read or install.tool == "script":
        return True
    return any(one.kind != "name" for one in install.requirements)


def _served(install: Install, wanted: Requirement) -> str | None:
    """What the indexes in reach have instead of a local version; None where one may have it."""
    sources = install.sources
    if (
        install.tool not in _PIP
        or not install.must_succeed
        or not install.is_read
        or install.backend is not None
        or not all(map(lists_no_wheels, sources.links))
        or sources.no_index
        or wanted.bound is not None
        or wanted.url
        or wanted.maybe
        or HOLE in f"{wanted.specifier}{wanted.local}"
    ):
        return None
    indexes = [index for index in (sources.index, *sources.extra) if index is not None]
    channel = channel_of_local(wanted.local or "")
    found = {channel_of_url(index.value.text) for index in indexes}
    if not found or found == {"default"}:
        return "the default index takes no local versions"
    if wanted.name not in FAMILY or channel is None or not all(OFFICIAL.search(i.value.text) for i in indexes):
        return None
    if found & {channel, "all", "unknown"}:
        return None
    others = ["the default index" if name == "default" else f"the channel {name}" for name in sorted(found)]
    return f"{' and '.join(others)} {'has' if len(others) == 1 else 'have'} other builds only"


def _index_hint(wanted: Requirement) -> str:
    channel = channel_of_local(wanted.local or "")
    if wanted.name not in FAMILY or channel is None:
        return "give the index that has it, or take the version without its local part"
    return f"add --index-url https://download.pytorch.org/whl/{channel}"
