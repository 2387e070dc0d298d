"""Files of any name that a build names as its Dockerfile, and those that are called like them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.discovery.file_kinds import DOCKERFILE, kind_of_text, may_be_dockerfile
from wxlint.discovery.find_files import is_part

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.graph.family import Family
    from wxlint.images.graph.sources import SourceStore

_WORD = late(r"[^\W_]+")


def dockerfiles_named(path: str, store: SourceStore, family: Family) -> Iterator[Source]:
    """Yield the Dockerfile in a file of any name, and those beside it whose names begin with the same word: where
    `image+cpu` is one, `image+cuda` is, whether something builds it or not."""
    source = _dockerfile(path, store, family)
    if source is None:
        return
    yield source
    folder, name = posixpath.split(path)
    for other in disk.visible_names(folder or "."):
        if other != name and _first_word(other) == _first_word(name) and may_be_dockerfile(other):
            found = _dockerfile(normal(posixpath.join(folder, other)), store, family)
            if found is not None:
                yield found


def _first_word(name: str) -> str:
    word = _WORD.match(name)
    return word[0] if word is not None else name


def _dockerfile(path: str, store: SourceStore, family: Family) -> Source | None:
    """A file of the repository that starts as a Dockerfile; None for what a walk through it, or the policy, leaves
    out."""
    if family.policy is not None and family.policy.excludes(family.below_root(path)):
        return None
    source = store.read(path)
    if source is None or kind_of_text(posixpath.basename(path), source.text) != DOCKERFILE:
        return None
    return source if is_part(path, store.root) else None
