"""What compose files called for a GPU (`docker-compose.gpu.yml`) ask for beside those for the CPU."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.images.builds.compose.projects import ComposeProjects


def problems(projects: ComposeProjects) -> Iterator[Problem]:
    """Yield GPUs that are asked for twice, and GPU images of services that have none."""
    yield from _asked_for_twice(projects)
    yield from _without_need(projects)


def _asked_for_twice(projects: ComposeProjects) -> Iterator[Problem]:
    """Yield the GPUs of base files that an overlay is there to add."""
    reported = set()
    for project in projects.projects:
        *below, overlay = project.paths
        if not below or not _is_for_cuda(overlay):
            continue
        for service in project.project.services:
            asked = [device for device in service.devices if device.gpu]
            added = next((device for device in asked if device.place.source.path == overlay), None)
            first = next((device for device in asked if device.place.source.path in below), None)
            if added is None or first is None or first.place in reported:
                continue
            reported.add(first.place)
            path = first.place.source.path
            text = (
                f"service {service.name} asks for a GPU in {path}, and again in {overlay}, which is laid over it: "
                "the first does not start without one"
            )
            because = (reason_at("build", f"{overlay} asks for it", added.place.span),)
            yield Problem(first.place.span, text, because, f"leave the GPU to {overlay}", Severity.WARNING)


def _without_need(projects: ComposeProjects) -> Iterator[Problem]:
    """Yield services without a GPU that are built from its Dockerfile beside one that has the GPU, and that another
    file of the folder builds for the CPU."""
    for project in projects.projects:
        path = project.paths[-1]
        if not _is_for_cuda(path):
            continue
        served = {
            _dockerfile(service): service.name
            for service in project.project.services
            if any(device.gpu for device in service.devices)
        }
        for service in project.project.services:
            dockerfile = _dockerfile(service)
            smaller = _for_cpu(projects, path, service)
            if dockerfile not in served or smaller is None or service.devices or service.image is not None:
                continue
            if service.build is None or service.build.place.source.path != path or not _is_for_cuda(dockerfile or ""):
                continue
            if any("DEVICE" in named.name or "GPU" in named.name for named in service.environment):
                continue  # the engine's own runtime may bring it
            text = (
                f"service {service.name} builds {dockerfile} as {served[dockerfile]} does, but asks for no device: "
                f"if it computes nothing, the image of {smaller} will do"
            )
            hint = "reserve the device, or leave its build to the file for the CPU"
            yield Problem(service.key.span, text, (), hint, Severity.INFO)


def _is_for_cuda(path: str) -> bool:
    return accelerator_words(posixpath.basename(path)) == {"cuda"}


def _dockerfile(service: Service) -> str | None:
    return service.build.dockerfile_path if service.build is not None else None


def _for_cpu(projects: ComposeProjects, path: str, service: Service) -> str | None:
    """The Dockerfile from which another compose file of the folder builds a service, where that is not for a GPU."""
    for file in projects.files:
        other = file.source.path
        if other != path and posixpath.dirname(other) == posixpath.dirname(path) and not _is_for_cuda(other):
            for own in file.services:
                found = _dockerfile(own) if own.name == service.name else None
                if found is not None and not accelerator_words(posixpath.basename(found)) - {"cpu"}:
                    return found
    return None
