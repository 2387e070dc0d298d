"""Which shell runs the RUN instructions of a stage, and the texts that it is given.

It is the /bin/sh of the base, until SHELL says otherwise.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.documents.dockerfile.words import json_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.model.reference import Reference

_DASH = frozenset(
    "python debian ubuntu node golang rust openjdk eclipse-temurin ruby php perl gcc buildpack-deps pypy".split()
)
"""Official images on Debian or Ubuntu, whose /bin/sh is dash, unless a tag says otherwise."""
_BASH = frozenset("fedora rockylinux almalinux amazonlinux centos oraclelinux".split())
"""Official images whose /bin/sh is bash."""
_OTHER_SYSTEM = late(
    r"alpine|windows|nanoserver|servercore|centos|ubi\d|rockylinux|almalinux|fedora|oracle|amazonlinux|al20"
)
_DEBIAN_TAG = late(
    r"(?:^|[-_.])(?:ubuntu\d*|debian\d*|slim|bookworm|bullseye|buster|trixie|jammy|focal|noble|bionic)(?:[-_.]|$|\d)"
)
_RED_HAT_TAG = late(r"(?:^|[-_.])(?:centos\d*|ubi\d+|rockylinux\d*|almalinux\d*|fedora\d*|al2023)(?:[-_.]|$)")
_DEBIAN_MAKERS = late(r"nvcr\.io/nvidia/(?:pytorch|tensorflow|tritonserver)$|(?:^|/)pytorch/pytorch$")


def flavor_of(reference: Reference | None) -> str:
    """The /bin/sh of a public image: "dash", "bash", or "sh" where it is not known which."""
    if reference is None or HOLE in reference.name:
        return "sh"
    name, tag = facts.normalise_repository(reference.name), reference.tag or ""
    if HOLE in tag:
        return "sh"
    if name in _BASH or _RED_HAT_TAG.search(tag):
        return "bash"
    if _DEBIAN_TAG.search(tag) or _DEBIAN_MAKERS.search(name):
        return "dash"
    return "dash" if name in _DASH and not _OTHER_SYSTEM.search(tag) else "sh"


def flavor_of_command(words: Iterable[str], default: str) -> str:
    """The shell that a SHELL instruction, or a RUN in brackets, names first; the default where it is `sh`."""
    for word in words:
        program = posixpath.basename(word)
        if program in ("bash", "zsh"):
            return "bash"
        if program == "dash":
            return "dash"
        if program in ("sh", "ash"):
            return default
    return default


def flavor_of_text(text: str, default: str) -> str:
    """The shell that the first line of a heredoc names."""
    if not text.startswith("#!"):
        return default
    return flavor_of_command(text.partition("\n")[0][2:].split(), default)


def shell_texts(instruction: Instruction) -> list[tuple[str, Callable[[int], int]]]:
    """The shell texts of a RUN, each with a map from its offsets to the source's."""
    listed = json_words(instruction.args) if instruction.args.startswith("[") else None
    if listed is not None:
        if (
            len(listed) >= 3
            and posixpath.basename(listed[0]) in ("sh", "bash", "ash", "dash")
            and listed[1].endswith("c")
        ):
            joined = listed[2]
        else:
            joined = " ".join("'" + word.replace("'", "'\\''") + "'" for word in listed)
        return [(joined, lambda _: instruction.at(instruction.args_at))]
    args, shift = instruction.args, instruction.args_at
    if not instruction.heredocs:
        return [
            (
                args,
                lambda offset: (
                    instruction.at(min(shift + offset, len(instruction.text) - 1))
                    if offset < len(args)
                    else instruction.at(len(instruction.text) - 1) + 1
                ),
            )
        ]
    texts: list[tuple[str, Callable[[int], int]]] = []
    command = args.partition("<<")[0].strip()
    if command in ("", "sh", "bash", "set -e", "/bin/bash", "/bin/sh", "bash -e", "sh -e", "bash -ex", "bash -xe"):
        body = instruction.heredocs[0]
        if not re.match(r"#!(?!.*\b(?:ba|da|a|z)?sh\b)", body.body):
            start = body.start
            texts.append((body.body, lambda offset: start + offset))
        return texts
    return [(args, lambda offset: instruction.at(min(shift + offset, len(instruction.text) - 1)))]
