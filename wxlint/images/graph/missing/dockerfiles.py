"""What builds name as their Dockerfile, and where it is that nothing makes it."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator

from wxlint.core import disk
from wxlint.core.findings import Span
from wxlint.core.paths import folders_above, is_below, normal
from wxlint.core.patterns import late
from wxlint.core.suggest import did_you_mean
from wxlint.core.values import HOLE
from wxlint.documents.compose.merge import Text
from wxlint.documents.source import Source
from wxlint.images.builds.model import Script
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.missing.made_files import says_how_to_make
from wxlint.images.graph.missing.named_paths import ScriptTexts
from wxlint.images.graph.sources import SourceStore
from wxlint.images.model.records import Build

MAKER = late(r"(?i)(?:\.(?:sh|bash|bat|cmd|ps1|py|mk|md|rst|ya?ml)|(?:^|/)(?:Makefile|justfile|configure))$")
"""Files that may make a Dockerfile, say how one is made, or put a compose file elsewhere."""
_YAML = (".yaml", ".yml")
_PROSE = (".md", ".rst")
_BAKE = (".hcl", ".json")
PLAIN_NAMES = ("Dockerfile", "Containerfile")
_BUILD_ACTION = "docker/build-push-action@"
_BRINGS_FILES = late(r"(?m)^[ \t-]*repository:|download-artifact|uses:[ \t]*[\"']?\./")
"""Steps of a workflow after which other files may be there than those of the repository."""
_OF_PATHS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-"
_LONGEST_PATH = 200
_MOST_COMPARED = 5_000
"""Names that are compared with those that are missing, in one run: each comparison takes a tenth of a millisecond."""
_MOST_SOUGHT = 200_000
"""Scripts that are looked at for who may make the Dockerfile of a folder, in one run."""


class Search:
    """Looks for what builds name as their Dockerfile; what is asked of every build is found out once."""

    def __init__(self, documents: Documents, sources: SourceStore) -> None:
        self._documents, self._sources = documents, sources
        self._texts = ScriptTexts(documents, sources)
        self.is_ignored = sources.checkout.ignores
        self._compared = self._sought = 0
        self._by_numbers: dict[tuple[str, ...], list[str]] = {}
        for path in documents.dockerfiles:
            self._by_numbers.setdefault(tuple(re.findall(r"\d+", path)), []).append(path)
        self._folders = {posixpath.dirname(path) or "." for path in documents.dockerfiles}
        self._own_places: dict[tuple[str, str], list[int]] = {}
        self._found_makers: dict[tuple[str, str], tuple[bool, list[str]]] = {}

    def dockerfile_of(self, script_name: str, script: Script, build: Build) -> tuple[str, Span] | None:
        """The Dockerfile of a build, which is not there, with what names it; None where something may make it."""
        if build.span is not None and build.span.path.endswith(_BAKE):
            found = self._of_target(build)
        else:
            found = self._named(script_name, script, build) or self._in_a_loop(script_name, script, build)
            found = found or self._of_a_folder(script_name, build) or self._of_the_root(script_name, build)
        return None if found is None or build.span is None or self.is_ignored(build.span.path, build.wanted) else found

    def source(self, path: str) -> Source | None:
        return self._texts.source(path)

    def scripts_in(self, folders: list[str]) -> Iterator[Source]:
        """Yield the scripts that lie in some folders."""
        for name in self._documents.scripts:
            source = self.source(name) if (posixpath.dirname(name) or ".") in folders else None
            if source is not None:
                yield source

    def is_made_by_nothing(self, script_name: str, path: str, tried: list[str]) -> bool:
        """Whether no other script makes a file, nor does git ignore it. tried: where it would be."""
        if self.is_ignored(script_name, tuple(tried)) or not self._documents.dockerfiles:
            return False
        self._sought += len(self._documents.scripts)
        others = [name for name in self._documents.scripts if name != script_name]
        if self._sought > _MOST_SOUGHT:
            return False
        if path in PLAIN_NAMES:
            return not any(self._texts.may_make(name, path) for name in (script_name, *others))
        found = map(self._texts.source, others)
        return not any(self._speaks_of(other, path) for other in found if other is not None)

    def near(self, path: str) -> str:
        """A suggestion: of one with the same numbers; where the name is the usual one, or the other's, the folders
        have to be alike, too."""
        folder, name = posixpath.split(path)
        own = posixpath.basename(folder)
        others = self._by_numbers.get(tuple(re.findall(r"\d+", path)), [])
        self._compared += len(others)
        if self._compared > _MOST_COMPARED:
            return ""
        alike = [
            other
            for other in others
            if name not in (posixpath.basename(other), *PLAIN_NAMES)
            or posixpath.dirname(other) == folder
            or did_you_mean(own, [posixpath.basename(posixpath.dirname(other))])
        ]
        same = [other for other in others if posixpath.basename(other) == name] if not folder else []
        if name in PLAIN_NAMES and len(same) == 1 and not alike:
            return f"; there is one in {posixpath.dirname(same[0])}"
        return did_you_mean(path, alike, str)

    def _named(self, script_name: str, script: Script, build: Build) -> tuple[str, Span] | None:
        """The Dockerfile that a build names as it is, with its place; None where something else in the file may make
        it."""
        assert build.span is not None
        source, text = self._texts.source(build.span.path), self._texts.whole(build.span.path)
        if source is None or text is None:
            return None
        path = max((path for path in build.wanted if text.places(path)), key=len, default="")
        places = self._places(source, path, text.places(path))
        if not places or len(places) > self._texts.builds_of(script, script_name, path):
            return None
        folder, name = posixpath.split(path)
        if folder and (not disk.is_folder(path.split("/")[0]) or _is_left_empty(folder)):
            return None  # a submodule, or another repository that is checked out here
        if name not in PLAIN_NAMES:
            elsewhere = len(text.places(name)) > len(places)
        elif folder:
            rest = self._texts.rest(script_name, build.span.path)
            elsewhere = rest.mentions(folder) > len(rest.places(path))
        else:
            elsewhere = text.count(name) > len(places)
        first = bisect_left(places, source.starts[build.span.line - 1])
        inside = first < len(places) and source.position(places[first])[0] == build.span.line
        at = places[first if inside else 0]
        return None if elsewhere else (path, source.span(at, at + len(path)))

    def _places(self, source: Source, path: str, places: list[int]) -> list[int]:
        """Those of the places of a path at which it is not the end of a longer one, of a Dockerfile that is there."""
        key = source.path, path
        if key not in self._own_places:
            found = ((at, normal(_path_up_to(source.text, at) + path)) for at in places)
            there = self._documents.dockerfiles
            self._own_places[key] = [at for at, longer in found if longer == path or longer not in there]
        return self._own_places[key]

    def _of_a_folder(self, script_name: str, build: Build) -> tuple[str, Span] | None:
        """The plain Dockerfile of a folder that a build names as it is: the folder is there, and no Dockerfile in
        it."""
        assert build.span is not None
        source = self._texts.source(build.span.path)
        folders = {posixpath.dirname(path) or "." for path in build.wanted}
        there = [folder for folder in folders if disk.is_folder(folder)]
        plain = all(posixpath.basename(path) in PLAIN_NAMES for path in build.wanted)
        if source is None or len(there) != 1 or not plain:
            return None
        folder, stretch = there[0], source.offsets(build.span)
        if folder == "." or normal(folder) not in self._folders or "ockerfile" in source.text[slice(*stretch)]:
            return None
        place = self._place_of_folder(posixpath.basename(folder), source, stretch)
        rest = self._texts.rest(script_name, build.span.path)
        if place is None or rest.mentions(folder) or rest.mentions(posixpath.basename(folder)) or rest.makes_some:
            return None
        path = posixpath.join(folder, PLAIN_NAMES[0])
        self._sought += len(self._documents.scripts)
        if self._sought > _MOST_SOUGHT:
            return None
        if any(self._texts.may_make(name, path) for name in self._documents.scripts if name != build.span.path):
            return None
        return path, source.span(*place)

    def _of_the_root(self, script_name: str, build: Build) -> tuple[str, Span] | None:
        """The plain Dockerfile of the repository's root that a step of a workflow builds when it names none, and where
        all Dockerfiles lie in folders."""
        if build.span is None or build.span.path != script_name or build.wanted != PLAIN_NAMES[:1]:
            return None
        source = self._texts.source(script_name)
        if source is None or not source.text.startswith(_BUILD_ACTION, source.offsets(build.span)[0]):
            return None
        rest = self._texts.rest(script_name, script_name)
        if not self._folders or "." in self._folders or "ockerfile" in rest.text or _BRINGS_FILES.search(rest.text):
            return None
        return PLAIN_NAMES[0], build.span

    def _place_of_folder(self, last: str, source: Source, stretch: tuple[int, int]) -> tuple[int, int] | None:
        """Where a build names a folder, last: its own name, or where its file says `context:`."""
        word = rf"""(?<![^\s"'])([\w./\\-]*(?<![\w.-]){re.escape(last)})[/\\]?["']?(?=[\s;&|)]|$)"""
        named = list(re.compile(word).finditer(source.text, *stretch))
        if named:
            return named[-1].span(1)
        text = self._texts.whole(source.path)
        return text.contexts.get(last) if text is not None else None

    def _of_target(self, build: Build) -> tuple[str, Span] | None:
        """The Dockerfile of a bake target in a context that is there: one that is written out once, and that no script
        makes, or the plain one where the context holds another."""
        source = self._texts.source(build.span.path) if build.span is not None else None
        there = [path for path in build.wanted if disk.is_folder(posixpath.dirname(path) or ".")]
        if source is None or len(there) != 1:
            return None
        path = there[0]
        folder, name = posixpath.split(path)
        written = [name]
        if name in PLAIN_NAMES:
            if not folder or normal(folder) not in self._folders or name in source.text:
                return None
            written = [folder, f"./{folder}", posixpath.basename(folder)]
        places = {source.text.find(f'"{each}"') for each in written if source.text.count(f'"{each}"') == 1}
        self._sought += len(self._documents.scripts)
        if len(places) != 1 or self._sought > _MOST_SOUGHT:
            return None
        if any(self._texts.may_make(other, path) for other in self._documents.scripts if other != source.path):
            return None
        start = places.pop() + 1
        return path, source.span(start, source.text.index('"', start))

    def _in_a_loop(self, script_name: str, script: Script, build: Build) -> tuple[str, Span] | None:
        """The Dockerfile of one round of a loop, or of a workflow's matrix, whose other rounds have theirs."""
        assert build.span is not None
        path = min(build.wanted, key=len)
        if not self._is_without(script_name, path):
            return None
        builds, calls = self._texts.at(script, script_name, build.span)
        others = any(each.dockerfile for each in builds)
        if not others or not calls or any(call.docker.command.conditional for call in calls):
            return None
        return path, build.span

    def _is_without(self, script_name: str, path: str) -> bool:
        """Whether the folder of a Dockerfile is not there, or holds other files, nothing that a Dockerfile is made of,
        and no script makes one."""
        folder = posixpath.dirname(path)
        if not disk.is_folder(folder or "."):
            return True
        inside = disk.visible_names(folder) if folder else []
        if not inside or any("ockerfile" in name or "ontainerfile" in name for name in inside):
            return False
        source = self._texts.source(script_name)
        if source is None or "hashFiles(" in source.text:
            return False  # a step may ask whether it is there
        self._sought += len(self._documents.scripts)
        makers = dict.fromkeys((script_name, *self._documents.scripts))
        return self._sought <= _MOST_SOUGHT and not any(self._texts.may_make(name, path) for name in makers)

    def is_gone(self, written: Text, folder: str, path: str) -> bool:
        """Whether the Dockerfile that a service names and that is not there is made by nothing.

        An empty context is a submodule that is not checked out, or a folder that is mounted.
        """
        source, text = written.place.source, written.value.text
        line = source.line_text(written.place.span.line)
        if not text or HOLE in path or text.startswith("/") or text not in line or "$" in line:
            return False  # made of variables, which a host may set
        if not disk.is_folder(folder) or not disk.visible_names(folder):
            return False
        if not self.is_inside(path):
            return self.is_inside(folder) and self.beside(written) != ""
        above = posixpath.dirname(path)
        if disk.is_folder(above) and not disk.visible_names(above):
            return False
        if self.is_ignored(source.path, (path,)):
            return False
        plain, named = posixpath.basename(path) in PLAIN_NAMES, posixpath.basename(text) in PLAIN_NAMES
        by_folder = plain and (text in PLAIN_NAMES or not named) and self._holds_some(normal(folder), below=named)
        if plain and not named and not by_folder:
            return False
        moved, makers = self.makers(source.path, folder)
        if by_folder:
            return not moved and not any(self._texts.may_make(name, path) for name in makers)
        return not moved and not any(
            self._speaks_of(maker, text)
            for name in makers
            if (name in self._documents.scripts or not name.endswith(_YAML))
            and (maker := self._texts.source(name)) is not None
        )

    def beside(self, written: Text) -> str:
        """The Dockerfile beside its compose file that a service means, where compose takes its path from the context;
        "" where there is none."""
        folder, text = posixpath.dirname(written.place.source.path), written.value.text
        meant = [normal(posixpath.join(folder, each)) for each in (text, posixpath.basename(text))]
        return next((each for each in meant if each in self._documents.dockerfiles), "")

    def is_inside(self, path: str) -> bool:
        """Whether a path leads to a place in the repository: what lies beside it, nobody here knows of."""
        return self._sources.holds(path)

    def _holds_some(self, folder: str, *, below: bool) -> bool:
        """Whether a folder holds a Dockerfile. below: or one of the folders in it."""
        return folder in self._folders or below and any(is_below(path, folder) for path in self._documents.dockerfiles)

    def _speaks_of(self, maker: Source, name: str) -> bool:
        """Whether a file speaks of another that is not there; a document, of how it is made."""
        if maker.path.endswith(_PROSE):
            return says_how_to_make(maker.text, name)
        folders = {"", posixpath.dirname(maker.path)}
        named = re.finditer(rf"{re.escape(name)}(?![\w-]|\.\w)", maker.text)
        longer = {_path_up_to(maker.text, match.start()) + name for match in named}
        return any(not any(disk.lexists(posixpath.join(folder, each)) for folder in folders) for each in longer)

    def makers(self, compose: str, folder: str) -> tuple[bool, list[str]]:
        """The files that may make what a compose file builds in a folder, and whether one moves the compose file."""
        if (compose, folder) not in self._found_makers:
            beside = {posixpath.dirname(compose) or ".", folder}
            files = [normal(posixpath.join(where, name)) for where in beside for name in disk.visible_names(where)]
            names = [*({*self._documents.scripts, *filter(MAKER.search, files)} - {normal(compose)})]
            moved = re.compile(rf"\b(?:cp|mv)\b.{{0,500}}{re.escape(posixpath.basename(compose))}")
            self._found_makers[compose, folder] = self._some_say(names, moved), names
        return self._found_makers[compose, folder]

    def is_started_in(self, folder: str, compose: str) -> bool:
        """Whether a file moves a compose file, or starts it so that its paths begin in another folder: behind another
        file, or with --project-directory."""
        moved, names = self.makers(compose, folder)
        above, name = map(re.escape, posixpath.split(compose))
        further = rf"-f[ =]\S{{1,200}}[ \\\n]{{1,40}}-f[ =](?:\S{{0,200}}{above}/)?{name}"
        return moved or self._some_say(names, re.compile(rf"--project-directory|{further}"))

    def _some_say(self, names: list[str], pattern: re.Pattern[str]) -> bool:
        texts = (source.text for name in names if (source := self._texts.source(name)) is not None)
        return any(map(pattern.search, texts))


def _is_left_empty(folder: str) -> bool:
    """Whether the last folder of a path that is there holds nothing."""
    above = next((each for each in folders_above(folder) if disk.is_folder(each)), "")
    return above not in ("", ".") and not disk.visible_names(above)


def _path_up_to(text: str, end: int) -> str:
    """What stands of a path in front of an offset."""
    before = text[max(end - _LONGEST_PATH, 0) : end]
    return before[len(before.rstrip(_OF_PATHS)) :]
