"""Volumes, networks, secrets and configs that services name and the top of no file declares: compose refuses them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.compose.merge import Place, Series, Table, TableMember, Text, Tree
from wxlint.documents.yaml import Mapping as MappingNode

KINDS = ("volumes", "networks", "secrets", "configs")
"""What stands at the top of a file beside its services, for them to name."""
_FOLDER = late(r"[./~\\]|[A-Za-z]:|$")
"""How a path of the host begins, which is no name of a volume. Source: compose-go, format/volume.go, 2.6."""


class NamedResource(NamedTuple):
    """What a service names. key: its kind and its name, which no service can be called."""

    key: str
    shown: str
    service: str
    place: Place


def key_of(kind: str, name: str) -> str:
    """What stands for a volume, network, secret or config among the names of services."""
    return f"{kind} {name}"


def declared_in(node: MappingNode) -> frozenset[str]:
    """The keys (`key_of`) of what the top of a document declares."""
    tops = ((kind, node.get(kind)) for kind in KINDS)
    return frozenset(
        key_of(kind, key.text) for kind, top in tops if isinstance(top, MappingNode) for key, _ in top.entries
    )


def undeclared(services: Mapping[str, TableMember], declared: Collection[str]) -> Iterator[NamedResource]:
    """Yield what services name and nothing declares, each once; a name with a variable may be any."""
    seen = {*declared, key_of("networks", "default")}
    for service, (_, table) in services.items():
        if not isinstance(table, Table):
            continue
        for kind in KINDS:
            for name, place in _names(kind, table.get(kind)):
                key = key_of(kind, name)
                if key not in seen:
                    seen.add(key)
                    yield NamedResource(key, f"the {kind[:-1]} {name}", service, place)


def _names(kind: str, tree: Tree | None) -> Iterator[tuple[str, Place]]:
    if kind == "networks" and isinstance(tree, Table):
        for name, (key, _) in tree.members():
            yield name, key
        return
    for item in tree.items if isinstance(tree, Series) else ():
        text: Tree | None = item
        if isinstance(item, Table):
            text = item.get("source")
            given = item.get("type")
            if kind == "volumes" and not (isinstance(given, Text) and given.value.text == "volume"):
                continue
        if not isinstance(text, Text) or not text.value.known or text.value.because:
            continue
        name, place = text.value.text, text.place
        if kind == "volumes" and isinstance(item, Text):
            name, colon, _ = name.partition(":")
            if not colon or _FOLDER.match(text.value.text):
                continue
        if name:
            yield name, place
