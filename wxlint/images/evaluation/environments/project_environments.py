"""The environments that poetry, pipenv and pdm make for a project by themselves, where no setting says another."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.core.values import HOLE
from wxlint.images.evaluation.environments.environments import note_other
from wxlint.images.installs.places import SYSTEM, made_by_itself
from wxlint.shell.python_modules import module_run
from wxlint.shell.wrappers import unwrap

if TYPE_CHECKING:
    from wxlint.images.evaluation.files.build_files import Files
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.images.installs.model import Install
    from wxlint.shell.model import Command, Word

_INSTALLS = r"\b(?:pip[\d.]*|pipx|uv|apt|apt-get|conda|mamba)[\"']?\s+(?:(?:tool|pip|-\S+)\s+)*install\b"
_IS_INSTALLED = {
    tool: re.compile(rf"{_INSTALLS}(?:\\\n|[^&|;\n])*[\s\"'/]{tool}(?![\w.-])|{installer}")
    for tool, installer in (
        ("poetry", r"python-poetry|get-poetry"),
        ("pipenv", r"get-pipenv"),
        ("pdm", r"install-pdm|pdm-project\.org"),
    )
}
"""What brings a tool: what another image has set for one that it brings is not known."""
_SETTINGS = {
    "poetry": re.compile(r"virtualenvs[._](?:create|in-project)|VIRTUALENVS_|\.venv\b|poetry\.toml"),
    "pipenv": re.compile(r"PIPENV_\w*(?:SYSTEM|VENV|IGNORE)|--system|WORKON_HOME|\.venv\b"),
    "pdm": re.compile(r"use_venv|USE_VENV|pdm\s+use\b|PDM_PYTHON|venv\.in_project|pypackages"),
}
"""What may lead a tool into another environment than the one that it makes by itself."""
_FILES = {"poetry": "poetry.toml", "pdm": "pdm.toml"}
_GLOBAL = frozenset(("--system", "-g", "--global"))
"""Options by which pipenv and pdm take the system's Python."""


def tool_of(words: Sequence[Word]) -> str:
    """The tool that a command calls, by its name, its path or as a module; "" for another program."""
    name = posixpath.basename(words[0].value.text)
    if name.startswith("python"):
        run = module_run(words[1:])
        name = run.name.value.text if run is not None else ""
    return name if name in _IS_INSTALLED else ""


def own_place(stage: OpenStage, command: Command, install: Install, texts: Sequence[str], files: Files) -> Install:
    """An install with the environment of its project, where the tool that is called makes one by itself.

    texts: those that may say another: of the Dockerfile, and of scripts.
    """
    called = unwrap(command).words
    tool = tool_of(called)
    if not tool:
        return install
    words = [word.value.text for word in called]
    if _is_of_system(stage, tool, words):
        return install._replace(place=SYSTEM)
    if _is_set(stage, tool, texts):
        return install
    if not any(_IS_INSTALLED[tool].search(text) for text in texts):
        return install
    folder = stage.workdir
    if command.cwd is not None:
        folder = in_image(folder, command.cwd.text) if command.cwd.known else HOLE
    settings = _FILES.get(tool)
    if HOLE in folder or (settings and files.find(stage.index, in_image(folder, settings)) is not None):
        return install
    place = made_by_itself(tool, folder)
    if install.tool not in ("poetry", "pipenv"):  # `poetry run pip install ...`
        return install._replace(place=place) if place in stage.environments else install
    note_other(stage, place)
    return install._replace(place=place)


def _is_of_system(stage: OpenStage, tool: str, words: Sequence[str]) -> bool:
    """Whether a tool is told to take the system's Python, and nothing leads it elsewhere."""
    if stage.environments or not {"VIRTUAL_ENV", "PATH"}.isdisjoint(stage.visible):
        return False
    makes = stage.pip_config.get("POETRY_VIRTUALENVS_CREATE", stage.visible.get("POETRY_VIRTUALENVS_CREATE"))
    if tool == "poetry" and makes is not None and makes.text.lower() in ("false", "0", "no"):
        return True
    return not _GLOBAL.isdisjoint(words)


def _is_set(stage: OpenStage, tool: str, texts: Sequence[str]) -> bool:
    """Whether something speaks of the environment that a tool is to take."""
    variables = {**stage.visible, **stage.pip_config}
    given = [f"{name}={value.text}" for name, value in variables.items()]
    return "VIRTUAL_ENV" in variables or any(_SETTINGS[tool].search(text) for text in (*texts, *given))
