"""What commands of the documentation name, and where it is that the repository does not have it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE
from wxlint.discovery.file_kinds import COMPOSE, DOCKERFILE, kind_of_text
from wxlint.documents.dockerfile.templated import is_template
from wxlint.documents.prose import blocks
from wxlint.images.builds.from_prose import OF_ANOTHER_TIME, Folders, is_name_of
from wxlint.images.graph.joined_texts import JoinedTexts
from wxlint.images.graph.missing.dockerfiles import MAKER, PLAIN_NAMES
from wxlint.images.graph.missing.made_files import says_how_to_make
from wxlint.rules import ARCHIVED, Problem
from wxlint.rules._build_arguments import declared_arguments, is_predefined

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.commands.docker_cli import DockerCommand
    from wxlint.images.builds.compose.projects import ComposeProject
    from wxlint.images.builds.model import DockerCall, Script
    from wxlint.images.graph.repository import Repository
    from wxlint.images.model.records import Build

_OF_ITS_DAY = late(
    r"(?i)(?:^|/)(?:change(?:log|s)|history|releases?|release[_-]notes|news|rfcs?|adrs?|proposals?|plans?|blog|posts)"
    r"(?:[^/]*|/.*)$"
)
"""Texts about what was, or is to be."""
_PLAIN = late(r"[\w.+-]+(?:/[\w.+-]+)*")
_FILL_IN = late(r"(?i)(?:^|[/_.-])(?:your|my|path|some|custom|example|xxx+|foo|name|new)(?:[/_.-]|$)")
"""A part of a name that the reader is to replace."""
_OTHER_TREE = late(r"\bgit[ \t]+(?:-C[ \t]+\S+[ \t]+)?(?:checkout|switch)[ \t]+(?!-[bBcC]\b|--(?:create|orphan|[ \t]))")
"""What brings another state of the repository, of whose files nothing is known."""
_OTHER_FILES = late(r"COMPOSE_FILE|\b(?:cp|mv|ln|curl|wget|copy|rename)\b[^\n]{0,300}\bcompose\b")
"""A document chooses other compose files, or puts one in the usual place."""
_IN_SOME_FOLDER = late(
    r"(?i)\b(?:go|change|navigate|switch|move|enter|inside|within|in|from)\b(?:(?!\broot\b)[^.\n]){0,40}?"
    r"\b(?:folder|director(?:y|ies))\b"
)
_PROSE = (".md", ".rst")
_IN_CODE = late(
    r"(?<!`)`(?:\./)?((?:[\w-][\w.-]*/)+(?:(?:Docker|Container)file[\w.-]*|[\w.-]+\.(?:[Dd]ocker|[Cc]ontainer)file))`(?!`)"
)
"""A Dockerfile that a sentence names, with its folder."""
_SAVED = late(r"(?i)\b(?:sav|writ|wrote|cop(?:y|i)|put|paste|call|find|look|your own|download)")
_COMPOSE_IN_CODE = late(r"(?<!`)`(?:\./)?((?:[\w-][\w.-]*/)*(?:docker-)?compose[\w.-]*\.ya?ml)`(?!`)")


def is_of_another_day(path: str) -> bool:
    """Whether a text is about what was, or is to be."""
    return ARCHIVED.search(path) is not None or _OF_ITS_DAY.search(path) is not None


def texts_of(repository: Repository) -> JoinedTexts:
    """The texts in which something may make what a document names."""
    return JoinedTexts(repository, MAKER.search, _PROSE)


def problems(repository: Repository, path: str, script: Script, texts: JoinedTexts) -> Iterator[Problem]:
    """Yield what is wrong with the commands of one document."""
    source = repository.sources.read(path)
    if source is None or is_of_another_day(path):
        return
    document = _Document(repository, source, texts)
    switched = _OTHER_TREE.search(source.text)
    end = switched.start() if switched is not None else len(source.text)
    for build in script.builds:
        if build.span is not None and source.offsets(build.span)[0] >= end:
            continue
        if build.dockerfile in repository.dockerfiles:
            yield from document.build(build)
        else:
            yield from document.dockerfile(build)
    for call in script.calls:
        if call.docker.verb == "build" and _is_without_context(call.docker, source):
            text = "docker build has no context: docker refuses it, and nothing is built"
            yield Problem(call.span, text, hint="write the folder that it builds, most often .")
        elif call.docker.verb.startswith("compose ") and source.offsets(call.span)[0] < end:
            yield from document.compose_files(call)
            yield from document.services(call)
    yield from document.sentences(end)
    yield from document.compose_names(end)


def _is_without_context(docker: DockerCommand, source: Source) -> bool:
    """Whether a command is a build by docker, meant as it stands, that names all but what it builds."""
    words = [word.value.text for word in docker.command.words]
    line = source.text.rfind("\n", 0, docker.command.start) + 1
    in_code = "`" in source.text[line : docker.command.end]  # of a sentence, or PowerShell's sign for a further line
    if docker.arguments or "docker" not in words[:2] or in_code or docker.command.redirects:
        return False
    known = all(
        option.name not in ("", HOLE) and (option.value is None or option.value.known) for option in docker.options
    )
    return known and docker.last("-t", "--tag", "-f", "--file") is not None


def _ending_in(path: str, known: list[str]) -> list[str]:
    """The files that have a path of a document in another folder."""
    return [each for each in known if each.endswith(f"/{path}")]


class _Document:
    """One document; each file, stage and argument that is missing is reported once, where it is named first."""

    def __init__(self, repository: Repository, source: Source, texts: JoinedTexts) -> None:
        self.repository, self.source, self.texts = repository, source, texts
        self.folder = posixpath.dirname(source.path)
        self.folders = Folders(source, repository.sources.root)
        self.missing: set[str] = set()
        self.said: set[tuple[str, str]] = set()

    def dockerfile(self, build: Build) -> Iterator[Problem]:
        """Yield the Dockerfile of a build, where it is nowhere that the document may mean."""
        if not build.wanted or build.span is None or any(disk.lexists(path) for path in build.wanted):
            return
        path = posixpath.normpath(min(build.wanted, key=len))
        named = path in self.source.text[slice(*self.source.offsets(build.span))]
        known = list(self.repository.dockerfiles)
        if self._shows[DOCKERFILE] or not known or not self._is_meant(path, build.wanted):
            return
        if named:
            others = _ending_in(path, known)
            missing = path not in known and (not others or self._is_ours(build) and not self._speaks_of_folder(others))
        else:
            missing = self._is_looked_for_in_the_root(build, path, known)
        if missing:
            yield Problem(build.span, f"there is no {path}{self.texts.near(path, known)}", image=path)

    def compose_files(self, call: DockerCall) -> Iterator[Problem]:
        """Yield the compose files that a command names, where they are nowhere that the document may mean."""
        command, compose = call.docker.command, self.repository.compose
        known = [file.source.path for file in compose.files] if compose is not None else []
        for option in call.docker.values("-f", "--file"):
            assert option.value is not None
            path = posixpath.normpath(option.value.text)
            paths = tuple(normal(posixpath.join(each, path)) for each in self.folders.at(command.start, command.cwd))
            if not paths or any(map(disk.lexists, paths)) or self._shows[COMPOSE]:
                continue
            others = _ending_in(path, known)
            elsewhere = others and (self.folder != "" or self._speaks_of_folder(others))
            if path not in known and not elsewhere and self._is_meant(path, paths):
                yield Problem(call.span, f"there is no {path}{self.texts.near(path, known)}", image=path)

    def services(self, call: DockerCall) -> Iterator[Problem]:
        """Yield the services that a command without a file's name names, and that docker compose does not find in the
        files that it then reads beside the document."""
        from wxlint.rules.unknown_service import named_services, takes_the_usual_files

        usual, offset = self._usual_project, call.docker.command.start
        if usual is None or not takes_the_usual_files(call.docker):
            return
        if any(place < offset and {*folders} != {self.folder} for place, folders in self.folders.moves):
            return
        known = {service.name for service in usual.project.services}
        for word in named_services(call.docker):
            name = word.value.text
            if name in known or not _PLAIN.fullmatch(name) or _FILL_IN.search(name):
                continue
            if any(self._has_a_comment(path, name) for path in usual.paths):
                continue  # the reader is to take the comment signs out
            others = [path for path, names in self._other_services.items() if name in names]
            has = (
                f"{others[0]} has it: name that file with -f"
                if others
                else f"no other file has it{did_you_mean(name, sorted(known))}"
            )
            text = f"docker compose reads {usual.paths[0]}, which has no service {name!r}; {has}"
            yield from self._once(usual.paths[0], f"service {name}", Problem(call.span, text))

    def _has_a_comment(self, path: str, service: str) -> bool:
        source = self.repository.sources.read(path)
        return source is not None and re.search(rf"(?m)^[ \t]*#[ \t]*{re.escape(service)}:", source.text) is not None

    @cached_property
    def _usual_project(self) -> ComposeProject | None:
        """What docker compose reads in the document's folder; None where that may be something else."""
        projects = self.repository.compose
        if projects is None or projects.filled or projects.refused or _OTHER_FILES.search(self.source.text):
            return None
        if self._shows[COMPOSE]:
            return None
        own = [one for one in projects.projects if one.whole and posixpath.dirname(one.paths[0]) == self.folder]
        return own[0] if len(own) == 1 and not own[0].project.problems else None

    @cached_property
    def _other_services(self) -> dict[str, set[str]]:
        """The services of each compose file of the repository."""
        projects = self.repository.compose
        files = projects.files if projects is not None else ()
        return {file.source.path: {service.name for service in file.services} for file in files}

    def sentences(self, end: int) -> Iterator[Problem]:
        """Yield the Dockerfiles that sentences name in a folder that holds others. end: where the document ends."""
        known = list(self.repository.dockerfiles)
        folders = set(map(posixpath.dirname, known))
        for match in _IN_CODE.finditer(self.source.text, 0, end):
            path = match[1]
            paths = tuple(normal(posixpath.join(each, path)) for each in self.folders.above)
            if self._shows[DOCKERFILE] or any(map(disk.lexists, paths)) or not self._is_nowhere(path, known):
                continue
            holds_others = not folders.isdisjoint(map(posixpath.dirname, paths))
            line = self.source.line_text(self.source.position(match.start())[0])
            if holds_others and not OF_ANOTHER_TIME.search(line) and self._is_meant(path, paths):
                near = self.texts.near(path, known)
                yield Problem(self.source.span(*match.span(1)), f"there is no {path}{near}", image=path)

    def compose_names(self, end: int) -> Iterator[Problem]:
        """Yield the compose files that sentences name with another ending than they have. end: as of `sentences`."""
        projects = self.repository.compose
        known = {file.source.path for file in projects.files} if projects is not None else set()
        for match in _COMPOSE_IN_CODE.finditer(self.source.text, 0, end):
            name, ending = posixpath.splitext(match[1])
            paths = [normal(posixpath.join(each, match[1])) for each in self.folders.above]
            other = name + {".yml": ".yaml", ".yaml": ".yml"}[ending]
            there = next(
                (path for each in self.folders.above if (path := normal(posixpath.join(each, other))) in known), ""
            )
            line = self.source.line_text(self.source.position(match.start())[0])
            if not there or posixpath.basename(other) in line or OF_ANOTHER_TIME.search(line) or _SAVED.search(line):
                continue
            if not any(map(disk.lexists, paths)) and self._is_meant(match[1], tuple(paths)):
                yield Problem(
                    self.source.span(*match.span(1)), f"there is no {match[1]}: it is called {other}", image=there
                )

    def build(self, build: Build) -> Iterator[Problem]:
        """Yield a stage and arguments that the Dockerfile of a build does not have."""
        path, span = build.dockerfile, build.span
        dockerfile = self.repository.dockerfiles[path]
        other = posixpath.dirname(path) == "" and not self._is_ours(build)
        if span is None or dockerfile.problems or is_template(dockerfile) or other:
            return
        evaluated = next(iter(self.repository.graph.evaluations.evaluated_at(path)), None)
        if build.target is not None and evaluated is not None and evaluated.target(build.target) is None:
            names = [stage.name for stage in evaluated.stages if stage.name]
            has = f"it has {', '.join(names)}" if names else "its stages have no names"
            text = f"{path} has no stage {build.target!r}; {has}{did_you_mean(build.target, names)}"
            yield from self._once(path, f"stage {build.target}", Problem(span, text))
        declared = declared_arguments(dockerfile)
        for name, _ in build.args:
            if declared is not None and name not in declared and not is_predefined(name):
                has = f" (it has {', '.join(sorted(declared)[:6])})" if declared else ""
                text = f"the build argument {name} does nothing: {path} declares no such ARG{has}"
                yield from self._once(path, name, Problem(span, text))

    def _once(self, path: str, name: str, problem: Problem) -> Iterator[Problem]:
        """Yield what is said of a stage or an argument of a Dockerfile, for the first command that has it."""
        if (path, name) not in self.said:
            self.said.add((path, name))
            yield problem

    def _is_meant(self, path: str, paths: tuple[str, ...]) -> bool:
        """Whether a path that is not there is meant as it is written. paths: where it was looked for."""
        if path in self.missing or not _PLAIN.fullmatch(path) or _FILL_IN.search(path):
            return False
        if not any(map(self.repository.sources.holds, paths)):
            return False  # it lies in another repository, beside this one
        if self._is_made(path) or self.repository.sources.checkout.ignores(self.source.path, paths):
            return False
        self.missing.add(path)
        return True

    def _is_made(self, path: str) -> bool:
        """Whether the document says how a file is made, or a program of the repository names it."""
        name = posixpath.basename(path)
        sought = path if name in PLAIN_NAMES else name
        if says_how_to_make(self.source.text, sought):
            return True
        if path in PLAIN_NAMES or path in self._gone:
            return False
        return self.texts.hold(sought, (self.folder, ""))

    @cached_property
    def _gone(self) -> set[str]:
        """The files of which it is known that nothing makes them."""
        gone = {each.path for each in self.repository.gone_dockerfiles}
        return gone | {each.path for each in self.repository.missing_compose_files}

    def _is_nowhere(self, path: str, known: list[str]) -> bool:
        """Whether no file of its kind is what a path may mean, in a folder of which the text speaks in words."""
        return path not in known and not _ending_in(path, known)

    def _is_looked_for_in_the_root(self, build: Build, path: str, known: list[str]) -> bool:
        """Whether a command without a Dockerfile's name is to be typed in the root of this repository."""
        return path in PLAIN_NAMES and self._is_ours(build) and not self._speaks_of_folder(known)

    def _is_ours(self, build: Build) -> bool:
        """Whether a build is one of this repository: its text stands at the top, or its image has the name."""
        images = [re.sub(r":[^/:]*$", "", tag.value.text) for tag in build.tags]
        names = [part for image in images for part in image.split("/") if HOLE not in part]
        in_docs = self.folder.split("/")[0].lower() in ("doc", "docs") and not names
        return self.folder == "" or in_docs or any(is_name_of(self.repository.sources.root, name) for name in names)

    def _speaks_of_folder(self, files: list[str]) -> bool:
        """Whether a document names a folder of these files: its commands may be meant to be typed there."""
        folders = "|".join(re.escape(folder) for path in files if (folder := posixpath.dirname(path)))
        named = rf"cd[ \t]+(?:{folders})\b|(?:{folders})(?:/|[`\"']*[ \t]+(?:folder|dir))|`(?:{folders})`"
        if not folders or _IN_SOME_FOLDER.search(self.source.text):
            return bool(folders)
        return re.search(rf"(?<![\w-])(?<!uses: )(?:{named})", self.source.text) is not None

    @cached_property
    def _shows(self) -> dict[str, bool]:
        """Whether a document shows a file of a kind, which a reader may have to write."""
        kinds = {kind_of_text("", "\n".join(line for _, line in block.lines)) for block in blocks(self.source)}
        return {DOCKERFILE: DOCKERFILE in kinds, COMPOSE: COMPOSE in kinds}
