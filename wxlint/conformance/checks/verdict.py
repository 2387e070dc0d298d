"""The four verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

PASS, FAIL, SKIP, UNPROVEN = VERDICTS = ("PASS", "FAIL", "SKIP", "UNPROVEN")
"""UNPROVEN: it cannot be shown here, for want of a GPU or of the real upstream; SKIP: it was not tried, for the reason given."""


class Verdict(NamedTuple):
    """reason: for people, one line. evidence: what it rests on, JSON only."""

    verdict: str
    reason: str
    evidence: Mapping[str, Any] = MappingProxyType({})
