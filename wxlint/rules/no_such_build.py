"""A package is wanted in a build that nobody made: the install fails, or takes another build.

## Why

Channels of torch's wheel index follow a few CUDA versions only: there is cu121 and cu124, but no cu12, cu122 or cu123.
A channel that is computed from the base's CUDA version is often one that never existed. As an only index it ends the
build; as an extra one it is passed over in silence, and the default index's build comes instead. The same holds for a
torch that has no wheel for the base's Python, for a version such as `2.6.0+cpu` with no index in reach that has local
versions, for the address of a wheel that was made for another Python, and for an extra or a group that the project does
not have (of an extra pip and `uv pip` only warn). A channel holds torch and little besides, so that a list of an
application's packages is not to be had from it alone, and for arm64 it has wheels of some releases only. What is
compiled for CUDA needs nvcc. Packages without sources, such as tensorflow, onnxruntime or jaxlib, have each release for
a few Pythons only, and their makers make room by deleting releases, the candidates before a release first:
`tensorflow==2.5.0rc0` and `paddlepaddle==2.5.2` were there and are not any more; some names are gone
(`tensorflow-gpu`), never were (`detectron2`) or stand for nothing (`pytorch`); and an extra that a release no longer
has, as `jax[cuda11_pip]`, is passed over: what comes is the build for the CPU. pip refuses a project whose
`requires-python` leaves out the Python of the base, and so it does a release: `numpy>=2.5.1` is for Python 3.12. conda
has `pytorch-cuda` for five versions of CUDA, up to 12.4, since PyTorch's channel ended with torch 2.5. What is newer
than the tables is a warning, and so is a channel that is empty because somebody's build passes nothing for its
argument: the root of the index has the builds of every channel, and one of them is taken. An ARG without a default is
meant to be passed: where nobody builds the Dockerfile, nothing is said.

## Bad

```dockerfile
FROM nvidia/cuda:12.3.2-runtime-ubuntu22.04
RUN pip install torch --index-url https://download.pytorch.org/whl/cu123
```

```dockerfile
FROM python:3.12-slim
RUN pip install torch==2.1.1 --index-url https://download.pytorch.org/whl/cpu
```

```dockerfile
FROM python:3.12-slim
RUN pip install torch==2.6.0+cpu
```

```dockerfile
FROM python:3.12-slim
RUN pip install tensorflow==2.15.0
```

```dockerfile
FROM python:3.9-slim
RUN pip install tensorflow==2.5.0rc0
```

```dockerfile
FROM python:3.11-slim
RUN pip install "jax[cuda11_pip]"
```

```dockerfile
FROM python:3.12-slim
ARG TORCH_CHANNEL
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/${TORCH_CHANNEL}
```

```sh
docker build -t example/asr:1.0 .
```

## Good

```dockerfile
FROM nvidia/cuda:12.3.2-runtime-ubuntu22.04
RUN pip install torch --index-url https://download.pytorch.org/whl/cu121
```

```dockerfile
FROM python:3.12-slim
ARG TORCH_CHANNEL
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/${TORCH_CHANNEL}
```

```sh
docker build --build-arg TORCH_CHANNEL=cpu -t example/asr:1.0 .
```

```dockerfile
FROM python:3.12-slim
RUN pip install torch==2.6.0+cpu --index-url https://download.pytorch.org/whl/cpu
```

```dockerfile
FROM python:3.11-slim
RUN pip install tensorflow==2.15.0 "jax[cuda12]"
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.images.stack.torch.model import describe
from wxlint.rules import Problem, _channels, _conda_channels, _refused_projects, _refused_pythons
from wxlint.rules._channels import OFFICIAL

SEVERITY = Severity.ERROR
SUMMARY = "a channel, version or wheel that does not exist for this image"
HINT = "take a build that exists"
WEIGHT = 0

_CUDA = late(r"cu\d{2,3}")
_WHEEL = late(r"-(?P<python>cp(?P<major>\d)(?P<minor>\d+))-(?P<abi>\w+)-(?P<platform>[\w.]+)\.whl(?:#|$)")
_FOREIGN = late(r"win(?:32|_amd64|_arm64)|macosx_")
_INTEL_ONLY = late(r"^(?!.*aarch64).*(?:x86_64|i686)")
_ROOT = late(r"/whl/*$")
_OPEN = ("default", "assumed")
"""Reasons of a value that somebody may set to another one."""
_PIP = ("pip", "uv")
"""Tools that install into the Python that is there."""


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        for step in steps:
            yield from _no_channels(step)
            yield from _empty_channels(image, step)
            yield from _pythons(step)
    for image in repository.images:
        yield from _local_versions(image)
        yield from _releases(image)
        yield from _refused_projects.problems(repository, image)
        yield from _wheels(image)
        yield from _channels.packages(image)
        yield from _compiled(image)
        yield from _conda_channels.problems(image)
        yield from _channels.of_arm64(repository, image)
    for image, stack in repository.image_stacks:
        yield from _default_index(image, stack.python)
        yield from _refused_pythons.problems(image, stack.python)


def _no_channels(step: TorchStep) -> Iterator[Problem]:
    """Channels that never existed, whichever index the install would take."""
    install = step.install
    sources = install.sources
    if install.handled:
        return
    places = [(s.value.text, s.span, s.value.because) for s in (sources.index, *sources.extra, *sources.links) if s]
    wanted = [choice.requirement for choice in step.choices if choice.requirement.url]
    places += [(requirement.url or "", requirement.span, ()) for requirement in wanted]
    because = describe(step.choices[0])
    for url, where, reasons in places:
        span, channel = where or install.span, channel_of_url(url) if OFFICIAL.search(url) else ""
        if not _CUDA.fullmatch(channel) or span is None:
            continue
        found = facts.cuda_channel(channel)
        nearest, hint = " and ".join(found.nearest), f"use {' or '.join(found.nearest)}"
        if found.exists is None:
            text = f"no channel {channel} is known; the newest is {nearest}"
            yield Problem(span, text, (because, *reasons), hint, Severity.WARNING)
        elif not found.exists:
            text = f"there is no channel {channel}; the nearest are {nearest}"
            yield Problem(span, text, (because, *reasons), hint)


def _empty_channels(image: Image, step: TorchStep) -> Iterator[Problem]:
    """Channels that are empty under a build of the repository, which leaves the root of the index."""
    build, install, root = image.evaluated.build, step.install, image.base.root
    if not build.built_by or build.more or not install.must_succeed:
        return
    if image.base.accelerator is None or not image.base.sure or root is None or root.span.path != image.evaluated.path:
        return  # a base of the family's own, or one that nobody knows, may set the variable
    for source in (install.sources.index, *install.sources.extra, *install.sources.links):
        span = (source.span or install.span) if source is not None else None
        if source is None or span is None:
            continue
        empty = tuple(dict.fromkeys(_empty_arguments(source.value, build)))
        left = all(hole.strip("${}") in empty for hole in source.value.holes)
        if empty and left and _ROOT.search(source.value.text.replace(HOLE, "")):
            names, builder = " and ".join(empty), build.built_by[0]
            text = f"{names} is empty in {builder.text}: what is left of the index names no channel"
            because = (describe(step.choices[0]), *source.value.because, *build.built_by)
            hint = f"pass {names} with --build-arg, or give it a default"
            yield Problem(span, text, because, hint, Severity.WARNING, image=image.label)


def _empty_arguments(value: Value, build: Build) -> Iterator[str]:
    """The build arguments in a value that are empty: the build gives an empty one, or nothing is given."""
    given = dict(build.args)
    for reason in value.because:
        if reason.kind not in ("arg", "build-arg") or not reason.name:
            continue
        passed = given.get(reason.name)
        if passed is None:
            is_empty = f"${{{reason.name}}}" in value.holes or reason.text == f"ARG {reason.name}="
        else:
            is_empty = passed.text == "" and all(r.kind not in _OPEN for r in passed.because)
        if is_empty:
            yield reason.name


def _pythons(step: TorchStep) -> Iterator[Problem]:
    """Releases of torch that have no wheel for the Python of the base."""
    for choice in step.choices:
        wanted, install = choice.requirement, choice.install
        python = install.environment.python
        if (
            wanted.name != "torch"
            or not wanted.pin
            or wanted.maybe
            or not python
            or install.tool not in _PIP
            or not install.must_succeed
            or choice.channel == "unknown"
            or choice.how == "url"
        ):
            continue
        known, span = facts.python_range(wanted.pin), wanted.span or install.span
        if known is None or span is None:
            continue
        short = ".".join(python.split(".")[:2])
        own, first, last = (_numbers(text) for text in (short, *known))
        if first <= own <= last:
            continue
        fitting = facts.torch_for_python(short)
        nearest = fitting[0] if own > last else fitting[-1]
        which = "first" if own > last else "last"
        text = f"torch {wanted.pin} has wheels for Python {known[0]} to {known[1]}, and the base has {short}"
        hint = f"torch {nearest} is the {which} for Python {short}; or take a base with Python {known[1]}"
        yield Problem(span, text, (describe(choice), *install.reasons), hint)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _local_versions(image: Image) -> Iterator[Problem]:
    """Local versions (`+cpu`) that no index in reach has: the default index has none at all."""
    if any(one.local for install in image.installs for one in (*install.requirements, *install.constraints)):
        from wxlint.rules._local_versions import problems  # only where there is one

        yield from problems(image)


def _default_index(image: Image, python: str) -> Iterator[Problem]:
    """What the default index does not have, of the packages that it is known for. python: the distribution's."""
    own = image.installs
    if any(facts.is_listed(wanted.name) for install in own if install.tool in _PIP for wanted in install.requirements):
        from wxlint.rules._default_index import problems  # only where such a package is there

        yield from problems(image, own, python)


