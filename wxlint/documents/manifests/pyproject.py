"""What a pyproject.toml asks to install, and which index each distribution is bound to.

Formats: PEP 621 dependencies, PEP 735 groups, `[tool.uv]`, poetry's and pdm's own tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wxlint.documents.manifests import poetry_tables, uv_tables
from wxlint.documents.manifests.project import (
    MAIN,
    Binding,
    Dependency,
    Include,
    Part,
    Project,
    line_of_key,
    listing,
    load,
    normal,
    offset_of_quoted,
    table,
    texts,
)
from wxlint.documents.source import Source


def read_pyproject(source: Source) -> Project:
    """Read a pyproject.toml. Never raises: a file that is not TOML comes back with `problem`."""
    data = load(source)
    if isinstance(data, str):
        return Project((), problem=data)
    try:
        return _Reader(data, source).project()
    except (TypeError, AttributeError, RecursionError) as error:  # a table where a string belongs, and the like
        return Project((), problem=str(error))


class _Reader:
    """Reads one file that is TOML."""

    def __init__(self, data: dict[str, Any], source: Source) -> None:
        self.data, self.source = data, source
        tool = table(data, "tool")
        self.metadata = table(data, "project")
        self.uv, self.poetry, self.pdm = (table(tool, name) for name in ("uv", "poetry", "pdm"))
        self.itself = normal(str(self.metadata.get("name") or self.poetry.get("name") or ""))
        self.bound: dict[str, tuple[Binding, ...]] = {}
        self.folders = uv_tables.folders(self.uv)
        self.dependencies: list[Dependency] = []
        self.includes: list[Include] = []

    def project(self) -> Project:
        uv = uv_tables.indexes(self.uv)
        poetry, pdm = poetry_tables.sources(self.poetry), poetry_tables.sources(self.pdm)
        urls = {**poetry.urls, **pdm.urls, **uv.urls}
        self.bound = {
            **uv_tables.bindings(table(self.uv, "sources"), urls),
            **poetry_tables.added_bindings(self.poetry, urls),
        }
        for text in listing(self.metadata, "dependencies"):
            self._add(text, MAIN)
        for extra, listed in table(self.metadata, "optional-dependencies").items():
            self._add_all(listed, Part("extra", normal(extra)))
        groups = (table(self.data, "dependency-groups"), table(self.pdm, "dev-dependencies"))
        for name, listed in (item for group in groups for item in group.items()):
            self._add_all(listed, Part("group", normal(name)))
        self._add_all(listing(self.uv, "dev-dependencies"), Part("group", "dev"))
        for entry in poetry_tables.entries(self.poetry, urls):
            self._append(entry.requirement, entry.part, entry.bindings, key=entry.key)
        listed_elsewhere = "dependencies" in texts(self.metadata, "dynamic")
        return Project(
            tuple(self.dependencies),
            uv.default or poetry.default or pdm.default,
            (*uv.extra, *poetry.extra, *pdm.extra),
            None,
            tuple(self.includes),
            uv.links,
            uv.no_index,
            uv_tables.default_groups(self.uv),
            poetry_tables.optional_groups(self.poetry),
            name=self.itself,
            bound=tuple(self.bound.items()),
            forks=bool(self.uv.get("conflicts")),
            dynamic=not self.poetry.get("dependencies") and (listed_elsewhere or not (self.metadata or self.poetry)),
            files=tuple(self._files()),
            setuptools="setuptools" in str(table(self.data, "build-system").get("build-backend", "setuptools")),
            pythons=str(self.metadata.get("requires-python") or ""),
        )

    def _files(self) -> Iterator[tuple[Part, str]]:
        """Yield the requirements files that setuptools or a plugin of hatch reads."""
        tool = table(self.data, "tool")
        setuptools = table(table(tool, "setuptools"), "dynamic")
        main = setuptools.get("dependencies")
        given = [(MAIN, main)] if main is not None else []
        given += [
            (Part("extra", normal(name)), value) for name, value in table(setuptools, "optional-dependencies").items()
        ]
        hook = table(table(table(table(tool, "hatch"), "metadata"), "hooks"), "requirements_txt")
        given += [(MAIN, {"file": hook.get("files")})] if hook else []
        for part, value in given:
            paths = value.get("file") if isinstance(value, dict) else None
            for path in [paths] if isinstance(paths, str) else paths if isinstance(paths, list) else ():
                yield part, str(path)

    def _add_all(self, listed: object, part: Part) -> None:
        for text in listed if isinstance(listed, list) else ():
            self._add(text, part)

    def _add(self, text: object, part: Part) -> None:
        """Add a dependency, or what includes another part."""
        if isinstance(text, dict) and isinstance(text.get("include-group"), str):
            self.includes.append(Include(part, Part("group", normal(text["include-group"])), ""))
        elif isinstance(text, str):
            name = re.match(r"[A-Za-z0-9._-]*", text.strip())
            if name and name[0] and normal(name[0]) == self.itself:
                extras = re.match(r"\s*[\w.-]+\s*\[([^\]]*)\]", text)
                marker = text.partition(";")[2].strip()
                for extra in extras[1].split(",") if extras else ():
                    self.includes.append(Include(part, Part("extra", normal(extra)), marker))
                return
            self._append(text, part, (), key="")

    def _append(self, text: str, part: Part, own: tuple[Binding, ...], key: str) -> None:
        name = re.match(r"[A-Za-z0-9._-]*", text.strip())
        written = key or (name[0] if name else "")
        at = None if key else offset_of_quoted(self.source, text)
        line = self.source.position(at)[0] if at is not None else line_of_key(self.source, written) if written else 0
        folder = "" if key else self.folders.get(normal(written), "")
        self.dependencies.append(Dependency(text, part, own or self.bound.get(normal(written), ()), line, folder))
