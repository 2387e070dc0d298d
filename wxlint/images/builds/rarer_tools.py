"""Files of rarer tools that build images; each tool has a module, which is imported when such a file is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.documents.source import Source
    from wxlint.images.builds.model import Script


def script_of_tool(kind: str, source: Source, find: Callable[[list[str]], str | None], cache: Cache) -> Script:
    """What a file does with images.

    Args:
        kind: just, powershell, python, tox, devcontainer, taskfile or skaffold.
        find: the Dockerfile among the paths that a build may mean.
    """
    if kind == "just":
        from wxlint.images.builds.from_just import just_script

        return just_script(source, find)
    if kind == "powershell":
        from wxlint.images.builds.from_powershell import powershell_script

        return powershell_script(source, find)
    if kind == "python":
        from wxlint.images.builds.python.from_python import python_script

        return python_script(source, find)
    if kind == "tox":
        from wxlint.images.builds.from_tox import tox_script

        return tox_script(source, find)
    if kind == "devcontainer":
        from wxlint.images.builds.from_devcontainer import devcontainer_script

        return devcontainer_script(source, find)
    from wxlint.images.builds import from_yaml_tools

    read = from_yaml_tools.taskfile_script if kind == "taskfile" else from_yaml_tools.skaffold_script
    return read(source, find, cache)
