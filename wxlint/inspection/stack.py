"""What an image computes with, by the METADATA of its distributions alone, and what of it does not go together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wxlint.facts.accelerated import accelerated_build, accelerated_package
from wxlint.facts.generation import Generation, cuda_major, generation_of_local, generation_of_name, same_cuda
from wxlint.facts.tables import normalise
from wxlint.facts.torch_releases import FAMILY, companion_fits

_CUDNN = re.compile(r"libcudnn[^/]*\.so\.(\d+)")
_CUDA = re.compile(r"lib(?:cudart|cublas|cublasLt)\.so\.(\d+)")


class AcceleratedDistribution(NamedTuple):
    """A distribution that computes on an accelerator, or libraries of one.

    build: "cpu", "cuda", "rocm", "other", "any" (one package for both), "same" (no build for a GPU) or "" (unknown).
    cuda: what it was built for ("12.1", "12"), "" where that is not known. needs: what it takes from the image
    ("CUDA 12", "cuDNN 9", "torch 2.4"). module: what Python imports.
    """

    name: str
    version: str
    build: str
    cuda: str
    needs: tuple[str, ...]
    module: str = ""


def stack_of(
    installed: Iterable[tuple[str, str]], torch_cuda: str | None = None, torch_hip: str | None = None
) -> tuple[AcceleratedDistribution, ...]:
    """Return the accelerated distributions of these (name, version), by name.

    torch_cuda, torch_hip: what the torch that would be imported says of its build.
    """
    found: dict[str, AcceleratedDistribution] = {}
    for name, version in installed:
        one = _described(normalise(name), version, torch_cuda, torch_hip)
        if one is not None:
            found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))


def _described(
    name: str, version: str, torch_cuda: str | None, torch_hip: str | None
) -> AcceleratedDistribution | None:
    public, _, local = version.partition("+")
    said = generation_of_local(local) if local else Generation()
    if name in FAMILY:
        return _of_family(name, version, said, torch_cuda, torch_hip)
    row, named = accelerated_package(name), generation_of_name(name)
    if row is None and not named.cuda and not said.cuda and not said.torch:
        return None
    built = accelerated_build(name, f"=={public}") if row is not None else None
    cuda = named.cuda or said.cuda or (built["cuda"] if built is not None else "")
    build = row["build"] if row is not None else "cuda"
    if said.cuda and build in ("cpu", "any"):
        build = "cuda"
    needs = []
    if row is not None and row["libraries"] == "system" and built is not None and built["confidence"] != "unverified":
        needs = [f"CUDA {cuda_major(cuda)}", *([f"cuDNN {built['cudnn']}"] if built["cudnn"] else ())]
    elif row is not None and row["libraries"] == "system" and cuda:
        needs = [f"CUDA {cuda_major(cuda)}"]
    if said.torch:
        needs.append(f"torch {said.torch}")
    module = row["module"] if row is not None else ""
    return AcceleratedDistribution(name, version, build, cuda, tuple(needs), module)


def _of_family(
    name: str, version: str, said: Generation, torch_cuda: str | None, torch_hip: str | None
) -> AcceleratedDistribution:
    local = version.partition("+")[2]
    if name == "torch" and (torch_cuda or torch_hip):
        return AcceleratedDistribution(name, version, "cuda" if torch_cuda else "rocm", torch_cuda or "", (), name)
    build = "cuda" if said.cuda else "rocm" if local.startswith("rocm") else "cpu" if local.startswith("cpu") else ""
    return AcceleratedDistribution(name, version, build, said.cuda, (), name)


def mismatches(
    stack: Sequence[AcceleratedDistribution], libraries: Sequence[str], versions: Sequence[str] = ()
) -> list[str]:
    """Return what of a stack does not go together, one sentence each.

    libraries: paths of the image's CUDA libraries. versions: CUDA versions that it is known to hold.
    """
    cuda = {cuda_major(version) for version in versions} | {m[1] for path in libraries if (m := _CUDA.search(path))}
    cudnn = {m[1] for path in libraries if (m := _CUDNN.search(path))}
    found: list[str] = []
    for one in stack:
        found += _unmet(one, cuda, cudnn)
    return [*found, *_twins(stack), *_companions(stack)]


def _unmet(one: AcceleratedDistribution, cuda: set[str], cudnn: set[str]) -> Iterator[str]:
    """Yield the needs of a distribution that the image's libraries do not meet."""
    shown = f"{one.name} {one.version}"
    for need in one.needs:
        what, _, version = need.partition(" ")
        there = {"CUDA": cuda, "cuDNN": cudnn}.get(what)
        if there is None or version in there:
            continue
        if there:
            yield f"{shown} needs {need}; the image holds {what} {' and '.join(sorted(there))}"
        elif one.build == "cuda" or (what == "cuDNN" and cuda):
            yield f"{shown} needs {need}; the image holds none"


def _twins(stack: Sequence[AcceleratedDistribution]) -> Iterator[str]:
    """Yield a CPU and a GPU build that are one import."""
    by_module: dict[str, list[AcceleratedDistribution]] = {}
    for one in stack:
        if one.module:
            by_module.setdefault(one.module, []).append(one)
    for module, several in by_module.items():
        if {"cpu", "cuda"} <= {one.build for one in several}:
            names = " and ".join(f"{one.name} {one.version}" for one in several)
            yield f"{names} are both the Python package {module}: which one is imported is chance"


def _companions(stack: Sequence[AcceleratedDistribution]) -> Iterator[str]:
    """Yield what was built for another torch than the one that is there."""
    torch = next((one for one in stack if one.name == "torch"), None)
    if torch is None:
        return
    release = torch.version.partition("+")[0]
    for one in stack:
        if one.name in FAMILY[1:]:
            if companion_fits(one.name, one.version, release) is False:
                yield f"{one.name} {one.version} does not go with torch {torch.version}"
            elif {one.build, torch.build} == {"cpu", "cuda"} or same_cuda(one.cuda, torch.cuda) is False:
                yield f"{one.name} {one.version} is another build than torch {torch.version}"
        for need in one.needs:
            if need.startswith("torch ") and not f"{release}.".startswith(f"{need[6:]}."):
                yield f"{one.name} {one.version} is built for {need}; the image holds torch {torch.version}"
