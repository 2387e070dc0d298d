"""What installing a project asks for: its file as requirements, with the extras and groups that were chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source as Text
from wxlint.images.installs.model import Lines, Source
from wxlint.images.installs.requirement import applies, marker_of, parse_requirement

if TYPE_CHECKING:
    from wxlint.documents.manifests.pyproject import Binding, Dependency, Project


def lines_of(project: Project, source: Text, flag: str, groups: tuple[str, ...]) -> Lines:
    """The requirements and indexes of a project that was read. flag: what its indexes are said to come from. groups: "*" is all."""
    asked = project.with_included(groups, partial(applies, extras=groups))
    groups = (*groups, *asked)
    open_ended = any(HOLE in group for group in groups)
    wanted = []
    missing: tuple[str, ...] = ()
    for dependency in project.dependencies:
        if dependency.group not in asked and "*" not in asked:
            if open_ended and not missing and _may_bring_torch(dependency):
                missing = (f"an extra of {flag}",)
            continue
        if not applies(marker_of(dependency.requirement), groups):
            continue
        at = source.starts[dependency.line - 1] if dependency.line else 0
        line = source.line_text(dependency.line) if dependency.line else ""
        column = line.find(dependency.requirement)
        length = len(dependency.requirement) if column >= 0 else len(line.strip())
        column = column if column >= 0 else len(line) - len(line.lstrip())
        where = partial(source.span, at + column, at + column + length)
        requirement = parse_requirement(Value(dependency.requirement), where)
        wanted.append(requirement._replace(index=_index(dependency.bindings, groups)))
    index = Source(flag, Value(project.default_index), None) if project.default_index else None
    return Lines(tuple(wanted), index, tuple(Source(flag, Value(url), None) for url in project.extra), missing=missing)


def _may_bring_torch(dependency: Dependency) -> bool:
    """Whether a dependency of an extra that may have been asked for would decide about torch."""
    wanted = parse_requirement(Value(dependency.requirement), None)
    return wanted.name == "torch" or facts.brings_torch(wanted.name, wanted.pin, wanted.extras) is not None


def _index(bindings: tuple[Binding, ...], groups: tuple[str, ...]) -> str | None:
    """The one index that a distribution is bound to with these extras and groups; "unknown:" and why when several fit."""
    if any(HOLE in group for group in groups) and any(b.extra for b in bindings):
        return "unknown: the extra is not known"
    fitting = [b for b in bindings if applies(b.marker, groups)]
    fitting = [b for b in fitting if b.extra and b.extra in groups] or [b for b in fitting if not b.extra]
    urls = {b.url for b in fitting}
    return urls.pop() if len(urls) == 1 else "unknown: several indexes" if urls else None
