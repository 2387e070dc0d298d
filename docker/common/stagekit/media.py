"""ffmpeg and ffprobe, as programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from stagekit.errors import FailedError


def ffmpeg(*arguments: str | Path) -> None:
    """Runs ffmpeg. Raises FailedError with the last line it wrote."""
    command("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments)


def probe(path: Path) -> dict[str, Any]:
    """What ffprobe says of a file: `format` and `streams`. Raises FailedError when it cannot be read."""
    said = command("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", local(path))
    return dict(json.loads(said))


def local(path: Path) -> str:
    """A path as ffmpeg takes it: with its protocol, since a name may hold a colon or begin with a dash."""
    return f"file:{path}"


def command(*words: str | Path) -> str:
    """Runs a program and returns what it wrote. Raises FailedError when it is missing or fails."""
    try:
        done = subprocess.run(
            [str(word) for word in words], check=False, capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise FailedError(f"{words[0]} is not installed") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise FailedError(f"{words[0]} failed ({done.returncode}): {said[-1] if said else 'it said nothing'}")
    return done.stdout
