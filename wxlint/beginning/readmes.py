"""The names by which readme files build the Dockerfiles that nothing else builds under one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import partial

from wxlint.core import disk
from wxlint.core.paths import folders_above
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.documents.source import Source
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.graph.repository import Repository
from wxlint.images.graph.sources import SourceStore
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference
from wxlint.shell.scripts import script_commands

_README = re.compile(r"readme[^/]*\.(?:md|markdown)", re.IGNORECASE)
_FENCE = re.compile(r"[ >]*(```+|~~~+)[ \t]*([\w-]*)[^\n`]*")
_SHELLS = frozenset(("", "bash", "sh", "shell", "zsh", "console", "terminal", "shell-session"))
_PROMPT = re.compile(r"(?m)^([ \t]*)\$ ")
_PLACEHOLDER = re.compile(
    r"(?:^|[/_.-])(?:your|my|me|user(?:name)?|image-?name|name|tag|namespace|org|example)(?![a-z0-9])"
)


class Documented(NamedTuple):
    """A build of a readme file, with the first name that it gives."""

    build: Build
    tag: Use


def documented(paths: Iterable[str], repository: Repository, called: str) -> dict[str, Documented]:
    """The builds of some Dockerfiles, by path, in the readme files of their folders and of those above.

    A name without an account has the one by which a command of the same file pulls or runs it. Names that a reader is
    to fill in are none.

    Args:
        paths: of the Dockerfiles.
        called: the repository, whose clone is entered with `cd`.
    """
    find = repository.documents.dockerfiles.find
    wanted = dict.fromkeys(paths)
    found: dict[str, Documented] = {}
    for readme in _readmes(wanted, repository.sources):
        starts = partial(_starts, readme.path, called)
        scripts = [
            read_script(block, script_commands("shell", block.path, block.text).commands, find, starts)
            for block in _blocks(readme)
        ]
        accounts = _accounts(use for script in scripts for use in script.uses)
        for build in (build for script in scripts for build in script.builds):
            tag = next(filter(_is_a_name, build.tags), None)
            if build.dockerfile in wanted and tag is not None:
                found.setdefault(build.dockerfile, Documented(build, _published(tag, accounts)))
    return found


def _starts(readme: str, called: str, cwd: Value | None) -> list[str]:
    """Where relative paths may start behind a `cd`, be it into a fresh clone."""
    if cwd is not None and cwd.known:
        first, _, rest = cwd.text.partition("/")
        if first.lower() == called:
            return folders(readme, cwd._replace(text=rest) if rest else None)
    return folders(readme, cwd)


def _accounts(uses: Iterable[Use]) -> dict[str, set[str]]:
    """The whole names of the images that commands pull and run under an account, by their last parts."""
    found: dict[str, set[str]] = {}
    for use in uses:
        name = use.reference.name if use.reference is not None and use.reference.name_known else ""
        if not use.produces and "/" in name:
            found.setdefault(name.rpartition("/")[2], set()).add(name)
    return found


def _readmes(paths: Iterable[str], sources: SourceStore) -> Iterator[Source]:
    above = (folder for path in paths for folder in folders_above(posixpath.dirname(path))[::-1])
    for folder in dict.fromkeys(above):
        try:
            names = disk.names(folder)
        except OSError:
            continue
        for name in filter(_README.fullmatch, names):
            source = sources.read(name if folder == "." else posixpath.join(folder, name))
            if source is not None:
                yield source


def _blocks(readme: Source) -> Iterator[Source]:
    """The blocks of commands of a readme file, each on its own lines."""
    lines = readme.text.split("\n")
    start, fence, language = 0, "", ""
    for number, line in enumerate(lines):
        match = _FENCE.fullmatch(line)
        if match is None or fence and (match[2] or not match[1].startswith(fence)):
            continue
        if not fence:
            start, fence, language = number + 1, match[1], match[2].lower()
            continue
        text = "\n".join(lines[start:number])
        if language in _SHELLS and "docker" in text:
            yield Source(readme.path, "\n" * start + _PROMPT.sub(r"\1  ", text) + "\n")
        fence = ""


def _is_a_name(use: Use) -> bool:
    reference = use.reference
    return reference is not None and reference.name_known and not _PLACEHOLDER.search(reference.name)


def _published(tag: Use, accounts: dict[str, set[str]]) -> Use:
    """A name with the account that the same file has for it."""
    name = tag.reference.name if tag.reference is not None else ""
    known = accounts.get(name, set())
    if "/" in name or len(known) != 1:
        return tag
    value = Value(next(iter(known)) + tag.value.text[len(name) :])
    return tag._replace(value=value, reference=parse_reference(value))
