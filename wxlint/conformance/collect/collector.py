"""Collect the evidence that the checks of a family judge: build, then look into each image once, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.checks.answers import SERVICE_EXTRA
from wxlint.conformance.checks.evidence import (
    Evidence,
    ProbeFailure,
    ServiceFailure,
    ServiceProblem,
)
from wxlint.conformance.checks.registry import COMMANDS, ENTRYPOINT, FILES, PROBE, SERVICE, STATIC, Check
from wxlint.conformance.collect import contract
from wxlint.conformance.collect.probing import run_probe
from wxlint.conformance.container import gpu, patterns, saved_layers
from wxlint.conformance.container.builder import AUTO, NEVER, Progress, build
from wxlint.conformance.container.compose_run import SHOWN, ComposeStack, NoComposeError, run_service
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About, BuildResult, BuildStatus, Doing, Facts, ImageInfo, LeftOut, Ran
from wxlint.conformance.container.preflight import preflight
from wxlint.conformance.container.pulling import pull
from wxlint.conformance.container.workers import workers
from wxlint.core.errors import EndedError, EngineError, WxlintError
from wxlint.core.processes import Completed
from wxlint.plan.build_plan import make_plan
from wxlint.plan.model import Plan, Prediction, Step
from wxlint.plan.predictions import predictions
from wxlint.policy.named_files import named_files

if TYPE_CHECKING:
    from wxlint.inspection.dockerfile_lines import Dockerfile
    from wxlint.policy.contract import Contract
    from wxlint.policy.model import Expectation, Policy

Done = Callable[[str, Evidence], None]
"""Called with an image and its evidence, from any thread."""


class CollectOptions(NamedTuple):
    """How to collect.

    mode: of the builder. args: build arguments. gpu: GPU checks must run. jobs: at the same time, 0 for a choice by the
    machine. timeout: seconds for a container that has no limit of its own. leave: images that are looked at where they
    are there, and not built, unless one that is built stands on them. pull: with mode never, take what is published.
    digests: with mode never, which image of its registry an image must be.
    """

    mode: str = AUTO
    args: tuple[tuple[str, str], ...] = ()
    gpu: bool = False
    jobs: int = 0
    timeout: float = 60.0
    leave: Mapping[str, LeftOut] = MappingProxyType({})
    pull: bool = False
    digests: Mapping[str, str] = MappingProxyType({})


class Workplace(NamedTuple):
    """Where evidence is collected. folder: of the session."""

    engine: Engine
    about: About
    folder: Path


def collect(
    policy: Policy,
    wanted: Mapping[str, frozenset[str]],
    checks: Mapping[str, Check],
    *,
    place: Workplace,
    options: CollectOptions,
    progress: Progress,
    done: Done,
) -> None:
    """Call `done` with the Evidence of each image that `wanted` names, as soon as it is there.

    What goes wrong with one image is in its Evidence.

    Args:
        wanted: image to the names of the checks that will judge it.

    Raises UsageError and InputError for what concerns the whole plan, EndedError once the run is being ended.
    """
    plan = make_plan(policy, select=tuple(wanted), args=dict(options.args), lenient=True)
    lacking: tuple[str, ...] = ()
    if options.mode != NEVER:
        lacking = _preflight(plan, place, options, progress)
    if lacking:
        options = options._replace(mode=NEVER)
    results = build(
        plan, place.engine, options.mode, options.jobs, progress, options.leave, options.pull, options.digests
    )
    for image, result in results.items():
        if lacking and result.status is BuildStatus.MISSING:
            results[image] = result._replace(detail="; ".join(lacking))
    for image in wanted:
        if plan.step(image) is None:  # an optional one without a Dockerfile
            done(image, Evidence(BuildResult(image, BuildStatus.NO_DOCKERFILE), gpu=options.gpu))
    collector = _Collector(policy, plan, place, options)
    steps = [step for step in plan.steps if step.image in wanted]
    needs = {step.image: {need for name in wanted[step.image] for need in checks[name].needs} for step in steps}
    with workers(options.jobs) as pool:
        static = [step for step in steps if STATIC in needs[step.image] and results[step.image].ok]
        layers = pool.submit(collector.layers, static)

        def one(step: Step) -> None:
            if results[step.image].ok:
                progress(step.image, Doing("looking inside"))
            evidence = collector.evidence(step, results[step.image], needs[step.image], wanted[step.image])
            if evidence.info is not None:
                if STATIC in needs[step.image]:
                    evidence = _with_layers(evidence, layers.result().get(step.reference))
                elif evidence.probe is None and PROBE in needs[step.image]:
                    evidence = _with_layers(evidence, collector.layers([step]).get(step.reference))
                evidence = collector.without_python(evidence)
            done(step.image, evidence)

        for future in [pool.submit(one, step) for step in steps]:
            future.result()


def _preflight(plan: Plan, place: Workplace, options: CollectOptions, progress: Progress) -> tuple[str, ...]:
    """What GPU checks lack: nothing is built for them then. Raises EngineError where nothing can be built at all."""
    budgets = [step.expectation.size for step in plan.steps if step.image not in options.leave]
    found = preflight(place.engine, place.about, max((b for b in budgets if b is not None), default=None), options.gpu)
    if found.engine:
        raise EngineError(found.engine)
    for note in found.notes:
        progress("preflight", note)
    if not any(step.expectation.gpu for step in plan.steps):
        return ()
    for lack in found.device:
        progress("preflight", f"{lack}; nothing is built")
    return found.device


def _with_layers(evidence: Evidence, facts: Facts | None) -> Evidence:
    if facts is None:
        return evidence._replace(static_problem="the engine does not have the image any more")
    if "fault" in facts:
        return evidence._replace(fault=evidence.fault or str(facts["fault"]) or "it does not say why")
    if "problem" in facts:
        return evidence._replace(static_problem=str(facts["problem"]) or "it is not said why")
    return evidence._replace(static=facts)


class _Collector:
    def __init__(self, policy: Policy, plan: Plan, place: Workplace, options: CollectOptions) -> None:
        self.policy, self.plan, self.place, self.options = policy, plan, place, options
        self.engine = place.engine
        self.gpus = gpu.gpus(place.about) if options.gpu else ()

    @cached_property
    def predictions(self) -> Mapping[str, Prediction]:
        """What the source says of each image."""
        return predictions(self.policy, self.plan.steps)

    def layers(self, steps: list[Step]) -> dict[str, Facts]:
        """What the layers of images say, by reference."""
        targets = []
        try:
            for step in steps:
                info = self.engine.image(step.reference)
                if info is not None:
                    targets.append(saved_layers.Target(step.reference, info.digest, self._dockerfiles(step)))
            return saved_layers.inspect_layers(self.engine, targets)
        except EndedError:
            raise
        except EngineError as error:
            return {step.reference: {"fault": str(error)} for step in steps}

    def _dockerfiles(self, step: Step) -> tuple[Dockerfile, ...]:
        """The Dockerfiles of an image and of those below it."""
        from wxlint.documents.dockerfile.reader import read_dockerfile
        from wxlint.documents.source import read

        files, waiting = [], [step]
        while waiting:
            each = waiting.pop()
            waiting += [need for name in each.needs if (need := self.plan.step(name))]
            try:
                source = read(Path(self.plan.root) / each.dockerfile, each.dockerfile)
            except WxlintError:
                continue
            files.append(saved_layers.instructions(each.dockerfile, read_dockerfile(source)))
        return tuple(files)

    def evidence(self, step: Step, result: BuildResult, needs: set[str], names: frozenset[str]) -> Evidence:
        """All but the layers."""
        found = Evidence(result, upstream=step.upstream, gpu=self.options.gpu)
        try:
            info = self.engine.image(step.reference) if result.ok else None
            if info is None:
                lacking = "; ".join(gpu.missing(self.place.about)) if self.options.gpu else ""
                return found._replace(gpu_problem=lacking)
            found = found._replace(info=info)
            expectation = step.expectation
            if "base" in names:
                found = found._replace(below=self._below(step))
            if "predicted" in names:
                found = self._predicted(found, step)
            if "forbidden-tag" in names:
                found = found._replace(twins=self._twins(expectation))
            if PROBE in needs:
                found = self._probe(found, info, device="device" in names)
            if ENTRYPOINT in needs and expectation.entrypoint is not None:
                found = found._replace(entrypoint=self._entrypoint(info, expectation))
            if expectation.contract is not None:
                found = self._contract(found, info, expectation.contract, needs)
            if SERVICE in needs:
                found = self._service(found, expectation)
        except EndedError:
            raise
        except EngineError as error:
            return found._replace(fault=str(error) or "it does not say why")
        return found

    def without_python(self, evidence: Evidence) -> Evidence:
        """With the users of an image that has no Python to say who it runs as."""
        info, problem = evidence.info, evidence.probe_problem
        if info is None or problem is None or problem.failure is not ProbeFailure.NO_PYTHON:
            return evidence
        try:
            file = self.engine.files(info.digest, ["/etc/passwd"])["/etc/passwd"]
        except EndedError:
            raise
        except EngineError as error:
            return evidence._replace(fault=str(error))
        data = file.data if file is not None else None
        return evidence._replace(passwd=None if data is None else data.decode("utf-8", "replace"))

    def _below(self, step: Step) -> tuple[str, ...] | None:
        """The layers that an image must stand on; None when they cannot be had.

        An upstream is pulled where it is missing, since BuildKit keeps none; an image of the family never is.
        """
        base, upstream = step.expectation.base, step.upstream
        name = base or upstream
        if name is None:
            return None
        if name == "scratch":
            return ()
        info = self.engine.image(name)
        if info is None and base is None and (self.options.mode != NEVER or self.options.pull):
            with suppress(EngineError):
                pull(self.engine, name)
            info = self.engine.image(name)
        return info.layers if info else None

    def _predicted(self, evidence: Evidence, step: Step) -> Evidence:
        """With what the source says of an image, and the layers of what it is built from by that."""
        prediction = self.predictions.get(step.image)
        if prediction is None:
            return evidence
        infos = [(name, self.engine.image(name)) for name in prediction.lineage]
        lineage = tuple((name, info.layers if info is not None else None) for name, info in infos)
        return evidence._replace(prediction=prediction._asdict(), lineage=lineage)

    def _twins(self, expectation: Expectation) -> tuple[str, ...]:
        """References of the image with a forbidden tag that the engine has."""
        names = [f"{expectation.reference.rpartition(':')[0]}:{tag}" for tag in expectation.forbidden_tags]
        return tuple(name for name in names if self.engine.image(name))

    def _probe(self, evidence: Evidence, info: ImageInfo, *, device: bool) -> Evidence:
        if self.options.gpu and device:
            with gpu.take(self.gpus) as one:
                answer = run_probe(self.engine, info.digest, one, self.options.timeout)
            if not answer.refused:
                return evidence._replace(probe=answer.facts, probe_problem=answer.problem)
            meaning = [part for part in (gpu.explain(answer.refused),) if part]
            meaning += [part for part in gpu.missing(self.place.about) if part not in meaning]
            refusal = f"the engine gives no GPU: {answer.refused[-500:]}"
            evidence = evidence._replace(gpu_problem="; ".join(meaning) or refusal)
        answer = run_probe(self.engine, info.digest, None, self.options.timeout)
        return evidence._replace(probe=answer.facts, probe_problem=answer.problem)

    def _entrypoint(self, info: ImageInfo, expectation: Expectation) -> Ran:
        check = expectation.entrypoint
        assert check is not None
        options = ["-e", "NVIDIA_VISIBLE_DEVICES=void", *contract.rights(check.writable, check.capabilities)]
        done = self.engine.run(info.digest, check.args, options=options, timeout=check.timeout)
        return _ran(done, check.pattern)

    def _contract(self, evidence: Evidence, info: ImageInfo, said: Contract, needs: set[str]) -> Evidence:
        evidence = evidence._replace(matches=contract.matches(said, info))
        if FILES in needs:
            evidence = evidence._replace(files=contract.files(self.engine, info.digest, said))
        if COMMANDS in needs:
            evidence = evidence._replace(commands=contract.commands(self.engine, info.digest, said.commands or ()))
        return evidence

    def _service(self, evidence: Evidence, expectation: Expectation) -> Evidence:
        check = expectation.entrypoint
        assert check is not None
        if expectation.gpu and not self.options.gpu:
            return evidence._replace(service_problem=ServiceProblem(ServiceFailure.NEEDS_GPU))
        env = {self.policy.registry_env: self.plan.registry} if self.policy.registry_env else {}
        _, missing = named_files(self.policy.root, expectation.compose)
        if missing:
            return evidence._replace(service=Ran(1, f"{', '.join(missing)}: no such compose file", False, 0.0))
        stack = ComposeStack(expectation.compose, self.policy.root, self.place.folder, env)
        seconds = check.timeout + SERVICE_EXTRA
        try:
            ran = run_service(self.engine, stack, str(expectation.service), check.args, seconds)
        except NoComposeError as error:
            return evidence._replace(service_problem=ServiceProblem(ServiceFailure.NO_COMPOSE, str(error)))
        done = Completed(ran.code, ran.output, "", ran.timed_out, ran.seconds)
        return evidence._replace(service=_ran(done, check.pattern))


def _ran(done: Completed, pattern: str | None) -> Ran:
    """What a container did. The pattern is searched in all of its output, of which the end is kept."""
    output = done.out + done.err
    matched = None if pattern is None or done.timed_out else patterns.search(pattern, output)
    return Ran(done.code, output[-SHOWN:], done.timed_out, done.seconds, matched)
