"""Where the relative paths of a script start, since a script rarely says where it is started."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.paths import folders_above, from_root, normal, repository_above
from wxlint.core.values import Value

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import ScriptFile


def slashes(path: str) -> str:
    """A path of Windows as others write it."""
    return path.replace("\\", "/")


def folders(script: str, cwd: Value | None) -> list[str]:
    """Where a script's relative paths may start. After a `cd` that is not known: nowhere."""
    starts = folders_above(posixpath.dirname(script))[::-1]
    if cwd is None:
        return starts
    if not cwd.known:
        return []
    moved = slashes(cwd.text)
    if moved.startswith("/"):
        return []
    folder, top = posixpath.dirname(from_root(script)), repository_above() or "."
    if folder and (moved == folder or moved.startswith(f"{folder}/")):  # `cd "$(dirname "$0")/.."`
        return [normal(posixpath.join(top, moved))]
    return [posixpath.join(start, moved) for start in starts]


def sourced_file(read: Callable[[str], Source | None], script: str, path: str, cwd: Value | None) -> ScriptFile | None:
    """The file of the repository that a script names with `source`; None where there is none, or it may be several.

    read: a file inside the repository. script: the path of the script. path: as it is written there. cwd: the folder
    in which it runs then.
    """
    from wxlint.shell.model import ScriptFile

    if path.startswith(("/", "~")):
        return None
    tried = dict.fromkeys(normal(posixpath.join(start, path)) for start in folders(script, cwd))
    found = [source for each in tried if each != script and (source := read(each)) is not None]
    if not found or any(source.text != found[0].text for source in found):
        return None
    return ScriptFile(found[0].path, found[0].text)
