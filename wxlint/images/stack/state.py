"""What is left of accelerated packages after all installs of an image."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.base import Held
from wxlint.images.stack.brought import excludes
from wxlint.images.stack.packages import COMPILED, Accelerated, accelerated_packages
from wxlint.images.stack.torch.needs import may_be_older
from wxlint.images.stack.torch.releases import contains

_APT_CUDNN = late(r"(?:lib)?cudnn(\d+)(?:-.*)?|nvidia-cudnn")
_APT_CUDA = late(r"cuda(?:-(?:toolkit|libraries|runtime|compat|cudart|nvrtc))?-(\d+)-(\d+)|libcublas-(\d+)-(\d+)")
_APT_PYTHON = late(r"python3\.\d+(?:-.*)?")
_CONDA_CUDA = ("cudatoolkit", "cuda-version", "cuda-toolkit", "cuda-runtime", "cuda-libraries", "pytorch-cuda", "cuda")
_CONDA_CUDNN = ("cudnn",)
_OWN_PYTHON = ("conda", "uv-project")
"""Tools that may bring another Python than the distribution's."""


class Stack(NamedTuple):
    """base: what the external base holds. packages: what the installs leave, each name once, the newest last.

    system_cudnn, system_cuda: what the system's own packages bring; cuDNN's major versions and CUDA versions, "" for
    one that is not known. unread: something was installed that could not be read, so that what is missing here may
    still be there. python: the distribution's ("3.10"); "" where another may be there.
    """

    base: Held
    packages: tuple[Accelerated, ...] = ()
    system_cudnn: tuple[str, ...] = ()
    system_cuda: tuple[str, ...] = ()
    unread: bool = False
    python: str = ""

    def libraries(self) -> list[Accelerated]:
        """Return NVIDIA's own wheels, which bring CUDA's libraries."""
        return [package for package in self.packages if package.libraries == "own"]


def takes_cuda_from_nowhere(package: Accelerated, stack: Stack) -> bool:
    """Whether a package takes CUDA's libraries from the system, and nothing that was installed brings any. What the
    base holds, and whether torch brings them, is for the caller to know."""
    if package.libraries != "system" or package.build not in ("cuda", "any") or not package.module:
        return False
    if package.conditional or package.confidence == "unverified" or package.name in COMPILED:
        return False
    return not (stack.unread or stack.libraries() or stack.system_cuda or stack.system_cudnn)


def stack_after(base: Held, installs: Iterable[Install]) -> Stack:
    """Return the stack of an image: its base, and what its installs leave behind."""
    packages: dict[str, Accelerated] = {}
    cudnn: list[str] = []
    cuda: list[str] = []
    unread = False
    tools: list[str] = []
    torch_there = False
    python = base.python
    for step, install in enumerate(installs):
        tools.append(install.tool)
        if install.removes:
            for requirement in install.requirements:
                gone = packages.pop(requirement.name, None)
                if gone is not None and install.conditional:
                    packages[gone.name] = gone._replace(conditional=True)
            continue
        if install.tool in _OWN_PYTHON:
            python = ""
        if install.tool == "apt":
            names = [requirement.name for requirement in install.requirements]
            cudnn += [match[1] or "" for name in names if (match := _APT_CUDNN.fullmatch(name))]
            if any(_APT_PYTHON.fullmatch(name) for name in names):
                python = ""  # another one than the distribution's
            cuda += [f"{m[1] or m[3]}.{m[2] or m[4]}" for name in names if (m := _APT_CUDA.fullmatch(name))]
        if install.tool == "conda":
            cuda += [_leading(r) for r in install.requirements if r.name in _CONDA_CUDA]
            cudnn += [_leading(r).partition(".")[0] for r in install.requirements if r.name in _CONDA_CUDNN]
        packages = _still_there(packages, install, tools)
        unread = (
            unread or bool(install.unread) or any(r.kind in ("vcs", "path", "unknown") for r in install.requirements)
        )
        own_python = install.environment.python or python
        for package in accelerated_packages(install, own_python, torch_there=torch_there):
            before = packages.get(package.name)
            if before is not None and _may_be_led(before, package, install, tools):
                before = packages[package.name] = _of_any_release(before)
            if before is not None and package.conditional and not before.conditional:
                if not install.conditional and _takes_anew(before, package, install):
                    packages[package.name] = _of_any_release(before)
                continue
            if before is not None and not _replaces(before, package, install):
                continue
            packages.pop(package.name, None)
            packages[package.name] = package._replace(step=step)
        torch_there = torch_there or any(requirement.name == "torch" for requirement in install.requirements)
    return Stack(base, tuple(packages.values()), tuple(cudnn), tuple(cuda), unread, python)


