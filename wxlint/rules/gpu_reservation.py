"""A GPU service asks for no device, or a CPU service asks for one.

## Why

A CUDA image in a service without a reservation runs on the CPU, and says nothing. A reservation on a CPU service does
more harm: compose refuses to start it on a host without a GPU. A device that an overlay file adds
(`docker-compose.gpu.yml`) counts. A driver that the engine does not have (`driver: rocm`) keeps the service from
starting; devices under `limits` keep compose from reading the file ([syntax-error](syntax-error.md)).
`capabilities: [gpu, utility]` gives a container nvidia-smi but no libcuda: named parts of the driver are all it gets.
An image for ROCm needs the devices /dev/kfd and /dev/dri. `runtime: nvidia` passes the devices that
NVIDIA_VISIBLE_DEVICES names: NVIDIA's images set it, plain ones do not. The variable alone gives a service a GPU only
where that runtime is the engine's default; that is information.

Beside a service of the same image that has a device, one without may be there for something else (a migration, a web
process): it is a warning where both start the same program, information where it starts another or the other is called
for a GPU (`asr` beside `asr-gpu`), and nothing is said where only the image's content speaks for CUDA.

Nothing is said of a service whose environment chooses the CPU (`TRANSCRIBE_DEVICE=cpu`), nor, where only its content
speaks for CUDA, of one whose name does. A file of several services that says only how images are built is left alone
where scripts build them, or no tag speaks for CUDA, and none of them is started; else it is information.

A GPU that both the base file and the file called for a GPU that is laid over it ask for keeps the base from starting on
a host without one. A service without a device that a file called for a GPU builds from the GPU's Dockerfile, as another
service with a device, while another file builds it for the CPU, is information: the smaller image would do.

What an image is for is said by the policy, then by its tag, then by what is in it: the image that the service builds,
one that a script builds under its name, a well-known one. What is in it alone makes a warning. An image is one for the
CPU by its CPU build of torch, or where all of what it installs was read and nothing of that computes on a GPU; then a
service that is set to one (`WHISPER_DEVICE=cuda`, `--device cuda`) is wrong, too. Of public servers it is known which
tag is for the CPU (llama.cpp's `server`, `qdrant/qdrant:v1.13.0`), where a GPU does nothing, and which image is for
both (Ollama, Triton).

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

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.services.purpose import meant_for
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem
from wxlint.rules._service_devices import GPU_IMAGES, no_such_driver, of_service

if TYPE_CHECKING:
    from wxlint.core.values import Value
    from wxlint.documents.compose.services import Service
    from wxlint.images.builds.compose.cpu_overlays import KeptDevice
    from wxlint.images.builds.compose.projects import ComposeProjects

SEVERITY = Severity.ERROR
SUMMARY = "a GPU service without a device, or a CPU service with one"
_STARTS = ("compose up", "compose run", "compose start", "compose create", "compose exec", "stack deploy")
_BUILDS = ("compose build", "compose push")
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
    with_device: dict[tuple[str, ...] | None, list[Service]] = {}
    for project, service in projects.services():
        if (project.paths[0], service.name) in served:
            with_device.setdefault(_image_key(service), []).append(service)
    variants = {
        (posixpath.dirname(p.paths[0]), s.name)
        for p, s in projects.services()
        if any(d.gpu is not False for d in s.devices)
    }
    kept = {(k.project.paths, k.service.name) for k in _kept(projects)}
    kept |= _required_by_devcontainers(repository, projects)
    build_files = {path for path in _build_files(projects) if not _is_called(repository, path, _STARTS)}
    if any(accelerator_words(posixpath.basename(project.paths[-1])) for project in projects.projects):
        from wxlint.rules._gpu_overlays import problems

        yield from problems(projects)
    for project, service in projects.services():
        if (project.paths, service.name) in kept or not projects.filled.isdisjoint(service.paths):
            continue  # gpu-not-removed or a dev container; a template: what it asks for may stand under a condition
        yield from no_such_driver(service)
        meant = meant_for(repository, service)
        if meant.accelerator != "cpu" and any(device.how == "runtime" for device in service.devices):
            from wxlint.rules._nvidia_runtime import passes_nothing

            yield from passes_nothing(repository, service)
        of_variants = not service.devices and (posixpath.dirname(project.paths[0]), service.name) in variants
        if meant.accelerator in GPU_IMAGES and not service.devices and _chooses_the_cpu(service):
            continue
        if not meant.said and (of_variants or (meant.accelerator in GPU_IMAGES and is_called_cpu(service))):
            continue  # another file of the folder has it with a device, or it runs without a GPU on purpose
        if project.paths[0] in build_files and repository.policy is None:
            if not meant.said or _is_called(repository, project.paths[0], _BUILDS):
                continue
            meant = meant._replace(runs=False)
        if meant.accelerator and any(
            meant_for(repository, rival).accelerator != meant.accelerator for rival in projects.rivals(project, service)
        ):
            continue  # an overlay of overlays: which image it runs is not known
        helper = (project.paths[0], service.name) in served
        key = _image_key(service)
        siblings = with_device.get(key, []) if key is not None else []
        if siblings and not meant.said:
            helper = True  # it prepares folders, downloads models for a service that has the device
        elif siblings and not service.devices and repository.policy is None:
            twin = any(_program(each) == _program(service) and not _is_called_gpu(each) for each in siblings)
            meant = meant._replace(beside=siblings[0].name, runs=meant.runs and twin)
        yield from of_service(service, meant, helper)


def _required_by_devcontainers(repository: Repository, projects: ComposeProjects) -> set[tuple[tuple[str, ...], str]]:
    """The services, with their files, that a dev container's hostRequirements give a GPU."""
    given = {
        (file.path, one.service.path)
        for script in repository.scripts.values()
        for one in script.devcontainers
        if one.needs is not None and one.service is not None
        for file in one.compose_files
    }
    if not given:
        return set()
    return {
        (project.paths, service.name)
        for project, service in projects.services()
        if not service.devices and not given.isdisjoint((path, service.name) for path in project.paths)
    }


