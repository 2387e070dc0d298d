"""Build a plan: each image once, its bases first, in parallel where the order allows; nothing that is up to date."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.container import pulling
from wxlint.conformance.container.build_report import BUILD_TIMEOUT, explain
from wxlint.conformance.container.context_digest import content_digest
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.faults import fault_of_build
from wxlint.conformance.container.model import CONTENT_LABEL, BuildResult, BuildStatus, Doing, ImageInfo, LeftOut
from wxlint.conformance.container.paths import cache_folder, file_name
from wxlint.conformance.container.workers import workers
from wxlint.core.errors import EndedError, EngineError, UsageError
from wxlint.core.processes import Completed

if TYPE_CHECKING:
    from wxlint.plan.model import Plan, Step

AUTO, ALWAYS, NEVER = MODES = ("auto", "always", "never")
_TAIL = 40
"""Lines of a log that a failure shows."""
_STEP = re.compile(r"^(?:#\d+ \[[^\]]*?(\d+/\d+)\] |Step (\d+/\d+) : |STEP (\d+/\d+): )(.*)")

Progress = Callable[[str, str], None]
"""Called with an image and what happens to it, `Doing` while it does, from any thread."""


class _Job(NamedTuple):
    """mode: for this image. left_out: why it is only looked for. bases: digests of what it is built from."""

    step: Step
    mode: str
    left_out: LeftOut | None
    bases: dict[str, str]


def build(
    plan: Plan,
    engine: Engine,
    mode: str = AUTO,
    jobs: int = 0,
    progress: Progress = lambda _, __: None,
    leave: Mapping[str, LeftOut] = MappingProxyType({}),
    pull: bool = False,
    digests: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, BuildResult]:
    """Bring every image of the plan into the engine; the results by image, in the plan's order.

    Args:
        mode: auto builds what is missing or changed, always has the engine (whose cache counts) build every image,
            never only looks.
        jobs: builds at the same time, 0 for a choice by the machine.
        leave: images that are only looked for, unless one that is built stands on them.
        pull: with `never`, bring each image that is not left out from its registry, where the engine has it or not.
        digests: with `never`, which image of its registry an image must be, sha256:….

    Raises UsageError for another mode, EngineError when the engine is gone. What is being built is stopped when this is
    left by an exception such as Ctrl-C.
    """
    if mode not in MODES:
        raise UsageError(f"unknown build mode {mode!r}; known are {', '.join(MODES)}")
    run = _Run(plan, engine, mode, progress, leave)
    run.pull, run.digests = pull and mode == NEVER, digests
    return run.all(jobs)


class _Run:
    def __init__(self, plan: Plan, engine: Engine, mode: str, progress: Progress, leave: Mapping[str, LeftOut]) -> None:
        self.plan, self.engine, self.mode, self.progress = plan, engine, mode, progress
        needed = {name for step in plan.steps if step.image not in leave for name in _below(plan, step)}
        self.leave = {image: why for image, why in leave.items() if image not in needed}
        self.results: dict[str, BuildResult] = {}
        self.pull = False
        self.digests: Mapping[str, str] = {}

    def all(self, jobs: int) -> dict[str, BuildResult]:
        waiting, running = list(self.plan.steps), dict[Future[BuildResult], str]()
        with workers(jobs) as pool:
            while waiting or running:
                for step in list(waiting):
                    job = self._next(step)
                    if job is None:
                        continue
                    waiting.remove(step)
                    if isinstance(job, BuildResult):
                        self.results[step.image] = job
                        self.progress(step.image, explain(job))
                    else:
                        running[pool.submit(self._one, job)] = step.image
                if running:
                    for future in wait(running, return_when=FIRST_COMPLETED)[0]:
                        self.results[running.pop(future)] = future.result()
        return {step.image: self.results[step.image] for step in self.plan.steps}

    def _next(self, step: Step) -> _Job | BuildResult | None:
        """What to do with a step now: a job, a result when it is blocked, None while its bases are being built."""
        left = self.leave.get(step.image)
        looks = self.mode == NEVER or left is not None
        broken = [self.results[n] for n in step.needs if n in self.results and not self.results[n].ok]
        if broken and not looks:
            first = next((each for each in broken if each.blocked_by), broken[0])
            if first.status is BuildStatus.ENGINE_FAULT:
                return BuildResult(step.image, BuildStatus.ENGINE_FAULT, step.reference, detail=first.detail)
            return BuildResult(
                step.image, BuildStatus.BLOCKED, step.reference, blocked_by=first.blocked_by or first.image
            )
        if looks or all(name in self.results for name in step.needs):
            bases = {name: self.results[name].digest for name in step.needs if name in self.results}
            return _Job(step, NEVER if looks else self.mode, left, bases)
        return None

    def _one(self, job: _Job) -> BuildResult:
        try:
            return self._build_or_look(job)
        except EndedError:
            raise
        except EngineError as error:
            return BuildResult(job.step.image, BuildStatus.ENGINE_FAULT, job.step.reference, detail=str(error))

    def _build_or_look(self, job: _Job) -> BuildResult:
        step = job.step
        result = BuildResult(step.image, BuildStatus.FOUND, step.reference)
        if self.pull and job.left_out is None:
            return self._pull(step, result)
        before = self.engine.image(step.reference)
        if job.mode == NEVER:
            if step.image in self.digests:
                return self._published(step, before, result)
            if before is not None:
                return result._replace(digest=before.digest)
            status = BuildStatus.LEFT_OUT if job.left_out is not None else BuildStatus.MISSING
            return result._replace(status=status, left_out=job.left_out)
        if step.problem:
            self.progress(step.image, f"failed: {step.problem}")
            return result._replace(status=BuildStatus.FAILED, detail=step.problem)
        bases = dict(job.bases)
        for name in step.external:
            info = self.engine.image(name)
            bases[name] = info.digest if info else ""
        content = content_digest(step, self.plan.root, bases)
        if job.mode == AUTO and before is not None and content is not None:
            if before.labels.get(CONTENT_LABEL) == content:
                self.progress(step.image, BuildStatus.CURRENT.value)
                return result._replace(status=BuildStatus.CURRENT, digest=before.digest)
        built = self._build(step, content)
        if built.ok and before is not None and built.digest != before.digest and CONTENT_LABEL in before.labels:
            self._remove_replaced(before.digest)
        return built

    def _pull(self, step: Step, result: BuildResult) -> BuildResult:
        """Take what is published: one that is here already may be another."""
        self.progress(step.image, Doing("pulling"))
        name = self._pinned(step)
        problem = pulling.pull(self.engine, name or step.reference, BUILD_TIMEOUT)
        if name and not problem:  # so that what is built from it, and its layers, are found by its name
            problem = self.engine.tag(name, step.reference)
        info = None if problem else self.engine.image(step.reference)
        self.progress(step.image, "not pulled" if info is None else "pulled")
        if info is None:
            return result._replace(status=BuildStatus.FAILED, detail=problem)
        return result._replace(digest=info.digest)

    def _published(self, step: Step, there: ImageInfo | None, result: BuildResult) -> BuildResult:
        """The engine's image, where it is the one of a digest in its registry."""
        name = self._pinned(step)
        wanted = self.engine.image(name)
        if wanted is None:
            return result._replace(status=BuildStatus.MISSING, reference=name)
        if there is None or there.digest != wanted.digest:
            other = "is not there" if there is None else f"is another, {there.digest}"
            detail = f"the engine has {name}, and {step.reference} {other}"
            return result._replace(status=BuildStatus.FAILED, detail=detail)
        return result._replace(digest=there.digest)

    def _pinned(self, step: Step) -> str:
        """The name by its digest; "" where none is asked for."""
        digest = self.digests.get(step.image, "")
        return f"{pulling.repository(step.reference)}@{digest}" if digest else ""

    def _remove_replaced(self, digest: str) -> None:
        """Remove an image that we had built before and that nobody names now; the engine keeps what is built on."""
        old = self.engine.image(digest)
        if old is not None and not old.tags:
            self.engine.call("image", "rm", "--", digest)

    def _build(self, step: Step, content: str | None) -> BuildResult:
        log = cache_folder() / "logs" / file_name(self.plan.family or "family") / f"{file_name(step.image)}.log"
        self.progress(step.image, Doing("building"))
        tail: list[str] = []
        shown = ""
        with closing(_Log(log)) as file:

            def line(text: str) -> None:
                nonlocal shown
                file.write(text)
                tail.append(text)
                del tail[:-_TAIL]
                found = _STEP.match(text)
                now = f"step {found[1] or found[2] or found[3]}: {' '.join(found[4].split())[:100]}" if found else shown
                if now != shown:
                    shown = now
                    self.progress(step.image, Doing(now))

            arguments = _arguments(self.plan, step, content, self.engine.is_podman)
            done = self.engine.build(arguments, self.plan.root, BUILD_TIMEOUT, line)
        return self._result(step, done, str(log), "\n".join(tail))

    def _result(self, step: Step, done: Completed, log: str, tail: str) -> BuildResult:
        result = BuildResult(step.image, BuildStatus.BUILT, step.reference, seconds=done.seconds, log=log)
        if done.code or done.timed_out:
            self.progress(step.image, f"failed after {done.seconds:.0f} s; log: {log}")
            result = result._replace(exit_code=done.code, timed_out=done.timed_out, tail=tail)
            if fault := fault_of_build(tail):
                return result._replace(status=BuildStatus.ENGINE_FAULT, detail=fault)
            return result._replace(status=BuildStatus.FAILED)
        info = self.engine.image(step.reference)
        if info is None:
            raise EngineError(
                f"{step.reference} was built, and the engine does not have it: is it a remote builder that does not "
                "load its results?"
            )
        self.progress(step.image, f"built in {done.seconds:.0f} s")
        return result._replace(digest=info.digest)


