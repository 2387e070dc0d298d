"""What a script builds, as tests read it."""

from __future__ import annotations

from wxlint.images.builds.model import Script


def tags(found: Script) -> list[str]:
    return [tag.value.shown() for build in found.builds for tag in build.tags]
