"""Build a plan: each image once, its bases first, in parallel where the order allows, and nothing that is up to date."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.container.context_digest import content_digest
from wxlint.conformance.container.engine import CONTENT_LABEL, Engine
from wxlint.conformance.plugin.workspace import file_name
from wxlint.core import processes
from wxlint.core.errors import EngineError, UsageError

if TYPE_CHECKING:
    from wxlint.plan.build_plan import Plan, Step

AUTO, ALWAYS, NEVER = MODES = ("auto", "always", "never")
BUILT, CURRENT, FOUND, FAILED, BLOCKED, MISSING, LEFT = (
    "built",
    "up to date",
    "found",
    "failed",
    "blocked",
    "missing",
    "left out",
)
BUILD_TIMEOUT = 4 * 3600.0
"""Seconds for one image: a limit for what hangs, not for what is slow."""
_STEP = re.compile(r"^(?:#\d+ \[[^\]]*?(\d+/\d+)\] |Step (\d+/\d+) : |STEP (\d+/\d+): )(.*)")

Progress = Callable[[str, str], None]
"""Called with an image and what happens to it, from any thread."""


class Result(NamedTuple):
    """status: one of the words above. digest: of the image, "" when there is none. reason: for failed, blocked, missing and left out.

    log: the file with the build's output, "" when nothing was built; tail: its end, for a failure.
    """

    image: str
    status: str
    digest: str = ""
    seconds: float = 0.0
    reason: str = ""
    log: str = ""
    tail: str = ""

    @property
    def ok(self) -> bool:
        return self.status in (BUILT, CURRENT, FOUND)


def cache_folder() -> Path:
    """Where logs and what was read of images are kept: the user's cache folder."""
    base = (
        os.environ.get("XDG_CACHE_HOME")
        or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
        or os.path.expanduser("~/.cache")
    )
    return Path(base) / "wxlint"


def build(
    plan: Plan,
    engine: Engine,
    mode: str = AUTO,
    jobs: int = 0,
    progress: Progress = lambda _, __: None,
    leave: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Result]:
    """Bring every image of the plan into the engine; the results by image, in the plan's order.

    mode: auto builds what is missing or changed, always asks the engine (whose cache counts) for every image, never only looks.
    jobs: builds at the same time, 0 for a choice by the machine. leave: images that are only looked for, and why, unless one that is
    built stands on them.
    Raises UsageError for another mode, EngineError when the engine is gone.
    What is being built is stopped when this is left by an exception such as Ctrl-C.
    """
    if mode not in MODES:
        raise UsageError(f"unknown build mode {mode!r}; known are {', '.join(MODES)}")
    results: dict[str, Result] = {}
    stood_on = {name for step in plan.steps if step.image not in leave for name in _below(plan, step)}
    leave = {image: why for image, why in leave.items() if image not in stood_on}
    waiting = list(plan.steps)
    running: dict[Future[Result], Step] = {}
    with ThreadPoolExecutor(jobs or max(2, min(4, os.cpu_count() or 2))) as pool:
        try:
            while waiting or running:
                for step in list(waiting):
                    broken = [name for name in step.needs if name in results and not results[name].ok]
                    left = mode == NEVER or step.image in leave
                    if broken and not left:
                        by = next(
                            (
                                r.reason.removeprefix("blocked by ")
                                for name in broken
                                if (r := results[name]).status == BLOCKED
                            ),
                            broken[0],
                        )
                        results[step.image] = Result(step.image, BLOCKED, reason=f"blocked by {by}")
                        progress(step.image, f"blocked by {by}")
                        waiting.remove(step)
                    elif left or all(name in results for name in step.needs):
                        waiting.remove(step)
                        bases = {name: results[name].digest for name in step.needs if name in results}
                        running[
                            pool.submit(
                                _one,
                                plan,
                                step,
                                engine,
                                NEVER if left else mode,
                                bases,
                                progress,
                                leave.get(step.image, ""),
                            )
                        ] = step
                if running:
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        results[running.pop(future).image] = future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.SUPERVISOR.stop_all()
            raise
    return {step.image: results[step.image] for step in plan.steps}


def _below(plan: Plan, step: Step) -> Iterator[str]:
    """The images of the plan that a step is built from, in any number of steps."""
    for name in step.needs:
        yield name
        if (below := plan.step(name)) is not None:
            yield from _below(plan, below)


