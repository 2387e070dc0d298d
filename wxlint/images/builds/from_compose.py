"""Compose stacks: which files make one project, what its services build and use.

docker compose itself takes one base file with its override; other files beside it (`docker-compose.gpu.yml`) are meant to be
given with `-f` on top. A file with a service that has neither image nor build is such an overlay; any other stands by itself.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.reasons import reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.fields import resolve
from wxlint.documents.compose.merge import ComposeProblem, Text
from wxlint.documents.compose.reader import BASES, ComposeFile, ComposeReader, Project, default_files
from wxlint.documents.compose.services import REMOTE, Service
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source


_MAX_LISTS = 100
"""Lists of files out of scripts that are merged: a loop may make thousands."""


class Stack(NamedTuple):
    """One project as it would be started. paths: the files given, the base first. whole: files that make a project by themselves."""

    paths: tuple[str, ...]
    project: Project
    whole: bool


class Stacks(NamedTuple):
    """files: each by itself, for what concerns one file only. filled: those that another tool fills in first.

    parts: files that are read because others include or extend them. They are judged in the projects that they are part of.
    """

    stacks: tuple[Stack, ...]
    files: tuple[ComposeFile, ...]
    filled: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    def problems(self) -> Iterator[ComposeProblem]:
        """What compose would refuse; of files that others may be laid under, only what no other file could mend.

        A missing service that another file of the repository defines is taken for there: scripts merge files of many folders.
        """
        defined: dict[str, set[str]] = {}
        for file in self.files:
            for service in file.services:
                defined.setdefault(service.name, set()).add(file.source.path)
        for stack in self.stacks:
            for problem in stack.project.problems:
                elsewhere = not defined.get(problem.service, set()) <= set(stack.project.paths)
                if not problem.whole or stack.whole and not elsewhere:
                    yield problem
        for file in self.files:
            yield from (p for p in file.problems if not p.whole)

    def rivals(self, stack: Stack, service: Service) -> Iterator[Service]:
        """The service in other overlays of the same base that give it an image, when this overlay gives none: one may lie in between."""
        *below, own = stack.paths
        if stack.whole or not below or service.image is None or service.image.place.source.path == own:
            return
        folder = posixpath.dirname(own)
        beside = {
            posixpath.basename(path): file
            for file in self.files
            if posixpath.dirname(path := file.source.path) == folder
        }
        names = list(beside)
        for name, file in beside.items():
            path = posixpath.join(folder, name)
            if path not in stack.paths and _below(path, names) == below:
                yield from (other for other in file.services if other.name == service.name and other.image is not None)

    def services(self) -> Iterator[tuple[Stack, Service]]:
        for stack in self.stacks:
            for service in stack.project.services:
                yield stack, service


def read_stacks(
    paths: Sequence[str],
    asked: Callable[[str], Source | None],
    read: Callable[[str], Source | None],
    groups: Sequence[tuple[str, ...]] = (),
    lists: Sequence[tuple[str, ...]] = (),
    cache: Cache = NO_CACHE,
) -> Stacks:
    """paths: the compose files of this run. asked: reads one of them; read: reads anything else they name.

    groups: files that the policy says are used together, the base first. lists: files that scripts use together, some of them by names
    that docker compose does not look for.
    """
    known = set(paths)
    reader = ComposeReader(lambda path: asked(path) if path in known else read(path), cache)
    files = {path: file for path in paths if (file := reader.file(path)) is not None}
    parts = _parts(files, reader)
    stacks: list[Stack] = []
    placed: set[str] = set()
    for group in groups:
        if group and all(path in files for path in group) and group not in [stack.paths for stack in stacks]:
            stacks.append(Stack(group, reader.project(group), True))
            placed.update(group)
    for listed in lists[:_MAX_LISTS]:
        if len(listed) > 1 and all(path in files for path in listed):
            stacks.append(Stack(listed, reader.project(listed), False))
            placed.update(path for path in listed if posixpath.basename(path) not in BASES)
    folders: dict[str, list[str]] = {}
    for path in files:
        folders.setdefault(posixpath.dirname(path), []).append(posixpath.basename(path))
    for folder, names in folders.items():
        base = _base(folder, names)
        if base and not placed.issuperset(base):
            stacks.append(Stack(tuple(base), reader.project(base), True))
            placed.update(base)
        for name in names:
            path = posixpath.join(folder, name)
            if path in placed:
                continue
            below = _below(path, names)
            if below and _is_overlay(files[path], reader.project(below)):
                stacks.append(Stack((*below, path), reader.project([*below, path]), False))
            else:
                stacks.append(Stack((path,), reader.project([path]), False))
            placed.add(path)
    files.update(parts)
    return Stacks(tuple(stacks), tuple(files.values()), frozenset(filter(reader.is_filled, files)), frozenset(parts))


def _parts(files: Mapping[str, ComposeFile], reader: ComposeReader) -> dict[str, ComposeFile]:
    """The files that these include or extend, and those that they lead to in turn."""
    found: dict[str, ComposeFile] = {}
    waiting = list(files.values())
    while waiting:
        file = waiting.pop()
        texts = [text for include in file.includes for text in include.paths]
        texts += [s.extends.file for s in file.services if s.extends is not None and s.extends.file is not None]
        for text in texts:
            path = None if REMOTE.match(text.value.text) else resolve(text.place.base, text.value)
            if path is not None and path not in files and path not in found and (part := reader.file(path)) is not None:
                found[path] = part
                waiting.append(part)
    return found


def _base(folder: str, names: Sequence[str]) -> list[str]:
    """What docker compose takes in a folder with these compose files."""
    return [posixpath.join(folder, name) for name in default_files(names)]


def _below(path: str, names: Sequence[str]) -> list[str]:
    """What a file beside these is meant to be given on top of.

    Without a base in the folder that of `docker-compose.dev.override.yml` is `docker-compose.dev.yml`; else there is none.
    """
    folder, name = posixpath.split(path)
    if base := _base(folder, names):
        return base
    parts = name.split(".")
    while len(parts) > 2:
        parts.pop(-2)
        if ".".join(parts) in names:
            return [posixpath.join(folder, ".".join(parts))]
    return []


def _is_overlay(file: ComposeFile, base: Project) -> bool:
    """Whether a file only makes sense on top of another: a service of the base that it gives no image, and no context to build."""
    below = {service.name for service in base.services}

    def partial(service: Service) -> bool:
        builds = service.build is not None and (
            service.build.context is not None or service.build.dockerfile_inline is not None
        )
        return (
            service.name in below
            and service.extends is None
            and not builds
            and (service.image is None or service.build is not None)
        )

    return any(partial(service) for service in file.services)


def service_uses(stacks: Stacks) -> Iterator[Use]:
    """The images that services name, and the tags that their builds make."""
    own = {file.source.path for file in stacks.files} - stacks.parts
    seen = set()
    for _, service in stacks.services():  # a part has the variables of what includes it
        if service.key.source.path not in own:
            seen.add((service.key.source.path, service.name))
            yield from _uses(service)
    for file in stacks.files:
        for service in file.services:
            if (file.source.path, service.name) not in seen:
                yield from _uses(service)


def _uses(service: Service) -> Iterator[Use]:
    if service.image is not None and service.image.value.text:
        yield _use("compose image", service.image, produces=service.build is not None)
    if service.build is not None:
        for tag in service.build.tags:
            yield _use("compose build tag", tag, produces=True)
        for context in service.build.additional_contexts:
            if context.value is not None and context.value.text.startswith("docker-image://"):
                value = context.value._replace(text=context.value.text.removeprefix("docker-image://"))
                yield Use(
                    "compose additional context",
                    value,
                    parse_reference(value),
                    context.place.span,
                    because=value.because,
                )


def _use(kind: str, text: Text, produces: bool) -> Use:
    return Use(kind, text.value, parse_reference(text.value), text.place.span, produces, because=text.value.because)


def service_builds(stacks: Stacks, find: Callable[[list[str]], str | None]) -> Iterator[Build]:
    """One build for each service of each stack that builds a Dockerfile of this run."""
    for _, service in stacks.services():
        build = service.build
        if build is None or build.remote or build.folder is None:
            continue
        dockerfile = build.dockerfile_path
        if dockerfile is None:
            if build.dockerfile is not None or build.dockerfile_inline is not None:
                continue
            dockerfile = posixpath.join(build.folder, "Dockerfile")
        path = find([posixpath.normpath(dockerfile)])
        if path is None:
            continue
        args = []
        for named in build.args:
            place = named.place.span
            if named.value is None:
                reason = reason_at("build-arg", f"build arg {named.name} is taken from the environment", place)
                hole = Value(HOLE, (f"${{{named.name}}}",), (reason,))
                args.append((named.name, hole))
            else:
                reason = reason_at("build-arg", f"build arg {named.name}={named.value.shown()}", place)
                args.append((named.name, named.value._replace(because=(*named.value.because, reason))))
        tags = (
            [_use("compose image", service.image, produces=True)]
            if service.image is not None and service.image.value.text
            else []
        )
        tags += [_use("compose build tag", tag, produces=True) for tag in build.tags]
        target = build.target.value if build.target is not None else None
        platform = service.platform.value.text if service.platform is not None else ""
        yield Build(
            path,
            (build.folder,),
            target.text if target is not None and target.known and target.text else None,
            tuple(args),
            tuple(tags),
            (reason_at("build", f"compose service {service.name}", service.key.span),),
            service.key.span,
            platform if platform.startswith(("linux/", "windows/")) and HOLE not in platform else "linux/amd64",
            service,
            tuple((named.name, named.value or Value("")) for named in build.additional_contexts),
        )
