"""`docker run` of a GPU image without a GPU, or of a CPU image with one.

## Why

Without `--gpus` a container of a CUDA image has no driver: torch says `is_available() == False` and computes on the
CPU, or fails at the first kernel. With `--gpus` a CPU image refuses to start on every host without a GPU. A command of
its own behind the image (`docker run IMAGE nvcc --version`) may need no GPU: that is information only. `--gpus all`
behind the image is for the program in the container: docker takes it in front alone. A job on one of GitHub's own
machines (`runs-on: ubuntu-latest`), which have no GPU, only tries whether the image starts. What an image is for is
said by the policy, then by its tag, whose version need not be known, then by what is in it; it is for the CPU, too,
where all of what it installs was read and nothing of that computes on a GPU. Commands of the documentation are
information, and left alone where another of the same document gives the image a GPU, or a word of theirs says that the
CPU is meant (`--name asr-cpu`).

A dev container (`devcontainer.json`) is started with its `runArgs`, and gets a GPU by `hostRequirements` as well;
beside `dockerComposeFile` its `runArgs` do nothing. One without a GPU whose image holds CUDA alone may be there to
compile: that is information.

## Bad

```dockerfile Dockerfile.gpu
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
```

```sh
docker build -f Dockerfile.gpu -t example/asr:cuda .
docker run --rm example/asr:cuda
```

## Good

```dockerfile Dockerfile.gpu
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
```

```sh
docker build -f Dockerfile.gpu -t example/asr:cuda .
docker run --rm --gpus all example/asr:cuda
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.images.builds.model import DockerCall, Script
from wxlint.images.graph.family import listed_for
from wxlint.images.graph.image import proven_by_all
from wxlint.images.graph.lineage.external_images import known_cuda, server_for_cpu
from wxlint.images.graph.names.hints import said_by_tag
from wxlint.images.graph.purpose.runners import run_of, runs_by_choice, starts_image
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.state import State
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.policy.accelerator_words import accelerator_words
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.images.builds.commands.docker_cli import DockerCommand

SEVERITY = Severity.WARNING
SUMMARY = "docker run of a GPU image without a GPU, or of a CPU image with one"
HINT = "add --gpus all for a cuda image, take it out for a cpu image"

Found: TypeAlias = "tuple[str | None, tuple[Reason, ...]]"
"""What an image computes on, where that is known, and why."""
_DEVICES = frozenset(("--gpus", "--device", "--runtime", "--volumes-from", "--privileged"))
"""Options that may bring a GPU into a container."""
_OPTIONS = {"cuda": "--gpus", "rocm": "--device"}
"""The usual one of each kind of GPU image."""
BEHIND = "which stands behind the image"
_BEHIND = late(r"""--gpus[= ]["']*(?:all\b|device=|count=)""")
"""What is docker's own option, by its value."""
ROCM_DEVICES = "--device /dev/kfd --device /dev/dri"


def check(repository: Repository) -> Iterator[Problem]:
    for script in repository.scripts.values():
        chosen = runs_by_choice(script.calls)
        for call in script.calls:
            if starts_image(call.docker) and run_of(call) not in chosen:
                yield from _call(repository, call, run_image(repository, call))
    if any(script.devcontainers for script in repository.scripts.values()):
        from wxlint.rules._devcontainer_gpus import problems

        yield from problems(repository, lambda reference, path: _variant(repository, reference, path))
    for path, document in repository.documented.items():
        yield from _document(repository, path, document)


def _document(repository: Repository, path: str, document: Script) -> Iterator[Problem]:
    """Yield the first command of a document for each image that runs it wrongly."""
    runs = [(call, image) for call in document.calls if starts_image(call.docker) and (image := _run(call)) is not None]
    served = {image.name for call, image in runs if not _DEVICES.isdisjoint(_option_names(call))}
    if not runs:
        return
    from wxlint.rules._documented import is_of_another_day

    if is_of_another_day(path):
        return
    for call, image in runs:
        states = [
            repository.beliefs.state(evaluated, stage)
            for build in document.builds
            if build.dockerfile and any(tag.value.written() == image.value.written() for tag in build.tags)
            for evaluated in repository.graph.evaluations.evaluated_at(build.dockerfile)
            if (stage := evaluated.target(build.target)) is not None
        ]
        found = _proven(states) if states else _variant(repository, image, path, any_tag=False)
        if found[0] == "cpu" or not (image.name in served or _is_for_cpu(call) or _only_asks(call.docker)):
            problem = next(_call(repository, call, found), None)
            if problem is not None:
                served.add(image.name)
                yield problem._replace(severity=Severity.INFO)


