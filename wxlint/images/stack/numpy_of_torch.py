"""Whether what an image installs names NumPy so that it is NumPy 2, which torch before 2.3 was not built for."""

from __future__ import annotations

from collections.abc import Iterable

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.accelerated import upper_bound
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.needs import is_bound_above
from wxlint.images.stack.torch.releases import numbers

_NUMPY_2, _PYTHON_OF_NUMPY_2 = (2,), (3, 9)


class NumPy(NamedTuple):
    """What brings NumPy 2 or later; a later install that only names it finds it there.

    pinned: by its version, so that nothing else decides. brings: it is another package, whose newest release asks for
    NumPy 2.
    """

    written: str
    span: Span | None
    install: Install
    pinned: bool
    brings: bool = False


def numpy_2_of(installs: Iterable[Install], python: str, *, bare: bool) -> NumPy | None:
    """Return what brings NumPy 2; None where nothing names it so. What is there stays where a range allows it.

    python: of the distribution ("3.10"), "" where another may be there. bare: the base is known to hold no NumPy.
    """
    found: NumPy | None = None
    seen: set[str] = set()
    for install in installs:
        if install.tool == "apt" or install.elsewhere:
            continue
        if found is None and (bringing := _bringing(install, python, seen)) is not None:
            found = NumPy(bringing.written, bringing.span or install.span, install, pinned=False, brings=True)
        seen |= {requirement.name for requirement in install.requirements}
        for requirement in install.requirements:
            if requirement.name != "numpy":
                continue
            unsure = install.removes or install.conditional or requirement.maybe or HOLE in requirement.specifier
            if unsure or install.tool == "conda" or any(_is_below_2(one) for one in _limits(install)):
                found, bare = None, False
            elif requirement.pin or (found is None and bare and _takes_newest(install, python)):
                found = NumPy(requirement.written, requirement.span or install.span, install, bool(requirement.pin))
        bare = bare and _brings_newest(install)
    return found


def _bringing(install: Install, python: str, seen: set[str]) -> Requirement | None:
    """Return what an install takes the newest release of, which asks for NumPy 2, over whichever is there.

    seen: what may be there of an earlier install, and then stays as it is.
    """
    own = install.environment.python or python
    if install.tool not in ("pip", "uv") or install.removes or install.conditional or install.no_deps or not own:
        return None
    if install.older or install.locked or not _brings_newest(install) or any(map(_is_below_2, _limits(install))):
        return None
    limited = {one.name for one in (*install.constraints, *install.overrides)}
    for requirement in install.requirements:
        row = facts.row_of("numpy_2", requirement.name) if requirement.name else None
        known = row is not None and requirement.name not in seen | limited and not requirement.specifier
        if row is not None and known and not requirement.maybe and numbers(own) >= numbers(row["python_min"]):
            return requirement
    return None


def _brings_newest(install: Install) -> bool:
    """Whether nothing that an install names is of an older time, and asks for an older NumPy; torch and its companions
    ask for none."""
    others = [one for one in install.requirements if one.name not in FAMILY and one.name != "numpy"]
    return install.is_read and not any(one.pin or is_bound_above(one.specifier) for one in others)


def _limits(install: Install) -> list[Requirement]:
    """What else an install says of NumPy."""
    said = (*install.requirements, *install.constraints, *install.overrides)
    return [one for one in said if one.name == "numpy"]


def _is_below_2(requirement: Requirement) -> bool:
    limit, included = upper_bound(requirement.specifier)
    return limit < _NUMPY_2 or (limit == _NUMPY_2 and not included)


def _takes_newest(install: Install, python: str) -> bool:
    """Whether nothing that is known keeps an install from NumPy 2: an old Python, or bounds of an older time."""
    own = install.environment.python or python
    if install.older or install.locked or (own and numbers(own) < _PYTHON_OF_NUMPY_2):
        return False
    return _brings_newest(install)
