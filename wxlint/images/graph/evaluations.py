"""Every Dockerfile, evaluated once for each way it is built."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.graph.all_builds import AllBuilds
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.family import Family
from wxlint.images.graph.sources import SourceStore
from wxlint.images.model.records import Build, Evaluated

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.evaluation.named_contexts import Contexts

MOST_INSTRUCTIONS = 50_000
"""Instructions of one Dockerfile that are evaluated, all its builds together; no build is left out of fewer."""


class Evaluations:
    """The builds of a repository's Dockerfiles, what each makes of its Dockerfile, and which files that reads."""

    def __init__(self, documents: Documents, store: SourceStore, family: Family, failures: Failures) -> None:
        self._documents, self._store, self._failures = documents, store, failures
        self._builds = AllBuilds(documents, family, store.root)
        self.watch: Callable[[str], None] | None = None
        """Called with each Dockerfile that is evaluated, so that somebody may count them."""
        self._evaluated: dict[str, list[Evaluated]] = {}
        self._read_by: dict[str, set[str]] | None = None

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

    def evaluated_at(self, path: str) -> list[Evaluated]:
        """A Dockerfile under each of its builds."""
        found = self._evaluated.get(path)
        if found is None:
            builds = self.builds.get(path, [])
            size = len(self._documents.dockerfiles[path].instructions) if len(builds) > 1 else 0
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

    def evaluated_as(self, builds: list[Build]) -> list[Evaluated]:
        """A Dockerfile under builds that are not among its own, those of documents."""
        return [self._evaluate(build) for build in builds]

    def _evaluate(self, build: Build) -> Evaluated:
        """A Dockerfile under a build; without stages when it breaks the program."""
        path = build.dockerfile
        try:
            dockerfile = self._documents.dockerfiles[path]
            if build.edits:
                dockerfile = self._edited(dockerfile, build)
            return self.evaluated(dockerfile, build)
        except Exception as error:
            self._failures.record(path, error)
            return self._nothing(build)

    def evaluated(self, dockerfile: Dockerfile, build: Build) -> Evaluated:
        """A Dockerfile under a build, also one that stands in another file."""
        files = self.files(dockerfile.source.path, build.contexts)
        return evaluate(dockerfile, build, files, self._may_be_context)

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
        return Files(read, contexts, self._folder, partial(self.is_own, read), posixpath.dirname(path))

    @cached_property
    def _folder(self) -> str:
        """The repository as a path that is read, "" or ending in "/"."""
        folder = os.path.relpath(self._store.root)
        return "" if folder == "." else f"{folder}/"

    def is_own(self, read: Callable[[str], Source | None], owner: str, name: str) -> bool:
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
        source = self._documents.dockerfiles.sources[build.dockerfile]
        return Evaluated(Dockerfile(source, (), {}, (), "\\", ()), build, (), (), skipped=skipped)
