"""A container of Kubernetes runs a cuda image without a GPU, or a cpu image with one.

## Why

Without `nvidia.com/gpu` in its limits a container gets no device: CUDA finds nothing, and the program computes on the
CPU or ends. `nvidia.com/gpu: 0` asks for none as well, and so does `null`, by which Helm's values take a key out. A
request for a GPU needs a limit that is the same: Kubernetes refuses a pod without. A cpu image that asks for a GPU
keeps it from those that need it, and waits for ever where there is none. What an image is for is said by the policy,
then by its tag, then by what the repository builds under its name. Containers beside one that has the GPU, init
containers, and pods with a runtime class or a resource claim are left alone, and so are templates that others complete
(a TrainingRuntime), containers that a patch of a kustomization gives a GPU, those that a kustomization in a folder
`base` names, and those that only build or sleep. A patch that gives a GPU to a cpu image is wrong, where it can mean
one container alone. Of a Helm chart those values are read that say an image and its `resources`, if its templates pass
these on and say nothing of GPUs themselves. Public servers of models (vLLM, SGLang, LMDeploy, TGI, TEI, NIM) without a
GPU are information: some of them have images for the CPU. One of a server's images for the CPU (llama.cpp's `server`,
`qdrant/qdrant:v1.13.0`) computes on no GPU that it gets: its maker has another tag for that.

## Bad

```yaml deployment.yaml
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: asr
          image: example/asr:1.0-cuda
```

## Good

```yaml deployment.yaml
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: asr
          image: example/asr:1.0-cuda
          resources:
            limits: {nvidia.com/gpu: 1}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.images.graph.family import listed_for
from wxlint.images.graph.image import proven_by_all
from wxlint.images.graph.lineage.external_images import server_for_cpu, starts_on_a_gpu_alone
from wxlint.images.graph.names.hints import said_by
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.kubernetes import Container
    from wxlint.images.builds.model import Running
    from wxlint.images.model.reference import Reference

SEVERITY = Severity.WARNING
SUMMARY = "a cuda container without a GPU, or a cpu container with one"
HINT = "set nvidia.com/gpu under resources.limits of cuda containers only"


_MAKERS = {"cuda": "nvidia.com", "rocm": "amd.com"}
"""Whose GPUs an image computes on, as device plugins call them."""
_WORD = late(r"[^a-z]+")
_PREPARES = frozenset("build builder compile compiler lint docs test tests download downloader fetch copy".split())
"""Words in the names of containers that need no GPU for what they do."""


def check(repository: Repository) -> Iterator[Problem]:
    kubernetes = repository.documents.kubernetes
    for running in kubernetes.running if kubernetes is not None else ():
        yield from _container(repository, running)
    for script in repository.scripts.values():
        for running in script.running:
            yield from _container(repository, running)


def _container(repository: Repository, running: Running) -> Iterator[Problem]:
    container, pod, reference = running.container, running.pod, running.use.reference
    if container.unlimited and not pod.gpu_elsewhere:
        key = container.unlimited[0]
        text = f"{_named(container)} requests {key.text} without the same limit: Kubernetes refuses the pod"
        hint = f"set {key.text} under resources.limits, which is enough"
        yield Problem(running.source.span(key.start, key.end), text, (), hint)
    if reference is None or not reference.tag_known:
        return
    accelerator, because = _meant(repository, reference)
    severity, instead = None, ""
    if accelerator is None and not because and starts_on_a_gpu_alone(reference):
        accelerator, severity = "cuda", Severity.INFO
        because = (Reason("base", f"{reference.shown()} computes on a GPU"),)
    elif accelerator is None and not because and (found := server_for_cpu(reference)) is not None:
        accelerator, because, instead = "cpu", (found[0],), found[1]
    if accelerator in _MAKERS and not container.gpus:
        served = pod.gpu_elsewhere or container.helper or container.idle or any(each.gpus for each in pod.containers)
        if not served and not _PREPARES & set(_WORD.split(container.name.lower())):
            text = f"{_named(container)} runs a {accelerator} image and asks for no GPU"
            if container.refused:
                text += f": its {container.refused[0].text} is none"
            hint = f"set {_MAKERS[accelerator]}/gpu under resources.limits"
            yield Problem(running.use.span, text, because, hint, severity)
    elif accelerator in _MAKERS:
        others = {*_MAKERS.values()} - {_MAKERS[accelerator]}
        foreign = [key for key, _ in container.gpus if key.text.partition("/")[0] in others]
        if len(foreign) == len(container.gpus):
            text = f"{_named(container)} runs a {accelerator} image and asks for {foreign[0].text}"
            yield Problem(running.source.span(foreign[0].start, foreign[0].end), text, because)
    elif accelerator == "cpu" and container.gpus:
        key = container.gpus[0][0]
        text = f"{_named(container)} runs a cpu image, {reference.shown()}, and asks for {key.text}"
        hint = instead or "take the GPU out of its limits"
        yield Problem(running.source.span(key.start, key.end), text, because, hint)


def _named(container: Container) -> str:
    return f"container {container.name}" if container.name else "a container"


def _meant(repository: Repository, reference: Reference) -> tuple[str | None, tuple[Reason, ...]]:
    """What an image is for: by the policy, else by its tag, else by what the repository builds under its name."""
    listed = repository.family.listed(reference)
    if listed is not None:
        return listed_for(listed, repository.family.path)
    said = said_by(reference.tag, "image tag") if reference.tag else []
    if said:
        names = said_by(reference.path.rpartition("/")[2], "image name")
        other = any(name.accelerator != said[0].accelerator for name in names)
        return (None, ()) if other else (said[0].accelerator, (said[0].reason,))
    return proven_by_all(repository.beliefs.state(*producer) for producer in repository.graph.producers(reference))