def _still_there(packages: dict[str, Accelerated], install: Install, tools: list[str]) -> dict[str, Accelerated]:
    """Return what is there before an install takes anything: one removes what it does not list, and a project that is
    not known may have a lock with another release of any of them. tools: of the installs before."""
    if install.exact:
        packages = _listed_again(packages, install, tools)
    if install.tool == "uv-project" and install.unread:
        packages = {name: _of_any_release(one) for name, one in packages.items()}
    return packages


def _listed_again(packages: dict[str, Accelerated], install: Install, tools: list[str]) -> dict[str, Accelerated]:
    """Return what is still there when an install removes what it does not list.

    A project has an environment of its own, beside what others than uv installed. tools: of the installs before.
    """
    own = install.tool == "uv-project"
    kept = {name: one for name, one in packages.items() if own and tools[one.step] not in ("uv", "uv-project")}
    if install.unread or install.conditional:
        return {name: one if name in kept else one._replace(conditional=True) for name, one in packages.items()}
    return kept


def _leading(requirement: Requirement) -> str:
    """Return the version that a requirement of conda's begins with, "" for any."""
    match = re.match(r"[=~]*(\d+(?:\.\d+)?)", requirement.pin or requirement.specifier)
    return match[1] if match is not None and not requirement.maybe else ""


def _replaces(before: Accelerated, package: Accelerated, install: Install) -> bool:
    """Whether a later install takes a package anew: an installer keeps one that a bare name or a requirement of
    another asks for."""
    return (before.conditional and not package.conditional) or _takes_anew(before, package, install)


def _may_be_led(before: Accelerated, package: Accelerated, install: Install, tools: list[str]) -> bool:
    """Whether an install may lead a package that is there to another release, which nothing shows: for the torch that
    it asks for, or as a project's lock has it, which takes no heed of what others installed."""
    if install.tool == "uv-project" and not install.locked and tools[before.step] != "uv-project":
        return True
    wanted = [one for one in install.requirements if one.name == package.name]
    return any(may_be_older(one, install, torch_there=False) for one in wanted)


def _takes_anew(before: Accelerated, package: Accelerated, install: Install) -> bool:
    """The same of a package that an install takes, whether that is certain or not."""
    if install.reinstall or (install.upgrade and (install.tool == "uv" or install.eager)):  # all that comes along
        return True
    if install.tool == "uv-project" and install.older:  # whose lock may have any release
        return True
    if package.brought_by:
        return excludes(package.specifier, before.specifier) or excludes(before.specifier, package.specifier)
    if install.upgrade or not package.specifier:
        return install.upgrade
    return install.tool == "conda" or not _is_in(package.specifier, before.specifier)


def _is_in(specifier: str, standing: str) -> bool:
    """Whether the release that is there lies in a range, so that an installer leaves it."""
    pin = standing.removeprefix("==")
    if pin == standing or specifier == standing or not pin[:1].isdigit() or set(pin) & set(",*"):
        return False
    return contains(specifier, (pin,)) is True


def _of_any_release(package: Accelerated) -> Accelerated:
    """A package that stays there, in this release or another."""
    return package._replace(specifier="", cuda="", cudnn="", confidence="unverified")
