"""What the requirements of an install bring along, and what is said of its releases."""

from __future__ import annotations

from collections.abc import Iterator, Set

from wxlint import facts
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.accelerated import upper_bound
from wxlint.facts.tables import trimmed
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement, repeated
from wxlint.images.stack.torch.needs import may_be_older


class Brought(NamedTuple):
    """A package that a requirement brings along, in a range of releases. older: an older release of the requirement
    than the newest may be taken."""

    name: str
    specifier: str
    by: Requirement
    older: bool


def all_brought(install: Install, torch_there: bool) -> Iterator[Brought]:
    """Yield what the requirements of an install bring along."""
    twice = repeated(install.requirements)
    named = {requirement.name for requirement in install.requirements}
    for requirement in install.requirements:
        if not facts.carries(requirement.name):
            continue
        if requirement.name in twice:
            requirement = requirement._replace(specifier=twice[requirement.name])
        older = may_be_older(requirement, install, torch_there=torch_there) or _is_of_some_commit(requirement)
        yield from _brought(requirement, install, named, older)


def _brought(requirement: Requirement, install: Install, named: Set[str], older: bool) -> Iterator[Brought]:
    """Yield what a requirement brings along; two levels deep, as wyoming-faster-whisper brings ctranslate2. What is
    named itself brings its own."""
    waiting = [(requirement.name, limited(requirement, install), requirement.extras)]
    seen: set[str] = set()  # of its own: one that holds all names, for each of them, would cost their square
    for _ in range(16):
        if not waiting:
            return
        name, specifier, extras = waiting.pop()
        for brought, required in facts.carried(name, specifier, extras) if name else ():
            if brought in seen or brought in install.skipped:
                continue
            seen.add(brought)
            limits = ("" if older else required, *_limits_of(brought, install))
            allowed = ",".join(part for part in limits if part)
            if brought not in named:
                waiting.append((brought, allowed, ()))
            yield Brought(brought, allowed, requirement, older)


def _is_of_some_commit(requirement: Requirement) -> bool:
    """Whether a requirement is a commit of a repository that need not be a late one: an archive without a release in
    its name, or a reference (`@9f1c2d`, `@v0.9`). The head of a branch is taken for the newest."""
    if requirement.kind == "url":
        return not requirement.pin
    if requirement.kind != "vcs" or not requirement.url:
        return False
    path = requirement.url.partition("#")[0].partition("://")[2].partition("/")[2]
    return path.partition("@")[2] not in ("", "main", "master", "HEAD")


def limited(requirement: Requirement, install: Install) -> str:
    """Return the specifier of a requirement together with what constraints say of it."""
    own = requirement.specifier if HOLE not in requirement.specifier else ""
    return ",".join(part for part in (own, *_limits_of(requirement.name, install)) if part)


def _limits_of(name: str, install: Install) -> list[str]:
    """Return what the constraints that count for certain say of a name."""
    limits = (one for one in install.constraints if one.name == name and not one.maybe)
    return [one.specifier for one in limits if HOLE not in one.specifier]


def joined_range(said: str, brought: str) -> str:
    """Return a range of releases together with the one in which another requirement brings them, which gives way to an
    older release of itself where nothing is in both."""
    if not brought or "==" in said or excludes(said, brought) or excludes(brought, said):
        return said
    return f"{said},{brought}" if said else brought


def excludes(below: str, above: str) -> bool:
    """Whether all releases of one range are older than those of another."""
    from wxlint.facts.wheels import lower_bound  # only where a package is brought twice

    limit, included = upper_bound(below)
    lowest, allowed = lower_bound(above)
    return bool(lowest) and (trimmed(lowest) > limit or (trimmed(lowest) == limit and not (included and allowed)))
