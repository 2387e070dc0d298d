"""The images that Applications of Argo CD set: values and parameters for a chart, images for a kustomization."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.cache import Cache
from wxlint.core.paths import normal, repository_above
from wxlint.core.values import HOLE, Value
from wxlint.documents.kustomize import inner_documents
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, parse
from wxlint.images.builds.helm.charts import Chart, nothing
from wxlint.images.builds.helm.images import Layer, values_images
from wxlint.images.model.records import Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.helm.charts import Read

_KINDS = ("Application", "ApplicationSet")


def application_uses(source: Source, cache: Cache, read: Read) -> Iterator[Use]:
    """The images that the Applications in a file set; nothing for other manifests."""
    for document in parse(source, cache).documents:
        kind = document.get("kind") if isinstance(document, Mapping) else None
        if isinstance(kind, Scalar) and kind.text in _KINDS:
            for node in _sources(document):
                yield from _of_source(node, source, cache, read)


def _sources(document: Node) -> Iterator[Mapping]:
    """Every place that an Application takes manifests from: mappings with `helm` or `kustomize` in them."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += reversed(node.items)
        elif isinstance(node, Mapping):
            if isinstance(node.get("helm"), Mapping) or isinstance(node.get("kustomize"), Mapping):
                yield node
            else:
                waiting += [value for _, value in reversed(node.entries)]


def _of_source(node: Mapping, source: Source, cache: Cache, read: Read) -> Iterator[Use]:
    path, helm, kustomize = (node.get(key) for key in ("path", "helm", "kustomize"))
    folder = normal(posixpath.join(repository_above() or ".", path.text)) if isinstance(path, Scalar) else ""
    chart = Chart(folder, cache, read, nothing)
    below = chart.values if folder and "{{" not in folder else None
    if isinstance(helm, Mapping):
        values, given, parameters = (helm.get(key) for key in ("values", "valuesObject", "parameters"))
        roots = list(inner_documents(values, source)) if isinstance(values, Scalar) else []
        for root in [*roots, *([given] if given is not None else [])]:
            yield from values_images(Layer(root, below, source), chart)
        if isinstance(parameters, Sequence):
            yield from _parameters(parameters, below, source)
    images = kustomize.get("images") if isinstance(kustomize, Mapping) else None
    for image in images.items if isinstance(images, Sequence) else ():
        if isinstance(image, Scalar) and "{{" not in image.text:
            value = Value(image.text.rpartition("=")[2])
            yield Use("kustomize image", value, parse_reference(value), source.span(*image.inner(source.text)))


def _parameters(parameters: Sequence, below: Node | None, source: Source) -> Iterator[Use]:
    """Images that parameters set: `image.tag`, with `image.repository` beside it or in the chart's own values."""
    given: dict[str, dict[str, Scalar]] = {}
    for item in parameters.items:
        key, text = (item.get(name) if isinstance(item, Mapping) else None for name in ("name", "value"))
        if isinstance(key, Scalar) and isinstance(text, Scalar) and text.text and "{{" not in text.text:
            path, _, last = key.text.rpartition(".")
            given.setdefault(path, {})[last] = text
    for path, texts in given.items():
        known = {key: text.text for key, text in _own_texts(below, path).items()}
        known.update({key: text.text for key, text in texts.items()})
        place = texts.get("tag") or texts.get("repository")
        if place is None or "repository" not in known:
            continue
        image = f"{known['registry']}/{known['repository']}" if known.get("registry") else known["repository"]
        holes = () if known.get("tag") else ("the chart's version",)
        value = Value(f"{image}:{known.get('tag') or HOLE}", holes)
        yield Use("helm image", value, parse_reference(value), source.span(*place.inner(source.text)))


def _own_texts(node: Node | None, path: str) -> dict[str, Scalar]:
    """The texts in a chart's own values at a path."""
    for key in path.split("."):
        node = node.get(key) if isinstance(node, Mapping) else None
    entries = node.entries if isinstance(node, Mapping) else ()
    return {key.text: value for key, value in entries if isinstance(value, Scalar) and value.kind != "null"}
