"""GPUs: what is missing for them to be used, and that one is never given to two at once."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from wxlint.conformance.container.locks import locked
from wxlint.conformance.container.model import About
from wxlint.conformance.container.paths import file_name
from wxlint.core import processes
from wxlint.core.errors import EngineError

DRIVER, RUNTIME, TOOLKIT = "driver", "runtime", "toolkit"
_REMEDY = {
    DRIVER: "install the NVIDIA driver on the host (nvidia-smi must work there)",
    RUNTIME: "configure the runtime: nvidia-ctk runtime configure --runtime=docker, then restart the engine",
    TOOLKIT: "install the NVIDIA Container Toolkit (package nvidia-container-toolkit) on the engine's host",
}
_ERRORS = (
    # The first two are Docker's, with exit code 125; the third is podman's, the rest libnvidia-container's.
    (re.compile(r"could not select device driver \S* *with capabilities: \[\[gpu\]\]"), TOOLKIT),
    (
        re.compile(r"[Uu]nknown (?:or invalid )?runtime (?:name|specified)[: ]*nvidia|runtime \"?nvidia\"? not found"),
        RUNTIME,
    ),
    (re.compile(r"unresolvable CDI devices|failed to discover GPU vendor from CDI"), TOOLKIT),
    (
        re.compile(
            r"driver not loaded|nvml error|libnvidia-ml\.so|driver\/library version mismatch|initialization error"
            r"|cuda driver version",
            re.I,
        ),
        DRIVER,
    ),
    (re.compile(r"nvidia-container-(?:runtime-hook|cli|toolkit)\S*:? .*(?:not found|no such file)", re.I), TOOLKIT),
)


class Gpu(NamedTuple):
    """One GPU, or all that the engine gives when they cannot be told apart.

    device: its number or "". host: the engine as it was given, "" for one of this machine.
    """

    device: str
    name: str
    host: str = ""

    @property
    def lock(self) -> str:
        """The name of the file that is locked by who uses it."""
        return f"{file_name(self.host) + '-' if self.host else ''}{self.device or 'all'}.lock"

    def options(self, podman: bool = False) -> list[str]:
        """What `docker run` needs to give it to a container."""
        if podman:
            return ["--device", f"nvidia.com/gpu={self.device or 'all'}"]
        return ["--gpus", f"device={self.device}" if self.device else "all"]


def explain(message: str) -> str | None:
    """What an engine's refusal of a GPU means: what is missing (driver, runtime, toolkit) and the remedy.

    None: something else.
    """
    for pattern, missing in _ERRORS:
        if pattern.search(message):
            return f"the {missing} is missing: {_REMEDY[missing]}"
    return None


def missing(about: About) -> list[str]:
    """What this host lacks for GPUs in containers, as far as seen from outside: an empty list proves nothing."""
    found = []
    if about.local:
        if not os.path.exists("/proc/driver/nvidia/version") and shutil.which("nvidia-smi") is None:
            found.append(f"the {DRIVER} is missing: {_REMEDY[DRIVER]}")
        if not any(
            shutil.which(name) for name in ("nvidia-ctk", "nvidia-container-cli", "nvidia-container-runtime-hook")
        ):
            found.append(f"the {TOOLKIT} is missing: {_REMEDY[TOOLKIT]}")
    if about.program == "docker" and "nvidia" not in about.runtimes and not found:
        return []  # --gpus does without the runtime where the hook is there
    return found


def seen(about: About) -> bool:
    """Whether an engine is seen to have a GPU; one that is not may have it all the same."""
    return "nvidia" in about.runtimes or (about.local and not missing(about))


def gpus(about: About) -> tuple[Gpu, ...]:
    """The GPUs of the engine's host; one without a number when they cannot be listed from here."""
    host = "" if about.local else about.name
    if about.local and shutil.which("nvidia-smi"):
        try:
            done = processes.run(["nvidia-smi", "-L"], timeout=30)
        except EngineError:
            return (Gpu("", "GPU", host),)
        listed = re.findall(r"^GPU (\d+): (.+?)(?: \(UUID.*)?$", done.out, re.MULTILINE)
        if not done.code and listed:
            return tuple(Gpu(number, name) for number, name in listed)
    return (Gpu("", "GPU", host),)


@contextmanager
def take(available: tuple[Gpu, ...]) -> Iterator[Gpu]:
    """Hold one GPU, waiting for a free one, among all processes of this user on this machine."""
    folder = Path(tempfile.gettempdir()) / f"wxlint-gpus-{_user()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        for gpu in available:
            if stack.enter_context(locked(folder / gpu.lock, wait=False)):
                yield gpu
                return
        first = available[os.getpid() % len(available)]  # all are taken: queue for one, not all for the same
        stack.enter_context(locked(folder / first.lock))
        yield first


def _user() -> str:
    try:
        return re.sub(r"\W", "_", getpass.getuser())
    except (OSError, KeyError):  # a user id without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "user"
