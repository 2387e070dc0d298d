"""What COPY and ADD bring into a stage, in order, on top of what its base stage was given."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source


class Copy(NamedTuple):
    """One source of one COPY or ADD. dest: absolute. stage: of `--from`, or None for the build context.

    cloned: of the repository itself, which a RUN cloned.
    """

    source: str
    dest: str
    stage: int | None
    as_folder: bool
    cloned: bool = False


PIP_CONF = ("/root/.config/pip/pip.conf", "/root/.pip/pip.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf")
"""Where pip looks, the strongest first."""
_HOLD_PIP_CONF = frozenset(
    path[:at] or "/" for path in PIP_CONF for at in range(len(path) + 1) if path[at : at + 1] in ("/", "")
)
"""Where a COPY has to go to bring one: these files and the folders above them."""


class Copies:
    """The copies of one stage. Those of its base are looked at, not taken over: a chain of stages stays linear.

    may_hold_pip_conf: one of them may bring a configuration of pip.
    """

    def __init__(self, base: Copies | None = None) -> None:
        while base is not None and not base._own:
            base = base._base
        self._base: Copies | None = base
        self._own: list[Copy] = []
        self._by_dest: dict[str, list[tuple[int, Copy]]] = {}
        self._inherited = len(base) if base is not None else 0
        self.may_hold_pip_conf: bool = base is not None and base.may_hold_pip_conf

    def __len__(self) -> int:
        return self._inherited + len(self._own)

    def __iter__(self) -> Iterator[Copy]:
        """All of them, the first one first."""
        for level in reversed(list(self._levels())):
            yield from level._own

    def _levels(self) -> Iterator[Copies]:
        level: Copies | None = self
        while level is not None:
            yield level
            level = level._base

    def add(self, copy: Copy) -> None:
        self._by_dest.setdefault(copy.dest.rstrip("/") or "/", []).append((len(self._own), copy))
        self._own.append(copy)
        if copy.dest in _HOLD_PIP_CONF:
            self.may_hold_pip_conf = True

    def drop_to(self, length: int) -> None:
        """Take back what was added since there were `length` of them."""
        while len(self) > length:
            dest = self._own.pop().dest.rstrip("/") or "/"
            self._by_dest[dest].pop()

    def above(self, path: str) -> Iterator[Copy]:
        """The copies that go to an absolute path or a folder above it, the last one first."""
        folders = [path]
        while folders[-1].strip("/"):
            folders.append(posixpath.dirname(folders[-1]))
        for level in self._levels():
            found = [entry for folder in folders for entry in level._by_dest.get(folder, ())]
            for _, copy in sorted(found, key=lambda entry: -entry[0]):
                yield copy


def documents_of(instruction: Instruction, source: Source, dest: str, *, in_folder: bool) -> dict[str, Source]:
    """The files whose content a COPY itself holds, by their absolute paths. in_folder: dest is a folder."""
    return {
        posixpath.join(dest, document.name) if in_folder else dest: document.as_file(source)
        for document in instruction.heredocs
        if not document.expand or "$" not in document.body
    }
