"""Whether any release at all fits two requirements of one package."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.facts.accelerated import upper_bound
from wxlint.facts.tables import trimmed
from wxlint.facts.wheels import lower_bound
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.releases import within

_NOT_PLAIN = late(r"[A-Za-z*!]|==")
"""What bounds of numbers alone do not have."""
_EXCEPT = late(r"!=[^,]*")
"""One release that is left out: without it a range is no smaller."""
_BEFORE_ALL = late(r"(?<![\w.])((?:<|>=)[\d.]*\d)\.?dev\d*")
"""A bound at what comes before each candidate of a release: between final releases it is that release."""


def have_none_in_common(one: Requirement, two: Requirement) -> bool:
    """Return whether no release fits two requirements of one package."""
    if one.pin and two.pin:
        return not _is_same(one.pin, two.pin)
    for pinned, other in ((one, two), (two, one)):
        if pinned.pin:
            return not within(other.specifier, pinned.pin) and not _holds(other.specifier, pinned.pin)
    return _ends_before(one.specifier, two.specifier) or _ends_before(two.specifier, one.specifier)


def _is_same(one: str, two: str) -> bool:
    """Whether two versions are one, as 2024.01 and 2024.1 are."""
    if one == two:
        return True
    from packaging.version import InvalidVersion, Version  # only where they are written differently

    try:
        return Version(one) == Version(two)
    except InvalidVersion:
        return True


def _holds(specifier: str, version: str) -> bool:
    """Whether a range holds a version, or is none that installers of today read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only where a pin seems to lie outside of a range

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, ValueError):
        return True


def _ends_before(one: str, two: str) -> bool:
    """Whether one range ends before another begins."""
    end, with_end = upper_bound(one)
    start, with_start = lower_bound(two)
    if not start or _NOT_PLAIN.search(_bounds(f"{one},{two}")):
        return False
    return trimmed(end) < trimmed(start) or (trimmed(end) == trimmed(start) and not (with_end and with_start))


def _bounds(specifier: str) -> str:
    """What bounds a range, by numbers where that is the same."""
    return (
        re.sub(_BEFORE_ALL.pattern, r"\1", _EXCEPT.sub("", specifier))
        if "!" in specifier or "dev" in specifier
        else specifier
    )
