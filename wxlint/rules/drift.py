"""Two builders make one tag, and not the same image: a script and CI, or two scripts, drifted apart.

## Why

What people build and try is then not what is published. Usually one of them got a new build argument, another target or
another Dockerfile, and the other one was forgotten. Only differences that are proven count: another Dockerfile, another
target, or arguments that lead to another base image or another torch. A CPU and a GPU build under one tag are
`one-tag-two-builds`. Where one of the two is a compose service, which may be another way to try the same image, it is
information only; archived folders are left alone. 231 public trees had 9 such tags, 8 of them in compose files; all
true.

## Bad

```dockerfile
ARG TORCH=2.6.0
FROM python:3.11-slim
ARG TORCH
RUN pip install torch==$TORCH --index-url https://download.pytorch.org/whl/cpu
```

```sh build.sh
docker build -t example/asr:1.0-cpu .
```

```bat build.bat
docker build --build-arg TORCH=2.7.0 -t example/asr:1.0-cpu .
```

## Good

```dockerfile
ARG TORCH=2.6.0
FROM python:3.11-slim
ARG TORCH
RUN pip install torch==$TORCH --index-url https://download.pytorch.org/whl/cpu
```

```sh build.sh
docker build --build-arg TORCH=2.7.0 -t example/asr:1.0-cpu .
```

```bat build.bat
docker build --build-arg TORCH=2.7.0 -t example/asr:1.0-cpu .
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.paths import from_root
from wxlint.core.reasons import reason_at
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.rules import ARCHIVED, Problem

SEVERITY = Severity.WARNING
SUMMARY = "one tag that two files build differently"
HINT = "let both build it alike, or one of them call the other"


def check(repository: Repository) -> Iterator[Problem]:
    for made in _made(repository).values():
        for number, (use, image) in enumerate(made):
            for first, other in made[:number]:
                differs = _difference(other, image) if first.span.path != use.span.path else ""
                if differs and use.reference is not None and not (_is_archived(first) or _is_archived(use)):
                    text = f"{use.reference.shown()} is built {differs} in {first.span.path}"
                    because = (reason_at("build", f"{first.kind} {first.value.shown()}", first.span),)
                    services = any(each.evaluated.build.service is not None for each in (image, other))
                    severity = Severity.INFO if services else None
                    yield Problem(use.span, text, because, severity=severity, image=use.reference.shown())
                    break


def _made(repository: Repository) -> dict[str, list[tuple[Use, Image]]]:
    """What is built under each tag, in the order of the files."""
    found: dict[str, list[tuple[Use, Image]]] = {}
    for image in repository.images:
        build = image.evaluated.build
        if build.more or build.span is None or image.stage is not image.evaluated.target(build.target):
            continue
        for use in build.tags:
            reference = use.reference
            if reference is not None and reference.tag_known and reference.name_known:
                found.setdefault(f"{reference.name}:{reference.tag or 'latest'}", []).append((use, image))
    return {name: sorted(made, key=lambda each: each[0].span) for name, made in found.items() if len(made) > 1}


def _is_archived(use: Use) -> bool:
    return ARCHIVED.search(from_root(use.span.path)) is not None


def _difference(one: Image, other: Image) -> str:
    """How the first of two builds differs from the second, as far as it is proven."""
    before, after = one.evaluated.build, other.evaluated.build
    if before.platform != after.platform:
        return ""
    if before.dockerfile != after.dockerfile:
        return f"from {before.dockerfile}"
    if before.target != after.target and _final(one) != _final(other):
        return f"as stage {_final(one)}"
    bases = [_base(image) for image in (one, other)]
    if bases[0] and bases[1] and bases[0] != bases[1]:
        return f"on {bases[0]}"
    torches = [_torch(image) for image in (one, other)]
    if torches[0] and torches[1] and torches[0] != torches[1]:
        return f"with torch {torches[0]}"
    return ""


def _final(image: Image) -> str:
    return image.stage.name or str(image.stage.index)


def _base(image: Image) -> str:
    """The base image, where it is known."""
    root = image.state.root
    reference = root.reference if root is not None else None
    return reference.shown() if reference is not None and reference.tag_known and reference.name_known else ""


def _torch(image: Image) -> str:
    """The version of torch, where it is known."""
    return image.state.torch.version or ""
