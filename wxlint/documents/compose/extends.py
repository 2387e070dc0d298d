"""What services of compose files get by `extends`, from their own file and from others."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Protocol

from wxlint.core.values import Value
from wxlint.documents.compose.file import Raw
from wxlint.documents.compose.merge import Merger, Place, Series, Table, TableMember, Text, Tree, with_listed_gpus
from wxlint.documents.source import Source

_MAX_EXTENDS = 50


class Loader(Protocol):
    """The loading of one project, as far as it is needed here.

    unknown: what could not be followed. complete: whether every service is known so far.
    """

    merger: Merger
    unknown: list[Text]
    complete: bool

    def raw(self, path: str, base: str, variables: Mapping[str, Value]) -> list[Raw] | None:
        """The documents of a file; None when it cannot be read."""

    def follow(self, text: Text) -> str | None:
        """The path of a file that another names, when it is there; a problem when it is not."""

    def problem(self, place: Place, message: str) -> None:
        """Report what compose would refuse."""

    def has_tags(self, source: Source) -> bool:
        """Whether a file may have compose's own tags."""


class Extender:
    """Carries out `extends` in the services of files that have the same variables, one file after the other."""

    def __init__(self, loader: Loader, variables: Mapping[str, Value]) -> None:
        self.loader, self.variables = loader, variables
        self.done: dict[tuple[str, str], TableMember] = {}
        self.other_files: dict[str, dict[str, TableMember]] = {}
        self.main: dict[str, TableMember] = {}
        """The services of the file whose services are extended."""

    def all(self, path: str, services: dict[str, TableMember]) -> dict[str, TableMember]:
        """The services of a file, each with what it extends."""
        self.done, self.main = {}, services
        return {name: self._service(path, name, services, ()) for name in services}

    def _service(
        self, path: str, name: str, services: dict[str, TableMember], chain: tuple[tuple[str, str], ...]
    ) -> TableMember:
        member = services[name]
        extends = member.value.get("extends") if isinstance(member.value, Table) else None
        if extends is None or not isinstance(member.value, Table):
            return member
        if (path, name) not in self.done:
            base = self._base(path, extends, services, (*chain, (path, name)))
            own = member.value._replace(entries={k: v for k, v in member.value.entries.items() if k != "extends"})
            self.done[path, name] = member._replace(value=self._extended(base.value, own) if base else own)
        return self.done[path, name]

    def _extended(self, base: Tree, own: Table) -> Tree:
        """A service on top of the one it extends. The service's own tag is about the files below."""
        merger = self.loader.merger
        if base.tag or self.loader.has_tags(base.place.source):
            base = merger.untagged(base)
        gpus = own.get("gpus")
        stays = gpus is None or (isinstance(gpus, Text) and gpus.kind == "null")
        if isinstance(base, Table) and isinstance(base.get("gpus"), Text) and not stays:  # `all` is no list yet
            base = base._replace(entries={key: value for key, value in base.entries.items() if key != "gpus"})
        return merger.merge(base, own._replace(tag=""))._replace(tag=own.tag)

    def _base(
        self,
        path: str,
        extends: Table | Series | Text,
        services: dict[str, TableMember],
        chain: tuple[tuple[str, str], ...],
    ) -> TableMember | None:
        """The service that is extended, itself extended."""
        service = extends.get("service") if isinstance(extends, Table) else extends
        file = extends.get("file") if isinstance(extends, Table) else None
        loader = self.loader
        if not isinstance(service, Text) or service.kind == "null":
            loader.complete = False
            return None
        if isinstance(file, Text) and file.kind != "null":
            target = loader.follow(file)
            if target is None:
                return None
            path, services = target, self._services(target)
        if not service.value.known:
            loader.unknown.append(service)
            loader.complete = False
            return None
        name = service.value.text
        if name not in services:
            loader.problem(service.place, f"there is no service {name} in {path} to extend")
        elif (path, name) in chain:
            loader.problem(service.place, f"the service {name} extends itself")
        elif len(chain) > _MAX_EXTENDS:
            loader.problem(service.place, f"more than {_MAX_EXTENDS} services extend each other")
        else:
            base = self._service(path, name, services, chain)
            return self._without_tags_of_namesakes(base, chain[-1], path)
        return None

    def _without_tags_of_namesakes(self, base: TableMember, extending: tuple[str, str], path: str) -> TableMember:
        """A service as it comes to one that extends it.

        Compose carries out the tags of the file that it reads, and of the one that is extended, by their paths: those
        of another service with the name of the extending one are carried out as well.
        """
        own_path, name = extending
        for services in (self.main, self.other_files.get(path, {})):
            twin = services.get(name)
            if twin is None or twin.key.source.path == own_path or not self.loader.has_tags(twin.key.source):
                continue  # what it says itself is merged
            base = base._replace(value=_without_tagged(base.value, twin.value))
        return base

    def _services(self, path: str) -> dict[str, TableMember]:
        """The services of another file, without its includes; relative paths start from that file's folder."""
        if path not in self.other_files:
            raws = self.loader.raw(path, posixpath.dirname(path), self.variables) or []
            self.other_files[path] = {
                name: member._replace(value=with_listed_gpus(member.value))
                for raw in raws
                for name, member in raw.services.items()
            }
        return self.other_files[path]


def _without_tagged(tree: Tree, twin: Tree) -> Tree:
    """A service of another file as one of the same name there leaves it.

    Compose carries out the tags of that file by path, and the service that extends is at the path of its namesake.
    """
    if not isinstance(tree, Table) or not isinstance(twin, Table):
        return tree
    entries = {}
    for key, member in tree.entries.items():
        other = twin.entries.get(key)
        if other is None:
            entries[key] = member
        elif other.value.tag not in ("!reset", "!override"):
            entries[key] = member._replace(value=_without_tagged(member.value, other.value))
    return tree._replace(entries=entries)
