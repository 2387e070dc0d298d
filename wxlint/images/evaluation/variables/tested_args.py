"""Build arguments that a RUN only tests: without a default and a value, they are empty there, and mean to be."""

from __future__ import annotations

import re

from wxlint.documents.dockerfile.reader import Dockerfile

_TESTS = r"\[\[?[ \t][^\]\n]*\]|\btest[ \t][^;&|\n]*"


def decides_only(name: str, dockerfile: Dockerfile) -> bool:
    """Whether every place that uses an argument is a test in a RUN: `[ -z "$GPU" ]`.

    An argument that is part of a version or a name is one that the caller has to give; nothing is said of its value.
    """
    if re.search(rf"\$\{{?{re.escape(name)}\b", dockerfile.source.text) is None:
        return False
    used = re.compile(rf"\$(?:{re.escape(name)}\b|\{{{re.escape(name)}(?:[:}}+-]))")
    tests = re.compile(_TESTS)
    found = False
    for instruction in dockerfile.instructions:
        rest = tests.sub(" ", instruction.text) if instruction.keyword == "RUN" else instruction.text
        if used.search(rest) is not None or f"{name}=" in rest and instruction.keyword == "ENV":
            return False
        found = found or (rest != instruction.text and used.search(instruction.text) is not None)
    return found
