"""Compose files as trees that remember where each value is written, and how one such tree overrides another.

The rules are those of the compose specification's chapters on merging and on extensions, and of compose-go's
`override`: mappings merge by key, sequences are appended, everything else is replaced; `command` and `entrypoint` are
replaced whole; `environment`, `build.args` and their like merge by name whether they are lists or mappings; `!reset`
takes a value away and `!override` replaces it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.interpolation import interpolate
from wxlint.documents.compose.template import MASK, unmasked
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping as MappingNode
from wxlint.documents.yaml import Node, Scalar

MAX_MERGED = 100_000
"""Entries that may be copied in one project: a thousand services that extend a huge one are refused."""


class Place(NamedTuple):
    """Where something is written. base: the folder that its relative paths start from."""

    source: Source
    start: int
    end: int
    base: str

    @property
    def span(self) -> Span:
        return self.source.span(self.start, self.end)


class ComposeProblem(NamedTuple):
    """What compose would refuse. whole: only if the files read are the whole project, and no overlay of others.

    service: what is missed, by the name of a service or the key of a volume, network, secret or config; another file
    that defines it mends this when both are given.
    """

    span: Span
    message: str
    whole: bool = False
    service: str = ""


class Text(NamedTuple):
    """A scalar, interpolated. kind: as Scalar.kind, before interpolation. The place is inside the quotes."""

    value: Value
    kind: str
    place: Place
    tag: str = ""


class Series(NamedTuple):
    items: tuple[Tree, ...]
    place: Place
    tag: str = ""


class Table(NamedTuple):
    entries: dict[str, TableMember]
    place: Place
    tag: str = ""

    def get(self, key: str) -> Tree | None:
        """The value of a key; None when there is none or it is reset."""
        member = self.entries.get(key)
        return None if member is None or member.value.tag == "!reset" else member.value

    def members(self) -> Iterator[tuple[str, TableMember]]:
        """What is not reset."""
        for key, member in self.entries.items():
            if member.value.tag != "!reset":
                yield key, member


Tree: TypeAlias = Text | Series | Table


class TableMember(NamedTuple):
    key: Place
    value: Tree


class TreeReader:
    """Turns the nodes of one file into trees, interpolated; problems are collected."""

    def __init__(self, source: Source, base: str, variables: Mapping[str, Value], problems: dict[ComposeProblem, None]):
        self.source, self.base, self.variables, self.problems = source, base, variables, problems
        self.overriding = False
        """Whether what is read stands below `!override`, where compose sees no tags."""

    def problem(self, place: Place, message: str) -> None:
        self.problems[ComposeProblem(place.span, message)] = None

    def place(self, start: int, end: int) -> Place:
        return Place(self.source, start, end, self.base)

    def tree(self, node: Node) -> Tree:
        if self.overriding or node.tag != "!override":
            tree = self._tree(node)
            return tree._replace(tag="") if self.overriding and tree.tag else tree
        self.overriding = True
        try:
            return self._tree(node)
        finally:
            self.overriding = False

    def _tree(self, node: Node) -> Tree:
        if isinstance(node, Scalar):
            return self.leaf(node)
        place = self.place(node.start, node.end)
        if isinstance(node, MappingNode):
            return Table(self.members(node, self.tree), place, node.tag)
        return Series(tuple(self.tree(item) for item in node.items), place, node.tag)

    def members(self, node: MappingNode, read: Callable[[Node], Tree]) -> dict[str, TableMember]:
        """The entries of a mapping. What `<<` brings under a key that is reset is there, and overrides other files."""
        members: dict[str, TableMember] = {}
        for key, value in node.entries:
            if self.overriding and key.text in members:  # not reset, then
                continue
            tree = read(value)
            if key.text in members and members[key.text].value.tag == "!reset" != tree.tag:
                tree = tree._replace(tag="!override")
            members[key.text] = TableMember(self.key(key), tree)
        return members

    def leaf(self, node: Scalar) -> Text:
        place = self.place(*node.inner(self.source.text))
        if "$" not in node.text and MASK not in node.text:
            return Text(Value(node.text), node.kind, place, node.tag)
        value, problem = interpolate(node.text, self.variables)
        if MASK in node.text:
            value = unmasked(value, self.source.text[node.start : node.end])
        if problem:
            # Escapes and folded lines shift offsets: look for the very text, and take the scalar when it is not there.
            text = node.text[problem.start : problem.end]
            at = self.source.text.find(text, place.start, place.end)
            where = (at, at + len(text)) if at >= 0 else place[1:3]
            self.problems[ComposeProblem(self.source.span(*where), problem.message)] = None
        return Text(value, node.kind, place, node.tag)

    def check(self, node: Node) -> None:
        """Only report the interpolation problems of what no rule reads."""
        if isinstance(node, Scalar):
            if "${" in node.text:
                self.leaf(node)
        elif isinstance(node, MappingNode):
            for entry in node.entries:
                self.check(entry.value)
        else:
            for item in node.items:
                self.check(item)

    def key(self, key: Scalar) -> Place:
        return self.place(*key.inner(self.source.text))


_REPLACED = late(r"\.(?:command|entrypoint|healthcheck\.test)")
_NAMED = late(r"\.(?:environment|build\.(?:args|labels|additional_contexts)|labels|annotations|deploy\.labels)")
_UNIQUE = late(r"\.(?:profiles|build\.tags)")


class Merger:
    """Merges services, within a budget of copied entries."""

    def __init__(self, problems: dict[ComposeProblem, None]) -> None:
        self.problems = problems
        self.left = MAX_MERGED

    def merge(self, base: Tree, over: Tree, path: str = "") -> Tree:
        """`over` on top of `base`. path: of the value within its service (".build.args")."""
        if over.tag == "!reset" or over.tag == "!override" or base.tag == "!reset":
            return over
        if self.left <= 0:  # not the base: a thousand services would carry it
            return over
        if path == ".build":
            base, over = _build(base), _build(over)
        elif path == ".gpus":
            base = _gpus(base)
        elif path == ".depends_on":
            base, over = by_name(base, conditions=True), by_name(over, conditions=True)
        elif _NAMED.fullmatch(path):
            base, over = by_name(base), by_name(over)
        elif _REPLACED.fullmatch(path):
            return over
        if isinstance(over, Text) and over.kind == "null":
            return base
        if isinstance(base, Table) and isinstance(over, Table):
            return self._tables(base, over, path)
        if isinstance(base, Series) and isinstance(over, Series):
            return self._series(base, over, path)
        if not isinstance(base, Text) and path != ".gpus":
            self.problems[ComposeProblem(over.place.span, f"cannot override {path[1:] or 'the service'}")] = None
        return over

    def untagged(self, tree: Tree) -> Tree:
        """What a service that extends another takes of it: its tags are about the files below, not that service."""
        if isinstance(tree, Table):
            self.left -= len(tree.entries)
            if self.left <= 0:
                return tree
            entries = {key: TableMember(where, self.untagged(value)) for key, (where, value) in tree.members()}
            return Table(entries, tree.place)
        if isinstance(tree, Series):
            self.left -= len(tree.items)
            return Series(tuple(self.untagged(item) for item in tree.items if item.tag != "!reset"), tree.place)
        return tree._replace(tag="") if tree.tag else tree

    def _tables(self, base: Table, over: Table, path: str) -> Table:
        self.left -= len(base.entries) + len(over.entries)
        if self.left <= 0:
            self.problems[ComposeProblem(over.place.span, f"more than {MAX_MERGED} entries to merge")] = None
            return over
        entries = dict(base.entries)
        named = _NAMED.fullmatch(path)
        for key, member in over.entries.items():
            old = entries.get(key)
            if old is not None and not named:  # a named value is replaced, by the caller's own too
                merged = self.merge(old.value, member.value, f"{path}.{key}")
                member = old if merged is old.value else TableMember(member.key, merged)
            entries[key] = member
        return over._replace(entries=entries)

    def _series(self, base: Series, over: Series, path: str) -> Series:
        self.left -= len(base.items) + len(over.items)
        return over._replace(items=unique_items(base.items + over.items, path))


def unique_items(items: Sequence[Tree], path: str) -> tuple[Tree, ...]:
    """The items of a list, of those that mean the same the last. path: as in Merger.merge."""
    if path != ".devices" and not _UNIQUE.fullmatch(path):
        return tuple(items)
    unique = {_identity(item, path): item for item in items}
    return tuple(unique.values())


def _identity(item: Tree, path: str) -> str:
    """What makes a list entry the same as another: the target of a device, else its text."""
    if isinstance(item, Table):
        target = item.get("target")
        return target.value.written() if isinstance(target, Text) else f"\n{id(item)}"
    if isinstance(item, Series):
        return f"\n{id(item)}"
    text = item.value.written()
    _, colon, target_text = text.partition(":")
    return target_text.partition(":")[0] if path == ".devices" and colon else text


def _gpus(tree: Tree) -> Tree:
    """`gpus: all` as the list it stands for: a list in a later file is appended to it."""
    if isinstance(tree, Text) and tree.value.text == "all":
        count = TableMember(tree.place, tree._replace(tag=""))
        return Series((Table({"count": count}, tree.place),), tree.place, tree.tag)
    return tree


def with_listed_gpus(service: Tree) -> Tree:
    """A service as one of another file is extended: its `gpus: all` is a list by then."""
    return _with(service, "gpus", _gpus)


def with_context(service: Tree) -> Tree:
    """A service as one of a file is included: its build is in that file's folder where it names none."""

    def explicit(tree: Tree) -> Tree:
        if not isinstance(tree, Table) or tree.get("context") is not None:
            return tree
        context = Text(Value("."), "str", tree.place)
        return tree._replace(entries={"context": TableMember(tree.place, context), **tree.entries})

    return _with(service, "build", explicit)


