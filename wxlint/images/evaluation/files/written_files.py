"""Which files the commands of a RUN write, move or edit: by the whole text of a RUN, and by one command that was
read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.shell.wrappers import NAMES as WRAPPERS
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.shell.model import Command

_NAMED = late(r"\.(?:txt|in|toml|ya?ml|lock|cfg|sh|bash|py|conf)\b")
_BETWEEN = late(r"[;&|\n]")
_WORDS = (
    ">",
    "sed",
    "perl",
    "awk",
    "yq",
    "tee",
    "curl",
    "wget",
    "patch",
    "toml",
    "cp",
    "mv",
    "compile",
    "export",
    "lock",
    "requirements",
)
"""One of these is in every command that changes a file; looking for words comes first, as patterns take ten times
as long."""
_NAME = late(r"[\w.-]+")
_LISTS = (".txt", ".in", ".toml", ".yml", ".yaml", ".lock", ".cfg")
_PROGRAMS = (".sh", ".bash", ".py", ".conf")
"""Scripts and settings are copied and named in many commands; fewer change what they say."""
_COPIES = late(r"\b(?:cp|mv)\b")
_WRITES = late(
    r"\b(?:tee|curl|wget|patch|toml)\b|\b(?:poetry|pdm|uv|hatch|pipenv|conda)\s+(?:env\s+)?(?:export|lock|requirements)\b"
)
_COMPILES = late(r"pip-compile|\b(?:pip|piptools)\s+compile\b")
_ADDS = late(r"\b(uv|poetry|pdm)[\"']?\s+[\"']?(?:add|remove|update|upgrade)\b")
"""Commands that change a project and its lock."""
_RELOCKS = late(
    r"\b(uv)[\"']?\s+[\"']?(?:sync|run|lock)\b[^;&|\n]*\s[\"']?(?:--upgrade|-[UP]\b|--resolution|--no-sources)"
)
"""Commands that make a lock anew, whatever it holds."""
_OUTPUT = late(r"\s(?:-o|--output-file)[\s=]+[\"']?(?:[^\s\"']*/)?([\w.-]+)")
_ARROW = late(r"\d?>")
_GOES = late(r">(?!=|\d+\.\d)")
"""Where output goes to a file; not the bound of a requirement, `torch>=2.4`."""
_FETCHES = late(r"\b(?:tee|curl|wget)\b")
_EDITORS = late(r"\b(?:sed|perl|awk|yq)\b")
_IN_PLACE = late(r"\s-(?:\w*i|-in-place)")


@lru_cache(maxsize=1024)
def changed_by(text: str) -> frozenset[str]:
    """The base names of such files of the kinds that are read: lists of requirements, projects, scripts, settings."""
    found: set[str] = set()
    if "add" in text or "remove" in text or "update" in text:
        for match in _ADDS.finditer(text):
            found |= {"pyproject.toml", f"{match[1]}.lock"}
    if "uv" in text and any(map(text.__contains__, ("-U", "-P", "--upgrade", "--resolution", "--no-sources"))):
        found |= {"uv.lock" for _ in _RELOCKS.finditer(text)}
    if not _NAMED.search(text):  # most texts name no such file
        return frozenset(found)
    for command in _BETWEEN.split(text):
        if not any(map(command.__contains__, _WORDS)) or not _NAMED.search(command):
            continue
        editor = _EDITORS.search(command)
        edit = _IN_PLACE.search(command, editor.end()) if editor else None
        goes = _GOES.search(command) if ">" in command else None
        arrow = goes.end() if goes else 0
        starts = [match.end() for match in (edit, _WRITES.search(command)) if match] + ([arrow] if arrow else [])
        if starts:
            found.update(_named(command, min(starts), _LISTS))
        starts = [match.end() for match in (edit, _FETCHES.search(command)) if match] + ([arrow] if arrow else [])
        if starts:
            found.update(_named(command, min(starts), _PROGRAMS))
        compiles = _COMPILES.search(command)
        if compiles:
            read = _named(command, compiles.end(), _LISTS)
            made = [name[:-3] + ".txt" for name in read if name.endswith(".in")] or ["requirements.txt"]
            found.update(_OUTPUT.findall(command, compiles.end()) or made)
        copy = _COPIES.search(command)
        if copy:
            words = _ARROW.split(command, maxsplit=1)[0].split()
            found.update(_named(words[-1].strip("\"'").rpartition("/")[2], 0, _LISTS) if words else ())
    return frozenset(found)


def _named(command: str, start: int, endings: tuple[str, ...]) -> list[str]:
    return [name for name in _NAME.findall(command, start) if name.endswith(endings)]


_REMOVES = late(r"\b(?:rm|mv|unlink)\b[^;&|\n]*")


@lru_cache(maxsize=1024)
def removed_by(text: str) -> frozenset[str]:
    """The paths and patterns, as written, that the commands of a RUN remove or move away."""
    words = (word for match in _REMOVES.finditer(text) for word in match[0].split()[1:])
    return frozenset(word.strip("\"'").rstrip("/") for word in words if not word.startswith("-"))


def may_be_gone(path: str, removed: Iterable[str]) -> bool:
    """Whether one of these removals names the file at an absolute path, or a folder that it lies in."""
    for named in removed:
        if not named.startswith("/"):  # in a folder that is not looked at
            named = f"{posixpath.dirname(path)}/{posixpath.basename(named)}"
        if fnmatchcase(path, named) or path.startswith(f"{named}/"):
            return True
    return False


_LOOKS = frozenset(
    "cat head tail ls grep egrep wc less diff test [ [[ chmod chown stat file cmp md5sum sha256sum du find echo printf"
    " true".split()
)
"""Programs that leave a file that they name as it is, unless their output goes there."""


def redirected(command: Command) -> tuple[str, bool]:
    """The file that standard output goes to, "" for none, and whether it is added to."""
    for redirect in reversed(command.redirects):
        if redirect.operator in (">", ">>", ">|", "1>", "1>>"):
            return redirect.target.value.text, redirect.operator.endswith(">>")
    return "", False


def touched(command: Command) -> list[str]:
    """What a command that is no installer may write, move or remove, as written; ending in * where it may be all
    of a folder."""
    target, _ = redirected(command)
    found = [target] if target else []
    name = command.words[0].value.text.rpartition("/")[2]
    given = [word.value.text for word in command.words[1:] if not word.value.text.startswith("-")]
    if name == "find":
        acts = any(word.value.text in ("-exec", "-execdir", "-delete", "-ok") for word in command.words)
        return found + [f"{path.rstrip('/')}/*" for path in given[:1] if acts]
    if name in WRAPPERS:
        inner = unwrap(command)
        return touched(inner) if inner is not command else found + given
    if name in _LOOKS:
        return found
    recursive = name in ("rm", "mv", "cp", "rsync", "chroot")
    lists = (".txt", ".in")
    return (
        found
        + given
        + [f"{path.rstrip('/')}/*" for path in given if recursive and not path.endswith(lists) and "*" not in path]
    )
