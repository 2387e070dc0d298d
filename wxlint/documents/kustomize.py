"""Kustomizations: the images that they rename, and what their patches set: images and GPUs.

Patches are read in their obvious forms: strategic merges of containers, and operations of JSON 6902 on an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.kubernetes import is_asked, is_gpu, pods_of
from wxlint.documents.scalar_places import scalar_places
from wxlint.documents.source import Source
from wxlint.documents.yaml import Entry, Mapping, Node, Scalar, Sequence, parse

_NAMES = ("kustomization.yaml", "kustomization.yml")
_FILES = ("patchesStrategicMerge", "patches", "patchesJson6902")
_TAKEN = ("resources", "bases", "components")
_IMAGE = late(r"/(?:.*/)?(?:containers|initContainers)/[^/]+/image")

_CONTAINERS = late(r"/(?:.*/)?(?:containers|initContainers)(?:/[^/]+)?")


class Renamed(NamedTuple):
    """What a kustomization makes of an image. name: as manifests write it. new: "" for what it leaves as it is."""

    name: Scalar
    new_name: Scalar | None
    new_tag: Scalar | None


class PatchedGpu(NamedTuple):
    """A GPU that a patch gives a container. container: its name, "" for one that is not known. key: what asks."""

    container: str
    key: Scalar
    value: Node


class Kustomization(NamedTuple):
    """patched: the images that patches set, with their places. patches: files that are patches.

    given: the GPUs that patches in the file itself give. resources: files and folders that it takes.
    """

    renamed: tuple[Renamed, ...] = ()
    patched: tuple[Scalar, ...] = ()
    patches: tuple[str, ...] = ()
    given: tuple[PatchedGpu, ...] = ()
    resources: tuple[str, ...] = ()


def read_kustomization(source: Source, documents: Iterable[Node]) -> Kustomization:
    """What the kustomization in a file changes of the manifests that it takes; nothing for another file."""
    for document in documents:
        kind = document.get("kind") if isinstance(document, Mapping) else None
        named = kind.text in ("Kustomization", "Component") if isinstance(kind, Scalar) else False
        if isinstance(document, Mapping) and (named or source.path.endswith(_NAMES)):
            return _read(document, source)
    return Kustomization()


def _read(document: Mapping, source: Source) -> Kustomization:
    patches: list[str] = []
    patched: list[Scalar] = []
    given: list[PatchedGpu] = []
    for key in _FILES:
        listed = document.get(key)
        for item in listed.items if isinstance(listed, Sequence) else ():
            text = item.get("patch") if isinstance(item, Mapping) else item
            path = item.get("path") if isinstance(item, Mapping) else None
            if isinstance(path, Scalar):
                patches.append(path.text)
            elif isinstance(text, Scalar) and "\n" not in text.text.strip() and ":" not in text.text:
                patches.append(text.text)
            elif isinstance(text, Scalar):
                for node in inner_documents(text, source):
                    images, gpus = read_patch(node)
                    patched += images
                    given += gpus
    taken = [item.text for key in _TAKEN for item in _texts(document.get(key))]
    renamed = tuple(_renamed(document.get("images")))
    return Kustomization(renamed, tuple(patched), tuple(patches), tuple(given), tuple(taken))


def _texts(node: Node | None) -> list[Scalar]:
    return [item for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []


def read_patch(node: Node) -> tuple[list[Scalar], list[PatchedGpu]]:
    """The images that a patch sets, and the GPUs that it gives."""
    if isinstance(node, Sequence):
        return _operations(node)
    images: list[Scalar] = []
    for pod in pods_of(node):
        images += [container.image for container in pod.containers]
    return images, list(_given(node))


def _given(node: Node, name: str = "") -> Iterator[PatchedGpu]:
    """The GPUs of the containers of a strategic merge, which may say nothing of their images."""
    if isinstance(node, Sequence):
        for item in node.items:
            own = item.get("name") if isinstance(item, Mapping) else None
            yield from _given(item, own.text if isinstance(own, Scalar) else name)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if is_gpu(key.text) and not (isinstance(value, Scalar) and not is_asked(value)):
                yield PatchedGpu(name, key, value)
            else:
                yield from _given(value, name)


def _operations(node: Sequence) -> tuple[list[Scalar], list[PatchedGpu]]:
    images: list[Scalar] = []
    given: list[PatchedGpu] = []
    for item in node.items:
        if not isinstance(item, Mapping):
            continue
        op, path, value = (item.get(key) for key in ("op", "path", "value"))
        if not isinstance(op, Scalar) or op.text not in ("add", "replace") or not isinstance(path, Scalar):
            continue
        if isinstance(value, Scalar) and _IMAGE.fullmatch(path.text):
            images.append(value)
        elif _CONTAINERS.fullmatch(path.text) and isinstance(value, (Mapping, Sequence)):
            images += _added_images(value)
            given += _nameless(value)
        elif is_gpu(path.text.rpartition("/resources/")[2].partition("/")[2].replace("~1", "/")):
            given.append(PatchedGpu("", path, path if value is None else value))
        elif value is not None:
            given += _nameless(value)
    return images, given


def _nameless(value: Node) -> list[PatchedGpu]:
    """The GPUs that an operation gives a container, which it names by its place in a list."""
    return [given._replace(container="") for given in _given(value)]


def _added_images(node: Mapping | Sequence) -> list[Scalar]:
    """The images of a container, or of a list of them, that an operation puts in."""
    containers = node.items if isinstance(node, Sequence) else (node,)
    images = [each.get("image") for each in containers if isinstance(each, Mapping)]
    return [image for image in images if isinstance(image, Scalar)]


def inner_documents(text: Scalar, source: Source) -> Iterator[Node]:
    """The documents of a text inside the file, every scalar with its place in the file."""
    places = scalar_places(source.text, text)
    documents, *_ = parse(Source(source.path, text.text))
    for document in documents:
        yield _moved(document, places)


def _moved(node: Node, places: list[int]) -> Node:
    def at(offset: int) -> int:
        return places[min(offset, len(places) - 1)]

    start, end = at(node.start), at(max(node.end - 1, 0)) + 1
    if isinstance(node, Scalar):
        return node._replace(start=start, end=end)
    if isinstance(node, Sequence):
        return node._replace(items=tuple(_moved(item, places) for item in node.items), start=start, end=end)
    entries = tuple(Entry(_key(key, places), _moved(value, places)) for key, value in node.entries)
    return node._replace(entries=entries, start=start, end=end)


def _key(key: Scalar, places: list[int]) -> Scalar:
    moved = _moved(key, places)
    return moved if isinstance(moved, Scalar) else key


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
