"""Runs of bake that ask for a target which none of the files that they read has.

Which files are read, and what a compose file gives: `docker buildx bake --print` of buildx 0.13.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.builds.bake.from_bake import read_bake
from wxlint.images.builds.bake.targets import Targets
from wxlint.images.builds.model import BakeRun

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.images.builds.model import DockerCall
    from wxlint.images.graph.documents import Documents
    from wxlint.images.graph.sources import SourceStore

_COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_USUAL = (
    *_COMPOSE_NAMES,
    *("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"),
)
"""Files that are read where none is named."""
DEFAULT = "default"
_PATTERN = frozenset("*?[\\")
_FROM_ENVIRONMENT = "BUILDX_BAKE_FILE"


class MissingTarget(NamedTuple):
    """A target that is asked for. files: those that are read. names: what they have."""

    name: str
    span: Span
    files: tuple[str, ...]
    names: tuple[str, ...]


def missing_targets(documents: Documents, store: SourceStore) -> Iterator[MissingTarget]:
    """The targets that commands and actions ask bake for and that are not there."""
    for path, script in documents.scripts.items():
        source = store.read(path)
        if source is None or _FROM_ENVIRONMENT in source.text:
            continue
        asked = (_asked(call) for call in script.calls if call.docker.verb == "bake")
        for run in (*(each for each in asked if each is not None), *script.bakes):
            yield from _missing(run, store)


def _asked(call: DockerCall) -> BakeRun | None:
    """What a command asks bake for; None where its files or targets are not known."""
    docker = call.docker
    files = [option.value for option in docker.values("-f", "--file")]
    if any(option.name in ("", HOLE, "--list", "--list-targets") for option in docker.options):
        return None
    words = docker.arguments
    values = [*files, *(word.value for word in words)]
    if any(value is None or not value.known or "://" in value.text or value.text == "-" for value in values):
        return None
    targets = tuple((word.value.text, call.span) for word in words)
    return BakeRun(call.starts, tuple(value.text for value in files if value is not None), targets, call.span)


class _Offered(NamedTuple):
    """What files offer. names: None where it is not known."""

    files: tuple[str, ...]
    names: frozenset[str] | None
    groups: dict[str, tuple[str, ...]]


def _missing(run: BakeRun, store: SourceStore) -> Iterator[MissingTarget]:
    offered = [found for folder in run.folders if (found := _offered(folder, run.files, store)) is not None]
    if not offered or any(each.names is None for each in offered):
        return
    wanted = run.targets or ((DEFAULT, run.span),)
    for name, span in wanted:
        if _PATTERN.intersection(name):
            continue
        lacking = [_lacking(name, each) for each in offered]
        if all(lacking):
            first = offered[0]
            yield MissingTarget(lacking[0], span, first.files, tuple(sorted(first.names or ())))


def _lacking(name: str, offered: _Offered, depth: int = 0) -> str:
    """The target that is missing where a name is asked for, itself or a member of a group; "" where none is."""
    names = offered.names or frozenset()
    members = offered.groups.get(name)
    if members is None or depth > len(offered.groups):
        return "" if name in names or name.replace(".", "_") in names else name
    return next((gone for member in members if (gone := _lacking(member, offered, depth + 1))), "")


def _offered(folder: str, files: tuple[str, ...], store: SourceStore) -> _Offered | None:
    """What the files of a run offer where it starts in a folder; None where they are not there."""
    paths = [normal(posixpath.join(folder, name)) for name in files or _usual_names(folder)]
    if not paths or not all(map(disk.is_file, paths)):
        return None
    names: set[str] = set()
    groups: dict[str, tuple[str, ...]] = {}
    for path in paths:
        found = _of_compose(path, store) if path.endswith((".yml", ".yaml")) else _of_bake(path, store)
        if found is None:
            return _Offered(tuple(paths), None, {})
        names |= found.names or frozenset()
        groups.update(found.groups)
    return _Offered(tuple(paths), frozenset(names), groups)


def _usual_names(folder: str) -> list[str]:
    there = [name for name in _USUAL if disk.is_file(normal(posixpath.join(folder, name)))]
    compose = [name for name in there if name in _COMPOSE_NAMES]
    return [*compose, *(name for name in there if name not in _COMPOSE_NAMES)]


def _of_bake(path: str, store: SourceStore) -> _Offered | None:
    source = store.read(path)
    hcl = read_bake(source) if source is not None else None
    if source is None or hcl is None or hcl.problems:
        return None
    targets = Targets(source, hcl)
    names = {target.name for target in targets.targets}
    for target in targets.targets:
        if target.block.body.get("matrix") is not None and target.name == target.label:
            return None  # what its rounds are called is not known
        names.add(target.label)
    groups: dict[str, tuple[str, ...]] = {}
    for group in targets.groups:
        members = targets.members_of(group)
        if members is None or not group.labels:
            return None
        groups[group.labels[0]] = members
    return _Offered((path,), frozenset(names | groups.keys()), groups)


def _of_compose(path: str, store: SourceStore) -> _Offered | None:
    """The services with a build; the file itself gives the group that is built where nothing is named."""
    from wxlint.documents.github.workflow import entries
    from wxlint.documents.yaml import Mapping, parse

    source = store.read(path)
    read = parse(source, store.cache) if source is not None else None
    root = read.documents[0] if read is not None and len(read.documents) == 1 and not read.problems else None
    services = root.get("services") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(services, Mapping) or root.get("include") is not None:
        return None
    names = {DEFAULT}
    for key, service in entries(services):
        if not isinstance(service, Mapping) or service.get("extends") is not None:
            return None
        if service.get("build") is not None:
            names |= {key.text, key.text.replace(".", "_")}
    return _Offered((path,), frozenset(names), {})
