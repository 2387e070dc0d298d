"""A policy and what it extends, as one tree: mappings are merged key by key, anything else is the nearest file's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from wxlint.core import disk
from wxlint.core.errors import InputError, PolicyError
from wxlint.core.span import Span
from wxlint.core.suggest import did_you_mean
from wxlint.documents.source import Source, read
from wxlint.documents.yaml import Entry, Mapping, Node, Scalar, Sequence
from wxlint.policy.find import repository_top
from wxlint.policy.schema import quoted

_PRESETS = os.path.join(os.path.dirname(__file__), "presets")
_OF_A_FILE = frozenset(("wxlint", "extends", "name", "root"))
"""Keys that are about the file they stand in."""
_MOST = 32
"""Files that one policy may extend, one by way of another."""


class Layers(Source):
    """The text of a policy, with those that it extends behind it: an offset beyond the first text is in another.

    sources: each with the offset that its text begins at.
    """

    __slots__ = ("sources",)

    def __init__(self, nearest: Source) -> None:
        super().__init__(nearest.path, nearest.text, nearest.encoding)
        self.sources: list[tuple[int, Source]] = [(0, Source(nearest.path, nearest.text, nearest.encoding))]

    def add(self, source: Source) -> int:
        """Add a file, and return the offset of its text."""
        start, last = self.sources[-1]
        self.sources.append((start + len(last.text) + 1, source))
        return self.sources[-1][0]

    def span(self, start: int, end: int) -> Span:
        """The stretch of characters [start, end), in the file that it is of."""
        first, source = next(one for one in reversed(self.sources) if one[0] <= start)
        return source.span(start - first, max(end - first, start - first))


def presets() -> tuple[str, ...]:
    """The names of the policies that come with the program."""
    return tuple(sorted(name.removesuffix(".yaml") for name in disk.names(_PRESETS) if name.endswith(".yaml")))


def extended(source: Source, node: Node, path: Path, document: Callable[[Source], Node]) -> tuple[Source, Node]:
    """The tree of a policy with what it extends.

    Args:
        path: where the policy lies.
        document: reads a file's tree, which is as the schema says.

    Raises PolicyError for what cannot be read, lies outside the repository, or extends itself.
    """
    layers = Layers(source)
    top = repository_top(path)
    return layers, _with_bases(layers, node, path, 0, _Way(top, document, (disk.real(path),)))


class _Way:
    """How a file is reached. files: those on the way to it, links followed."""

    def __init__(self, top: str, document: Callable[[Source], Node], files: tuple[str, ...]) -> None:
        self.top, self.document, self.files = top, document, files

    def on(self, real: str) -> _Way:
        return _Way(self.top, self.document, (*self.files, real))


def _with_bases(layers: Layers, node: Node, path: Path, start: int, way: _Way) -> Node:
    """A file's tree, merged with those that it extends: of several the last is the nearest. start: of its text."""
    said = node.get("extends") if isinstance(node, Mapping) else None
    names = said.items if isinstance(said, Sequence) else () if said is None else (said,)
    for name in reversed(names):
        assert isinstance(name, Scalar)
        base = _base(name.text, path, way)
        if isinstance(base, str):
            span = layers.span(name.start, name.end)
            raise PolicyError([f"{span.path}:{span.line}:{span.column}: extends: {base}"])
        source, real = base
        shift = layers.add(source)
        found = _shifted(way.document(source), shift)
        found = _with_bases(layers, found, Path(real), shift, way.on(real))
        if isinstance(node, Mapping) and isinstance(found, Mapping):
            entries = tuple(entry for entry in found.entries if entry.key.text not in _OF_A_FILE)
            node = _merged(node, found._replace(entries=entries))
    return node


def _base(name: str, path: Path, way: _Way) -> tuple[Source, str] | str:
    """The file that a name stands for, and its place; else what is wrong with it."""
    if "/" not in name and not name.endswith((".yaml", ".yml", ".toml")):
        if name not in presets():
            near = did_you_mean(name, presets(), quoted)
            return f"there is no preset {quoted(name)}; allowed: {', '.join(presets())}, or a file's path{near}"
        file = os.path.join(_PRESETS, f"{name}.yaml")
        return read(Path(file), f"wxlint preset {name}"), file
    file = os.path.join(path.parent, name)
    real = disk.real(file)
    if not real.startswith(way.top.rstrip("/") + "/"):
        return f"{quoted(name)} lies outside the policy's repository; allowed: a policy in {quoted(way.top)}"
    if real in way.files:
        return f"{quoted(name)} extends itself"
    if len(way.files) >= _MOST:
        return f"{quoted(name)} is the {_MOST}th policy that extends another; allowed: fewer"
    if not disk.is_file(real):
        beside = [os.path.join(os.path.dirname(name), one) for one in _policies(os.path.dirname(file))]
        return f"found {quoted(name)}, which names no file; allowed: a policy{did_you_mean(name, beside, quoted)}"
    try:
        return read(Path(real), os.path.relpath(real).replace(os.sep, "/")), real
    except InputError as error:
        return str(error)


def _policies(folder: str) -> list[str]:
    """The files of a folder that may be policies."""
    try:
        return [name for name in disk.names(folder) if name.endswith((".yaml", ".yml", ".toml"))][:100]
    except OSError:
        return []


def _merged(near: Mapping, far: Mapping) -> Mapping:
    """What `near` says, and what `far` says where it says nothing."""
    own = {entry.key.text for entry in near.entries}
    entries = []
    for key, value in near.entries:
        other = far.get(key.text)
        both = isinstance(value, Mapping) and isinstance(other, Mapping)
        entries.append(Entry(key, _merged(value, other) if both else value))  # type: ignore[arg-type]
    return near._replace(entries=(*entries, *(entry for entry in far.entries if entry.key.text not in own)))


def _shifted(node: Node, by: int) -> Node:
    """A tree whose places are those of a text that begins at another offset."""
    if isinstance(node, Mapping):
        entries = tuple(Entry(_moved(key, by), _shifted(value, by)) for key, value in node.entries)
        return node._replace(entries=entries, start=node.start + by, end=node.end + by)
    if isinstance(node, Sequence):
        items = tuple(_shifted(item, by) for item in node.items)
        return node._replace(items=items, start=node.start + by, end=node.end + by)
    return _moved(node, by)


def _moved(scalar: Scalar, by: int) -> Scalar:
    return scalar._replace(start=scalar.start + by, end=scalar.end + by)
