"""A package needs another cuDNN than the image holds, or cuDNN where there is none.

## Why

ctranslate2 (faster-whisper, whisperx), onnxruntime-gpu and tensorflow load cuDNN by its major version at the first
use, not at import: `Could not load library libcudnn_ops_infer.so.8`, minutes into a job, or a silent fall back to the
CPU. ctranslate2 went from cuDNN 8 to 9 with 4.5 and loads none from 4.6.3 on, onnxruntime-gpu went to 9 with 1.19,
tensorflow with 2.18; an unpinned install moves along by itself, away from a cuDNN that is pinned for it. Where that is
of the generation which was loaded last, it is spare, and information.
Torch brings a cuDNN of its own: that of a base, of another generation, is information where nothing else is known to
load it. A `nvidia-cudnn-cu12` of another generation that is installed behind torch takes the place of torch's: pip
names the conflict and goes on, and `import torch` fails.

## Bad

```dockerfile
FROM nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04
RUN pip install ctranslate2==4.5.0
```

## Good

```dockerfile
FROM nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04
RUN pip install ctranslate2==4.4.0
```
"""

from collections.abc import Iterable, Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.base import flavour_of
from wxlint.images.stack.packages import Accelerated
from wxlint.images.stack.state import Stack
from wxlint.images.stack.torch.channels import accelerator_of
from wxlint.images.stack.torch.releases import is_complete, release_sets
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "a package that needs another cuDNN than the image holds"
HINT = "pin a release that goes with the image's cuDNN, or bring that cuDNN"
WEIGHT = 0
_CUDNN = late(r"nvidia-cudnn(?:-cu\d+)?")
"""NVIDIA's wheels of the library itself: nvidia-cudnn-frontend is none."""


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        if not _is_for_cuda(image, stack):
            continue
        yield from _for_nothing(image, stack)
        there = _cudnn_there(image, stack)
        if there is None:
            continue
        for package in stack.packages:
            if package.libraries != "system" or not package.cudnn or package.conditional or package.cudnn in there:
                continue
            if not there and (stack.base.cudnn != "none" or stack.unread):
                continue  # where it may come from is not known
            yield _problem(package, there, image, stack)
        yield from _over_torch(image, stack)
        yield from _of_base_for_nothing(image, stack)


