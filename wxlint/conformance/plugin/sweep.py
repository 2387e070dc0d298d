"""Remove what sessions left in the engine: by our labels only, so that nothing of anybody else's is ever touched."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import OWNER_LABEL, PROCESS_LABEL, SESSION_LABEL
from wxlint.conformance.plugin.workspace import PREFIX, Workspace, alive
from wxlint.core.errors import EngineError
from wxlint.core.supervisor import SUPERVISOR


class Swept(NamedTuple):
    """What was removed, or would be: things of the engine by name, folders; and the living sessions left alone."""

    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    images: tuple[str, ...]
    folders: tuple[str, ...]
    living: tuple[str, ...]

    @property
    def removed(self) -> int:
        """How many things."""
        return len(self.containers) + len(self.networks) + len(self.volumes) + len(self.images) + len(self.folders)


class _Labelled(NamedTuple):
    """A thing of the engine that carries the labels of a session."""

    identifier: str
    name: str
    session: str
    owner: str
    process: str


class _Kind(NamedTuple):
    """Words of the engine's client for a kind of things. name, identifier, labels: fields of its templates."""

    listing: tuple[str, ...]
    removing: tuple[str, ...]
    name: str
    identifier: str
    labels: str


_KINDS = {
    "container": _Kind(("ps", "-a"), ("rm", "-f", "-v"), "{{.Names}}", "{{.ID}}", ".Config.Labels"),
    "network": _Kind(("network", "ls"), ("network", "rm"), "{{.Name}}", "{{.ID}}", ".Labels"),
    "volume": _Kind(("volume", "ls"), ("volume", "rm", "-f"), "{{.Name}}", "{{.Name}}", ".Labels"),
    "image": _Kind(("images",), ("rmi", "-f"), "{{.Repository}}:{{.Tag}}", "{{.ID}}", ".Config.Labels"),
}


def sweep(
    engine: Engine,
    session: str | None = None,
    *,
    everything: bool = False,
    process: str = "",
    dry_run: bool = False,
) -> Swept:
    """Remove what sessions left in the engine, and their folders.

    Args:
        session: of this one only, whether it runs or not.
        process: of that process of it only, and no folder.
        everything: living sessions and those of other hosts too.
        dry_run: only say what would be removed.

    Raises EngineError.
    """
    removed: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    living: set[str] = set()
    kinds = [kind for kind in _KINDS if session is None or kind != "image"]  # what a session builds stays

    def listed(kind: str) -> list[_Labelled]:
        SUPERVISOR.help_clear()
        return list(_labelled(engine, kind, _KINDS[kind]))

    with ThreadPoolExecutor(len(kinds)) as pool:  # a client takes long to start where the machine is busy
        found = dict(zip(kinds, pool.map(listed, kinds)))
    for kind, things in found.items():
        words = _KINDS[kind]
        for thing in things:
            owner = thing.owner or owner_of(thing.session)
            if session is not None:
                if thing.session != session or (process and thing.process != process):
                    continue
            elif not everything and owner and alive(owner):
                living.add(thing.session)
                continue
            if thing.name in removed[kind]:
                continue
            if dry_run or not engine.call(*words.removing, "--", thing.identifier).code:
                removed[kind].append(thing.name)
    folders = [] if process else _folders(session, everything, dry_run, living)
    names = (tuple(removed[kind]) for kind in _KINDS)
    return Swept(*names, tuple(folders), tuple(sorted(living)))  # type: ignore[call-arg]


def sweep_all(engines: Sequence[Engine], session: str, *, process: str = "") -> list[Swept]:
    """Remove what a session left, in all of its engines at once; one that is gone keeps nobody from the others.

    Returns:
        What was removed of each that answered.
    """

    def one(engine: Engine) -> Swept | None:
        SUPERVISOR.help_clear()
        with suppress(EngineError):
            return sweep(engine, session, process=process)
        return None

    if len(engines) == 1:
        found = [one(engines[0])]
    else:
        with ThreadPoolExecutor(len(engines)) as pool:
            found = list(pool.map(one, engines))
    return [each for each in found if each is not None]


def _folders(session: str | None, everything: bool, dry_run: bool, living: set[str]) -> list[str]:
    """Remove the folders of sessions; those that are left alone are added to `living`."""
    folders = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        name = path.name[len(PREFIX) :]
        if path.is_symlink() or not (path / "owner.json").is_file() or (session is not None and name != session):
            continue
        if session is None and not everything and alive(owner_of(name)):
            living.add(name)
            continue
        if not dry_run:
            shutil.rmtree(path, ignore_errors=True)
        folders.append(str(path))
    return folders


def owner_of(session: str) -> str:
    """The owner of a session, by its folder; "" when it has none."""
    with suppress(OSError, ValueError):
        return str(Workspace(session).read("owner") or "")
    return ""


def _labelled(engine: Engine, kind: str, words: _Kind) -> Iterator[_Labelled]:
    """The things of a kind that carry our label."""
    form = f"{words.identifier}\t{words.name}"
    done = engine.call(*words.listing, "--filter", f"label={SESSION_LABEL}", "--format", form)
    if done.code:
        raise EngineError(f"{engine.program} {' '.join(words.listing)}: {done.message}")
    fields = (SESSION_LABEL, OWNER_LABEL, PROCESS_LABEL)
    form = "\t".join(f'{{{{index {words.labels} "{label}"}}}}' for label in fields)
    for line in done.out.splitlines():
        identifier, _, name = line.partition("\t")
        answer = engine.call(kind, "inspect", "--format", form, "--", identifier)
        labels = answer.out.strip("\n").split("\t")
        if not answer.code and len(labels) == 3 and labels[0]:
            yield _Labelled(identifier, name, *labels)
