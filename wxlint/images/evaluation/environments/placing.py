"""Which Python environment of an image an install acts in, for all that its command and its stage say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.installs.places import SYSTEM, is_named

if TYPE_CHECKING:
    from wxlint.images.evaluation.environments.environments import Activated
    from wxlint.images.evaluation.files.build_files import Files
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.images.installs.model import Install
    from wxlint.shell.model import Command

_OTHER_PYTHON = late(r"/usr/bin/p|\b3\.\d|(?:python|pip)3\.\d")
"""What may name another Python than the one that PATH leads to."""
_PROJECT_TOOL = late(r"(?:^|/)(?:poetry|pipenv|pdm)$")
_LEADING = frozenset(("PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"))
"""Variables that lead commands into a Python environment."""


def placed(
    stage: OpenStage, command: Command, install: Install, activated: Activated | None, dockerfile: str, files: Files
) -> Install:
    """Return an install with the environment that it acts in: one that is active, or another Python of the image.

    activated: what an earlier command of the same shell activated. dockerfile: its text.
    """
    install = _in_active(stage, command, install, activated)
    if install.place not in ("", SYSTEM):
        return install
    if not install.place and any(_PROJECT_TOOL.search(word.value.text) for word in command.words):
        from wxlint.images.evaluation.environments.project_environments import own_place

        return own_place(stage, command, install, (dockerfile, *stage.python_texts), files)
    if install.tool not in ("pip", "uv"):
        return install
    if not any(_OTHER_PYTHON.search(word.value.text) for word in command.words):
        return install
    from wxlint.images.evaluation.environments.environments import note_other
    from wxlint.images.evaluation.environments.other_pythons import named_in

    place = named_in(stage, command, dockerfile)
    if not place:
        return install
    note_other(stage, place)
    return install._replace(place=place)


def may_lead(stage: OpenStage) -> bool:
    """Whether something that a stage sets may lead commands into a Python environment beside the base image's."""
    return bool(stage.shell_place) or not _LEADING.isdisjoint(stage.env)


def activated_behind(stage: OpenStage, command: Command, before: Activated | None) -> Activated | None:
    """What is active behind a command."""
    from wxlint.images.evaluation.environments.environments import activated_by

    return activated_by(stage, command, before)


def _in_active(stage: OpenStage, command: Command, install: Install, activated: Activated | None) -> Install:
    """An install with the environment that its command finds active, where its words name none."""
    if activated and install.makes and install.tool in ("poetry", "pipenv"):  # they take the one that is active
        install = install._replace(place="", makes=False)
    if install.makes and HOLE not in install.place:
        stage.environments.setdefault(install.place, install.tool != "uv-project")
    by_system = install.tool == "uv" and install.place == SYSTEM  # which for uv is any that is no virtual environment
    if (install.place and not by_system) or install.tool == "apt":
        return install
    given = activated or stage.environments or may_lead(stage) or any(name in _LEADING for name, _ in command.env)
    if not given:
        return install
    from wxlint.images.evaluation.environments.environments import active

    place = active(stage, command, activated)
    if not place or (by_system and not is_named(place)):
        return install
    return install._replace(place=place)
