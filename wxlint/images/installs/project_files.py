"""What installing a project asks for: its file as requirements, with the extras and groups that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.documents.manifests.project import MAIN, Dependency, Part, normal, offset_of_quoted
from wxlint.documents.source import Source as Text
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.markers import Environment, applies
from wxlint.images.installs.model import Groups, Lines, PackageIndex, Sources, Unread, UnreadKind, UvSettings
from wxlint.images.installs.requirement import FOLDER, Bound, Doubt, Requirement, marker_of, parse_requirement

if TYPE_CHECKING:
    from wxlint.documents.manifests.project import Binding, Project

_COMMENT_LINE = late(r"(?m)^[ \t]*#.*$")


_CLAUSE = late(r"\s*(~=|={2,3}|!=|[<>]=?)\s*([\w.*]+)\s*")


def is_refused(pythons: str, environment: Environment) -> bool:
    """Whether pip installs nothing of a project, whose `requires-python` leaves out the Python that is there."""
    clauses = [_CLAUSE.fullmatch(clause) for clause in pythons.split(",") if clause.strip()]
    known = [clause for clause in clauses if clause is not None]
    if environment.python is None or not known or len(known) < len(clauses):
        return False
    marker = " and ".join(f"python_full_version {clause[1]} '{clause[2]}'" for clause in known)
    return applies(marker, environment) is False


def lines_of(project: Project, source: Text, flag: str, groups: Groups, environment: Environment, tool: str) -> Lines:
    """The requirements and indexes of a project that was read.

    flag: what its indexes are said to come from. tool: who installs it: "pip", "uv", "poetry", "pdm" or "pipenv".
    """
    reached = reached_parts(project, groups, environment, tool)
    names = (*groups.names, *(part.name for part in reached))
    open_ended = any(HOLE in name for name in groups.names)
    wanted: list[Requirement] = []
    skipped: list[Requirement] = []
    unread: tuple[Unread, ...] = ()
    bound_of = dict(project.bound)
    added = tuple(
        Dependency(text, MAIN, bound_of.get(parse_requirement(Value(text), None).name, ()), 0) for text in groups.added
    )
    limits: list[Requirement] = []
    is_replaced = _replacing(groups)
    dependencies = (*project.dependencies, *added)
    elsewhere = list(_held_elsewhere(dependencies, environment)) if tool == "uv" else []
    limits += elsewhere
    for dependency in dependencies:
        if is_replaced(dependency):
            continue
        if dependency.part not in reached:
            if tool == "uv":
                limits += _limit(dependency, environment, unbound=groups.unbound, forks=project.forks)
            if open_ended and not unread and _may_bring_torch(dependency):
                unread = (Unread(UnreadKind.EXTRA, f"an extra of {flag}"),)
            continue
        marker = marker_of(dependency.requirement)
        holds = applies(marker, environment, names)
        holes = ("…",) * dependency.requirement.count(HOLE)
        found = parse_requirement(Value(dependency.requirement, holes), partial(_span_of, dependency, source))
        if holds is False:
            if "extra" not in marker:  # which an override leaves as it is
                skipped.append(found)
            continue
        bound = _bound_in(dependency, names, environment) if tool != "pip" and not groups.unbound else None
        found = found._replace(bound=bound, maybe=holds is None, group=dependency.part.name)
        if dependency.folder and tool == "uv" and not groups.unbound:
            found = _from_path(found, dependency.folder)
        wanted.append(found)
    missing = tuple(_missing(project, source, groups))
    of_project = tool in ("uv", "poetry", "pdm") and (groups.defaults or groups.locked)
    strict = of_project or groups.only  # pip and `uv pip` warn of an extra, and refuse a group
    if missing and strict:
        unread = (*unread, Unread(UnreadKind.NO_PART, flag, detail=missing[0]))
    declares = "[project]" in source.text and "hooks" not in source.text  # else extras may stand elsewhere
    return Lines(
        tuple(wanted),
        sources_of(project, flag) if tool != "pip" else Sources(),
        tuple(limits),
        unread,
        forks=project.forks or bool(elsewhere),
        skipped=tuple(skipped),
        unknown_extras=tuple((source.path, name) for name in missing) if declares and not strict else (),
    )


def _held_elsewhere(dependencies: tuple[Dependency, ...], environment: Environment) -> Iterator[Requirement]:
    """Yield what that which is for another system only asks of torch, its companions and other accelerated packages,
    where it may keep them at an older release here, too, or lead them to its index: a lock of uv is for all."""
    for dependency in dependencies:
        marker = marker_of(dependency.requirement)
        if not marker or applies(marker, environment, (dependency.part.name,)) is not False:
            continue
        wanted = parse_requirement(Value(dependency.requirement), None)
        counts = wanted.name in FAMILY or facts.accelerated_package(wanted.name) is not None
        asked = [wanted] if counts or facts.carries(wanted.name) else []
        if wanted.name not in FAMILY:
            needed = facts.torch_needed(wanted.name, wanted.pin, wanted.extras) or ""
            asked.append(Requirement("torch", specifier=needed))
        for one in asked:
            bound = Bound("", Doubt.MARKER) if one.name in FAMILY and dependency.bindings else None
            if bound is not None or any(sign in one.specifier for sign in ("==", "~=", "<")):
                yield one._replace(maybe=True, bound=bound)


def _from_path(requirement: Requirement, path: str) -> Requirement:
    """A requirement that a wheel's name answers, or a project in a folder."""
    if not path.endswith(".whl"):
        return requirement._replace(kind=FOLDER, url=path)
    wheel = parse_requirement(Value(f"{requirement.name} @ {path}"), requirement.where)
    return wheel._replace(extras=requirement.extras, maybe=requirement.maybe, group=requirement.group)


