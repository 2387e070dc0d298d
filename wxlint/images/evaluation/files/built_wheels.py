"""Wheels that a RUN builds of a project, for a later command or stage to install.

Only what a command says by itself is followed: which project, and into which folder its wheel goes.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from wxlint.images.evaluation.files.generated_requirements import Made
from wxlint.images.installs.call import InstallContext
from wxlint.images.installs.model import Groups
from wxlint.images.installs.options import WITHOUT_NEEDS, Arguments, read_arguments
from wxlint.shell.python_modules import module_run

if TYPE_CHECKING:
    from wxlint.shell.model import Command, Word

ANY_WHEEL = "*.whl"
"""The name under which the wheels of a folder are noted."""
_OUT = ("-o", "--outdir", "--out-dir", "--output", "-d", "--dist-dir", "--dest", "--bdist-dir", "-w", "--wheel-dir")
_VALUED = frozenset((*_OUT, "-C", "--config-setting", "--package", "-p", "--python", "-f", "--format", "--directory"))
_TOOLS = frozenset(("uv", "poetry", "pdm", "flit"))
_NOT_FOLLOWED = ("--package", "--all-packages", "--directory", "--project")


def built_by(command: Command, context: InstallContext) -> Made | None:
    """The wheels that a command builds: what installing them asks for; None where it builds none of a project."""
    words = command.words
    name = words[0].value.text.rpartition("/")[2]
    if name in ("python", "python3") and len(words) > 2:
        run = module_run(words[1:])
        if run is not None:
            return _by_module(run.words, context)
        if words[1].value.text == "setup.py" and any(word.value.text == "bdist_wheel" for word in words[2:]):
            return _made(".", read_arguments(words[2:], _VALUED), context)
        return None
    return _by_module(words, context)


def _by_module(words: tuple[Word, ...], context: InstallContext) -> Made | None:
    """The same for a program, or a module that is run as one."""
    name = words[0].value.text.rpartition("/")[2]
    if name in ("build", "pyproject-build"):
        return _of_folder(read_arguments(words[1:], _VALUED), context)
    if len(words) < 2:
        return None
    if name in _TOOLS and words[1].value.text == "build":
        return _of_folder(read_arguments(words[2:], _VALUED), context)
    if name in ("pip", "pip3") and words[1].value.text == "wheel":  # with --no-deps, else what comes along counts too
        arguments = read_arguments(words[2:])
        return _of_folder(arguments, context, default=".") if arguments.has(*WITHOUT_NEEDS) else None
    return None


def _of_folder(arguments: Arguments, context: InstallContext, default: str = "dist") -> Made | None:
    """The wheel of the project in the folder that is named, or in the working folder."""
    given = [word.value for word in arguments.positional]
    if len(given) > 1 or arguments.has(*_NOT_FOLLOWED) or arguments.has("-r", "--requirement"):
        return None
    folder = given[0].text if given else "."
    if given and (not given[0].known or not folder.startswith((".", "/"))):
        return None
    return _made(folder, arguments, context, default)


def _made(folder: str, arguments: Arguments, context: InstallContext, default: str = "dist") -> Made:
    out = arguments.last(*_OUT)
    beside = default if default == "." else posixpath.join(folder, default)
    place = out.text if out is not None else beside
    return Made(posixpath.join(place, ANY_WHEEL), context.project(folder, Groups(), "pip"))
