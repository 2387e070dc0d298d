"""Who runs an image that the repository builds, and whether anybody gives it a GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.model.reference import Reference, parse_reference

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.images.builds.commands.docker_cli import DockerCommand
    from wxlint.images.builds.model import DockerCall
    from wxlint.images.graph.image_graph import ImageGraph
    from wxlint.images.graph.producers import Producer
    from wxlint.images.model.records import Evaluated, Stage

_Key = tuple[str, int]
"""A stage of a Dockerfile: the file's path, and the stage's index."""
RunPlace = tuple[int, int, str]


_DEVICES = late(r"nvidia|/dev/(?:dri|kfd)|=all$")
"""What the value of an option names that brings a GPU."""


class Runner(NamedTuple):
    """A service that runs an image. files: those that it is started from, the base first. made: the image it runs."""

    files: tuple[str, ...]
    service: Service
    made: tuple[Evaluated, Stage]

    @property
    def asks_for_gpu(self) -> bool:
        return any(device.gpu is not False for device in self.service.devices)


class Runners:
    """The services that run the images of a repository, and what else gives these a GPU."""

    def __init__(self, graph: ImageGraph) -> None:
        self._graph = graph

    def of(self, evaluated: Evaluated, stage: Stage) -> list[Runner]:
        """The services that run what a stage becomes under a build, or under another that makes the same of it."""
        found = self._services.get((evaluated.path, stage.index), ())
        return [one for one in found if self._is_same((evaluated, stage), one.made)]

    def is_given_gpu(self, evaluated: Evaluated, stage: Stage) -> bool:
        """Whether a service, a `docker run` or a pod gives an image a GPU, or may do."""
        if self._is_open or any(one.asks_for_gpu for one in self.of(evaluated, stage)):
            return True
        return any(self._is_same((evaluated, stage), made) for made in self._with_gpu)

    def _is_same(self, one: Producer, other: Producer) -> bool:
        """Whether two builds make an image of the same stage, base and torch."""
        if (one[0].path, one[1].index) != (other[0].path, other[1].index):
            return False
        states = [self._graph.beliefs.state(*made) for made in (one, other)]
        roots = {state.root.value.text if state.root is not None else None for state in states}
        return len(roots) == 1 and len({state.torch.channel for state in states}) == 1

    @cached_property
    def _services(self) -> dict[_Key, list[Runner]]:
        found: dict[_Key, list[Runner]] = {}
        for runner in self._runners():
            found.setdefault((runner.made[0].path, runner.made[1].index), []).append(runner)
        return found

    def _runners(self) -> Iterator[Runner]:
        compose = self._graph.documents.compose
        for project, service in compose.services() if compose is not None else ():
            for made in self._images_of(service):
                yield Runner(project.paths, service, made)

    def _images_of(self, service: Service) -> list[Producer]:
        if service.build is not None:
            return [(image.evaluated, image.stage) for image in self._graph.images.images_of(service)]
        reference = parse_reference(service.image.value) if service.image is not None else None
        return self._graph.producers(reference) if reference is not None else []

    @cached_property
    def _gpu_references(self) -> list[Reference | None]:
        """The images that commands and pods give a GPU; None for one whose name is not known."""
        scripts = self._graph.documents.scripts.values()
        found = [
            parse_reference(call.docker.arguments[0].value)
            for script in scripts
            for chosen in (runs_by_choice(script.calls),)
            for call in script.calls
            if starts_image(call.docker) and _gives_gpu(call.docker) and run_of(call) not in chosen
        ]
        kubernetes = self._graph.documents.kubernetes
        pods = [*(kubernetes.running if kubernetes is not None else ()), *(r for s in scripts for r in s.running)]
        found += [one.use.reference for one in pods if one.container.gpus or one.pod.gpu_elsewhere]
        return found

    @cached_property
    def _with_gpu(self) -> list[Producer]:
        """The builds of the images that commands and pods give a GPU, whatever the tag."""
        return [
            made
            for reference in self._gpu_references
            if reference is not None
            for made in (self._graph.producers(reference) or self._graph.builds_of_name(reference))
        ]

    @cached_property
    def _is_open(self) -> bool:
        """Whether something that is given a GPU may be any image of the repository."""
        return any(
            reference is None or not (reference.name_known and reference.tag_known)
            for reference in self._gpu_references
            if reference is None or not self._graph.builds_of_name(reference)
        )


def starts_image(docker: DockerCommand) -> bool:
    """Whether a command starts a container of an image."""
    return docker.verb in ("run", "create") and bool(docker.arguments)


def run_of(call: DockerCall) -> RunPlace:
    """What tells one `docker run` of a script from its others: where it stands, and the image."""
    command = call.docker.command
    return command.start, command.end, call.docker.arguments[0].value.text


def runs_by_choice(calls: Sequence[DockerCall]) -> frozenset[RunPlace]:
    """The places where one way through a script gives an image a GPU and another way does not: who calls it chooses,
    so that neither says what the image is for."""
    given: dict[RunPlace, set[bool]] = {}
    for call in calls:
        if starts_image(call.docker):
            given.setdefault(run_of(call), set()).add(_gives_gpu(call.docker))
    return frozenset(place for place, found in given.items() if len(found) > 1)


def _gives_gpu(docker: DockerCommand) -> bool:
    """Whether a `docker run` gives its container a GPU."""
    if any("nvidia-docker" in word.value.text for word in docker.command.words[:2]):
        return True
    if any(option.name == "--gpus" for option in docker.options):
        return True
    values = [option.value for option in docker.values("--runtime", "--device")]
    return any(value is not None and _DEVICES.search(value.text) for value in values)
