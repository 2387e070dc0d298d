"""The compose files that scripts name and that are not there, where nothing may make them."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.findings import Span
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.graph.missing.made_files import says_how_to_make

if TYPE_CHECKING:
    from wxlint.images.builds.model import DockerCall
    from wxlint.images.graph.documents import Documents
    from wxlint.images.graph.sources import SourceStore
    from wxlint.shell.options import Option

_BRINGS = late(
    r"\b(?:python[\d.]*|git|curl|wget|tar|unzip|mkdir|cp|mv|tee|make|npm|npx|terraform|ansible|envsubst|rsync|scp|ln)\b|>"
)
_MOST = 100
"""Files of which it is found out whether something makes them: for each, all scripts are looked through."""


class MissingFile(NamedTuple):
    """A compose file that a command names. near: the compose files that are where it should be."""

    call: DockerCall
    path: str
    span: Span
    near: tuple[str, ...]


def missing_files(documents: Documents, sources: SourceStore) -> Iterator[MissingFile]:
    """The compose files that are not there, beside others that are."""
    projects = documents.compose
    known = [file.source.path for file in projects.files] if projects is not None else []
    beside = {posixpath.dirname(path) for path in known} | _folders_of_dockerfiles(documents)
    wanted = []
    named: Counter[str] = Counter()
    seen = set()
    for script in documents.scripts.values():
        for call in script.calls:
            for option in _given(call):
                text = option.value.text.replace("\\", "/") if option.value is not None else ""
                place = (call.path, option.start)
                if place not in seen:
                    seen.add(place)
                    named[posixpath.basename(text)] += 1
                source = sources.read(call.path) if len(_given(call)) > 1 else None
                found = _place(call, text, beside, alone=source is None or _may_bring(call, source.text, option, text))
                if found is not None:
                    wanted.append((call, option, text, found))
    made: dict[str, bool] = {}
    for call, option, text, path in wanted:
        if path not in made:
            made[path] = len(made) >= _MOST or _may_be_made(documents, sources, call=call, path=path, named=named)
        if not made[path]:
            source = sources.read(call.path)
            at = source.text.find(text, option.start, option.end) if source is not None else -1
            near = tuple(each for each in known if posixpath.dirname(each) == posixpath.dirname(path))
            span = source.span(at, at + len(text)) if source is not None and at >= 0 else call.span
            yield MissingFile(call, path, span, near)


def _given(call: DockerCall) -> list[Option]:
    """The files that a command gives compose."""
    verb = call.docker.verb
    if not verb.startswith("compose ") and verb != "stack deploy":
        return []
    return [option for option in call.docker.values("-f", "--file", "-c", "--compose-file") if option.value is not None]


def _folders_of_dockerfiles(documents: Documents) -> set[str]:
    """The folders with a Dockerfile, but for the root: a compose file beside it may lie on the host that it is for."""
    return {folder for path in documents.dockerfiles if (folder := posixpath.dirname(path))}


def _may_bring(call: DockerCall, source: str, option: Option, text: str) -> bool:
    """Whether what stands in a script may bring files into a folder that is not there, or the name of the file is put
    together: only of a plain shell script it is certain."""
    is_shell = call.path.endswith((".sh", ".bash"))
    return not is_shell or text not in source[option.start : option.end] or _BRINGS.search(source) is not None


def _place(call: DockerCall, text: str, beside: set[str], *, alone: bool) -> str | None:
    """Where a file would be: in a folder that holds such, or where another file of the command is found; None where it
    is there, or may be elsewhere.

    beside: folders that hold compose files or Dockerfiles. alone: whether another file of the command says nothing.
    """
    option_known = all(option.value is not None and option.value.known for option in _given(call))
    if not text or not option_known or text.startswith(("/", "~", "-")) or ":" in text:
        return None
    starts = folders(call.path, call.docker.command.cwd)
    paths = [normal(posixpath.join(start, text)) for start in starts]
    if any(disk.lexists(path) for path in paths):
        return None
    others = [option.value.text for option in _given(call) if option.value is not None and option.value.text != text]
    for start, path in zip(starts, paths, strict=True):
        beside_it = () if alone or path.startswith("..") else (normal(posixpath.join(start, each)) for each in others)
        if any(map(disk.is_file, beside_it)):
            return path
    return next((path for path in reversed(paths) if posixpath.dirname(path) in beside), None)


def _may_be_made(
    documents: Documents, sources: SourceStore, *, call: DockerCall, path: str, named: Counter[str]
) -> bool:
    """Whether a file is ignored by git, has a template, or is spoken of by scripts other than to use it."""
    folder, name = posixpath.split(path)
    stem = name.partition(".y")[0]
    beside = disk.visible_names(folder or ".")
    if any(each.startswith(stem) and each != f"{stem}.yaml" and each != f"{stem}.yml" for each in beside):
        return True
    texts = [source.text for script in documents.scripts if (source := sources.read(script))]
    apart = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    if sum(len(apart.findall(text)) for text in texts) > named[name]:
        return True
    docs = [posixpath.join(folder, each) for each in beside if each.lower().endswith((".md", ".rst", ".txt"))]
    if any((source := sources.read(doc)) is not None and says_how_to_make(source.text, name) for doc in docs):
        return True
    return sources.checkout.ignores(call.path, (path,))