def _kept(projects: ComposeProjects) -> Iterable[KeptDevice]:
    """The GPUs that a file for the CPU leaves where they are."""
    from wxlint.images.builds.compose.cpu_overlays import kept_devices, may_keep_devices

    return kept_devices(projects) if may_keep_devices(projects) else ()


def _is_called_gpu(service: Service) -> bool:
    """Whether a service is called for a GPU, so that one beside it is there for machines without."""
    return bool(accelerator_words(service.name) - {"cpu"})


def _program(service: Service) -> list[tuple[str, ...]]:
    """What a service starts in place of what its image says."""
    commands = (service.entrypoint, service.command)
    return [tuple(text.value.text for text in command.words) if command is not None else () for command in commands]


def _image_key(service: Service) -> tuple[str, ...] | None:
    """What two services with the same image have in common: its name, else what it is built from."""
    if service.image is not None and service.image.value.text:
        return (service.image.value.text,)
    build = service.build
    if build is None or build.folder is None or build.dockerfile_path is None:
        return None
    return (build.folder, build.dockerfile_path, build.target.value.text if build.target is not None else "")


def _build_files(projects: ComposeProjects) -> set[str]:
    """The compose files that build several images and say nothing of how one runs."""
    services: dict[str, list[Service]] = {}
    for project, service in projects.services():
        services.setdefault(project.paths[0], []).append(service)
    return {path for path, own in services.items() if len(own) > 1 and all(s.only_builds for s in own)}


def _is_called(repository: Repository, path: str, verbs: tuple[str, ...]) -> bool:
    """Whether a script gives compose one of these commands for a file, which it may not name."""
    for script in repository.scripts.values():
        for call in script.calls:
            files = call.docker.values("-f", "--file", "-c", "--compose-file") if call.docker.verb in verbs else None
            named = [option.value for option in files or () if option.value is not None]
            if files == [] or any(not v.known or posixpath.basename(v.text) == posixpath.basename(path) for v in named):
                return True
    return False


def _chooses_the_cpu(service: Service) -> bool:
    """Whether a service is set to compute on the CPU, by its environment or its command."""
    if any(v is not None and v.text.strip("'\" ").lower() == "cpu" for v in _devices_of(service)):
        return True
    from wxlint.images.graph.purpose.device_settings import settings_of_service

    return any(setting.accelerator == "cpu" for setting in settings_of_service(service))


def _devices_of(service: Service) -> list[Value | None]:
    """The values of variables that choose a device, defaults among them."""
    return [named.value for named in service.environment if named.name.upper().endswith("DEVICE")]


def is_called_cpu(service: Service) -> bool:
    """Whether a service, its file or one of its profiles is called for the CPU."""
    names = (service.name, posixpath.basename(service.key.span.path), *(text.value.text for text in service.profiles))
    return any("cpu" in accelerator_words(name) for name in names)
