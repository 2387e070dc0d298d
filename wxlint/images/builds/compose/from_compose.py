"""What the services of compose projects build and use."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from wxlint.core.paths import normal
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.fields import Named
from wxlint.documents.compose.merge import Text
from wxlint.documents.compose.services import Service, ServiceBuild
from wxlint.images.builds.compose.projects import ComposeProject, ComposeProjects
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference


def service_uses(projects: ComposeProjects) -> Iterator[Use]:
    """The images that services name, and the tags that their builds make."""
    own = {file.source.path for file in projects.files} - projects.parts
    seen = set()
    for _, service in projects.services():  # a part has the variables of what includes it
        if service.key.source.path not in own:
            seen.add((service.key.source.path, service.name))
            yield from _uses(service)
    for file in projects.files:
        for service in file.services:
            if (file.source.path, service.name) not in seen:
                yield from _uses(service)


def _uses(service: Service) -> Iterator[Use]:
    if service.image is not None and service.image.value.text:
        yield _use("compose image", service.image, produces=service.build is not None)
    if service.build is not None:
        for tag in service.build.tags:
            yield _use("compose build tag", tag, produces=True)
        for context in service.build.additional_contexts:
            if context.value is not None and context.value.text.startswith("docker-image://"):
                value = context.value._replace(text=context.value.text.removeprefix("docker-image://"))
                yield Use(
                    "compose additional context",
                    value,
                    parse_reference(value),
                    context.place.span,
                    because=value.because,
                )


def _use(kind: str, text: Text, produces: bool) -> Use:
    return Use(kind, text.value, parse_reference(text.value), text.place.span, produces, because=text.value.because)


def service_builds(projects: ComposeProjects, find: Callable[[list[str]], str | None]) -> Iterator[Build]:
    """One build for each service of each project that builds a Dockerfile of this run.

    find: the first of several paths that is such a Dockerfile.
    """
    for project, service in projects.services():
        build = service.build
        dockerfile = dockerfile_of(build) if build is not None else None
        path = find([normal(dockerfile)]) if dockerfile is not None else None
        if build is None or build.folder is None or path is None:
            continue
        yield _build(project, service, build, path)


def inline_builds(projects: ComposeProjects) -> Iterator[Build]:
    """One build for each service whose Dockerfile stands in its compose file, in which that is looked for."""
    for project, service in projects.services():
        if service.build is not None and service.build.dockerfile_inline is not None:
            yield _build(project, service, service.build, service.build.dockerfile_inline.place.source.path)


def _build(project: ComposeProject, service: Service, build: ServiceBuild, path: str) -> Build:
    tags = [_use("compose build tag", tag, produces=True) for tag in build.tags]
    if service.image is not None and service.image.value.text:
        tags.insert(0, _use("compose image", service.image, produces=True))
    target = build.target.value if build.target is not None else None
    return Build(
        path,
        (build.folder,) if build.folder is not None else (),
        target=target.text if target is not None and target.known and target.text else None,
        args=tuple((named.name, _argument(named)) for named in build.args),
        tags=tuple(tags),
        built_by=(reason_at("build", f"compose service {service.name}", service.key.span),),
        span=service.key.span,
        platform=_platform(service),
        service=service,
        named_contexts=tuple((named.name, named.value or Value("")) for named in build.additional_contexts),
        platforms=_platforms(service, build),
        called=(project.paths[0], service.name),
    )


def dockerfile_of(build: ServiceBuild) -> str | None:
    """The path of a build's Dockerfile; None where it is not known, or no file."""
    if build.remote or build.folder is None:
        return None
    if build.dockerfile_path is None and build.dockerfile is None and build.dockerfile_inline is None:
        return posixpath.join(build.folder, "Dockerfile")
    return build.dockerfile_path


def _argument(named: Named) -> Value:
    """A build argument, with the reason for its value."""
    place = named.place.span
    if named.value is None:
        reason = reason_at("build-arg", f"build arg {named.name} is taken from the environment", place)
        return Value(HOLE, (f"${{{named.name}}}",), (reason,))
    reason = reason_at("build-arg", f"build arg {named.name}={named.value.shown()}", place)
    return named.value._replace(because=(*named.value.because, reason))


def _platforms(service: Service, build: ServiceBuild) -> tuple[str, ...]:
    """The platforms that a service says its image is built for, as far as they are known."""
    said = build.platforms or ((service.platform,) if service.platform is not None else ())
    return tuple(text.value.text for text in said if text.value.known and text.value.text)


def _platform(service: Service) -> str:
    """The platform of a service's image, that of most hosts where it says none."""
    platform = service.platform.value.text if service.platform is not None else ""
    return platform if platform.startswith(("linux/", "windows/")) and HOLE not in platform else "linux/amd64"
