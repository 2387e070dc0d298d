"""Dockerfiles that builds name by a variable, where a value that the script itself gives it names none."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, could_equal
from wxlint.images.builds.commands.script_folders import folders, slashes

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.images.builds.model import DockerCall
    from wxlint.images.graph.missing.dockerfiles import Search
    from wxlint.shell.options import Option

_NAMED = late(
    r"""["']?(?P<folder>(?:[\w.-]+[/\\])*)"""
    r"""(?:\$\{(?P<braces>\w+)\}|\$\((?P<make>\w+)\)|\$(?P<plain>\w+)|%(?P<batch>\w+)%)["']?"""
)
_VALUE = r"""[ \t]*[?:]?=[ \t]*(?P<quote>["']?)(?P<path>[\w./\\-]+)(?P=quote)(?=["\s;&]|$)"""
"""What stands behind a variable's name where its value is written out."""
_A_DOCKERFILE = late(r"(?i)(?:docker|container)file")


class GoneFile(NamedTuple):
    """A Dockerfile that is not there, with what names it."""

    path: str
    span: Span


def gone_by_variable(search: Search, call: DockerCall) -> list[GoneFile] | None:
    """The Dockerfiles of a build that are not there: each value that its variable is given, or a name with unknown
    parts that no file has. None where nothing writes such a value out."""
    source, given = search.source(call.path), call.docker.values("-f", "--file")
    starts = folders(call.path, call.docker.command.cwd)
    if source is None or not given or not starts:
        return None
    named = _NAMED.fullmatch(source.text[given[-1].start : given[-1].end])
    if named is not None:
        return _of_a_variable(search, source, named, starts)
    return list(_of_a_part(search, source, given[-1], starts)) if HOLE in _text(given[-1]) else None


def _of_a_variable(search: Search, source: Source, named: re.Match[str], starts: list[str]) -> list[GoneFile] | None:
    variable = next(name for name in named.group("braces", "make", "plain", "batch") if name is not None)
    assigned = _assigned(source.text, variable)
    if not assigned:
        return None
    found: list[GoneFile] = []
    is_open = _is_changed(source.text, rf"[$%][{{(]?{variable}\b") or _has_a_fallback(source.text, variable)
    for match in () if is_open else assigned:
        written = slashes(match["path"])
        if not _A_DOCKERFILE.search(posixpath.basename(written)) or written.startswith("/"):
            continue
        path = posixpath.normpath(slashes(named["folder"]) + written)
        tried = [normal(posixpath.join(start, path)) for start in starts]
        if (
            not any(map(search.is_inside, tried))
            or any(map(disk.lexists, tried))
            or _is_changed(source.text, re.escape(match["path"]))
        ):
            continue
        if search.is_made_by_nothing(source.path, path, tried):
            found.append(GoneFile(path, source.span(*match.span("path"))))
    return found


@lru_cache(maxsize=64)
def _assigned(text: str, variable: str) -> tuple[re.Match[str], ...]:
    """The places where a script gives a variable a value that is written out."""
    return tuple(re.compile(rf"""(?m)(?:^|[\s;{{"&]|\$){variable}{_VALUE}""").finditer(text))


_CHANGES = late(
    r"(?:>|\b(?:cp|mv|tee|ln|sed|curl|wget|envsubst|touch|copy|move)\b"
    r"|(?<![^\s;&|/_.-])(?i:gen|render|creat|prepar|templat)[\w./-]*[ \t])[^\n]{0,2000}"
    r"|[ \t](?:-o|--out(?:put)?(?:-file)?)[ \t=]+[\"']?\S{0,200}"
)
"""What writes a file, with the stretch behind it in which the file's name is looked for."""


@lru_cache(maxsize=4)
def _changing(text: str) -> str:
    """The stretches of a script that name what they write: for all of its names they are looked for once."""
    return "\n".join(match[0] for match in _CHANGES.finditer(text))


@lru_cache(maxsize=64)
def _is_changed(text: str, name: str) -> bool:
    """Whether a script writes a file, or looks whether it is there and goes on without it."""
    if re.search(name, _changing(text)) is not None:
        return True
    asked = rf"(?<!! )(?:\[|\btest|\bif exist)[ \t]+(?:-[efrs][ \t]+)?[\"']?{name}"
    return re.search(asked, text) is not None


def _has_a_fallback(text: str, variable: str) -> bool:
    """Whether a script gives a variable another value where the file that it names is not there."""
    asked = rf"![ \t]+(?:\[+[ \t]+|test[ \t]+)?-[efrs][ \t]+[\"']?\$\{{?{variable}\b"
    return re.search(rf"{asked}[\s\S]{{0,300}}?\b{variable}=", text) is not None


def _of_a_part(search: Search, source: Source, option: Option, starts: list[str]) -> Iterator[GoneFile]:
    folder, name = posixpath.split(_text(option))
    if HOLE in folder or HOLE not in name or folder.startswith(("/", "~")) or not _A_DOCKERFILE.search(name):
        return
    tried = [normal(posixpath.join(start, folder)) for start in starts]
    named, fixed = Value(name, option.value.holes if option.value is not None else ()), max(name.split(HOLE), key=len)
    there = [each for each in tried if search.is_inside(each) and disk.is_folder(each) and disk.visible_names(each)]
    if not there or search.is_ignored(source.path, [posixpath.join(each, fixed) for each in there]):
        return  # an empty folder is a submodule that is not checked out
    if any(could_equal(named, each) for folder in there for each in disk.visible_names(folder)):
        return
    if not any(_is_changed(beside.text, re.escape(fixed)) for beside in search.scripts_in(starts)):
        path = posixpath.join(folder, name.replace(HOLE, "*"))
        yield GoneFile(path, source.span(option.start, option.end))


def _text(option: Option) -> str:
    return slashes(option.value.text) if option.value is not None else ""
