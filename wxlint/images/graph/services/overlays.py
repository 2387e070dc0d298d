"""Services of compose files that are laid over others, as comments, scripts and the documentation say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial

from wxlint.core.tuples import NamedTuple
from wxlint.documents.compose.services import Service
from wxlint.images.graph.repository import Repository

_GAP = r"[ \\\n#]{1,40}"
"""What may stand between two options of a command, in a comment too."""


class LaidOver(NamedTuple):
    """A service that builds and names no image, and the one below it, which does both."""

    service: Service
    below: Service


def laid_over(repository: Repository) -> Iterator[LaidOver]:
    """Yield the services that a file lays over those of the base in its folder."""
    projects = repository.compose
    if projects is None:
        return
    bases = {posixpath.dirname(each.paths[0]): each for each in projects.projects if each.whole}
    for project in projects.projects:
        path = project.paths[-1]
        base = bases.get(posixpath.dirname(path))
        if project.whole or base is None:
            continue
        named = {each.name: each for each in base.project.services if each.image is not None and each.build is not None}
        pairs = [(each, named[each.name]) for each in project.project.services if each.name in named]
        own = [LaidOver(each, below) for each, below in pairs if each.build is not None and _keeps(each, below)]
        if own and any(map(partial(_is_laid, path, base.paths[0]), _texts(repository, path))):
            yield from own


def _keeps(service: Service, below: Service) -> bool:
    """Whether a service builds by itself and leaves the image's name to the file below."""
    return service.image is None or service.image == below.image and service.build != below.build


def _texts(repository: Repository, path: str) -> Iterator[str]:
    for each in (path, *repository.scripts, *repository.documented):
        source = repository.sources.read(each)
        if source is not None:
            yield source.text


def _is_laid(path: str, base: str, text: str) -> bool:
    """Whether a command in a text gives compose a file behind its base."""
    above, below = (re.escape(posixpath.basename(each)) for each in (path, base))
    first, last = rf"-f[ =]\S{{0,200}}{below}", rf"-f[ =]\S{{0,200}}{above}(?![\w.-])"
    return re.search(rf"{first}(?:{_GAP}-f[ =]\S{{1,200}}){{0,5}}?{_GAP}{last}", text) is not None
