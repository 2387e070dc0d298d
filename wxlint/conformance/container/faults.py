"""What clients say when an engine or a registry is at fault, and no image."""

from __future__ import annotations

import re

_GONE = re.compile(
    r"Cannot connect to|Is the docker daemon running|error during connect|connection refused|no such host"
    r"|\bEOF\"?\s*$|error waiting for container|unable to connect",
    re.I,
)
_FAULT = re.compile(
    r"Cannot connect to the Docker daemon|error during connect|permission denied while trying to connect"
    r"|no space left on device|disk quota exceeded|input/output error|read-only file system: .*/var/lib/",
    re.I,
)
_UNREACHABLE = re.compile(
    r"connection refused|connection reset|no such host|server misbehaving|network is unreachable|no route to host"
    r"|timeout|deadline exceeded|Client\.Timeout|EOF$",
    re.I,
)
_OF_A_REGISTRY = re.compile(r'ERROR: failed to solve: .*failed to (?:do request|copy): |Get "https?://[^"/]+/v2/')
"""How the last line of a build begins that asked a registry in vain: of BuildKit, and of the older builder."""


def is_engine_gone(text: str) -> bool:
    """Whether a client says that there is no engine, or that it ended while the client waited."""
    return _GONE.search(text) is not None


def is_engine_fault(text: str) -> bool:
    """Whether a line of an engine's output says that the engine or its host is at fault, and no image."""
    return _FAULT.search(text) is not None


def is_registry_gone(text: str) -> bool:
    """Whether an engine says that a registry does not answer."""
    return _UNREACHABLE.search(text) is not None


def fault_of_build(tail: str) -> str:
    """The line at the end of a build's log that blames its engine, or a registry that it needs; "" without one."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    if lines and _OF_A_REGISTRY.match(lines[-1]) and is_registry_gone(lines[-1]):
        return lines[-1]
    return next((line for line in reversed(lines) if is_engine_fault(line)), "")
