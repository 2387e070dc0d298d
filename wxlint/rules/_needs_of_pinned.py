"""What pinned packages need, beside what one command asks for: no release of the needed package fits both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.facts.package_needs import needs_of
from wxlint.images.graph.image import Image
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.rules import Problem
from wxlint.rules._meeting import have_none_in_common
from wxlint.rules._resolver import refuses_conflicts

_HINT = "take releases that go together"
_IF_OLD = "; a pip before 20.3 installs them all the same, and only warns"
_EXACT = late(r"={2,3}([^*,]+)")
_OF_BUILDS = ("torch",)
"""Packages whose builds with a local version need what the release needs; of others' builds that is not known."""
_MANY = 20
"""Different needs of one package beyond which they are not compared, each with all others."""


class _Needed(NamedTuple):
    """A package in the releases that a pinned one needs."""

    by: Requirement
    asks: Requirement


def problems(image: Image, install: Install, said: dict[str, list[Requirement]], found: set[str]) -> Iterator[Problem]:
    """Yield what the needs of a command's pinned packages rule out.

    said: what the command asks for and limits, by name: the requirements first. found: names that are reported
    already.
    """
    asked = {one.name for one in install.requirements if one.kind == "name" and not one.maybe}
    needed: dict[str, list[_Needed]] = {}
    for pinned in _pinned(said, asked, found):
        for need in needs_of(pinned.name, pinned.pin or ""):
            if need.name not in found and not any(one.name == need.name for one in install.overrides):
                needed.setdefault(need.name, []).append(_Needed(pinned, _as_asked(need.name, need.specifier)))
    sure: bool | None = None
    for name, needs in needed.items():
        problem = _against_list(install, needs, said.get(name, ())) or _against_each_other(install, needs)
        if problem is None:
            continue
        if sure is None:
            sure = refuses_conflicts(image, install)
        yield problem if sure else problem._replace(message=f"{problem.message}{_IF_OLD}", severity=Severity.WARNING)


def _pinned(said: dict[str, list[Requirement]], asked: set[str], found: set[str]) -> Iterator[Requirement]:
    """The packages that a command takes in one release, by its requirements or by its constraints."""
    for name, alike in said.items():
        if name in found or name not in asked:
            continue
        pinned = next((one for one in alike if one.pin), None)
        if pinned is not None and (pinned.local is None or name in _OF_BUILDS):
            yield pinned


def _as_asked(name: str, specifier: str) -> Requirement:
    """A need as a requirement of its own."""
    exact = next((match[1] for one in specifier.split(",") if (match := _EXACT.fullmatch(one)) is not None), None)
    return Requirement(name, specifier=specifier, pin=exact, written=f"{name}{specifier}")


def _against_list(install: Install, needs: Sequence[_Needed], said: Iterable[Requirement]) -> Problem | None:
    """What is asked for, or limited, of a package that pinned ones need in other releases."""
    asked = {one.span for one in install.requirements}
    for wanted in said:
        against = [need for need in needs if have_none_in_common(need.asks, wanted)]
        if not against or wanted.span is None:
            continue
        which = "is asked for" if wanted.span in asked else "is a constraint"
        because = tuple(reason_at("install", need.by.written, need.by.span) for need in against)
        text = f"{_words(against[0])}, and {wanted.written} {which}"
        return Problem(wanted.span, text, (*because, *install.reasons), _HINT)
    return None


def _against_each_other(install: Install, needs: Iterable[_Needed]) -> Problem | None:
    """Two pinned packages that need a third in releases of which none is both."""
    different = {need.asks.specifier: need for need in needs}
    for first, second in combinations(list(different.values())[:_MANY], 2):
        if have_none_in_common(first.asks, second.asks) and second.by.span is not None:
            because = (reason_at("install", first.by.written, first.by.span), *install.reasons)
            return Problem(second.by.span, f"{_words(second)}, and {_words(first)}", because, _HINT)
    return None


def _words(need: _Needed) -> str:
    return f"{need.by.name} {need.by.pin} needs {need.asks.written}"
