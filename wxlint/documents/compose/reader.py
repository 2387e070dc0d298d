"""Compose files: the services of one file as written, and of a project after merging, `include` and `extends`.

    reader = ComposeReader(read)                       read(path) -> Source | None; nothing else touches the disk
    reader.file("docker-compose.yml")                  -> ComposeFile | None
    reader.project(["compose.yml", "compose.gpu.yml"]) -> Project

Paths have `/`, are normalised, and start where the caller's `read` starts. Each file is parsed once per reader.
Variables come from the `.env` file beside the first compose file (see interpolation.py). Nothing raises, except `read`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.paths import normal
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.documents.compose.declared import undeclared
from wxlint.documents.compose.fields import resolve
from wxlint.documents.compose.file import ComposeInclude, DocumentReader, Raw
from wxlint.documents.compose.interpolation import read_env
from wxlint.documents.compose.merge import (
    ComposeProblem,
    Merger,
    Place,
    Table,
    TableMember,
    Text,
    TreeReader,
    with_context,
)
from wxlint.documents.compose.services import REMOTE, Service, ServiceReader, containers_refused
from wxlint.documents.compose.template import marked, masked
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping as MappingNode
from wxlint.documents.yaml import TextProblem, Yaml, parse

if TYPE_CHECKING:
    from wxlint.documents.compose.extends import Extender

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = tuple(name.replace("compose.", "compose.override.") for name in BASES)
_MAX_INCLUDE_DEPTH = 20
_MAX_INCLUDES = 200


class ComposeFile(NamedTuple):
    """One file by itself: its own services, interpolated, neither merged nor extended."""

    source: Source
    services: tuple[Service, ...]
    includes: tuple[ComposeInclude, ...]
    problems: tuple[ComposeProblem, ...]
    declared: frozenset[str] = frozenset()
    """The keys of its volumes, networks, secrets and configs."""


class FilledFile(NamedTuple):
    """The documents of a file with these variables filled in, and what is wrong with them."""

    documents: list[Raw]
    problems: dict[ComposeProblem, None]
    variables: Mapping[str, Value]


class ReadProject(NamedTuple):
    """What docker compose would run. paths: every compose file that was read, included and extended ones too.

    unknown: includes and extended files that could not be followed, since their path is remote or not known; services
    may be missing then.
    """

    services: tuple[Service, ...]
    problems: tuple[ComposeProblem, ...]
    paths: tuple[str, ...]
    unknown: tuple[Text, ...]


def default_files(names: Collection[str]) -> list[str]:
    """The files, out of a folder's names, that docker compose takes when none is given."""
    base = next((name for name in BASES if name in names), None)
    override = next((name for name in OVERRIDES if name in names), None)
    return [name for name in (base, override) if name] if base else []


