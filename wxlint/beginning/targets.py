"""Builds that forget the target which the name of their image is called for."""

from __future__ import annotations

from wxlint.beginning.names import parts_of
from wxlint.beginning.origin import Known, filled
from wxlint.images.graph.image import Image, proven_accelerator
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.images.model.reference import parse_reference
from wxlint.policy.accelerator_words import accelerator_words


def meant_target(repository: Repository, image: Image, use: Use, known: Known) -> Image | None:
    """The stage that is called for what a tag says, where a build without a target makes something else.

    None where it makes that, or another stage than one is called so.

    Args:
        image: what the build makes. use: the tag that it gives.
    """
    reference = use.reference or parse_reference(filled(use.value, known))
    parts = parts_of(reference, known) if reference is not None and not image.evaluated.build.target else None
    said = accelerator_words(parts[2]) if parts is not None else frozenset[str]()
    made = proven_accelerator(image.state)[0]
    if len(said) != 1 or made is None or made in said:
        return None
    called = {
        other.stage.index: other
        for other in repository.images
        if accelerator_words(other.stage.name or "") == said and other.evaluated.path == image.evaluated.path
    }
    (only,) = called.values() if len(called) == 1 else (None,)
    return only if only is not None and proven_accelerator(only.state)[0] in said else None
