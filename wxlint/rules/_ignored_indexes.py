"""Indexes for torch in lists of packages that pip does not look at, also in lists beside those that images install."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.discovery.file_kinds import FOLLOWED
from wxlint.documents.manifests.requirements_txt import RequirementLine, read_requirements
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.requirement import parse_requirement
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.graph.repository import Repository

HINT = "put the option on a line of its own"
_LISTS = (".txt", ".in")
_LISTS_BELOW = late(r"(?:.*/)?requirements/[^/]+$")
"""A folder in one of lists, as `requirements/base`."""
_MAY_BE = late(r"(?m)^[ \t]*[^\s#].*\s--(?:extra-)?index-url")
_INDEXES = ("--index-url", "--extra-index-url")


def ignored_indexes(repository: Repository) -> Iterator[Problem]:
    """Yield the indexes of torch that stand behind `-r FILE`, and in lists that no image installs those behind torch
    and its family."""
    installed = [path for path in repository.sources.loaded if _is_list(path)]
    for path in installed:
        yield from _lines(repository.sources.read(path), installed=True)
    folders = dict.fromkeys(map(posixpath.dirname, installed))
    above = dict.fromkeys(posixpath.dirname(folder) for folder in folders if _LISTS_BELOW.match(folder))
    for folder in {**folders, **above}:
        for name in disk.visible_names(folder or "."):
            path = normal(posixpath.join(folder, name))
            if path not in installed and _is_list(path):
                yield from _lines(repository.sources.read(path), installed=False)


def _is_list(path: str) -> bool:
    return path.endswith(_LISTS) and FOLLOWED.search(path) is not None


def _lines(source: Source | None, *, installed: bool) -> Iterator[Problem]:
    """Yield what pip does not look at in one list. installed: what an image gets of it is reported elsewhere."""
    if source is None or "index-url" not in source.text or not _MAY_BE.search(source.text):
        return
    for line in read_requirements(source):
        index = next((option for option in line.options if option.name in _INDEXES), None)
        if index is None or not index.value.known or channel_of_url(index.value.text) in ("", "default"):
            continue
        written = f"{index.name} {index.value.text}"
        what = _named(source, line)
        if line.requirement is None:
            listed = next((option for option in line.options if option.name in ("--requirement", "--constraint")), None)
            if listed is None:
                continue
            text = f"pip ignores {written} beside {listed.name}: what {listed.value.shown()} lists comes without it"
        elif what is None or installed:
            continue
        else:
            text = f"pip ignores {written} behind a requirement: {what} comes from the default index"
        yield Problem(source.span(line.start, line.end), text, (), HINT)


def _named(source: Source, line: RequirementLine) -> str | None:
    """The package of torch's family that a line names."""
    if line.requirement is None:
        return None
    name = parse_requirement(line.requirement, partial(source.span, line.start, line.end)).name
    return name if name in FAMILY else None
