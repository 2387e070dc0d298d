"""Bring images from their registries, and give up at once where one is gone: an engine would try for 80 seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wxlint.conformance.container.faults import is_engine_fault, is_engine_gone, is_registry_gone
from wxlint.core import processes
from wxlint.core.errors import EngineError

if TYPE_CHECKING:
    from wxlint.conformance.container.engine import Engine

_TRIES_AGAIN = re.compile(r"Retrying in \d*[05] seconds")
"""What docker prints of a layer that broke off: it counts down from 5, 10, 15 …"""
_NO_IMAGE = "sha256:" + "0" * 64
"""A digest that nothing has: a registry that is there says so at once."""
_ANSWERS = 4.0
"""Seconds for that."""


def pull(engine: Engine, reference: str, timeout: float = 120.0) -> str:
    """Bring an image from its registry.

    When a layer breaks off, the engine tries again, and goes on where it was; it is stopped where the registry does not
    answer any more.

    Returns:
        The reason when that fails, else "".

    Raises EngineError where no registry answers.
    """
    gone = ""

    def is_over(line: str) -> bool:
        nonlocal gone
        if not gone and _TRIES_AGAIN.search(line):
            gone = _registry_fault(engine, repository(reference))
        return gone != ""

    command = [engine.program, "pull", "--", reference]
    done = processes.run(command, timeout=timeout, env=engine.env, until=is_over)
    what = f"{engine.program} pull {reference}"
    if gone:
        raise EngineError(f"{what}: a layer broke off, and the registry does not answer any more: {gone}")
    if done.timed_out:
        raise EngineError(f"{what}: not done within {timeout:.0f} seconds")
    if not done.code:
        return ""
    message = done.message.rpartition("\n")[2] or f"exit code {done.code}"
    if is_engine_gone(message) or is_engine_fault(message) or is_registry_gone(message):
        raise EngineError(f"{what}: {message}")
    return f"{what}: {message}"


def _registry_fault(engine: Engine, name: str) -> str:
    """Why the engine cannot reach a repository's registry; "" where it can, or nobody waits for it any more."""
    try:
        command = [engine.program, "pull", "-q", "--", f"{name}@{_NO_IMAGE}"]
        done = processes.run(command, timeout=_ANSWERS, env=engine.env)
    except EngineError:
        return ""
    if done.timed_out:
        return f"nothing within {_ANSWERS:.0f} seconds"
    return done.message if is_registry_gone(done.message) or is_engine_gone(done.message) else ""


def repository(reference: str) -> str:
    """A reference without its tag and digest."""
    head, slash, last = reference.partition("@")[0].rpartition("/")
    return head + slash + last.partition(":")[0]
