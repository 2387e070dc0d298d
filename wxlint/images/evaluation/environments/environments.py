"""The Python environments of a stage: which ones its commands make, and which one a command acts in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.images.installs.model import Install
from wxlint.images.installs.places import SYSTEM, conda_run, moved, of_home, of_name, of_prefix, unknown_place
from wxlint.shell.model import Surroundings, Word
from wxlint.shell.python_modules import module_run
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.images.model.records import StageCopy
    from wxlint.shell.model import Command

_STARTED = late(r"activate[ \t]+([\w.-]+)[^\n]*>>?[ \t]*\S*(?:bashrc|profile)\b")
_PYTHON = late(r"(?:python|pypy)[\d.]*")
_VALUED = frozenset(("-p", "--python", "--prompt", "--index-url", "--cache-dir"))
_MODULES = frozenset(("venv", "virtualenv"))
_ENVIRONMENT_LIKE = late(r"env|conda|mamba|poetry")
_MADE_BY_CONDA = ("conda", "mamba", "micromamba")


class MadeEnvironment(NamedTuple):
    """A virtual environment that a command makes.

    shares: it sees what the system's Python has. anew: what was in it before is gone. has_pip: a pip of its own.
    """

    place: str
    shares: bool
    anew: bool
    has_pip: bool


def made(text: str, workdir: str, variables: Mapping[str, Value]) -> Iterator[MadeEnvironment]:
    """The virtual environments that a RUN makes."""
    from wxlint.shell.bash.reader import read_plain, read_shell  # only for files that make environments

    found = read_plain(text) or read_shell(text, variables, around=Surroundings(succeeds=True))
    for command in map(unwrap, found.commands):
        behind = _behind_maker(command.words)
        if behind is None:
            continue
        words = [word.value for word in behind]
        by_uv = posixpath.basename(command.words[0].value.text) == "uv"
        options = {word.text for word in words}
        given = [w for before, w in zip([Value(""), *words], words) if _is_folder(before.text, w.text)]
        for value in given or ([Value(".venv")] if by_uv else []):
            place = _place_in(workdir, command.cwd, value)
            if place != HOLE:
                has_pip = "--seed" in options if by_uv else "--without-pip" not in options
                yield MadeEnvironment(place, "--system-site-packages" in options, "--clear" in options, has_pip)


def _behind_maker(words: Sequence[Word]) -> Sequence[Word] | None:
    """The words behind a program that makes environments; None for any other command."""
    program = posixpath.basename(words[0].value.text)
    if program == "virtualenv":
        return words[1:]
    if program == "uv":
        texts = [word.value.text for word in words]
        at = texts.index("venv") if "venv" in texts else 0
        return words[at + 1 :] if at and all(text.startswith("-") for text in texts[1:at]) else None
    run = module_run(words[1:]) if _PYTHON.fullmatch(program) or HOLE in program else None
    return run.arguments if run is not None and run.name.value.text in _MODULES else None


def _is_folder(before: str, word: str) -> bool:
    """Whether a word behind `venv` is a folder. before: the word in front of it."""
    return not word.startswith("-") and before not in _VALUED


def _place_in(workdir: str, cwd: Value | None, folder: Value) -> str:
    """The environment in a folder as a command writes it; with a HOLE where that is not known."""
    path = of_home(folder.text)
    if not folder.known or (cwd is not None and not cwd.known and not path.startswith("/")):
        return HOLE
    return of_prefix(in_image(workdir, cwd.text if cwd is not None and cwd.known else "", path))


def note(stage: OpenStage, text: str) -> None:
    """Note the virtual environments that the text of a RUN makes."""
    for one in made(text, stage.workdir, stage.visible):
        stage.environments[one.place] = one.has_pip
        stage.steps.append(Install("venv", place=one.place, makes=True, shares=one.shares, exact=one.anew))


def note_other(stage: OpenStage, place: str) -> None:
    """Note an environment that is there with the first command that acts in it."""
    if place not in stage.environments:
        stage.environments[place] = True
        stage.steps.append(Install("venv", place=place, makes=True))


def note_copied(stage: OpenStage, known: Mapping[str, bool], step: StageCopy) -> None:
    """Note the environments that a COPY --from brings. known: those of the other stage."""
    foreign = unknown_place(step.paths, step.dest) if step.stage is None else None
    if foreign is not None and foreign != SYSTEM:
        stage.environments[foreign] = True
    for place, has_pip in known.items():
        now = moved(place, step.paths, step.dest)
        if now is not None:
            stage.environments[now] = has_pip


class Activated(NamedTuple):
    """The environment that a text has activated. path: the PATH of that moment, where the text itself had set one."""

    place: str = ""
    path: Value | None = None


def active(stage: OpenStage, command: Command, activated: Activated | None) -> str:
    """The environment that a command finds active; "" for the one that the base image leads to.

    activated: by the commands before it.
    """
    command = unwrap(command)
    activated = activated or Activated()
    given = dict(command.env)
    program = posixpath.basename(command.words[0].value.text)
    place = (activated.place or stage.shell_place) if given.get("PATH") == activated.path else ""
    if program in ("uv", "poetry", "pdm", "pipenv"):
        return place or _of_variables(stage, given) or _in_folder(stage, command)
    path = given.get("PATH", stage.env.get("PATH"))
    if not place and path is not None:
        place = led_to(stage, path)
    if not place and stage.login:
        place = _of_start_files(stage)
    if program.startswith("pip") and stage.environments.get(place) is False:
        return HOLE  # a pip of some other environment
    return place


def _of_start_files(stage: OpenStage) -> str:
    """The environment that a user's start files activate: `echo "conda activate a" >> ~/.bashrc`."""
    names = [name for text in stage.python_texts for name in _STARTED.findall(text)]
    place = of_name(names[-1]) if names else ""
    return place if not names or place in stage.environments or place == SYSTEM else HOLE


