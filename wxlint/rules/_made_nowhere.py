"""Images that are used and that nothing makes: names that no registry has, pushes of a misspelt name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value, could_equal
from wxlint.facts.tables import row_of
from wxlint.rules import ARCHIVED, Problem

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Use
    from wxlint.images.model.reference import Reference

LOCAL = ("compose image", "docker run", "docker create", "docker pull", "FROM")
"""Kinds of uses whose image is pulled from Docker Hub where its name has no registry and no image here has it."""
_LOCAL_HINT = "build it under this name, or say the registry that it comes from"
_PUSH_HINT = "push it under the name that it is built under"

_NOT_USED = late(
    rf"{ARCHIVED.pattern}|(?i:(?:^|[/._-])(?:examples?|exports?|fixtures?|samples?|templates?|tests?|testdata|tutorials?)"
    r"(?:[/._-]|$))"
)
"""Files that somebody copies first, tests, and what nobody uses any more."""
_PLACEHOLDER = late(
    r"(?i)^\w$|(?:^|[-_.])(?:your|my|some|custom|example|xxx+|foo|name|test\w*|fake|dummy|image)(?:[-_.]|$)"
)
_BROUGHT = late(r"\b(?:docker|podman|nerdctl|ctr|minikube)\b[^\n]{0,300}\b(?:load|import)\b")
"""A command by which images come here that nothing builds."""
_SEPARATORS = late(r"[-_.]+")


class MadeNowhere:
    """What a repository makes of images, as far as a place is held to it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def local(self, use: Use) -> Iterator[Problem]:
        """Yield a name without a registry that is no official image's, and that nothing here builds or tags. Where no
        Dockerfile is, images come from elsewhere."""
        reference = use.reference
        if reference is None or not reference.name_known or "/" in reference.name or ":" in reference.registry:
            return
        if not self._repository.dockerfiles:
            return
        if _NOT_USED.search(use.span.path) or _PLACEHOLDER.search(reference.name):
            return
        if row_of("official_images", reference.name) is not None or self._may_be_made(reference):
            return
        text = f"nothing here builds {reference.shown()}, and Docker Hub has no official image of that name"
        yield Problem(use.span, text, use.because, _LOCAL_HINT, Severity.INFO)

    def pushed(self, use: Use) -> Iterator[Problem]:
        """Yield the push of a name that nothing makes, where the same script makes one that only looks like it."""
        reference = use.reference
        last = _last(reference) if reference is not None else ""
        if not last or HOLE in last or any(_last(one) == last for one in self._made):
            return
        for near in self._made_in(use.span.path):
            if _SEPARATORS.sub("", near) == _SEPARATORS.sub("", last):
                text = f"nothing here builds {use.value.shown()}; this script builds {near}"
                yield Problem(use.span, text, use.because, _PUSH_HINT, Severity.WARNING)
                return

    @cached_property
    def _made(self) -> list[Reference]:
        """What builds and tags give their images as names, those of the documentation too."""
        documented = self._repository.documented.values()
        uses = [*self._repository.uses, *(use for script in documented for use in script.uses)]
        return [use.reference for use in uses if use.produces and use.reference is not None]

    def _made_in(self, path: str) -> list[str]:
        """The last parts of the names that one file makes, as far as they are known."""
        uses = (use for use in self._repository.uses if use.produces and use.span.path == path)
        names = (_last(use.reference) for use in uses if use.reference is not None)
        return [name for name in dict.fromkeys(names) if name and HOLE not in name]

    def _may_be_made(self, reference: Reference) -> bool:
        """Whether a build, a command or compose may give an image this name."""
        name = reference.name
        if self._is_open or any(could_equal(Value(one, ("",) * one.count(HOLE)), name) for one in self._made_names):
            return True
        if any(name[at + 1 :] in self._built_services for at, letter in enumerate(name) if letter in "-_"):
            return True
        made = re.compile(rf"(?:\b(?:build|tags?|commit)\b|-t)[^\n]{{0,300}}(?<![\w./-]){re.escape(name)}(?![\w-])")
        return any(made.search(text) for text in self._texts)

    @cached_property
    def _made_names(self) -> frozenset[str]:
        return frozenset(one.name for one in self._made)

    @cached_property
    def _is_open(self) -> bool:
        """Whether some image gets a name that is not known, or is brought here."""
        calls = [call for script in self._repository.scripts.values() for call in script.calls]
        given = [
            option for call in calls if call.docker.verb == "build" for option in call.docker.values("-t", "--tag")
        ]
        unknown = any(option.value is not None and option.value.text == HOLE for option in given)
        return unknown or any(map(_BROUGHT.search, self._texts))

    @cached_property
    def _texts(self) -> list[str]:
        """Scripts, and documents that speak of images."""
        paths = (*self._repository.scripts, *self._repository.documented)
        return [source.text for path in paths if (source := self._repository.sources.read(path)) is not None]

    @cached_property
    def _built_services(self) -> frozenset[str]:
        """The services whose images compose calls after its project and them."""
        projects = self._repository.compose
        services = projects.services() if projects is not None else ()
        return frozenset(each.name for _, each in services if each.build is not None and each.image is None)


def _last(reference: Reference) -> str:
    return posixpath.basename(reference.path)
