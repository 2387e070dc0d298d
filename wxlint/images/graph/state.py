"""What is inside an image at some point of its build, and what holds of several images alike."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from wxlint import facts
from wxlint.core.findings import Span
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.installs.model import Install
from wxlint.images.installs.places import SYSTEM
from wxlint.images.model.records import Use
from wxlint.images.stack.torch.model import NONE, Torch
from wxlint.images.stack.torch.selection import built_for


class Package(NamedTuple):
    """A CUDA-only package that is installed: as written, its facts row, where, by what install, its plain name."""

    written: str
    row: dict[str, str]
    span: Span | None
    conditional: bool
    name: str = ""


class Addition(NamedTuple):
    """A package for another accelerator than CUDA."""

    accelerator: str
    written: str
    name: str = ""


class Stored(NamedTuple):
    """What lies in a folder of its own (`pip install --target`), where Python does not look."""

    folder: str
    torch: Torch
    packages: tuple[Package, ...]


class PythonEnvironment(NamedTuple):
    """A Python environment of an image: what its site-packages hold.

    place: as Install.place, SYSTEM for that of the base's own Python. external_torch: the torch that it began with.
    shares: it sees what the system's holds.
    """

    place: str
    torch: Torch = NONE
    packages: tuple[Package, ...] = ()
    others: tuple[Addition, ...] = ()
    installs: tuple[Install, ...] = ()
    external_torch: Torch = NONE
    shares: bool = False


class State(NamedTuple):
    """What is in an image at some point of its build.

    accelerator: of the base, or None when it is not known. cuda: the base's CUDA version. lineage: the FROM uses from
    this image down to the external base, without those that several producers do not share, which are in partly. root:
    the external base, None when it is not reached (a circle) or not the same for all producers. installs: every install
    so far into the environment that is used, those of the family's own bases among them. external_torch: the torch of
    the external base. sure: what is known of the external base was looked up, or its own name says it. environments:
    the Python environments, where there are several; torch, packages, others and installs are those of the ones in use,
    which in_use names by their places: several where it is not known which. led, used: as Stage's.
    """

    accelerator: str | None
    cuda: str | None
    torch: Torch
    packages: tuple[Package, ...]
    lineage: tuple[Use, ...]
    because: tuple[Reason, ...]
    others: tuple[Addition, ...] = ()
    stored: tuple[Stored, ...] = ()
    installs: tuple[Install, ...] = ()
    external_torch: Torch = NONE
    root: Use | None = None
    sure: bool = True
    partly: tuple[Use, ...] = ()
    environments: tuple[PythonEnvironment, ...] = ()
    in_use: tuple[str, ...] = ()
    led: str = SYSTEM
    used: str = ""

    def computing(self) -> tuple[PythonEnvironment, ...]:
        """Return the environments that the image computes with, or may."""
        if not self.environments:
            return (
                PythonEnvironment(SYSTEM, self.torch, self.packages, self.others, self.installs, self.external_torch),
            )
        return tuple(one for one in self.environments if one.place in self.in_use)


UNKNOWN = State(None, None, Torch("unknown"), (), (), ())


def package_key(package: Package) -> tuple[str, Span | None, bool]:
    """What two mentions of one installed package have in common."""
    return package.written, package.span, package.conditional


def distinct(packages: list[Package], more: Iterable[Package]) -> list[Package]:
    """Packages with others added, none twice."""
    found = {package_key(package): package for package in packages}
    for package in more:
        found.setdefault(package_key(package), package)
    return list(found.values())


@lru_cache(maxsize=4096)
def additions(install: Install) -> tuple[Addition, ...]:
    """The packages of an install that are for another accelerator."""
    ecosystem = {"apt": "apt", "conda": "conda"}.get(install.tool, "pip")
    if ecosystem == "conda" or install.conditional:
        return ()
    found = []
    for requirement in install.requirements:
        accelerator = (
            facts.accelerator_package(ecosystem, requirement.name, requirement.extras) if requirement.name else None
        )
        accelerator = accelerator or built_for(requirement)
        if accelerator is not None:
            found.append(Addition(accelerator, requirement.written or requirement.name, requirement.name))
    return tuple(found)


@lru_cache(maxsize=4096)
def cuda_packages(install: Install) -> tuple[Package, ...]:
    """The CUDA-only packages that an install names."""
    ecosystem = {"apt": "apt", "conda": "conda"}.get(install.tool, "pip")
    found = []
    for requirement in install.requirements:
        if not requirement.name or HOLE in requirement.name:
            continue
        row = facts.cuda_package(ecosystem, requirement.name, requirement.extras)
        if row is not None:
            found.append(
                Package(
                    requirement.written or requirement.name,
                    row,
                    requirement.span,
                    install.conditional or requirement.maybe,
                    requirement.name,
                )
            )
    return tuple(found)
