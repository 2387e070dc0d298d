"""Gather what the checks of a family need: build, then look at each image once, several at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.checks.evidence import Evidence, Facts, Ran
from wxlint.conformance.checks.registry import ENTRYPOINT, PROBE, SERVICE, STATIC, Check
from wxlint.conformance.checks.verdict import SKIP, UNPROVEN
from wxlint.conformance.container import gpu
from wxlint.conformance.container import saved_layers as layers_look
from wxlint.conformance.container.builder import AUTO, Progress, Result, build
from wxlint.conformance.container.compose_run import SHOWN, NoComposeError, run_service
from wxlint.conformance.container.engine import About, Engine, ImageInfo
from wxlint.conformance.probe import MARK, SCHEMA
from wxlint.core import processes
from wxlint.core.errors import EngineError, WxlintError
from wxlint.plan.build_plan import Plan, Step, make_plan

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation, Policy

PROBE_TIMEOUT = 300.0


class Options(NamedTuple):
    """mode: of the builder. args: build arguments. gpu: GPU checks must run. jobs: at the same time, 0 for a choice by the machine.

    leave: images that are looked at where they are there, and not built, unless one that is built stands on them; and why.
    """

    mode: str = AUTO
    args: tuple[tuple[str, str], ...] = ()
    gpu: bool = False
    jobs: int = 0
    leave: Mapping[str, str] = MappingProxyType({})


def look_at(
    policy: Policy,
    wanted: Mapping[str, frozenset[str]],
    checks: Mapping[str, Check],
    engine: Engine,
    about: About,
    options: Options,
    folder: Path,
    progress: Progress,
    done: Callable[[str, Evidence], None],
) -> None:
    """Call `done` with the Evidence of each image that `wanted` names, as soon as it is there.

    wanted: image to the names of the checks that will judge it. folder: the session's. What goes wrong with one image is in its
    Evidence. Raises UsageError and InputError for what concerns the whole plan.
    """
    plan = make_plan(policy, select=tuple(wanted), args=dict(options.args))
    try:
        results = build(plan, engine, options.mode, options.jobs, progress, options.leave)
    except EngineError as error:
        results = {step.image: Result(step.image, "failed", reason=str(error)) for step in plan.steps}
    todo = [step for step in plan.steps if step.image in wanted]
    for image in wanted:
        if plan.step(image) is None:  # an optional one without a Dockerfile
            done(
                image,
                Evidence(Result(image, "skipped", reason="it is optional and has no Dockerfile"), gpu=options.gpu),
            )
    looker = _Looker(policy, plan, engine, about, options, folder)
    with ThreadPoolExecutor(options.jobs or max(2, min(4, os.cpu_count() or 2))) as pool:
        try:
            needs = {step.image: {need for name in wanted[step.image] for need in checks[name].needs} for step in todo}
            static = pool.submit(looker.static, [s for s in todo if STATIC in needs[s.image] and results[s.image].ok])

            def one(step: Step) -> None:
                progress(step.image, "looking inside") if results[step.image].ok else None
                seen = looker.look(step, results[step.image], needs[step.image], wanted[step.image])
                if STATIC in needs[step.image] and seen.info is not None:
                    seen = _with_layers(seen, static.result().get(step.reference))
                elif seen.info is not None and seen.probe is None and PROBE in needs[step.image]:
                    seen = _with_layers(seen, looker.static([step]).get(step.reference))
                done(step.image, seen)

            for future in [pool.submit(one, step) for step in todo]:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.SUPERVISOR.stop_all()
            raise


def _with_layers(seen: Evidence, told: Facts | None) -> Evidence:
    if told is None or "problem" in told:
        return seen._replace(static_problem=str(told["problem"]) if told else "it was not looked at")
    return seen._replace(static=told)


class _Looker:
    def __init__(
        self, policy: Policy, plan: Plan, engine: Engine, about: About, options: Options, folder: Path
    ) -> None:
        self.policy, self.plan, self.engine, self.about, self.options, self.folder = (
            policy,
            plan,
            engine,
            about,
            options,
            folder,
        )
        self.gpus = gpu.gpus(about) if options.gpu else ()

    def static(self, steps: list[Step]) -> dict[str, Facts]:
        from wxlint.documents.dockerfile.reader import read_dockerfile
        from wxlint.documents.source import read

        targets = []
        for step in steps:
            info = self.engine.image(step.reference)
            if info is None:
                continue
            files, waiting = [], [step]
            while waiting:
                each = waiting.pop()
                waiting += [need for name in each.needs if (need := self.plan.step(name))]
                try:
                    source = read(Path(self.plan.root) / each.dockerfile, each.dockerfile)
                except WxlintError:
                    continue
                files.append(layers_look.instructions(each.dockerfile, read_dockerfile(source)))
            targets.append(layers_look.Target(step.reference, info.digest, tuple(files)))
        return layers_look.look(self.engine, targets)

    def look(self, step: Step, result: Result, needs: set[str], names: frozenset[str]) -> Evidence:
        seen = Evidence(result, upstream=step.upstream, gpu=self.options.gpu)
        try:
            info = self.engine.image(step.reference) if result.ok else None
            if info is None:
                return seen
            seen = seen._replace(info=info, skipped={})
            expectation = step.expectation
            if "base" in names:
                base = self.engine.image(expectation.base or step.upstream or "scratch")
                seen = seen._replace(below=base.layers if base else None)
            if "forbidden-tag" in names:
                name = step.reference.rpartition(":")[0]
                twins = [f"{name}:{tag}" for tag in expectation.forbidden_tags if self.engine.image(f"{name}:{tag}")]
                seen = seen._replace(twins=tuple(twins))
            if PROBE in needs:
                seen = self._probe(seen, info, expectation, "device" in names)
            if ENTRYPOINT in needs and expectation.entrypoint is not None:
                seen = seen._replace(entrypoint=self._entrypoint(info, expectation))
            if SERVICE in needs:
                seen = self._service(seen, expectation)
        except EngineError as error:
            return seen._replace(info=None, build=result._replace(status="failed", reason=str(error)))
        return seen

    def _probe(self, seen: Evidence, info: ImageInfo, expectation: Expectation, device: bool) -> Evidence:
        if not (self.options.gpu and device):
            facts, problem, _ = run_probe(self.engine, info.digest)
            return seen._replace(probe=facts, probe_problem=problem)
        with gpu.take(self.gpus) as one:
            facts, problem, refused = run_probe(self.engine, info.digest, one)
        if not refused:
            return seen._replace(probe=facts, probe_problem=problem)
        meaning = [part for part in (gpu.explain(refused),) if part]
        meaning += [part for part in gpu.missing(self.about) if part not in meaning]
        facts, problem, _ = run_probe(self.engine, info.digest)
        return seen._replace(
            probe=facts,
            probe_problem=problem,
            gpu_problem="; ".join(meaning) or f"the engine gives no GPU: {refused[-500:]}",
        )

    def _entrypoint(self, info: ImageInfo, expectation: Expectation) -> Ran:
        check = expectation.entrypoint
        assert check is not None
        options = ["--network", "none", "--pull", "never", "-e", "NVIDIA_VISIBLE_DEVICES=void"]
        done = self.engine.run(info.digest, check.args, options=options, timeout=check.timeout)
        return Ran(done.code, (done.out + done.err)[-SHOWN:], done.timed_out, done.seconds)

    def _service(self, seen: Evidence, expectation: Expectation) -> Evidence:
        check, service = expectation.entrypoint, str(expectation.service)
        if check is None:
            return seen._replace(
                skipped={
                    **seen.skipped,
                    "service": (SKIP, "the policy gives no arguments to run it with (expect: entrypoint)"),
                }
            )
        if expectation.gpu and not self.options.gpu:
            return seen._replace(
                skipped={
                    **seen.skipped,
                    "service": (UNPROVEN, "the service reserves a GPU, and none was used; --gpu runs it"),
                }
            )
        env = {self.policy.registry_env: self.plan.registry} if self.policy.registry_env else {}
        _, missing = self.policy.files(expectation.compose)
        if missing:
            return seen._replace(service=Ran(1, f"{', '.join(missing)}: no such compose file", False, 0.0))
        try:
            ran = run_service(
                self.engine,
                expectation.compose,
                self.policy.root,
                service,
                check.args,
                self.folder,
                env,
                check.timeout + 30,
            )
        except NoComposeError as error:
            return seen._replace(skipped={**seen.skipped, "service": (SKIP, str(error))})
        return seen._replace(service=ran)


def run_probe(
    engine: Engine, image: str, one: gpu.Gpu | None = None, timeout: float = PROBE_TIMEOUT
) -> tuple[Facts | None, str, str]:
    """(facts, why there are none, why the engine refused the GPU): one container, without network, that writes nothing."""
    script = Path(__file__).parents[1].joinpath("probe.py").read_bytes()
    options = [
        "--network",
        "none",
        "--read-only",
        "--tmpfs",
        "/tmp",
        "--pull",
        "never",
        "--security-opt",
        "no-new-privileges",
    ]
    options += ["-e", "PYTHONDONTWRITEBYTECODE=1"]
    options += one.options(engine.is_podman) if one else ["-e", "NVIDIA_VISIBLE_DEVICES=void"]
    arguments = ["-", "--container", "--timeout", f"{timeout - 30:.0f}", *(["--gpu"] if one else [])]
    problem = ""
    for python in ("python", "python3"):
        done = engine.run(image, arguments, options=[*options, "--entrypoint", python], stdin=script, timeout=timeout)
        at = done.out.rfind("\n" + MARK)
        if at >= 0:
            try:
                facts = json.loads(done.out[at + 1 + len(MARK) :].partition("\n")[0])
            except ValueError as error:
                return None, f"the probe's answer is damaged: {error}", ""
            return (
                (facts, "", "")
                if isinstance(facts, dict) and facts.get("schema") == SCHEMA
                else (None, "the probe's answer is not understood", "")
            )
        if done.timed_out:
            return None, f"the probe was not done after {timeout:.0f} seconds", ""
        missing = done.code == 127 or "executable file not found" in done.err or "no such file or directory" in done.err
        if done.code in (125, 126, 127) and one is not None and not missing:
            return None, "", done.message or f"exit code {done.code}"
        if not missing:
            return None, f"the probe ended with exit code {done.code}: {done.message[-500:]}", ""
        problem = "there is no Python in the image"
    return None, problem, ""
