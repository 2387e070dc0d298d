"""What [tool.poetry] of a pyproject.toml asks to install, and the sources that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wxlint.core.tuples import NamedTuple
from wxlint.documents.manifests.project import DEFAULT_INDEX, MAIN, Binding, Part, listing, normal, table


class PoetryDependency(NamedTuple):
    """One dependency: its PEP 508 text, its name as the key is written, the part it belongs to, what it is bound to."""

    requirement: str
    key: str
    part: Part
    bindings: tuple[Binding, ...]


class PoetrySources(NamedTuple):
    """urls: of named sources. default: replaces the default index. extra: searched besides.

    A supplemental source is in `urls` only: poetry asks it where no other source has the package.
    """

    urls: dict[str, str]
    default: str | None
    extra: tuple[str, ...]


def sources(data: dict[str, Any], key: str = "source") -> PoetrySources:
    """The sources that poetry or pdm names."""
    urls = {"pypi": DEFAULT_INDEX, "PyPI": DEFAULT_INDEX}  # poetry knows it by itself
    default: str | None = None
    extra: list[str] = []
    for item in listing(data, key):
        if not isinstance(item, dict) or not isinstance(item.get("url"), str):
            continue
        urls[str(item.get("name", ""))] = item["url"]
        if item.get("priority") in ("default", "primary"):
            default = item["url"]
        elif item.get("priority") not in ("explicit", "supplemental"):
            extra.append(item["url"])
    return PoetrySources(urls, default, tuple(extra))


def optional_groups(poetry: dict[str, Any]) -> frozenset[str]:
    """The groups that are installed only when they are named."""
    groups = table(poetry, "group")
    return frozenset(normal(name) for name in groups if table(groups, name).get("optional") is True)


def added_bindings(poetry: dict[str, Any], urls: dict[str, str]) -> dict[str, tuple[Binding, ...]]:
    """The sources that [tool.poetry.dependencies] adds to what [project] lists."""
    found: dict[str, tuple[Binding, ...]] = {}
    for name, entry in table(poetry, "dependencies").items():
        items = [item for item in (entry if isinstance(entry, list) else [entry]) if isinstance(item, dict)]
        bindings = tuple(
            Binding(urls.get(source, source), "", str(item.get("markers") or ""))
            for item in items
            if isinstance(source := item.get("source"), str)
        )
        if bindings:
            found[normal(name)] = bindings
    return found


def entries(poetry: dict[str, Any], urls: dict[str, str]) -> Iterator[PoetryDependency]:
    """The dependencies of poetry's own tables."""
    groups = table(poetry, "group")
    tables = [(MAIN, table(poetry, "dependencies")), (Part("group", "dev"), table(poetry, "dev-dependencies"))]
    tables += [(Part("group", normal(name)), table(table(groups, name), "dependencies")) for name in groups]
    of_extras = _listed_in_extras(poetry)
    for part, listed in tables:
        for name, entry in listed.items():
            if name.lower() == "python":
                continue
            for item in entry if isinstance(entry, list) else [entry]:
                yield from _entry(name, item, part, of_extras, urls)


def _listed_in_extras(poetry: dict[str, Any]) -> dict[str, list[Part]]:
    """The extras that list a dependency, by its name."""
    found: dict[str, list[Part]] = {}
    for extra, listed in table(poetry, "extras").items():
        for name in listed if isinstance(listed, list) else ():
            if isinstance(name, str):
                found.setdefault(normal(name), []).append(Part("extra", normal(extra)))
    return found


def _entry(
    name: str, item: object, part: Part, of_extras: dict[str, list[Part]], urls: dict[str, str]
) -> Iterator[PoetryDependency]:
    details: dict[str, Any] = item if isinstance(item, dict) else {"version": item}
    parts = of_extras.get(normal(name), []) if details.get("optional") is True else [part]
    if isinstance(details.get("url"), str):
        requirement = f"{name} @ {details['url']}"
    elif isinstance(details.get("git"), str):
        requirement = f"{name} @ git+{details['git']}"
    else:
        version = details.get("version")
        if version is None and isinstance(item, dict) and "path" not in item:
            return  # adds to what [project] says
        specifier = specifier_of(version) if isinstance(version, str) else ""
        extras = ",".join(extra for extra in listing(details, "extras") if isinstance(extra, str))
        requirement = name + (f"[{extras}]" if extras else "") + specifier
    marker = _marker(details)
    source = details.get("source")
    bindings: tuple[Binding, ...] = ()
    if isinstance(source, str) and source.lower() != "pypi":
        bindings = (Binding(urls.get(source, source), "", ""),)
    for one in parts:
        yield PoetryDependency(requirement + (f" ; {marker}" if marker else ""), name, one, bindings)


def _marker(details: dict[str, Any]) -> str:
    """The marker of an entry, with its `platform` and, as far as that is simple, its `python`."""
    found = [text for text in (details.get("markers"),) if isinstance(text, str)]
    platform, python = details.get("platform"), details.get("python")
    if isinstance(platform, str):
        found.append(f"sys_platform == '{platform}'")
    for clause in python.split(",") if isinstance(python, str) else ():
        match = re.fullmatch(r"\s*(>=|<=|<|>|==|!=)\s*(\d[\d.]*)\s*", clause)
        if match:
            found.append(f"python_version {match[1]} '{match[2]}'")
    return " and ".join(f"({text})" if " or " in text else text for text in found)


def specifier_of(version: str) -> str:
    """A poetry constraint as PEP 440, where that is simple; otherwise nothing is said about the version."""
    version = version.strip()
    if re.fullmatch(r"\d[\w.+]*", version):
        return f"=={version}"
    if re.fullmatch(r"(==|>=|<=|<|>|~=|!=)[^|^]*", version):
        return version
    match = re.fullmatch(r"\^(\d+)(?:\.(\d+))?[\w.]*", version)
    if match:
        below = str(int(match[1]) + 1) if match[1] != "0" else f"0.{int(match[2] or 0) + 1}"
        return f">={version[1:]},<{below}"
    match = re.fullmatch(r"~(\d+)\.(\d+)[\w.]*", version)
    return f">={version[1:]},<{match[1]}.{int(match[2]) + 1}" if match else ""