class ComposeReader:
    """Reads compose files and projects, keeping what was parsed."""

    def __init__(self, read: Callable[[str], Source | None], cache: Cache = NO_CACHE) -> None:
        self._read, self._cache = read, cache
        self._sources: dict[str, Source | None] = {}
        self._parsed: dict[str, Yaml] = {}
        self._raw: dict[tuple[str, str], FilledFile] = {}
        """By the file, and the folder that its relative paths start from."""
        self._tagged: dict[str, bool] = {}
        self._templates: dict[str, bool] = {}  # whether they have marks

    def file(self, path: str) -> ComposeFile | None:
        """One file; None when it cannot be read."""
        path = normal(path)
        source = self.source(path)
        if source is None:
            return None
        base = posixpath.dirname(path)
        project = _Loader(self)
        variables = project.environment([posixpath.join(base, ".env")], {})
        raws = project.raw(path, base, variables) or []
        typed = ServiceReader(project.problems)
        services = [
            typed.service(name, member.key, member.value)
            for raw in raws
            for name, member in raw.services.items()
            if isinstance(member.value, Table)
        ]
        includes = tuple(include for raw in raws for include in raw.includes)
        declared = frozenset[str]().union(*(raw.declared or () for raw in raws))
        return ComposeFile(source, tuple(services), includes, self.problems(project.problems), declared)

    def project(self, paths: Sequence[str], env_files: Sequence[str] | None = None) -> ReadProject:
        """The services of a base file and its overrides, merged in order. env_files: instead of the base's `.env`."""
        project = _Loader(self)
        paths = [normal(path) for path in paths]
        base = posixpath.dirname(paths[0]) if paths else ""
        variables = project.environment(env_files or [posixpath.join(base, ".env")], {})
        services = project.files(paths, base, variables, ())
        return project.typed(services)

    def source(self, path: str) -> Source | None:
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def raw(self, source: Source, base: str, variables: Mapping[str, Value]) -> FilledFile:
        """The documents of a file, read once for those who give it the same variables."""
        found = self._raw.get((source.path, base))
        if found is None or found.variables != variables:
            found = self._raw[(source.path, base)] = self._read_raw(source, base, variables)
        return found

    def _read_raw(self, source: Source, base: str, variables: Mapping[str, Value]) -> FilledFile:
        documents, problems, _ = self.yaml(source.path, source)
        if unfit := source.unfit_for("utf-16"):
            documents, problems = (), (TextProblem(0, 0, unfit),)
        found: dict[ComposeProblem, None] = {}
        for start, end, message in problems:
            found[ComposeProblem(source.span(start, end), message)] = None
        if not documents and not problems:
            found[ComposeProblem(source.span(0, 0), "the file is empty", True)] = None
        reader = DocumentReader(TreeReader(source, base, variables, found))
        raws = [reader.document(node) for node in documents if isinstance(node, MappingNode) or not problems]
        return FilledFile(raws, found, variables)

    def yaml(self, path: str, source: Source) -> Yaml:
        found = self._parsed.get(path)
        if found is None:
            template, filled = marked(path, source.text)
            if template:
                self._templates[path] = filled
            found = self._parsed[path] = parse(Source(path, masked(source.text)) if filled else source, self._cache)
        return found

    def has_tags(self, source: Source) -> bool:
        """Whether a file may have compose's own tags."""
        found = self._tagged.get(source.path)
        if found is None:
            found = self._tagged[source.path] = "!reset" in source.text or "!override" in source.text
        return found

    def is_filled(self, path: str) -> bool:
        """Whether another tool fills in a file that was read before compose comes to it."""
        return self._templates.get(path, False)

    def problems(self, found: Iterable[ComposeProblem]) -> tuple[ComposeProblem, ...]:
        """Those that count: compose never sees a template."""
        return tuple(problem for problem in found if problem.span.path not in self._templates)


