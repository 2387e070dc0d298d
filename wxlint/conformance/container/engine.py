"""The container engine, through its command line (docker, or podman as a drop-in): contexts and DOCKER_HOST count."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from wxlint.core import processes
from wxlint.core.errors import EngineError, UsageError
from wxlint.core.processes import Completed

SESSION_LABEL, OWNER_LABEL, PROCESS_LABEL, CONTENT_LABEL = (
    "wxlint.session",
    "wxlint.owner",
    "wxlint.process",
    "wxlint.content",
)
STAND_IN_LABEL = "wxlint.stand-in"
"""Carried by images made in place of an upstream that cannot be pulled: what they lack, the real one may have."""
_DOWN = re.compile(
    r"Cannot connect to|Is the docker daemon running|error during connect|connection refused|no such host|EOF$|unable to connect",
    re.I,
)


class About(NamedTuple):
    """An engine that answers. runtimes: of `docker info`; local: it runs on this machine."""

    program: str
    version: str
    client: str
    os: str
    architecture: str
    runtimes: tuple[str, ...]
    local: bool


class ImageInfo(NamedTuple):
    """What the engine says of an image. digest: its id. layers: digests of the uncompressed layers, lowest first. size: bytes."""

    digest: str
    tags: tuple[str, ...]
    layers: tuple[str, ...]
    size: int
    user: str
    entrypoint: tuple[str, ...]
    env: tuple[str, ...]
    labels: dict[str, str]


class Engine:
    """One engine for one session: everything it starts carries the session's labels."""

    def __init__(self, program: str = "docker", session: str = "", owner: str = "") -> None:
        """Raises UsageError for a program that is neither docker nor podman, by name or path."""
        if os.path.basename(program).removesuffix(".exe") not in ("docker", "podman"):
            raise UsageError(f"unknown engine {program!r}; known are docker and podman")
        self.program, self.session, self.owner = program, session, owner
        self._count = itertools.count(1)

    @property
    def is_podman(self) -> bool:
        return "podman" in os.path.basename(self.program)

    def call(self, *arguments: str, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Run the client. Raises EngineError when it cannot be started or the engine does not answer."""
        done = processes.run([self.program, *arguments], stdin, timeout)
        if done.timed_out:
            raise EngineError(f"{self.program} {arguments[0]} did not answer within {timeout:.0f} seconds")
        if done.code and _DOWN.search(done.err):
            raise EngineError(f"no engine answers: {done.message}")
        return done

    def about(self) -> About:
        """Raises EngineError when there is no client, or no engine behind it."""
        if shutil.which(self.program) is None:
            raise EngineError(f"{self.program} is not installed (not found on PATH)")
        done = self.call("version", "--format", "{{json .}}", timeout=30)
        try:
            told = json.loads(done.out)
            client = told.get("Client") or {}
            server = told.get("Server") or (client if self.is_podman else {})
            version = str(server["Version"])
        except (ValueError, AttributeError, TypeError, KeyError):
            raise EngineError(f"no engine answers: {done.message or 'it printed nothing'}") from None
        info = self.call("info", "--format", "{{json .Runtimes}}", timeout=30) if not self.is_podman else None
        try:
            runtimes = tuple(sorted(json.loads(info.out))) if info is not None and not info.code else ()
        except (ValueError, TypeError):
            runtimes = ()
        texts = (str(client.get("Version", "")), str(server.get("Os", "")), str(server.get("Arch", "")))
        return About(os.path.basename(self.program), version, *texts, runtimes, self._local())

    def _local(self) -> bool:
        host = os.environ.get("DOCKER_HOST" if not self.is_podman else "CONTAINER_HOST", "")
        if not host and not self.is_podman:
            done = self.call("context", "inspect", "--format", "{{.Endpoints.docker.Host}}", timeout=30)
            host = done.out.strip() if not done.code else ""
        return not host or host.startswith(("unix://", "npipe://"))

    # -- images

    def image(self, reference: str) -> ImageInfo | None:
        """An image that the engine has; None when it has none of that name. Raises EngineError."""
        done = self.call("image", "inspect", reference)
        if done.code:
            if re.search(r"no such image|not known|not found|invalid reference", done.err, re.I):
                return None
            raise EngineError(f"{self.program} image inspect {reference}: {done.message}")
        try:
            return _image_info(json.loads(done.out)[0])
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            raise EngineError(
                f"{self.program} image inspect {reference}: an answer that cannot be used ({error})"
            ) from None

    # -- containers

    def run(
        self,
        image: str,
        arguments: Sequence[str] = (),
        *,
        options: Iterable[str] = (),
        stdin: bytes = b"",
        timeout: float = 60.0,
    ) -> Completed:
        """Run a container to its end and remove it, also when the time is over or this is interrupted.

        options: for `docker run`. The exit code is the container's; 125 to 127 may be the engine's. Raises EngineError when the engine is gone.
        """
        name = f"wxlint-{self.session or 'none'}-{os.getpid()}-{next(self._count)}"
        labels = [word for label, value in self.labels().items() for word in ("--label", f"{label}={value}")]
        command = [self.program, "run", "--rm", "-i", "--name", name, *labels, *options, image, *arguments]
        done = None
        try:
            done = processes.run(command, stdin, timeout)
        finally:
            if done is None or done.timed_out or done.code < 0 or done.code == 125:
                self._remove(name)
        if done.code == 125 and _DOWN.search(done.err):
            raise EngineError(f"no engine answers: {done.message}")
        return done

    def labels(self) -> dict[str, str]:
        """What everything that this process makes carries."""
        return {SESSION_LABEL: self.session, OWNER_LABEL: self.owner, PROCESS_LABEL: str(os.getpid())}

    def _remove(self, name: str) -> None:
        with suppress(EngineError):  # what could not be removed is found by its label
            processes.run([self.program, "rm", "-f", "-v", name], timeout=30)

    # -- builds

    def build(self, arguments: Sequence[str], cwd: str, timeout: float, on_line: Callable[[str], None]) -> Completed:
        """`docker build` with these arguments, from a folder; every line of its output goes to `on_line`."""
        return processes.run(
            [self.program, "build", *arguments], timeout=timeout, env=self._build_env(), cwd=cwd, on_line=on_line
        )

    def _build_env(self) -> dict[str, str]:
        """BuildKit where it is there: an old client has it built in, a new one needs its buildx plugin. DOCKER_BUILDKIT wins."""
        env = dict(os.environ)
        if not self.is_podman and "DOCKER_BUILDKIT" not in env:
            version = self.call("version", "--format", "{{.Client.Version}}", timeout=30).out
            major = int(found[0]) if (found := re.match(r"\d+", version)) else 99
            if major >= 23:
                has = not processes.run([self.program, "buildx", "version"], timeout=30).code
                env["DOCKER_BUILDKIT"] = "1" if has else "0"
            else:
                env["DOCKER_BUILDKIT"] = "1"
        env.setdefault("BUILDKIT_PROGRESS", "plain")
        return env


def _image_info(told: dict[str, Any]) -> ImageInfo:
    config = told.get("Config") or {}
    digest = str(told["Id"])
    entrypoint = config.get("Entrypoint") or ()
    return ImageInfo(
        digest if digest.startswith("sha256:") else f"sha256:{digest}",
        tuple(map(str, told.get("RepoTags") or ())),
        tuple(map(str, (told.get("RootFS") or {}).get("Layers") or ())),
        int(told.get("Size") or 0),
        str(config.get("User") or ""),
        (entrypoint,) if isinstance(entrypoint, str) else tuple(map(str, entrypoint)),
        tuple(map(str, config.get("Env") or ())),
        {str(k): str(v) for k, v in (config.get("Labels") or {}).items()},
    )
