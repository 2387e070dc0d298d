"""Builds whose argument picks the stage that an image stands on, and whose value only the caller knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.images.evaluation.stage_names import name_of
from wxlint.images.model.records import Build
from wxlint.policy.accelerator_words import accelerator_words

_VARIABLE = late(r"\$\{?(\w+)\}?")
_MOST = 6
"""Stages that one argument picks from; of more, nothing says which are meant."""


def each_choice(dockerfile: Dockerfile, builds: list[Build]) -> list[Build]:
    """Return the builds, and in the place of one that gives an argument of unknown value to `FROM base-${DEVICE}` a
    build for each stage that this may name."""
    choices = dict(_choices(dockerfile))
    return [one for build in builds for one in (_made_certain(build, choices) if _is_open(build) else (build,))]


def _is_open(build: Build) -> bool:
    """Whether nothing but the argument says what a build is for: its tags end in it, and name no accelerator."""
    holes = {hole for _, value in build.args if not value.known for hole in value.holes}
    tags = [use.value for use in build.tags]
    said = any(accelerator_words(value.text.rpartition("/")[2]) for value in tags)
    return bool(tags) and not said and all(not holes.isdisjoint(value.holes) for value in tags)


def _choices(dockerfile: Dockerfile) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the arguments that pick a stage: the values by which they name one, and the line where that begins."""
    lines = [one for one in dockerfile.instructions if one.keyword == "FROM"]
    source = dockerfile.source
    found_by: dict[str, list[dict[str, int]]] = {}
    named = {name: one.span(source, 0, 4).line for one in lines if (name := name_of(one.text, one.args_at))}
    for one in lines:
        base = next(iter(one.args.split()), "")
        variables = list(_VARIABLE.finditer(base))
        if len(variables) != 1 or len(variables[0][0]) == len(base):
            continue
        before, after = base[: variables[0].start()], base[variables[0].end() :]
        pattern = re.compile(rf"{re.escape(before)}(.+){re.escape(after)}", re.I)
        own = one.span(source, 0, 4).line
        above = ((name, line) for name, line in named.items() if line < own)
        found = {match[1]: line for name, line in above if (match := pattern.fullmatch(name))}
        found_by.setdefault(variables[0][1], []).append(found)
    for name, found in ((name, every[0]) for name, every in found_by.items() if len(every) == 1):
        if 2 <= len(found) <= _MOST:
            yield name, found


def _made_certain(build: Build, choices: dict[str, dict[str, int]]) -> Iterator[Build]:
    unknown = [name for name, value in build.args if not value.known and name in choices]
    if len(unknown) != 1:
        yield build
        return
    for text, line in choices[unknown[0]].items():
        reason = Reason("arg", f"{unknown[0]}={text}", build.dockerfile, line)
        args = tuple(
            (name, Value(text, (), (*value.because, reason)) if name == unknown[0] else value)
            for name, value in build.args
        )
        yield build._replace(args=args)