class _Log:
    """The file of a build's output. A disk that fills up costs the rest of the log, not the build."""

    def __init__(self, path: Path) -> None:
        """Raises EngineError where it cannot be made."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "w", encoding="utf-8")  # noqa: SIM115 - `close` does
        except OSError as error:
            raise EngineError(f"{path}: {error.strerror}") from None

    def write(self, line: str) -> None:
        with suppress(OSError):
            self._file.write(line + "\n")

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()


def _arguments(plan: Plan, step: Step, content: str | None, podman: bool) -> list[str]:
    """The words behind `docker build`."""
    dockerfile, context = os.path.join(plan.root, step.dockerfile), os.path.join(plan.root, step.context)
    words = ["--label", f"{CONTENT_LABEL}={content or ''}", "-t", step.reference, "-f", dockerfile]
    for name, value in step.args:
        words += ["--build-arg", f"{name}={value}"]
    if step.target:
        words += ["--target", step.target]
    if step.platform:
        words += ["--platform", step.platform]
    if not podman:
        words.append("--force-rm")  # the older builder keeps the containers of a failed step otherwise
    return [*words, "--", context]


def _below(plan: Plan, step: Step) -> Iterator[str]:
    """The images of the plan that a step is built from, in any number of steps."""
    for name in step.needs:
        yield name
        if (below := plan.step(name)) is not None:
            yield from _below(plan, below)
