"""Two builds that differ in their accelerator make one tag: which image it names depends on which ran last.

## Why

A CPU and a GPU build that both push `:latest` (or `:1.2`) overwrite each other. Users of the tag get 5 GB of CUDA, or
none of it, and nothing tells them which. Builds for other platforms may share a tag: a manifest joins them.
231 public trees had 1 such tag, a true one.

## Bad

```dockerfile
FROM python:3.11-slim
ARG GPU=false
RUN if [ "$GPU" = true ]; then pip install torch==2.6.0; fi
```

```sh
docker build --build-arg GPU=false -t acme/app:1.0 .
docker build --build-arg GPU=true -t acme/app:1.0 .
```

## Good

```dockerfile
FROM python:3.11-slim
ARG GPU=false
RUN if [ "$GPU" = true ]; then pip install torch==2.6.0; fi
```

```sh
docker build --build-arg GPU=false -t acme/app:1.0 .
docker build --build-arg GPU=true -t acme/app:1.0-gpu .
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "one tag that a CPU build and a GPU build both make"
HINT = "give each variant tags of its own, moving ones (latest) too"


def check(repository: Repository) -> Iterator[Problem]:
    made: dict[str, tuple[Use, Image, str]] = {}
    for image in repository.images:
        accelerator = _computes_on(image)
        if accelerator is None:
            continue
        for use in image.evaluated.build.tags:
            reference = use.reference
            if reference is None or not reference.tag_known or not reference.name_known:
                continue
            name = f"{reference.name}:{reference.tag or 'latest'}"
            first, other, before = made.setdefault(name, (use, image, accelerator))
            if before == accelerator or other.evaluated.build.platform != image.evaluated.build.platform:
                continue
            text = f"{name} is a {accelerator} image here, and a {before} image by another build"
            because = (
                reason_at("build", f"{first.kind} {first.value.shown()}", first.span),
                *image.state.torch.because,
            )
            yield Problem(use.span, text, because, image=name)


def _computes_on(image: Image) -> str | None:
    """Return cpu or a kind of GPU, where that is proven."""
    channel = image.state.torch.channel
    if channel == "unknown" or any(package.conditional for package in image.state.packages):
        return None
    found = accelerator_of(channel)
    if found is not None:
        return found
    return "cuda" if image.state.packages else image.state.accelerator if image.state.sure else None
