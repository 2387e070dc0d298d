"""What `--wx-allow` allows."""

from __future__ import annotations

import pytest
from judged import ERROR, FAIL, SKIP, UNPROVEN

from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.verdict import Verdict
from wxlint.conformance.plugin.allowances import Allowances, read_allowances
from wxlint.core.errors import UsageError


def test_allowances_are_by_name() -> None:
    given = read_allowances(["unproven:device, skip:service", "no-engine"])
    assert given == Allowances(frozenset({(UNPROVEN, "device"), (SKIP, "service")}), True)
    assert given.accept("device", Verdict(UNPROVEN, Message.NO_GPU_USED))
    assert not given.accept("cudnn", Verdict(UNPROVEN, Message.STAND_IN, {"what": "cuDNN"}))
    assert not given.accept("service", Verdict(UNPROVEN, Message.SERVICE_NEEDS_GPU))
    assert not Allowances().accept("service", Verdict(SKIP, Message.NO_COMPOSE, {"why": "x"}))
    assert Allowances().accept("user", Verdict(SKIP, Message.FOLLOWS))
    assert not given.accept("device", Verdict(FAIL, Message.NO_DEVICE))
    assert not given.accept("device", Verdict(ERROR, Message.NO_ENGINE, {"words": "x"}))


@pytest.mark.parametrize("word", ["device", "skip:", "fail:device", "skip:nothing", "unproven:*"])
def test_an_allowance_that_names_nothing_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--wx-allow"):
        read_allowances([word])