def _one(
    plan: Plan, step: Step, engine: Engine, mode: str, bases: dict[str, str], progress: Progress, left: str = ""
) -> Result:
    before = engine.image(step.reference)
    if mode == NEVER:
        if before is not None:
            return Result(step.image, FOUND, before.digest)
        if left:
            return Result(step.image, LEFT, reason=f"the engine has no {step.reference}; {left}")
        return Result(step.image, MISSING, reason=f"the engine has no {step.reference}")
    if step.problem:
        progress(step.image, f"failed: {step.problem}")
        return Result(step.image, FAILED, reason=step.problem)
    for name in step.external:
        info = engine.image(name)
        bases[name] = info.digest if info else ""
    content = content_digest(step, plan.root, bases)
    if mode == AUTO and before is not None and content is not None and before.labels.get(CONTENT_LABEL) == content:
        progress(step.image, CURRENT)
        return Result(step.image, CURRENT, before.digest)
    result = _build(plan, step, engine, content, progress)
    if result.ok and before is not None and result.digest != before.digest and CONTENT_LABEL in before.labels:
        old = engine.image(before.digest)
        if (
            old is not None and not old.tags
        ):  # the one we had built before: nobody names it now, and the engine keeps what is stood on
            engine.call("image", "rm", before.digest)
    return result


def _build(plan: Plan, step: Step, engine: Engine, content: str | None, progress: Progress) -> Result:
    folder = cache_folder() / "logs" / file_name(plan.family or "family")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{file_name(step.image)}.log"
    arguments = [
        "--label",
        f"{CONTENT_LABEL}={content or ''}",
        "-t",
        step.reference,
        "-f",
        os.path.join(plan.root, step.dockerfile),
    ]
    for name, value in step.args:
        arguments += ["--build-arg", f"{name}={value}"]
    if step.target:
        arguments += ["--target", step.target]
    if not engine.is_podman:
        arguments.append("--force-rm")  # the older builder keeps the containers of a failed step otherwise
    progress(step.image, "building")
    tail: list[str] = []
    shown = ""
    with open(log, "w", encoding="utf-8") as file:

        def line(text: str) -> None:
            nonlocal shown
            file.write(text + "\n")
            tail.append(text)
            del tail[:-40]
            found = _STEP.match(text)
            if (
                found
                and (now := f"step {found[1] or found[2] or found[3]}: {' '.join(found[4].split())[:100]}") != shown
            ):
                shown = now
                progress(step.image, now)

        context = os.path.join(plan.root, step.context)
        done = engine.build([*arguments, context], plan.root, BUILD_TIMEOUT, line)
    if done.code or done.timed_out:
        reason = (
            f"not done after {BUILD_TIMEOUT:.0f} seconds"
            if done.timed_out
            else f"docker build ended with exit code {done.code}"
        )
        progress(step.image, f"failed after {done.seconds:.0f} s; log: {log}")
        return Result(step.image, FAILED, "", done.seconds, reason, str(log), "\n".join(tail))
    info = engine.image(step.reference)
    if info is None:
        raise EngineError(
            f"{step.reference} was built, and the engine does not have it: is it a remote builder that does not load its results?"
        )
    progress(step.image, f"built in {done.seconds:.0f} s")
    return Result(step.image, BUILT, info.digest, done.seconds, "", str(log))


def failures(results: Iterable[Result]) -> Iterator[str]:
    """What to say of each image that could not be built: why, and the end of its log; of those it blocks, one line."""
    listed = list(results)
    for result in listed:
        if result.status != FAILED:
            continue
        yield f"{result.image}: {result.reason}"
        if result.log:
            yield f"the end of {result.log}:"
            yield from (f"  {line}" for line in result.tail.splitlines())
        blocked = [
            each.image for each in listed if each.status == BLOCKED and each.reason == f"blocked by {result.image}"
        ]
        if blocked:
            yield f"blocked by {result.image}: {', '.join(blocked)}"


def summary(results: Iterable[Result]) -> str:
    """ "2 built, 12 up to date, 1 failed (base:cuda), 6 blocked"."""
    listed = list(results)
    parts = []
    for status in (BUILT, CURRENT, FOUND, FAILED, BLOCKED, MISSING, LEFT):
        names = [r.image for r in listed if r.status == status]
        if names:
            shown = f" ({', '.join(names)})" if status == FAILED else ""
            parts.append(f"{len(names)} {status}{shown}")
    return ", ".join(parts) or "nothing to build"
