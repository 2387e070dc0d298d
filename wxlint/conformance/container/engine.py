"""The container engine, through its command line (docker, or podman as a drop-in): contexts and DOCKER_HOST count."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from wxlint.conformance.container.client import Client, read_client
from wxlint.conformance.container.faults import is_engine_fault, is_engine_gone
from wxlint.conformance.container.model import (
    OWNER_LABEL,
    PROCESS_LABEL,
    SESSION_LABEL,
    About,
    Facts,
    FileStat,
    ImageInfo,
)
from wxlint.core import processes
from wxlint.core.errors import EngineError
from wxlint.core.processes import Completed

MAX_MEMORY = 16 << 30
MAX_CPUS = 4
MAX_PIDS = 1024


class Engine:
    """One engine for one session: everything that it starts carries the session's labels."""

    def __init__(self, at: str | Client = "docker", session: str = "", owner: str = "") -> None:
        """Raises UsageError for a text that names no engine."""
        self.client = read_client(at) if isinstance(at, str) else at
        self.program, self.session, self.owner = self.client.program, session, owner
        self.env = self.client.env
        """Of its client; None for that of this process."""
        self._count = itertools.count(1)
        self._limits: tuple[str, ...] | None = None

    @property
    def is_podman(self) -> bool:
        return "podman" in os.path.basename(self.program)

    def call(self, *arguments: str, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Run the client. Raises EngineError when it cannot be started or the engine does not answer."""
        done = processes.run([self.program, *arguments], stdin, timeout, env=self.env)
        if done.timed_out:
            raise EngineError(f"{self.program} {arguments[0]} did not answer within {timeout:.0f} seconds")
        if done.code and is_engine_gone(done.err):
            raise EngineError(f"no engine answers: {done.message}")
        return done

    def about(self) -> About:
        """Raises EngineError when there is no client, or no engine behind it."""
        if shutil.which(self.program) is None:
            raise EngineError(f"{self.program} is not installed (not found on PATH)")
        done = self.call("version", "--format", "{{json .}}", timeout=30)
        try:
            answer = json.loads(done.out)
            client = answer.get("Client") or {}
            server = answer.get("Server") or (client if self.is_podman else {})
            version = str(server["Version"])
        except (ValueError, AttributeError, TypeError, KeyError):
            raise EngineError(f"no engine answers: {done.message or 'it printed nothing'}") from None
        info = self.call("info", "--format", "{{json .Runtimes}}", timeout=30) if not self.is_podman else None
        try:
            runtimes = tuple(sorted(json.loads(info.out))) if info is not None and not info.code else ()
        except (ValueError, TypeError):
            runtimes = ()
        texts = (str(client.get("Version", "")), str(server.get("Os", "")), str(server.get("Arch", "")))
        return About(os.path.basename(self.program), version, *texts, runtimes, self._local(), self.client.name)

    def _local(self) -> bool:
        host = self.client.host
        if not host and not self.client.context:
            host = (self.env or os.environ).get("DOCKER_HOST" if not self.is_podman else "CONTAINER_HOST", "")
        if not host and not self.is_podman:
            done = self.call("context", "inspect", "--format", "{{.Endpoints.docker.Host}}", timeout=30)
            host = done.out.strip() if not done.code else ""
        return not host or host.startswith(("unix://", "npipe://"))

    # -- images

    def image(self, reference: str) -> ImageInfo | None:
        """An image that the engine has; None when it has none of that name. Raises EngineError."""
        done = self.call("image", "inspect", "--", reference)
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

    def tag(self, source: str, name: str) -> str:
        """Give an image another name; the reason when that fails, else ""."""
        done = self.call("tag", "--", source, name)
        return f"{self.program} tag {source} {name}: {done.message or f'exit code {done.code}'}" if done.code else ""

    # -- containers

    def run(
        self,
        image: str,
        arguments: Sequence[str] = (),
        *,
        options: Iterable[str] = (),
        stdin: bytes = b"",
        timeout: float = 60.0,
        network: str = "none",
        read_only: bool = True,
    ) -> Completed:
        """Run a sealed container to its end and remove it, also when the time is over or this is interrupted.

        It has no capabilities, no network, a file system that it cannot write but for /tmp, and limits of memory, CPUs
        and processes. The exit code is the container's; 125 to 127 may be the engine's.

        Args:
            options: further ones of `docker run`; the later of two counts.
            network: of `docker run`.
            read_only: whether the image's file system cannot be written.

        Raises EngineError when the engine is gone.
        """
        name = f"wxlint-{self.session or 'none'}-{os.getpid()}-{next(self._count)}"
        command = [self.program, "run", "--rm", "-i", "--name", name, *self._label_options()]
        command += [*self._sealing(network, read_only), *options, "--", image, *arguments]
        done = None
        try:
            done = processes.run(command, stdin, timeout, env=self.env)
        finally:
            if done is None or done.timed_out or done.code < 0 or done.code == 125:
                self._remove(name)
        if done.code == 125 and (is_engine_gone(done.err) or is_engine_fault(done.err)):
            raise EngineError(f"no engine answers: {done.message}" if is_engine_gone(done.err) else done.message)
        return done

    def files(self, image: str, paths: Iterable[str], limit: int = 1 << 20) -> dict[str, FileStat | None]:
        """Files of an image, out of a container that never starts; None for one that it does not have.

        Args:
            limit: bytes of a file that are read; the content of a longer one is left out.

        Raises EngineError.
        """
        listed = list(paths)
        if not listed:
            return {}
        made = self.call("create", "--pull", "never", *self._label_options(), "--", image, "true")
        container = made.out.strip().rpartition("\n")[2]
        if made.code or not container:
            raise EngineError(f"{self.program} create: {made.message}")
        try:
            return {path: self._file(container, path, limit) for path in listed}
        finally:
            self._remove(container)

    def _file(self, container: str, path: str, limit: int) -> FileStat | None:
        command = [self.program, "cp", "-L", "--", f"{container}:{path}", "-"]
        data, message = processes.head(command, limit + (1 << 14), env=self.env)
        if not data:
            if is_engine_gone(message) or is_engine_fault(message):
                raise EngineError(message)
            return None
        return _first_member(data, limit)

    def _label_options(self) -> list[str]:
        return [word for label, value in self.labels().items() for word in ("--label", f"{label}={value}")]

    def _sealing(self, network: str, read_only: bool) -> list[str]:
        words = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", network]
        if read_only:
            words += ["--read-only", "--tmpfs", "/tmp:rw,exec,nosuid,nodev"]
        if self._limits is None:
            self._limits = tuple(self._resource_limits())
        return [*words, "--pull", "never", *self._limits]

    def _resource_limits(self) -> list[str]:
        """Options for memory, CPUs and processes, as far as the engine's host can hold a container to them."""
        if self.is_podman:
            return ["--log-driver", "none", "--pids-limit", str(MAX_PIDS)]
        done = self.call("info", "--format", "{{json .}}", timeout=30)
        info: Facts = {}
        with suppress(ValueError):
            info = json.loads(done.out)
        words = ["--log-driver", "none"]
        if not isinstance(info, dict):
            return words
        if info.get("PidsLimit"):
            words += ["--pids-limit", str(MAX_PIDS)]
        if info.get("MemoryLimit") and isinstance(info.get("MemTotal"), int):
            words += ["--memory", str(min(MAX_MEMORY, info["MemTotal"] * 3 // 4)), "--memory-swap", "-1"]
        if info.get("CpuCfsQuota") and isinstance(info.get("NCPU"), int) and info["NCPU"] > 0:
            words += ["--cpus", str(min(MAX_CPUS, info["NCPU"]))]
        return words

    def labels(self) -> dict[str, str]:
        """What everything that this process makes carries."""
        return {SESSION_LABEL: self.session, OWNER_LABEL: self.owner, PROCESS_LABEL: str(os.getpid())}

    def _remove(self, name: str) -> None:
        with suppress(EngineError):  # what could not be removed is found by its label
            processes.run([self.program, "rm", "-f", "-v", "--", name], timeout=30, env=self.env)

    # -- builds

    def build(self, arguments: Sequence[str], cwd: str, timeout: float, on_line: Callable[[str], None]) -> Completed:
        """`docker build` with these arguments, from a folder; every line of its output goes to `on_line`."""
        return processes.run(
            [self.program, "build", *arguments], timeout=timeout, env=self._build_env(), cwd=cwd, on_line=on_line
        )

    def _build_env(self) -> dict[str, str]:
        """With BuildKit where it is there: an old client has it built in, a new one needs its buildx plugin.

        DOCKER_BUILDKIT of the environment wins. A builder elsewhere (BUILDX_BUILDER) is left out: it has none of the
        bases that are here, and leaves nothing here.
        """
        env = dict(self.env or os.environ)
        env.pop("BUILDX_BUILDER", None)
        if not self.is_podman and "DOCKER_BUILDKIT" not in env:
            version = self.call("version", "--format", "{{.Client.Version}}", timeout=30).out
            major = int(found[0]) if (found := re.match(r"\d+", version)) else 99
            if major >= 23:
                has = not processes.run([self.program, "buildx", "version"], timeout=30, env=env).code
                env["DOCKER_BUILDKIT"] = "1" if has else "0"
            else:
                env["DOCKER_BUILDKIT"] = "1"
        env.setdefault("BUILDKIT_PROGRESS", "plain")
        return env


def _image_info(answer: dict[str, Any]) -> ImageInfo:
    config = answer.get("Config") or {}
    digest = str(answer["Id"])
    entrypoint = config.get("Entrypoint") or ()
    return ImageInfo(
        digest if digest.startswith("sha256:") else f"sha256:{digest}",
        tuple(map(str, answer.get("RepoTags") or ())),
        tuple(map(str, (answer.get("RootFS") or {}).get("Layers") or ())),
        int(answer.get("Size") or 0),
        str(config.get("User") or ""),
        (entrypoint,) if isinstance(entrypoint, str) else tuple(map(str, entrypoint)),
        tuple(map(str, config.get("Env") or ())),
        {str(k): str(v) for k, v in (config.get("Labels") or {}).items()},
        tuple(map(str, config.get("Cmd") or ())),
        str(config.get("WorkingDir") or ""),
        tuple(map(str, config.get("ExposedPorts") or ())),
        tuple(map(str, config.get("Volumes") or ())),
    )


def _first_member(data: bytes, limit: int) -> FileStat | None:
    """The first member of a tar of which the beginning is there: a folder is followed by all that is in it."""
    import io
    import tarfile

    try:
        archive = tarfile.open(fileobj=io.BytesIO(data), mode="r|")  # noqa: SIM115 - of memory
        member = archive.next()
        if member is None:
            return None
        kind = "file" if member.isfile() else "folder" if member.isdir() else "other"
        found = FileStat(kind, member.mode & 0o7777, member.uid, member.gid)
        if kind != "file":
            return found
        if member.size > limit:
            return found._replace(unread=f"it has more than {limit} bytes")
        file = archive.extractfile(member)
        return found._replace(data=file.read() if file is not None else b"")
    except (tarfile.TarError, OSError, EOFError):
        return None