def _releases(image: Image) -> Iterator[Problem]:
    """Releases that the default index does not have, of the packages of which it is known what it has."""
    if any(wanted.specifier.startswith("==") for install in image.installs for wanted in install.requirements):
        from wxlint.rules._no_such_release import problems  # reads a table

        yield from problems(image)


def _compiled(image: Image) -> Iterator[Problem]:
    """What compiles CUDA code without a compiler for it."""
    if any(install.switches or any(r.kind == "vcs" for r in install.requirements) for install in image.installs):
        from wxlint.rules._without_nvcc import problems  # only where something may be compiled

        yield from problems(image)


def _wheels(image: Image) -> Iterator[Problem]:
    """Wheels by their address that were made for another Python or another system."""
    for install in image.installs:
        if install.tool not in _PIP or not install.must_succeed:
            continue
        for wanted in install.requirements:
            if not wanted.url or wanted.maybe or HOLE in wanted.url:
                continue
            wheel, span = _WHEEL.search(wanted.url), wanted.span or install.span
            if wheel is None or span is None:
                continue
            python = install.environment.python
            short = ".".join(python.split(".")[:2]) if python else ""
            made_for = f"{wheel['major']}.{wheel['minor']}"
            if _FOREIGN.match(wheel["platform"]):
                text = f"this wheel of {wanted.name} is for {wheel['platform']}, and the image is Linux"
                yield Problem(span, text, install.reasons, "take the linux wheel", image=image.label)
            elif install.environment.machine == "aarch64" and _INTEL_ONLY.search(wheel["platform"]):
                text = f"this wheel of {wanted.name} is for {wheel['platform']}, and the image is for arm64"
                yield Problem(span, text, install.reasons, "take the wheel for aarch64", image=image.label)
            elif short and made_for != short and not (wheel["abi"] == "abi3" and _numbers(made_for) <= _numbers(short)):
                text = f"this wheel of {wanted.name} is for Python {made_for}, and the base has {short}"
                hint = f"take the wheel for cp{short.replace('.', '')}"
                yield Problem(span, text, install.reasons, hint, image=image.label)
