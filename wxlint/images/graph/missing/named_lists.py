"""Lists of packages that a command line names: what is wrong with them, whoever installs them or not."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.lists.package_lists import PackageLists
from wxlint.images.installs.markers import ANY_LINUX
from wxlint.images.installs.model import Groups, Unread

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.graph.sources import SourceStore

_REQUIREMENTS = late(r"(?i)(?:^|.*/)(?:requirements|constraints)(?:[^/]*|/.+)\.(?:txt|in)")
_ENVIRONMENT = late(r"(?i)(?:.*[/_.-])?environment(?:[_.-][^/]*)?\.ya?ml")


def flaws_of(paths: Iterable[str], store: SourceStore) -> Iterator[tuple[str, Unread]]:
    """What cannot be read in those of the paths that are lists of packages by their names, each with that path."""
    for path in paths:
        source = store.read(path)
        if source is not None:
            lists = PackageLists(Files(store.read, (posixpath.dirname(path),)), 0, ANY_LINUX, {})
            yield from ((path, unread) for unread in _flaws(source, lists))


def _flaws(source: Source, lists: PackageLists) -> tuple[Unread, ...]:
    name = posixpath.basename(source.path)
    if name == "pyproject.toml":
        return lists.project(source, source.path, Groups(), "pip").unread
    if name == "Pipfile":
        return lists.pipfile(source, source.path, Groups()).unread
    if _REQUIREMENTS.fullmatch(source.path):
        return lists.requirements(source, source.path, as_constraints=False).unread
    conda = name == "environment.yml" or "dependencies:" in source.text and _ENVIRONMENT.fullmatch(source.path)
    if not conda:
        return ()
    from wxlint.images.evaluation.lists.conda_lists import conda_environment

    environment = conda_environment(lists, source)
    return (*environment.unread, *environment.pip.unread) if environment is not None else ()