def _of_variables(stage: OpenStage, given: Mapping[str, Value]) -> str:
    """The environment that VIRTUAL_ENV or conda's variables say is active."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        value = given.get(name, stage.visible.get(name))
        if value is not None and value.text:
            if not value.known:
                return HOLE
            if name == "CONDA_DEFAULT_ENV":
                return of_name(value.text)
            return of_prefix(in_image(stage.workdir, value.text))
    return ""


def _in_folder(stage: OpenStage, command: Command) -> str:
    """The environment `.venv` of the folder that a command starts in, or of one above it."""
    folder = stage.workdir
    if command.cwd is not None:
        folder = in_image(folder, command.cwd.text) if command.cwd.known else HOLE
    while HOLE not in folder:
        if f"{folder.rstrip('/')}/.venv" in stage.environments:
            return f"{folder.rstrip('/')}/.venv"
        if folder == "/":
            break
        folder = posixpath.dirname(folder)
    return ""


def of_shell(words: Sequence[Value]) -> str:
    """The environment that `SHELL ["conda", "run", "-n", NAME, ...]` starts commands in."""
    run = conda_run([Word(value, 0, 0, True) for value in words[1:]], partial(in_image, "/"))
    return run.place if run is not None else ""


def led_to(stage: OpenStage, path: Value | None) -> str:
    """The environment whose programs a PATH finds first; "" for the one that the base image leads to."""
    like = ""
    for entry in (path.text if path is not None else "").split(":"):
        if HOLE in entry:
            break
        folder, _, last = in_image(stage.workdir, of_home(entry)).rpartition("/")
        if last != "bin" or HOLE in folder:
            continue
        place = of_prefix(folder or "/")
        if place in stage.environments:
            return place
        if place == SYSTEM:
            break
        if not like and _ENVIRONMENT_LIKE.search(entry):
            like = place
    return like


def activated_by(stage: OpenStage, command: Command, before: Activated | None) -> Activated | None:
    """What is active behind a command."""
    place = activation(stage, command)
    return before if place is None else Activated(place, dict(command.env).get("PATH"))


def activation(stage: OpenStage, command: Command) -> str | None:
    """The environment that a command activates: `. venv/bin/activate`, `conda activate NAME`; "" for `deactivate`,
    None for any other command."""
    words = [word.value for word in command.words]
    name, program = words[0].text, posixpath.basename(words[0].text)
    if program == "deactivate":
        return ""
    if name in (".", "source") and len(words) > 1:
        return _sourced(stage, command, words)
    if program in _MADE_BY_CONDA and len(words) > 1 and words[1].text in ("activate", "deactivate"):
        if words[1].text == "deactivate":
            return ""
        return _by_name(stage, words[2]) if len(words) > 2 else SYSTEM
    return None


def _sourced(stage: OpenStage, command: Command, words: list[Value]) -> str | None:
    script = words[1].text
    if script == "activate" or script.endswith("conda/bin/activate"):
        return _by_name(stage, words[2]) if len(words) > 2 else SYSTEM
    folder, found, _ = script.rpartition("bin/activate")
    if not found:
        return None
    if not words[1].known:
        return HOLE
    start = stage.workdir
    if command.cwd is not None:
        start = in_image(start, command.cwd.text) if command.cwd.known else HOLE
    place = in_image(start, of_home(folder) or ".")
    if len(words) > 2 and of_prefix(place) == SYSTEM:  # conda's own script takes a name
        return _by_name(stage, words[2])
    return of_prefix(place)


def _by_name(stage: OpenStage, value: Value) -> str:
    if not value.known:
        return HOLE
    return of_prefix(in_image(stage.workdir, of_home(value.text))) if "/" in value.text else of_name(value.text)
