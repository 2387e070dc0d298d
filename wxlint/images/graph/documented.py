"""What the commands in a repository's Markdown and reStructuredText do with images."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from wxlint.core.patterns import late
from wxlint.images.builds.model import Script
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.sources import SourceStore

_ENGINE = late(r"\b(?:docker|podman|nerdctl|buildah)(?:-compose)?[ \t]+[a-z-]")
"""A text without such a command has nothing to do with images."""


def documented_scripts(paths: Iterable[str], store: SourceStore, failures: Failures) -> dict[str, Script]:
    """The commands of the documents that hold some, by path."""
    found = {}
    for path in paths:
        source = store.read(path)
        if source is not None and _ENGINE.search(source.text):
            from wxlint.images.builds.from_prose import prose_script

            found[path] = failures.attempt(path, partial(prose_script, source, store.root), Script((), (), ()))
    return found
