"""Releases that are asked for by their number and that the default index does not have, or no longer."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.facts.index_releases import lists_releases, no_release
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import Image
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import is_default_itself
from wxlint.rules import Problem
from wxlint.rules._channels import OFFICIAL
from wxlint.rules._default_index import is_plain

_PLAIN_BASE = late(r"(?:nvcr\.io/)?nvidia/cuda|ubuntu|debian|python|continuumio/miniconda3|pytorch/pytorch")
"""Images that hold nothing of what is listed but what goes with torch: others may hold a release that was built for
them, or one of the time when the index had it."""
_EXACT = "=="
_CANDIDATE = late(r"(?i)\d[._-]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[._-]?\d")


def problems(image: Image) -> Iterator[Problem]:
    """Yield the releases that an image's own installs ask the default index for, and that it does not have."""
    root = image.base.root
    reference = root.reference if root is not None else None
    if reference is None or _PLAIN_BASE.fullmatch(reference.upstream) is None:
        return
    own = {id(install) for install in image.installs}
    there: set[str] = set()
    for install in image.state.installs:
        if install.unread or install.open or "" in there:
            return  # it may bring any release along
        for wanted in install.requirements if id(install) in own else ():
            if wanted.name not in there and is_pinned(wanted) and _only_default_has(install, wanted):
                yield from _of_requirement(image, install, wanted)
        there |= {wanted.name for wanted in install.requirements}


def is_pinned(wanted: Requirement) -> bool:
    """Whether a requirement asks for one release, or one line of releases, of what the releases are known of."""
    return wanted.specifier.startswith(_EXACT) and lists_releases(wanted.name)


def _of_requirement(image: Image, install: Install, wanted: Requirement) -> Iterator[Problem]:
    lack, span = no_release(wanted.name, wanted.specifier), wanted.span or install.span
    if lack is None or span is None:
        return
    text = f"the default index has no release {lack.asked} of {wanted.name}"
    hint = f"take {wanted.name} {lack.nearest}" if lack.nearest else ""
    candidate = _CANDIDATE.search(lack.asked) is not None  # makers take those away for good
    severity = Severity.WARNING if candidate else Severity.INFO
    yield Problem(span, text, install.reasons, hint, severity, image.label)


def _only_default_has(install: Install, wanted: Requirement) -> bool:
    """Whether a requirement can come from the default index only: torch's own has what goes with torch, and no more."""
    sources = install.sources
    if sources.no_index or not is_plain(install, wanted):
        return False
    if sources.index is not None and not is_default_itself(sources.index):
        return False
    others = [source for source in (*sources.extra, *sources.links) if not is_default_itself(source)]
    return not others or (
        not _goes_with_torch(wanted.name)
        and all(source.value.known and OFFICIAL.search(source.value.text) is not None for source in others)
    )


def _goes_with_torch(name: str) -> bool:
    row = facts.accelerated_package(name)
    listed = name in FAMILY or facts.has_row("channel_packages", name)
    return listed or (row is not None and row["libraries"] == "torch")
