"""The Dockerfiles that scripts build and that are not there, where nothing may make them."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core import disk
from wxlint.core.findings import Span
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.images.builds.model import DockerCall
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.missing.dockerfiles import Search
from wxlint.images.graph.sources import SourceStore


class GoneDockerfile(NamedTuple):
    """A Dockerfile that is not there. span: what names it. near: a suggestion, or nothing."""

    path: str
    span: Span
    near: str
    because: tuple[Reason, ...] = ()


def gone_dockerfiles(documents: Documents, sources: SourceStore) -> Iterator[GoneDockerfile]:
    """Yield them in the order of the scripts."""
    search = Search(documents, sources)
    for name, script in documents.scripts.items():
        decided: set[Span | None] = set()
        for call in script.calls:
            if call.docker.verb == "build" and call.docker.is_expanded("-f", "--file"):
                yield from _of_a_variable(search, call, decided)
        for build in script.builds:
            if not build.wanted or build.span is None or any(disk.lexists(path) for path in build.wanted):
                continue
            is_open = build.span in decided or not any(map(search.is_inside, build.wanted))
            found = search.dockerfile_of(name, script, build) if not is_open else None
            if found is not None:
                path, span = found
                yield GoneDockerfile(path, span, search.near(path), build.built_by)


def _of_a_variable(search: Search, call: DockerCall, decided: set[Span | None]) -> Iterator[GoneDockerfile]:
    """Yield the Dockerfiles that a build names by a variable. decided: takes the places of what is known of them."""
    from wxlint.images.graph.missing.variable_dockerfiles import gone_by_variable

    found = gone_by_variable(search, call)
    if found is not None:
        for path, span in found:
            if span not in decided:
                decided.add(span)
                yield GoneDockerfile(path, span, search.near(path))
        decided.add(call.span)
