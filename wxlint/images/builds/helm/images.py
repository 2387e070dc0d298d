"""The images that the values of Helm charts name: a text, or a repository with its tag, below any key.

A file of values that sets a tag alone (values-gpu.yaml, an Argo CD Application, the values of a parent chart) is laid
over the chart's own values, which say the repository. A registry that all images share (`global.imageRegistry`) may
stand in front of any name, so that the registry is not known then. Where neither says a tag, the chart's version of
its application is the tag if its templates say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.yaml import Mapping, Node, Scalar
from wxlint.documents.yaml.walk import mappings
from wxlint.images.builds.helm.charts import Chart, at_path
from wxlint.images.model.records import Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_NAMES = ("repository", "repo", "name", "image")
"""How the name of an image is called beside its tag."""
_SHARED = ("imageRegistry", "registry", "imageRegistryOverride", "dockerRegistry")
"""How a registry that all images share is called below `global`."""
MOST_DEEP = 12
"""Keys above the values of an image, at most."""


class Layer(NamedTuple):
    """Values that are laid over others. root: what they hold. below: the chart's own values; None where not known."""

    root: Node
    below: Node | None
    source: Source


def values_images(layer: Layer, chart: Chart | None) -> Iterator[Use]:
    """The images of a layer of values. chart: the one that they are for."""
    shared = has_shared_registry(layer)
    for node, path in mappings(layer.root, deepest=MOST_DEEP):
        use = image_of(node, path, layer, chart, shared)
        if use is not None:
            yield use
        else:
            yield from _named(node, layer.source)


def has_shared_registry(layer: Layer) -> bool:
    """Whether values name a registry that all images share."""
    return _shared(layer.root) or _shared(layer.below)


def _shared(root: Node | None) -> bool:
    shared = at_path(root, ("global",))
    return shared is not None and any(_text(shared, key) is not None for key in _SHARED)


def _named(node: Mapping, source: Source) -> Iterator[Use]:
    """`image` as a text, with its tag in it or beside it; without one, the chart's templates may add it."""
    image = _text(node, "image")
    tag = _text(node, "tag") or _text(node, "imageTag")
    if image is None or "/" not in image.text and ":" not in image.text:
        return
    if ":" in image.text.rpartition("/")[2]:
        yield _use(Value(image.text), image, source)
    elif tag is not None:
        yield _use(Value(f"{image.text}:{tag.text}"), tag, source)
    else:
        yield _use(Value(f"{image.text}:{HOLE}", ("the chart's version",)), image, source)


def image_of(node: Mapping, path: tuple[str, ...], layer: Layer, chart: Chart | None, shared: bool) -> Use | None:
    """A name with its tag, each from the values below where it is not here; a chart's own version stands for a tag
    that is in neither."""
    own, own_tag = _name(node, path), _text(node, "tag")
    place = own_tag or own
    if place is None:
        return None
    below = at_path(layer.below, path)
    if below is None and own is None and chart is not None:
        below = chart.below(path)
    if below is None and node.entry("tag") is None and node.entry("pullPolicy") is None:
        return None
    under = below if below is not None else node
    repository, tag = own or _name(under, path), own_tag or _text(under, "tag")
    registry, digest = _text(node, "registry") or _text(under, "registry"), _text(node, "digest")
    if repository is None:
        return None
    holes = ("global.imageRegistry",) if shared else ()
    host = HOLE if shared else registry.text if registry is not None else ""
    name = f"{host}/{repository.text}" if host else repository.text
    if digest is not None and digest.text.startswith("sha256:"):
        return _use(Value(f"{name}@{digest.text}", holes), own or place, layer.source)
    if tag is None:
        version = chart.app_version(path) if chart is not None else None
        if version is not None:
            return _use(Value(f"{name}:{version.text}", holes, (version.reason,)), place, layer.source)
        return _use(Value(f"{name}:{HOLE}", (*holes, "the chart's version")), place, layer.source)
    return _use(Value(f"{name}:{tag.text}", holes), place, layer.source)


def _name(node: Mapping, path: tuple[str, ...]) -> Scalar | None:
    """The name of an image; words other than `repository` only below a key that speaks of an image."""
    found = _text(node, "repository")
    if found is None and path and path[-1].lower().endswith("image"):
        found = next((text for key in _NAMES if (text := _text(node, key)) is not None), None)
    return found


def _text(node: Mapping, key: str) -> Scalar | None:
    found = node.get(key)
    usable = isinstance(found, Scalar) and found.kind not in ("null", "bool") and found.text and "{{" not in found.text
    return found if usable and isinstance(found, Scalar) else None


def _use(value: Value, place: Scalar, source: Source) -> Use:
    span = source.span(*place.inner(source.text))
    return Use("helm image", value, parse_reference(value), span, because=value.because)
