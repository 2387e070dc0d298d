"""The GPU that a dev container has or lacks, and what it names of compose files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.findings import Severity
from wxlint.core.suggest import did_you_mean
from wxlint.images.graph.image import proven_by_all
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.reasons import Reason
    from wxlint.images.builds.model import Devcontainer
    from wxlint.images.graph.repository import Repository
    from wxlint.images.graph.state import State
    from wxlint.images.model.reference import Reference

    Found = tuple[str | None, tuple[Reason, ...]]

_ASK = 'write "runArgs": ["--gpus", "all"], or "hostRequirements": {"gpu": "optional"}'


def problems(repository: Repository, of_image: Callable[[Reference, str], Found]) -> Iterator[Problem]:
    """Yield what is wrong with the GPUs of dev containers. of_image: what an image in a file computes on, and why."""
    found = [one for script in repository.scripts.values() for one in script.devcontainers]
    served = {_made_of(one) for one in found if _asks(one)}
    for one in found:
        if one.compose_files:
            yield from _of_a_service(repository, one)
            continue
        accelerator, because, bare = _computes_on(repository, one, of_image)
        if accelerator == "cuda" and not _asks(one) and _made_of(one) not in served and not _is_for_cpu(one):
            place = one.build.span if one.build is not None else one.use.span if one.use is not None else None
            text = "the dev container runs a cuda image and asks for no GPU"
            severity = Severity.INFO if bare else None
            yield Problem(place or one.span, text, because, _ASK, severity)
        elif accelerator == "cpu" and not one.gets_more:
            place = one.gpus or (one.needs if not one.optional else None)
            if place is not None:
                text = "the dev container runs a cpu image and asks for a GPU"
                yield Problem(place, text, because, "take it out, or build the image for CUDA")


def _of_a_service(repository: Repository, one: Devcontainer) -> Iterator[Problem]:
    """Yield `runArgs` beside compose files, which take the place of all that the container is started with."""
    service = one.service
    if one.gpus is None or one.needs is not None or service is None or repository.compose is None:
        return
    paths = {file.path for file in one.compose_files}
    named = [
        each
        for project, each in repository.compose.services()
        if each.name == service.path and paths.issuperset(project.paths)
    ]
    if named and not any(each.devices for each in named):
        text = f"runArgs does nothing beside dockerComposeFile: service {service.path} gets no GPU"
        yield Problem(one.gpus, text, hint="reserve the GPU in the compose file")


def _asks(one: Devcontainer) -> bool:
    return one.gpus is not None or one.needs is not None or one.otherwise


def _made_of(one: Devcontainer) -> tuple[object, ...]:
    """What two containers of the same image have in common."""
    build = one.build
    if build is not None:
        return (build.dockerfile, build.target, tuple((name, value.text) for name, value in build.args))
    return (one.use.value.text if one.use is not None else "",)


def _is_for_cpu(one: Devcontainer) -> bool:
    """Whether a name or a setting says that a container computes on the CPU."""
    if any("cpu" in accelerator_words(name) for name in (one.name, posixpath.dirname(one.span.path))):
        return True
    return any(text.lower() == "cpu" or name == "CUDA_VISIBLE_DEVICES" for name, text in one.settings)


def _computes_on(
    repository: Repository, one: Devcontainer, of_image: Callable[[Reference, str], Found]
) -> tuple[str | None, tuple[Reason, ...], bool]:
    """What the image of a container computes on, why, and whether it holds CUDA alone, with which one can compile."""
    if one.build is None:
        reference = one.use.reference if one.use is not None else None
        found = of_image(reference, one.span.path) if reference is not None else (None, ())
        return (*found, reference is not None and reference.path.endswith("nvidia/cuda"))
    states = _states(repository, one)
    return (*proven_by_all(states), all(s.torch.channel == "none" and not s.packages for s in states))


def _states(repository: Repository, one: Devcontainer) -> list[State]:
    """What the builds of a container's image make."""
    build, graph = one.build, repository.graph
    if build is None or not build.dockerfile:
        return []
    return [
        repository.beliefs.state(evaluated, stage)
        for evaluated in graph.evaluations.evaluated_at(build.dockerfile)
        if evaluated.build.identity == build.identity
        and (stage := evaluated.target(evaluated.build.target)) is not None
    ]


def missing_compose_files(repository: Repository) -> Iterator[Problem]:
    """Yield the compose files of dev containers that are not there, in a folder with others."""
    known = [file.source.path for file in repository.compose.files] if repository.compose is not None else []
    for script in repository.scripts.values():
        for one in script.devcontainers:
            for file in one.compose_files:
                near = [path for path in known if posixpath.dirname(path) == posixpath.dirname(file.path)]
                if not file.path or not near or file.path.startswith("..") or disk.lexists(file.path):
                    continue
                if not repository.sources.checkout.ignores(one.span.path, (file.path,)):
                    text = f"there is no {file.path}{did_you_mean(file.path, near, str)}"
                    yield Problem(file.span, text, image=file.path)


def unknown_services(repository: Repository, names: set[str]) -> Iterator[Problem]:
    """Yield the services of dev containers that no compose file has, where all files that they name were read."""
    projects = repository.compose
    read = {file.source.path for file in projects.files} if projects is not None else set()
    for script in repository.scripts.values():
        for one in script.devcontainers:
            service = one.service
            if service is None or service.path in names or "${" in service.path or not one.compose_files:
                continue
            if all(file.path in read for file in one.compose_files):
                text = f"no compose file has a service {service.path!r}{did_you_mean(service.path, sorted(names))}"
                yield Problem(service.span, text, image=service.path)
