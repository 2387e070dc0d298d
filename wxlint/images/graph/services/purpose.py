"""What the image of a compose service is for: by the policy, by its tag, or by what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.family import listed_for
from wxlint.images.graph.image import proven_accelerator
from wxlint.images.graph.lineage.external_images import known_cuda, server_for_cpu
from wxlint.images.graph.names.hints import said_by
from wxlint.images.model.reference import Reference, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wxlint.documents.compose.services import Service
    from wxlint.images.graph.image import Image
    from wxlint.images.graph.purpose.device_settings import Setting
    from wxlint.images.graph.repository import Repository


class Meant(NamedTuple):
    """What a service's image is for.

    said: by the policy or a tag, not by what is inside alone. runs: whether the service may be there to be started, for
    what its image computes. beside: another service that has the device for the same image. instead: what to run where
    the image computes on no GPU, "" where that is not known.
    """

    accelerator: str | None
    because: tuple[Reason, ...] = ()
    said: bool = True
    runs: bool = True
    beside: str = ""
    instead: str = ""

    @property
    def severity(self) -> Severity | None:
        """What is inside, or what another service has a device for, may have another purpose: this is no error."""
        if not self.runs:
            return Severity.INFO
        return None if self.said and not self.beside else Severity.WARNING


def meant_for(repository: Repository, service: Service) -> Meant:
    """What the service's image is for: by the policy, else by the image's tag, else by what is in the image."""
    image = service.image.value if service.image is not None else None
    reference = parse_reference(image) if image is not None else None
    policy = repository.policy
    if policy is not None and reference is not None:
        listed = repository.family.listed(reference)
        if listed is not None:
            return Meant(*listed_for(listed, policy.path))
        member = repository.family.member(reference)
        if member is not None and member.stage is not None and member.known:
            return Meant(None)  # a tag that the stage does not have says nothing: variant-tag speaks of it
    if reference is not None and reference.tag_known and reference.tag:
        said = said_by(reference.tag, "image tag")
        if said:
            return Meant(said[0].accelerator, (said[0].reason,))
    return _by_content(repository, service, reference)


def _by_content(repository: Repository, service: Service, reference: Reference | None) -> Meant:
    """What the image proves: that which the service builds, else that which the repository builds under its name, else
    a well-known one.
    """
    graph = repository.graph
    images = graph.images.images_of(service)
    if not images and service.build is None and reference is not None:
        images = [graph.images.image(evaluated, stage) for evaluated, stage in graph.producers(reference)]
        if not images:
            return _of_others(reference, service)
    found = [proven_accelerator(image.state) for image in images]
    if len({accelerator for accelerator, _ in found}) != 1:
        return Meant(None)
    if found[0][0] is None and chooses_gpu(service):
        return _without_gpu(repository, service, images)
    return Meant(*found[0], said=False)


def _of_others(reference: Reference, service: Service) -> Meant:
    """What an image of somebody else is for: one that holds CUDA, or a server's for the CPU that gets a GPU."""
    reason = known_cuda(reference)
    if reason is not None:
        return Meant("cuda", (reason,), said=False)
    asks = any(device.gpu and (device.how != "device" or device.vendor == "nvidia") for device in service.devices)
    found = server_for_cpu(reference) if asks and not _installs(service) else None
    return Meant("cpu", (found[0],), said=False, instead=found[1]) if found is not None else Meant(None)


def _installs(service: Service) -> bool:
    """Whether a service starts with more than its image holds."""
    words = [text.value.text for part in (service.entrypoint, service.command) if part for text in part.words]
    return any("install" in word for word in words)


def _without_gpu(repository: Repository, service: Service, images: list[Image]) -> Meant:
    """What a service is for that asks for a GPU, or is set to compute on one, where nothing in its image does."""
    if any(image.state.torch.channel != "none" for image in images):
        return Meant(None)
    from wxlint.images.graph.services.without_gpu import holds_no_gpu_stack

    found = [holds_no_gpu_stack(repository, image, service) for image in images]
    return Meant("cpu", found[0], said=False) if all(found) else Meant(None)


def chooses_gpu(service: Service) -> bool:
    """Whether a service asks for a GPU, or is set to compute on one."""
    return any(device.gpu for device in service.devices) or gpu_setting(service) is not None


def gpu_setting(service: Service) -> Setting | None:
    """What a service is set to compute on a GPU by, for its program alone."""
    if not any(word in name for name in _names(service) for word in _OF_DEVICES):
        return None
    from wxlint.images.graph.purpose.device_settings import VISIBLE, settings_of_service

    chosen = [one for one in settings_of_service(service) if one.name not in VISIBLE]
    if {one.accelerator for one in chosen} != {"cuda"} or not all(one.literal for one in chosen):
        return None
    return chosen[0]


_OF_DEVICES = ("DEVICE", "GPU", "CUDA")
"""Words without one of which no variable and no option is about devices."""


def _names(service: Service) -> Iterator[str]:
    """The names of a service's variables, and the words of what it starts, in capitals."""
    yield from (named.name.upper() for named in service.environment)
    for command in (service.entrypoint, service.command):
        yield from (text.value.text.upper() for text in (command.words if command is not None else ()))
