"""The rows of the table of images: each image once, with everybody who builds it just so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.pictures.picture import builds_of

if TYPE_CHECKING:
    from wxlint.images.graph.repository import Repository

_BUILDERS = 3
"""Builders of an image that its row names."""


class ImageRow(NamedTuple):
    """One image. variant, torch, base, stack: what its builds make of it. builders: who builds it, and from where."""

    name: str
    path: str
    variant: str
    torch: str
    base: str
    stack: str
    builders: tuple[str, ...] = ()


def rows(repositories: Sequence[Repository]) -> list[ImageRow]:
    """Every image that is built, in the order of the Dockerfiles; twice where two builds make it differently."""
    found: dict[ImageRow, dict[str, None]] = {}
    for repository in repositories:
        stacks = {(image.evaluated, image.stage.index): stack for image, stack in repository.image_stacks}
        for built in builds_of(repository, None):
            belief = built.belief
            stack = stacks.get((built.evaluated, built.stage.index))
            packages = [_package(p.written, p.build, p.cuda) for p in stack.packages] if stack is not None else []
            base = belief.base or "not known"
            row = ImageRow(built.name, belief.path, belief.variant, belief.torch, base, ", ".join(packages))
            builders = built.builders or built.built_by[:1]
            found.setdefault(row, {}).update((reason.shown(), None) for reason in builders)
    return [row._replace(builders=_listed(builders)) for row, builders in found.items()]


def _listed(builders: Iterable[str]) -> tuple[str, ...]:
    each = list(builders)
    more = [f"{len(each) - _BUILDERS} more"] if len(each) > _BUILDERS else []
    return (*each[:_BUILDERS], *more)


def _package(written: str, build: str, cuda: str) -> str:
    more = " ".join(filter(None, (build, cuda and f"CUDA {cuda}")))
    return f"{written} ({more})" if more else written
