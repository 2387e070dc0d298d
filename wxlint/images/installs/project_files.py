"""What installing a project asks for: its file as requirements, with the extras and groups that were chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Where
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source as Text
from wxlint.images.installs.markers import Environment, applies
from wxlint.images.installs.model import Groups, Lines, PackageIndex, Sources, Unread, UnreadKind
from wxlint.images.installs.requirement import Bound, Doubt, Requirement, marker_of, parse_requirement

if TYPE_CHECKING:
    from wxlint.documents.manifests.pyproject import Binding, Dependency, Project


def lines_of(project: Project, source: Text, flag: str, groups: Groups, environment: Environment, tool: str) -> Lines:
    """The requirements and indexes of a project that was read. flag: what its indexes are said to come from."""
    names = groups.names
    reached = project.with_included(names, lambda marker: applies(marker, environment, names) is not False)
    chosen = (*names, *reached)
    every = groups.every_extra or groups.every_group
    open_ended = any(HOLE in name for name in names)
    wanted: list[Requirement] = []
    unread: tuple[Unread, ...] = ()
    for dependency in project.dependencies:
        if dependency.group not in reached and not every:
            if open_ended and not unread and _may_bring_torch(dependency):
                unread = (Unread(UnreadKind.EXTRA, f"an extra of {flag}"),)
            continue
        holds = applies(marker_of(dependency.requirement), environment, chosen)
        if holds is False:
            continue
        found = parse_requirement(Value(dependency.requirement), _where(dependency, source))
        wanted.append(found._replace(bound=_bound(dependency.bindings, chosen, environment), maybe=holds is None))
    index = PackageIndex(flag, Value(project.default_index), None) if project.default_index else None
    extra = tuple(PackageIndex(flag, Value(url), None) for url in project.extra)
    return Lines(tuple(wanted), Sources(index, extra), unread=unread)


def _where(dependency: Dependency, source: Text) -> Where:
    at = source.starts[dependency.line - 1] if dependency.line else 0
    line = source.line_text(dependency.line) if dependency.line else ""
    column = line.find(dependency.requirement)
    length = len(dependency.requirement) if column >= 0 else len(line.strip())
    column = column if column >= 0 else len(line) - len(line.lstrip())
    return partial(source.span, at + column, at + column + length)


def _may_bring_torch(dependency: Dependency) -> bool:
    """Whether a dependency of an extra that may have been chosen would decide about torch."""
    wanted = parse_requirement(Value(dependency.requirement), None)
    return wanted.name == "torch" or facts.brings_torch(wanted.name, wanted.pin, wanted.extras) is not None


def _bound(bindings: tuple[Binding, ...], names: tuple[str, ...], environment: Environment) -> Bound | None:
    """The one index that a distribution is bound to with these extras and groups."""
    if any(HOLE in name for name in names) and any(b.extra for b in bindings):
        return Bound("", Doubt.EXTRA)
    holding = [(binding, applies(binding.marker, environment, names)) for binding in bindings]
    if any(holds is None for _, holds in holding):
        return Bound("", Doubt.MARKER)
    fitting = [binding for binding, holds in holding if holds]
    fitting = [b for b in fitting if b.extra and b.extra in names] or [b for b in fitting if not b.extra]
    urls = {b.url for b in fitting}
    if len(urls) > 1:
        return Bound("", Doubt.SEVERAL)
    return Bound(urls.pop()) if urls else None
