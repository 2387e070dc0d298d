"""A Helm chart of the repository: its own values, its version, and what its templates do with values."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Union

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.documents.yaml import Mapping, Node, Scalar, parse

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.documents.source import Source

Read = Callable[[str], "Union[Source, None]"]
Matching = Callable[[str], "list[str]"]
OWN_VALUES = ("values.yaml", "values.yml")
_VALUE = r"\$?\.Values(?P<{0}>(?:\.\w+)+)\.tag"
_VERSION = r"\$?\.Chart\.AppVersion"
_TAG = late(
    r":(?P<before>[\w.-]*)\{\{-?\s*(?:"
    + _VALUE.format("first")
    + r"\s*\|\s*default\s+"
    + _VERSION
    + r"|default\s+"
    + _VERSION
    + r"\s+"
    + _VALUE.format("second")
    + r")\s*(?:\|\s*(?:toString|trim)\s*)?-?\}\}(?P<after>[\w.-]*)"
)
"""A tag for which the version of the application stands where the values have none."""


class Version(NamedTuple):
    """The tag that a chart's version gives, with its place."""

    text: str
    reason: Reason


class Chart:
    """The chart in a folder, and those below it."""

    def __init__(self, folder: str, cache: Cache, read: Read, matching: Matching) -> None:
        self.folder, self._cache, self._read, self._matching = folder, cache, read, matching

    @cached_property
    def values(self) -> Node | None:
        """The chart's own values."""
        return self._first(OWN_VALUES)[0]

    def below(self, path: tuple[str, ...]) -> Mapping | None:
        """What the values of a chart below say of what the values of this one call `NAME.PATH`."""
        if len(path) < 2:
            return None
        chart = Chart(posixpath.join(self.folder, "charts", path[0]), self._cache, self._read, self._matching)
        return at_path(chart.values, path[1:])

    @cached_property
    def templates(self) -> tuple[str, ...]:
        """The texts of the chart's templates; none where they are not known."""
        found = []
        for pattern in ("*.yaml", "*.yml", "*.tpl"):
            for path in self._matching(posixpath.join(self.folder, "templates", "**", pattern)):
                source = self._read(path)
                found += [source.text] if source is not None else []
        return tuple(found)

    def app_version(self, path: tuple[str, ...]) -> Version | None:
        """The tag of an image whose values have none, where the templates put the version of the application there.

        Args:
            path: of the image's values.
        """
        root, source = self._first(("Chart.yaml",))
        given = root.get("appVersion") if isinstance(root, Mapping) else None
        if not isinstance(given, Scalar) or not given.text or given.kind == "null" or source is None:
            return None
        wanted = "." + ".".join(path)
        tags = {
            f"{match['before']}{given.text}{match['after']}"
            for text in self.templates
            for match in _TAG.finditer(text)
            if (match["first"] or match["second"]) == wanted
        }
        if len(tags) != 1:
            return None
        line = source.position(given.start)[0]
        return Version(tags.pop(), Reason("default", f"appVersion {given.text}", source.path, line))

    def _first(self, names: tuple[str, ...]) -> tuple[Node | None, Source | None]:
        """What the first of several files of the chart holds, and the file."""
        for name in names:
            source = self._read(posixpath.join(self.folder, name))
            if source is not None:
                return next(iter(parse(source, self._cache).documents), None), source
        return None, None


def nothing(_: str) -> list[str]:
    """No file: what is not known of the files of a pattern."""
    return []


def at_path(node: Node | None, path: tuple[str, ...]) -> Mapping | None:
    """The mapping below a node; None where there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else None
