"""What depends on files that changed: Dockerfiles that read them or stand on them, and the places that name images."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.core.tuples import NamedTuple
from wxlint.images.builds.compose.from_compose import dockerfile_of
from wxlint.images.graph.producers import same_name

if TYPE_CHECKING:
    from wxlint.core.findings import Finding
    from wxlint.core.span import Span
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Build, Evaluated, Use
    from wxlint.images.model.reference import Reference


class Touched(NamedTuple):
    """What a change touches.

    files: those that changed, with the Dockerfiles that depend on them and what these read, and deleted Dockerfiles
    that are still built. places: lines of other files that build or name an image of one of these Dockerfiles. deleted:
    files that are gone.
    """

    files: frozenset[str]
    places: frozenset[tuple[str, int]]
    deleted: tuple[str, ...]

    def shows(self, finding: Finding) -> bool:
        """Whether a finding stands in what is touched, or is true because of it."""
        span = finding.span
        if span.path in self.files or any(reason.path in self.files for reason in finding.because):
            return True
        if any((span.path, line) in self.places for line in range(span.line, span.end_line + 1)):
            return True
        return any(path in finding.message for path in self.deleted)


class ChangedFiles(NamedTuple):
    """changed, deleted: paths as shown. gone: images that changed or deleted files built before, and now do not."""

    changed: frozenset[str]
    deleted: frozenset[str]
    gone: tuple[Reference, ...]


def touched_by(repository: Repository, change: ChangedFiles) -> Touched:
    """Follow a change through the graph."""
    graph = repository.graph
    evaluated = [each for path in graph.evaluations.builds for each in graph.evaluations.evaluated_at(path)]
    different = change.changed | change.deleted
    affected = [
        each
        for each in evaluated
        if not _reads(repository, each).isdisjoint(different) or any(_is_gone(use, change) for use in each.uses)
    ]
    affected = _with_downstream(repository, evaluated, affected)
    files = set(change.changed) | {each.path for each in affected}
    files.update(path for each in affected for path in lists_of(each))
    lost = list(_lost(repository, change))
    files.update(path for path, _ in lost)
    places = frozenset((*_places(repository, affected, change), *(place for _, place in lost)))
    return Touched(frozenset(files), places, tuple(sorted(change.deleted)))


def _lost(repository: Repository, change: ChangedFiles) -> Iterable[tuple[str, tuple[str, int]]]:
    """The deleted Dockerfiles that something still builds, each with the line that does."""
    for build in (build for script in repository.scripts.values() for build in script.builds):
        for path in map(normal, build.wanted):
            if path in change.deleted and build.span is not None:
                yield path, (build.span.path, build.span.line)
    for _, service in repository.compose.services() if repository.compose is not None else ():
        own = dockerfile_of(service.build) if service.build is not None else None
        if own is not None and normal(own) in change.deleted:
            yield normal(own), (service.key.span.path, service.key.span.line)


def made_in(repository: Repository, paths: frozenset[str]) -> dict[str, Reference]:
    """The images that some files build, by their names; those of compose services and of files that these read too."""
    found = {}
    for use in repository.uses:
        reference = use.reference
        if use.produces and reference is not None and reference.tag_known:
            if use.span.path in paths or any(reason.path in paths for reason in use.because):
                found[f"{reference.name}:{reference.tag or 'latest'}"] = reference
    return found


def _is_gone(use: Use, change: ChangedFiles) -> bool:
    """Whether a place names an image that is not built any more."""
    reference = use.reference
    if use.produces or reference is None or not change.gone:
        return False
    tag = reference.tag or "latest"
    return any((other.tag or "latest") == tag and same_name(other, reference) for other in change.gone)


def _reads(repository: Repository, evaluated: Evaluated) -> set[str]:
    """The files that decide about a build: the Dockerfile, who builds it, what it reads, what keeps files out."""
    found = {evaluated.path, *lists_of(evaluated), *repository.graph.evaluations.read_by(evaluated.path)}
    for build in repository.graph.evaluations.alike(evaluated.build):
        found.update(reason.path for reason in build.built_by)
        found.update(reason.path for _, value in build.args for reason in value.because)
        if build.span is not None:
            found.add(build.span.path)
        found.update(ignore_files(evaluated.path, build))
    return found


def ignore_files(path: str, build: Build) -> list[str]:
    """The files that may keep others out of a build of a Dockerfile."""
    folders = [normal(posixpath.join(context, ".dockerignore")) for context in build.contexts[:1]]
    return [f"{path}.dockerignore", *folders]


def lists_of(evaluated: Evaluated) -> set[str]:
    """The files in which what is installed is written."""
    return {
        requirement.span.path
        for stage in evaluated.stages
        for install in stage.installs
        for requirement in install.requirements
        if requirement.span is not None
    }


def _with_downstream(repository: Repository, evaluated: list[Evaluated], affected: list[Evaluated]) -> list[Evaluated]:
    """Builds with those that start from them, or copy from them, and so on."""
    users: dict[int, list[Evaluated]] = {}
    for each in evaluated:
        for use in each.uses:
            if use.reference is not None:
                for producer, _ in repository.graph.producers(use.reference):
                    users.setdefault(id(producer), []).append(each)
    found = {id(each): each for each in affected}
    waiting = list(affected)
    while waiting:
        for each in users.get(id(waiting.pop()), ()):
            if id(each) not in found:
                found[id(each)] = each
                waiting.append(each)
    return list(found.values())


def _places(repository: Repository, affected: list[Evaluated], change: ChangedFiles) -> Iterable[tuple[str, int]]:
    """The lines that build an affected image or name it, and of a service that does, the line of its name."""
    numbers = {id(each) for each in affected}
    for build in (build for each in affected for build in repository.graph.evaluations.alike(each.build)):
        if build.span is not None:
            yield build.span.path, build.span.line
        for tag in build.tags:
            yield tag.span.path, tag.span.line
    named: set[Span] = set()
    for use in repository.uses:
        if use.reference is not None and not use.produces:
            producers = repository.graph.producers(use.reference)
            if any(id(producer) in numbers for producer, _ in producers) or _is_gone(use, change):
                named.add(use.span)
                yield use.span.path, use.span.line
    for _, service in repository.compose.services() if repository.compose is not None else ():
        if service.image is not None and service.image.place.span in named:
            yield service.key.span.path, service.key.span.line
