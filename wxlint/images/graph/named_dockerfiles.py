"""Files of any name that a build names as its Dockerfile."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from wxlint.discovery.file_kinds import DOCKERFILE, kind_of_text
from wxlint.discovery.find_files import is_part

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.graph.family import Family
    from wxlint.images.graph.sources import SourceStore


def dockerfile_named(path: str, store: SourceStore, family: Family) -> Source | None:
    """A file of the repository that starts as a Dockerfile; None for what a walk through it, or the policy, leaves
    out."""
    if family.policy is not None and family.policy.excludes(family.below_root(path)):
        return None
    source = store.read(path)
    if source is None or kind_of_text(posixpath.basename(path), source.text) != DOCKERFILE:
        return None
    return source if is_part(path, store.root) else None
