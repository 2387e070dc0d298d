"""What a lock adds to what a project asks for: the versions that an install really takes, and from where."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Where
from wxlint.core.values import Value
from wxlint.documents.manifests.project import DEFAULT_INDEX
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.markers import Environment, applies
from wxlint.images.installs.requirement import Bound, Requirement, parse_requirement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wxlint.documents.manifests.conda_lock import LockedCondaPackage
    from wxlint.documents.manifests.locks import Lock, Locked
    from wxlint.documents.manifests.project import Part
    from wxlint.documents.manifests.pylock import PyLock
    from wxlint.documents.source import Source
    from wxlint.images.installs.model import Lines

_CUDA_LIBRARIES = "nvidia-"


def with_lock(
    lines: Lines,
    lock: Lock,
    source: Source,
    *,
    project: str,
    reached: Collection[Part],
    skipped: Collection[str],
    environment: Environment,
) -> Lines:
    """What a project asks for, as its lock pins it, with the accelerated packages that only the lock names.

    project: its name. reached: the parts of it that are installed. skipped: distributions that are left out.
    """
    taken = _taken(lock, project, reached, environment)
    if not taken:
        return lines
    found = []
    for requirement in lines.requirements:
        pinned = taken.get(requirement.name)
        found.append(_pinned(requirement, pinned, lines, source) if pinned is not None else requirement)
    named = {requirement.name for requirement in lines.requirements}
    torch = taken.get("torch")
    forked = torch is None and any(package.name == "torch" for package in lock.packages)
    of_cpu = torch is None or torch.version.endswith("+cpu")
    for name, package in taken.items():
        if (
            name in named
            or name in skipped
            or not _is_accelerated(name)
            or (name.startswith(_CUDA_LIBRARIES) and (forked or not of_cpu))
        ):
            continue  # what a CUDA build of torch brings is a part of it; which of several builds it is, is not known
        text = f"{name}=={package.version}"
        requirement = parse_requirement(Value(text), _where(package, source))
        found.append(_pinned(requirement, package, lines, source))
    # a lock that does not hold what is asked for may be made anew
    torchless = torch is None and not forked and all(one.name in taken for one in lines.requirements)
    return lines._replace(requirements=tuple(found), constraints=(), locked=True, torchless=torchless, forks=False)


def _taken(lock: Lock, project: str, reached: Collection[Part], environment: Environment) -> dict[str, Locked]:
    """The distributions that are installed for certain, each name once; those that are locked twice left out."""
    extras = tuple(part.name for part in reached if part.name)
    chosen = (*extras, *(f"{part.kind}-{len(project)}-{project}-{part.name}" for part in reached if part.name))
    found: dict[str, dict[str, Locked]] = {}
    perhaps: dict[str, set[str]] = {}
    for package in lock.packages:
        if package.part not in reached:
            continue
        holds = applies(package.marker, environment, chosen)
        if holds:
            found.setdefault(package.name, {}).setdefault(package.version, package)
        elif holds is None:
            perhaps.setdefault(package.name, set()).add(package.version)
    return {
        name: next(iter(versions.values()))
        for name, versions in found.items()
        if len(versions) == 1 and perhaps.get(name, set()) <= versions.keys()
    }


def _pinned(requirement: Requirement, package: Locked, lines: Lines, source: Source) -> Requirement:
    """A requirement with the version and the index of a lock; one by address stays what it is.

    One that names another build than the lock stands where the lock's does.
    """
    if requirement.kind != "name":
        return requirement
    pin, _, local = package.version.partition("+")
    bound = requirement.bound
    if requirement.local and requirement.local != local:
        requirement = requirement._replace(written=f"{package.name}=={package.version}", where=_where(package, source))
    if package.name in FAMILY:
        bound = Bound(package.url or DEFAULT_INDEX) if package.url or lines.sources else None
    return requirement._replace(specifier=f"=={package.version}", pin=pin, local=local or None, bound=bound)


def pinned_by(lock: PyLock, source: Source, environment: Environment) -> Iterator[Requirement]:
    """The requirements that a pylock.toml amounts to, those that may be taken."""
    for package in lock.packages:
        holds = applies(package.marker, environment)
        if holds is False:
            continue
        where = partial(source.span, package.start, package.start + len(package.name))
        if not package.version or not package.index:  # from a repository, an archive or a folder
            yield Requirement(package.name, kind="vcs", written=package.name, where=where, maybe=holds is None)
            continue
        found = parse_requirement(Value(f"{package.name}=={package.version}"), where)
        yield found._replace(bound=Bound(package.index), maybe=holds is None)


_CONDA_PLATFORMS = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}


def conda_lines(
    packages: tuple[LockedCondaPackage, ...], source: Source, environment: Environment
) -> tuple[tuple[Requirement, ...], Lines]:
    """What a lock of conda has for a platform: conda's packages, and pip's. What is not in its main category may be
    left out."""
    from wxlint.images.installs.model import Lines

    platform = _CONDA_PLATFORMS.get(environment.machine or "", "")
    conda: list[Requirement] = []
    pip: list[Requirement] = []
    for package in packages:
        if package.platform not in ("", platform) and platform:
            continue
        where = partial(source.span, package.start, package.start + len(package.name))
        maybe = package.category != "main" or not platform
        if package.manager == "pip":
            found = parse_requirement(Value(f"{package.name}=={package.version}"), where)
            address = parse_requirement(Value(package.url), where) if package.url.endswith(".whl") else found
            bound = Bound(package.url) if package.url else None
            pip.append(found._replace(local=address.local or found.local, bound=bound, maybe=maybe))
        else:
            written = f"{package.name}={package.version}={package.build}"
            conda.append(
                Requirement(
                    package.name.lower(),
                    specifier=f"={package.version}",
                    pin=package.version,
                    written=written,
                    build=package.build,
                    where=where,
                    maybe=maybe,
                )
            )
    return tuple(conda), Lines(tuple(pip), locked=True)


def _is_accelerated(name: str) -> bool:
    if name in FAMILY or facts.accelerated_package(name) is not None:
        return True
    return facts.cuda_package("pip", name) is not None


def _where(package: Locked, source: Source) -> Where | None:
    if not package.line:
        return partial(source.span, 0, 0)
    start = source.starts[package.line - 1]
    return partial(source.span, start, start + len(source.text[start:].split("\n", 1)[0]))
