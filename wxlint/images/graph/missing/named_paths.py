"""Where scripts name paths: each text is cut into words once, however many builds ask."""

from __future__ import annotations

from functools import cached_property

from wxlint.core.findings import Span
from wxlint.core.patterns import found_behind, late, lines_with
from wxlint.documents.source import Source
from wxlint.images.builds.model import DockerCall, Script
from wxlint.images.graph.documents import Documents
from wxlint.images.graph.sources import SourceStore
from wxlint.images.model.records import Build

_WORD = late(r"[\w.-]+")
_SAID = late(r"(?m)^[ \t]*@?echo\b[^>|;&\n]*$|^[ \t-]*(?:context|(?:docker)?file)[ \t]*[:=].*$")
"""What is printed, and what an action or a target builds."""
_MAKES = late(
    r"\b(?:cp|mv|ln|copy|move|ren|renam\w*|tee|rsync|install|curl|wget|git|envsubst)\b|>|open\(|write|"
    r"[ \t]-(?:o|-out(?:put)?)[ \t=]"
)
"""What may make a file that is named behind it."""
_WRITES = late(r"\bwrite")
"""What may make a file that is named in front of it."""
_PLAIN = late(r"(?<!<)(?<!< )(?<![\w.-])(?:Docker|Container)file\b(?![.-])")
_PROGRAM = late(r"(?:docker|podman|buildah|make|build)[ \t]+[a-z]")
"""A folder's name that is a program's where it stands: `docker build`."""
_CONTEXT = late(r"""(?m)^[ \t-]*context:[ \t]*["']?([\w./\\-]*[\w.-])[/\\]?["']?(?=[\s;&|)]|$)""")


class TextWithPaths:
    """One text, and where it names paths, whatever stands in front of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: dict[str, list[int]] = {}
        self._counts: dict[str, int] = {}

    def places(self, path: str) -> list[int]:
        """The offsets at which a path stands, as it is written."""
        if path not in self._places:
            self._places[path] = self._found(path)
        return self._places[path]

    def count(self, name: str) -> int:
        """How often the text holds a name, inside longer ones too."""
        if name not in self._counts:
            self._counts[name] = self.text.count(name)
        return self._counts[name]

    def mentions(self, folder: str) -> int:
        """How often a folder is named, other than as a program that is called like it."""
        return sum(not _PROGRAM.match(self.text, at) for at in self.places(folder))

    @cached_property
    def makes_some(self) -> bool:
        """Whether a line may make a plain Dockerfile somewhere."""
        lines = lines_with(self.text, _PLAIN)
        return any(found_behind(line, _MAKES, _PLAIN) or found_behind(line, _PLAIN, _WRITES) for line in lines)

    @cached_property
    def contexts(self) -> dict[str, tuple[int, int]]:
        """The last line `context: FOLDER` by the folder's own name, and where the folder stands in it."""
        found = _CONTEXT.finditer(self.text)
        return {match[1].replace("\\", "/").rpartition("/")[2]: match.span(1) for match in found}

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for match in _WORD.finditer(self.text):
            found.setdefault(match[0], []).append(match.start())
        return found

    def _found(self, path: str) -> list[int]:
        words = list(_WORD.finditer(path))
        if not words:
            return []
        rarest = min(words, key=lambda word: len(self._starts.get(word[0], ())))
        found: list[int] = []
        for at in self._starts.get(rarest[0], ()):
            start, end = at - rarest.start(), at - rarest.start() + len(path)
            apart = start >= 0 and not (start and _WORD.match(self.text, start - 1)) and not _WORD.match(self.text, end)
            if apart and self.text.startswith(path, start) and not (found and start < found[-1] + len(path)):
                found.append(start)
        return found


class ScriptTexts:
    """The scripts of a repository as texts, each cut once; `\\` in them is `/`."""

    def __init__(self, documents: Documents, sources: SourceStore) -> None:
        self._documents, self._sources = documents, sources
        self._whole: dict[str, TextWithPaths | None] = {}
        self._rest: dict[tuple[str, str], TextWithPaths] = {}
        self._wanted: dict[str, dict[str, set[Span | None]]] = {}
        self._at: dict[str, dict[Span | None, tuple[list[Build], list[DockerCall]]]] = {}

    def source(self, path: str) -> Source | None:
        return self._sources.read(path)

    def whole(self, path: str) -> TextWithPaths | None:
        if path not in self._whole:
            source = self.source(path)
            self._whole[path] = TextWithPaths(source.text.replace("\\", "/")) if source is not None else None
        return self._whole[path]

    def rest(self, script_name: str, path: str) -> TextWithPaths:
        """A file without what a script builds in it, the images that it names, and what is printed."""
        key = script_name, path
        if key not in self._rest:
            source, script = self.source(path), self._documents.scripts.get(script_name)
            text = "" if source is None else source.text if script is None else _beside_builds(script, source)
            self._rest[key] = TextWithPaths(_SAID.sub("", text).replace("\\", "/"))
        return self._rest[key]

    def may_make(self, maker: str, path: str) -> bool:
        """Whether a file may make a plain Dockerfile: it makes some, or mentions it other than to build it. In the
        root, where a path is its bare name, a mention says nothing."""
        rest = self.rest(maker, maker)
        return rest.makes_some or "/" in path and bool(rest.places(path))

    def builds_of(self, script: Script, name: str, path: str) -> int:
        """How many builds of a script may want a Dockerfile. name: of the script."""
        if name not in self._wanted:
            wanted = self._wanted[name] = {}
            for build in script.builds:
                for each in build.wanted:
                    wanted.setdefault(each, set()).add(build.span)
        return len(self._wanted[name].get(path, ()))

    def at(self, script: Script, name: str, span: Span) -> tuple[list[Build], list[DockerCall]]:
        """The builds and the calls of docker that stand in one place of a script, as those of a loop do."""
        if name not in self._at:
            places = self._at[name] = {}
            for build in script.builds:
                places.setdefault(build.span, ([], []))[0].append(build)
            for call in script.calls:
                places.setdefault(call.span, ([], []))[1].append(call)
        return self._at[name].get(span, ([], []))


def _beside_builds(script: Script, source: Source) -> str:
    spans = [span for build in script.builds for span in (build.span, *(tag.span for tag in build.tags))]
    spans += [use.span for use in script.uses]
    kept, at = [], 0
    for start, end in sorted(source.offsets(span) for span in spans if span and span.path == source.path):
        kept.append(source.text[at:start])
        at = max(at, end)
    return " ".join((*kept, source.text[at:]))
