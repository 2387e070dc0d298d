"""What a pyproject.toml asks to install, and which index each distribution is bound to.

Formats: PEP 621 dependencies, PEP 735 groups, `[tool.uv.sources]` with `[[tool.uv.index]]`, poetry's and pdm's sources.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source


class Binding(NamedTuple):
    """One index that a distribution is bound to. extra: the extra or group it holds for, or "". marker: or ""."""

    url: str
    extra: str
    marker: str


DEFAULT_INDEX = "the default index"
"""In the place of its address, where a file names it without one."""


class Dependency(NamedTuple):
    """requirement: PEP 508 text. group: "" for the project itself, else the extra or group. bindings: indexes it is
    bound to.

    line: where it stands, from 1, or 0 when not found.
    """

    requirement: str
    group: str
    bindings: tuple[Binding, ...]
    line: int


class Include(NamedTuple):
    """`group` ("" for the project itself) takes in the extra or group `included` where `marker` ("" or PEP 508)
    holds."""

    group: str
    included: str
    marker: str


class Project(NamedTuple):
    """default_index: a URL that replaces the default index; extra: further indexes; includes: which extras and
    groups take in others.

    Extras and groups are named as PEP 685 normalises them.
    """

    dependencies: tuple[Dependency, ...]
    default_index: str | None
    extra: tuple[str, ...]
    problem: str | None
    includes: tuple[Include, ...] = ()

    def with_included(self, groups: tuple[str, ...], applies: Callable[[str], bool]) -> frozenset[str]:
        """The groups that come with these, themselves and "" (the project itself) among them.

        applies: whether a marker holds.
        """
        leads: dict[str, list[Include]] = {}
        for include in self.includes:
            leads.setdefault(include.group, []).append(include)
        waiting = ["", *map(normal, groups)]
        found = set(waiting)
        while waiting:
            for include in leads.get(waiting.pop(), ()):
                if include.included not in found and applies(include.marker):
                    found.add(include.included)
                    waiting.append(include.included)
        return frozenset(found)


def normal(name: str) -> str:
    """The name of a distribution (PEP 503), an extra (PEP 685) or a group (PEP 735), as they are compared."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def load(source: Source) -> dict[str, Any] | str:
    """The tables of a TOML file, or what is wrong with it."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return str(error)


def line_of_key(source: Source, name: str) -> int:
    """Where a key stands, from 1; 0 when it is not found."""
    return _lines_of_keys(source).get(name, 0)


@lru_cache(maxsize=4)
def _lines_of_keys(source: Source) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in re.finditer(r"(?m)^[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*=", source.text):
        found.setdefault(match[1], source.position(match.start(1))[0])
    return found


def read_pyproject(source: Source) -> Project:
    """Read a pyproject.toml. Never raises: a file that is not TOML comes back with `problem`."""
    data = load(source)
    if isinstance(data, str):
        return Project((), None, (), data)
    try:
        return _project(data, source)
    except (TypeError, AttributeError, RecursionError) as error:  # a table where a string belongs, and the like
        return Project((), None, (), str(error))


def _project(data: dict[str, Any], source: Source) -> Project:
    project, tool = _table(data, "project"), _table(data, "tool")
    uv, poetry, pdm = _table(tool, "uv"), _table(tool, "poetry"), _table(tool, "pdm")
    urls: dict[str, str] = {"pypi": DEFAULT_INDEX, "PyPI": DEFAULT_INDEX}  # poetry knows it by itself
    default: str | None = None
    extra: list[str] = []
    for index in [*_list(uv, "index"), *_list(poetry, "source"), *_list(pdm, "source")]:
        if not isinstance(index, dict) or not isinstance(index.get("url"), str):
            continue
        urls[str(index.get("name", ""))] = index["url"]
        if index.get("default") is True or index.get("priority") in ("default", "primary"):
            default = index["url"]
        elif not index.get("explicit") and index.get("priority") != "explicit":
            extra.append(index["url"])
    bound = {**_bound(_table(uv, "sources"), urls), **_poetry_bindings(poetry, urls)}
    itself = normal(str(project.get("name") or poetry.get("name") or ""))
    out: list[Dependency] = []
    includes: list[Include] = []

    def add(text: object, group: str, own: tuple[Binding, ...] = ()) -> None:
        if isinstance(text, dict) and isinstance(text.get("include-group"), str):
            includes.append(Include(group, normal(text["include-group"]), ""))
        elif isinstance(text, str):
            name = re.match(r"[A-Za-z0-9._-]*", text.strip())
            key = normal(name[0]) if name else ""
            if key and key == itself:
                extras = re.match(r"\s*[\w.-]+\s*\[([^\]]*)\]", text)
                marker = text.partition(";")[2].strip()
                includes.extend(
                    Include(group, normal(extra), marker) for extra in (extras[1].split(",") if extras else ())
                )
                return
            at = source.text.find(text) if text else -1
            key_of = name[0] if name else ""  # poetry writes the name as a key
            line = source.position(at)[0] if at >= 0 else line_of_key(source, key_of) if key_of else 0
            out.append(Dependency(text, group, own or bound.get(key, ()), line))

    for text in _list(project, "dependencies"):
        add(text, "")
    for table in (
        _table(project, "optional-dependencies"),
        _table(data, "dependency-groups"),
        _table(pdm, "dev-dependencies"),
    ):
        for group in table:
            for text in _list(table, group):
                add(text, normal(group))
    _poetry(poetry, urls, add)
    return Project(tuple(out), default, tuple(extra), None, tuple(includes))


def _bound(sources: dict[str, Any], urls: dict[str, str]) -> dict[str, tuple[Binding, ...]]:
    """Distribution to its indexes, from [tool.uv.sources]."""
    bound: dict[str, tuple[Binding, ...]] = {}
    for name, entry in sources.items():
        found = []
        for item in entry if isinstance(entry, list) else [entry]:
            target = (item.get("index") or item.get("url")) if isinstance(item, dict) else None
            if isinstance(target, str):
                found.append(
                    Binding(
                        urls.get(target, target),
                        normal(str(item.get("extra") or item.get("group") or "")),
                        str(item.get("marker") or ""),
                    )
                )
        bound[normal(name)] = tuple(found)
    return bound


def _poetry_bindings(poetry: dict[str, Any], urls: dict[str, str]) -> dict[str, tuple[Binding, ...]]:
    """The sources that [tool.poetry.dependencies] adds to what [project] asks for."""
    found: dict[str, tuple[Binding, ...]] = {}
    for name, entry in _table(poetry, "dependencies").items():
        items = [item for item in (entry if isinstance(entry, list) else [entry]) if isinstance(item, dict)]
        bindings = tuple(
            Binding(urls.get(source, source), "", str(item.get("markers") or ""))
            for item in items
            if isinstance(source := item.get("source"), str)
        )
        if bindings:
            found[normal(name)] = bindings
    return found


def _poetry(poetry: dict[str, Any], urls: dict[str, str], add: Any) -> None:
    groups = [("", _table(poetry, "dependencies")), ("dev", _table(poetry, "dev-dependencies"))]
    groups += [
        (normal(name), _table(_table(_table(poetry, "group"), name), "dependencies"))
        for name in _table(poetry, "group")
    ]
    listing: dict[str, list[str]] = {}  # the extras that list a dependency
    for extra, listed in _table(poetry, "extras").items():
        for name in listed if isinstance(listed, list) else ():
            if isinstance(name, str):
                listing.setdefault(normal(name), []).append(normal(extra))
    for group, table in groups:
        for name, entry in table.items():
            if name.lower() == "python":
                continue
            for item in entry if isinstance(entry, list) else [entry]:
                details = item if isinstance(item, dict) else {"version": item}
                asked = [group]
                if details.get("optional") is True:  # for extras that list it
                    asked = listing.get(normal(name), [])
                if isinstance(details.get("url"), str):
                    for one in asked:
                        add(f"{name} @ {details['url']}", one)
                    continue
                version = details.get("version")
                if version is None and isinstance(item, dict) and not {"git", "path"} & set(item):
                    continue  # adds to what [project] says
                specifier = _caret(version) if isinstance(version, str) else ""
                chosen: object = details.get("source")
                marker = details.get("markers")
                marker = f" ; {marker}" if isinstance(marker, str) else ""
                binding = (
                    (Binding(urls.get(chosen, chosen), "", ""),)
                    if isinstance(chosen, str) and chosen.lower() != "pypi"
                    else ()
                )
                for one in asked:
                    add(name + specifier + marker, one, binding)


def _caret(version: str) -> str:
    """A poetry constraint as PEP 440, where that is simple; otherwise nothing is said about the version."""
    version = version.strip()
    if re.fullmatch(r"\d[\w.+]*", version):
        return f"=={version}"
    if re.fullmatch(r"(==|>=|<=|<|>|~=|!=)[^|^]*", version):
        return version
    return f">={version[1:]}" if re.fullmatch(r"\^\d[\w.]*", version) else ""


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key, {})
    return value if isinstance(value, dict) else {}


def _list(data: dict[str, Any], key: str) -> list[Any]:
    value = data.get(key, [])
    return value if isinstance(value, list) else []
