"""Two builds that differ in their accelerator make one tag: which image it names depends on which ran last.

## Why

A CPU and a GPU build that both push `:latest` (or `:1.2`) overwrite each other. Users of the tag get 5 GB of CUDA, or
none of it, and nothing tells them which. Builds for other platforms may share a tag: a manifest joins them. Names that
`docker tag` gives count where the same file pushes them, and a tag with the commit, the branch or the number of the run
is one tag in all jobs of a pipeline. So does a compose file that is laid over another (`-f docker-compose.yml -f
docker-compose.gpu.yml`, as a comment, a script or the documentation says), builds another Dockerfile, and leaves the
image's name as it is below; that is information. So are two compose files of one folder (`docker-compose.cpu.yml` and
`docker-compose.gpu.yml`) that build a service for different accelerators without an `image:`: compose names both after
the folder and the service, and a later `up` without `--build` starts whichever was built last. 231 public trees had 1
tag of the first kind, a true one.

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
from itertools import pairwise

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.images.builds.pipeline_runs import is_of_a_run
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "one tag that a CPU build and a GPU build both make"
HINT = "give each variant tags of its own, moving ones (latest) too"
_OVERLAY_HINT = "give the service an image: of its own here"


def check(repository: Repository) -> Iterator[Problem]:
    made: dict[tuple[str, str], tuple[Use, Image, str]] = {}
    given = _given_names(repository)
    for image in repository.images:
        accelerator = _computes_on(image)
        if accelerator is None:
            continue
        for use in _names(image, given):
            name = _name(use)
            if name is None:
                continue
            first, other, before = made.setdefault(name, (use, image, accelerator))
            if before == accelerator or other.evaluated.build.platform != image.evaluated.build.platform:
                continue
            text = f"{name[1]} is a {accelerator} image here, and a {before} image by another build"
            because = (
                reason_at("build", f"{first.kind} {first.value.shown()}", first.span),
                *image.state.torch.because,
            )
            yield Problem(use.span, text, because, image=name[1])
    yield from _overlays(repository)
    if repository.compose is not None and len(repository.compose.files) > 1:
        from wxlint.rules._implicit_names import problems  # where there are several compose files

        yield from problems(repository, _computes_on)


def _overlays(repository: Repository) -> Iterator[Problem]:
    """Yield the services of compose files that are laid over a base, build for another accelerator than that, and keep
    its image's name."""
    if repository.compose is None or all(project.whole for project in repository.compose.projects):
        return
    from wxlint.images.graph.services.overlays import laid_over  # where there is one

    for over in laid_over(repository):
        below, above = (
            {found for image in repository.graph.images.images_of(each) if (found := _computes_on(image)) is not None}
            for each in (over.below, over.service)
        )
        if len(below) == len(above) == 1 and below != above and over.below.image is not None:
            name, (own,), (other,) = over.below.image.value.text, above, below
            text = f"{name} is a {own} image with this file on top, and a {other} image without it"
            because = (reason_at("build", f"compose image {name}", over.below.image.place.span),)
            yield Problem(over.service.key.span, text, because, _OVERLAY_HINT, Severity.INFO, image=name)


def _name(use: Use) -> tuple[str, str] | None:
    """What two uses of one image have in common; None where unknown parts may differ.

    Parts that a pipeline's run decides, like the commit, are the same in its file.
    """
    reference = use.reference
    if reference is None or not is_of_a_run(use.value):
        return None
    if use.value.known:
        return "", f"{reference.name}:{reference.tag or 'latest'}"
    return use.span.path, use.value.written()


def _names(image: Image, given: dict[tuple[str, str], list[Use]]) -> Iterator[Use]:
    """The tags of a build, and what they are pushed under besides."""
    for use in image.evaluated.build.tags:
        yield use
        name = _name(use)
        yield from given.get(name, ()) if name is not None else ()


def _given_names(repository: Repository) -> dict[tuple[str, str], list[Use]]:
    """The names that `docker tag` gives to an image and that the same file pushes, by the image's own name."""
    found: dict[tuple[str, str], list[Use]] = {}
    for script in repository.scripts.values():
        tags = [use for use in script.uses if use.kind == "docker tag"]
        pushed = script.pushed if tags else {}
        for before, after in pairwise(tags):
            name = _name(before)
            if name is not None and not before.produces and after.produces and after.value.written() in pushed:
                found.setdefault(name, []).append(after)
    return found


def _computes_on(image: Image) -> str | None:
    """Return cpu or a kind of GPU, where that is proven."""
    channel = image.state.torch.channel
    if channel == "unknown" or any(package.conditional for package in image.state.packages):
        return None
    found = accelerator_of(channel)
    if found is not None:
        return found
    return "cuda" if image.state.packages else image.state.accelerator if image.state.sure else None