def _over_torch(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a cuDNN that a later command puts in the place of the one that torch's wheels brought."""
    torch = image.state.torch
    own = _cudnn_of_torch(image, stack) if torch.by in ("pip", "uv") and torch.span is not None else ""
    if not own or accelerator_of(torch.channel) != "cuda":
        return
    steps = [at for at, one in enumerate(image.state.installs) if any(w.name == "torch" for w in one.requirements)]
    for library in stack.libraries():
        if not _CUDNN.fullmatch(library.name) or library.cudnn in ("", own) or library.conditional:
            continue
        if library.brought_by or not steps or library.step <= steps[-1]:
            continue
        text = f"{library.written} takes the place of torch's own cuDNN {own}, which torch no longer finds"
        hint = f"leave {library.name} out, or pin cuDNN {own}, and a release of what loads it that goes with that"
        span = library.span or image.stage.base.span
        yield Problem(span, text, (*torch.because, *image.why), hint, image=image.label)


def _for_nothing(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a cuDNN that is installed for a package whose newest release, which nothing pins, loads none any more."""
    if stack.unread or image.state.torch.channel != "none" or image.base.accelerator == "cuda":
        return
    users = [p for p in stack.packages if p.libraries in ("system", "wheels", "torch") and p.build in ("cuda", "any")]
    moved = [p for p in users if facts.accelerated_build(p.name, "") and not p.cudnn and not p.conditional]
    if not moved or moved != users or any(p.confidence == "unverified" for p in moved):
        return
    user = moved[0]
    loaded = facts.last_cudnn(user.name)
    for library in stack.libraries():
        if _CUDNN.fullmatch(library.name) and not library.conditional and not library.brought_by:
            what = f"{user.name} that {user.brought_by} brings" if user.brought_by else user.name
            which = f"cuDNN {library.cudnn}" if library.cudnn else f"the cuDNN of {library.name}"
            text = f"nothing in {image.label} loads {which}: the newest {what} does without"
            hint = (
                f"leave {library.name} out, or pin a release of {user.name} that needs cuDNN {library.cudnn or loaded}"
            )
            because = (reason_at("install", user.written, user.span), *image.why)
            # one of the generation that was loaded last is but a gigabyte too much; an older one was for something else
            severity = Severity.INFO if library.cudnn in ("", loaded) else None
            yield Problem(library.span or image.stage.base.span, text, because, hint, severity, image.label)


def _of_base_for_nothing(image: Image, stack: Stack) -> Iterator[Problem]:
    """Yield a base's cuDNN of another generation than torch's own, where nothing else of the image takes one."""
    root = image.base.root
    if root is None or root.reference is None or stack.unread or not stack.base.cudnn.isdigit():
        return
    if flavour_of(root.reference) != "runtime" or image.state.torch.channel in ("none", "unknown"):
        return
    if image.base.torch.channel != "none":
        return  # a base with a torch of its own has that torch's cuDNN, and no flavour without it
    if any(p.libraries == "system" and (p.cudnn or p.conditional or not p.cuda) for p in stack.packages):
        return
    brought = _cudnn_of_torch(image, stack)
    if accelerator_of(image.state.torch.channel) == "cuda" and brought not in ("", stack.base.cudnn):
        text = (
            f"nothing in {image.label} is known to load cuDNN {stack.base.cudnn} of its base: "
            f"torch brings cuDNN {brought} with its wheels"
        )
        hint = "take the base's flavour without cudnn: a gigabyte less"
        because = (*image.state.torch.because, *image.why)
        yield Problem(root.span, text, because, hint, Severity.INFO, image.label)


def _is_for_cuda(image: Image, stack: Stack) -> bool:
    """Whether the image is to compute on CUDA: by its base, its names, or libraries that are installed for that."""
    if image.expected not in (None, "cuda") or image.base.accelerator == "rocm":
        return False
    return image.base.accelerator == "cuda" or image.expected == "cuda" or bool(stack.libraries())


def _cudnn_there(image: Image, stack: Stack) -> set[str] | None:
    """The major versions of cuDNN in the image; None when one may be there that is not known."""
    there = {stack.base.cudnn} - {"none", ""}
    if image.base.accelerator == "cuda" and stack.base.cudnn == "":
        return None
    for version in stack.system_cudnn:
        if not version:
            return None
        there.add(version)
    for library in stack.libraries():
        if _CUDNN.fullmatch(library.name):
            if not library.cudnn:
                return None
            there.add(library.cudnn)
    torch = image.state.torch
    if torch.channel != "none" and accelerator_of(torch.channel) in (None, "cuda"):  # its wheels bring one
        version = _cudnn_of_torch(image, stack)
        if not version:
            return None
        there.add(version)
    return there


def _cudnn_of_torch(image: Image, stack: Stack) -> str:
    """The major version of the cuDNN that torch's wheels bring along, also where any of several releases may come."""
    rows = [facts.torch_release(version) for version in _releases_of_torch(image, stack)]
    found = {(row.plain_cudnn or "").partition(".")[0] if row is not None else "" for row in rows}
    return found.pop() if len(found) == 1 else ""


def _releases_of_torch(image: Image, stack: Stack) -> Iterable[str]:
    """The releases that torch may be; empty where that is not known."""
    torch = image.state.torch
    if torch.version:
        return (torch.version,)
    if torch.channel == "default":
        from wxlint.images.stack.torch.reach import reach_of

        reach = reach_of(torch, image.state.installs, stack.python)
        return reach.releases if reach is not None else ()
    if not torch.newest or torch.nightly or not is_complete(torch.channel):
        return ()
    return [listed[-1] for (listed,) in release_sets((torch.channel,), stack.python or None) if listed]


def _problem(package: Accelerated, there: set[str], image: Image, stack: Stack) -> Problem:
    what = f"{package.name}, which {package.brought_by} brings," if package.brought_by else package.written
    has = f"holds cuDNN {' and '.join(sorted(there))}" if there else "holds none"
    root = image.base.root
    span = package.span or image.stage.base.span
    because: tuple[Reason, ...] = ()
    if root is not None:
        because = (reason_at("image", f"FROM {root.value.shown()}", root.span),)
    because += tuple(
        reason_at("install", f"{library.written} brings cuDNN {library.cudnn}", library.span)
        for library in stack.libraries()
        if library.cudnn
    )
    because += image.installer(package.step)
    text = f"{what} needs cuDNN {package.cudnn}, but {image.label} {has}"
    severity = Severity.INFO if package.confidence == "unverified" else image.doubt
    return Problem(span, text, (*because, *image.why), severity=severity, image=image.label)
