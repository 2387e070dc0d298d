"""Files a build reads: from a path inside the container, through COPY, to a file of the repository.

Requirements files, projects and conda environments are followed; a file that cannot be found is named in `missing`.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable
from functools import partial

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source as Text
from wxlint.images.evaluation.edited_files import changed_by
from wxlint.images.installs.model import Install, Lines, Source
from wxlint.images.installs.requirement import Requirement, applies, conda_requirement, marker_of, parse_requirement

Read = Callable[[str], "Text | None"]
"""A path relative to the root of the repository to its text; None when there is no such file."""

_DEPTH = 12
_MOST_LISTS = 500
"""Lists that one list may lead to: files that name each other many times must not take forever."""


class Copy(NamedTuple):
    """One source of one COPY or ADD. dest: absolute. stage: of `--from`, or None for the build context."""

    source: str
    dest: str
    stage: int | None
    as_folder: bool


_PIP_CONF = ("/root/.config/pip/pip.conf", "/root/.pip/pip.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf")
"""Where pip looks, the strongest first."""
_HOLD_PIP_CONF = frozenset(
    path[:at] or "/" for path in _PIP_CONF for at in range(len(path) + 1) if path[at : at + 1] in ("/", "")
)
"""Where a COPY has to go to bring one: these files and the folders above them."""


class Files:
    """The repository as one build sees it."""

    def __init__(self, read: Read, contexts: tuple[str, ...]) -> None:
        """contexts: folders that may be the build context, the likeliest first."""
        self.read = read
        self.folders = [
            folder.rstrip("/") + "/" if folder != "." else "" for folder in map(posixpath.normpath, contexts)
        ]
        self.copies: dict[int, list[Copy]] = {}
        self.changed: dict[int, set[str]] = {}
        self.made: dict[int, dict[str, Lines | None]] = {}
        self.any_made = False
        self._lists_left = _MOST_LISTS
        self.swept: dict[int, list[str]] = {}
        self._from_stage: dict[tuple[int, str], tuple[Text | None, Lines | None]] = {}

    def note_changes(self, stage: int, text: str) -> None:
        """Remember the files that the commands of a RUN write, move or edit: what the repository has is then not what is read."""
        found = changed_by(text)
        if found:
            self.changed.setdefault(stage, set()).update(found)

    def note_made(self, stage: int, path: str, lines: Lines | None) -> None:
        """A file at an absolute path that a command has made, and what it asks for; None where that is not known."""
        self.made.setdefault(stage, {})[path] = lines
        self.any_made = True

    def made_at(self, stage: int, path: str, depth: int = 0) -> Lines | None:
        """What a made file asks for, in the stage or copied from another; None for a file that is none of these, or not known."""
        if path in self.made.get(stage, ()):
            return self.made[stage][path]
        if depth > _DEPTH or not self.any_made or any(map(path.startswith, self.swept.get(stage, ()))):
            return None
        for copy in reversed(self.copies.get(stage, ())):
            for candidate in _origins(copy, path):
                if copy.stage is None:
                    if self.in_context(candidate) is not None:
                        return None
                    continue
                found = self._in_stage(copy.stage, candidate, depth)[1]
                if found is not None:
                    return found
        return None

    def sweep(self, stage: int, folder: str) -> None:
        """Any file of a folder may be another from here on: what was made there is not known."""
        inside = folder.rstrip("/") + "/"
        self.swept.setdefault(stage, []).append(inside)
        made = self.made.get(stage, {})
        made.update(dict.fromkeys([path for path in made if path.startswith(inside)]))

    def put(self, stage: int, dest: str) -> None:
        """A COPY to a path: what was made there before is gone."""
        made = self.made.get(stage, {})
        for path in [path for path in made if path == dest or path.startswith(dest.rstrip("/") + "/")]:
            del made[path]

    def _in_stage(self, stage: int, path: str, depth: int) -> tuple[Text | None, Lines | None]:
        """What stands in an earlier stage, which changes no more, and what was made there: each looked for once."""
        key = stage, posixpath.normpath("/" + path.lstrip("/"))
        if key not in self._from_stage:
            self._from_stage[key] = None, None  # while it is looked for
            self._from_stage[key] = self.find(*key, depth + 1), self.made_at(*key, depth + 1)
        return self._from_stage[key]

    def find(self, stage: int, path: str, depth: int = 0) -> Text | None:
        """The file that stands at an absolute container path in a stage, as the repository has it; None for one that a RUN changes."""
        if HOLE in path or depth > _DEPTH or posixpath.basename(path) in self.changed.get(stage, ()):
            return None
        for copy in reversed(self.copies.get(stage, ())):
            for candidate in _origins(copy, path):
                if copy.stage is not None:
                    found = self._in_stage(copy.stage, candidate, depth)[0]
                else:
                    found = self.in_context(candidate)
                if found is not None:
                    return found
        return None

    def in_context(self, path: str) -> Text | None:
        """A file of the build context."""
        relative = posixpath.normpath(path.lstrip("/"))
        if relative.startswith("..") or HOLE in relative:
            return None
        for folder in self.folders:
            found = self.read(folder + relative)
            if found is not None:
                return found
        return None

    def pip_config(self, stage: int, given: str = "", root: bool = True) -> dict[str, Value]:
        """What copied pip.conf files say of the index, as the environment variables they stand for. given: PIP_CONFIG_FILE. root: pip runs as root, who reads root's own.

        One that is not in the context is none: what a base image brings is not known here.
        """
        found: dict[str, Value] = {}
        if not given and all(copy.dest not in _HOLD_PIP_CONF for copy in self.copies.get(stage, ())):
            return found
        for path in (given, *_PIP_CONF):
            source = self.find(stage, path) if path and (root or not path.startswith("/root/")) else None
            if source is None:
                continue
            import configparser  # 5 ms: only for a file that is there

            parser = configparser.RawConfigParser(strict=False)
            try:
                parser.read_string(source.text)
            except configparser.Error:
                continue
            for section in ("install", "global"):
                for key in parser.options(section) if parser.has_section(section) else ():
                    name, text = key.replace("_", "-"), " ".join(parser.get(section, key).split())
                    if name in ("index-url", "extra-index-url") and HOLE not in text:
                        reason = Reason("variable", f"{name} = {text}", source.path, name=name)
                        found.setdefault(f"PIP_{name.upper().replace('-', '_')}", Value(text, (), (reason,)))
        return found

    def beside(self, source: Text, path: str) -> Text | None:
        """A file named in another one, relative to it."""
        return self.read(posixpath.normpath(posixpath.join(posixpath.dirname(source.path), path)))

    def requirements(
        self, source: Text | None, name: str, as_constraints: bool, seen: frozenset[str] = frozenset()
    ) -> Lines:
        """What a requirements (or constraints) file asks for, its own -r and -c followed."""
        from wxlint.documents.manifests.requirements_txt import read_requirements

        self._lists_left = _MOST_LISTS if not seen else self._lists_left - 1
        if source is not None and source.path in seen:
            return Lines()
        if source is None or len(seen) > _DEPTH or self._lists_left < 0:
            return Lines(missing=() if as_constraints else (name,))
        wanted: list[Requirement] = []
        constraints: list[Requirement] = []
        missing: list[str] = []
        extra: list[Source] = []
        links: list[Source] = []
        index: Source | None = None
        no_index = False
        for line in read_requirements(source):
            value = _environment(line.value)
            if not line.option:
                if applies(marker_of(line.value)):
                    found = parse_requirement(value, partial(source.span, line.start, line.end))
                    (constraints if as_constraints else wanted).append(found)
                continue
            option = line.option
            origin = Source(option, value, partial(source.span, line.start, line.end))
            if option in ("-i", "--index-url"):
                index = origin
            elif option == "--extra-index-url":
                extra.append(origin)
            elif option in ("-f", "--find-links"):
                links.append(origin)
            elif option == "--no-index":
                no_index = True
            elif option in ("-r", "--requirement", "-c", "--constraint"):
                inner = self.requirements(
                    self.beside(source, line.value),
                    line.value,
                    as_constraints or option in ("-c", "--constraint"),
                    seen | {source.path},
                )
                wanted += inner.requirements
                constraints += inner.constraints
                missing += inner.missing
                extra += inner.extra
                links += inner.links
                index = inner.index or index
            elif option in ("-e", "--editable"):
                project = self._extras_of(source, line.value)
                wanted += project.requirements
                missing += project.missing
        return Lines(tuple(wanted), index, tuple(extra), tuple(links), tuple(constraints), tuple(missing), no_index)

    def project(self, folder: str, groups: tuple[str, ...]) -> Lines:
        """What installing a project of the repository asks for. groups: extras and dependency groups; "*" is all."""
        found = self.read(posixpath.normpath(posixpath.join(folder, "pyproject.toml")))
        return self.project_of(found, posixpath.join(folder, "pyproject.toml"), groups)

    def project_of(self, source: Text | None, name: str, groups: tuple[str, ...]) -> Lines:
        from wxlint.documents.manifests.pyproject import read_pyproject
        from wxlint.images.installs.project_files import lines_of

        if source is None:
            return Lines(missing=(name,))
        project = read_pyproject(source)
        dynamic = not project.dependencies and ("dynamic" in source.text or "[project]" not in source.text)
        found = lines_of(project, source, "pyproject.toml", groups)
        return found._replace(missing=(name, *found.missing)) if dynamic or project.problem else found

    def pipfile(self, source: Text | None, name: str, groups: tuple[str, ...]) -> Lines:
        """What a Pipfile asks for. groups: the tables that are installed."""
        from wxlint.documents.manifests.pipfile import read_pipfile
        from wxlint.images.installs.project_files import lines_of

        if source is None:
            return Lines(missing=(name,))
        pipfile = read_pipfile(source)
        found = lines_of(pipfile, source, "Pipfile", groups)
        here = [r for r in found.requirements if r.kind == "path" and r.url]
        inner = [
            self._extras_of(source, r.url or "")
            for r in here
            if not (r.url or "").endswith((".whl", ".tar.gz", ".zip"))
        ]
        wanted = [r for r in found.requirements if r not in here or (r.url or "").endswith((".whl", ".tar.gz", ".zip"))]
        return found._replace(
            requirements=(*wanted, *(r for lines in inner for r in lines.requirements)),
            missing=((name,) if pipfile.problem else ())
            + found.missing
            + tuple(m for lines in inner for m in lines.missing),
        )

    def _extras_of(self, source: Text, written: str) -> Lines:
        """A project that a file names by its folder, with extras: `./lib[gpu]`."""
        folder, _, extras = written.partition("[")
        chosen = tuple(e.strip() for e in extras.partition("]")[0].split(",") if e.strip())
        return self.project(posixpath.join(posixpath.dirname(source.path), folder.strip()), chosen)

    def environment(self, source: Text | None) -> Install | None:
        """A conda environment file: conda's packages in `requirements`, pip's in `constraints`."""
        if source is None:
            return None
        from wxlint.documents.manifests.conda_environment import read_environment

        environment = read_environment(source)
        if environment is None:
            return None
        conda = tuple(
            conda_requirement(Value(text), partial(source.span, start, end))
            for text, start, end in environment.packages
        )
        pip: list[Requirement] = []
        extra: list[Source] = []
        index: Source | None = None
        links: list[Source] = []
        missing: list[str] = []
        for text, start, end in environment.pip:
            where = partial(source.span, start, end)
            option, _, value = text.partition(" ")
            option, equals, attached = option.partition("=") if option.startswith("--") else (option, "", "")
            value = attached if equals else value.strip()
            if option in ("-i", "--index-url"):
                index = Source(option, Value(value), where)
            elif option == "--extra-index-url":
                extra.append(Source(option, Value(value), where))
            elif option in ("-f", "--find-links"):
                links.append(Source(option, Value(value), where))
            elif option in ("-r", "--requirement"):
                inner = self.requirements(self.beside(source, value), value, False)
                pip += inner.requirements
                missing += inner.missing
                extra += inner.extra
            elif not option.startswith("-"):
                pip.append(parse_requirement(Value(text), where))
        return Install(
            "conda", conda, index, tuple(extra), tuple(links), tuple(pip), tuple(missing), environment.channels,
            where=partial(source.span, 0, 0),
        )  # fmt: skip


def _origins(copy: Copy, path: str) -> list[str]:
    """Where in the source of a COPY a container path may come from."""
    if path == copy.dest and not copy.as_folder:
        return [copy.source]
    inside = copy.dest.rstrip("/") + "/"
    if not path.startswith(inside):
        return []
    rest = path[len(inside) :]
    base = posixpath.basename(copy.source.rstrip("/"))
    if "*" in base or "?" in base:
        first, _, deeper = rest.partition("/")
        if not fnmatch.fnmatchcase(first, base):
            return []
        return [posixpath.join(posixpath.dirname(copy.source), rest)] if not deeper else []
    found = [posixpath.join(copy.source, rest)]
    if rest == base:
        found.insert(0, copy.source)
    return found


def _environment(text: str) -> Value:
    """`${NAME}` in a requirements file is the environment's: not known."""
    if "${" not in text:
        return Value(text)
    holes = tuple(re.findall(r"\$\{[A-Z0-9_]+\}", text))
    return Value(re.sub(r"\$\{[A-Z0-9_]+\}", HOLE, text), holes)
