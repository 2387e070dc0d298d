"""Projects that their tool refuses to install: parts and indexes that they do not have, another Python; and extras that
are left out with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.images.installs.model import UnreadKind
from wxlint.images.installs.requirement import Doubt
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.images.graph.image import Image
    from wxlint.images.graph.repository import Repository
    from wxlint.images.installs.model import Install


def problems(repository: Repository, image: Image) -> Iterator[Problem]:
    """Yield what is refused of the projects that an image installs, or left out."""
    for install in image.installs:
        if not install.must_succeed:
            continue
        for unread in install.unread:
            if unread.kind is UnreadKind.NO_PART and install.span is not None:
                text = f"{unread.name} has no extra or group {unread.detail}"
                yield Problem(install.span, text, install.reasons, "name one that it has", image=image.label)
            elif unread.kind is UnreadKind.REFUSED and install.span is not None:
                text = f"{unread.name} asks for Python {unread.detail}, and the base has {install.environment.python}"
                hint = "take a base with such a Python, or widen requires-python"
                yield Problem(install.span, text, install.reasons, hint, image=image.label)
        for path, extra in install.unknown_extras:
            if (span := install.span) is not None:
                text = f"{path} has no extra {extra}, which is left out with a warning"
                yield Problem(span, text, install.reasons, "name one that it has", Severity.WARNING, image.label)
        if install.tool == "uv-project":
            yield from _undeclared(repository, image, install)


def _undeclared(repository: Repository, image: Image, install: Install) -> Iterator[Problem]:
    """Yield what [tool.uv.sources] binds to an index that nothing in reach declares."""
    for wanted in install.requirements:
        if wanted.bound is None or wanted.bound.doubt is not Doubt.UNDECLARED or wanted.span is None:
            continue
        name = wanted.bound.url
        elsewhere = repository.sources.mentions(f'name = "{name}"') or repository.sources.mentions(f"{name}=http")
        if not elsewhere:
            text = f"{wanted.name} is to come from the index {name}, which no [[tool.uv.index]] declares: uv refuses it"
            hint = "declare the index under this name, or name the one that is declared"
            yield Problem(wanted.span, text, install.reasons, hint, image=image.label)
