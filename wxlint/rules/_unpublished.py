"""Images of the repository that are used under a tag that none of its pushes can make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.graph.publishing import Published, tag_of
from wxlint.images.model.records import SCANNED
from wxlint.rules import ARCHIVED, Problem

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Use

_DEPLOYED = ("kubernetes image", "kustomize image", "helm image")
PULLED = ("compose image", "docker run", "docker create", "docker pull", "FROM", SCANNED, "job container", *_DEPLOYED)
"""Kinds of uses whose image comes from a registry where nothing here builds it."""
_HINT = "take a tag that is pushed, or push this one: what a registry still has of it grows old"
_NAMED = 3
"""Tags that a message lists."""
_ACCELERATOR = late(r"(?i)(?:cu(?:da)?|rocm|gpu|cpu|py(?:thon)?)[-_]?\d[\d.]*")
_ASIDE = late(
    r"(?i)(?:^|[-_.])(?:local|dev(?:el|elop|elopment)?|tests?|testing|ci|debug|scan|te?mp|(?:build)?cache|placeholder|tag"
    r"|version|your|my|example|custom|build|wip|x+)(?:$|[-_.])|(?-i:[A-Z]{3})|__"
)
"""Words of tags that somebody builds by hand, or that something else is put in the place of."""
_SETS_IMAGES = late(r"set image|kustomize edit|image\.tag|envsubst|newTag|\byq\b|helm\b[^\n]*--set")
"""How a deployment says another tag than its manifest does."""
_TRIED = late(r"\|\||\bif\b|\bwhile\b|\bcache\b|^\s*-docker")
"""What a line has that goes on without the image that it pulls."""


class Unpublished:
    """Tags that nothing publishes."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def of(self, use: Use) -> Iterator[Problem]:
        """Yield a use of an image that is pushed from here, under a tag that none of these pushes can make."""
        reference = use.reference
        if use.kind not in PULLED or reference is None or not self._is_meant(use, reference.tag or "latest"):
            return
        pushed = self._published.instead_of(use)
        if pushed:
            first = pushed[0]
            text = f"nothing here pushes {reference.shown()}; that image is pushed as {_listed(reference.tag, pushed)}"
            why = (*use.because, reason_at("image", f"the push of {first.value.shown()}", first.span))
            yield Problem(use.span, text, why, _HINT, Severity.WARNING)

    @cached_property
    def _published(self) -> Published:
        repository = self._repository
        is_own = partial(repository.graph.evaluations.is_own, repository.sources.read)
        return Published(repository.documents, repository.sources, repository.uses, is_own)

    def _is_meant(self, use: Use, tag: str) -> bool:
        """Whether a tag is one that a push of today would make: no release that is pinned, no name for work at hand."""
        if any(char.isdigit() for char in _ACCELERATOR.sub("", tag)) or _ASIDE.search(tag):
            return False
        if ARCHIVED.search(use.span.path) or (use.kind in _DEPLOYED and self._are_images_set):
            return False
        return use.kind != "docker pull" or _TRIED.search(self._line(use)) is None

    def _line(self, use: Use) -> str:
        source = self._repository.sources.read(use.span.path)
        return source.text[source.starts[use.span.line - 1] :].partition("\n")[0] if source is not None else ""

    @cached_property
    def _are_images_set(self) -> bool:
        read = self._repository.sources.read
        sources = [read(item.path) for item in self._repository.documents.given]
        return any(source is not None and _SETS_IMAGES.search(source.text) for source in sources)


def _listed(wanted: str | None, pushed: Sequence[Use]) -> str:
    """A few of the tags, the nearest first."""
    from difflib import SequenceMatcher

    tags = dict.fromkeys(tag_of(use).shown() for use in pushed)
    nearest = sorted(tags, key=lambda tag: -SequenceMatcher(None, tag, wanted or "latest").ratio())
    more = f" and {len(tags) - _NAMED} other tags" if len(tags) > _NAMED else ""
    return ", ".join(f":{tag}" for tag in nearest[:_NAMED]) + more