class _Loader:
    """The loading of one project."""

    def __init__(self, reader: ComposeReader) -> None:
        self.reader = reader
        self.problems: dict[ComposeProblem, None] = {}
        self.paths: dict[str, None] = {}
        self.unknown: list[Text] = []
        self.complete = True
        self.declared: set[str] | None = set()
        self.merger = Merger(self.problems)
        self.includes_left = _MAX_INCLUDES

    def problem(self, place: Place, message: str, whole: bool = False, service: str = "") -> None:
        self.problems[ComposeProblem(place.span, message, whole, service)] = None
        self.complete = False

    def environment(self, paths: Sequence[str], outer: Mapping[str, Value]) -> dict[str, Value]:
        """The variables of .env files under those of the including project."""
        variables = dict(outer)
        for path in paths:
            source = self.reader.source(path) if path != "/dev/null" else None
            if source is not None:
                found, problems = read_env(source, outer)
                for start, end, message in problems:
                    self.problems[ComposeProblem(source.span(start, end), message)] = None
                variables.update({name: value for name, value in found.items() if name not in outer})
        return variables

    def raw(self, path: str, base: str, variables: Mapping[str, Value]) -> list[Raw] | None:
        """The documents of a file; None when it cannot be read."""
        source = self.reader.source(path)
        if source is None:
            return None
        self.paths[path] = None
        found = self.reader.raw(source, base, variables)
        self.problems.update(found.problems)
        return found.documents

    def files(
        self, paths: Sequence[str], base: str, variables: Mapping[str, Value], including: tuple[str, ...]
    ) -> dict[str, TableMember]:
        """The services of files merged in order, each with its includes and extends carried out."""
        services: dict[str, TableMember] = {}
        extender: Extender | None = None
        for path in paths:
            raws = self.raw(path, base, variables)
            self.complete = self.complete and raws is not None
            for own, includes, declared in raws or ():
                if declared is None or self.declared is None:
                    self.declared = None
                else:
                    self.declared |= declared
                for include in includes:
                    own = self._with_included(self._include(include, variables, (*including, path)), own, include)
                if any(isinstance(each.value, Table) and "extends" in each.value.entries for each in own.values()):
                    if extender is None:
                        from wxlint.documents.compose.extends import Extender

                        extender = Extender(self, variables)
                    own = extender.all(path, own)
                services = self._merged(services, own)
        return services

    def _with_included(
        self, included: dict[str, TableMember], own: dict[str, TableMember], include: ComposeInclude
    ) -> dict[str, TableMember]:
        """The services of a file beside those that it includes, of which it can only say the very same."""
        for name in included.keys() & own.keys():
            if included[name] != own[name]:
                shown = include.paths[0].value.shown()
                self.problem(own[name].key, f"the service {name} is in {shown} as well, which is included")
        return self._merged(included, own)

    def _merged(self, base: dict[str, TableMember], over: dict[str, TableMember]) -> dict[str, TableMember]:
        merged = dict(base)
        for name, member in over.items():
            old = merged.get(name)
            value = self.merger.merge(old.value, member.value) if old else member.value
            merged[name] = old if old and value is old.value else TableMember(member.key, value)
        return merged

    def _include(
        self, include: ComposeInclude, variables: Mapping[str, Value], including: tuple[str, ...]
    ) -> dict[str, TableMember]:
        paths = [path for text in include.paths if (path := self.follow(text)) is not None]
        first = include.paths[0]
        if len(paths) < len(include.paths):
            return {}
        self.includes_left -= 1
        if paths[0] in including:
            self.problem(first.place, f"{paths[0]} includes itself")
            return {}
        if len(including) > _MAX_INCLUDE_DEPTH or self.includes_left < 0:
            self.problem(
                first.place, f"more than {_MAX_INCLUDES} files included, or {_MAX_INCLUDE_DEPTH} in each other"
            )
            return {}
        directory = include.project_directory
        base = resolve(directory.place.base, directory.value) if directory else posixpath.dirname(paths[0])
        if base is None:
            self.unknown.append(first)
            self.complete = False
            return {}
        env_files = [path for text in include.env_files if (path := self.follow(text)) is not None]
        outer = self.environment(env_files if include.env_files else [posixpath.join(base, ".env")], variables)
        services = self.files(paths, base, outer, including)
        return {name: member._replace(value=with_context(member.value)) for name, member in services.items()}

    def follow(self, text: Text) -> str | None:
        """The path of a file that another names, when it is there; a problem when it is not."""
        path = None if REMOTE.match(text.value.text) else resolve(text.place.base, text.value)
        if path is None:
            self.unknown.append(text)
            self.complete = False
        elif path != "/dev/null" and self.reader.source(path) is None:
            self.problem(text.place, f"{path} cannot be read", whole=True)
            return None
        return path

    def has_tags(self, source: Source) -> bool:
        return self.reader.has_tags(source)

    def typed(self, services: dict[str, TableMember]) -> ReadProject:
        reader = ServiceReader(self.problems)
        found = [
            reader.service(name, member.key, member.value)
            for name, member in services.items()
            if isinstance(member.value, Table) and member.value.tag != "!reset"
        ]
        names = {service.name for service in found}
        for name, (key, value) in services.items() if self.complete else ():
            if isinstance(value, Text) and value.tag != "!reset":
                self.problem(key, "a service must be a mapping", True, name)
        for service in found if self.complete and self.merger.left > 0 else ():
            if not (service.image and service.image.value.text) and not service.build and not service.provider:
                self.problem(
                    service.key, f"the service {service.name} has neither an image nor a build", True, service.name
                )
            for dependency in service.depends_on:
                name = dependency.service
                if name not in names and "$" not in name:
                    self.problem(dependency.place, f"there is no service {name} to depend on", True, name)
        if self.complete:
            for service, place, why in containers_refused(found):
                self.problem(place.place, why, True, service.name)
        if self.complete and self.merger.left > 0 and self.declared is not None:
            for named in undeclared(services, self.declared):
                message = f"{named.shown} of service {named.service} is not declared at the top of the file"
                self.problem(named.place, message, True, named.key)
        return ReadProject(tuple(found), self.reader.problems(self.problems), tuple(self.paths), tuple(self.unknown))
