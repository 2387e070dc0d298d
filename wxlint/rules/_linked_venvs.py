"""Links over the programs of a virtual environment that is there already: made before, or copied from another stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.model.records import StageCopy
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage

_There = dict[str, Reason]
"""Programs of environments that are there, by their path, each with what brought it."""
_CLEARERS = frozenset(("rm", "mv", "unlink", "find", "update-alternatives", "rmdir", "rsync"))
_LINK = (["ln", "-s"], ["ln", "-sv"], ["ln", "--symbolic"])
_PROGRAMS, _PIPS = ("python", "python3"), ("pip", "pip3")
_PATTERN = late(rf"[^*?\[{{{HOLE}]*")
"""A path up to what is a pattern in it, or not known."""
_TARGET = late(r"--mount=\S*?(?:target|dst|destination)=([^,\s]+)")
"""Where something is mounted while a RUN runs: what lies there is not in the image."""
_MOST = 60
"""Programs that are kept in mind for a stage, and stages: of more nothing is said."""
_NOWHERE = f"/{HOLE}"
"""A folder that is not known."""


def problems(evaluated: Evaluated) -> Iterator[Problem]:
    """Yield the first such link of each stage; what is behind it does not run."""
    ends: list[_There] = []
    for stage in evaluated.stages[:_MOST]:
        below = stage.parents[0] if len(stage.parents) == 1 and not stage.external else None
        there = dict(ends[below]) if below is not None else {}
        found = _stage(evaluated, stage, ends, there)
        ends.append(there if len(there) <= _MOST else {})
        if found is not None:
            yield found


def _stage(evaluated: Evaluated, stage: Stage, ends: list[_There], there: _There) -> Problem | None:
    """The first such link of a stage. there: what is there at its start; at its end afterwards."""
    copies = {id(step.instruction): step for step in stage.steps if isinstance(step, StageCopy)}
    by_project = _of_projects(stage)
    for instruction in evaluated.instructions_of(stage):
        step = copies.get(id(instruction))
        if step is not None and step.stage in range(len(ends)) and "--exclude" not in instruction.text:
            because = reason_at("image", "this COPY brings it", _place(evaluated, instruction))
            there.update(dict.fromkeys(_carried(ends[step.stage or 0], step), because))
        for ran, words in _commands(evaluated, instruction, stage):
            name = words[0].rpartition("/")[2]
            if name in _CLEARERS:
                _clear(there, words)
                _clear(by_project, words)
            elif words[:2] in _LINK and len(words) == 4 and words[3] in there and ends_build(ran):
                text = f"{words[3]} is there already, and ln makes no link over it"
                return Problem(ran.span(), text, (there[words[3]],))
            else:
                because = reason_at("image", "this makes it", ran.span())
                mounts = _TARGET.findall(instruction.text)
                there.update((path, because) for path in _made(ran, stage) if not any(_names(m, path) for m in mounts))
    there.update(by_project)
    return None


def _place(evaluated: Evaluated, instruction: Instruction) -> Span:
    return instruction.span(evaluated.dockerfile.source, 0, len(instruction.text))


def _commands(evaluated: Evaluated, instruction: Instruction, stage: Stage) -> Iterator[tuple[RunCommand, list[str]]]:
    """Yield the commands of a RUN with their words behind what wraps them, ENV filled in."""
    if instruction.keyword != "RUN":
        return
    from wxlint.images.evaluation.commands import commands_of
    from wxlint.shell.wrappers import unwrap

    for ran in commands_of(evaluated.dockerfile.source, instruction):
        yield ran, [_filled(word.value, stage.env) for word in unwrap(ran.command).words]


def _filled(value: Value, env: dict[str, Value]) -> str:
    """A text with the variables of a stage, and a HOLE for what is not known."""
    if value.known:
        return value.text
    first, *rest = value.text.split(HOLE)
    for hole, text in zip(value.holes, rest, strict=False):
        known = env.get(hole.strip("${}"))
        first += (known.text if known is not None and known.known else HOLE) + text
    return first


def _clear(there: _There, words: list[str]) -> None:
    """Take out what a command takes away, or may."""
    for path in list(there):
        if any(_names(word, path) for word in words[1:]):
            del there[path]


def _names(word: str, path: str) -> bool:
    """Whether a word of a command is a path, a folder of it or a pattern of either, or may be."""
    if word.startswith("-"):
        return False
    known, pattern = _PATTERN.match(word)[0], _PATTERN.fullmatch(word) is None  # type: ignore[index]
    if not known.startswith("/"):
        return pattern or known.strip("./") == "" or known.rstrip("/").rpartition("/")[2] in path.split("/")
    return path.startswith(known) if pattern else f"{path}/".startswith(f"{known.rstrip('/')}/")


def _made(ran: RunCommand, stage: Stage) -> Iterator[str]:
    """Yield the programs of the environments that a command makes."""
    text = ran.text[ran.command.start : ran.command.end]
    if not any(word in text for word in ("venv", "virtualenv")) or not ran.must_succeed:
        return
    from wxlint.images.evaluation.environments.environments import made

    for one in made(text, _NOWHERE, stage.env):
        yield from _programs(one.place, has_pip=one.has_pip)


def _programs(place: str, *, has_pip: bool) -> Iterator[str]:
    """Yield the programs of an environment; of one of conda's, or one that is not known, none."""
    if place.startswith("/") and len(place) > 1 and HOLE not in place:
        for name in (*_PROGRAMS, *(_PIPS if has_pip else ())):
            yield f"{place}/bin/{name}"


def _of_projects(stage: Stage) -> _There:
    """The programs of the environments that uv makes for a project, at the end of a stage."""
    return {
        program: install.reasons[0]
        for install in stage.installs
        if install.tool == "uv-project" and install.makes and install.must_succeed
        for program in _programs(install.place, has_pip=False)
    }


def _carried(there: _There, step: StageCopy) -> Iterator[str]:
    """Yield where what another stage has lies behind a COPY of it."""
    from wxlint.images.installs.places import moved

    for path in there:
        place, _, program = path.rpartition("/bin/")
        now = moved(place, step.paths, step.dest)
        if now is not None and now.startswith("/") and now != "/" and HOLE not in now:
            yield f"{now}/bin/{program}"


def ends_build(ran: RunCommand) -> bool:
    """Whether the text of a RUN ends where a command of it fails."""
    from wxlint.shell.bash.lost_failures import unheeded

    return ran.must_succeed and all(lost.command.start != ran.command.start for lost in unheeded(ran.text))
