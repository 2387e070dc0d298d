"""Services whose runtime passes the devices that a variable names, which nothing sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.images.graph.image import Image, contributing
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service

_VISIBLE = "NVIDIA_VISIBLE_DEVICES"


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


def _names_none(image: Image) -> bool:
    """Whether an image stands on a plain base, which its own Dockerfile names, and sets no visible devices itself."""
    base = image.base
    if base.accelerator != "cpu" or not base.sure or base.torch.channel != "none":
        return False
    if base.root is None or base.root.span.path != image.evaluated.path or not base.root.value.known:
        return False
    return not any(_VISIBLE in stage.env for stage in contributing(image.evaluated, image.stage))
