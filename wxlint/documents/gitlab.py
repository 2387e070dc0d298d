"""GitLab CI configurations: jobs with what `extends`, `default`, `include: local`, anchors and `!reference` bring.

Keywords as on the page "CI/CD YAML syntax reference" of GitLab's documentation. What is included from elsewhere
(remote, project, template, component) is not known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.paths import folders_above, normal
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, TextProblem, parse

_GLOBAL = frozenset(
    "default include stages variables workflow image services cache before_script after_script pages spec types".split()
)
_DEFAULTS = ("image", "services", "before_script", "after_script")
_DEPTH = 12
_MOST_FILES = 150
"""GitLab's own limit on includes."""


class PlacedNode(NamedTuple):
    """A node with the file that it stands in."""

    node: Node
    source: Source


class GitlabJob(NamedTuple):
    """One job. key: its name. given: its keywords, those that it inherits among them. open: it may inherit more."""

    name: str
    key: PlacedNode
    given: dict[str, PlacedNode]
    open: bool


def read_pipeline(
    source: Source,
    read: Callable[[str], Source | None],
    cache: Cache = NO_CACHE,
    matching: Callable[[str], list[str]] = lambda _: [],
) -> Pipeline:
    """Read a configuration with what it includes. matching: the files of a pattern. Never raises."""
    pipeline = Pipeline(read, cache, matching)
    pipeline.add(source, 0)
    return pipeline


class Pipeline:
    """A configuration with the files that it includes.

    files: those that were read, the first one first. variables: of the whole pipeline. problems: by file.
    """

    def __init__(
        self, read: Callable[[str], Source | None], cache: Cache, matching: Callable[[str], list[str]]
    ) -> None:
        self.read, self.cache, self.matching = read, cache, matching
        self.files: dict[str, None] = {}
        self.problems: dict[str, tuple[TextProblem, ...]] = {}
        self.top: dict[str, PlacedNode] = {}
        self.variables: dict[str, PlacedNode] = {}
        self.raw: dict[str, dict[str, PlacedNode]] = {}
        self.keys: dict[str, PlacedNode] = {}

    # -- files

    def add(self, source: Source, depth: int) -> None:
        """Read a file: what it includes first, which it then changes."""
        if source.path in self.files or len(self.files) >= _MOST_FILES or depth > _DEPTH:
            return
        self.files[source.path] = None
        documents, problems, _ = parse(source, self.cache)
        root = documents[-1] if documents else None  # a header with `spec:` comes first
        if root is not None and not isinstance(root, Mapping):
            problems = (*problems, TextProblem(root.start, root.end, "a pipeline is a mapping of jobs and keywords"))
        if problems:
            self.problems[source.path] = problems
        if not isinstance(root, Mapping):
            return
        for path in _local_includes(root.get("include")):
            for found in self._included(path, source.path):
                self.add(found, depth + 1)
        for key, value in root.entries:
            self._top_level(key, value, source)

    def _included(self, path: str, by: str) -> list[Source]:
        """Local files: from the root of the repository on, which is a folder above the file that includes them.

        path: may hold `*`, for all but folders, and `**`.
        """
        for folder in folders_above(posixpath.dirname(by)):
            full = normal(posixpath.join(folder, path))
            paths = self.matching(full) if "*" in path else [full]
            found = [source for each in paths if (source := self.read(each)) is not None]
            if found:
                return found
        return []

    def _top_level(self, key: Scalar, value: Node, source: Source) -> None:
        if key.text == "variables" and isinstance(value, Mapping):
            self.variables.update((name.text, PlacedNode(each, source)) for name, each in value.entries)
        elif key.text == "default" and isinstance(value, Mapping):
            self.top.update((name.text, PlacedNode(each, source)) for name, each in value.entries)
        elif key.text in _DEFAULTS:
            self.top.setdefault(key.text, PlacedNode(value, source))
        elif key.text not in _GLOBAL and isinstance(value, Mapping):
            own = {name.text: PlacedNode(each, source) for name, each in value.entries}
            self.keys[key.text] = PlacedNode(key, source)
            self.raw[key.text] = _merged(self.raw.get(key.text, {}), own)

    # -- jobs

    @property
    def jobs(self) -> Iterator[GitlabJob]:
        """The jobs that run."""
        return (self._job(name) for name in self.raw if not name.startswith("."))

    def _job(self, name: str) -> GitlabJob:
        given, is_open = self._resolved(name, 0)
        kept = _inherited(given.get("inherit"), "default")
        defaults = {key: self.top[key] for key in _DEFAULTS if key in self.top and (kept is None or key in kept)}
        return GitlabJob(name, self.keys[name], {**defaults, **given}, is_open)

    def variables_of(self, job: GitlabJob) -> dict[str, PlacedNode]:
        """The variables of the whole pipeline that a job inherits."""
        kept = _inherited(job.given.get("inherit"), "variables")
        return {name: value for name, value in self.variables.items() if kept is None or name in kept}

    def _resolved(self, name: str, depth: int) -> tuple[dict[str, PlacedNode], bool]:
        """The keywords of a job with those that it extends, and whether some of these are not known."""
        own = self.raw.get(name)
        if own is None or depth > _DEPTH:
            return {}, True
        found: dict[str, PlacedNode] = {}
        is_open = False
        for parent in _names(own["extends"].node) if "extends" in own else ():
            given, unknown = self._resolved(parent, depth + 1)
            found, is_open = _merged(found, given), is_open or unknown
        return _merged(found, own), is_open

    def _referred(self, node: Sequence) -> PlacedNode | None:
        """What `!reference [job, keyword]` stands for."""
        names = [item.text for item in node.items if isinstance(item, Scalar)]
        if len(names) < 2 or len(names) != len(node.items):
            return None
        found = self._resolved(names[0], 0)[0].get(names[1])  # `extends` counts before `!reference`
        if found is None and names[0] == "default":
            found = self.top.get(names[1])
        for name in names[2:]:
            inner = found.node.get(name) if found is not None and isinstance(found.node, Mapping) else None
            found = PlacedNode(inner, found.source) if found is not None and inner is not None else None
        return found

    def referred(self, given: PlacedNode, depth: int = 0) -> PlacedNode:
        """A node, or what it stands for as `!reference`; the node itself where that is not known."""
        node = given.node
        if not isinstance(node, Sequence) or node.tag != "!reference" or depth > _DEPTH:
            return given
        found = self._referred(node)
        return self.referred(found, depth + 1) if found is not None else given

    def items(self, given: PlacedNode, depth: int = 0) -> Iterator[PlacedNode]:
        """The items of a list; a list that an item stands for is part of it."""
        given = self.referred(given)
        if not isinstance(given.node, Sequence):
            yield from [given] if depth else ()
        elif given.node.tag != "!reference" and depth <= _DEPTH:
            for item in given.node.items:
                yield from self.items(PlacedNode(item, given.source), depth + 1)

    def lines(self, given: PlacedNode, depth: int = 0) -> Iterator[PlacedNode]:
        """The command lines of a script: lists in lists, and what `!reference` names, one after the other."""
        node = given.node
        if isinstance(node, Scalar):
            if node.kind == "str":
                yield given
        elif isinstance(node, Sequence) and depth <= _DEPTH:
            if node.tag == "!reference":
                found = self._referred(node)
                if found is not None:
                    yield from self.lines(found, depth + 1)
                return
            for item in node.items:
                yield from self.lines(PlacedNode(item, given.source), depth + 1)


