"""What a project asks for whose requirements stand in setup.py, setup.cfg, or files that its pyproject.toml names."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from wxlint.core.values import HOLE
from wxlint.documents.manifests.project import MAIN, Dependency, Part, Project, normal
from wxlint.documents.manifests.setup_cfg import read_setup_cfg
from wxlint.documents.manifests.setup_py import SetupCall, read_setup_py
from wxlint.documents.manifests.setup_values import Lined
from wxlint.documents.source import Source as Text
from wxlint.images.installs.model import Groups, Lines, Unread, UnreadKind, joined
from wxlint.images.installs.project_files import lines_of, may_decide

if TYPE_CHECKING:
    from wxlint.documents.manifests.setup_values import Listed, SetupText
    from wxlint.images.installs.markers import Environment
    from wxlint.images.installs.requirement import Requirement

Beside = Callable[[str], "Text | None"]
"""A file of the project's folder by its path; None where it is not there."""
Listing = Callable[["Text | None", str], Lines]


class _Found(NamedTuple):
    """What one file says. files: requirements files that a part takes in. whole: nothing else is listed."""

    source: Text
    dependencies: tuple[Dependency, ...]
    files: tuple[tuple[Part, str], ...]
    whole: bool


def dynamic_lines(
    pyproject: Project | None, name: str, beside: Beside, groups: Groups, environment: Environment, listed: Listing
) -> Lines | None:
    """Return what the files beside a pyproject.toml, or in its place, list; None where there are none.

    Args:
        name: of the project's file, as it is shown.
        listed: what a requirements file lists; its name is as written.
    """
    if pyproject is not None and pyproject.files:
        return _of_files(listed, pyproject.files, beside, groups)
    if pyproject is not None and not pyproject.setuptools:
        return None
    setup_py, setup_cfg = beside("setup.py"), beside("setup.cfg")
    if setup_py is None and setup_cfg is None:
        return None
    found = _read(setup_py, setup_cfg)
    if isinstance(found, Unread):
        return Lines(unread=(found,))
    if found is None:
        shown = posixpath.join(posixpath.dirname(name), "setup.py")
        may_list = _by_literals(setup_py, beside, groups, environment, listed) if setup_py is not None else None
        if may_list is None:
            return Lines(unread=(Unread(UnreadKind.DYNAMIC, shown),))
        kind = UnreadKind.DYNAMIC if any(map(may_decide, may_list)) else UnreadKind.NO_TORCH
        return Lines(may_list, unread=(Unread(kind, shown),))
    project = Project(found.dependencies)
    lines = lines_of(project, found.source, posixpath.basename(found.source.path), groups, environment, "pip")
    lines = joined([lines, _of_files(listed, found.files, beside, groups)])
    if found.whole:
        return lines
    return lines._replace(unread=(*lines.unread, Unread(UnreadKind.DYNAMIC, found.source.path)))


def _by_literals(
    setup_py: Text, beside: Beside, groups: Groups, environment: Environment, listed: Listing
) -> tuple[Requirement, ...] | None:
    """The requirements that stand in a setup.py and in the lists that it names, each of which may be installed; None
    where there may be others."""
    from wxlint.documents.manifests.setup_literals import literals_of

    literals = literals_of(setup_py)
    if literals is None:
        return None
    dependencies = tuple(Dependency(item.text, MAIN, (), item.line) for item in literals.items)
    own = lines_of(Project(dependencies), setup_py, "setup.py", groups, environment, "pip")
    parts = [own, *(listed(beside(path), path) for path in literals.files if beside(path) is not None)]
    if any(part.unread for part in parts) or any("require" in path and beside(path) is None for path in literals.files):
        return None
    return tuple(r._replace(maybe=True) for part in parts for r in part.requirements)


def _of_files(listed: Listing, files: tuple[tuple[Part, str], ...], beside: Beside, groups: Groups) -> Lines:
    """The requirements of files, without whatever else they hold: a project's metadata has no indexes."""
    chosen = {Part("extra", normal(extra)) for extra in groups.names} | {MAIN}
    if any(HOLE in extra for extra in groups.names):
        chosen |= {part for part, _ in files}
    found = [
        listed(beside(path), path)
        for part, path in files
        if part in chosen or (groups.every_extra and part.kind == "extra")
    ]
    named = (tuple(r for r in lines.requirements if r.name) for lines in found)
    return Lines(
        tuple(requirement for requirements in named for requirement in requirements),
        unread=tuple(unread for lines in found for unread in lines.unread),
    )


def _read(setup_py: Text | None, setup_cfg: Text | None) -> _Found | Unread | None:
    """What setup.py lists, or setup.cfg where that one lists nothing; None where it cannot be told."""
    call = read_setup_py(setup_py) if setup_py is not None else SetupCall()
    if call.problem and setup_py is not None:
        return _unread(setup_py) if call.broken else None
    cfg = read_setup_cfg(setup_cfg) if setup_cfg is not None else None
    if cfg is not None and cfg.problem and setup_cfg is not None:
        return _unread(setup_cfg)
    if call.requires is not None or (cfg is None and setup_py is not None):
        assert setup_py is not None
        return _of_call(setup_py, call)
    if cfg is None or setup_cfg is None:
        return None
    texts = [(MAIN, cfg.requires or "")] + [(Part("extra", normal(extra)), text) for extra, text in cfg.extras]
    dependencies, files = [], []
    lines = _first_lines(setup_cfg)
    for part, text in texts:
        if text.strip().startswith("file:"):
            paths = text.strip().removeprefix("file:").replace("\n", ",").split(",")
            files += [(part, path.strip()) for path in paths if path.strip()]
            continue
        for line in text.split("\n"):
            wanted = line.partition(" #")[0].strip()
            if wanted and not wanted.startswith("#"):
                dependencies.append(Dependency(wanted, part, (), lines.get(wanted, 0)))
    return _Found(setup_cfg, tuple(dependencies), tuple(files), whole=True)


def _unread(source: Text) -> Unread:
    return Unread(UnreadKind.NOT_WHOLE, source.path, partial(source.span, 0, 0))


def _of_call(source: Text, call: SetupCall) -> _Found:
    parts: list[tuple[Part, Listed]] = [] if call.requires is None else [(MAIN, call.requires)]
    parts += [(_extra(name), listed) for name, listed in call.extras]
    dependencies: list[Dependency] = []
    files: list[tuple[Part, str]] = []
    for part, item in _items(parts):
        if isinstance(item, Lined):
            files.append((part, item.path))
        else:
            dependencies.append(Dependency(item.text, part, (), item.line))
    whole = call.requires is None or call.requires.whole
    return _Found(source, tuple(dependencies), tuple(files), whole)


def _items(parts: list[tuple[Part, Listed]]) -> Iterator[tuple[Part, SetupText | Lined]]:
    for part, listed in parts:
        for item in listed.items:
            yield part, item


def _extra(name: str) -> Part:
    """`gpu`, or `:python_version < "3.8"`, which is no extra but a marker; those are passed over."""
    return Part("extra", normal(name.partition(":")[0]) or name)


def _first_lines(setup_cfg: Text) -> dict[str, int]:
    """Where a text stands first, alone on its line or behind a key."""
    found: dict[str, int] = {}
    for number, line in enumerate(setup_cfg.text.split("\n"), 1):
        value = line if line[:1].isspace() else line.partition("=")[2]
        found.setdefault(value.partition(" #")[0].strip(), number)
    return found
