"""Policies as tests: a file, its images, and a test for each property of each image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from wxlint.conformance.checks.registry import Check, checks_of
from wxlint.conformance.checks.verdict import Outcome, Verdict
from wxlint.conformance.plugin.session import Record, session_of
from wxlint.core.errors import WxlintError
from wxlint.core.escape import escape

if TYPE_CHECKING:
    from wxlint.conformance.checks.evidence import Evidence
    from wxlint.policy.model import Expectation, Policy


class CheckFailedError(Exception):
    """A verdict that is no pass, on its way to pytest."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class PolicyFile(pytest.File):
    """A YAML file that declares itself a policy."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Its images, as far as they are selected."""
        try:
            policies = session_of(self.config).policies
            policy = policies[self.path]
            chosen = policies.select(policy)
        except WxlintError as error:
            raise self.CollectError("\n".join(escape(line) for line in str(error).splitlines())) from None
        for expectation in chosen:
            yield ImageCollector.from_parent(self, name=expectation.image, policy=policy, expectation=expectation)


class ImageCollector(pytest.Collector):
    """One image of the family."""

    def __init__(self, *, policy: Policy, expectation: Expectation, **rest: Any) -> None:
        super().__init__(**rest)
        self.policy, self.expectation = policy, expectation

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each of its properties."""
        for check in checks_of(self.expectation):
            yield CheckItem.from_parent(
                self, name=check.name, policy=self.policy, expectation=self.expectation, check=check
            )


class CheckItem(pytest.Item):
    """One property of one image. `verdict` is there once it ran."""

    def __init__(self, *, policy: Policy, expectation: Expectation, check: Check, **rest: Any) -> None:
        super().__init__(**rest)
        self.policy, self.expectation, self.check = policy, expectation, check
        self.verdict: Verdict | None = None
        self.evidence: Evidence | None = None
        self.digest = ""

    def runtest(self) -> None:
        """Judge; what is neither passed nor allowed fails."""
        session = session_of(self.config)
        self.verdict, self.evidence = session.judge(self.path, self.expectation, self.check)
        verdict, info = self.verdict, self.evidence.info
        self.digest = info.digest if info is not None else ""
        self.user_properties += [
            ("wxlint.image", self.expectation.image),
            ("wxlint.reference", self.expectation.reference),
            ("wxlint.digest", self.digest),
            ("wxlint.verdict", verdict.outcome.value),
        ]
        if not session.allowances.accept(self.check.name, verdict):
            raise CheckFailedError(verdict)
        if verdict.outcome is not Outcome.PASS:
            pytest.skip(f"{verdict.outcome.value}: {escape(verdict.reason)}")

    def record(self) -> Record | None:
        """What the report carries, JSON only; None before it ran."""
        if self.verdict is None:
            return None
        return {
            "policy": self.policy.path,
            "image": self.expectation.image,
            "reference": self.expectation.reference,
            "digest": self.digest,
            "check": self.check.name,
            "verdict": self.verdict.outcome.value,
            "code": self.verdict.code,
            "reason": self.verdict.reason,
            "evidence": dict(self.verdict.evidence),
            "engine": session_of(self.config).engine_record(self.evidence),
        }

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A failure for people."""
        if isinstance(excinfo.value, CheckFailedError):
            lines = explained(self.expectation, self.check.name, excinfo.value.verdict)
            return "\n".join(escape(line) for line in lines)
        if isinstance(excinfo.value, WxlintError):
            return escape(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """The policy's line."""
        e = self.expectation
        span = self.policy.span("stages", e.stage) or self.policy.span("variants", e.variant)
        return self.path, span.line - 1 if span else None, f"{e.image}::{self.check.name}"


def explained(expectation: Expectation, check: str, verdict: Verdict) -> Iterator[str]:
    """The reason, what it rests on, the end of a log where there is one, and how to allow what is not proven."""
    yield f"{expectation.image} ({expectation.reference}): {verdict.reason}"
    evidence = verdict.evidence
    if evidence.get("why"):
        yield "why:"
        yield from (f"  {line}" for line in evidence["why"])
    if isinstance(evidence.get("output"), str) and evidence["output"].strip():
        yield "it printed:"
        yield from (f"  {line}" for line in evidence["output"].strip().splitlines()[-20:])
    for line in evidence.get("broken") or ():
        yield f"  {line}" if isinstance(line, str) else f"  {line.get('path')}: {line.get('error')}"
    if evidence.get("log"):
        yield f"the end of {evidence['log']}:"
        yield from (f"  {line}" for line in str(evidence.get("tail", "")).splitlines())
    if verdict.outcome in (Outcome.SKIP, Outcome.UNPROVEN):
        outcome = verdict.outcome.value.lower()
        yield f"{verdict.outcome.value} is not passed; --wx-allow {outcome}:{check} allows it"
