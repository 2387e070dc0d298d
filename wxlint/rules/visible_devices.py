"""An image, or a service that asks for a GPU, fixes which GPUs it sees.

## Why

Which devices a container gets is said when it starts (`--gpus '"device=1"'`, compose's `device_ids`), and inside they
are counted from 0. `ENV CUDA_VISIBLE_DEVICES=0` leaves every host but one GPU, another number none at all; the
number of a device or its UUID belongs to one host. `void`, `none`, `-1` hide all of them from a GPU image.
`CUDA_VISIBLE_DEVICES` knows no `all`: CUDA then sees no device; nor do ROCm's `ROCR_VISIBLE_DEVICES` and
`HIP_VISIBLE_DEVICES`. `NVIDIA_VISIBLE_DEVICES=all` is what NVIDIA's own images set. Of `NVIDIA_DRIVER_CAPABILITIES`
CUDA needs `compute`: with `utility` alone nvidia-smi shows the GPU, and torch finds none.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
ENV CUDA_VISIBLE_DEVICES=0
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity, Span
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "an image that fixes which GPUs it sees, or a service that hides the one it asks for"
HINT = "leave the choice to the run: --gpus, or device_ids in compose"

_SET = late(
    r"(?<![\w$])(?P<name>(?:NVIDIA|CUDA|HIP|ROCR|GPU)_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|NVIDIA_DRIVER_CAPABILITIES)"
    r"(?:=|[ \t]+)"
)
_WORDS = ("VISIBLE_DEVICES", "DRIVER_CAPABILITIES")
_CHOSEN = late(r"\d+(?:,\d+)*|(?:GPU|MIG)-[\w/-]+(?:,.*)?|\d+:\d+(?:,.*)?")
_NONE = ("", "-1", "void", "none", "NoDevFiles")
_READERS = {"CUDA_VISIBLE_DEVICES": "CUDA", "ROCR_VISIBLE_DEVICES": "ROCm", "HIP_VISIBLE_DEVICES": "HIP"}
"""What reads each of the variables that take indices and UUIDs alone, and knows no `all`."""
_TAKE_OUT = "take the variable out: without it {} sees what the container has"
_NO_DEVICE = ("", "void", "none")
"""What NVIDIA's runtime takes for no device."""


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        if not any(word in image.evaluated.dockerfile.source.text for word in _WORDS):
            continue
        stage = image.stage
        while True:
            for name, span in _set_in(image, stage.index):
                value = image.stage.env.get(name)  # what later stages set counts
                if value is not None and value.known and value.because and value.because[-1].line == span.line:
                    yield from _problem(image, name, value.text.strip(), span)
            if len(stage.parents) != 1 or stage.external:
                break
            stage = image.evaluated.stages[stage.parents[0]]
    yield from _services(repository)


def _services(repository: Repository) -> Iterator[Problem]:
    """Yield services that ask for a GPU and hide it from CUDA, be it by a variable of the host that is seldom set.

    NVIDIA_VISIBLE_DEVICES counts where the runtime alone brings the GPU: for `gpus` and a reservation docker sets the
    variable itself.
    """
    for _, service in repository.compose.services() if repository.compose is not None else ():
        given = [d for d in service.devices if d.gpu and (d.vendor == "nvidia" or (d.vendor == "" and d.name is None))]
        asked = {(device.how, device.vendor) for device in given}
        of_amd = any(device.gpu and device.vendor == "amd" for device in service.devices)
        for named in service.environment if asked or of_amd else ():
            if named.value is None or not named.value.known:
                continue
            shown = named.value.text.strip()
            hint = _TAKE_OUT.format(_READERS.get(named.name))
            if of_amd and named.name in _READERS and shown == "all":
                text = f"service {service.name} asks for a GPU, and {_knows_no_all(named.name)}"
            elif asked and named.name == "CUDA_VISIBLE_DEVICES" and shown in (*_NONE, "all"):
                text = f"service {service.name} asks for a GPU, and {named.name}={shown} hides it from CUDA"
            elif (
                named.name == "NVIDIA_VISIBLE_DEVICES"
                and asked == {("runtime", "nvidia")}
                and shown in _NO_DEVICE
                and not named.value.because  # else the host may set it
            ):
                text = f"service {service.name} asks for a GPU, and {named.name}={shown} gives it none"
                hint = f"write {named.name}=all, or take the runtime out"
            else:
                continue
            yield Problem(named.place.span, text, tuple(named.value.because), hint)


def _set_in(image: Image, index: int) -> Iterator[tuple[str, Span]]:
    """Yield the variables that the ENV instructions of a stage set, each with its place."""
    source = image.evaluated.dockerfile.source
    for instruction in image.evaluated.instructions_of(image.evaluated.stages[index]):
        if instruction.keyword != "ENV":
            continue
        for found in _SET.finditer(instruction.text):
            yield found["name"], instruction.span(source, found.start("name"), found.end("name"))


def _problem(image: Image, name: str, value: str, span: Span) -> Iterator[Problem]:
    if name == "NVIDIA_DRIVER_CAPABILITIES":
        given = {word.strip() for word in value.split(",")}
        if value and _is_for_cuda(image) and given.isdisjoint(("all", "compute")):
            text = f"{name}={value} leaves CUDA's driver out, but {image.label} is a cuda image"
            hint = f"write {name}=compute,{value}"
            yield Problem(span, text, (*image.base.because, *image.why), hint, image.doubt, image.label)
    elif _CHOSEN.fullmatch(value):
        text = f"{name}={value} fixes the devices of one host in the image"
        yield Problem(span, text, image=image.label)
    elif name in _READERS and value.lower() == "all":
        yield Problem(span, _knows_no_all(name), hint=_TAKE_OUT.format(_READERS[name]), image=image.label)
    elif value in _NONE and _is_for_cuda(image):
        text = f"{name}={value} hides every GPU, but {image.label} is a cuda image"
        yield Problem(span, text, (*image.base.because, *image.why), severity=image.doubt, image=image.label)


def _knows_no_all(name: str) -> str:
    return f"{name} knows no `all`: {_READERS[name]} sees no device"


def _is_for_cuda(image: Image) -> bool:
    return image.expected == "cuda" or (image.expected is None and image.base.accelerator == "cuda")
