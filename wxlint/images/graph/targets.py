"""Which stages of a Dockerfile are images, and which builds stand for the images of a policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wxlint.images.graph.name_hints import accelerator_words
from wxlint.images.model.records import Build, Evaluated

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation


def built_stages(evaluated: Evaluated) -> list[int]:
    """The stages that are images: the one that the build names, else the last; by hand also those of `variants`.

    A target that the file does not have stands for none, so that the file counts as built by hand.
    """
    own = evaluated.target(evaluated.build.target)
    if own is not None and (evaluated.build.target is not None or evaluated.build.built_by):
        return [own.index]
    last = [len(evaluated.stages) - 1] if evaluated.stages else []
    return list(dict.fromkeys((*last, *variants(evaluated))))


def variants(evaluated: Evaluated) -> list[int]:
    """The stages that are named for an accelerator, and that no other stage starts from."""
    used = {parent for stage in evaluated.stages for parent in stage.parents}
    return [s.index for s in evaluated.stages if s.name and s.index not in used and accelerator_words(s.name)]


def without_build(expectations: Iterable[Expectation], builds: list[Build]) -> list[Expectation]:
    """The images of the policy that none of the builds of their Dockerfile builds."""
    return [one for one in expectations if not any(_builds(build, one) for build in builds)]


def _builds(build: Build, expectation: Expectation) -> bool:
    tags = {use.reference.tag for use in build.tags if use.reference is not None}
    if build.image == expectation.image or expectation.tag in tags:
        return True
    given = {(name, value.text) for name, value in build.args}
    return build.target == expectation.target and set(expectation.build_args) <= given
