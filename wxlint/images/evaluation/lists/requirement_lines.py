"""What the lines of a requirements file list, each by itself."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from wxlint.core.findings import Where
from wxlint.core.values import Value
from wxlint.documents.source import Source as Text
from wxlint.images.installs.markers import Environment, applies
from wxlint.images.installs.model import Lines, PackageIndex, Sources, Unread, UnreadKind, joined
from wxlint.images.installs.requirement import is_refused, marker_of, parse_requirement

if TYPE_CHECKING:
    from wxlint.documents.manifests.requirements_txt import RequirementLine


@lru_cache(maxsize=64)
def listed(source: Text, as_constraints: bool, environment: Environment) -> Lines:
    """What a file that names packages and nothing else lists: the same for every stage that reads it."""
    from wxlint.documents.manifests.requirements_txt import read_requirements

    found = []
    lines = read_requirements(source)
    if "python_" in source.text:
        environment = environment.narrowed([marker_of(one.requirement.text) for one in lines if one.requirement])
    for line in lines:
        if line.requirement is not None:
            where = partial(source.span, line.start, line.end)
            found.append(of_requirement(line, line.requirement, source, where, as_constraints, environment))
    return joined([Lines(), *found])


def of_requirement(
    line: RequirementLine, value: Value, source: Text, where: Where, as_constraints: bool, environment: Environment
) -> Lines:
    """What a line lists with its requirement, value, which stands at a place of a file."""
    holds = applies(marker_of(value.text), environment)
    found = parse_requirement(value, where)
    if found.kind == "unknown" and is_refused(value):
        return Lines(unread=(Unread(UnreadKind.INVALID, source.path, where, f"{found.written} is no requirement"),))
    if holds is False and found.kind != "unknown":
        return Lines() if as_constraints else Lines(skipped=(found,))
    ignored = [option for option in line.options if option.name in ("--index-url", "--extra-index-url")]
    open_ = holds is None or any(option.name == "--editable" for option in line.options)  # refused from pip 26.2 on
    if ignored or open_:
        shown = f"{ignored[0].name} {ignored[0].value.shown()}" if ignored else ""
        found = found._replace(maybe=open_, ignored=shown)
    if as_constraints and found.kind == "unknown":
        return Lines(unread=(Unread(UnreadKind.NOT_WHOLE, where().path, where),))
    return Lines(constraints=(found,)) if as_constraints else Lines((found,))


def moved_to(line: RequirementLine, start: int, end: int) -> RequirementLine:
    """A line that stands elsewhere than in a file of its own."""
    options = tuple(option._replace(start=start, end=end) for option in line.options)
    return line._replace(options=options, start=start, end=end)


def sources_of(line: RequirementLine, source: Text) -> Sources:
    """The indexes that a line of options gives, as pip reads several on one line."""
    names = ("--index-url", "--extra-index-url", "--find-links")
    given: dict[str, list[PackageIndex]] = {name: [] for name in names}
    for option in line.options:
        if option.name in given:
            where = partial(source.span, option.start, option.end)
            given[option.name].append(PackageIndex(option.name, option.value, where))
    index = given["--index-url"]
    return Sources(
        index[-1] if index else None,
        tuple(given["--extra-index-url"]),
        tuple(given["--find-links"][:1]),
        any(option.name == "--no-index" for option in line.options),
    )
