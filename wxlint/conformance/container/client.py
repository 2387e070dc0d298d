"""How an engine is reached: a program, and where that looks for the engine."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from wxlint.core.errors import UsageError
from wxlint.core.suggest import did_you_mean

PROGRAMS = ("docker", "podman")
_ADDRESS = re.compile(
    r"unix:///[\x21-\x7e]+|npipe:////[\x21-\x7e]+|(?:tcp|ssh)://(?:[A-Za-z0-9._~-]+@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|"
    r"\[[0-9A-Fa-f:]+\])(?::\d{1,5})?(?:/[\x21-\x7e]*)?"
)
"""What docker's -H takes. A host does not begin with a dash, which ssh would take for an option."""
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


class Client(NamedTuple):
    """program: docker or podman, by name or path. host: an address; context: a docker context.

    Without both, the engine is the program's own choice, by its contexts and environment.
    """

    program: str = "docker"
    host: str = ""
    context: str = ""

    @property
    def name(self) -> str:
        """As it was given."""
        return self.host or self.context or os.path.basename(self.program)

    @property
    def settings(self) -> dict[str, str]:
        """Variables that lead the program and its plugins there."""
        if self.host:
            return {"DOCKER_HOST": self.host}
        return {"DOCKER_HOST": "", "DOCKER_CONTEXT": self.context} if self.context else {}

    @property
    def env(self) -> dict[str, str] | None:
        """The environment to run the program in; None for that of this process."""
        return {**os.environ, **self.settings} if self.settings else None


def read_client(text: str) -> Client:
    """A program, an address (unix, tcp or ssh) or the name of a docker context. Raises UsageError for anything else."""
    if os.path.basename(text.replace("\\", "/")).removesuffix(".exe") in PROGRAMS:
        return Client(text)
    if _ADDRESS.fullmatch(text):
        return Client(host=text)
    known = contexts()
    if text in known:
        return Client(context=text)
    there = f"; there are {', '.join(known)}" if known else ""
    raise UsageError(
        f"unknown engine {text!r}: known are docker, podman, an address such as unix:///run/docker.sock, "
        f"tcp://HOST:PORT or ssh://HOST, and docker's contexts{did_you_mean(text, known) or there}"
    )


def read_clients(texts: Iterable[str]) -> tuple[Client, ...]:
    """Those that words name, separated by commas, each once; docker without any. Raises UsageError."""
    found = [read_client(word.strip()) for text in texts for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(found)) or (Client(),)


def contexts() -> tuple[str, ...]:
    """The names of docker's contexts, as its configuration folder has them."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")) / "contexts" / "meta"
    found = []
    for path in folder.glob("*/meta.json"):
        name = re.search(r'"Name":\s*"([^"]*)"', _text(path))
        if name and _CONTEXT.fullmatch(name[1]) and path.parent.name == hashlib.sha256(name[1].encode()).hexdigest():
            found.append(name[1])
    return ("default", *sorted(found))


def _text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""
