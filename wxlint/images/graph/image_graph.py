"""Who builds and who uses which image: evaluated Dockerfiles, the images of them, and the producers of a name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from functools import cache, cached_property, partial

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.images.graph.built_images import BuiltImages
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.evaluations import Evaluations
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.family import Family
from wxlint.images.graph.lineage.lineage import Beliefs
from wxlint.images.graph.producers import Producer, Producers
from wxlint.images.graph.sources import SourceStore
from wxlint.images.model.records import Build, Evaluated, Stage, Use, built_by_name
from wxlint.images.model.reference import Reference

_MOST_DOCUMENTED = 20
"""Builds of one Dockerfile in documents that are evaluated."""


class ImageGraph:
    """What the repository builds and uses.

    evaluations: each Dockerfile under its builds. beliefs: what is in an image, by what it descends from. images: what
    the builds make.
    """

    def __init__(self, documents: Documents, store: SourceStore, family: Family, failures: Failures) -> None:
        self.documents, self.family = documents, family
        self._store = store
        self.evaluations = Evaluations(documents, store, family, failures)
        self.beliefs = Beliefs(self._made_of, failures, self._of_context)
        self.images = BuiltImages(documents, store, self.evaluations, self.beliefs, family)

    # -- producers

    @cached_property
    def _producers(self) -> Producers:
        def uses() -> Iterator[Use]:
            return (use for script in self.documents.scripts.values() for use in script.uses)

        is_own = partial(self.evaluations.is_own, self._store.read)
        return Producers(self.evaluations.builds, self.evaluations.evaluated_at, self.family, uses=uses, is_own=is_own)

    def producers(self, reference: Reference) -> list[Producer]:
        """The builds of this repository that produce an image a FROM names."""
        return self._producers.of(reference)

    def builds_of_name(self, reference: Reference) -> list[Producer]:
        """The builds that make an image of this name, whatever its tag."""
        return self._producers.of_name(reference)

    def _made_of(self, reference: Reference) -> list[Producer]:
        """The builds that a FROM which names an image leads to."""
        producers = self._producers
        return producers.of(reference) or producers.only_one(reference) or self._documented_producers(reference)

    def _documented_producers(self, reference: Reference) -> list[Producer]:
        """The build that a README gives an image's name, where nothing else makes it and nobody knows it: a base that
        somebody builds by hand."""
        is_known = facts.base_image(reference.upstream, reference.tag or "latest") is not None
        if is_known or self.family.policy is not None or not reference.tag_known or "/" not in reference.path:
            return []
        made = self._documented.of(reference)
        return made if len(made) == 1 else []

    @cached_property
    def _documented(self) -> Producers:
        builds: dict[str, list[Build]] = {}
        for path, script in self.documents.documented.items():
            for build in script.builds if posixpath.basename(path).upper().startswith("README") else ():
                known = bool(build.tags) and all(use.value.known for use in build.tags)
                if known and build.dockerfile in self.documents.dockerfiles:
                    builds.setdefault(build.dockerfile, []).append(build)
        distinct = {path: list({build.identity: build for build in own}.values()) for path, own in builds.items()}

        @cache
        def evaluated_at(path: str) -> list[Evaluated]:
            return self.evaluations.evaluated_as(distinct[path][:_MOST_DOCUMENTED])

        return Producers(distinct, evaluated_at, self.family)

    def _of_context(self, evaluated: Evaluated, stage: Stage) -> list[Producer]:
        """The build of the target or service that is the named context which a stage starts from."""
        context = dict(evaluated.build.named_contexts).get(stage.base.value.text)
        name = built_by_name(context) if context is not None else ""
        found = {
            (one, made.index): (one, made)
            for build in self._called.get((evaluated.build.called[0], name), ())
            for one in self.evaluations.evaluated_at(build.dockerfile)
            if one.build.identity == build.identity and (made := one.target(build.target)) is not None
        }
        return list(found.values()) if len(found) == 1 and (evaluated, stage.index) not in found else []

    @cached_property
    def _called(self) -> dict[tuple[str, str], list[Build]]:
        """The builds that others may take for a context, by their files and names."""
        found: dict[tuple[str, str], list[Build]] = {}
        for builds in self.evaluations.builds_as_written.values():
            for build in builds:
                found.setdefault(build.called, []).append(build)
        return found

    # -- uses

    def uses_at(self, paths: Iterable[str]) -> tuple[Use, ...]:
        """Every place in these Dockerfiles, in scripts and in compose files that names an image, once."""
        everything = [
            use for path in paths for evaluated in self.evaluations.evaluated_at(path) for use in evaluated.uses
        ]
        everything += [use for script in self.documents.scripts.values() for use in script.uses]
        if self.documents.kubernetes is not None:
            everything += map(self.documents.with_own_names, self.documents.kubernetes.uses())
        compose = self.documents.compose
        if compose:
            from wxlint.images.builds.compose.from_compose import service_uses

            everything += map(self.documents.with_own_names, service_uses(compose))
            if self._store.mentions("dockerfile_inline"):
                from wxlint.images.evaluation.inline_dockerfiles import inline_uses

                everything += inline_uses((service for _, service in compose.services()), self._store.read)
        return _once(everything)


def _once(uses: Iterable[Use]) -> tuple[Use, ...]:
    """One use per place and text: a Dockerfile that several builds evaluate alike names an image once."""
    found: dict[tuple[Span, str], Use] = {}
    for use in uses:
        found.setdefault((use.span, use.value.text), use)
    return tuple(found.values())
