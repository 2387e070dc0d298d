"""Policies as tests: a file, its images, and a test for each property of each image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from wxlint.conformance.checks.registry import Check, Verdict, checks_of
from wxlint.conformance.checks.verdict import FAIL, PASS
from wxlint.conformance.plugin.session import kit_of
from wxlint.core.errors import WxlintError
from wxlint.core.escape import escape

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation, Policy


class CheckFailedError(Exception):
    """A verdict FAIL, on its way to pytest."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class PolicyFile(pytest.File):
    """A YAML file that declares itself a policy."""

    def collect(self) -> Iterator[pytest.Collector]:
        try:
            policy = kit_of(self.config).policy(self.path)
            chosen = kit_of(self.config).select(policy)
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
        self.digest = ""

    def runtest(self) -> None:
        kit = kit_of(self.config)
        self.verdict, self.digest = kit.judge(self)
        verdict = self.verdict
        self.user_properties += [
            ("wxlint.image", self.expectation.image),
            ("wxlint.reference", self.expectation.reference),
            ("wxlint.digest", self.digest),
            ("wxlint.verdict", verdict.verdict),
        ]
        if verdict.verdict == FAIL:
            raise CheckFailedError(verdict)
        if verdict.verdict != PASS:
            pytest.skip(f"{verdict.verdict}: {escape(verdict.reason)}")

    def told(self) -> dict[str, Any] | None:
        """What the report carries, JSON only; None before it ran."""
        if self.verdict is None:
            return None
        return {
            "policy": self.policy.path,
            "image": self.expectation.image,
            "reference": self.expectation.reference,
            "digest": self.digest,
            "check": self.check.name,
            "verdict": self.verdict.verdict,
            "reason": self.verdict.reason,
            "evidence": dict(self.verdict.evidence),
            "engine": kit_of(self.config).engine_told(),
        }

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CheckFailedError):
            return "\n".join(escape(line) for line in explained(self.expectation, excinfo.value.verdict))
        if isinstance(excinfo.value, WxlintError):
            return escape(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        e = self.expectation
        span = self.policy.span("stages", e.stage) or self.policy.span("variants", e.variant)
        return self.path, span.line - 1 if span else None, f"{e.image}::{self.check.name}"


def explained(expectation: Expectation, verdict: Verdict) -> Iterator[str]:
    """A failure for people: the reason, what it rests on, and the end of a log where there is one."""
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