def _inherited(inherit: PlacedNode | None, key: str) -> set[str] | None:
    """What `inherit` lets in of the defaults or of the variables; None for all of them."""
    node = inherit.node.get(key) if inherit is not None and isinstance(inherit.node, Mapping) else None
    if isinstance(node, Sequence):
        return set(_names(node))
    return set() if isinstance(node, Scalar) and node.text == "false" else None


def _merged(below: dict[str, PlacedNode], own: dict[str, PlacedNode]) -> dict[str, PlacedNode]:
    """Keywords over those of a job that is extended: maps are joined, everything else is replaced."""
    found = dict(below)
    for key, placed in own.items():
        before = found.get(key)
        node = _joined(before.node, placed.node, 0) if before is not None else placed.node
        found[key] = PlacedNode(node, placed.source)
    return found


def _joined(below: Node, own: Node, depth: int) -> Node:
    if not isinstance(below, Mapping) or not isinstance(own, Mapping) or depth > _DEPTH:
        return own
    entries = {entry.key.text: entry for entry in below.entries}
    for entry in own.entries:
        before = entries.get(entry.key.text)
        value = _joined(before.value, entry.value, depth + 1) if before is not None else entry.value
        entries[entry.key.text] = entry._replace(value=value)
    return Mapping(tuple(entries.values()), own.start, own.end, own.tag)


def _names(node: Node) -> list[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return [item.text for item in items if isinstance(item, Scalar)]


def _local_includes(node: Node | None) -> Iterator[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        local = item.get("local") if isinstance(item, Mapping) else item
        for each in local.items if isinstance(local, Sequence) else (local,):
            if isinstance(each, Scalar) and each.kind == "str" and "://" not in each.text:
                yield each.text.lstrip("/")
