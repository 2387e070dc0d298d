"""What is wrong with the devices that one service asks for, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.services.purpose import Meant, gpu_setting
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.compose.devices import DeviceRequest
    from wxlint.documents.compose.services import Service

_DRIVERS = ("nvidia", "cdi", "amd")
"""The device drivers that docker's engine registers (moby: daemon/devices.go and its callers; amd from 29 on)."""
GPU_IMAGES = ("cuda", "rocm")
_ROCM_DEVICES = 'devices: ["/dev/kfd", "/dev/dri"]'
_FILES = frozenset("chmod chown cp mkdir mv rm touch".split())
_WORD = late(r"[^a-z]+")


def no_such_driver(service: Service) -> Iterator[Problem]:
    """Yield a device driver that no engine has: such a service never starts."""
    for device in service.devices:
        driver = device.driver
        if driver is None or not driver.value.known or driver.value.text in ("", *_DRIVERS):
            continue
        text = f"service {service.name} asks for a device of the driver {driver.value.shown()}: the engine has none"
        hint = "map the devices themselves" if device.vendor in ("amd", "intel") else f"use {' or '.join(_DRIVERS[:2])}"
        if device.vendor == "amd":
            hint += f": {_ROCM_DEVICES}"
        elif device.vendor == "intel":
            hint += ': devices: ["/dev/dri"]'
        yield Problem(driver.place.span, text, (), hint, Severity.WARNING)


def of_service(service: Service, meant: Meant, helper: bool) -> Iterator[Problem]:
    """What is wrong with the devices of a service. helper: another service has the device for it."""
    devices, why = service.devices, meant.because
    asks = [d for d in devices if d.gpu]
    watched = [d for d in devices if d.computes is False]
    if meant.accelerator == "cuda" and watched and len(watched) == len(devices):
        parts = ", ".join(text.value.text for text in watched[0].capabilities)
        yield Problem(
            watched[0].place.span,
            f"service {service.name} runs a cuda image and asks for a GPU with [{parts}]: "
            "without compute CUDA finds no driver",
            why,
            "ask for capabilities: [gpu], or add compute",
            severity=meant.severity,
        )
    elif meant.accelerator in GPU_IMAGES and not any(d.gpu is not False for d in devices):
        if (
            helper
            or service.provider
            or _handles_files(service)
            or (not meant.said and _compiles(service))
            or (meant.accelerator == "rocm" and not {"privileged", "volumes_from"}.isdisjoint(service.says))
        ):
            return
        if not meant.said and any(named.name == "NVIDIA_VISIBLE_DEVICES" for named in service.environment):
            from wxlint.rules._nvidia_runtime import left_to_the_engine

            yield from left_to_the_engine(service, meant)
            return
        text = f"service {service.name} runs a {meant.accelerator} image and asks for no device"
        if meant.beside:
            text += f"; service {meant.beside} has one for the same image"
        hint = "" if meant.accelerator == "cuda" else f"map the devices of the driver: {_ROCM_DEVICES}"
        yield Problem(service.key.span, text, why, hint, meant.severity)
    elif meant.accelerator == "cuda" and asks and all(map(_is_of_the_screen, devices)):
        yield from _without_nvidia(service, meant)
    elif meant.accelerator == "cpu" and asks:
        yield Problem(
            asks[0].place.span,
            f"service {service.name} runs a cpu image and asks for a GPU",
            why,
            meant.instead or "take the reservation out: it is fatal on a host without a GPU",
            severity=meant.severity,
        )
    elif meant.accelerator == "rocm" and asks and all(device.vendor == "nvidia" for device in asks):
        text = f"service {service.name} runs a rocm image and asks for a device of NVIDIA's driver"
        yield Problem(
            asks[0].place.span, text, why, f"map the devices of the driver: {_ROCM_DEVICES}", severity=meant.severity
        )
    elif meant.accelerator == "cpu" and (setting := gpu_setting(service)) is not None:
        text = f"service {service.name} is set to compute on a GPU, and its image holds nothing for one"
        hint = "set it to the CPU, or build the image with packages for CUDA"
        severity = meant.severity or Severity.WARNING
        yield Problem(setting.span or service.key.span, text, (setting.reason, *why), hint, severity)
    else:
        yield from _uncounted(service)


def _is_of_the_screen(device: DeviceRequest) -> bool:
    """Whether all that is mapped is what a screen, or a GPU of AMD's, is reached by."""
    text = device.name.value.text if device.how == "device" and device.name is not None else ""
    return text.startswith(("/dev/dri", "/dev/kfd"))


def _without_nvidia(service: Service, meant: Meant) -> Iterator[Problem]:
    """Yield a CUDA service whose devices reach no GPU of NVIDIA's; the engine's own runtime may bring one."""
    if "privileged" in service.says or any(named.name == "NVIDIA_VISIBLE_DEVICES" for named in service.environment):
        return
    mapped = " and ".join(
        sorted({device.name.value.text.partition(":")[0] for device in service.devices if device.name})
    )
    text = f"service {service.name} runs a cuda image and maps {mapped} only, through which CUDA finds no device"
    severity = Severity.INFO if meant.severity is Severity.INFO else Severity.WARNING
    yield Problem(service.devices[0].place.span, text, meant.because, "", severity)


def _uncounted(service: Service) -> Iterator[Problem]:
    """Devices that are asked for without a number: what comes depends on the versions of compose and engine."""
    for device in service.devices:
        if device.how == "deploy" and device.gpu and device.quantity is None and not device.device_ids:
            yield Problem(
                device.place.span,
                f"service {service.name} asks for a device with neither count nor device_ids: some versions pass none",
                (),
                "write count: all, or the number",
                Severity.INFO,
            )


def _handles_files(service: Service) -> bool:
    """Whether a service only prepares files for others: `command: chown -R user /data`."""
    command = service.entrypoint or service.command
    words = [text.value.text for text in command.words] if command is not None else []
    if command is not None and not command.listed:
        words = words[0].split() if words else []
    return bool(words) and words[0] in _FILES


def _compiles(service: Service) -> bool:
    """Whether a service is there to compile, which takes CUDA's compilers and no GPU, as its name says."""
    return bool({"build", "builder", "compile", "wheel", "wheels"} & set(_WORD.split(service.name.lower())))
