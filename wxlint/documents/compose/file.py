"""One document of a compose file as trees: its services and its includes. Version 1 of the format is understood."""

from __future__ import annotations

from wxlint.core.tuples import NamedTuple
from wxlint.documents.compose.declared import declared_in
from wxlint.documents.compose.fields import Fields
from wxlint.documents.compose.merge import Series, Table, TableMember, Text, Tree, TreeReader
from wxlint.documents.compose.services import KEYS
from wxlint.documents.yaml import Mapping, Node, Scalar

_TOP = frozenset(("version", "name", "include", "models", "networks", "volumes", "secrets", "configs"))


class ComposeInclude(NamedTuple):
    """paths: the first is the file, the others override it. project_directory: None for the first one's folder."""

    paths: tuple[Text, ...]
    project_directory: Text | None
    env_files: tuple[Text, ...]


class Raw(NamedTuple):
    """One document of a file: its services as trees.

    declared: the keys of its volumes, networks, secrets and configs; None in the first format, which declares none.
    """

    services: dict[str, TableMember]
    includes: tuple[ComposeInclude, ...]
    declared: frozenset[str] | None = frozenset()


class DocumentReader:
    """Reads the documents of one file; the Reader collects the problems."""

    def __init__(self, reader: TreeReader) -> None:
        self.reader = reader
        self.interpolated = "${" in reader.source.text

    def document(self, node: Node) -> Raw:
        if not isinstance(node, Mapping):
            if not (isinstance(node, Scalar) and node.kind == "null"):
                self.reader.problem(self.reader.place(node.start, node.end), "a compose file must be a mapping")
            return Raw({}, ())
        services = node.get("services")
        first_format = services is None and _is_version_1(node)
        if first_format:
            services = node._replace(entries=tuple(e for e in node.entries if not e.key.text.startswith("x-")))
        if self.interpolated:
            for entry in node.entries:
                if entry.key.text != "services" and entry.value is not services:
                    self.reader.check(entry.value)
        found: dict[str, TableMember] = {}
        if isinstance(services, Mapping):
            found = self.reader.members(services, self._service)
        elif services is not None and not (isinstance(services, Scalar) and services.tag == "!reset"):
            self.reader.problem(self.reader.place(services.start, services.end), "services must be a mapping")
        return Raw(found, self._includes(node.get("include")), None if first_format else declared_in(node))

    def _service(self, node: Node) -> Tree:
        if not isinstance(node, Mapping):
            tree = self.reader.tree(node)
            if tree.tag != "!reset" and not (isinstance(tree, Text) and tree.kind == "null"):
                self.reader.problem(tree.place, "a service must be a mapping")
            return tree
        read = node._replace(entries=tuple(entry for entry in node.entries if entry.key.text in KEYS))
        if self.interpolated and len(read.entries) < len(node.entries):
            for entry in node.entries:
                if entry.key.text not in KEYS:
                    self.reader.check(entry.value)
        return self.reader.tree(read)

    def _includes(self, node: Node | None) -> tuple[ComposeInclude, ...]:
        tree = self.reader.tree(node) if node else None
        if tree is None or (isinstance(tree, Text) and tree.kind == "null"):
            return ()
        if not isinstance(tree, Series):
            self.reader.problem(tree.place, "include must be a list")
            return ()
        found = []
        fields = Fields(self.reader.problems)
        for item in tree.items:
            if isinstance(item, Text) and item.kind != "null":
                found.append(ComposeInclude((item,), None, ()))
            elif isinstance(item, Table) and (paths := _texts(item, "path")):
                found.append(ComposeInclude(paths, fields.text(item, "project_directory"), _texts(item, "env_file")))
            else:
                self.reader.problem(item.place, "include must name a file")
        return tuple(found)


def _texts(table: Table, key: str) -> tuple[Text, ...]:
    """One string or a list of them."""
    tree = table.get(key)
    items = tree.items if isinstance(tree, Series) else (tree,)
    return tuple(item for item in items if isinstance(item, Text) and item.kind != "null")


def _is_version_1(node: Mapping) -> bool:
    """Whether services stand at the top, as in the first format, which had no `services`."""
    return not any(key.text in _TOP for key, _ in node.entries) and any(
        isinstance(value, Mapping) and (value.get("image") or value.get("build")) for _, value in node.entries
    )
