"""What is asserted of an image: one function for each property, from the policy's Expectation and the evidence.

Nothing here touches an engine. A function gives a Verdict; what was not shown is never a PASS.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.checks import answers, contract, cuda, predicted
from wxlint.conformance.checks.evidence import Evidence, ProbeFailure
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.verdict import Outcome, Verdict, error, failed, passed, skipped, unproven
from wxlint.conformance.container.build_report import explain
from wxlint.conformance.container.model import BuildStatus
from wxlint.core.units import amount

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation

PROBE, STATIC, ENTRYPOINT, SERVICE = "probe", "static", "entrypoint", "service"
FILES, COMMANDS = "files", "commands"


BY_LAYERS = frozenset(
    (
        *("exists", "predicted", "python", "user", "torch", "torch-channel", "no-cuda", "cuda-version", "cudnn"),
        *("size", "cuda-size", "files", "env", "labels", "workdir", "ports", "volumes", "cmd", "exec", "packages"),
    )
)
"""What layers and configuration show without a container."""


class Check(NamedTuple):
    """A property of images.

    fields: what of the Expectation it asserts. needs: what must have been collected. applies: whether an image has the
    property at all. run: judges an image that is there. device: it needs a GPU.
    """

    name: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    applies: Callable[[Expectation], bool]
    run: Callable[[Expectation, Evidence], Verdict]
    device: bool = False


def checks_of(expectation: Expectation) -> tuple[Check, ...]:
    """The properties that an image of the policy has."""
    return tuple(check for check in CHECKS if check.applies(expectation))


def judge(check: Check, expectation: Expectation, evidence: Evidence, judged: frozenset[str] = frozenset()) -> Verdict:
    """The verdict.

    judged: images whose `exists` is judged in the same run, so that one image that is missing is one failure.
    """
    if evidence.fault and evidence.info is None:
        return error(Message.ENGINE_FAULT, words=evidence.fault)
    if evidence.info is None:
        return _without_image(check, expectation, evidence, judged)
    if evidence.only_layers and check.name not in BY_LAYERS:
        return unproven(Message.NEEDS_RUN)
    return _uncollected(check, evidence) or check.run(expectation, evidence)


def _without_image(check: Check, expectation: Expectation, evidence: Evidence, judged: frozenset[str]) -> Verdict:
    build, why = evidence.build, explain(evidence.build)
    if check.device and evidence.gpu:
        return failed(Message.GPU_WANTED, why=evidence.gpu_problem or why)
    if check.name != "exists" and expectation.image in judged:
        if check.device and build.status is BuildStatus.LEFT_OUT:  # counted, so that the last line says it
            return unproven(Message.NO_GPU_AND_NO_IMAGE, why=why)
        return skipped(Message.FOLLOWS)
    if build.status is BuildStatus.NO_ENGINE:
        return error(Message.NO_ENGINE, words=why)
    if build.status is BuildStatus.ENGINE_FAULT:
        return error(Message.ENGINE_FAULT, words=why)
    if build.status is BuildStatus.ABORTED:
        return error(Message.ABORTED, why=build.detail or "nothing says why")
    optional = build.status is BuildStatus.MISSING and expectation.optional
    if optional or build.status in (BuildStatus.LEFT_OUT, BuildStatus.NO_DOCKERFILE):
        return skipped(Message.NOT_WANTED, why=why + ("; it is optional" if optional else ""))
    if check.name != "exists":
        return failed(Message.NO_IMAGE, why=why)
    if build.status is BuildStatus.BLOCKED:
        if build.blocked_by in judged:
            return skipped(Message.BLOCKED_HERE, image=build.blocked_by)
        return failed(Message.BLOCKED, image=build.blocked_by)
    if build.status is BuildStatus.MISSING and build.detail:
        return failed(Message.NOTHING_BUILT, why=why, lacking=build.detail)
    if build.status is BuildStatus.MISSING:
        return failed(Message.IMAGE_MISSING, why=why)
    if build.log:
        facts = {"log": build.log, "tail": build.tail}
        return failed(Message.BUILD_FAILED_AT, dockerfile=expectation.dockerfile, why=why).given(facts)
    return failed(Message.BUILD_FAILED, why=why)


def _uncollected(check: Check, evidence: Evidence) -> Verdict | None:
    """A verdict where what the check judges is missing; None when all is there."""
    if check.device and (not evidence.gpu or evidence.gpu_problem):
        return None
    if evidence.fault and check.name not in ("exists", "size"):
        return error(Message.ENGINE_FAULT, words=evidence.fault)
    if PROBE in check.needs and evidence.probe is None and not evidence.only_layers:
        problem = evidence.probe_problem
        if problem is None:
            return error(Message.NOT_COLLECTED, check=check.name, what="the probe")
        if check.name == "user" and problem.failure is ProbeFailure.NO_USER:
            return None
        if not evidence.without_python or check.device:
            return failed(Message.PROBE_FAILED, why=problem.text)
    if STATIC in check.needs and evidence.static is None:
        if evidence.static_problem:
            return failed(Message.LAYERS_UNREADABLE, why=evidence.static_problem)
        return error(Message.NOT_COLLECTED, check=check.name, what="the layers")
    if ENTRYPOINT in check.needs and evidence.entrypoint is None:
        return error(Message.NOT_COLLECTED, check=check.name, what="the entrypoint")
    if FILES in check.needs and evidence.files is None:
        return error(Message.NOT_COLLECTED, check=check.name, what="the files")
    if COMMANDS in check.needs and evidence.commands is None:
        return error(Message.NOT_COLLECTED, check=check.name, what="the commands")
    if SERVICE in check.needs and evidence.service is None and evidence.service_problem is None:
        return error(Message.NOT_COLLECTED, check=check.name, what="the service")
    return None


def _exists(expectation: Expectation, evidence: Evidence) -> Verdict:
    assert evidence.info is not None
    facts = {"reference": expectation.reference, "digest": evidence.info.digest}
    return passed(Message.EXISTS, status=evidence.build.status.value).given(facts)


def _base(expectation: Expectation, evidence: Evidence) -> Verdict:
    assert evidence.info is not None
    wanted = expectation.base
    if wanted is None:
        wanted = evidence.upstream
        if wanted is None:
            return unproven(Message.BASE_UNKNOWN, dockerfile=expectation.dockerfile)
        names = {wanted, wanted.removeprefix("docker.io/").removeprefix("library/")}
        allowed = expectation.upstream
        if allowed and not any(fnmatch.fnmatchcase(name, glob) for name in names for glob in allowed):
            return failed(Message.UPSTREAM_NOT_ALLOWED, base=wanted, allowed=", ".join(allowed))
    if evidence.below is None:
        return unproven(Message.BASE_ABSENT, base=wanted)
    shared = sum(1 for a, b in zip(evidence.below, evidence.info.layers) if a == b)
    facts = {"base": wanted, "layers": len(evidence.info.layers), "shared": shared}
    if shared == len(evidence.below) <= len(evidence.info.layers):
        return passed(Message.STANDS_ON, shared=shared, base=wanted).given(facts)
    message = Message.OTHER_UPSTREAM if expectation.base is None else Message.OTHER_BASE
    return failed(message, base=wanted, shared=shared, layers=len(evidence.below)).given(facts)


def _forbidden_tag(expectation: Expectation, evidence: Evidence) -> Verdict:
    if evidence.twins:
        return failed(Message.FORBIDDEN_TAG, twins=", ".join(evidence.twins))
    tags = ", ".join(":" + tag for tag in expectation.forbidden_tags)
    return passed(Message.NO_FORBIDDEN_TAG, tags=tags, name=expectation.reference.rpartition(":")[0])


def _python(expectation: Expectation, evidence: Evidence) -> Verdict:
    facts = (evidence.probe or {}).get("python") or {}
    version, wanted = facts.get("version"), str(expectation.python)
    if evidence.only_layers and evidence.static is not None:
        version = evidence.static["python"]
    if not version:
        return failed(Message.NO_PYTHON, wanted=wanted)
    if starts_with(str(version), wanted):
        return passed(Message.PYTHON, version=version).given(facts)
    return failed(Message.OTHER_PYTHON, version=version, wanted=wanted).given(facts)


def starts_with(version: str, wanted: str) -> bool:
    """Whether a version begins with the components of another: 3.11.2 with 3.11, not with 3.1."""
    parts = wanted.split(".")
    return re.split(r"[.+]", version)[: len(parts)] == parts


def _user(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Who it really runs as: by the probe, without Python by /etc/passwd."""
    assert evidence.info is not None
    named = evidence.info.user
    shown, own = named or "(none)", named.partition(":")[0]
    problem = evidence.probe_problem
    if problem is not None and problem.failure is ProbeFailure.NO_USER:
        return failed(Message.NO_SUCH_USER, user=shown)
    facts = (evidence.probe or {}).get("user") or {}
    uid, names = facts.get("uid"), {named, own, str(facts.get("name") or own)}
    if uid is None and (evidence.without_python or evidence.only_layers):
        uid = _uid(own, evidence.passwd)
        if uid is None and evidence.passwd is not None:
            return failed(Message.NO_SUCH_USER, user=shown)
    if uid is None:
        return unproven(Message.USER_UNKNOWN, user=shown)
    wanted = expectation.user
    by_id = wanted in ("root", "non-root")
    right = (uid == 0) == (wanted == "root") if by_id else wanted in names
    facts = {"user": named, "uid": uid}
    if right:
        return passed(Message.USER, user=shown, uid=uid).given(facts)
    return failed(Message.OTHER_USER, user=shown, uid=uid, wanted=wanted).given(facts)


