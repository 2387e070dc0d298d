"""Verdicts: an outcome, and why, as data. The words are in `messages`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from wxlint.conformance.checks.messages import Message


class Outcome(str, Enum):
    """What was shown of a property.

    SKIP: it was not tried. UNPROVEN: it cannot be shown here, for want of a GPU or of the real upstream. ERROR: the
    engine or this program failed, which says nothing about the image.
    """

    PASS = "PASS"
    FAIL = "FAIL"
    SKIP = "SKIP"
    UNPROVEN = "UNPROVEN"
    ERROR = "ERROR"


class Verdict(NamedTuple):
    """message, values: why. evidence: what it rests on, JSON only."""

    outcome: Outcome
    message: Message
    values: Mapping[str, Any] = MappingProxyType({})
    evidence: Mapping[str, Any] = MappingProxyType({})

    @property
    def reason(self) -> str:
        """One line for people."""
        return self.message.value.format_map(self.values)

    @property
    def code(self) -> str:
        """The kind of reason, for programs: "no-torch"."""
        return self.message.name.lower().replace("_", "-")

    @property
    def accepted(self) -> bool:
        """Whether it needs no leave: another property fails in its place, the policy or an option says so, or the image
        was not to be run."""
        return self.message in (Message.FOLLOWS, Message.BLOCKED_HERE, Message.NOT_WANTED, Message.NEEDS_RUN)

    def given(self, evidence: Mapping[str, Any]) -> Verdict:
        """The same with what it rests on."""
        return self._replace(evidence=evidence)


def passed(message: Message, **values: Any) -> Verdict:
    """It was shown."""
    return Verdict(Outcome.PASS, message, values)


def failed(message: Message, **values: Any) -> Verdict:
    """It was shown to be otherwise, or could not be shown by an image that must show it."""
    return Verdict(Outcome.FAIL, message, values)


def skipped(message: Message, **values: Any) -> Verdict:
    """It was not tried."""
    return Verdict(Outcome.SKIP, message, values)


def unproven(message: Message, **values: Any) -> Verdict:
    """It cannot be shown here."""
    return Verdict(Outcome.UNPROVEN, message, values)


def error(message: Message, **values: Any) -> Verdict:
    """The engine or this program failed."""
    return Verdict(Outcome.ERROR, message, values)
