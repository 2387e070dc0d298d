"""One command asks for two releases of a package, and no release is both.

## Why

pip and uv install all of a command's requirements together, or nothing: where `PyYAML==6.0.1` and `PyYAML==6.0.2`, or
`requests>=2.31` and `requests<2.27`, stand in the lists of one command, they refuse it, and the build ends there. It
happens where lists are put together, a freeze is added to what was written by hand, or a constraint has grown old.

## Bad

```text
flask
torch==2.3.1
PyYAML==6.0.1
torch==2.4.0
```

```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```

## Good

```text
flask
torch==2.4.0
PyYAML==6.0.1
```

```dockerfile
FROM python:3.11-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
```
"""

from collections.abc import Iterator
from itertools import combinations

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.facts.accelerated import upper_bound
from wxlint.facts.tables import trimmed
from wxlint.facts.wheels import lower_bound
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.releases import within
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "two requirements of one command that no release fits"
HINT = "keep one of the two requirements"
_TOOLS = ("pip", "uv")
_NOT_PLAIN = late(r"[A-Za-z*!]|==")
"""What bounds of numbers alone do not have."""
_MANY = 20
"""Requirements of one package beyond which they are not compared, each with all others."""


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        for install in image.installs:
            if install.tool in _TOOLS and install.must_succeed and not install.removes:
                yield from _of_install(install)


def _of_install(install: Install) -> Iterator[Problem]:
    overridden = {one.name for one in install.overrides}
    by_name: dict[str, dict[str, Requirement]] = {}
    for requirement in install.requirements:
        if _names_releases(requirement) and requirement.name not in overridden:
            by_name.setdefault(requirement.name, {}).setdefault(requirement.specifier, requirement)
    for constraint in install.constraints:  # of what nobody asks for, they say nothing
        if constraint.name in by_name and _names_releases(constraint):
            by_name[constraint.name].setdefault(constraint.specifier, constraint)
    asked = {requirement.span for requirement in install.requirements}
    for alike in by_name.values():
        pairs = combinations(list(alike.values())[:_MANY], 2)
        found = next((pair for pair in pairs if pair[0].span in asked and _have_none_in_common(*pair)), None)
        if found is None:
            continue
        first, second = found
        if second.span is not None:
            because = (reason_at("install", first.written, first.span), *install.reasons)
            yield Problem(second.span, f"no release is both {first.written} and {second.written}", because)


def _names_releases(requirement: Requirement) -> bool:
    """Whether a requirement asks for releases that are known, whatever the machine."""
    plain = requirement.kind == "name" and not requirement.maybe and not requirement.group
    return plain and bool(requirement.specifier) and HOLE not in f"{requirement.specifier}{requirement.written}"


def _have_none_in_common(one: Requirement, two: Requirement) -> bool:
    """Whether no release at all fits two requirements of one package."""
    if one.pin and two.pin:
        return not _is_same(one.pin, two.pin)
    for pinned, other in ((one, two), (two, one)):
        if pinned.pin:
            return not within(other.specifier, pinned.pin) and not _holds(other.specifier, pinned.pin)
    return _ends_before(one, two) or _ends_before(two, one)


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


def _ends_before(one: Requirement, two: Requirement) -> bool:
    """Whether the range of one requirement ends before that of another begins."""
    end, with_end = upper_bound(one.specifier)
    start, with_start = lower_bound(two.specifier)
    if not start or _NOT_PLAIN.search(f"{one.specifier},{two.specifier}"):
        return False
    return trimmed(end) < trimmed(start) or (trimmed(end) == trimmed(start) and not (with_end and with_start))
