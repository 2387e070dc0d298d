"""A package whose build imports what the environment that pip or uv makes for it does not have.

## Why

flash-attn, torch-scatter, detectron2 from git and their like are compiled when they are installed, and their setup.py
imports torch without asking for it. uv, and pip from 25.3 on, build every package in an environment of its own, in
which there is nothing but what the package asks for: `ModuleNotFoundError: No module named 'torch'`, even where torch
was installed before. So does an older pip where the Python has no setuptools and wheel, as official images from 3.12
on. `--no-build-isolation` builds with what is installed; torch has to be installed by an earlier command then.

The same with `pkg_resources`, which setuptools 82 took out: packages without a wheel whose setup.py imports it, and
that ask for no setuptools of their own (openai-whisper before 20250625), are built with the newest one and fail. A
constraint on setuptools that reaches builds (`PIP_CONSTRAINT`, `--build-constraint`) helps, or a later release. This is
information: the index decides it, which changes while the repository does not, and the build itself says so.

Nothing is said where a wheel may be taken instead: with a further index, with `--find-links`, or by an address; where
an older pip may install, and of `uv sync`, whose settings decide.

## Bad

```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel
RUN pip install --upgrade pip
RUN pip install flash-attn==2.8.3
```

```dockerfile
FROM python:3.11-slim
RUN pip install openai-whisper==20231117
```

## Good

```dockerfile
FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel
RUN pip install --upgrade pip
RUN pip install flash-attn==2.8.3 --no-build-isolation
```

```dockerfile
FROM python:3.11-slim
RUN pip install openai-whisper==20250625
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.facts import (
    builds_against_torch,
    builds_with_pkg_resources,
    normalise_repository,
    python_of_system,
    python_range,
)
from wxlint.images.stack.torch.channels import served_by
from wxlint.rules import Problem

if TYPE_CHECKING:
    from wxlint.core.reasons import Reason
    from wxlint.images.graph.image import Image
    from wxlint.images.graph.repository import Repository
    from wxlint.images.installs.model import Install

SEVERITY = Severity.WARNING
SUMMARY = "a package whose build imports what its own environment does not have"
HINT = "install torch first, then the package with --no-build-isolation, or take a wheel of it"
WEIGHT = 0

_ALWAYS_APART = "pip 25.3"
"""The first pip that builds everything apart; it needs Python 3.9. Source: pip's release notes."""


_PYTHON_OF_82 = 9
"""The minor version of the oldest Python that setuptools 82 is for; that release took pkg_resources out. Source:
package index, wheels of 81.0.0 and 82.0.0."""
_LIMITS = "BUILD_CONSTRAINT"


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        yield from _of_image(image)


def _of_image(image: Image) -> Iterator[Problem]:
    yield from _without_pkg_resources(image)
    newest: Install | None = None  # what brought the newest pip
    bare = _has_bare_python(image)
    for install in image.state.installs:
        names = {requirement.name for requirement in install.requirements}
        if names & {"setuptools", "wheel"} or install.tool in ("conda", "script"):
            bare = False
        if install.isolated and not install.elsewhere and not install.conditional:
            because = _apart(install, newest, bare)
            if because is not None:
                yield from _packages(image, install, because)
        if "pip" in names and install.tool == "pip" and not install.removes:
            newest = install if _is_newest(install, image.state.external_torch.version) else None


def _without_pkg_resources(image: Image) -> Iterator[Problem]:
    """Yield what is built with the newest setuptools, and imports what that has no longer."""
    root = image.state.root.reference if image.state.root is not None else None
    of_system = python_of_system(root.path, root.tag or "") if root is not None else ""
    for install in image.state.installs:
        python = _minor(install.environment.python or of_system)
        if install.tool not in ("pip", "uv") or not install.isolated or install.handled or install.removes:
            continue
        if (python is not None and python < _PYTHON_OF_82) or not _is_index_default(install):
            continue
        for requirement in install.requirements:
            if requirement.kind not in ("name", "vcs") or requirement.maybe or HOLE in requirement.specifier:
                continue
            url = requirement.url if requirement.kind == "vcs" else None
            if not builds_with_pkg_resources(requirement.name, requirement.specifier, url):
                continue
            span = requirement.span or install.span
            if span is not None:
                if "build-constraint" in (text := image.evaluated.dockerfile.source.text) or _LIMITS in text:
                    return
                text = f"the build of {requirement.written} imports pkg_resources, which setuptools has no longer"
                hint = "take a later release, or hold setuptools<82 for builds: a file with it in PIP_CONSTRAINT"
                yield Problem(span, text, install.reasons, hint, Severity.INFO, image.label, reader=install.span)


def _is_index_default(install: Install) -> bool:
    """Whether nothing but the default index, and places of torch's own, is searched."""
    sources = install.sources
    if sources.no_index or any(one.name == "setuptools" for one in install.constraints):
        return False
    if sources.index is not None and served_by(sources.index) != "default":
        return False
    return all(served_by(one) != "unknown" for one in (*sources.extra, *sources.links))


def _packages(image: Image, install: Install, because: tuple[Reason, ...]) -> Iterator[Problem]:
    sources = install.sources
    if sources.index is not None or sources.extra or sources.links:
        return
    for requirement in install.requirements:
        span = requirement.span or install.span
        if span is None or requirement.maybe or requirement.kind not in ("name", "vcs"):
            continue
        if builds_against_torch(requirement.name, requirement.url if requirement.kind == "vcs" else None):
            text = f"the build of {requirement.written} imports torch, and is made where there is none"
            yield Problem(span, text, because, image=image.label, reader=install.span)


def _apart(install: Install, newest: Install | None, bare: bool) -> tuple[Reason, ...] | None:
    """Why an install builds each package in an environment of its own; None where that is not certain."""
    if install.tool == "uv":
        return (reason_at("install", "uv builds each package apart", install.span),)
    if install.tool != "pip":
        return None
    if newest is not None:
        return (reason_at("install", f"{_ALWAYS_APART} and later build each package apart", newest.span),)
    if bare:
        return (reason_at("install", "the Python has no setuptools and wheel: pip builds apart", install.span),)
    return None


def _is_newest(install: Install, torch: str | None) -> bool:
    """Whether an install brings the newest pip. torch: the base's, which is for certain Pythons."""
    known = python_range(torch) if torch and install.environment.python is None else None
    python = _minor(known[0] if known is not None else install.environment.python)
    return (
        install.upgrade
        and not install.conditional
        and not install.constraints
        and python is not None
        and python >= 9
        and all(requirement.specifier == "" for requirement in install.requirements if requirement.name == "pip")
    )


def _has_bare_python(image: Image) -> bool:
    """Whether an image is on an official one of Python without setuptools and wheel, as all from 3.12 on are."""
    root = image.state.root
    if root is None or root.reference is None or normalise_repository(root.reference.name) != "python":
        return False
    pythons = {install.environment.python for install in image.state.installs if install.tool == "pip"}
    return len(pythons) == 1 and (_minor(pythons.pop()) or 0) >= 12


def _minor(python: str | None) -> int | None:
    """The 11 of "3.11.4"."""
    parts = (python or "").split(".")
    return int(parts[1]) if len(parts) > 1 and parts[0] == "3" and parts[1].isdigit() else None
