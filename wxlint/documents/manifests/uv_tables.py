"""What [tool.uv] of a pyproject.toml, or a uv.toml, says of indexes, sources and groups.

Source: uv's settings reference. Indexes are tried in order, the default one last; `index-url`, `extra-index-url` and
`find-links` are the older forms, also in [tool.uv.pip], which `uv pip` reads besides.
"""

from __future__ import annotations

from typing import Any

from wxlint.core.tuples import NamedTuple
from wxlint.documents.manifests.project import Binding, Project, load, normal, table, texts
from wxlint.documents.source import Source

_TEXTS = ("exclude-newer", "index-strategy", "prerelease", "resolution", "torch-backend")
_ISOLATION = ("no-build-isolation", "no-build-isolation-package", "extra-build-dependencies")
"""Settings by which a package may be built with what is installed, or with more than it asks for."""


class UvIndexes(NamedTuple):
    """urls: of named indexes. default: replaces the default index. extra: tried before it, in order."""

    urls: dict[str, str]
    default: str | None
    extra: tuple[str, ...]
    links: tuple[str, ...]
    no_index: bool


class AddedIndex(NamedTuple):
    """An index that `uv add` writes into a project. default: in the place of the default one."""

    url: str
    default: bool = False


def _with_added(listed: object, added: tuple[AddedIndex, ...]) -> list[Any]:
    """The tables of indexes behind `uv add`, which writes new ones before the others and moves those there that the
    project has, as they are. Source: tried with uv."""
    old = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    there = {str(item.get("url")): item for item in old}
    new = [there.get(one.url) or {"url": one.url, "default": one.default} for one in added]
    return [*new, *(item for item in old if item not in new)]


def indexes(uv: dict[str, Any]) -> UvIndexes:
    """The indexes of a table of uv's settings."""
    urls: dict[str, str] = {}
    default: str | None = None
    extra: list[str] = []
    listed = uv.get("index")
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict) or not isinstance(item.get("url"), str):
            continue
        urls[str(item.get("name", ""))] = item["url"]
        if item.get("default") is True:
            default = default or item["url"]
        elif item.get("explicit") is not True:
            extra.append(item["url"])
    extra.extend(texts(uv, "extra-index-url"))
    older = uv.get("index-url")
    if default is None and isinstance(older, str):
        default = older
    return UvIndexes(urls, default, tuple(extra), texts(uv, "find-links"), uv.get("no-index") is True)


def bindings(sources: dict[str, Any], urls: dict[str, str]) -> dict[str, tuple[Binding, ...]]:
    """Distribution to its indexes, from [tool.uv.sources]. A git repository or a folder is none that is known."""
    bound: dict[str, tuple[Binding, ...]] = {}
    for name, entry in sources.items():
        found = []
        for item in entry if isinstance(entry, list) else [entry]:
            if not isinstance(item, dict):
                continue
            target = item.get("index") or item.get("url") or item.get("path") or item.get("git")
            if isinstance(target, str):
                chosen = normal(str(item.get("extra") or item.get("group") or ""))
                declared = target in urls or not isinstance(item.get("index"), str)
                found.append(Binding(urls.get(target, target), chosen, str(item.get("marker") or ""), declared))
        bound[normal(name)] = tuple(found)
    return bound


def folders(uv: dict[str, Any]) -> dict[str, str]:
    """Distribution to the folder of its project, from [tool.uv.sources]: a path, or a member of the workspace."""
    found = {}
    for name, entry in table(uv, "sources").items():
        item = entry[0] if isinstance(entry, list) and len(entry) == 1 else entry
        if not isinstance(item, dict):
            continue
        if isinstance(item.get("path"), str):
            found[normal(name)] = item["path"]
        elif item.get("workspace") is True:
            found[normal(name)] = member_folder(uv, normal(name))
    return found


def member_folder(uv: dict[str, Any], name: str) -> str:
    """The folder of a member of a workspace, which is taken to have its name: `packages/*` is `packages/NAME`."""
    members = texts(table(uv, "workspace"), "members")
    plain = next((path for path in members if normal(path.rpartition("/")[2]) == name), None)
    if plain is not None:
        return plain
    pattern = next((path for path in members if path.endswith("/*")), "*")
    return pattern[:-1] + name


def default_groups(uv: dict[str, Any]) -> tuple[str, ...]:
    """The groups that `uv sync` installs by itself; "*" is all."""
    chosen = uv.get("default-groups")
    if chosen == "all":
        return ("*",)
    return tuple(normal(name) for name in texts(uv, "default-groups")) if isinstance(chosen, list) else ("dev",)


def read_settings(
    pyproject: Source | None, uv_toml: Source | None, *, pip: bool = True, added: tuple[AddedIndex, ...] = ()
) -> Project:
    """What uv takes from a uv.toml, which stands in the place of [tool.uv] of a pyproject.toml.

    pip: whether it is `uv pip` that reads, which has a table of its own. added: what was written into the project.
    """
    source = uv_toml or pyproject
    data = load(source) if source is not None else {}
    if isinstance(data, str):
        return Project((), problem=data)
    uv = data if uv_toml is not None else table(table(data, "tool"), "uv")
    merged = dict(uv)
    if added and uv_toml is None:
        merged["index"] = _with_added(uv.get("index"), added)
    if pip:
        merged.update(table(uv, "pip"))
    found = indexes(merged)
    return Project(
        (),
        found.default,
        found.extra,
        links=found.links,
        no_index=found.no_index,
        constraints=texts(uv, "constraint-dependencies"),
        overrides=texts(uv, "override-dependencies"),
        bound=tuple(bindings(table(uv, "sources"), found.urls).items()),
        values=(
            *((name, merged[name]) for name in _TEXTS if isinstance(merged.get(name), str)),
            *(("build-isolation", name) for name in _ISOLATION if merged.get(name)),
        ),
    )
