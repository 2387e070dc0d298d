"""Names of images that a forge fills in while it builds, for an image that bears the repository's own name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.graph.names.own_names import NAME, OWNER, WHOLE, OwnNames
from wxlint.images.model.records import Use
from wxlint.images.model.reference import MOVING, Reference, parse_reference

_VERSION = late(r"v?\d+(?:\.\d+)*")
_ENDS = late(r"[-_.]")
_MOST_HOLES = 2
"""Unknown parts of a name or a tag, so that the time of a match is bounded."""


def own_name_in(path: str, is_own: Callable[[str, str], bool]) -> tuple[str, str] | None:
    """The owner and the name of this repository, where an image is called like it (`acme/app`, `acme/app-worker`).

    Args:
        path: of the image, without its registry.
        is_own: whether an owner and a name are those of the repository.
    """
    owner, _, rest = path.partition("/")
    return next(((owner, name) for name in _beginnings(rest.partition("/")[0]) if is_own(owner, name)), None)


def _beginnings(name: str) -> Iterator[str]:
    yield name
    for end in _ENDS.finditer(name):
        yield name[: end.start()]


def may_become(use: Use, reference: Reference, own: tuple[str, str]) -> bool:
    """Whether a name that is given to an image becomes a reference: `registry.example/${{ github.repository }}:${{
    github.ref_name }}-cpu` is `registry.example/acme/app:main-cpu`.

    Args:
        own: the owner and the name of the repository.
    """
    owner, name = own
    words = {**dict.fromkeys(WHOLE, f"{owner}/{name}"), **dict.fromkeys(OWNER, owner), **dict.fromkeys(NAME, name)}
    filled = parse_reference(OwnNames(words, "").value(use.value))
    if filled is None or not any(char.isalnum() for char in filled.path):
        return False
    if _parts(filled.name, reference.name) is None:
        return False
    parts = _parts(filled.tag or "latest", reference.tag or "latest")
    return parts is not None and all(part in MOVING or _VERSION.fullmatch(part) for part in parts)


def _parts(text: str, whole: str) -> tuple[str, ...] | None:
    """What the unknown parts of a text are where it becomes another one; None where it does not."""
    if text.count(HOLE) > _MOST_HOLES:
        return None
    match = re.fullmatch("(.+)".join(map(re.escape, text.split(HOLE))), whole)
    return match.groups() if match is not None else None
