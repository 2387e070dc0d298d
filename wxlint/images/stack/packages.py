"""The accelerated packages that an install brings, each with what it was built for and what it needs of the image."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Span, Where
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.generation import (
    generation_of_extra,
    generation_of_local,
    generation_of_name,
    generation_of_release,
)
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.installs.model import Install
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.brought import all_brought, joined_range, limited

if TYPE_CHECKING:
    from wxlint.facts.wheels import Extra

_NOT_A_CUDA = frozenset(("cuda-python", "cuda-bindings", "cuda-core", "cuda-pathfinder"))


COMPILED = frozenset(
    "llama-cpp-python detectron2 pytorch3d torch-scatter torch-sparse torch-cluster torch-spline-conv mmcv "
    "mmcv-full".split()
)
"""Packages that are compiled when they are installed; but for the first, their setup looks for a device unless
FORCE_CUDA is set. Source: their setup.py."""
NEEDS_TOOLKIT = (COMPILED - {"llama-cpp-python"}) | {"apex", "deepspeed", "flash-attn"}
"""Packages that are compiled against torch with the image's toolkit, and refuse one of another major version than
torch's. Source: torch.utils.cpp_extension, which they use."""


class Accelerated(NamedTuple):
    """One package that computes on an accelerator, or libraries of one.

    name: normalised. specifier: the releases it may be ("==1.17.1"). written: as the install has it. brought_by: the
    distribution that brings it, empty where it is named itself. module: what Python imports; packages that share one
    overwrite each other. build: "cpu", "cuda", "rocm", "other", "any" (one package for both), "same" (twins without a
    GPU build) or "" (unknown). libraries: where it takes CUDA from: "system", "wheels", "own" (it is the libraries).
    cuda, cudnn: what it was built for ("11.8", "12"; cuDNN's major version), empty where that is not known. torch:
    the release it was built for ("2.4"). confidence: of the tables; "unverified" also where the Python decides and is
    not known. step: the number of the install among those of the image.
    """

    name: str
    specifier: str
    written: str
    where: Where | None
    conditional: bool
    module: str = ""
    build: str = ""
    libraries: str = ""
    cuda: str = ""
    cudnn: str = ""
    torch: str = ""
    counterpart: str = ""
    brought_by: str = ""
    confidence: str = ""
    step: int = 0

    @property
    def span(self) -> Span | None:
        return self.where() if self.where is not None else None


@functools.lru_cache(maxsize=4096)
def accelerated_packages(install: Install, python: str = "", *, torch_there: bool = False) -> tuple[Accelerated, ...]:
    """What an install brings, packages that are named before those that they bring.

    python: the image's Python, "3.10"; "" when it is not known. torch_there: whether an earlier install took torch.
    """
    if install.tool == "apt" or install.removes:
        return ()
    return tuple(_of_conda(install) if install.tool == "conda" else _of_python(install, python, torch_there))


def _of_python(install: Install, python: str, torch_there: bool) -> Iterator[Accelerated]:
    named = {requirement.name for requirement in install.requirements}
    brought = () if install.no_deps else tuple(all_brought(install, torch_there))
    ranges = {one.name: one.specifier for one in brought if not one.older}
    for requirement in install.requirements:
        found = package_of(requirement, install, python, ranges.get(requirement.name, ""))
        if found is not None:
            yield found
    for one in brought:
        if one.name in named:
            continue
        found = _described(
            one.name,
            one.specifier,
            written=one.by.written,
            where=one.by.where,
            conditional=install.conditional or one.older,
            brought_by=one.by.name,
            python=python,
        )
        if found is not None:
            yield found


def _of_conda(install: Install) -> Iterator[Accelerated]:
    """Yield conda's packages of the same names: conda brings the libraries along, and decides about the build unless
    the name or the build string says it."""
    for requirement in install.requirements:
        row = facts.accelerated_package(requirement.name) if requirement.name not in FAMILY else None
        if row is None or not row["module"] or "*" in row["name"]:
            continue
        said = f"{requirement.name}-{requirement.build}".lower()
        build = row["build"] if row["build"] in ("same", "other") else ""
        build = "cuda" if re.search(r"gpu|cuda", said) else "cpu" if "cpu" in said else build
        yield Accelerated(
            requirement.name,
            requirement.specifier if HOLE not in requirement.specifier else "",
            requirement.written,
            requirement.where,
            install.conditional,
            row["module"],
            build,
            "wheels",
            confidence=row["confidence"],
        )


