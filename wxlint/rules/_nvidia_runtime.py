"""NVIDIA's runtime, which passes the devices that a variable names: one of the two without the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.services.purpose import Meant
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service

_VISIBLE = "NVIDIA_VISIBLE_DEVICES"
_NO_DEVICE = ("", "none", "void")
"""Values that ask for no device. Source: NVIDIA Container Toolkit: Docker specialized configurations."""


def passes_nothing(repository: Repository, service: Service) -> Iterator[Problem]:
    """Yield a runtime that passes no device: images of NVIDIA's say which ones, plain ones do not."""
    asked = [device for device in service.devices if device.gpu is not False]
    name = asked[0].name if len(asked) == 1 and asked[0].how == "runtime" else None
    if name is None or name.value.text != "nvidia" or "env_file" in service.says:
        return
    images = repository.graph.images.images_of(service)
    if images and all(map(_names_none, images)) and all(named.name != _VISIBLE for named in service.environment):
        text = f"service {service.name} has the runtime nvidia, and nothing sets {_VISIBLE}: no GPU is passed"
        hint = f"reserve the device, or set {_VISIBLE}: all"
        yield Problem(name.place.span, text, images[0].base.because, hint, Severity.WARNING)


def left_to_the_engine(service: Service, meant: Meant) -> Iterator[Problem]:
    """Say that a service which only sets the variable gets a GPU where the runtime is the engine's default."""
    if not {"privileged", "volumes_from"}.isdisjoint(service.says):
        return  # the devices may come otherwise
    variable = next(named for named in service.environment if named.name == _VISIBLE)
    if variable.value is None or not variable.value.known or variable.value.text.strip("'\" ").lower() in _NO_DEVICE:
        return
    text = (
        f"service {service.name} runs a {meant.accelerator} image and only sets {_VISIBLE}, which NVIDIA's runtime "
        "reads: it gets a GPU where that is the engine's default"
    )
    hint = "set runtime: nvidia, or reserve the device under deploy.resources.reservations.devices"
    yield Problem(variable.place.span, text, meant.because, hint, Severity.INFO)


def _names_none(image: Image) -> bool:
    """Whether an image stands on a plain base, which its own Dockerfile names, and sets no visible devices itself."""
    base = image.base
    if base.accelerator != "cpu" or not base.sure or base.torch.channel != "none":
        return False
    if base.root is None or base.root.span.path != image.evaluated.path or not base.root.value.known:
        return False
    return not any(_VISIBLE in stage.env for stage in contributing(image.evaluated, image.stage))