def _limit(dependency: Dependency, environment: Environment, *, unbound: bool, forks: bool) -> list[Requirement]:
    """What a part that is not installed asks for, which uv resolves together with what is. An index of the part's own
    may count for other systems, too. forks: parts exclude each other, and its torch may count or not."""
    part = dependency.part.name
    holds = applies(marker_of(dependency.requirement), environment) is not False
    found = parse_requirement(Value(dependency.requirement), None)._replace(group=part or dependency.part.kind)
    if forks:
        return [Requirement("torch", maybe=True, group=found.group)] if found.name == "torch" else []
    if unbound:
        return [found] if holds else []
    bound = _bound(dependency.bindings, (part,), environment)
    own = bool(part) and any(binding.name == part for binding in dependency.bindings)
    if own and (bound is None or not holds):
        return [found._replace(specifier="", pin=None, maybe=True, bound=bound or Bound("", Doubt.MARKER))]
    return [found._replace(bound=bound)] if holds else []


def _replacing(groups: Groups) -> Callable[[Dependency], bool]:
    """Tells whether what a command adds stands in the place of a dependency."""
    texts = frozenset(groups.added)
    added = [parse_requirement(Value(text), None) for text in groups.added]
    names = {requirement.name for requirement in added if requirement.specifier or requirement.url}

    def is_replaced(dependency: Dependency) -> bool:
        if not texts or dependency.requirement in texts or dependency.part.name != groups.added_to:
            return False
        return parse_requirement(Value(dependency.requirement), None).name in names

    return is_replaced


def _missing(project: Project, source: Text, groups: Groups) -> Iterator[str]:
    """Yield the extras and groups that an install names and that are nowhere in the project's file but in comments.

    A workspace's members may have them, and dynamic ones are computed.
    """
    there = {part.name for part in project.parts}
    names = [name for name in groups.names if HOLE not in name and normal(name) not in (*there, "dev", "main")]
    if names and "workspace" not in source.text and "dynamic" not in source.text:
        text = normal(_COMMENT_LINE.sub("", source.text))
        yield from (name for name in names if normal(name) not in text)


def reached_parts(project: Project, groups: Groups, environment: Environment, tool: str) -> frozenset[Part]:
    """The parts of a project that an install takes, with those that come with them."""
    chosen = _chosen(project, groups, tool)
    extras = tuple(part.name for part in chosen)
    return project.with_included(chosen, lambda marker: applies(marker, environment, extras) is not False)


def sources_of(project: Project, flag: str) -> Sources:
    """The indexes that a project or its settings give. flag: what they are said to come from."""
    return Sources(
        PackageIndex(flag, Value(project.default_index), None) if project.default_index else None,
        tuple(PackageIndex(flag, Value(url), None) for url in project.extra),
        tuple(PackageIndex(flag, Value(url), None) for url in project.links),
        project.no_index,
    )


def settings_of(project: Project, flag: str, environment: Environment) -> UvSettings:
    """What was read of uv's settings, as an install takes it. flag: what its indexes are said to come from."""
    return UvSettings(
        sources_of(project, flag),
        tuple(
            one._replace(bound=None) if _is_trivial(one) else one
            for one in _bound_limits(project.constraints, project, environment)
        ),
        _bound_limits(project.overrides, project, environment),
        project.values,
        left_out=_left_out(project.overrides, environment),
    )


def _bound_limits(listed: tuple[str, ...], project: Project, environment: Environment) -> tuple[Requirement, ...]:
    """Constraints or overrides, with the indexes that the project's sources bind what they name to."""
    bound_of = dict(project.bound)
    return tuple(
        one._replace(bound=_bound(bound_of.get(one.name, ()), (), environment))
        for one in limits_of(listed, environment)
    )


