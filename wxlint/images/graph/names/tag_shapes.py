"""What the unknown parts of a tag can be: a commit, a number, the version of a release, or anything."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value

_VERSION = r"v?\d[\w.-]*"
_WITH_DIGIT = r"[\w.-]*\d[\w.-]*"
_GIT_TAG = rf"{_WITH_DIGIT}|latest|nightly|edge|stable|main|master|dev|develop|alpha|beta|rc|preview|test|release"
_COMMIT = r"[0-9a-f]{6,64}"
_NUMBER = r"\d+"
_OF_TEMPLATES = {
    **dict.fromkeys(("version", "raw"), _VERSION),
    **dict.fromkeys(("major", "minor", "patch", "pr"), _NUMBER),
    **dict.fromkeys(("date", "commit_date"), _WITH_DIGIT),
    "sha": _COMMIT,
    "tag": _GIT_TAG,
    "latest": "latest",
}
"""docker/metadata-action's templates. Git tags are versions, or words that move with the releases."""
_TEMPLATE = late(r"\{\{\s*(\w+)[^{}]*\}\}")
_OF_GITHUB = {
    "${{ github.sha }}": _COMMIT,
    "${GITHUB_SHA}": _COMMIT,
    "$GITHUB_SHA": _COMMIT,
    "${{ github.run_number }}": _NUMBER,
    "${{ github.run_id }}": _NUMBER,
    "${{ github.run_attempt }}": _NUMBER,
}
_COMMAND = late(r"\$\(\s*(git\s+rev-parse|date)\b[^|;&]*\)")
_OF_COMMANDS = {"git": _COMMIT, "date": _WITH_DIGIT}
_ANYTHING = r"[\w.-]*"
_MOST_HOLES = 5
"""Unknown parts of a tag, so that the time of a match is bounded."""


def may_become(tag: Value, wanted: str) -> bool:
    """Whether a tag can be another one, however its unknown parts are filled."""
    if len(tag.holes) > _MOST_HOLES:
        return True
    first, *others = tag.text.split(HOLE)
    pattern = re.escape(first)
    for hole, text in zip(tag.holes, others):
        pattern += f"(?:{_shape(hole)})" + re.escape(text)
    return re.fullmatch(pattern, wanted) is not None


def _shape(hole: str) -> str:
    template = _TEMPLATE.fullmatch(hole)
    if template is not None:
        return _OF_TEMPLATES.get(template[1], _ANYTHING)
    command = _COMMAND.fullmatch(hole)
    if command is not None:
        return _OF_COMMANDS[command[1].split()[0]]
    return _OF_GITHUB.get(hole, _ANYTHING)
