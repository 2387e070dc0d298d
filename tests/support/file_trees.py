"""Trees of files for tests, and what is found in them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from wxlint.discovery.find_files import discover


def write_tree(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, by their paths below a folder; text as UTF-8."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def make(root: Path, *files: str, text: str = "FROM scratch\n") -> None:
    write_tree(root, dict.fromkeys(files, text))


def found(*paths: Path, below: Path) -> list[str]:
    files, problems, *_ = discover(paths)
    assert problems == []
    return [file.path.relative_to(below).as_posix() for file in files]


def git(root: Path, *args: str) -> bytes:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root)}
    command = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main", *args)
    return subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True).stdout


def index(*paths: bytes, version: int = 2) -> bytes:
    """A git index with these entries, no more of them filled in than is read."""
    data = b"DIRC" + version.to_bytes(4, "big") + len(paths).to_bytes(4, "big")
    for path in paths:
        entry = bytes(62) + path
        data += entry + bytes(8 - len(entry) % 8)
    return data + bytes(20)
