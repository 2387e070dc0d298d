"""A GPU service asks for no device, or a CPU service asks for one.

## Why

A CUDA image in a service without a reservation runs on the CPU, and says nothing. A reservation on a CPU service does
more harm: compose refuses to start it on a host without a GPU. A device that an overlay file adds
(`docker-compose.gpu.yml`) counts. `capabilities: [gpu, utility]` gives a container nvidia-smi but no libcuda: named
parts of the driver are all it gets.

## Bad

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:cuda
```

```yaml compose.yaml
services:
  mux:
    image: example/mux:cpu
    gpus: all
```

## Good

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:cuda
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              count: 1
              capabilities: [gpu]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.images.graph.name_hints import said_by
from wxlint.images.graph.repository import Repository
from wxlint.images.model.reference import parse_reference
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service

SEVERITY = Severity.ERROR
SUMMARY = "a GPU service without a device, or a CPU service with one"
HINT = "reserve the device under deploy.resources.reservations.devices, or take the reservation out"


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    if projects is None:
        return
    served = {
        (project.paths[0], service.name)
        for project, service in projects.services()
        if any(d.gpu is not False for d in service.devices)
    }
    used_with_device = {
        s.image.value.text for p, s in projects.services() if s.image is not None and (p.paths[0], s.name) in served
    }
    for project, service in projects.services():
        if not projects.filled.isdisjoint(service.paths):
            continue  # a template: what it asks for may stand under a condition
        meant, why = _meant(repository, service)
        if meant and any(_meant(repository, rival)[0] != meant for rival in projects.rivals(project, service)):
            continue  # an overlay of overlays: which image it runs is not known
        asks = [d for d in service.devices if d.gpu]
        watched = [d for d in service.devices if d.computes is False]
        if meant == "cuda" and watched and len(watched) == len(service.devices):
            parts = ", ".join(text.value.text for text in watched[0].capabilities)
            yield Problem(
                watched[0].place.span,
                f"service {service.name} runs a cuda image and asks for a GPU with [{parts}]: "
                "without compute CUDA finds no driver",
                why,
                "ask for capabilities: [gpu], or add compute",
            )
        elif meant == "cuda" and not any(d.gpu is not False for d in service.devices):
            if service.image is None or (project.paths[0], service.name) in served or service.provider:
                continue
            if repository.policy is None and service.image.value.text in used_with_device:
                continue  # a helper of a service that has the device: it prepares folders, downloads models
            yield Problem(service.key.span, f"service {service.name} runs a cuda image and asks for no device", why)
        elif meant == "cpu" and asks:
            where = asks[0].place.span
            yield Problem(
                where,
                f"service {service.name} runs a cpu image and asks for a GPU",
                why,
                "take the reservation out: it is fatal on a host without a GPU",
            )


def _meant(repository: Repository, service: Service) -> tuple[str | None, tuple[Reason, ...]]:
    """What the service's image is for: by the policy, else by the image's tag, else by what the repository builds for
    it.
    """
    image = service.image.value if service.image is not None else None
    reference = parse_reference(image) if image is not None else None
    policy = repository.policy
    if policy is not None and reference is not None:
        member = policy.match(Value(reference.name, image.holes if image else ()))
        if member is not None and member.stage is not None:
            for variant in policy.variants.values():
                if variant.tag == reference.tag and member.stage in variant.members:
                    expectation = repository.expected(member.stage, variant.name)
                    if expectation is None or not expectation.gpu and variant.accelerator == "cuda":
                        return None, ()
                    text = f"{expectation.image} is a {variant.name} image"
                    return variant.accelerator, (Reason("policy", text, policy.path),)
            if member.known:
                return None, ()  # a tag that the stage does not have says nothing: variant-tag speaks of it
    if reference is not None and reference.tag_known and reference.tag:
        said = said_by(reference.tag, "image tag")
        if said:
            return said[0].accelerator, (said[0].reason,)
    return None, ()
