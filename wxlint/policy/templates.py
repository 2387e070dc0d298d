"""Where a path that the policy writes with {stage}, {variant} and {tag} says its stage."""

from __future__ import annotations

from wxlint.core.patterns import late

_NAMES = late(r"\{(stage|variant|tag)\}")


def stage_in(path: str, template: str) -> str | None:
    """The stage that a path names where a template has {stage}; None when the path does not follow the template.

    A name stands for one or more characters other than `/`. Where several readings fit, the first name is the longest.
    The time is linear in the path for each name of the template.
    """
    parts, wanted = path.split("/"), template.split("/")
    if len(parts) != len(wanted):
        return None
    stage: str | None = None
    for part, pattern in zip(parts, wanted):
        values = _matched(part, _NAMES.split(pattern))
        if values is None:
            return None
        stage = stage or values.get("stage")
    return stage


def _matched(text: str, pieces: list[str]) -> dict[str, str] | None:
    """The values of the names in one part of a path. pieces: literals and names in turn, a literal at both ends.

    Taken from the end, each name as short as it can be: that leaves most to those before, so that one way is enough.
    """
    literals, names = pieces[::2], pieces[1::2]
    if not names:
        return {} if text == literals[0] else None
    if not text.endswith(literals[-1]):
        return None
    end = len(text) - len(literals[-1])
    values: dict[str, str] = {}
    for at in range(len(names) - 1, 0, -1):
        literal = literals[at]
        start = text.rfind(literal, 0, max(end - 1, 0)) if literal else end - 1
        if start < 0:
            return None
        values[names[at]] = text[start + len(literal) : end]
        end = start
    if not text.startswith(literals[0]) or end <= len(literals[0]):
        return None
    return {**values, names[0]: text[len(literals[0]) : end]}
