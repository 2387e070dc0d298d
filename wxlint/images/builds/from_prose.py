"""What the commands in a repository's documentation build and use: those in blocks of shell text.

A reader types them in the folder that the text is about, which it may say in words alone: paths are tried from the
document's folder and those above it, and from every folder that a `cd` of the document leads to. Behind a `cd` into
another repository nothing is known. What stands in angle brackets is for the reader to fill in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import folders_above, normal
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.documents.prose import TextBlock, blocks, sentences
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import PROGRAMS, Script
from wxlint.images.model.embedded_shell import EmbeddedText

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_SHELLS = frozenset(("", "bash", "sh", "shell", "console", "zsh", "shell-session", "terminal", "powershell", "cmd"))
_PROMPT = late(r"[ \t]*(?:\$|PS>)(?:[ \t]+|$)")
_OF_WINDOWS = late(r"(?<=[\w.])\\(?=[\w.])")
"""A backslash inside a path: in a document for Windows it parts folders, and no shell's escape stands there."""
_FILL_IN = late(r"(?<!<)<[A-Za-z][\w ./:-]*>")
OF_ANOTHER_TIME = late(
    r"(?i)\b(?:remov|delet|renam|replac|mov|former|legacy|deprecat|previous|old|was|were|no longer|instead|creat|add"
    r"|new|todo|plan|will|should|if)|→|[-=]>|~~"
)
"""A sentence about what was, or is to be."""
_CD = late(r"(?m)(?:^|[\s&;|$])(?:cd|pushd)[ \t]+[\"']?([^\s;&|\"'`]+)")
_CLONE = late(r"\bgit[ \t]+clone\b[^\n]*?[/:]([\w.-]+?)(?:\.git)?(?=[\s\"'`)]|$)")


def prose_script(source: Source, root: str) -> Script:
    """What a document's commands do with images.

    root: of the repository, whose own name is that of a clone of it.
    """
    folders = Folders(source, root)
    literal = list(blocks(source))
    said = [block for line, block in sentences(source, literal) if not OF_ANOTHER_TIME.search(line)]
    found = [_read(source, block, folders) for block in (*filter(_is_shell, literal), *said)]
    return Script(
        tuple(call for script in found for call in script.calls),
        tuple(build for script in found for build in script.builds),
        tuple(use for script in found for use in script.uses),
    )


def _is_shell(block: TextBlock) -> bool:
    return block.language in _SHELLS and any(word in line for _, line in block.lines for word in PROGRAMS)


def _read(source: Source, block: TextBlock, folders: Folders) -> Script:
    text, end = EmbeddedText(), 0
    for start, line in _typed(block):
        at = 0
        for match in _FILL_IN.finditer(line):
            text.written(line[at : match.start()], range(start + at, start + match.start()))
            text.filled(Value(HOLE, (match[0],)), start + match.start(), start + match.end())
            at = match.end()
        text.written(line[at:], range(start + at, start + len(line)))
        end = start + len(line)
        text.written("\n", [end])
    commands = text.commands(source, {}, end, "bash")
    return read_script(source, commands, _existing, lambda cwd: folders.at(block.lines[0][0], cwd))


def _typed(block: TextBlock) -> Iterator[tuple[int, str]]:
    """Yield the lines that a reader types: where some follow a prompt, the others are what a program prints."""
    prompted = any(_PROMPT.match(line) for _, line in block.lines)
    goes_on = False
    for start, line in block.lines:
        prompt = _PROMPT.match(line) if prompted else None
        lead = prompt.end() if prompt is not None else 0
        if prompt is not None or goes_on or not prompted:
            yield start + lead, _OF_WINDOWS.sub("/", line[lead:])
        goes_on = (prompt is not None or goes_on) and line.rstrip().endswith("\\")


def _existing(paths: list[str]) -> str | None:
    return next((normal(path) for path in paths if disk.is_file(path)), None)


class Folders:
    """Where a document's relative paths may start."""

    def __init__(self, source: Source, root: str) -> None:
        self.above = folders_above(posixpath.dirname(source.path))[::-1]
        self.clones = {name: is_name_of(root, name) for name in _CLONE.findall(source.text)}
        self.moves = [(match.start(), self._below(match[1])) for match in _CD.finditer(source.text)]

    def at(self, offset: int, cwd: Value | None) -> list[str]:
        """The folders in which a block at an offset may be typed; none where that is in another repository.

        cwd: where the block itself goes.
        """
        if any(place < offset and not folders for place, folders in self.moves):
            return []
        if cwd is not None:
            return self._below(cwd.text) if cwd.known else []
        return list(dict.fromkeys((*self.above, *(folder for _, folders in self.moves for folder in folders))))

    def _below(self, path: str) -> list[str]:
        """Where a `cd` may lead to inside the repository."""
        first, _, rest = path.replace("\\", "/").rstrip("/").partition("/")
        if first in self.clones:
            return [normal(posixpath.join(folder, rest)) for folder in self.above] if self.clones[first] else []
        inside = [normal(posixpath.join(folder, path)) for folder in self.above]
        found = [folder for folder in inside if disk.is_folder(folder)]
        return [*self.above, *found] if first in ("-", "..", ".") else found


def is_name_of(root: str, name: str) -> bool:
    """Whether a clone of that name is what lies in a folder: `asr`, `asr-main`, `owner+asr`."""
    from wxlint.discovery.origin import origin_of

    if origin_of(root).rpartition("/")[2] == name.lower():
        return True
    return (
        re.search(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])", posixpath.basename(root).lower()) is not None
    )
