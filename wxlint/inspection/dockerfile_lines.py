"""Which Dockerfile line made which layer: the history of an image laid beside the instructions of a Dockerfile.

Spellings of `created_by` are those of moby's classic builder (`/bin/sh -c #(nop) COPY file:HASH in /x`,
`|1 A=1 /bin/sh -c COMMAND`), of BuildKit (`RUN |1 A=1 /bin/sh -c COMMAND # buildkit`, `COPY a /x # buildkit`, flags
left out, variables filled in) and of kaniko (the instruction as written).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

Instruction = tuple[str, str, int]
"""(keyword in upper case, text with or without the keyword, line from 1)."""
Dockerfile = tuple[str, Sequence[Instruction]]
"""(path, instructions)."""

MAX_ENTRIES = 1000
MAX_INSTRUCTIONS = 2000
"""Longer histories and Dockerfiles are not mapped: the comparison is their product."""
MAX_TEXT = 1 << 16
"""Characters of one history entry or instruction that are compared."""


class HistoryEntry(NamedTuple):
    """One history entry. empty: it made no layer."""

    created_by: str
    empty: bool


class LineMapping(NamedTuple):
    """lines: for every history entry its line or None. strength: how surely; 0 means nothing was recognised."""

    lines: tuple[int | None, ...]
    strength: int


class _Form(NamedTuple):
    keyword: str
    words: str  # everything behind the keyword, flags left out, white space collapsed
    hashed: bool  # a classic COPY or ADD: the sources are a hash


_KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD RUN "
    "SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
)
_ARGUMENTS = re.compile(r"\|\d+ ")
_NOP = re.compile(r"\S+ -c #\(nop\)\s*")
_SHELL = re.compile(r"^(?:\S*/)?(?:sh|bash|ash|dash|zsh)(?: -\S+| pipefail)* -\w*c ")
_FLAGS = re.compile(r"(?:--[a-z][\w-]*(?:=\S*)?\s+)+")
_HASHED = re.compile(r"(?:file|dir|multi):[0-9a-f]+\s+in\s+(.*)")
_STAGE = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?", re.IGNORECASE)


def match_history(history: Sequence[HistoryEntry], instructions: Sequence[Instruction]) -> LineMapping:
    """The best fit of a history to one stage of a Dockerfile, with what its base stages add."""
    nothing = LineMapping((None,) * len(history), 0)
    if len(history) > MAX_ENTRIES or len(instructions) > MAX_INSTRUCTIONS:
        return nothing
    steps = [_of_history(step.created_by) for step in history]
    best = nothing
    for stage in _stages(instructions)[-20:]:  # the last one wins a tie
        found = _align(steps, [(_of_source(keyword, text), line) for keyword, text, line in stage])
        if found.strength >= best.strength and found.strength:
            best = found
    return best


def _stages(instructions: Sequence[Instruction]) -> list[list[Instruction]]:
    """The instructions of every stage, those of the stages it is FROM in front."""
    stages: list[list[Instruction]] = []
    names: dict[str, int] = {}
    for keyword, text, line in instructions:
        if keyword == "FROM":
            found = _STAGE.match(_arguments(keyword, text))
            base = names.get(found[1].lower()) if found else None
            if found and found[2]:
                names[found[2].lower()] = len(stages)
            names[str(len(stages))] = len(stages)
            stages.append(list(stages[base]) if base is not None else [])
            if sum(map(len, stages)) > 10 * MAX_INSTRUCTIONS:
                break
        elif stages:
            stages[-1].append((keyword, text, line))
    return stages


def _arguments(keyword: str, text: str) -> str:
    text = text.strip()
    if text[: len(keyword)].upper() == keyword and text[len(keyword) : len(keyword) + 1].isspace():
        text = text[len(keyword) :].strip()
    return text


def _words(keyword: str, rest: str) -> str:
    """Arguments without flags and shell, an exec form as its words, white space collapsed."""
    if keyword in ("RUN", "COPY", "ADD"):
        flags = _FLAGS.match(rest)
        rest = _exec_form(rest[flags.end() :] if flags else rest)
    if keyword == "RUN":
        rest = _SHELL.sub("", rest, count=1)
    return " ".join(rest.split())


def _exec_form(text: str) -> str:
    """The words of a JSON list; any other text as it is."""
    if text.startswith("["):
        try:
            words = json.JSONDecoder().raw_decode(text)[0]
        except (ValueError, RecursionError):
            return text
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return " ".join(words)
    return text


def _without_arguments(text: str) -> str:
    """A RUN of the history without the build arguments in front: "|1 A=1 /bin/sh -c X" is "/bin/sh -c X"."""
    if _ARGUMENTS.match(text):
        for word in re.finditer(r"\S+", text):
            if word[0].endswith("sh") and "/" in word[0] and text.startswith(" -", word.end()):
                return text[word.start() + word[0].index("/") :]
    return text


def shell_command(created_by: str) -> str:
    """What made a layer: a RUN's own text, without the shell and the build arguments in front of it."""
    text = created_by[:MAX_TEXT].strip().removesuffix("# buildkit").strip()
    nop = _NOP.match(text)
    if nop:
        return text[nop.end() :]
    command = _without_arguments(text.removeprefix("RUN "))
    shell = _SHELL.match(command)
    return command[shell.end() :] if shell else text


