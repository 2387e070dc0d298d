"""What a Pipfile asks to install, and which index each distribution is bound to."""

from __future__ import annotations

from typing import Any

from wxlint.documents.manifests.project import Binding, Dependency, Part, Project, line_of_key, load, normal
from wxlint.documents.source import Source

_SETTINGS = frozenset(("source", "requires", "scripts", "pipenv"))
"""Tables that hold no packages; every other one is a category of them."""
_MARKERS = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_system",
    "python_version",
    "platform_python_implementation",
)


def read_pipfile(source: Source) -> Project:
    """Read a Pipfile: each dependency in the group that its table names ("packages", "dev-packages"). Never raises.

    The first source replaces the default index; the others count for what is bound to them, unless all are searched.
    """
    data = load(source)
    if isinstance(data, str):
        return Project((), problem=data)
    sources = [s for s in _tables(data.get("source")) if isinstance(s.get("url"), str)]
    urls = {str(s.get("name", "")): str(s["url"]) for s in sources}
    settings = data.get("pipenv")
    everywhere = isinstance(settings, dict) and settings.get("install_search_all_sources") is True
    extra = tuple(str(s["url"]) for s in sources[1:]) if everywhere else ()
    found = [
        Dependency(
            _requirement(name, entry),
            Part("group", normal(category)),
            _bindings(entry, urls),
            line_of_key(source, name),
        )
        for category, table in data.items()
        if category not in _SETTINGS and isinstance(table, dict)
        for name, entry in table.items()
    ]
    return Project(tuple(found), str(sources[0]["url"]) if sources else None, extra, None)


def _tables(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _bindings(entry: object, urls: dict[str, str]) -> tuple[Binding, ...]:
    chosen = entry.get("index") if isinstance(entry, dict) else None
    return (Binding(urls.get(chosen, chosen), "", ""),) if isinstance(chosen, str) else ()


def _requirement(name: str, entry: object) -> str:
    """One entry as PEP 508 text; a folder of the repository as a path."""
    details = entry if isinstance(entry, dict) else {"version": entry}
    extras = details.get("extras")
    listed = [str(extra) for extra in extras] if isinstance(extras, list) else []
    asked = f"[{','.join(listed)}]" if listed else ""
    path, url, git = (_text(details, *keys) for keys in (("path",), ("file", "url"), ("git",)))
    if path or (url and "://" not in url):
        path = path or url
        return (path if path.startswith((".", "/")) else f"./{path}") + asked
    if url or git:
        address = url or (git if git.startswith("git+") else f"git+{git}")
        return f"{name}{asked} @ {address}"
    version = _text(details, "version").strip()
    version = "" if version == "*" else f"=={version}" if version[:1].isdigit() else version
    markers = [
        text
        for text in (
            _text(details, "markers"),
            *(f"{key} {_text(details, key)}" for key in _MARKERS if _text(details, key)),
        )
        if text
    ]
    return f"{name}{asked}{version}" + (f" ; {' and '.join(markers)}" if markers else "")


def _text(details: dict[str, Any], *keys: str) -> str:
    return next((value for key in keys if isinstance(value := details.get(key), str)), "")
