"""Two distributions that put the same Python package into one folder: the later one overwrites the other's files.

## Why

onnxruntime and onnxruntime-gpu, tensorflow and tensorflow-cpu, faiss-cpu and faiss-gpu, opencv-python and
opencv-python-headless share one import. pip does not know that: it installs both, in an order that nobody chose, and
which build computes is chance. A GPU image then computes on the CPU without a word. Often nobody names the second
one: faster-whisper brings onnxruntime. Installed last the build for a GPU wins, but for faiss: faiss-cpu 1.7.3 to 1.13
has files of its own for AVX2 and AVX-512, which stay there, and which the other's loader tries first.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
RUN pip install onnxruntime==1.20.1 onnxruntime-gpu==1.20.1
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
RUN pip install onnxruntime-gpu==1.20.1
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.facts.accelerated import holds_newest, upper_bound
from wxlint.images.graph.repository import Repository
from wxlint.images.stack.packages import Accelerated
from wxlint.images.stack.state import Stack
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "two builds of one Python package, of which one overwrites the other"
HINT = "install one of the two; where another package brings the other, install the wanted one in a later command"
_STAYS = {"faiss-cpu": {"from": "1.7.3", "before": "1.14"}}
"""Releases with files for newer processors that a build for a GPU neither has nor overwrites, and whose loader tries
them first. Source: package index: the wheels' files, and the loader of faiss-gpu-cu12 1.10."""


def check(repository: Repository) -> Iterator[Problem]:
    for image, stack in repository.image_stacks:
        for packages in _twins(stack):
            named = next((package for package in reversed(packages) if not package.brought_by), packages[-1])
            on_arm = image.evaluated.build.platform.endswith("arm64")
            staying = next((package for package in packages if _stays(package) and not on_arm), None)
            if named.span is None or (staying is None and _wins(packages)):
                continue
            others = " and ".join(_how(package) for package in packages if package is not named)
            are = "both" if len(packages) == 2 else "all"
            text = f"{_how(named)} and {others} are {are} the Python package {named.module}: "
            text += "which one is imported is chance" if staying is None else f"{staying.name} is the one imported"
            builds = {package.build for package in packages}
            severity = None if {"cpu", "cuda"} <= builds else Severity.INFO
            because = tuple(reason_at("install", p.written, p.span) for p in packages if p is not named)
            because += image.installer(named.step)
            hint = "" if staying is None else f"leave {staying.name} out, or uninstall it before the other is installed"
            yield Problem(named.span, text, (*because, *image.why), hint, severity, image.label)


def _how(package: Accelerated) -> str:
    return f"{package.name}, which {package.brought_by} brings," if package.brought_by else package.name


def _twins(stack: Stack) -> Iterator[list[Accelerated]]:
    """Yield the packages that share a module: at least one of them is named by the repository itself, or two packages
    bring builds for a CPU and for a GPU."""
    by_module: dict[str, list[Accelerated]] = {}
    for package in stack.packages:
        if package.module and not package.conditional:
            by_module.setdefault(package.module, []).append(package)
    for packages in by_module.values():
        carriers = {package.brought_by for package in packages}
        both = len(carriers) > 1 and {"cpu", "cuda"} <= {package.build for package in packages}
        if len(packages) > 1 and ("" in carriers or both):
            yield packages


def _stays(package: Accelerated) -> bool:
    """Whether a build for the CPU is imported, whatever is installed behind it."""
    row = _STAYS.get(package.name)
    return row is not None and holds_newest(row, *upper_bound(package.specifier))


def _wins(packages: list[Accelerated]) -> bool:
    """Whether the build for a GPU comes in a later command than the others: its files are the ones that stay."""
    last = max(packages, key=lambda package: package.step)
    return last.build in ("cuda", "rocm", "other") and all(p.step < last.step for p in packages if p is not last)
