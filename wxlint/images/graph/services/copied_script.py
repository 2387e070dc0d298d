"""A script that an image is started with, as the repository has it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.core.values import HOLE

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source
    from wxlint.images.graph.image import Image
    from wxlint.images.graph.repository import Repository


def copied_script(
    repository: Repository, image: Image, instructions: Sequence[Instruction], name: str
) -> Source | None:
    """The file of the build context that a COPY brings under a name; where none does, that of its root."""
    copied = [word for one in instructions if one.keyword in ("COPY", "ADD") for word in one.args.split()]
    named = [word for word in copied if posixpath.basename(word) == name and HOLE not in word] or [name]
    for context in image.evaluated.build.contexts:
        for word in named:
            found = repository.sources.read(normal(posixpath.join(context, word.lstrip("/"))))
            if found is not None:
                return found
    return None
