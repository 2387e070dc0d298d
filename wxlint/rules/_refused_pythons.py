"""Releases that are not for the Python that is there: pip and uv take none that refuses it by its Requires-Python."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.facts.requires_python import OtherPythons, refused
from wxlint.images.graph.image import Image
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.brought import limited
from wxlint.rules import Problem
from wxlint.rules._default_index import is_plain

_IGNORED = ("ignore-requires-python", "IGNORE_REQUIRES_PYTHON")
"""With these words pip does not look at it."""


def problems(image: Image, python: str) -> Iterator[Problem]:
    """Yield what an image asks for that is for other Pythons.

    python: of the base's distribution, which counts where nothing says which one installs: then it is no error.
    """
    if any(word in image.evaluated.dockerfile.source.text for word in _IGNORED):
        return
    for install in image.installs:
        said = install.environment.python
        short = ".".join((said or python).split(".")[:2])
        for wanted in install.requirements if short and not install.prerelease else ():
            if ("=" in wanted.specifier or ">" in wanted.specifier) and is_plain(install, wanted):
                yield from _of_requirement(image, install, wanted, short, None if said else Severity.WARNING)


def _of_requirement(
    image: Image, install: Install, wanted: Requirement, python: str, severity: Severity | None
) -> Iterator[Problem]:
    specifier, span = limited(wanted, install), wanted.span or install.span
    found = refused(wanted.name, specifier, python, capped=install.tool != "uv")
    if found is None or span is None:
        return
    if wanted.pin:
        text = f"{wanted.name} {wanted.pin} is for Python {_words(found)}, and the base has {python}"
    else:
        text = f"no release of {wanted.name} that {specifier} allows is for Python {python}"
    yield Problem(span, text, install.reasons, _hint(wanted, found, python), severity, image.label)


def _words(found: OtherPythons) -> str:
    oldest, newest = found.pythons
    return f"{oldest} and later" if not newest else f"{oldest} to {newest}" if newest != oldest else oldest


def _hint(wanted: Requirement, found: OtherPythons, python: str) -> str:
    base = f"take a base with Python {found.pythons[0] if found.older else found.pythons[1]}"
    which = "last" if found.older else "first"
    return f"{wanted.name} {found.nearest} is the {which} for Python {python}; or {base}" if found.nearest else base
