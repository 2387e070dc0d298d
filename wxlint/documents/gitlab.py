"""GitLab CI configurations: jobs with what `extends`, `default`, `include: local`, anchors and `!reference` bring.

Keywords as on the page "CI/CD YAML syntax reference" of GitLab's documentation. What is included from elsewhere
(remote, project, template, component) is not known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping, Node, Problem, Scalar, Sequence, parse

_GLOBAL = frozenset(
    "default include stages variables workflow image services cache before_script after_script pages spec types".split()
)
_DEFAULTS = ("image", "services", "before_script", "after_script")
_DEPTH = 12
_MOST_FILES = 150
"""GitLab's own limit on includes."""


class Placed(NamedTuple):
    """A node with the file that it stands in."""

    node: Node
    source: Source


class Job(NamedTuple):
    """One job. key: its name. given: its keywords, those that it inherits among them. open: it may inherit more."""

    name: str
    key: Placed
    given: dict[str, Placed]
    open: bool


def read_pipeline(source: Source, read: Callable[[str], Source | None], cache: Cache = NO_CACHE) -> Pipeline:
    """Read a configuration with what it includes. Never raises."""
    pipeline = Pipeline(read, cache)
    pipeline.add(source, 0)
    return pipeline


class Pipeline:
    """A configuration with the files that it includes.

    files: those that were read, the first one first. variables: of the whole pipeline. problems: by file.
    """

    def __init__(self, read: Callable[[str], Source | None], cache: Cache) -> None:
        self.read, self.cache = read, cache
        self.files: dict[str, None] = {}
        self.problems: dict[str, tuple[Problem, ...]] = {}
        self.top: dict[str, Placed] = {}
        self.variables: dict[str, Placed] = {}
        self.raw: dict[str, dict[str, Placed]] = {}
        self.keys: dict[str, Placed] = {}

    # -- files

    def add(self, source: Source, depth: int) -> None:
        """Read a file: what it includes first, which it then changes."""
        if source.path in self.files or len(self.files) >= _MOST_FILES or depth > _DEPTH:
            return
        self.files[source.path] = None
        documents, problems = parse(source, self.cache)
        if problems:
            self.problems[source.path] = problems
        root = documents[-1] if documents else None  # a header with `spec:` comes first
        if not isinstance(root, Mapping):
            return
        for path in _local_includes(root.get("include")):
            found = self._included(path, source.path)
            if found is not None:
                self.add(found, depth + 1)
        for key, value in root.entries:
            self._top_level(key, value, source)

    def _included(self, path: str, by: str) -> Source | None:
        """A local file: from the root of the repository on, which is a folder above the file that includes it."""
        folder = posixpath.dirname(by)
        while True:
            found = self.read(posixpath.normpath(posixpath.join(folder, path)))
            if found is not None or not folder:
                return found
            folder = posixpath.dirname(folder)

    def _top_level(self, key: Scalar, value: Node, source: Source) -> None:
        if key.text == "variables" and isinstance(value, Mapping):
            self.variables.update((name.text, Placed(each, source)) for name, each in value.entries)
        elif key.text == "default" and isinstance(value, Mapping):
            self.top.update((name.text, Placed(each, source)) for name, each in value.entries)
        elif key.text in _DEFAULTS:
            self.top.setdefault(key.text, Placed(value, source))
        elif key.text not in _GLOBAL and isinstance(value, Mapping):
            own = {name.text: Placed(each, source) for name, each in value.entries}
            self.keys[key.text] = Placed(key, source)
            self.raw[key.text] = _merged(self.raw.get(key.text, {}), own)

    # -- jobs

    @property
    def jobs(self) -> Iterator[Job]:
        """The jobs that run."""
        return (self._job(name) for name in self.raw if not name.startswith("."))

    def _job(self, name: str) -> Job:
        given, is_open = self._resolved(name, 0)
        inherit = given.get("inherit")
        default = inherit.node.get("default") if inherit is not None and isinstance(inherit.node, Mapping) else None
        if not isinstance(default, Scalar) or default.text != "false":
            given = {**{key: self.top[key] for key in _DEFAULTS if key in self.top}, **given}
        return Job(name, self.keys[name], given, is_open)

    def _resolved(self, name: str, depth: int) -> tuple[dict[str, Placed], bool]:
        """The keywords of a job with those that it extends, and whether some of these are not known."""
        own = self.raw.get(name)
        if own is None or depth > _DEPTH:
            return {}, True
        found: dict[str, Placed] = {}
        is_open = False
        for parent in _names(own["extends"].node) if "extends" in own else ():
            given, unknown = self._resolved(parent, depth + 1)
            found, is_open = _merged(found, given), is_open or unknown
        return _merged(found, own), is_open

    def _referred(self, node: Sequence) -> Placed | None:
        """What `!reference [job, keyword]` stands for."""
        names = [item.text for item in node.items if isinstance(item, Scalar)]
        if len(names) < 2 or len(names) != len(node.items):
            return None
        found = self.raw.get(names[0], {}).get(names[1])
        if found is None and names[0] == "default":
            found = self.top.get(names[1])
        for name in names[2:]:
            inner = found.node.get(name) if found is not None and isinstance(found.node, Mapping) else None
            found = Placed(inner, found.source) if found is not None and inner is not None else None
        return found

    def lines(self, given: Placed, depth: int = 0) -> Iterator[Placed]:
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
                yield from self.lines(Placed(item, given.source), depth + 1)


def _merged(below: dict[str, Placed], own: dict[str, Placed]) -> dict[str, Placed]:
    """Keywords over those of a job that is extended: maps are joined, everything else is replaced."""
    found = dict(below)
    for key, placed in own.items():
        before = found.get(key)
        if key == "variables" and before is not None:
            if isinstance(before.node, Mapping) and isinstance(placed.node, Mapping):
                entries = {entry.key.text: entry for entry in (*before.node.entries, *placed.node.entries)}
                node = Mapping(tuple(entries.values()), placed.node.start, placed.node.end, placed.node.tag)
                found[key] = Placed(node, placed.source)
                continue
        found[key] = placed
    return found


def _names(node: Node) -> list[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return [item.text for item in items if isinstance(item, Scalar)]


def _local_includes(node: Node | None) -> Iterator[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        local = item.get("local") if isinstance(item, Mapping) else item
        for each in local.items if isinstance(local, Sequence) else (local,):
            if isinstance(each, Scalar) and each.kind == "str" and "://" not in each.text and "*" not in each.text:
                yield each.text.lstrip("/")
