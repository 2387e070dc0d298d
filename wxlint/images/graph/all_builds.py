"""Every place of a repository that builds a Dockerfile; what nothing builds is built by hand, or by the policy."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import folders_above
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.images.graph.image_stages import without_build
from wxlint.images.model.records import DEFAULT_PLATFORM, Build

if TYPE_CHECKING:
    from wxlint.images.graph.documents import Documents
    from wxlint.images.graph.family import Family


class AllBuilds:
    """The builds by their Dockerfiles. root: of the repository."""

    def __init__(self, documents: Documents, family: Family, root: str) -> None:
        self.documents, self.family, self._root = documents, family, root

    @cached_property
    def by_path(self) -> dict[str, list[Build]]:
        """Every way each Dockerfile is built; by hand, with its defaults, when nothing in the repository builds it."""
        found: dict[str, list[Build]] = {}
        for path, builds in self.as_written.items():
            every = [*builds, *self._by_hand(path, builds)]
            if any(not value.known for build in builds for _, value in build.args):
                from wxlint.images.graph.chosen_stages import each_choice  # only where an argument is not known

                every = each_choice(self.documents.dockerfiles[path], every)
            found[path] = _distinct(every)
        return found

    def alike(self, build: Build) -> list[Build]:
        """The builds that make the same image of a Dockerfile, itself among them."""
        return self._alike.get((build.dockerfile, build.identity), [build])

    @cached_property
    def _alike(self) -> dict[tuple[str, object], list[Build]]:
        found: dict[tuple[str, object], list[Build]] = {}
        for path, builds in self.as_written.items():
            for build in builds:
                found.setdefault((path, build.identity), []).append(build)
        return found

    @cached_property
    def as_written(self) -> dict[str, list[Build]]:
        """Every place that builds each Dockerfile, though several may make the same of it."""
        found: dict[str, list[Build]] = {path: [] for path in self.documents.dockerfiles}
        for script in self.documents.scripts.values():
            for build in script.builds:
                if build.dockerfile:
                    found[build.dockerfile].append(build)
        for build in self.documents.service_builds:
            found[build.dockerfile].append(build)
        return found

    def _by_hand(self, path: str, builds: list[Build]) -> list[Build]:
        """What else is built: the images of the policy that nothing builds, or `docker build` as it is."""
        expectations = self.family.by_dockerfile.get(path, [])
        missing = without_build(self.family, expectations, builds)
        if not missing and (builds or expectations):
            return []
        contexts = self.contexts_above(path)
        if not missing:
            return [Build(path, tuple(contexts))]
        return [
            Build(
                path,
                (self.family.in_root(e.context), *contexts),
                e.target,
                tuple(
                    (name, Value(text, (), (Reason("policy", f"build-args {name}={text}", self.family.path),)))
                    for name, text in e.build_args
                ),
                image=e.image,
                platform=e.platform or DEFAULT_PLATFORM,
            )
            for e in missing
        ]

    def contexts_above(self, path: str) -> list[str]:
        """The folder of a Dockerfile and those above it, up to the root: one of them is likely the build context."""
        folders = folders_above(posixpath.dirname(path))
        top = next((n for n, folder in enumerate(folders) if disk.real(folder) == self._root), len(folders))
        return folders[: top + 1]


def _distinct(builds: list[Build]) -> list[Build]:
    """Builds that differ in what decides about the image, the last of those that do not."""
    return list({build.identity: build for build in builds}.values())
