"""Services of several compose files whose images compose names alike, since they say no `image:` of their own."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.documents.compose.services import Service
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

_NAMED = late(r"(?m)^[\"']?name[\"']?[ \t]*:|^[ \t]*\{")
"""A project that has a name of its own, or may have one in a mapping of one line."""
_CHOSEN = late(r"COMPOSE_PROJECT_NAME|compose\b[^\n]{0,300}[ \t](?:-p|--project-name)[ =]")
"""A command, or a file of variables, that gives a project another name."""
_ASIDE = late(r"(?i)example|sample|template|\.(?:old|orig|bak)\b|devcontainer")
HINT = "give the service an image: of its own in each of the files, or build before each start"


def problems(repository: Repository, computes_on: Callable[[Image], str | None]) -> Iterator[Problem]:
    """Yield the services that two compose files of a folder build for different accelerators, and whose images get the
    same name, of the folder and the service.

    computes_on: what an image is proven to compute on.
    """
    first: dict[tuple[str, str], tuple[Service, str]] = {}
    said: set[tuple[str, str]] = set()
    for folder, service in _unnamed(repository):
        images = repository.graph.images.images_of(service)
        found = {image.meant or computes_on(image) or _of_base(image) for image in images} - {None}
        if len(found) != 1:
            continue
        accelerator = str(*found)
        before, other = first.setdefault((folder, service.name), (service, accelerator))
        path = service.key.span.path
        if other == accelerator or path == before.key.span.path or (path, service.name) in said:
            continue
        if not said and _chooses_names(repository):
            return
        said.add((path, service.name))
        text = (
            f"compose gives the image of service {service.name} one name here and in {before.key.span.path}: a "
            f"{accelerator} image here, a {other} one there, and `up` starts whichever was built last"
        )
        because = (reason_at("build", f"compose service {before.name}", before.key.span),)
        yield Problem(service.key.span, text, because, HINT, Severity.INFO, image=service.name)


def _of_base(image: Image) -> str | None:
    return image.state.accelerator if image.state.accelerator in ("cuda", "rocm") else None


def _unnamed(repository: Repository) -> Iterator[tuple[str, Service]]:
    """The services that build an image without a name, with the folder that names their project."""
    projects = repository.compose
    if projects is None:
        return
    named = {
        (posixpath.dirname(project.paths[0]), service.name)
        for project in projects.projects
        for service in project.project.services
        if project.whole and service.image is not None
    }
    for project in projects.projects:
        folder = posixpath.dirname(project.paths[0])
        sources = [repository.sources.read(path) for path in project.paths]
        aside = any(_ASIDE.search(path) for path in project.paths)
        if aside or any(source is None or _NAMED.search(source.text) for source in sources):
            continue
        for service in project.project.services:
            if service.build is None or service.image is not None or "pull_policy" in service.says:
                continue
            if not projects.filled.isdisjoint(service.paths):
                continue
            if project.whole or (folder, service.name) not in named:  # what a base below it says may count
                yield folder, service


def _chooses_names(repository: Repository) -> bool:
    """Whether a script, a document or an .env file beside a compose file chooses the names of projects."""
    assert repository.compose is not None
    folders = {posixpath.dirname(file.source.path) for file in repository.compose.files}
    paths = (*repository.scripts, *repository.documented, *(posixpath.join(folder, ".env") for folder in folders))
    sources = (repository.sources.read(path) for path in paths)
    return any(source is not None and _CHOSEN.search(source.text) for source in sources)
