"""torch and a package that was built for another torch.

## Why

torchvision, torchaudio, flash-attn, torch-scatter and their like are built for one release of torch, and for one build
of it. Beside another they fail at import, or later: `operator torchvision::nms does not exist`, `undefined symbol`. The
address of a folder or an index of wheels says the same (`torch-2.4.0+cu121.html`, `/whl/cu118`, `cpu/torch2.1`). It
happens across commands: torch comes from the cpu channel, torchvision later from the default index; torch is pinned
again, torchaudio is left as it was, that of the base too (`FROM pytorch/pytorch:2.4.1-…`, `pip install torch==2.5.1`;
where it comes from another index, that is a matter of [torch-replaced](torch-replaced.md)); a wheel file says
`torch2.1` and the image holds 2.2, or names the other C++ ABI (`cxx11abiTRUE` for torch before 2.6). Releases of
torchcodec are for one line of torch each, from 0.12 on for torch 2.11 and later, which their metadata does not say;
torchtext ended with 0.18, for torch 2.3. One that a page of wheels has beside the default index, where that has newer
releases (natten), is information. NumPy 2 beside a torch before 2.3, which is built for NumPy 1 (`RuntimeError: Numpy
is not available`), is a warning where its version is pinned, else information. A `torchaudio` without a version beside
`torch==2.6.0` is not the one of torch 2.6: torchaudio 2.11.0 asks for no torch, so that pip and uv end at it, and it
does not load with a torch before 2.11.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
RUN pip install torchvision==0.18.1
```

```dockerfile
FROM pytorch/pytorch:2.4.0-cuda12.4-cudnn9-devel
RUN pip install torch-scatter -f https://data.pyg.org/whl/torch-2.4.0+cu118.html
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1 torchvision==0.18.1 --index-url https://download.pytorch.org/whl/cpu
```

```dockerfile
FROM pytorch/pytorch:2.4.0-cuda12.4-cudnn9-devel
RUN pip install torch-scatter -f https://data.pyg.org/whl/torch-2.4.0+cu124.html
```
"""

import re
from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.span import Span
from wxlint.facts import cuda_of_channel as cuda_of
from wxlint.facts.generation import same_cuda
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.companions import Mismatch, cuda_beside, mismatches
from wxlint.images.stack.packages import COMPILED, Accelerated
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.channels import accelerator_of, channel_of_url
from wxlint.images.stack.torch.model import Torch
from wxlint.images.stack.torch.releases import numbers, within
from wxlint.images.stack.torch.state import after
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "torch and a package that was built for another torch"
HINT = "install torch and its companions in one command, from one index, in releases that go together"
WEIGHT = 0
_BUILT_AGAINST = (COMPILED - {"llama-cpp-python"}) | {"apex", "flash-attn"}
"""Packages whose compiled part is bound to the line of torch that was there. Source: torch.utils.cpp_extension."""
_INSTALLERS = ("pip", "uv")
"""Tools that take the newest release that may be taken."""
_FIRST_WITH_NUMPY_2 = (2, 3)
"""The torch whose builds know NumPy 2; older ones turn none of its arrays into tensors. Source: its release notes."""
_OF_DISTRIBUTION = late(r"\bpython3-(?:numpy|scipy|opencv|pandas|matplotlib|sklearn|skimage)\b")
"""Packages of Debian and Ubuntu that bring their NumPy. Source: their dependencies."""
_ABI = late(r"cxx11abi(TRUE|FALSE)(?!\S*aarch64)", re.IGNORECASE)
"""The C++ ABI that a wheel names; which one torch has is known for x86-64 only."""


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        torch = image.state.torch
        if torch.channel in ("none", "unknown"):
            yield from _for_another(image, stack)
            continue
        for package in stack.packages:
            if not package.conditional and package.span is not None:
                yield from _wheel(image, package, torch)
                left = _left(image, package, torch)
                if left is not None:
                    yield left
                else:
                    yield from _of_another_line(image, package, torch, stack.python)
        yield from _built_before(image, stack)
        if "torchaudio" in image.state.torch.companions | image.state.torch.stale:
            from wxlint.rules._torchaudio_alone import audio_alone  # only where torchaudio is, or may be

            yield from audio_alone(image, stack)
        if torch.version and numbers(torch.version) < _FIRST_WITH_NUMPY_2 and torch.by not in ("", "conda"):
            yield from _numpy(image, stack)
        for environment in image.state.computing():
            for mismatch in mismatches(environment.external_torch, environment.installs):
                yield from _companion(image, mismatch)
            if environment.external_torch.companions:
                from wxlint.rules._base_companions import of_base  # only where a base is known to hold some

                yield from of_base(image, environment)


