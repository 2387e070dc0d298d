"""What proposals look up of a repository, and the edits that they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from wxlint.core.findings import Finding, Span
from wxlint.core.fix import Edit
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.reader import Instruction
from wxlint.documents.dockerfile.words import json_words
from wxlint.documents.source import Source
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build, Use

_SET = frozenset(("arg", "env", "variable", "default", "build-arg"))
"""Reasons that stand where a value is set."""


class Proposal(NamedTuple):
    """A fix for a finding. images: the labels of the images that it is to change, besides those of the finding's file.

    Its text says what is done; `safe` as in Fix.
    """

    edits: tuple[Edit, ...]
    text: str
    safe: bool
    images: frozenset[str] = frozenset()


class NoFix(NamedTuple):
    """What stands in the way of a fix, for a person."""

    why: str


class Context:
    """A repository, and what stands at the places of its findings."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    def source(self, path: str) -> Source | None:
        """The text of a file that was read."""
        return self.repository.sources.loaded.get(path) or self.repository.sources.read(path)

    def text(self, span: Span) -> str:
        """What a stretch holds; "" where its file was not read."""
        source = self.source(span.path)
        return source.text[slice(*source.offsets(span))] if source is not None else ""

    def edit(self, path: str, start: int, end: int, text: str) -> Edit:
        """The edit of the characters [start, end) of a file that was read."""
        source = self.source(path)
        assert source is not None
        return Edit(source.span(start, end), text)

    def exec_form(self, span: Span) -> Instruction | None:
        """The instruction in exec form (`["a", "b"]`) that a place lies in; what it runs has no places of its own."""
        dockerfile = self.repository.dockerfiles.get(span.path)
        for one in dockerfile.instructions if dockerfile is not None else ():
            if one.line <= span.line <= one.end_line:
                return one if json_words(one.args) is not None else None
        return None

    @cached_property
    def uses(self) -> dict[Span, list[Use]]:
        """Every place that names an image."""
        found: dict[Span, list[Use]] = {}
        for use in self.repository.uses:
            found.setdefault(use.span, []).append(use)
        return found

    @cached_property
    def builds(self) -> dict[Span, list[Build]]:
        """The builds that give a tag, by the place of the tag."""
        found: dict[Span, list[Build]] = {}
        for builds in self.repository.graph.evaluations.builds.values():
            for build in builds:
                for tag in build.tags:
                    found.setdefault(tag.span, []).append(build)
        return found

    @cached_property
    def images(self) -> dict[str, list[Image]]:
        """The images of each Dockerfile, as it stands there."""
        found: dict[str, list[Image]] = {}
        for image in self.repository.images:
            if image.evaluated.build.edits:
                continue
            found.setdefault(image.evaluated.path, []).append(image)
        return found

    def traced(self, finding: Finding, old: str, new: str, *, span: Span | None = None) -> Edit | None:
        """The edit that makes `new` of `old` where it is written: at the finding's place, else where a variable that
        the place takes is set. None where it stands at none of them, or more than once.
        """
        span = span or finding.span
        source = self.source(span.path)
        if source is None or not old:
            return None
        start, end = source.offsets(span)
        found = [(start + a, start + b) for a, b in stretches(source.text[start:end], old)]
        if found:
            return self.edit(span.path, *found[-1], new) if len(found) == 1 else None
        for reason in _setting(finding.because):
            source = self.source(reason.path or span.path)
            if source is None:
                continue
            at = source.starts[reason.line - 1] if reason.line <= len(source.starts) else None
            if at is None:
                continue
            found = [(at + a, at + b) for a, b in stretches(source.line_text(reason.line), old)]
            if len(found) == 1:
                return self.edit(source.path, *found[0], new)
            if found:
                return None
        return None


def _setting(because: Iterable[Reason]) -> Iterator[Reason]:
    return (reason for reason in because if reason.kind in _SET and reason.line)


def stretches(text: str, word: str) -> list[tuple[int, int]]:
    """Where a word stands in a text, not as a part of a longer one."""
    pattern = rf"(?<![\w.-]){re.escape(word)}(?![\w.-])" if word[:1].isalnum() else rf"{re.escape(word)}(?![\w.-])"
    return [match.span() for match in re.finditer(pattern, text)]
