"""Who builds and who uses which image: builds, their evaluation, the producers of a name, and the images themselves."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.paths import normal
from wxlint.core.reasons import Reason
from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.images.evaluation.build_files import Files
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.graph.all_builds import AllBuilds
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.family import Family, listed_as
from wxlint.images.graph.image import Image, TorchStep, TorchSteps, contributing, stack_of, torch_steps
from wxlint.images.graph.image_stages import built_stages, defined, is_of_another_target
from wxlint.images.graph.lineage import Beliefs
from wxlint.images.graph.name_hints import NameHint, evidence, expected_by_names
from wxlint.images.graph.producers import Producer, Producers
from wxlint.images.graph.sources import SourceStore
from wxlint.images.graph.state import State
from wxlint.images.model.records import Build, Evaluated, Stage, Use, built_by_name
from wxlint.images.model.reference import Reference
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.selection import choices

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.documents.source import Source
    from wxlint.images.evaluation.named_contexts import Contexts
    from wxlint.policy.model import Expectation

MOST_INSTRUCTIONS = 50_000
"""Instructions of one Dockerfile that are evaluated, all its builds together; no build is left out of fewer."""


class ImageGraph:
    """What the repository builds. Every Dockerfile is evaluated once for each way it is built."""

    def __init__(self, documents: Documents, store: SourceStore, family: Family, failures: Failures) -> None:
        self.documents, self.family = documents, family
        self._store, self._failures = store, failures
        self._builds = AllBuilds(documents, family, store.root)
        self.watch: Callable[[str], None] | None = None
        """Called with each Dockerfile that is evaluated, so that somebody may count them."""
        self._evaluated: dict[str, list[Evaluated]] = {}
        self._images: dict[str, tuple[Image, ...]] = {}
        self._images_of_builds: dict[str, dict[object, list[Image]]] = {}
        self._read_by: dict[str, set[str]] | None = None
        self._stacks: dict[str, tuple[tuple[Image, Stack], ...]] = {}
        self._torch_steps: dict[str, tuple[tuple[Image, TorchSteps], ...]] = {}

    # -- builds

    @property
    def builds(self) -> dict[str, list[Build]]:
        """Every way each Dockerfile is built; by hand, with its defaults, when nothing in the repository builds it."""
        return self._builds.by_path

    @property
    def builds_as_written(self) -> dict[str, list[Build]]:
        """Every place that builds each Dockerfile, though several may make the same of it."""
        return self._builds.as_written

    def alike(self, build: Build) -> list[Build]:
        """The builds that make the same image of a Dockerfile, itself among them."""
        return self._builds.alike(build)

    # -- evaluation

    def evaluated_at(self, path: str) -> list[Evaluated]:
        """A Dockerfile under each of its builds."""
        found = self._evaluated.get(path)
        if found is None:
            builds = self.builds.get(path, [])
            size = len(self.documents.dockerfiles[path].instructions) if len(builds) > 1 else 0
            followed = max(MOST_INSTRUCTIONS // max(size, 1), 1)
            found = [self._evaluate(build) for build in builds[:followed]]
            found += [self._nothing(build, skipped=True) for build in builds[followed:]]
            self._evaluated[path] = found
            if self.watch is not None:
                self.watch(path)
        return found

    def by_hand(self, path: str) -> Evaluated:
        """A Dockerfile as `docker build` without arguments builds it, in the build context that the repository uses."""
        for evaluated in self.evaluated_at(path):
            if not evaluated.build.args and evaluated.build.target is None:
                return evaluated
        contexts = dict.fromkeys(
            (*(c for b in self.builds[path] for c in b.contexts), *self._builds.contexts_above(path))
        )
        return self._evaluate(Build(path, tuple(contexts)))

    def _evaluate(self, build: Build) -> Evaluated:
        """A Dockerfile under a build; without stages when it breaks the program."""
        path = build.dockerfile
        try:
            dockerfile = self.documents.dockerfiles[path]
            if build.edits:
                dockerfile = self._edited(dockerfile, build)
            return evaluate(dockerfile, build, self.files(path, build.contexts), self._may_be_context)
        except Exception as error:
            self._failures.record(path, error)
            return self._nothing(build)

    def _may_be_context(self, dockerfile: Dockerfile, name: str) -> bool:
        """Whether a bare name may be a named build context."""
        return self._contexts.may_name(dockerfile, name)

    @cached_property
    def _contexts(self) -> Contexts:
        from wxlint.images.evaluation.named_contexts import Contexts

        return Contexts(self._store.read, self._store.root)

    def _edited(self, dockerfile: Dockerfile, build: Build) -> Dockerfile:
        """A Dockerfile with what a build changes of it, line by line; empty where that is not known."""
        from wxlint.documents.dockerfile.reader import read_dockerfile
        from wxlint.documents.source import Source
        from wxlint.shell.substitutions import edited

        source = dockerfile.source
        text = edited(source.text, build.edits)
        return read_dockerfile(Source(source.path, text if text is not None else "", source.encoding))

    def files(self, path: str, contexts: tuple[str, ...]) -> Files:
        """The repository as a build of a Dockerfile sees it."""
        read = self._reader(path)
        return Files(read, contexts, self._folder, partial(self._is_own, read), posixpath.dirname(path))

    @cached_property
    def _folder(self) -> str:
        """The repository as a path that is read, "" or ending in "/"."""
        folder = os.path.relpath(self._store.root)
        return "" if folder == "." else f"{folder}/"

    def _is_own(self, read: Callable[[str], Source | None], owner: str, name: str) -> bool:
        """Whether a repository of an owner is this one."""
        from wxlint.images.evaluation.own_clones import names_of

        return names_of(self._store.root, self._folder, read)(owner, name)

    def _reader(self, path: str) -> Callable[[str], Source | None]:
        """What reads files for a Dockerfile, and notes which, where somebody wants to know."""
        if self._read_by is None:
            return self._store.read
        noted = self._read_by.setdefault(path, set())

        def read(name: str) -> Source | None:
            noted.add(normal(name))
            return self._store.read(name)

        return read

    def note_reading(self) -> None:
        """Note from now on which files each Dockerfile reads."""
        self._read_by = {}

    def read_by(self, path: str) -> set[str]:
        """The files that a Dockerfile has read, and that it looked for; none unless they are noted."""
        return (self._read_by or {}).get(path, set())

    def _nothing(self, build: Build, *, skipped: bool = False) -> Evaluated:
        """A build of which nothing is known."""
        source = self.documents.dockerfiles.sources[build.dockerfile]
        return Evaluated(Dockerfile(source, (), {}, (), "\\", ()), build, (), (), skipped=skipped)

    # -- producers

    @cached_property
    def _producers(self) -> Producers:
        def uses() -> Iterator[Use]:
            return (use for script in self.documents.scripts.values() for use in script.uses)

        is_own = partial(self._is_own, self._store.read)
        return Producers(self.builds, self.evaluated_at, self.family, uses=uses, is_own=is_own)

    def producers(self, reference: Reference) -> list[Producer]:
        """The builds of this repository that produce an image a FROM names."""
        return self._producers.of(reference)

    def builds_of_name(self, reference: Reference) -> list[Producer]:
        """The builds that make an image of this name, whatever its tag."""
        return self._producers.of_name(reference)

    @cached_property
    def beliefs(self) -> Beliefs:
        made = self._producers
        return Beliefs(lambda one: made.of(one) or made.only_one(one), self._failures, self._of_context)

    def _of_context(self, evaluated: Evaluated, stage: Stage) -> list[Producer]:
        """The build of the target or service that is the named context which a stage starts from."""
        context = dict(evaluated.build.named_contexts).get(stage.base.value.text)
        name = built_by_name(context) if context is not None else ""
        found = {
            (one, made.index): (one, made)
            for build in self._called.get((evaluated.build.called[0], name), ())
            for one in self.evaluated_at(build.dockerfile)
            if one.build.identity == build.identity and (made := one.target(build.target)) is not None
        }
        return list(found.values()) if len(found) == 1 and (evaluated, stage.index) not in found else []

    @cached_property
    def _called(self) -> dict[tuple[str, str], list[Build]]:
        """The builds that others may take for a context, by their files and names."""
        found: dict[tuple[str, str], list[Build]] = {}
        for builds in self.builds_as_written.values():
            for build in builds:
                found.setdefault(build.called, []).append(build)
        return found

    # -- images

    def images_at(self, path: str) -> tuple[Image, ...]:
        """The images of a Dockerfile: what its builds name, and what else it defines, as made by hand."""
        found = self._images.get(path)
        if found is None:
            evaluated = self.evaluated_at(path)
            built = [(one, index) for one in evaluated if _has_target(one) for index in built_stages(one)]
            indexes = {index for _, index in built}
            if evaluated and not indexes.issuperset(defined(evaluated[0])):
                plain = _unnamed(self.by_hand(path))
                built += [(plain, index) for index in defined(plain) if index not in indexes]
            found = self._images[path] = tuple(self.image(one, one.stages[index]) for one, index in built)
        return found

    @cached_property
    def inline_images(self) -> tuple[Image, ...]:
        """The images whose Dockerfiles stand in compose files, of each place once."""
        compose = self.documents.compose
        if not compose or not self._store.mentions("dockerfile_inline"):
            return ()
        from wxlint.images.builds.from_compose import inline_builds
        from wxlint.images.evaluation.inline_dockerfiles import inline_dockerfile

        found: dict[object, Image] = {}
        for build in inline_builds(compose):
            dockerfile = inline_dockerfile(build.service) if build.service is not None else None
            if dockerfile is None:
                continue
            path = dockerfile.source.path
            one = evaluate(dockerfile, build, self.files(path, build.contexts), self._may_be_context)
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
        for build in self.documents.service_builds:
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
            found = self._torch_steps[path] = tuple((image, torch_steps(self.beliefs, image)) for image in images)
        return found

    def stacks_at(self, path: str) -> tuple[tuple[Image, Stack], ...]:
        """The accelerated packages of each image of a Dockerfile."""
        found = self._stacks.get(path)
        if found is None:
            found = self._stacks[path] = tuple((image, stack_of(image)) for image in self.images_at(path))
        return found

    def image(self, evaluated: Evaluated, stage: Stage) -> Image:
        """A stage under a build as an image, with what it is meant to be."""
        base, state = self.beliefs.base(evaluated, stage), self.beliefs.state(evaluated, stage)
        expectation = self._expectation_at(evaluated, stage)
        if expectation is not None:
            reasons: tuple[Reason, ...] = (Reason("policy", listed_as(expectation), self.family.path),)
            return Image(evaluated, stage, base, state, expectation.accelerator, reasons, expectation)
        if self.misses_target(evaluated):
            return Image(evaluated, stage, base, state, None, (), None)
        found = evidence(evaluated, stage) or self._weak_evidence(evaluated, stage, base)
        inside = state.accelerator if state.accelerator not in (None, "cpu") else accelerator_of(state.torch.channel)
        expected, reasons = expected_by_names(found, inside=inside)
        return Image(evaluated, stage, base, state, expected, reasons, None)

    def _weak_evidence(self, evaluated: Evaluated, stage: Stage, base: State) -> list[NameHint]:
        from wxlint.images.graph.install_hints import weak_evidence

        installs = (install for one in contributing(evaluated, stage) for install in one.installs)
        return weak_evidence(evaluated, stage, base, (choice for one in installs for choice in choices(one)))

    def _expectation_at(self, evaluated: Evaluated, stage: Stage) -> Expectation | None:
        """What the policy expects of a stage under a build: as the image of the build, or as the target of an image."""
        if stage is evaluated.target(evaluated.build.target):
            return None if self.misses_target(evaluated) else self.expectation_of(evaluated.build)
        listed = self.family.by_dockerfile.get(evaluated.path, [])
        of_stage = [e for e in listed if e.target == stage.name and not e.build_args]
        return of_stage[0] if len(of_stage) == 1 else None

    def misses_target(self, evaluated: Evaluated) -> bool:
        """Whether a build makes another stage than the policy's target for the image whose tag it gives."""
        meant = self.expectation_of(evaluated.build)
        return meant is not None and is_of_another_target(self.family, evaluated, meant)

    def expectation_of(self, build: Build) -> Expectation | None:
        """What the policy expects of a build's image: all it says of the Dockerfile, else what it says of the tag."""
        listed = self.family.by_dockerfile.get(build.dockerfile, [])
        if len(listed) < 2:
            return listed[0] if listed else None
        given = {(name, value.text) for name, value in build.args}
        fitting = (
            [e for e in listed if e.image == build.image]
            or self.family.tagged(listed, build.tags)
            or [e for e in listed if e.build_args and set(e.build_args) <= given]
            or [e for e in listed if not e.build_args]
        )
        return fitting[0] if len(fitting) == 1 else None

    # -- uses

    def uses_at(self, paths: Iterable[str]) -> tuple[Use, ...]:
        """Every place in these Dockerfiles, in scripts and in compose files that names an image, once."""
        everything = [use for path in paths for evaluated in self.evaluated_at(path) for use in evaluated.uses]
        everything += [use for script in self.documents.scripts.values() for use in script.uses]
        if self.documents.kubernetes is not None:
            everything += map(self.documents.with_own_names, self.documents.kubernetes.uses())
        compose = self.documents.compose
        if compose:
            from wxlint.images.builds.from_compose import service_uses

            everything += map(self.documents.with_own_names, service_uses(compose))
            if self._store.mentions("dockerfile_inline"):
                from wxlint.images.evaluation.inline_dockerfiles import inline_uses

                everything += inline_uses((service for _, service in compose.services()), self._store.read)
        return _once(everything)


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


def _once(uses: Iterable[Use]) -> tuple[Use, ...]:
    """One use per place and text: a Dockerfile that several builds evaluate alike names an image once."""
    found: dict[tuple[Span, str], Use] = {}
    for use in uses:
        found.setdefault((use.span, use.value.text), use)
    return tuple(found.values())
