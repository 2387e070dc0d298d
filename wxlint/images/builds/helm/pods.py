"""What the values of a Helm chart give a pod beside its image: GPUs under `resources`, as most charts pass them on.

A chart that speaks of GPUs in its templates, or in values of its own making (`gpu.enabled`), may give them in a way
that is not known; so may one with a runtime class.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.documents.kubernetes import Container, Pod, is_asked, is_gpu
from wxlint.documents.yaml import Mapping, Node, Scalar
from wxlint.documents.yaml.walk import ITEM, mappings
from wxlint.images.builds.helm.charts import Chart, at_path
from wxlint.images.builds.helm.images import MOST_DEEP, Layer, has_shared_registry, image_of
from wxlint.images.builds.model import Running

_GPU = late(r"(?i)gpu|runtimeClass|resourceClaim")
"""A key of values that may give a GPU."""
_GIVES = late(r"(?i)gpu|resourceClaim|runtimeClassName:[ \t]*[\w\"']")
"""What stands in a template that gives one by itself; a class that values name is looked for there."""
_PASSED = late(r"\.resources\b")


def helm_running(layer: Layer, chart: Chart) -> Iterator[Running]:
    """The containers of which values say both the image and its resources; none where no template passes these on."""
    if not any(_PASSED.search(text) for text in chart.templates):
        return
    elsewhere = any(map(_GIVES.search, chart.templates)) or _speaks_of_gpus(layer.root) or _speaks_of_gpus(layer.below)
    shared = has_shared_registry(layer)
    for node, path in mappings(layer.root, deepest=MOST_DEEP):
        own = [found for key in ("image", "resources") if isinstance(found := node.get(key), Mapping)]
        below = at_path(layer.below, (*path, "resources"))
        image = node.get("image")
        if not own or ITEM in path:  # what stands in lists is left out
            continue
        here = own[0].start
        limits = {
            text: (key._replace(start=here, end=here + 1), value) for text, (key, value) in _limits(below).items()
        }
        limits.update(_limits(node.get("resources")))
        if not limits:
            continue
        if not isinstance(image, Mapping):
            image = at_path(layer.below, (*path, "image"))
        use = image_of(image, (*path, "image"), layer, chart, shared) if image is not None else None
        if image is None or use is None:
            continue
        gpus = tuple((key, value) for key, value in limits.values() if is_gpu(key.text) and is_asked(value))
        if image is not node.get("image"):  # its place is in the chart's own values
            use = use._replace(span=layer.source.span(here, here + 1))
        place = next((value for _, value in image.entries if isinstance(value, Scalar)), None)
        if place is not None:
            container = Container(path[-1] if path else "", place, gpus, helper=False)
            yield Running(container, Pod((container,), elsewhere), use, layer.source)


def _limits(resources: Node | None) -> dict[str, tuple[Scalar, Scalar]]:
    """The entries of limits and requests, by their keys."""
    found: dict[str, tuple[Scalar, Scalar]] = {}
    for part in ("requests", "limits"):
        given = resources.get(part) if isinstance(resources, Mapping) else None
        for key, value in given.entries if isinstance(given, Mapping) else ():
            if isinstance(value, Scalar):
                found[key.text] = (key, value)
    return found


def _speaks_of_gpus(root: Node | None) -> bool:
    """Whether values have a key about GPUs other than a resource, with something set under it."""
    return any(
        _GPU.search(key.text) and not is_gpu(key.text)
        for node, _ in mappings(root)
        for key, value in node.entries
        if not isinstance(value, Scalar) or value.text not in ("", "false", "null", "~", "0")
    )