def _run(call: DockerCall) -> Reference | None:
    """The image that a `docker run` starts."""
    return parse_reference(call.docker.arguments[0].value)


def _option_names(call: DockerCall) -> set[str]:
    names = {option.name for option in call.docker.options}
    if any("nvidia-docker" in word.value.text for word in call.docker.command.words[:2]):
        names.add("--runtime")  # it gives a container its GPUs by itself
    return names


def _is_for_cpu(call: DockerCall) -> bool:
    """Whether a word of a command says that it is for the CPU: `--name asr-cpu`, `-e DEVICE=cpu`."""
    return any("cpu" in accelerator_words(word.value.text) for word in call.docker.command.words)


def _only_asks(docker: DockerCommand) -> bool:
    """Whether a container only says which versions it has, or what it can do."""
    words = [word.value.text for word in docker.arguments[1:]]
    asks = "-c" in words and not _OF_GPUS.search(" ".join(words))
    return asks or not _ASKS.isdisjoint(words)


def _call(repository: Repository, call: DockerCall, found: Found) -> Iterator[Problem]:
    docker, reference, names = call.docker, _run(call), _option_names(call)
    if reference is None or "" in names or HOLE in names:
        return
    variant, because = found
    instead = ""
    if variant is None and "--gpus" in names:
        built = _without_gpu(repository, reference) if len(docker.arguments) == 1 else (None, ())
        variant, because = built
        if variant is None and (served := _of_cpu_server(repository, docker, reference)) is not None:
            variant, because, instead = "cpu", (served[0],), served[1]
    source = repository.sources.read(call.path)
    if variant is None or source is None:
        return
    if variant in _OPTIONS and not call.hosted and _DEVICES.isdisjoint(names) and not _needs_no_gpu(docker):
        severity = Severity.INFO if len(docker.arguments) > 1 or "--entrypoint" in names else None
        text = f"{reference.shown()} is a {variant} image, and runs without {_OPTIONS[variant]}"
        if variant == "cuda" and _is_behind(docker):
            severity, text = Severity.WARNING, f"{text}, {BEHIND}: that is for the program in it"
        hint = "" if variant == "cuda" else f"give it the devices of the driver: {ROCM_DEVICES}"
        start, image = docker.command.start, docker.arguments[0]
        inside = start if start <= image.start else image.start
        yield Problem(source.span(inside, max(image.end, inside)), text, because, hint, severity=severity)
    elif variant == "cpu" and "--gpus" in names:
        text = f"{reference.shown()} is a cpu image, and runs with --gpus"
        yield Problem(_option(docker, source, "--gpus"), text, because, instead)


def _without_gpu(repository: Repository, reference: Reference) -> Found:
    """Whether an image that the repository builds is one for the CPU, since nothing in it computes on a GPU."""
    from wxlint.images.graph.services.without_gpu import holds_no_gpu_stack

    images = [repository.graph.images.image(*producer) for producer in repository.graph.producers(reference)]
    found = [holds_no_gpu_stack(repository, image, None) for image in images]
    return ("cpu", found[0]) if found and all(found) else (None, ())


def _of_cpu_server(repository: Repository, docker: DockerCommand, reference: Reference) -> tuple[Reason, str] | None:
    """Why an image is one of a public server for the CPU, and what to run instead; None where it is none."""
    if "--entrypoint" in {option.name for option in docker.options} or repository.graph.builds_of_name(reference):
        return None
    if any("install" in word.value.text for word in docker.arguments[1:]):
        return None
    return server_for_cpu(reference)


def _is_behind(docker: DockerCommand) -> bool:
    """Whether docker's own --gpus is the first word behind the image; a number may be meant for a program."""
    words = [word.value.text for word in docker.arguments[1:3]]
    return _BEHIND.match(" ".join(words)) is not None


def run_image(repository: Repository, call: DockerCall) -> Found:
    """What the image of a `docker run` computes on, where that is known, and why."""
    reference = _run(call)
    return _variant(repository, reference, call.path) if reference is not None else (None, ())


def _option(docker: DockerCommand, source: Source, name: str) -> Span:
    """Where an option stands, with its value."""
    option = next(option for option in docker.options if option.name == name)
    start = source.text.rfind(name, min(docker.command.start, option.start), option.end)
    return source.span(start if start >= 0 else option.start, option.end)