def _uid(name: str, passwd: str | None) -> int | None:
    """The number of a user by the text of /etc/passwd; None when it has no such user."""
    if name in ("", "root") or name.isdigit():
        return int(name) if name.isdigit() else 0
    for line in (passwd or "").splitlines():
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2 and fields[2].isdigit():
            return int(fields[2])
    return None


def _size(expectation: Expectation, evidence: Evidence) -> Verdict:
    assert evidence.info is not None and expectation.size is not None
    outcome = Outcome.PASS if evidence.info.size <= expectation.size else Outcome.FAIL
    values = {"size": amount(evidence.info.size), "allowed": amount(expectation.size)}
    return Verdict(outcome, Message.SIZE, values, {"bytes": evidence.info.size})


def _distributions(expectation: Expectation, evidence: Evidence) -> Verdict:
    if evidence.probe is None:
        return passed(Message.NO_DISTRIBUTIONS)
    listed = evidence.distributions
    if listed is None:
        return failed(Message.DISTRIBUTIONS_UNLISTED, why=evidence.probe.get("distributions"))
    from wxlint.conformance.checks.pip_check import broken_requirements

    wrong = broken_requirements(listed, evidence.probe.get("markers") or {})
    if wrong:
        shown = "; ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        return failed(Message.DISTRIBUTIONS_BROKEN, broken=shown).given({"broken": wrong})
    return passed(Message.DISTRIBUTIONS_FIT, count=len(listed))


