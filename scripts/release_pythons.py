"""For which Pythons the releases of a package are, by Requires-Python alone."""

from __future__ import annotations

from typing import Any, NamedTuple

from package_index import Index, is_linux
from packaging.specifiers import InvalidSpecifier, SpecifierSet

PYTHONS = ("2.7", *(f"3.{minor}" for minor in range(5, 16)))
"""What rows speak of, oldest first."""


class Pythons(NamedTuple):
    """Consecutive releases, and their Pythons: `3.9-3.12`, `3.9-` for all later ones."""

    first: str
    last: str
    pythons: str


def python_ranges(index: Index, name: str) -> list[Pythons]:
    """Return for which Pythons the final releases of a package are, those that were withdrawn among them.

    A release counts for each Python that the sources or a wheel for Linux do not refuse, whether or not that wheel is
    for it.
    """
    found: list[Pythons] = []
    files = index.files(name, yanked=True)
    for version in sorted(v for v in files if not v.is_prerelease):
        text = _range([one for one in files[version] if _is_of_linux(one["filename"])])
        if found and found[-1].pythons == text:
            found[-1] = found[-1]._replace(last=str(version))
        elif text:
            found.append(Pythons(str(version), str(version), text))
    return found


def _is_of_linux(filename: str) -> bool:
    return filename.endswith((".tar.gz", ".tar.bz2", ".zip")) or is_linux(filename, "x86_64")


def _range(files: list[dict[str, Any]]) -> str:
    """The oldest and the newest Python that none of the files refuses, "" where there is none."""
    taken = [python for python in PYTHONS if any(_takes(file.get("requires-python"), python) for file in files)]
    return f"{taken[0]}-{'' if taken[-1] == PYTHONS[-1] else taken[-1]}" if taken else ""


def _takes(required: str | None, python: str) -> bool:
    try:
        return not required or any(SpecifierSet(required).contains(f"{python}.{patch}") for patch in (0, 20))
    except InvalidSpecifier:
        return True