def _needs_no_gpu(docker: DockerCommand) -> bool:
    """Whether a container only hands out what its image holds (`docker run IMAGE bash -c "cp … && chown …"`), or
    compiles: with a compiler's tools, and without what tests."""
    words = [word.value.text for word in docker.arguments[1:]]
    if len(words) > 2 and words[0].rpartition("/")[2] in ("sh", "bash") and _COMMAND.fullmatch(words[1]):
        commands = [found for part in re.split(r"&&|\|\||[;|\n]", words[2]) if (found := part.split())]
    else:
        commands = [words] if words else []
    if any(command[0] in _COMPILERS or _WHEEL.search(" ".join(command)) for command in commands):
        return not any(_TESTS.search(" ".join(command)) for command in commands)
    return bool(words) and all(command[0] in _FILES for command in commands)


_ASKS = frozenset(("-h", "--help", "-V", "--version", "version"))
_OF_GPUS = late(r"torch|cuda|gpu|nvidia|tensorflow|jax|paddle|onnx")
_COMMAND = late(r"-[a-z]*c[a-z]*")
_COMPILERS = frozenset("cmake make ninja bazel".split())
_WHEEL = late(r"\bsetup\.py (?:build|bdist_wheel)\b|^(?:\S*python3? -m )?(?:build|pip3? wheel)\b")
_TESTS = late(r"\b(?:py|c)?test|nvidia-smi|\bcheck\b|\brun\b|\bbench")
_FILES = frozenset("cat chmod chown cp echo find gzip head id ls mkdir mv rm sha256sum tar test true".split())


def _variant(repository: Repository, reference: Reference, path: str, *, any_tag: bool = True) -> Found:
    """Return cpu or cuda where the policy or a tag says so and what the repository builds under it does not contradict;
    else, where what it builds under the name, with this tag or any, proves it, or the image is a well-known one. A tag
    says so with a part that is not known (`$VERSION-cpu`) as well.

    any_tag: builds of the name under another tag count where there is none under this one.
    """
    said = _said(repository, reference)
    states = _built_here(repository, reference.value, path) or _built(repository, reference)
    if said is None:
        if states:
            return _proven(states)
        if not reference.value.known:
            return None, ()
        producers = repository.graph.builds_of_name(reference) if any_tag else ()
        named = [repository.beliefs.state(*producer) for producer in producers]
        if named:
            return _proven(named)
        reason = known_cuda(reference) if reference.tag else None
        return ("cuda", (reason,)) if reason is not None else (None, ())
    if any(state.accelerator not in (None, said[0]) and state.torch.channel == "none" for state in states):
        return None, ()  # variant-tag speaks of a tag that its build contradicts
    return said


def _said(repository: Repository, reference: Reference) -> tuple[str | None, tuple[Reason, ...]] | None:
    """What an image computes on by the policy, else by its tag; None where neither says anything."""
    listed = repository.family.listed(reference)
    if listed is not None:
        return listed_for(listed, repository.family.path)
    tag = said_by_tag(reference)
    return (tag[0].accelerator, (tag[0].reason,)) if tag else None


def _built(repository: Repository, reference: Reference) -> list[State]:
    return [repository.beliefs.state(evaluated, stage) for evaluated, stage in repository.graph.producers(reference)]


def _built_here(repository: Repository, value: Value, path: str) -> list[State]:
    """What builds of the same file make of an image whose name is not wholly known, and which they call by the same
    words."""
    if value.known:
        return []
    return [
        repository.beliefs.state(evaluated, stage)
        for build in (repository.scripts[path].builds if path in repository.scripts else ())
        if build.dockerfile and any(tag.value.written() == value.written() for tag in build.tags)
        for evaluated in repository.graph.evaluations.evaluated_at(build.dockerfile)
        if {tag.span for tag in evaluated.build.tags} & {tag.span for tag in build.tags}
        and (stage := evaluated.target(evaluated.build.target)) is not None
    ]


def _proven(states: list[State]) -> Found:
    """What all builds under a name prove alike; nothing where CUDA's smallest base is all there is."""
    if any(_is_bare(state) for state in states):
        return None, ()
    return proven_by_all(states)


def _is_bare(state: State) -> bool:
    """Whether an image stands on nvidia/cuda's `base`, which holds no library, and installs nothing for it."""
    reference = state.root.reference if state.root is not None else None
    small = reference is not None and reference.tag_known and "-base-" in (reference.tag or "")
    return small and state.torch.channel == "none" and not state.packages
