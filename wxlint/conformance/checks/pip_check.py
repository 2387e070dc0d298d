"""Whether the distributions of an image fit together, as `pip check` sees it, but from outside and for any pip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def broken_requirements(distributions: Iterable[Mapping[str, Any]], environment: Mapping[str, str]) -> list[str]:
    """ "whisperx 3.3.1 requires torch>=2.5, and torch 2.3.1 is installed" for each one.

    Args:
        environment: the image's, for markers.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    listed = [one for one in distributions if one.get("name")]
    versions = {canonicalize_name(str(one["name"])): str(one["version"]) for one in listed}
    wrong = [
        f"a distribution whose metadata cannot be read: {one.get('error')}"
        for one in distributions
        if not one.get("name")
    ]
    for one in listed:
        for text in one.get("requires") or ():
            try:
                needed = Requirement(str(text))
            except InvalidRequirement:
                continue  # pip installed it with a laxer parser: nothing that can be judged
            try:
                if needed.marker is not None and not needed.marker.evaluate({**environment, "extra": ""}):
                    continue
            except Exception:  # a marker about something unknown
                continue
            have = versions.get(canonicalize_name(needed.name))
            shown = f"{one['name']} {one['version']} requires {needed.name}{needed.specifier}"
            if have is None:
                wrong.append(f"{shown}, which is not installed")
                continue
            try:
                fits = needed.specifier.contains(Version(have), prereleases=True)
            except InvalidVersion:
                continue
            if not fits:
                wrong.append(f"{shown}, and {needed.name} {have} is installed")
    return sorted(wrong)
