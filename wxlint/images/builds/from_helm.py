"""The images that the values of Helm charts name: a text, or a repository with its tag, below any key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.values import HOLE, Value
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, parse
from wxlint.images.builds.model import Script
from wxlint.images.model.records import Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.documents.source import Source


def helm_script(source: Source, cache: Cache) -> Script:
    """What a file of values names; a registry that all images share (`global`) is not known."""
    documents, _ = parse(source, cache)
    return Script((), (), tuple(use for document in documents for use in _images(document, source)))


def _images(node: Node, source: Source) -> Iterator[Use]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Sequence):
            waiting += reversed(current.items)
        elif isinstance(current, Mapping):
            use = _image(current, source)
            if use is not None:
                yield use
            else:
                yield from _named(current, source)
            waiting += [value for _, value in reversed(current.entries)]


def _named(node: Mapping, source: Source) -> Iterator[Use]:
    """`image` as a text, with its tag in it or beside it; without one, the chart's templates may add it."""
    image, tag = _text(node, "image"), _text(node, "tag")
    if image is None or "/" not in image.text and ":" not in image.text:
        return
    if ":" in image.text.rpartition("/")[2]:
        yield _use(Value(image.text), image, source)
    elif tag is not None:
        yield _use(Value(f"{image.text}:{tag.text}"), tag, source)
    else:
        yield _use(Value(f"{image.text}:{HOLE}", ("the chart's version",)), image, source)


def _image(node: Mapping, source: Source) -> Use | None:
    """`repository` with `tag`; a chart's own version stands for a tag that is not there."""
    repository = _text(node, "repository")
    if repository is None or node.entry("tag") is None and node.entry("pullPolicy") is None:
        return None
    registry, tag, digest = _text(node, "registry"), _text(node, "tag"), _text(node, "digest")
    name = f"{registry.text}/{repository.text}" if registry is not None else repository.text
    if digest is not None and digest.text.startswith("sha256:"):
        return _use(Value(f"{name}@{digest.text}"), repository, source)
    if tag is None:
        return _use(Value(f"{name}:{HOLE}", ("the chart's version",)), repository, source)
    return _use(Value(f"{name}:{tag.text}"), tag, source)


def _text(node: Mapping, key: str) -> Scalar | None:
    found = node.get(key)
    usable = isinstance(found, Scalar) and found.kind not in ("null", "bool") and found.text and "{{" not in found.text
    return found if usable and isinstance(found, Scalar) else None


def _use(value: Value, place: Scalar, source: Source) -> Use:
    return Use("helm image", value, parse_reference(value), source.span(*place.inner(source.text)))
