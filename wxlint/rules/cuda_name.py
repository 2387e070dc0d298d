"""A name says one CUDA version, and the image holds another.

## Why

`Dockerfile.cuda11`, a folder `pytorch-2.2-cuda12.1` or a tag `:1.0-cu118` is what people choose an image by: for the
driver of their machines, or for what they build on it. A base or a channel that was raised later, and a Dockerfile
that was copied for another version, leave the old name in place. It is a finding only where every CUDA that is known
of the image is another one: that of the base and that of torch.

## Bad

```dockerfile docker/Dockerfile.cuda11
FROM nvidia/cuda:12.3.2-cudnn9-devel-ubuntu22.04
RUN pip install "tensorflow[and-cuda]==2.16.2"
```

## Good

```dockerfile docker/Dockerfile.cuda12
FROM nvidia/cuda:12.3.2-cudnn9-devel-ubuntu22.04
RUN pip install "tensorflow[and-cuda]==2.16.2"
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity, Span
from wxlint.core.paths import from_root
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts import cuda_of_channel
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a name that says another CUDA version than the image holds"
HINT = "give the image the name of its CUDA, or take a base and a channel for the CUDA of the name"
WEIGHT = 0

_NAMED = late(
    r"(?<![a-z0-9])cu(?:da)?[-_]?(?P<major>9|1[0-9])(?:[._-]?(?P<minor>\d))?(?:[._]\d{1,2})?(?=cudnn|[^a-z0-9]|$)"
)
"""cu118, cuda11.8.0, cuda-12, cuda_12_1."""
_TOOLKIT = late(
    r"(?:nvidia-)?cuda(?:-toolkit|-runtime|-libraries|-minimal-build)?(?:-(?P<major>\d+)(?:-(?P<minor>\d+))?)?"
)
"""Packages of the system that bring CUDA."""


class _Name(NamedTuple):
    """A CUDA version in a name. cuda: "11.8", or "11" where that is all. span: of what bears the name."""

    cuda: str
    what: str
    span: Span


def check(repository: Repository) -> Iterator[Problem]:
    right: set[tuple[str, str]] = set()
    found: list[tuple[tuple[str, str], Problem]] = []
    for image in repository.images:
        there, sure = _there(image)
        for name in _names(image):
            key = (image.evaluated.path, name.what)
            if not there or any(_agree(name.cuda, cuda, major_only=not sure) for cuda in there):
                right.add(key)
                continue
            text = f"{name.what} says CUDA {name.cuda}, but {image.label} holds CUDA {' and '.join(there)}"
            because = (*image.base.because, *image.state.torch.because, *image.evaluated.build.built_by)
            found.append((key, Problem(name.span, text, because, image=image.label)))
    yield from (problem for key, problem in found if key not in right)


def _there(image: Image) -> tuple[list[str], bool]:
    """The CUDA versions of the base and of torch, and whether these are all; none where the base's is not known."""
    root, torch = image.base.root, image.state.torch
    base = image.base.cuda
    if not base and root is not None and root.reference is not None:
        base = _only(root.reference.shown())
    if not base and image.base.accelerator != "cpu":
        return [], False
    release = facts.default_cuda(torch.version) if torch.channel == "default" and torch.version else None
    of_torch = release or cuda_of_channel(torch.channel)
    sure = torch.channel in ("none", "cpu") or bool(of_torch)
    added = list(_added(image))
    if "" in added:
        return [], False
    found = dict.fromkeys(".".join(cuda.split(".")[:2]) for cuda in (base, *added, of_torch) if cuda)
    return [cuda for cuda in found if not any(other.startswith(f"{cuda}.") for other in found)], sure


def _added(image: Image) -> Iterator[str]:
    """Yield the CUDA versions of toolkits that packages of the system bring; "" for one that is not known."""
    for install in image.state.installs if any(one.tool == "apt" for one in image.state.installs) else ():
        for wanted in install.requirements if install.tool == "apt" and not install.removes else ():
            toolkit = _TOOLKIT.fullmatch(wanted.name)
            if toolkit is not None:
                yield ".".join(filter(None, toolkit.groups()))


def _agree(named: str, cuda: str, *, major_only: bool) -> bool:
    """Whether a name suits a version; where either has none, or another version may be there, the generation counts."""
    if major_only or "." not in named or "." not in cuda:
        return cuda.partition(".")[0] == named.partition(".")[0]
    return cuda == named


def _names(image: Image) -> Iterator[_Name]:
    """Yield what the tags of an image say, and its Dockerfile, else the folders that lie around that."""
    for use in image.evaluated.build.tags:
        reference = use.reference
        if reference is not None and reference.tag and reference.tag_known:
            yield from _named(reference.tag, f"the tag {reference.tag}", use.span)
    if image.stage is not image.evaluated.stages[-1]:
        return
    folder, file = posixpath.split(from_root(image.evaluated.path))
    parts = [(file, "file name"), *((part, "folder") for part in reversed(folder.split("/")[-2:]))]
    for part, kind in parts:
        if _versions(part):
            yield from _named(part, f"the {kind} {part}", image.stage.base.span)
            return


def _named(text: str, what: str, span: Span) -> Iterator[_Name]:
    cuda = _only(text)
    if cuda:
        yield _Name(cuda, what, span)


def _versions(text: str) -> set[tuple[str, str | None]]:
    """The CUDA versions that a text names, major and minor."""
    if not any(map(str.isdigit, text)):
        return set()  # most names
    return {(match["major"], match["minor"]) for match in _NAMED.finditer(text.lower())}


def _only(text: str) -> str:
    """The one CUDA version that a text names; "" where it names none, or several."""
    found = _versions(text)
    major, minor = found.pop() if len(found) == 1 else ("", None)
    return f"{major}.{minor}" if minor else major
