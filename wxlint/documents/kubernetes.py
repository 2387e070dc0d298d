"""Kubernetes manifests: the containers in them, whatever kind of object holds them.

Containers are found by where they stand: in the lists `containers`, `initContainers`, `ephemeralContainers` and
`sidecars`, below `container` and `script` (Argo), and wherever a custom resource has an `image` beside what only a
container has (KServe's `predictor.model`). So custom resources (KServe, Ray, Argo) are read as Deployments are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence

_LISTS = ("containers", "initContainers", "ephemeralContainers", "sidecars")
_SINGLE = ("container", "script")
_OF_CONTAINERS = frozenset(
    "resources command args env imagePullPolicy ports volumeMounts storageUri runtimeVersion".split()
)
"""Keys of which one has to stand beside `image` for a mapping to be a container that is in no list."""
_DEVICE = late(
    r"(?:nvidia\.com|amd\.com|gpu\.intel\.com)/(?:v?p?gpu|mig|i915|xe).*|[\w.-]+/(?:.*[-_.])?v?gpu(?:[-_.].*)?"
)
"""Resources that are a GPU, or a part of one, as the makers' device plugins and those of clouds call them."""
_WAITS = late(r"^(?:/bin/)?(?:(?:ba)?sh -l?c\s+)?(?:sleep\s+(?:infinity|\d+\w?)|tail -f /dev/null)\s*$")
"""A command that waits and does nothing else."""
_OPEN_KINDS = late(r".*(?:Runtime|Template|Preset|Profile)s?")
"""Kinds whose containers others complete: a TrainJob its TrainingRuntime, an InferenceService its ServingRuntime."""


class Container(NamedTuple):
    """One container.

    gpus: entries of its limits and requests that ask for GPUs. helper: it runs before the others. idle: it only waits
    for somebody to enter it. refused: entries that ask for none (`nvidia.com/gpu: 0`). unlimited: requests for a GPU
    that its limits do not repeat.
    """

    name: str
    image: Scalar
    gpus: tuple[tuple[Scalar, Scalar], ...]
    helper: bool
    idle: bool = False
    refused: tuple[Scalar, ...] = ()
    unlimited: tuple[Scalar, ...] = ()


class Pod(NamedTuple):
    """Containers that run together. gpu_elsewhere: something else says, or may say, that it gets a GPU."""

    containers: tuple[Container, ...]
    gpu_elsewhere: bool


def read_pods(documents: Iterable[Node]) -> tuple[Pod, ...]:
    """Read the documents of a file. Never raises."""
    pods: list[Pod] = []
    for document in documents:
        if isinstance(document, Mapping):
            kind = document.get("kind")
            named = kind.text if isinstance(kind, Scalar) else ""
            open_kind = _OPEN_KINDS.fullmatch(named) is not None and named != "PodTemplate"
            pods += with_shared_gpus(pods_of(document, is_open=open_kind))
    return tuple(pods)


def with_shared_gpus(pods: Iterator[Pod]) -> list[Pod]:
    """The pods of one object; where one has a GPU for an image, the others of that image (a head of Ray) need none."""
    found = list(pods)
    images = {each.image.text for pod in found for each in pod.containers if each.gpus}
    return [
        pod._replace(gpu_elsewhere=True)
        if any(each.image.text in images and not each.gpus for each in pod.containers)
        else pod
        for pod in found
    ]


