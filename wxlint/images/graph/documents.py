"""The inputs of a run, parsed: Dockerfiles, scripts, and the compose projects that they and scripts name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.reading import BINARY
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.file_kinds import PROSE, may_be_dockerfile
from wxlint.images.builds.model import PROGRAMS, Script, compose_calls
from wxlint.images.evaluation.dockerfiles import Dockerfiles
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.family import Family
from wxlint.images.graph.sources import SourceStore

if TYPE_CHECKING:
    from wxlint.documents.source import Source, TextProblem
    from wxlint.images.builds.compose.projects import ComposeProjects
    from wxlint.images.builds.from_gitlab import Pipelines
    from wxlint.images.builds.github.from_workflows import Workflows
    from wxlint.images.builds.kubernetes.from_kubernetes import Kubernetes
    from wxlint.images.graph.names.own_names import OwnNames
    from wxlint.images.model.records import Build, Use

_NOTHING = Script((), (), ())
_WORKFLOW_WORDS = (*PROGRAMS, "container:", "services:", "uses: ./")
_WORDS = {
    "workflow": _WORKFLOW_WORDS,
    "bake": ("target",),
    "gitlab": (*PROGRAMS, "kaniko", "image:", "services:", "include"),
    "skaffold": ("artifacts",),
    "devcontainer": ("image", "build", "dockerFile", "dockerComposeFile"),
    "helm": ("repository", "image", "tag"),
}
"""Words without one of which a file of a kind has nothing to do with images."""
_SOURCED = late(r"(?m)(?:^|[\s;&|({])(?:source|\.)[ \t]+([^\n;&|]+)")
"""`source` and what follows it on its line."""
_FILE_NAME = late(r"[\w.-]+")
_OF_A_FORGE = ("github.", "GITHUB_", "CI_")
"""How variables of GitHub and GitLab begin."""
_SCRIPTS = frozenset(
    "shell batch powershell python workflow make bake gitlab just taskfile skaffold devcontainer helm tox".split()
)
"""Kinds of files that build and use images by commands or targets."""
_HELM_CALLERS = frozenset("shell batch powershell workflow make gitlab just taskfile skaffold kubernetes".split())
"""Kinds of files that say which values are laid over a chart."""
_UTF_8 = frozenset("shell batch python make bake just tox".split())
"""Those whose programs read nothing but UTF-8."""
_BY_MARK = ("powershell", "workflow", "gitlab")
"""Those whose programs read what a byte order mark says."""


class Input(NamedTuple):
    """A file to check. path: as shown to people. kind: dockerfile, compose, shell, batch, policy, other."""

    path: str
    kind: str


class Documents:
    """What the inputs hold; each is parsed when it is first needed, and once."""

    def __init__(self, given: Iterable[Input], store: SourceStore, family: Family, failures: Failures) -> None:
        self.given = tuple(given)
        self._store, self._family, self._failures = store, family, failures
        self._own_names: OwnNames | None = None

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """What was given, and the compose files and Dockerfiles that other documents name."""
        given = {item.path for item in self.given}
        files = self.compose.files if self.compose else ()
        named = [Input(file.source.path, "compose") for file in files] + [
            Input(path, "dockerfile") for path in self.dockerfiles
        ]
        return (*self.given, *(item for item in named if item.path not in given))

    @cached_property
    def dockerfiles(self) -> Dockerfiles:
        """Those that were given, and what builds name as their Dockerfile, whatever it is called."""
        _ = self.scripts, self.service_builds  # each adds what it names
        return self._dockerfiles

    @cached_property
    def service_builds(self) -> list[Build]:
        """The builds of compose services."""
        if not self.compose:
            return []
        from wxlint.images.builds.compose.from_compose import service_builds

        first = self.compose.files[0].source.path
        read = partial(service_builds, self.compose, self._built_file)
        return self._failures.attempt(first, lambda: list(read()), [])

    @cached_property
    def _dockerfiles(self) -> Dockerfiles:
        sources = {item.path: self._store.require(item.path) for item in self.given if item.kind == "dockerfile"}
        return Dockerfiles({path: source for path, source in sources.items() if source is not None})

    @cached_property
    def scripts(self) -> dict[str, Script]:
        """The scripts that name a container engine, by path."""
        found = {}
        for item in self.given:
            if item.kind not in _SCRIPTS:
                continue
            source = self._store.require(item.path)
            words = _WORDS.get(item.kind, PROGRAMS)
            if source is None:
                continue
            if any(word in source.text for word in words) or (item.kind == "shell" and self._sources_one(source)):
                found[item.path] = self._failures.attempt(item.path, partial(self._script, item, source), _NOTHING)
        found.update(self._laid_values())
        policy = self._family.policy
        if policy is None or not policy.image_pattern or not _leave_names_to_a_forge(found.values()):
            return found
        from wxlint.images.graph.names.own_names import own_names

        self._own_names = own_names(found, self._family)
        return {path: self._own_names.script(each) for path, each in found.items()} if self._own_names else found

    @cached_property
    def documented(self) -> dict[str, Script]:
        """What the commands in the Markdown and reStructuredText of the inputs do with images, by path."""
        paths = [item.path for item in self.given if item.kind == PROSE]
        if not paths:
            return {}
        from wxlint.images.graph.documented import documented_scripts

        return documented_scripts(paths, self._store, self._failures)

    def with_own_names(self, use: Use) -> Use:
        """A use with the forge's variables filled in, where the policy and the scripts say what they are."""
        return self._own_names.use(use) if self.scripts and self._own_names is not None else use

    def _laid_values(self) -> dict[str, Script]:
        """The files of values that are laid over charts from outside, by path."""
        found: dict[str, Script] = {}
        for item in self.given:
            source = self._store.read(item.path) if item.kind in _HELM_CALLERS else None
            if source is None or "helm" not in source.text:
                continue
            from wxlint.images.builds.helm.calls import laid_values

            for laid in laid_values(source, self._store.cache, lambda path: self._store.read(path) is not None):
                values = self._store.read(laid.values)
                if values is not None and posixpath.dirname(laid.values) != laid.chart:
                    read = partial(self._helm, values, laid.chart)
                    found[laid.values] = self._failures.attempt(laid.values, read, _NOTHING)
        return found

    def _helm(self, source: Source, chart: str | None = None) -> Script:
        from wxlint.images.builds.helm.from_helm import helm_script

        return helm_script(source, self._store.cache, self._store.read, self._store.matching, chart)

    def _sources_one(self, source: Source) -> bool:
        """Whether a script names, for `source`, one that names a container engine."""
        text = source.text
        if "source " not in text and ". " not in text:
            return False
        others = self._engine_scripts - {posixpath.basename(source.path)}
        return any(not others.isdisjoint(_FILE_NAME.findall(match[1])) for match in _SOURCED.finditer(text))

    @cached_property
    def _engine_scripts(self) -> frozenset[str]:
        """The file names of the shell scripts that name a container engine."""
        sources = [self._store.require(item.path) for item in self.given if item.kind == "shell"]
        naming = [s.path for s in sources if s is not None and any(word in s.text for word in PROGRAMS)]
        return frozenset(map(posixpath.basename, naming))

    @cached_property
    def workflows(self) -> Workflows:
        """The GitHub workflows of the inputs."""
        from wxlint.images.builds.github.from_workflows import Workflows

        found = Workflows(self._built_file, self._store.read, self._store.cache)
        for item in self.given:
            source = self._store.require(item.path) if item.kind == "workflow" else None
            if source is not None and any(word in source.text for word in _WORKFLOW_WORDS):
                self._failures.attempt(item.path, partial(found.add, source), None)
        return found

    @cached_property
    def pipelines(self) -> Pipelines:
        """The GitLab pipelines of the inputs."""
        from wxlint.images.builds.from_gitlab import Pipelines

        found = Pipelines(self._built_file, self._store.read, self._store.cache, self._store.matching)
        for item in self.given:
            source = self._store.require(item.path) if item.kind == "gitlab" else None
            if source is not None:
                self._failures.attempt(item.path, partial(found.add, source), None)
        return found

    @cached_property
    def automation(self) -> frozenset[str]:
        """Makefiles, CI workflows and pipelines, with the files of the repository that they use."""
        given = {item.path: item.kind for item in self.given if item.kind in ("workflow", "make", "gitlab")}
        found = set(given)
        if "workflow" in given.values() and self.scripts:
            found.update(self.workflows.files)
        if "gitlab" in given.values() and self.scripts:
            found.update(self.pipelines.files)
        return frozenset(found)

    def syntax_problems(self) -> Iterator[tuple[Source, TextProblem]]:
        """What is wrong with scripts, workflows, manifests and bake files that have to do with images."""
        from wxlint.documents.source import TextProblem

        for item in self.given:
            source = self._store.read(item.path) if item.kind in (*_UTF_8, *_BY_MARK) else None
            if source is not None and source.foreign and (source.encoding == BINARY or item.kind in _UTF_8):
                yield source, TextProblem(0, 0, source.foreign)
        found: dict[str, Sequence[tuple[int, int, str]]] = {}
        kinds = {item.kind for item in self.given if item.path in self.scripts}
        if "workflow" in kinds:
            found.update(self.workflows.problems)
        if "gitlab" in kinds:
            found.update(self.pipelines.problems)
        if self.kubernetes is not None:
            found.update(self.kubernetes.problems)
        for path, script in self.scripts.items():
            found.setdefault(path, script.problems)
        for path, problems in found.items():
            source = self._store.read(path)
            if source is not None:
                yield from ((source, TextProblem(*problem)) for problem in problems)

    @cached_property
    def kubernetes(self) -> Kubernetes | None:
        """The Kubernetes manifests of the inputs; None where there is none."""
        paths = [item.path for item in self.given if item.kind == "kubernetes"]
        if not paths:
            return None
        from wxlint.images.builds.kubernetes.from_kubernetes import Kubernetes

        sources = [source for path in paths if (source := self._store.require(path)) is not None]
        return self._failures.attempt(paths[0], lambda: Kubernetes(sources, self._store.cache, self._store.read), None)

    def _script(self, item: Input, source: Source) -> Script:
        if item.kind == "workflow":
            return self.workflows.script(item.path)
        if item.kind == "gitlab":
            return self.pipelines.script(item.path)
        if item.kind == "make":
            from wxlint.images.builds.from_makefiles import makefile_script

            return makefile_script(source, self._built_file, self._store.read, self._store.matching)
        if item.kind == "bake":
            from wxlint.images.builds.bake.from_bake import bake_script

            return bake_script(source, self._built_file)
        if item.kind == "helm":
            return self._helm(source)
        if item.kind not in ("shell", "batch"):
            from wxlint.images.builds.rarer_tools import script_of_tool

            return script_of_tool(item.kind, source, self._built_file, self._store.cache)
        from wxlint.images.builds.commands.script_folders import sourced_file
        from wxlint.images.builds.from_scripts import read_script
        from wxlint.shell.scripts import script_commands

        files = partial(sourced_file, self._store.read, source.path) if item.kind == "shell" else None
        found = script_commands(item.kind, source.path, source.text, self._store.cache, files)
        if found.unread:
            self._store.unread.setdefault(source.path, f"{source.path} {found.unread}")
        return read_script(source, found.commands, self._built_file)

    def _built_file(self, paths: list[str]) -> str | None:
        """The Dockerfile of a build: one of this run, else a file of another name, which becomes one."""
        found = self._dockerfiles.find(paths)
        if found is not None:
            return found
        for path in map(normal, paths):
            if may_be_dockerfile(posixpath.basename(path)) and disk.is_file(path):
                from wxlint.images.graph.named_dockerfiles import dockerfiles_named

                named = {source.path: source for source in dockerfiles_named(path, self._store, self._family)}
                if named:
                    self._dockerfiles.sources.update(named)
                    return path
        return None

    @cached_property
    def compose(self) -> ComposeProjects | None:
        """The compose projects of the inputs and of what scripts, texts and COMPOSE_FILE name; None without any."""
        files = [item.path for item in self.given if item.kind == "compose"]
        calls, told = compose_calls(self.scripts.values()), compose_calls(self.documented.values())
        lists: list[tuple[str, ...]] = []
        read = self._store.read
        if calls or told or any(read(posixpath.join(posixpath.dirname(path), ".env")) for path in files):
            from wxlint.images.builds.compose.discovery import named_files

            known = {item.path for item in self.given}
            more, lists = named_files(files, calls, known, read)
            files += more
            # what a document lays over another is read by itself: others may use it otherwise
            files += [path for path in named_files(files, told, known.union(more), read).files if path not in files]
        for script in self.scripts.values():
            for one in script.devcontainers:
                paths = [file.path for file in one.compose_files if file.path and read(file.path) is not None]
                files += [path for path in paths if path not in files]
                lists.append(tuple(paths))
        if not files:
            return None
        try:
            return self._read_compose(files, lists)
        except Exception:
            return self._read_compose([path for path in files if self._is_harmless(path)], lists)

    def _read_compose(self, files: list[str], lists: list[tuple[str, ...]]) -> ComposeProjects:
        from wxlint.documents.compose.reader import ComposeReader  # PyYAML comes with it
        from wxlint.images.builds.compose.projects import read_projects

        store, inputs = self._store, frozenset(files)
        reader = ComposeReader(lambda path: store.require(path) if path in inputs else store.read(path), store.cache)
        return read_projects(files, reader, self._family.compose_groups, lists)

    def _is_harmless(self, path: str) -> bool:
        """Tell whether a compose file can be read by itself without breaking the program."""
        return self._failures.attempt(path, lambda: self._read_compose([path], []) is not None, False)


def _leave_names_to_a_forge(scripts: Iterable[Script]) -> bool:
    """Whether some script makes an image whose name holds a variable of its forge."""
    made = (use.value.holes for script in scripts for use in script.uses if use.produces)
    return any(word in hole for holes in made for hole in holes for word in _OF_A_FORGE)
