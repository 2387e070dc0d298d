"""What is known of an engine, its images, builds and runs: plain data that processes can share as JSON."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

Facts = dict[str, Any]
"""JSON."""

SESSION_LABEL, OWNER_LABEL, PROCESS_LABEL, CONTENT_LABEL = (
    "wxlint.session",
    "wxlint.owner",
    "wxlint.process",
    "wxlint.content",
)
STAND_IN_LABEL = "wxlint.stand-in"
"""Carried by images made in place of an upstream that cannot be pulled: what they lack, the real one may have."""


class Doing(str):
    """What is being done with an image, until the next word of it; other words of progress are of what is done."""

    __slots__ = ()


class About(NamedTuple):
    """An engine that answers. runtimes: of `docker info`; local: it runs on this machine; name: as it was given."""

    program: str
    version: str
    client: str
    os: str
    architecture: str
    runtimes: tuple[str, ...]
    local: bool
    name: str = ""


class ImageInfo(NamedTuple):
    """An image of the engine. digest: its id. layers: digests of the uncompressed layers, lowest first. size: bytes."""

    digest: str
    tags: tuple[str, ...]
    layers: tuple[str, ...]
    size: int
    user: str
    entrypoint: tuple[str, ...]
    env: tuple[str, ...]
    labels: dict[str, str]
    cmd: tuple[str, ...] = ()
    workdir: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()


class FileStat(NamedTuple):
    """A file of an image, links followed. kind: file, folder or other. data: of a file, None with the reason in
    `unread`."""

    kind: str
    mode: int
    uid: int
    gid: int
    data: bytes | None = None
    unread: str = ""


class BuildStatus(str, Enum):
    """How an image came to be in the engine, or why it is not; the value is the word that people read."""

    BUILT = "built"
    CURRENT = "up to date"
    FOUND = "found"
    FAILED = "failed"
    BLOCKED = "blocked"
    MISSING = "missing"
    LEFT_OUT = "left out"
    NO_DOCKERFILE = "skipped"
    ENGINE_FAULT = "engine fault"
    NO_ENGINE = "no engine"
    ABORTED = "aborted"


class LeftOut(str, Enum):
    """Why an image is looked at where it is there, and not built."""

    OPTIONAL = "optional"
    UNSELECTED = "unselected"


class BuildResult(NamedTuple):
    """One image of a plan.

    reference: the image's name in the engine. digest: its id, "" when there is none. blocked_by: the image that failed.
    exit_code: of a build that failed. timed_out: the build took too long. detail: words of the engine or the plan.
    log: the file with the build's output, "" when nothing was built; tail: its end, for a failure.
    """

    image: str
    status: BuildStatus
    reference: str = ""
    digest: str = ""
    seconds: float = 0.0
    blocked_by: str = ""
    left_out: LeftOut | None = None
    exit_code: int = 0
    timed_out: bool = False
    detail: str = ""
    log: str = ""
    tail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the image is in the engine."""
        return self.status in (BuildStatus.BUILT, BuildStatus.CURRENT, BuildStatus.FOUND)


class Ran(NamedTuple):
    """A container or service that ended. output: what it printed, shortened. timed_out: it had to be stopped.

    matched: whether the expected pattern is in its output; None when there is none, or the search took too long.
    """

    code: int
    output: str
    timed_out: bool
    seconds: float
    matched: bool | None = None