def pods_of(node: Node, *, is_open: bool = False) -> Iterator[Pod]:
    """The pods below a node. is_open: others may complete them."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += reversed(node.items)
        elif isinstance(node, Mapping):
            found = _containers(node)
            if found:
                elsewhere = any(key.text in ("runtimeClassName", "resourceClaims") for key, _ in node.entries)
                patch = node.get("podSpecPatch")  # Argo
                elsewhere = elsewhere or isinstance(patch, Scalar) and "gpu" in patch.text
                yield Pod(tuple(found), elsewhere or is_open or any(map(_has_device, node.entries)))
            elif isinstance(node.get("image"), Scalar) and any(key.text in _OF_CONTAINERS for key, _ in node.entries):
                alone = _container(node, helper=False)
                if alone:
                    closed = isinstance(node.get("resources"), Mapping)
                    yield Pod(tuple(alone), is_open or not closed or _sees_devices(node))
            waiting += [value for key, value in reversed(node.entries) if key.text not in (*_LISTS, *_SINGLE)]


def _containers(node: Mapping) -> list[Container]:
    """The containers of a pod: those of its lists, and the one of a step."""
    found = [
        container
        for key, value in node.entries
        if key.text in _LISTS and isinstance(value, Sequence)
        for item in value.items
        for container in _container(item, helper=key.text != "containers")
    ]
    for key in _SINGLE:
        single = node.get(key)
        if isinstance(single, Mapping):
            found += _container(single, helper=False)
    return found


def _container(node: Node, *, helper: bool) -> list[Container]:
    image = node.get("image") if isinstance(node, Mapping) else None
    if not isinstance(image, Scalar) or not isinstance(node, Mapping) or image.kind != "str":
        return []
    name, resources = node.get("name"), node.get("resources")
    limits, requests = (_gpus_of(resources, part) for part in ("limits", "requests"))
    entries = [*limits, *requests]
    limited = {(key.text, value.text) for key, value in limits}
    unlimited = [key for key, value in requests if is_asked(value) and (key.text, value.text) not in limited]
    idle = _WAITS.search(" ".join([*_texts(node.get("command")), *_texts(node.get("args"))])) is not None
    return [
        Container(
            name.text if isinstance(name, Scalar) else "",
            image,
            tuple((key, value) for key, value in entries if is_asked(value)),
            helper,
            idle,
            tuple(key for key, value in entries if not is_asked(value)),
            tuple(unlimited),
        )
    ]


def _gpus_of(resources: Node | None, part: str) -> list[tuple[Scalar, Scalar]]:
    """The entries about GPUs under the limits or the requests of a container."""
    given = resources.get(part) if isinstance(resources, Mapping) else None
    entries = given.entries if isinstance(given, Mapping) else ()
    return [(key, value) for key, value in entries if isinstance(value, Scalar) and is_gpu(key.text)]


def _texts(node: Node | None) -> list[str]:
    return [item.text for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []


def is_gpu(resource: str) -> bool:
    """Whether a resource is a GPU, or a part of one: nvidia.com/gpu, nvidia.com/mig-1g.5gb, amd.com/gpu."""
    return _DEVICE.fullmatch(resource) is not None


def is_asked(value: Scalar) -> bool:
    """Whether the number of a resource asks for one: neither 0 nor null, which in Helm and in a patch takes it out."""
    return value.kind != "null" and _NONE.fullmatch(value.text) is None


_NONE = late(r"0+(?:\.0*)?")


def _has_device(entry: tuple[Scalar, Node]) -> bool:
    """Whether an entry of a pod holds a container that sees GPUs without asking for one."""
    key, value = entry
    items = value.items if isinstance(value, Sequence) and key.text in _LISTS else (value,)
    return any(isinstance(item, Mapping) and _sees_devices(item) for item in items)


def _sees_devices(container: Mapping) -> bool:
    """Whether a container is privileged, claims a device, or has an environment that a default runtime goes by."""
    security, resources, env = (container.get(key) for key in ("securityContext", "resources", "env"))
    privileged = security.get("privileged") if isinstance(security, Mapping) else None
    names = {
        name.text
        for item in (env.items if isinstance(env, Sequence) else ())
        if isinstance(item, Mapping) and isinstance(name := item.get("name"), Scalar)
    }
    claims = resources.get("claims") if isinstance(resources, Mapping) else None
    return (
        isinstance(privileged, Scalar)
        and privileged.text == "true"
        or "NVIDIA_VISIBLE_DEVICES" in names
        or claims is not None
    )