def _cuda(e: Expectation) -> bool:
    return e.accelerator == "cuda"


def _says(key: str) -> Callable[[Expectation], bool]:
    """Whether the contract of an image says something of a key."""
    return lambda e: e.contract is not None and getattr(e.contract, key) is not None


def _always(_: Expectation) -> bool:
    return True


CHECKS: tuple[Check, ...] = (
    Check(
        "exists",
        (
            *("image", "stage", "variant", "reference", "tag", "dockerfile", "context", "target", "build_args"),
            *("platforms", "optional"),
        ),
        (),
        _always,
        _exists,
    ),
    Check("base", ("base", "base_image", "upstream", "is_base"), (), lambda e: bool(e.base or e.upstream), _base),
    Check("predicted", (), (PROBE,), lambda e: bool(e.dockerfile), predicted.predicted),
    Check("forbidden-tag", ("forbidden_tags",), (), lambda e: bool(e.forbidden_tags), _forbidden_tag),
    Check("python", ("python",), (PROBE,), lambda e: e.python is not None, _python),
    Check("user", ("user",), (PROBE,), lambda e: e.user != "any", _user),
    Check("torch", ("needs_torch",), (PROBE,), lambda e: e.needs_torch != "optional", cuda.torch_presence),
    Check(
        "torch-channel",
        ("torch", "channels"),
        (PROBE,),
        lambda e: e.allowed_channels not in ((), ("default",)) and e.needs_torch != "forbidden" and not e.is_base,
        cuda.torch_channel,
    ),
    Check("no-cuda", ("accelerator",), (PROBE, STATIC), lambda e: e.accelerator == "cpu", cuda.no_cuda),
    Check(
        "cuda-version",
        ("cuda", "accelerator"),
        (PROBE,),
        lambda e: _cuda(e) and e.cuda is not None,
        cuda.cuda_version,
    ),
    Check("cudnn", ("cudnn",), (PROBE,), lambda e: _cuda(e) and e.cudnn is not None, cuda.cudnn),
    Check("gpu-arch", ("gpu_arch",), (PROBE,), lambda e: bool(e.gpu_arch) and not e.is_base, cuda.gpu_arch),
    Check("libraries-load", ("accelerator",), (PROBE,), _cuda, cuda.libraries_load),
    Check("stack", ("accelerator",), (PROBE,), lambda e: _cuda(e) and not e.is_base, cuda.stack),
    Check("providers", ("accelerator",), (PROBE,), lambda e: _cuda(e) and not e.is_base, cuda.providers),
    Check("distributions", (), (PROBE,), _always, _distributions),
    Check("size", ("size",), (), lambda e: e.size is not None, _size),
    Check("cuda-size", ("cuda_bytes",), (STATIC,), lambda e: e.cuda_bytes is not None, cuda.cuda_size),
    *(
        Check(name, ("contract",), needs, _says(name), run)
        for name, needs, run in (
            ("files", (FILES,), contract.files),
            ("env", (), contract.env),
            ("labels", (), contract.labels),
            ("workdir", (), contract.workdir),
            ("ports", (), contract.ports),
            ("volumes", (), contract.volumes),
            ("cmd", (), contract.cmd),
            ("exec", (), contract.exec_form),
            ("packages", (PROBE,), contract.packages),
            ("commands", (COMMANDS,), contract.commands),
        )
    ),
    Check("entrypoint", ("entrypoint",), (ENTRYPOINT,), lambda e: e.entrypoint is not None, answers.entrypoint),
    Check(
        "service",
        ("service", "compose"),
        (SERVICE,),
        lambda e: bool(e.service and e.compose and e.entrypoint),
        answers.service,
    ),
    Check("device", ("gpu",), (PROBE,), lambda e: e.gpu, cuda.device, device=True),
)
"""In the order of the table."""