def _of_source(keyword: str, text: str) -> _Form:
    return _Form(keyword, _words(keyword, _arguments(keyword, text[:MAX_TEXT])), False)


def _of_history(created_by: str) -> _Form:
    text = created_by[:MAX_TEXT].strip().removesuffix("# buildkit").strip()
    nop = _NOP.match(text)
    if nop:
        text = text[nop.end() :]
    keyword, _, rest = text.partition(" ")
    if keyword not in _KEYWORDS:
        keyword, rest = "RUN", text
    rest = rest.strip()
    if keyword == "RUN":
        rest = _without_arguments(rest)
    words = _words(keyword, rest)
    hashed = _HASHED.match(words) if keyword in ("COPY", "ADD") else None
    return _Form(keyword, hashed[1], True) if hashed else _Form(keyword, words, False)


def _fit(step: _Form, source: _Form) -> int:
    """8: the same; 6: nearly so; 1 or 2: nothing speaks against it; 0: another instruction."""
    if step.keyword != source.keyword:
        return 0
    if step.words == source.words:
        return 8
    if step.keyword == "RUN":
        return 2 if source.words.startswith("<<") else 0
    if step.keyword in ("COPY", "ADD"):
        ours, theirs = source.words.rpartition(" ")[2], step.words.rpartition(" ")[2]
        if step.hashed:
            return 6 if ours.strip("./") and theirs.strip("/").endswith(ours.strip("./")) else 2
        if source.words.startswith("<<"):
            return 2
        return (
            6
            if ours == theirs and source.words.count(" ") == step.words.count(" ")
            else 2
            if "$" in source.words
            else 0
        )
    if step.keyword in ("ENV", "ARG", "LABEL"):
        same = re.split(r"[=\s]", source.words, maxsplit=1)[0] == re.split(r"[=\s]", step.words, maxsplit=1)[0]
        return 6 if same else 1
    return 1  # values are resolved or rewritten (WORKDIR, EXPOSE, CMD)


def _align(steps: list[_Form], source: list[tuple[_Form, int]]) -> LineMapping:
    """The heaviest pairing that keeps the order on both sides; late history entries first."""
    rows, columns = len(steps), len(source)
    width = columns + 1
    best = [0] * ((rows + 1) * width)  # best[i, j]: of steps[:i] and source[:j]
    for i in range(1, rows + 1):
        step = steps[i - 1]
        at, above = i * width, (i - 1) * width
        for j in range(1, width):
            score = best[at + j - 1]
            score = max(score, best[above + j])
            form = source[j - 1][0]
            if step.keyword == form.keyword:
                fit = _fit(step, form)
                if fit and best[above + j - 1] + fit > score:
                    score = best[above + j - 1] + fit
            best[at + j] = score
    lines: list[int | None] = [None] * rows
    i, j, sure = rows, columns, 0
    while i and j:
        fit = _fit(steps[i - 1], source[j - 1][0])
        here = best[i * width + j]
        if fit and here == best[(i - 1) * width + j - 1] + fit:
            lines[i - 1] = source[j - 1][1]
            if steps[i - 1].keyword in ("RUN", "COPY", "ADD"):
                sure += fit if fit >= 6 else 0
            i, j = i - 1, j - 1
        elif here == best[i * width + j - 1]:
            j -= 1
        else:
            i -= 1
    weighty = sum(1 for form, _ in source if form.keyword in ("RUN", "COPY", "ADD"))
    if not sure or sure < 3 * weighty:  # fewer than half of what makes layers was recognised: another Dockerfile
        return LineMapping((None,) * rows, 0)
    return LineMapping(tuple(lines), sure)
