"""A repository as rules, `images` and the other commands see it: sources, family and image graph behind one face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.documents.source import Source
from wxlint.images.builds.model import Script
from wxlint.images.graph.documents import Documents, Input
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.family import Family
from wxlint.images.graph.image import Image, TorchStep, stack_of, torch_steps
from wxlint.images.graph.image_graph import ImageGraph
from wxlint.images.graph.lineage.lineage import Beliefs
from wxlint.images.graph.sources import SourceStore
from wxlint.images.model.records import Build, Evaluated, Use
from wxlint.images.stack.state import Stack
from wxlint.policy import FORBIDDEN_TAGS

if TYPE_CHECKING:
    from wxlint.images.builds.compose.projects import ComposeProjects
    from wxlint.images.evaluation.dockerfiles import Dockerfiles
    from wxlint.images.graph.missing.compose_files import MissingFile
    from wxlint.images.graph.missing.gone_dockerfiles import GoneDockerfile
    from wxlint.images.graph.purpose.purpose import Purposes
    from wxlint.policy.model import Expectation, Policy


class Repository:
    """One repository, or the share of its Dockerfiles that a process is to check.

    sources: what was read. family: what the policy says. documents: what the inputs hold. graph: who builds and uses
    what. failures: documents that broke the program. dockerfiles_in_scope: the paths whose images and uses are in
    `images`, `torch_steps`, `evaluated` and `uses`.
    """

    def __init__(
        self,
        documents: Documents,
        sources: SourceStore,
        family: Family,
        failures: Failures,
        *,
        graph: ImageGraph | None = None,
        share: tuple[str, ...] | None = None,
    ) -> None:
        self.documents, self.sources, self.family, self.failures = documents, sources, family, failures
        self.graph = graph or ImageGraph(documents, sources, family, failures)
        self._share = share

    @classmethod
    def of(
        cls,
        inputs: Iterable[Input],
        root: Path,
        policy: Policy | None = None,
        texts: dict[str, Source] | None = None,
        cache: Cache = NO_CACHE,
        family: Family | None = None,
    ) -> Repository:
        """Put a repository together.

        Args:
            root: no file outside it is read as context.
            texts: sources that do not come from the disk, by path.
            cache: what earlier runs read.
            family: what the policy says of its images, where somebody has asked before.
        """
        sources, family, failures = SourceStore(root, texts, cache), family or Family(policy, root), Failures()
        return cls(Documents(inputs, sources, family, failures), sources, family, failures)

    def restricted_to(self, share: Iterable[str]) -> Repository:
        """The same repository with these Dockerfiles in scope; others are evaluated where these lead to them."""
        return Repository(
            self.documents, self.sources, self.family, self.failures, graph=self.graph, share=tuple(share)
        )

    def without(self, path: str) -> Repository:
        """The repository that lacks one input."""
        given = [item for item in self.documents.given if item.path != path]
        documents = Documents(given, self.sources, self.family, self.failures)
        return Repository(documents, self.sources, self.family, self.failures, share=self._share)

    # -- what was read

    @property
    def policy(self) -> Policy | None:
        return self.family.policy

    @property
    def dockerfiles(self) -> Dockerfiles:
        return self.documents.dockerfiles

    @property
    def scripts(self) -> dict[str, Script]:
        return self.documents.scripts

    def publishes(self, use: Use) -> bool:
        """Whether a place publishes, or runs what was published: in a CI workflow, bake file, Makefile or manifest."""
        kinds = (
            "bake tag",
            "kubernetes image",
            "kustomize image",
            "helm image",
            "skaffold image",
            "devcontainer image",
        )
        return use.kind in kinds or use.span.path in self.documents.automation

    @property
    def compose(self) -> ComposeProjects | None:
        """The compose projects; None when there is none."""
        return self.documents.compose

    @cached_property
    def missing_compose_files(self) -> tuple[MissingFile, ...]:
        """The compose files that scripts name and that are not there, beside others that are."""
        from wxlint.images.graph.missing.compose_files import missing_files

        return tuple(missing_files(self.documents, self.sources))

    @cached_property
    def gone_dockerfiles(self) -> tuple[GoneDockerfile, ...]:
        """The Dockerfiles that scripts build and that are not there, where nothing may make them."""
        scripts = self.scripts.values()
        calls = (call.docker for script in scripts for call in script.calls)
        if not any(build.wanted for script in scripts for build in script.builds):
            if not any(docker.verb == "build" and docker.is_expanded("-f", "--file") for docker in calls):
                return ()
        from wxlint.images.graph.missing.gone_dockerfiles import (
            gone_dockerfiles,  # where there is something to look for
        )

        return tuple(gone_dockerfiles(self.documents, self.sources))

    @cached_property
    def scripts_and_gone_files(self) -> frozenset[tuple[str, str]]:
        """The paths of scripts, each with a compose file that it names and that is not there."""
        return frozenset((missing.call.path, missing.path) for missing in self.missing_compose_files)

    @property
    def documented(self) -> dict[str, Script]:
        """What the commands in the repository's Markdown and reStructuredText do with images, by path."""
        return self.documents.documented

    @cached_property
    def told_builds(self) -> dict[str, list[Build]]:
        """The builds of the documentation's commands, by the Dockerfiles that they name."""
        found: dict[str, list[Build]] = {}
        for build in (build for script in self.documented.values() for build in script.builds):
            if build.dockerfile in self.dockerfiles:
                found.setdefault(build.dockerfile, []).append(build)
        return found

    # -- what is in scope

    @property
    def dockerfiles_in_scope(self) -> Iterable[str]:
        return self.graph.evaluations.builds if self._share is None else self._share

    @cached_property
    def evaluated(self) -> tuple[Evaluated, ...]:
        """The Dockerfiles in scope, each under each of its builds."""
        found = (e for path in self.dockerfiles_in_scope for e in self.graph.evaluations.evaluated_at(path))
        return (*found, *(image.evaluated for image in self._inline_images))

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """The images of the Dockerfiles in scope."""
        found = (image for path in self.dockerfiles_in_scope for image in self.graph.images.images_at(path))
        return (*found, *self._inline_images)

    @cached_property
    def _inline_images(self) -> tuple[Image, ...]:
        """The images whose Dockerfiles stand in compose files; not where the Dockerfiles are shared out."""
        return self.graph.images.inline_images if self._share is None else ()

    @cached_property
    def torch_steps(self) -> tuple[tuple[Image, tuple[TorchStep, ...]], ...]:
        """The installs that decide about an image's torch, for each image in scope."""
        found = (steps for path in self.dockerfiles_in_scope for steps in self.graph.images.torch_steps_at(path))
        inline = ((image, torch_steps(self.beliefs, image).deciding) for image in self._inline_images)
        return (*found, *inline)

    @property
    def kept_torch(self) -> Iterator[tuple[Image, TorchStep]]:
        """The installs that name torch and leave the one that is there, each with its image in scope."""
        return (step for path in self.dockerfiles_in_scope for step in self.graph.images.kept_torch_at(path))

    @cached_property
    def image_stacks(self) -> tuple[tuple[Image, Stack], ...]:
        """The images in scope, each with its accelerated packages."""
        found = (each for path in self.dockerfiles_in_scope for each in self.graph.images.stacks_at(path))
        return (*found, *((image, stack_of(image)) for image in self._inline_images))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every place that names an image, once."""
        return self.graph.uses_at(self.dockerfiles_in_scope)

    @property
    def beliefs(self) -> Beliefs:
        return self.graph.beliefs

    @cached_property
    def purposes(self) -> Purposes:
        """What images are for where no name says so."""
        from wxlint.images.graph.purpose.purpose import Purposes

        return Purposes(self.graph)

    def is_undecided(self, image: Image) -> bool:
        """Whether nothing but torch from the default index, which is a CUDA build, says what an image is for."""
        nothing_said = image.expectation is None and image.expected is None and self.policy is None
        if not nothing_said or image.base.accelerator != "cpu" or image.state.torch.channel != "default":
            return False
        return self.purposes.is_undecided(image.evaluated, image.stage)

    # -- what the policy says

    def is_excluded(self, path: str) -> bool:
        """Whether the policy says that a file is not looked at."""
        policy = self.policy
        return policy is not None and bool(policy.exclude) and policy.excludes(self.family.below_root(path))

    def is_own(self, use: Use) -> bool:
        """Whether a place names an image of the family, or one that the repository builds under any tag."""
        reference = use.reference
        if reference is None:
            return False
        return self.family.member(reference) is not None or use.produces or reference.name in self._produced_names

    @cached_property
    def _produced_names(self) -> frozenset[str]:
        return frozenset(use.reference.name for use in self.uses if use.produces and use.reference is not None)

    def is_listed(self, use: Use) -> bool:
        """Whether the policy lists the tag of a place among those of its own images."""
        member = self.family.member(use.reference) if use.reference is not None else None
        return member is not None and member.listed and (member.variant is not None or member.tagged)

    def forbidden_tags(self, use: Use) -> tuple[str, ...]:
        """The tags that a place may not use."""
        policy = self.policy
        if policy is None:
            return FORBIDDEN_TAGS
        if not policy.per_path and policy.forbidden_tags == policy.foreign_tags:
            return policy.forbidden_tags
        return policy.forbidden(self.family.below_root(use.span.path), own=self.is_own(use))

    def expected(self, stage: str, variant: str) -> Expectation | None:
        """The image of a stage in a variant; None when the policy has no such image."""
        return self.family.image(stage, variant)