def _numpy(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield the NumPy 2 beside a torch that was built for NumPy 1."""
    from wxlint.images.stack.numpy_of_torch import numpy_2_of  # only beside an old torch

    known = image.state.external_torch.channel == "none" and image.base.accelerator is not None
    bare = known and not _OF_DISTRIBUTION.search(image.evaluated.dockerfile.source.text)
    found = numpy_2_of(image.state.installs, stack.python, bare=bare)
    if found is None or found.span is None:
        return
    torch = image.state.torch
    takes = "is" if found.pinned else "brings" if found.brings else "takes"
    text = f"{found.written} {takes} NumPy 2, but torch {torch.version} is built for NumPy 1: torch.from_numpy fails"
    because = (*torch.because, *found.install.reasons)
    severity = Severity.WARNING if found.pinned or found.brings else Severity.INFO
    yield Problem(found.span, text, because, "write numpy<2, or take torch 2.3 or later", severity, image.label)


def _wheel(image: Image, package: Accelerated, torch: Torch) -> Iterator[Problem]:
    """Yield a package whose version names another torch, or another CUDA generation than torch's."""
    span = package.span
    assert span is not None
    because = (*torch.because, *image.installer(package.step))
    for problem in _built_for_another(image, package, torch, span, because):
        yield _less_sure(problem) if _may_be_newer(image, package) else problem


def _built_for_another(
    image: Image, package: Accelerated, torch: Torch, span: Span, because: tuple[Reason, ...]
) -> Iterator[Problem]:
    if package.torch and torch.version and _minor(torch.version) != _minor(package.torch):
        text = f"{_short(package)} is built for torch {package.torch}, but {image.label} holds torch {torch.version}"
        yield Problem(span, text, because, f"take its build for torch {_minor(torch.version)}", image=image.label)
    elif package.libraries == "torch" and same_cuda(package.cuda, cuda_beside(torch.channel, torch)) is False:
        build = torch.channel if torch.channel != "default" else f"CUDA {cuda_beside(torch.channel, torch)}"
        text = f"{_short(package)} is built for CUDA {package.cuda}, but torch is built for {build}"
        yield Problem(span, text, because, f"take its build for {build}", image=image.label)
    elif package.libraries == "torch" and package.cuda and torch.channel == "cpu":
        text = f"{_short(package)} is built for CUDA {package.cuda}, but torch is a CPU build"
        yield Problem(span, text, because, "take its build for the CPU", image=image.label)
    elif package.libraries == "torch" and package.build == "cpu" and accelerator_of(torch.channel) == "cuda":
        text = f"{_short(package)} is a CPU build, but torch is a CUDA build"
        yield Problem(span, text, because, "take its build for torch's CUDA", image=image.label)
    elif torch.by not in ("", "conda") and torch.version and (said := _ABI.search(package.written)) is not None:
        abi = facts.cxx11_abi(torch.version)
        if abi and not torch.nightly and abi != said[1].upper():
            text = f"{_short(package)} is built with another C++ ABI than torch {torch.version}, and does not load"
            yield Problem(span, text, because, f"take its wheel with cxx11abi{abi}", image=image.label)


def _for_another(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a package whose version names another torch than the one that it finds, and which may replace that."""
    bound = [p for p in stack.packages if p.torch and p.libraries == "torch" and not p.conditional]
    held = [image.state.external_torch, *_held(image)] if bound else []
    for package in bound if len(held) > 1 else ():
        before, now = held[package.step], held[package.step + 1]
        if now.channel != "unknown" or not before.version or _minor(before.version) == _minor(package.torch):
            continue
        if package.span is not None and before.channel not in ("none", "unknown"):
            text = f"{_short(package)} is built for torch {package.torch}, and finds torch {before.version}"
            because = (*before.because, *image.installer(package.step))
            hint = f"take its build for torch {_minor(before.version)}"
            problem = Problem(package.span, text, because, hint, Severity.WARNING, image.label)
            yield _less_sure(problem) if _may_be_newer(image, package) else problem


def _may_be_newer(image: Image, package: Accelerated) -> bool:
    """Whether a package may come from the default index, which has releases that a page of wheels does not have."""
    install = image.state.installs[package.step]
    sources = install.sources
    merged = sources.links or (sources.extra and install.tool != "uv")
    default = sources.index is None or channel_of_url(sources.index.value.text) == "default"
    pinned = "==" in package.specifier or "://" in package.written
    row = facts.row_of("index_paths", package.name)
    elsewhere = row is None or row["newer_elsewhere"] == "yes"
    return bool(merged) and default and elsewhere and not (sources.no_index or pinned)


def _less_sure(problem: Problem) -> Problem:
    message = f"{problem.message}; the default index may have a newer release of it"
    return problem._replace(message=message, severity=Severity.INFO)


def _left(image: Image, package: Accelerated, torch: Torch) -> Problem | None:
    """A package that asks for one release of torch, beside another: installed without what it requires, or before torch
    was pinned again."""
    pin = _pin(package)
    if not pin or package.brought_by or not torch.version or package.span is None:
        return None
    needed = facts.torch_needed(package.name, pin)
    if not needed or not needed.startswith("==") or within(needed, torch.version.partition("+")[0]):
        return None
    text = f"{_short(package)} goes with torch {needed.lstrip('=')}, but {image.label} holds torch {torch.version}"
    hint = f"take the release of {package.name} for torch {torch.version}"
    because = (*torch.because, *image.installer(package.step))
    return Problem(package.span, text, because, hint, Severity.WARNING, image.label)


def _of_another_line(image: Image, package: Accelerated, torch: Torch, python: str) -> Iterator[Problem]:
    """Yield a package whose releases are for one line of torch each, beside another line.

    python: of the distribution's packages; "" where another may be there, for which older releases may be the newest.
    """
    if not facts.newest_built_for(package.name) or not torch.version or package.span is None:
        return
    line, because = _minor(torch.version), (*torch.because, *image.installer(package.step))
    pin = _pin(package)
    last = facts.last_built_for(package.name)
    if last and numbers(line) > numbers(last):
        holds = f"the torch {torch.version} of {image.label}"
        text = f"{_short(package)} has no release for {holds}: the last is for torch {last}"
        hint = f"leave {package.name} out, or take torch {last}"
        yield Problem(package.span, text, because, hint, Severity.WARNING, image.label)
        return
    built = facts.built_for_torch(package.name, pin) if pin else ""
    if built and not within(built if ">=" in built else f"=={built}", line):
        which = f"{built.removeprefix('>=')} and later" if ">=" in built else built
        text = f"{_short(package)} is built for torch {which}, but {image.label} holds torch {torch.version}"
        hint = f"take the release of {package.name} for torch {line}"
        yield Problem(package.span, text, because, hint, Severity.WARNING, image.label)
    elif not built and not re.search(r"[=<~]", package.specifier.replace(">=", "")):
        install = image.state.installs[package.step]
        if install.tool not in _INSTALLERS:
            return  # which release it takes is a matter of its lock file
        newest = facts.newest_built_for(package.name, install.environment.python or python)
        if numbers(line) < numbers(newest.removeprefix(">=")):
            what = f"{package.brought_by} brings {package.name}, which" if package.brought_by else package.written
            text = f"{what} takes the newest release, for a later torch than the {torch.version} of {image.label}"
            hint = f"pin the release of {package.name} for torch {line}"
            yield Problem(package.span, text, because, hint, Severity.WARNING, image.label)


def _pin(package: Accelerated) -> str:
    """The release that a package is pinned to, without its local version; "" for none."""
    pin = package.specifier.removeprefix("==")
    return pin.partition("+")[0] if pin != package.specifier and "," not in pin else ""


def _built_before(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield what was built against a torch that a later install replaced by another line, or another CUDA generation:
    its compiled part asks for what the first one had."""
    bound = [p for p in stack.packages if p.name in _BUILT_AGAINST and not p.conditional and not p.torch]
    held = list(_held(image)) if bound else []
    if not held or held[-1] != image.state.torch:
        return
    for package in bound:
        before, torch = held[package.step], held[-1]
        if package.span is None or before.channel in ("none", "unknown") or not _is_another(before, torch):
            continue
        text = (
            f"{_short(package)} is built against torch {_named(before)}, and {image.label} ends with torch "
            f"{_named(torch)}: what was compiled for the first does not load beside the second"
        )
        because = (*torch.because, *image.installer(package.step))
        hint = f"install {package.name} after the last torch"
        yield Problem(package.span, text, because, hint, Severity.WARNING, image.label)


def _held(image: Image) -> Iterator[Torch]:
    """Yield the torch that is there after each install of an image; none where several environments may compute."""
    first, *others = image.state.computing()
    torch = first.external_torch
    for install in () if others else first.installs:
        torch = after(torch, install)
        yield torch


def _is_another(before: Torch, torch: Torch) -> bool:
    if before.version and torch.version and _minor(before.version) != _minor(torch.version):
        return True
    return same_cuda(cuda_of(before.channel) or "", cuda_of(torch.channel) or "") is False


def _named(torch: Torch) -> str:
    release = torch.version or "of that day"
    return release if torch.channel == "default" else f"{release} ({torch.channel})"


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _short(package: Accelerated) -> str:
    """The file of a wheel's address, else the requirement as written."""
    return package.written.partition("#")[0].rpartition("/")[2] if "://" in package.written else package.written


def _companion(image: Image, mismatch: Mismatch) -> Iterator[Problem]:
    companion, torch = mismatch.companion, mismatch.torch
    if mismatch.place is None:
        return
    if not mismatch.left_behind:
        text = f"{companion.written} comes from {_index(companion.channel)}, torch from {_index(torch.channel)}"
        yield Problem(mismatch.place, text, (*torch.because, *mismatch.install.reasons, *image.why), image=image.label)
        return
    release = f"torch {torch.version}" if torch.version else "another torch"
    verb = "brought" if companion.carried else "installed"
    text = f"{companion.name} stays as {companion.written} {verb} it, and {release} takes the place of its own"
    because = (
        reason_at("install", companion.written, companion.span),
        *torch.because,
        *mismatch.install.reasons,
        *image.why,
    )
    hint = f"name {companion.name} together with torch"
    yield Problem(mismatch.place, text, because, hint, Severity.WARNING, image.label)


def _index(channel: str) -> str:
    return "the default index" if channel == "default" else f"channel {channel}"
