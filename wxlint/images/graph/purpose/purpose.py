"""What an image is for where no name says so: what stands beside it, what it is set to, and who runs it.

All of it is weaker than a name, and counts on a base without an accelerator only. A GPU that anything gives the image
silences it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import contributing
from wxlint.images.graph.names.install_hints import chosen, said_by_arguments
from wxlint.images.graph.names.siblings import gpu_twins, has_twins
from wxlint.images.graph.purpose.device_settings import Setting, settings_of_image, settings_of_service
from wxlint.images.graph.purpose.runners import Runner, Runners
from wxlint.images.graph.state import State
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.policy.accelerator_words import accelerator_words

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.images.graph.image_graph import ImageGraph
    from wxlint.images.model.records import Evaluated, Stage

_OF_TORCH = late(
    r"nvidia-(?:cublas|cuda-(?:cupti|nvrtc|runtime)|cudnn|cufft|cufile|curand|cusolver|cusparse|cusparselt|nccl|"
    r"nvjitlink|nvshmem|nvtx)(?:-cu\d+)?"
)
"""What the default torch asks for, and what a list that is made from an environment names with it."""
_OF_CUDA = late(r"(?:NVIDIA|CUDA|CUDNN|NCCL|(?:PY)?TORCH_CUDA)_")
"""How variables begin that are of use with a GPU of NVIDIA alone."""
_OF_A_LIST = 5
"""Libraries of CUDA that stand beside torch where somebody did not write them down by hand."""


class Purposes:
    """What the images of a repository are for."""

    def __init__(self, graph: ImageGraph) -> None:
        self._graph = graph
        self.runners = Runners(graph)

    def is_undecided(self, evaluated: Evaluated, stage: Stage) -> bool:
        """Whether nothing but torch from the default index speaks for a GPU: neither the base, nor another package,
        nor who runs it, nor what it is set to."""
        state = self._graph.beliefs.state(evaluated, stage)
        if state.accelerator != "cpu" or state.torch.channel != "default" or state.others or not _is_torch_alone(state):
            return False
        return self._set_to_the_cpu(evaluated, stage) is not None

    def _set_to_the_cpu(self, evaluated: Evaluated, stage: Stage) -> list[Reason] | None:
        """What sets an image to the CPU; None where who runs it gives it a GPU, or anything sets it to one."""
        if self.runners.is_given_gpu(evaluated, stage):
            return None
        settings = self._settings(evaluated, stage)
        return [one.reason for one in settings] if all(one.accelerator == "cpu" for one in settings) else None

    def for_the_cpu(self, evaluated: Evaluated, stage: Stage) -> tuple[Reason, ...]:
        """What says that an image is for the CPU, of one whose base has no accelerator; nothing where nothing does, or
        anything speaks for a GPU."""
        set_to = self._set_to_the_cpu(evaluated, stage)
        if set_to is None:
            return ()
        indexes = _overlooked(self._graph.beliefs.state(evaluated, stage))
        return tuple(dict.fromkeys((*self._beside(evaluated, stage), *indexes, *set_to)))

    def taken_for_the_cpu(self, evaluated: Evaluated, stage: Stage) -> tuple[Reason, ...]:
        """Why an undecided image is taken to be for the CPU where nothing says so either: nothing in it, beside it or
        built from it is for a GPU. No rule goes by that."""
        folder, name = posixpath.split(evaluated.path)
        installed = chosen(self._graph.beliefs.state(evaluated, stage))
        asked = said_by_arguments(evaluated, contributing(evaluated, stage))
        speaks = (
            any(_OF_CUDA.match(variable) for variable in stage.env)
            or any(one.accelerator == "cuda" for one in (*installed, *asked))
            or any("cuda" in accelerator_words(one.service.name) for one in self.runners.of(evaluated, stage))
            or has_twins(name, self._files.get(folder, ()))
            or any(self._is_for_a_gpu(path) for path in self._built_from.get(evaluated.path, ()))
        )
        return () if speaks else (Reason("assumed", "nothing says that it is for a GPU", evaluated.path),)

    def beside_a_gpu_image(self, evaluated: Evaluated, stage: Stage) -> tuple[Reason, ...]:
        """What stands beside an image and is for a GPU, where nothing gives or sets the image itself one."""
        if self._set_to_the_cpu(evaluated, stage) is None:
            return ()
        return tuple(dict.fromkeys(self._beside(evaluated, stage)))

    # -- what stands beside it

    def _beside(self, evaluated: Evaluated, stage: Stage) -> Iterator[Reason]:
        folder, name = posixpath.split(evaluated.path)
        for twin in gpu_twins(name, self._files.get(folder, ())):
            path = posixpath.join(folder, twin)
            if evaluated.path not in self._bases_of(path):
                yield Reason("name", f"{twin} beside it is for a GPU", path)
                return
        runners = self.runners.of(evaluated, stage)
        yield from (reason for one in runners for reason in self._other_services(one))

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """The names of Dockerfiles, by their folders."""
        found: dict[str, list[str]] = {}
        for path in self._graph.documents.dockerfiles:
            found.setdefault(posixpath.dirname(path), []).append(posixpath.basename(path))
        return found

    def _bases_of(self, path: str) -> set[str]:
        """The Dockerfiles of the images that those of a Dockerfile are built from."""
        return {
            made.path
            for evaluated in self._graph.evaluations.evaluated_at(path)
            for stage in evaluated.stages
            if stage.base.reference is not None
            for made, _ in self._graph.producers(stage.base.reference)
        }

    @cached_property
    def _built_from(self) -> dict[str, set[str]]:
        """The Dockerfiles whose images are built from one of another, by that other."""
        found: dict[str, set[str]] = {}
        for path in self._graph.documents.dockerfiles:
            for below in self._bases_of(path) - {path}:
                found.setdefault(below, set()).add(path)
        return found

    def _is_for_a_gpu(self, path: str) -> bool:
        """Whether names say so of an image of a Dockerfile, or who runs it gives it a GPU."""
        return any(
            image.expected not in (None, "cpu") or self.runners.is_given_gpu(image.evaluated, image.stage)
            for image in self._graph.images.images_at(path)
        )

    def _other_services(self, runner: Runner) -> Iterator[Reason]:
        """The services for a GPU that are called as the one that runs an image, or stand in its place in another
        compose file."""
        compose = self._graph.documents.compose
        name, file = runner.service.name, runner.files[0]
        folder = posixpath.dirname(file)
        own = [s.name for project, s in compose.services() if project.paths == runner.files] if compose else []
        twins = gpu_twins(name, own)
        for project, service in compose.services() if compose else ():
            inside = project.paths == runner.files and service.name in twins
            instead = service.name == name and posixpath.dirname(project.paths[-1]) == folder
            if instead and not inside:
                other = posixpath.basename(project.paths[-1])
                instead = bool(gpu_twins(posixpath.basename(file), [other])) and _names_an_image(service)
            if (inside or instead) and not self._is_run_by(service, runner):
                where = "" if inside else f" in {posixpath.basename(project.paths[-1])}"
                yield reason_at("name", f"compose service {service.name}{where} is for a GPU", service.key.span)

    def _is_run_by(self, service: object, runner: Runner) -> bool:
        """Whether a service runs the very image that another does."""
        return any(one.service is service for one in self.runners.of(*runner.made))

    # -- what it is set to

    def _settings(self, evaluated: Evaluated, stage: Stage) -> list[Setting]:
        """What an image, or what runs it, is set to compute on. A service that chooses the CPU counts where one of
        each project that runs the image does: the others of its project need no device."""
        found = list(settings_of_image(evaluated, stage))
        projects: dict[tuple[str, ...], list[Setting]] = {}
        for runner in self.runners.of(evaluated, stage):
            projects.setdefault(runner.files, []).extend(settings_of_service(runner.service))
        chosen = [setting for listed in projects.values() for setting in listed]
        if all(projects.values()) or any(setting.accelerator != "cpu" for setting in chosen):
            found += chosen
        return found


def _names_an_image(service: Service) -> bool:
    """Whether the file that a service is shown in says itself what it runs: else it gives a GPU to what is there."""
    build = service.build
    said = [service.image, *((build.context, build.dockerfile, build.target) if build is not None else ())]
    return any(text is not None and text.place.source is service.key.source for text in said)


def _overlooked(state: State) -> Iterator[Reason]:
    """The indexes of CPU builds that a list names behind torch, where pip does not look at them."""
    for install in state.installs:
        for wanted in install.requirements:
            if wanted.name in FAMILY and wanted.ignored and channel_of_url(wanted.ignored) == "cpu":
                yield reason_at("name", f"{wanted.ignored} behind {wanted.name}", wanted.span)


def _is_torch_alone(state: State) -> bool:
    """Whether what an image holds for CUDA is what torch asks for, in a list that names all of it."""
    if not state.packages:
        return True
    return len(state.packages) >= _OF_A_LIST and all(_OF_TORCH.fullmatch(package.name) for package in state.packages)
