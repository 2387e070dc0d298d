"""What uv's commands of a build leave in the folder of a project, for those that come after them: a lock, and indexes
that `uv add` writes into the project's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.images.installs.model import Sources

if TYPE_CHECKING:
    from wxlint.documents.manifests.uv_tables import AddedIndex


class Resolution(NamedTuple):
    """How uv makes the lock of a project, beside what the project says.

    sources: of the command line and its variables. unbound: [tool.uv.sources] does not count. prerelease, best_match,
    first_match, older: as of Install.
    """

    sources: Sources = Sources()
    unbound: bool = False
    prerelease: bool = False
    best_match: bool = False
    first_match: bool = False
    older: bool = False

    def stands_for(self, asked: Resolution) -> bool:
        """Whether uv keeps a lock that was made so for a command that asks for this: more indexes change nothing, as
        long as those are there that the lock may be from."""
        return self.sources.urls <= asked.sources.urls and self._replace(sources=asked.sources) == asked


class ProjectChanges(NamedTuple):
    """What the commands so far have left in a folder.

    lock: how they made the lock, None where none did. renewed: one that was copied is no longer the one that counts.
    indexes: what `uv add` has written, the latest first.
    """

    lock: Resolution | None = None
    renewed: bool = False
    indexes: tuple[AddedIndex, ...] = ()


NO_CHANGES = ProjectChanges()
