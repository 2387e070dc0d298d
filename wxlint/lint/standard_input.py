"""Standard input in place of a file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from wxlint.core.errors import InputError, UsageError
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.file_kinds import BATCH, DOCKERFILE, FOLLOWED, OTHER, SHELL, kind_of_text
from wxlint.documents.dockerfile.reader import KEYWORDS
from wxlint.documents.source import MAX_BYTES, Source, from_bytes


class Given(NamedTuple):
    """Standard input as a file, and its kind."""

    source: Source
    kind: str


def as_file(data: bytes, name: str, shown: str) -> Given:
    """Standard input as a file of this name, "" for none; shown: the same for people.

    Raises UsageError for the name of a folder, InputError for too much of it.
    """
    if os.path.isdir(name):
        raise UsageError(f"--stdin-filename: {name} is a folder; it takes the name of a file")
    if len(data) > MAX_BYTES:
        raise InputError(f"standard input: larger than {MAX_BYTES >> 20} MiB")
    source = from_bytes(shown if name else "-", data)
    return Given(source, guess_kind(source.text, os.path.basename(source.path)))


def guess_kind(text: str, name: str = "-") -> str:
    """The kind of a text that stands for a file of this name; a Dockerfile when neither says anything else."""
    kind = kind_of_text(name, text)
    if kind != OTHER or FOLLOWED.search(name):
        return kind
    first = re.search(r"(?m)^[ \t]*([A-Za-z]+)\b", text)
    if (
        first
        and first[1].upper() in KEYWORDS
        or not re.search(r"(?m)^[ \t]*@?(?:sudo[ \t]+)?(?:docker|podman|nerdctl|buildah)\b", text)
    ):
        return DOCKERFILE
    return BATCH if re.search(r"(?im)^[ \t]*@?(?:setlocal|set[ \t]+\w+=|goto[ \t]|rem[ \t])|%\w+%", text) else SHELL


def read_stdin(paths: Sequence[str], name: str = "") -> bytes | None:
    """Standard input when `-` is among the paths.

    Raises UsageError when `-` is there twice, or is not there and `name` is given; InputError when it cannot be read.
    """
    if name and "-" not in paths:
        raise UsageError("--stdin-filename names standard input, which is read when `-` is among the paths")
    if list(paths).count("-") > 1:
        raise UsageError("`-` (standard input) can be given once")
    if "-" not in paths:
        return None
    import sys

    if sys.stdin is None:
        raise InputError("standard input is closed; `-` reads it")
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"standard input: cannot be read: {error.strerror or error}") from error
