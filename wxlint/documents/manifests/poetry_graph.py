"""A poetry.lock of poetry 1: it says what each distribution needs, and not which part of the project takes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wxlint.core.patterns import late
from wxlint.documents.manifests.poetry_tables import specifier_of
from wxlint.documents.manifests.project import Dependency, Part, listing, normal, table

Needs = list[dict[str, Any]]
"""What something needs, as in uv.lock: tables with `name`, `marker`, `version` and `extra`."""

_REQUIREMENT = late(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?([^;]*)(?:;(.*))?")
_NAME = late(r"\s*([\w.-]+)")
_OPEN = "?"
"""A marker of which it is not known whether it holds."""


class PoetryGraph:
    """The distributions of a lock with what each needs, in the form of uv.lock."""

    def __init__(self, data: dict[str, Any]) -> None:
        listed = [(normal(str(one["name"])), str(one["version"]), one) for one in listing(data, "package")]
        self._versions: dict[str, list[str]] = {}
        for name, version, _ in listed:
            self._versions.setdefault(name, []).append(version)
        self.packages: dict[str, list[dict[str, Any]]] = {}
        for name, version, one in listed:
            self.packages.setdefault(name, []).append(self._package(version, one))

    def parts(self, roots: Iterable[Dependency]) -> dict[Part, Needs]:
        """What each part of the project needs. roots: what its file asks for."""
        found: dict[Part, Needs] = {}
        for root in roots:
            match = _REQUIREMENT.fullmatch(root.requirement)
            if match is None:
                continue
            name, extras, specifier, marker = match.groups()
            asked = [one.strip() for one in (extras or "").split(",") if one.strip()]
            of_index = "" if "@" in specifier else specifier.strip()
            found.setdefault(root.part, []).extend(self._needs(name, of_index, (marker or "").strip(), asked))
        return found

    def _package(self, version: str, one: dict[str, Any]) -> dict[str, Any]:
        always: Needs = []
        optional: dict[str, Needs] = {}
        for name, entry in table(one, "dependencies").items():
            for item in entry if isinstance(entry, list) else [entry]:
                details = item if isinstance(item, dict) else {"version": item}
                specifier = specifier_of(str(details.get("version") or ""))
                extras = [text for text in listing(details, "extras") if isinstance(text, str)]
                marker = str(details.get("markers") or "")
                if details.get("optional") is True:
                    optional.setdefault(normal(name), []).extend(
                        self._needs(name, specifier, _without_extra(marker), extras)
                    )
                else:
                    always += self._needs(name, specifier, marker, extras)
        named = {
            normal(extra): [need for name in _names(listed) for need in optional.get(name, ())]
            for extra, listed in table(one, "extras").items()
        }
        source = table(one, "source")
        return {"version": version, "source": source, "dependencies": always, "optional-dependencies": named}

    def _needs(self, name: str, specifier: str, marker: str, extras: list[str]) -> Needs:
        """A need for each of the locked releases that a range holds."""
        name, extras = normal(name), [normal(extra) for extra in extras]
        versions = self._versions.get(name, [])
        if len(versions) > 1 and specifier:
            versions = _within(versions, specifier)
        return [
            {
                "name": name,
                "version": version,
                "marker": marker if versions.count(version) == 1 else _OPEN,  # of which source is not known
                "extra": extras,
            }
            for version in dict.fromkeys(versions)
        ]


def _names(listed: object) -> list[str]:
    """The distributions that an extra lists: `torch (>=2.0)`."""
    texts = listed if isinstance(listed, list) else ()
    return [normal(match[1]) for text in texts if isinstance(text, str) and (match := _NAME.match(text))]


def _without_extra(marker: str) -> str:
    """A marker of what an extra of its distribution takes, without that extra."""
    if "extra" not in marker:
        return marker
    if " or " in marker:
        return _OPEN
    return " and ".join(part for part in marker.split(" and ") if "extra" not in part)


def _within(versions: list[str], specifier: str) -> list[str]:
    """The releases in a range; all of them where it cannot be read. A pin without a local version is one without."""
    pin = specifier.removeprefix("==")
    if pin != specifier and pin in versions:
        return [version for version in versions if version == pin]
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only where a lock has several releases: 15 ms

    try:
        return list(SpecifierSet(specifier).filter(versions, prereleases=True)) or versions
    except (InvalidSpecifier, ValueError):
        return versions
