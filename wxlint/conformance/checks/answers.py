"""What a container or a compose service answers when it is run as it is meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.conformance.checks.evidence import Evidence, ServiceFailure
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.verdict import Verdict, failed, passed, skipped, unproven
from wxlint.conformance.container import gpu
from wxlint.conformance.container.model import Ran

if TYPE_CHECKING:
    from wxlint.policy.model import EntrypointCheck, Expectation

SERVICE_EXTRA = 30.0
"""Seconds that compose has beyond the time of the entrypoint."""


def entrypoint(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Whether the image, run with its entrypoint left alone, answers as the policy says."""
    check, ran = expectation.entrypoint, evidence.entrypoint
    assert check is not None and ran is not None
    command = " ".join(["docker run", expectation.image, *check.args])
    return _answer(command, ran, check, check.timeout)


def service(expectation: Expectation, evidence: Evidence) -> Verdict:
    """The same of its compose service."""
    check, ran, problem = expectation.entrypoint, evidence.service, evidence.service_problem
    if problem is not None:
        if problem.failure is ServiceFailure.NEEDS_GPU:
            return unproven(Message.SERVICE_NEEDS_GPU)
        return skipped(Message.NO_COMPOSE, why=problem.detail)
    assert check is not None and ran is not None
    missing = gpu.explain(ran.output) if ran.code else None
    if missing is not None:
        facts = {"exit_code": ran.code, "output": ran.output}
        command = f"docker compose run {expectation.service}"
        return failed(Message.SERVICE_WITHOUT_GPU, command=command, missing=missing).given(facts)
    return _answer(f"docker compose run {expectation.service}", ran, check, check.timeout + SERVICE_EXTRA)


def _answer(command: str, ran: Ran, check: EntrypointCheck, seconds: float) -> Verdict:
    """What a container or service answered against what the policy expects of it."""
    facts = {"exit_code": ran.code, "output": ran.output, "seconds": round(ran.seconds, 2)}
    if ran.timed_out:
        return failed(Message.NOT_IN_TIME, command=command, seconds=seconds).given(facts)
    if ran.code != check.exit_code:
        return failed(Message.OTHER_EXIT_CODE, command=command, code=ran.code, wanted=check.exit_code).given(facts)
    if check.pattern is not None and ran.matched is not True:
        message = Message.PATTERN_TOO_SLOW if ran.matched is None else Message.NO_MATCH
        return failed(message, command=command, pattern=check.pattern).given(facts)
    return passed(Message.ANSWERS, command=command).given(facts)