def _is_trivial(limit: Requirement) -> bool:
    """Whether a constraint says nothing: uv then takes no heed of its source, either."""
    return not (limit.specifier or limit.url)


def limits_of(listed: tuple[str, ...], environment: Environment) -> tuple[Requirement, ...]:
    """Constraints or overrides of a project, those that may hold."""
    held = ((text, applies(marker_of(text), environment)) for text in listed)
    return tuple(
        parse_requirement(Value(text), None)._replace(maybe=holds is None) for text, holds in held if holds is not False
    )


def _left_out(overrides: tuple[str, ...], environment: Environment) -> tuple[str, ...]:
    """The names of which no override may hold."""
    if not overrides:
        return ()
    kept = {one.name for one in limits_of(overrides, environment)}
    return tuple(name for text in overrides if (name := parse_requirement(Value(text), None).name) not in kept)


def _chosen(project: Project, groups: Groups, tool: str) -> set[Part]:
    """The parts that an install takes: those named, those that the tool takes by itself, without those left out."""
    there = project.parts
    names = {normal(name) for name in groups.names}
    found = {part for part in there if part.name in names and part != MAIN}
    found |= {Part("group", name) for name in names} | {Part("extra", name) for name in names}
    if groups.every_extra:
        found |= {part for part in there if part.kind == "extra"}
    if groups.every_group:
        found |= {part for part in there if part.kind == "group"}
    if groups.defaults and not (tool == "uv" and "*" in groups.excluded):
        found |= {part for part in there if part.kind == "group" and _is_default(part.name, project, tool)}
    left_out = {normal(name) for name in groups.excluded if name != "*"}
    if "*" in groups.excluded and tool != "uv":  # whatever is not named
        left_out |= {part.name for part in there} - names
    found = {part for part in found if part.name not in left_out}
    return {part for part in found if part.kind == "group"} if groups.only else {MAIN, *found}


def _is_default(group: str, project: Project, tool: str) -> bool:
    """Whether a tool installs a group by itself."""
    if tool == "uv":
        return group in project.default_groups or "*" in project.default_groups
    return tool in ("poetry", "pdm") and group not in project.optional_groups


def _span_of(dependency: Dependency, source: Text) -> Span:
    """Where a dependency stands: its text, or its whole line where that is written otherwise."""
    quoted = offset_of_quoted(source, dependency.requirement)
    if quoted is not None and source.position(quoted)[0] == dependency.line:
        return source.span(quoted, quoted + len(dependency.requirement))
    at = source.starts[dependency.line - 1] if dependency.line else 0
    line = source.line_text(dependency.line)
    column = line.find(dependency.requirement)
    length = len(dependency.requirement) if column >= 0 else len(line.strip())
    column = column if column >= 0 else len(line) - len(line.lstrip())
    return source.span(at + column, at + column + length)


def _may_bring_torch(dependency: Dependency) -> bool:
    """Whether a dependency of an extra that may have been chosen would decide about torch."""
    return may_decide(parse_requirement(Value(dependency.requirement), None))


def may_decide(wanted: Requirement) -> bool:
    """Whether a requirement may decide about torch: it is torch's, brings torch, or nothing shows what it brings."""
    if wanted.kind in ("vcs", "path", "unknown", "url"):
        return True
    return wanted.name in FAMILY or facts.brings_torch(wanted.name, wanted.pin, wanted.extras) is not None


def _bound_in(dependency: Dependency, names: tuple[str, ...], environment: Environment) -> Bound | None:
    """The index that a dependency is bound to with these extras and groups; that of another part may count for it, too,
    where its marker does not hold."""
    bound = _bound(dependency.bindings, names, environment)
    others = set(names) - {"", dependency.part.name}
    if bound is None and any(binding.name in others for binding in dependency.bindings):
        return Bound("", Doubt.MARKER)
    return bound


def _bound(bindings: tuple[Binding, ...], names: tuple[str, ...], environment: Environment) -> Bound | None:
    """The one index that a distribution is bound to with these extras and groups."""
    if any(HOLE in name for name in names) and any(b.name for b in bindings):
        return Bound("", Doubt.EXTRA)
    holding = [(binding, applies(binding.marker, environment, names)) for binding in bindings]
    if any(holds is None for _, holds in holding):
        return Bound("", Doubt.MARKER)
    fitting = [binding for binding, holds in holding if holds]
    fitting = [b for b in fitting if b.name and b.name in names] or [b for b in fitting if not b.name]
    urls = {(b.url, b.declared) for b in fitting}
    if len(urls) > 1:
        return Bound("", Doubt.SEVERAL)
    if not urls:
        return None
    url, declared = urls.pop()
    return Bound(url, None if declared else Doubt.UNDECLARED)
