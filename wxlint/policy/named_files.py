"""The files that a policy names, as the repository has them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from wxlint.core import disk
from wxlint.discovery.gitignore import files_named

_FEW = 500
"""Files of a folder that a misspelt name is held against."""


def named_files(root: Path, globs: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files that paths and globs name, relative to the root and sorted; and the globs that name none."""
    found: set[str] = set()
    missing = []
    for glob in globs:
        names = files_named(glob, root)
        found.update(names)
        if not names:
            missing.append(glob)
    return sorted(found), missing


def files_beside(root: Path, path: str) -> list[str]:
    """The files in the folder of a path, and in the root, as a policy writes them: what may have been meant."""
    found: list[str] = []
    for folder in dict.fromkeys((os.path.dirname(path), "")):
        with suppress(OSError, ValueError):
            found += [os.path.join(folder, name) for name in disk.names(root / folder)[:_FEW]]
    return [name for name in found if disk.is_file(root / name)]
