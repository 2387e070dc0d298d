"""Programs that are installed each into an environment of its own: `pipx install`, `uv tool install`."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Install
from wxlint.images.installs.options import Arguments, behind_options, read_arguments
from wxlint.images.installs.pip import pip
from wxlint.images.installs.requirement import normalise


def pipx(call: Call) -> Iterator[Install]:
    """`pipx install NAME`, `pipx inject NAME OTHER`; nothing where pip is given options that are not read."""
    words = behind_options(call.rest)
    verb = words[0].value.text if words else ""
    arguments = read_arguments(words[1:])
    if verb not in ("install", "inject") or arguments.has("--pip-args", "--system-site-packages", "--spec", "-r"):
        return
    first = words[0]._replace(value=words[0].value._replace(text="install"))
    named = arguments.positional
    if not named:
        return
    rest = tuple(word for word in words[1:] if verb == "install" or word is not named[0])
    for install in pip("pip", call._replace(words=(call.words[0], first, *rest))):
        yield _apart(install, arguments, "/root/.local/pipx/venvs")


def _apart(install: Install, arguments: Arguments, folder: str) -> Install:
    """An install in the folder of the program that it is for."""
    name = normalise(arguments.positional[0].value.shown().partition("[")[0].partition("=")[0])
    return install._replace(elsewhere=True, apart=True, folder=f"{folder}/{name}")


def uv_tool(install: Install, arguments: Arguments) -> Install:
    """What `uv tool install` takes, in the folder of its own."""
    return _apart(install, arguments, "/root/.local/share/uv/tools")