def _with(service: Tree, key: str, change: Callable[[Tree], Tree]) -> Tree:
    member = service.entries.get(key) if isinstance(service, Table) else None
    if member is None or not isinstance(service, Table) or member.value.tag == "!reset":
        return service
    changed = change(member.value)
    if changed is member.value:
        return service
    return service._replace(entries={**service.entries, key: TableMember(member.key, changed)})


def _build(tree: Tree) -> Tree:
    """`build: folder` as the mapping it stands for."""
    if isinstance(tree, Text) and tree.kind != "null":
        return Table({"context": TableMember(tree.place, tree._replace(tag=""))}, tree.place, tree.tag)
    return tree


def by_name(tree: Tree, conditions: bool = False) -> Tree:
    """A list of `NAME=value` as the mapping it stands for. A value that is only a name has a null leaf.

    conditions: the list is one of services, as in `depends_on`.
    """
    if not isinstance(tree, Series):
        return tree
    entries: dict[str, TableMember] = {}
    for item in tree.items:
        if not isinstance(item, Text) or item.tag == "!reset":
            continue
        place = item.place
        source, start, end, base = place
        empty = Place(source, end, end, base)
        if conditions:
            started = Text(Value("service_started"), "str", empty)
            entries[item.value.written()] = TableMember(place, Table({"condition": TableMember(empty, started)}, empty))
            continue
        left, equals, right = item.value.text.partition("=")
        holes = left.count(HOLE)
        name = Value(left, item.value.holes[:holes]).written()
        value = Value(right, item.value.holes[holes:], item.value.because)
        at = source.text.find("=", start, end)
        behind = Place(source, at + 1, end, base) if at >= 0 else place
        leaf = Text(value, "str", behind) if equals else Text(Value(""), "null", empty)
        entries[name] = TableMember(place if at < 0 else Place(source, start, at, base), leaf)
    return Table(entries, tree.place, tree.tag)
