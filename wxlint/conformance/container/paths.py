"""Where logs and facts of images are kept, and names of files there."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The user's cache folder."""
    base = (
        os.environ.get("XDG_CACHE_HOME")
        or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
        or os.path.expanduser("~/.cache")
    )
    return Path(base) / "wxlint"


def file_name(name: str) -> str:
    """A name such as "asr:cuda" as a file's."""
    return "".join(c if c.isalnum() or c in "-_." else f"%{ord(c):x}" for c in name).lstrip(".")
