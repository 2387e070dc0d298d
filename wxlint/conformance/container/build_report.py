"""Builds in words: why an image is not there, what a build's log ends with, how many were built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wxlint.conformance.container.model import BuildResult, BuildStatus, LeftOut

BUILD_TIMEOUT = 4 * 3600.0
"""Seconds for one image: a limit for what hangs, not for what is slow."""


def explain(result: BuildResult) -> str:
    """Why an image is not in the engine, or how it came there: one line."""
    missing = f"the engine has no {result.reference}"
    if result.status is BuildStatus.BLOCKED:
        return f"blocked by {result.blocked_by}"
    if result.status is BuildStatus.MISSING:
        return missing
    if result.status is BuildStatus.LEFT_OUT:
        if result.left_out is LeftOut.OPTIONAL:
            return f"{missing}; it is optional"
        return f"{missing}; wx_leave leaves it out, --wx-gpu and --wx-select {result.image} build it"
    if result.status is BuildStatus.NO_DOCKERFILE:
        return "it is optional and has no Dockerfile"
    if result.status is BuildStatus.ABORTED:
        return f"the preparation was aborted: {result.detail}"
    if result.status is BuildStatus.FAILED and not result.detail:
        return (
            f"not done after {BUILD_TIMEOUT:.0f} seconds"
            if result.timed_out
            else f"docker build ended with exit code {result.exit_code}"
        )
    return result.detail or str(result.status.value)


def line(result: BuildResult) -> str:
    """What `wxlint build` shows of an image: "built in 3 s", "blocked by base:cpu"."""
    if result.status in (BuildStatus.BUILT, BuildStatus.FAILED):
        return f"{result.status.value} in {result.seconds:.0f} s"
    if result.status in (BuildStatus.BLOCKED, BuildStatus.ENGINE_FAULT):
        return explain(result)
    return str(result.status.value)


def failures(results: Iterable[BuildResult]) -> Iterator[str]:
    """For each image that could not be built: why, the end of its log, and the images that it blocks."""
    listed = list(results)
    for result in listed:
        if result.status not in (BuildStatus.FAILED, BuildStatus.ENGINE_FAULT):
            continue
        yield f"{result.image}: {explain(result)}"
        if result.log:
            yield f"the end of {result.log}:"
            yield from (f"  {line}" for line in result.tail.splitlines())
        blocked = [each.image for each in listed if each.blocked_by == result.image]
        if blocked:
            yield f"blocked by {result.image}: {', '.join(blocked)}"


def summary(results: Iterable[BuildResult]) -> str:
    """Counts by status: "2 built, 12 up to date, 1 failed (base:cuda), 6 blocked"."""
    listed = list(results)
    parts = []
    for status in BuildStatus:
        names = [r.image for r in listed if r.status is status]
        if names:
            shown = f" ({', '.join(names)})" if status in (BuildStatus.FAILED, BuildStatus.ENGINE_FAULT) else ""
            parts.append(f"{len(names)} {status.value}{shown}")
    return ", ".join(parts) or "nothing to build"
