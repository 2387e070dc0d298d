"""Names of the Python environments that a stage may hold: each by its prefix, conda's by its own name."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.images.installs.options import behind_options, read_arguments

if TYPE_CHECKING:
    from wxlint.images.installs.options import Arguments
    from wxlint.shell.model import Word

SYSTEM = "/"
"""The environment of the base image's own Python, conda's base environment among them."""
_NAMED = late(r"(?:^|/)envs/([^/]+)/?$")
_CONDA_RUN = frozenset(("-n", "--name", "-p", "--prefix", "--cwd"))
"""The options of `conda run` that take a value."""
_ON = ("1", "true", "yes", "on")
_OF_SYSTEM = late(r"/usr(?:/local)?|(?:.*/)?\.?[\w-]*(?:conda|mamba|miniforge|mambaforge)\d?")
"""Prefixes of Pythons that no environment is made of: a distribution's, an official image's, conda's base."""


def of_prefix(prefix: str) -> str:
    """The environment at a prefix, absolute: `/opt/conda/envs/a` is conda's environment `a`, wherever conda lies."""
    named = _NAMED.search(prefix)
    if named is not None:
        return f"envs/{named[1]}"
    return SYSTEM if _OF_SYSTEM.fullmatch(prefix) else prefix


def of_home(path: str) -> str:
    """A path of which the shell makes one in the home of a user: root's, as far as places are told apart."""
    return f"/root{path[1:]}" if path.startswith("~/") else path


def is_named(place: str) -> bool:
    """Whether an environment is one of conda's, which has a Python of its own."""
    return place.startswith("envs/")


def of_name(name: str) -> str:
    """The environment that conda knows by a name."""
    return SYSTEM if name in ("base", "root") else f"envs/{name}"


def of_conda(arguments: Arguments, absolute: Callable[[str], str]) -> str:
    """The environment that a command of conda names; "" for the active one."""
    named = arguments.last("-n", "--name")
    value = named or arguments.last("-p", "--prefix")
    if value is None:
        return ""
    if not value.known:
        return HOLE
    return of_name(value.text) if named is not None else of_prefix(absolute(of_home(value.text)))


class CondaRun(NamedTuple):
    """What `conda run` starts. place: the environment that it names; "" for the active one."""

    place: str
    words: tuple[Word, ...]


def conda_run(words: Sequence[Word], absolute: Callable[[str], str]) -> CondaRun | None:
    """Read `conda run -n NAME CMD...` from the verb on; None for another verb."""
    if not words or words[0].value.text != "run":
        return None
    started = behind_options(words[1:], _CONDA_RUN)
    arguments = read_arguments(words[1 : len(words) - len(started)], _CONDA_RUN)
    return CondaRun(of_conda(arguments, absolute), started)


def of_program(path: str, absolute: Callable[[str], str]) -> str:
    """The environment whose program a path names (`/opt/venv/bin/pip`); "" for a name that PATH leads to."""
    folder, found, _ = path.rpartition("/bin/")
    return of_prefix(absolute(of_home(folder))) if found else ""


def of_value(value: Value, absolute: Callable[[str], str]) -> str:
    """The environment at a prefix, or of an interpreter, as an option names it; with a HOLE where that is not known,
    "" for what names none (`3.11`, `python3`)."""
    if not value.known:
        return HOLE
    text = value.text
    if "/bin/" in text:
        return of_program(text, absolute)
    return of_prefix(absolute(of_home(text.rstrip("/")))) if "/" in text or text in (".venv", "venv") else ""


def of_project(arguments: Arguments, variables: Mapping[str, Value], absolute: Callable[[str], str]) -> str:
    """The environment of its own that a project of uv has: the folder `.venv` beside its pyproject.toml."""
    current = variables.get("VIRTUAL_ENV")
    if arguments.has("--active") and current is not None:
        return of_prefix(absolute(current.text)) if current.known else HOLE
    folder = arguments.last("--project", "--directory") or Value(".")
    name = variables.get("UV_PROJECT_ENVIRONMENT") or Value(".venv")
    if not folder.known or not name.known:
        return HOLE
    return of_prefix(absolute(posixpath.join(folder.text, name.text or ".venv")))


def of_folder(tool: str, folder: str, variables: Mapping[str, Value], absolute: Callable[[str], str]) -> str:
    """The environment `.venv` in the folder of a project of poetry or pipenv, where settings ask for one; else ""."""
    asks = variables.get("PIPENV_VENV_IN_PROJECT" if tool == "pipenv" else "POETRY_VIRTUALENVS_IN_PROJECT")
    makes = variables.get("POETRY_VIRTUALENVS_CREATE")
    refused = tool == "poetry" and makes is not None and makes.text.lower() not in _ON
    if asks is None or asks.text.lower() not in _ON or refused or "VIRTUAL_ENV" in variables:
        return ""
    return of_prefix(absolute(posixpath.join(folder, ".venv")))


_OF_TOOLS = {"poetry": "/root/.cache/pypoetry/virtualenvs/", "pipenv": "/root/.local/share/virtualenvs/"}
"""Where tools keep the environments that they make by themselves."""


def made_by_itself(tool: str, folder: str) -> str:
    """The environment that a tool makes for the project in a folder, absolute, where no setting says another."""
    if tool not in _OF_TOOLS:
        return of_prefix(posixpath.join(folder, ".venv"))
    return _OF_TOOLS[tool] + (posixpath.basename(folder) or "project")


def in_home(place: str) -> bool:
    """Whether an environment lies where tools keep those that they make by themselves."""
    return place.startswith(tuple(_OF_TOOLS.values()))


def moved(place: str, paths: Sequence[str], dest: str) -> str | None:
    """Where an environment lies after a COPY --from of these paths to a destination, absolute; None where it is not
    among them."""
    for written in paths:
        path = in_image("/", written).removesuffix("/*").rstrip("/")
        if is_named(place):
            if path.endswith(f"/{place}"):
                return of_prefix(dest)
            if not path or path.endswith("/envs") or of_prefix(path) == SYSTEM or path in ("/root", "/home"):
                return place
        elif place == SYSTEM:
            if not path:
                return place
        elif place == path or place.startswith(f"{path}/"):
            return of_prefix(in_image(dest, place[len(path) + 1 :]))
    return None


_BY_NAME = late(
    r"/(?:\.?venv[\w.-]*|virtualenvs?|(?:site|dist)-packages|(?:mini|ana|micro|mamba)?(?:conda|forge)\d?|envs/[^/]+)/?$"
)
"""Folders that hold a Python environment, by their names."""


def unknown_place(paths: Sequence[str], dest: str) -> str | None:
    """Where an environment lies after a COPY --from of an image that nothing here builds; None where none is copied."""
    if not any(map(_BY_NAME.search, paths)):
        return None
    return SYSTEM if "-packages" in dest else of_prefix(dest)


def shown(prefix: str) -> str:
    """An environment as messages name it."""
    if prefix == SYSTEM:
        return "the system's Python"
    return f"conda's environment {prefix[5:]}" if is_named(prefix) else prefix
