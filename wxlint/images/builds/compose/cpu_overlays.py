"""Compose files for the CPU or for AMD's GPUs that are merged over others (`docker-compose.cpu.yml`), services for the
CPU that extend others, and the GPUs that they leave there.

Lists are appended when files are merged, and what is not named stays: `devices: []` takes nothing away, `!reset` does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.policy.accelerator_words import accelerator_words

if TYPE_CHECKING:
    from wxlint.documents.compose.devices import DeviceRequest
    from wxlint.documents.compose.services import Service
    from wxlint.images.builds.compose.projects import ComposeProject, ComposeProjects

_CHANGES = frozenset("build command deploy devices entrypoint environment gpus image runtime".split())
"""What a file for the CPU says of a service that is to run without a GPU."""


class KeptDevice(NamedTuple):
    """A GPU that a service still asks for. service: as merged. own: as the file has it that is for the CPU, or in which
    it extends another."""

    project: ComposeProject
    service: Service
    own: Service
    device: DeviceRequest


def is_for_cpu(path: str) -> bool:
    """Whether a compose file is called for the CPU."""
    return accelerator_words(posixpath.basename(path)) == {"cpu"}


def is_for_amd(path: str) -> bool:
    """Whether a compose file is called for AMD's GPUs."""
    return accelerator_words(posixpath.basename(path)) == {"rocm"}


def may_keep_devices(projects: ComposeProjects) -> bool:
    """Whether files are merged, or services extend others, at all."""
    merged = any(len(project.paths) > 1 for project in projects.projects)
    return merged or any(own.extends is not None for file in projects.files for own in file.services)


def kept_devices(projects: ComposeProjects) -> Iterator[KeptDevice]:
    """The first GPU of each service that a file for the CPU leaves as the files below it have it, or a service for the
    CPU as the one has it that it extends; the first of NVIDIA's that a file leaves which gives the service AMD's."""
    for project in projects.projects:
        yield from _extending(projects, project)
        for place, path in enumerate(project.paths):
            if place and (is_for_cpu(path) or is_for_amd(path)):
                yield from _kept(projects, project, path, project.paths[:place])


def _kept(
    projects: ComposeProjects, project: ComposeProject, path: str, below: tuple[str, ...]
) -> Iterator[KeptDevice]:
    listed = {s.name: s for file in projects.files if file.source.path == path for s in file.services}
    for service in project.project.services:
        own = listed.get(service.name)
        if own is None or (own.profiles and is_for_cpu(path)) or service.idle or _CHANGES.isdisjoint(own.says):
            continue
        below_it = [device for device in service.devices if device.gpu and device.place.source.path in below]
        if not is_for_cpu(path):
            of_amd = any(device.vendor == "amd" for device in own.devices)
            below_it = [device for device in below_it if of_amd and device.vendor != "amd" and device.how != "device"]
        device = next(iter(below_it), None)
        if device is not None:
            yield KeptDevice(project, service, own, device)


def _extending(projects: ComposeProjects, project: ComposeProject) -> Iterator[KeptDevice]:
    """Services that are called for the CPU and have the GPU of a service that they extend."""
    if len(project.paths) > 1:
        return  # files below may take it away, or give it
    file = next((file for file in projects.files if file.source.path == project.paths[0]), None)
    if file is None or not any(own.extends is not None for own in file.services):
        return
    listed = {own.name: own for own in file.services}
    for service in project.project.services:
        own = listed.get(service.name)
        if own is None or own.extends is None or service.idle or accelerator_words(own.name) != {"cpu"}:
            continue
        device = next((device for device in service.devices if device.gpu), None)
        if device is not None and not any(device.gpu for device in own.devices):
            yield KeptDevice(project, service, own, device)
