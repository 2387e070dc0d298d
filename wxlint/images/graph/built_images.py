"""The images that builds make of Dockerfiles, each with what it is meant to be, holds and computes with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.evaluations import Evaluations
from wxlint.images.graph.family import Family, listed_as
from wxlint.images.graph.image import Image, TorchStep, TorchSteps, contributing, stack_of, torch_steps
from wxlint.images.graph.image_stages import built_stages, defined, is_of_another_target
from wxlint.images.graph.lineage.lineage import Beliefs
from wxlint.images.graph.names.hints import NameHint, evidence, expected_by_names
from wxlint.images.graph.sources import SourceStore
from wxlint.images.graph.state import State
from wxlint.images.model.records import Build, Evaluated, Stage
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.selection import choices

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.policy.model import Expectation


class BuiltImages:
    """The images of each Dockerfile, made once for all who ask."""

    def __init__(
        self, documents: Documents, store: SourceStore, evaluations: Evaluations, beliefs: Beliefs, family: Family
    ) -> None:
        self._documents, self._store = documents, store
        self._evaluations, self._beliefs, self._family = evaluations, beliefs, family
        self._images: dict[str, tuple[Image, ...]] = {}
        self._images_of_builds: dict[str, dict[object, list[Image]]] = {}
        self._stacks: dict[str, tuple[tuple[Image, Stack], ...]] = {}
        self._torch_steps: dict[str, tuple[tuple[Image, TorchSteps], ...]] = {}

    def images_at(self, path: str) -> tuple[Image, ...]:
        """The images of a Dockerfile: what its builds name, and what else it defines, as made by hand."""
        found = self._images.get(path)
        if found is None:
            evaluated = self._evaluations.evaluated_at(path)
            built = [(one, index) for one in evaluated if _has_target(one) for index in built_stages(one)]
            indexes = {index for _, index in built}
            if evaluated and not indexes.issuperset(defined(evaluated[0])):
                plain = _unnamed(self._evaluations.by_hand(path))
                built += [(plain, index) for index in defined(plain) if index not in indexes]
            found = self._images[path] = tuple(self.image(one, one.stages[index]) for one, index in built)
        return found

    @cached_property
    def inline_images(self) -> tuple[Image, ...]:
        """The images whose Dockerfiles stand in compose files, of each place once."""
        compose = self._documents.compose
        if not compose or not self._store.mentions("dockerfile_inline"):
            return ()
        from wxlint.images.builds.compose.from_compose import inline_builds
        from wxlint.images.evaluation.inline_dockerfiles import inline_dockerfile

        found: dict[object, Image] = {}
        for build in inline_builds(compose):
            dockerfile = inline_dockerfile(build.service) if build.service is not None else None
            if dockerfile is None:
                continue
            one = self._evaluations.evaluated(dockerfile, build)
            stage = one.target(build.target)
            if stage is not None:
                found.setdefault((build.span, build.identity), self.image(one, stage))
        return tuple(found.values())

    def images_of(self, service: Service) -> list[Image]:
        """The images that a compose service builds."""
        if service.build is not None and service.build.dockerfile_inline is not None:
            return [image for image in self.inline_images if image.evaluated.build.span == service.key.span]
        found: list[Image] = []
        for build in self._builds_of_names.get(service.name, ()):
            if build.service is service:
                found += self._images_alike(build.dockerfile).get(build.identity, [])
        return found

    @cached_property
    def _builds_of_names(self) -> dict[str, list[Build]]:
        """The builds of services, by the names of these."""
        found: dict[str, list[Build]] = {}
        for build in self._documents.service_builds:
            if build.service is not None:
                found.setdefault(build.service.name, []).append(build)
        return found

    def _images_alike(self, path: str) -> dict[object, list[Image]]:
        """The images of a Dockerfile by what decides about their builds."""
        found = self._images_of_builds.get(path)
        if found is None:
            found = self._images_of_builds[path] = {}
            for image in self.images_at(path):
                found.setdefault(image.evaluated.build.identity, []).append(image)
        return found

    def torch_steps_at(self, path: str) -> tuple[tuple[Image, tuple[TorchStep, ...]], ...]:
        """The installs that decide about torch, for each image of a Dockerfile."""
        return tuple((image, steps.deciding) for image, steps in self._torch_steps_at(path))

    def kept_torch_at(self, path: str) -> Iterator[tuple[Image, TorchStep]]:
        """The installs that name torch and leave the one that is there, with the image, for a Dockerfile's images."""
        return ((image, step) for image, steps in self._torch_steps_at(path) for step in steps.kept)

    def _torch_steps_at(self, path: str) -> tuple[tuple[Image, TorchSteps], ...]:
        found = self._torch_steps.get(path)
        if found is None:
            images = self.images_at(path)
            found = self._torch_steps[path] = tuple((image, torch_steps(self._beliefs, image)) for image in images)
        return found

    def stacks_at(self, path: str) -> tuple[tuple[Image, Stack], ...]:
        """The accelerated packages of each image of a Dockerfile."""
        found = self._stacks.get(path)
        if found is None:
            found = self._stacks[path] = tuple((image, stack_of(image)) for image in self.images_at(path))
        return found

    def image(self, evaluated: Evaluated, stage: Stage) -> Image:
        """A stage under a build as an image, with what it is meant to be."""
        base, state = self._beliefs.base(evaluated, stage), self._beliefs.state(evaluated, stage)
        expectation = self._expectation_at(evaluated, stage)
        if expectation is not None:
            reasons: tuple[Reason, ...] = (Reason("policy", listed_as(expectation), self._family.path),)
            return Image(evaluated, stage, base, state, expectation.accelerator, reasons, expectation)
        if self.misses_target(evaluated):
            return Image(evaluated, stage, base, state, None, (), None)
        found = evidence(evaluated, stage) or self._weak_evidence(evaluated, stage, base)
        inside = state.accelerator if state.accelerator not in (None, "cpu") else accelerator_of(state.torch.channel)
        expected, reasons = expected_by_names(found, inside=inside)
        return Image(evaluated, stage, base, state, expected, reasons, None)

    def _weak_evidence(self, evaluated: Evaluated, stage: Stage, base: State) -> list[NameHint]:
        from wxlint.images.graph.names.install_hints import weak_evidence

        installs = (install for one in contributing(evaluated, stage) for install in one.installs)
        return weak_evidence(evaluated, stage, base, (choice for one in installs for choice in choices(one)))

    def _expectation_at(self, evaluated: Evaluated, stage: Stage) -> Expectation | None:
        """What the policy expects of a stage under a build: as the image of the build, or as the target of an image."""
        if stage is evaluated.target(evaluated.build.target):
            return None if self.misses_target(evaluated) else self.expectation_of(evaluated.build)
        listed = self._family.by_dockerfile.get(evaluated.path, [])
        of_stage = [e for e in listed if e.target == stage.name and not e.build_args]
        return of_stage[0] if len(of_stage) == 1 else None

    def misses_target(self, evaluated: Evaluated) -> bool:
        """Whether a build makes another stage than the policy's target for the image whose tag it gives."""
        meant = self.expectation_of(evaluated.build)
        return meant is not None and is_of_another_target(self._family, evaluated, meant)

    def expectation_of(self, build: Build) -> Expectation | None:
        """What the policy expects of a build's image: all it says of the Dockerfile, else what it says of the tag."""
        listed = self._family.by_dockerfile.get(build.dockerfile, [])
        if len(listed) < 2:
            return listed[0] if listed else None
        given = {(name, value.text) for name, value in build.args}
        fitting = (
            [e for e in listed if e.image == build.image]
            or self._family.tagged(listed, build.tags)
            or [e for e in listed if e.build_args and set(e.build_args) <= given]
            or [e for e in listed if not e.build_args]
        )
        return fitting[0] if len(fitting) == 1 else None


def _has_target(evaluated: Evaluated) -> bool:
    """Whether the stage that a build names is there; else the build makes nothing, whatever its tags say."""
    return evaluated.build.target is None or evaluated.target(evaluated.build.target) is not None


def _unnamed(evaluated: Evaluated) -> Evaluated:
    """A Dockerfile as it is evaluated, without who builds it: names that are given to its last stage are no others'."""
    build = evaluated.build
    if not build.tags and not build.built_by:
        return evaluated
    plain = build._replace(tags=(), built_by=(), span=None, service=None)
    return Evaluated(
        evaluated.dockerfile, plain, evaluated.stages, evaluated.uses, evaluated.unknown_from, evaluated.skipped
    )
