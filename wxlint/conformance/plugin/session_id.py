"""The name of a session, made without the rest of the plugin: every pytest with xdist needs one."""

from __future__ import annotations

from typing import Any

_ATTRIBUTE = "_wxlint_session"


def session_name(config: Any) -> tuple[str, str]:
    """(name, owner): those of the controller in a worker, else made once for this process. `config`: pytest's."""
    given = getattr(config, "workerinput", {})
    if "wxlint_session" in given:
        return given["wxlint_session"], given["wxlint_owner"]
    if not hasattr(config, _ATTRIBUTE):
        import os

        setattr(config, _ATTRIBUTE, (os.urandom(6).hex(), owner()))
    found: tuple[str, str] = getattr(config, _ATTRIBUTE)
    return found


def owner() -> str:
    """This process, told from any later one of the same number: host, boot, number, start time."""
    import os
    import platform

    return f"{platform.node()}/{boot()}/{os.getpid()}/{started(os.getpid())}"


def boot() -> str:
    """Which start of the machine this is; "" where /proc does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def started(pid: int) -> str:
    """The start time of a process, from /proc; "" without one, and of one that is dead but not waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return ""