def package_of(requirement: Requirement, install: Install, python: str = "", others: str = "") -> Accelerated | None:
    """Return a requirement as an accelerated package; None when neither its name nor the tables say that it is one.

    others: the range of its releases in which another requirement brings it.
    """
    if not requirement.name or requirement.name in FAMILY or requirement.name in _NOT_A_CUDA:
        return None
    if _is_ordinary(requirement.name, requirement.local or ""):
        return None
    found = _described(
        requirement.name,
        joined_range(limited(requirement, install), others),
        extras=requirement.extras,
        local=requirement.local or "",
        written=requirement.written,
        where=requirement.where,
        conditional=install.conditional or requirement.maybe,
        python=python,
        older=install.older,
    )
    if found is not None and HOLE in requirement.specifier and "+cu" in requirement.specifier:
        return found._replace(build="cuda")  # jaxlib==$VERSION+cuda$CUDA: for which CUDA is not known
    if found is not None and not found.torch and requirement.kind == "name" and install.sources:
        found = _as_its_place_says(found, install)
    if found is not None and requirement.kind == "url" and not found.torch:
        # somebody's own wheel: the tables know what the package index has under that number
        said = generation_of_local(requirement.local or "")
        return found._replace(cuda=generation_of_name(requirement.name).cuda or said.cuda, cudnn="")
    return found


@functools.lru_cache(maxsize=4096)
def _is_ordinary(name: str, local: str) -> bool:
    """Whether neither the tables nor a name, nor its local version, say that a package computes on an accelerator."""
    of_local = generation_of_local(local)
    return facts.accelerated_package(name) is None and not (
        generation_of_name(name).cuda or of_local.cuda or of_local.torch
    )


def _as_its_place_says(package: Accelerated, install: Install) -> Accelerated:
    """Return a package as the index or the folder of wheels that it comes from says: `/whl/torch-2.4.0+cu121.html`."""
    from wxlint.images.stack.wheel_places import said_by_place  # only where a place is named

    with_torch = package.libraries == "torch"
    said = said_by_place(package.name, install, with_torch=with_torch) if not (with_torch and package.cuda) else None
    if said is None:
        return package
    if said.cpu:
        asks = package.name in COMPILED and install.switches  # it may be compiled as these say
        return package if asks else package._replace(build="cpu", torch=said.torch)
    if with_torch:
        return package._replace(torch=said.torch, cuda=said.cuda)
    cudnn = package.cudnn if said.cuda == package.cuda else ""
    return package._replace(build="cuda", cuda=said.cuda, cudnn=cudnn) if said.cuda else package


def _described(
    name: str,
    specifier: str,
    *,
    written: str,
    where: Where | None,
    conditional: bool,
    python: str,
    extras: tuple[str, ...] = (),
    local: str = "",
    brought_by: str = "",
    older: bool = False,
) -> Accelerated | None:
    row = facts.accelerated_package(name)
    said = generation_of_name(name)
    of_local = generation_of_local(local) if local else generation_of_release(name, specifier.removeprefix("=="))
    oldest = older and "==" not in specifier
    built = facts.accelerated_build(name, specifier, python) if row is not None and not oldest else None
    cuda = said.cuda or of_local.cuda
    if built is not None and of_local.cuda and of_local.cuda != built["cuda"]:
        built = None  # another build of that release: paddlepaddle-gpu==2.4.2.post117
    if row is None and not cuda and not of_local.torch:
        return None
    build, libraries = (row["build"], row["libraries"]) if row is not None else ("cuda" if cuda else "", "system")
    asked = _asked(name, extras, specifier, python)
    if asked is not None and asked.there:
        libraries = "system" if asked.local else "wheels"  # jax[cuda12-local] takes the system's
        build = "cuda" if build in ("cpu", "any", "cuda") else build
        cuda = cuda or asked.cuda
    elif of_local.cuda and build in ("cpu", "any"):  # jaxlib==0.4.7+cuda12.cudnn88
        build = "cuda"
    if row is None and of_local.torch:
        libraries = "torch"
    confidence = (built or row or {"confidence": "documented"})["confidence"]
    if built is not None and not facts.is_sure(built, specifier, python):
        confidence = "unverified"
    return Accelerated(
        name,
        specifier,
        written,
        where,
        conditional,
        row["module"] if row is not None else "",
        build,
        libraries,
        cuda or (built["cuda"] if built is not None else ""),
        built["cudnn"] if built is not None else asked.cudnn if asked is not None else _cudnn_itself(name, specifier),
        of_local.torch,
        row["counterpart"] if row is not None and (asked is None or asked.there) else "",
        brought_by,
        confidence,
    )


def _asked(name: str, extras: tuple[str, ...], specifier: str, python: str) -> Extra | None:
    """Return the extra by which a package is asked for with CUDA: jax[cuda12], tensorflow[and-cuda],
    onnxruntime-gpu[cuda,cudnn]. Of one that a release does not have no-such-build speaks."""
    extra = next((extra for extra in extras if re.search(r"cuda|cu\d\d|gpu|cudnn", extra)), "")
    if not extra:
        return None
    from wxlint.facts.wheels import Extra, extra_of  # only where a package is asked for with such an extra

    return extra_of(name, extra, specifier, python) or Extra(extra, cuda=generation_of_extra(extra))


def _cudnn_itself(name: str, specifier: str) -> str:
    from wxlint.images.stack.cudnn_wheels import cudnn_generation  # only where cuDNN itself may be installed

    return cudnn_generation(name, specifier) if name.startswith("nvidia-cudnn") else ""
