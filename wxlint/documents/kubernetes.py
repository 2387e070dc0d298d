"""Kubernetes manifests: the containers in them, whatever kind of object holds them, and the images of a kustomization.

Containers are found by where they stand: in the lists `containers`, `initContainers` and `ephemeralContainers`, and
below `container` (Argo). So custom resources (KServe, Ray) are read as Deployments are.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, parse

_LISTS = ("containers", "initContainers", "ephemeralContainers")


class Container(NamedTuple):
    """One container. gpus: entries of its limits and requests that ask for GPUs. helper: it runs before the others."""

    name: str
    image: Scalar
    gpus: tuple[tuple[Scalar, Scalar], ...]
    helper: bool


class Pod(NamedTuple):
    """Containers that run together. gpu_elsewhere: something else says that it gets a GPU."""

    containers: tuple[Container, ...]
    gpu_elsewhere: bool


class Renamed(NamedTuple):
    """What a kustomization makes of an image. name: as manifests write it. new: "" for what it leaves as it is."""

    name: Scalar
    new_name: Scalar | None
    new_tag: Scalar | None


class Manifests(NamedTuple):
    pods: tuple[Pod, ...]
    renamed: tuple[Renamed, ...]


def read_manifests(source: Source, cache: Cache = NO_CACHE) -> Manifests:
    """Read a file. Templates that are no YAML give what stands before the first mark. Never raises."""
    documents, _ = parse(source, cache)
    pods: list[Pod] = []
    renamed: list[Renamed] = []
    for document in documents:
        if not isinstance(document, Mapping):
            continue
        kind = document.get("kind")
        if isinstance(kind, Scalar) and kind.text == "Kustomization" or source.path.endswith("kustomization.yaml"):
            renamed += _renamed(document.get("images"))
        pods += _pods(document)
    return Manifests(tuple(pods), tuple(renamed))


def _pods(node: Node) -> Iterator[Pod]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += reversed(node.items)
        elif isinstance(node, Mapping):
            found = [
                container
                for key, value in node.entries
                if key.text in _LISTS and isinstance(value, Sequence)
                for item in value.items
                for container in _container(item, key.text != "containers")
            ]
            single = node.get("container")
            if isinstance(single, Mapping):
                found += _container(single, False)
            if found:
                elsewhere = any(key.text in ("runtimeClassName", "resourceClaims") for key, _ in node.entries)
                yield Pod(tuple(found), elsewhere)
            waiting += [value for key, value in reversed(node.entries) if key.text not in _LISTS]


def _container(node: Node, helper: bool) -> list[Container]:
    image = node.get("image") if isinstance(node, Mapping) else None
    if not isinstance(image, Scalar) or not isinstance(node, Mapping) or image.kind != "str":
        return []
    name, resources = node.get("name"), node.get("resources")
    gpus: list[tuple[Scalar, Scalar]] = []
    for part in ("limits", "requests"):
        given = resources.get(part) if isinstance(resources, Mapping) else None
        for key, value in given.entries if isinstance(given, Mapping) else ():
            if isinstance(value, Scalar) and is_gpu(key.text) and value.text != "0":
                gpus.append((key, value))
    return [Container(name.text if isinstance(name, Scalar) else "", image, tuple(gpus), helper)]


def is_gpu(resource: str) -> bool:
    """Whether a resource is a GPU, or a part of one: nvidia.com/gpu, nvidia.com/mig-1g.5gb, amd.com/gpu."""
    maker, _, name = resource.partition("/")
    return maker in ("nvidia.com", "amd.com", "gpu.intel.com") and name.startswith(("gpu", "mig", "i915", "xe"))


def _renamed(node: Node | None) -> Iterator[Renamed]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            name, new_name, new_tag = (item.get(key) for key in ("name", "newName", "newTag"))
            if isinstance(name, Scalar):
                yield Renamed(
                    name,
                    new_name if isinstance(new_name, Scalar) else None,
                    new_tag if isinstance(new_tag, Scalar) else None,
                )
