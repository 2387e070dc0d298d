"""A package of the host is installed into an image: the driver, or the container toolkit.

## Why

The driver's user-space libraries come from the host: the container toolkit, installed on the host, puts them into every
container that gets a GPU. A driver inside the image is another version than the kernel's (`Failed to initialize NVML:
Driver/library version mismatch`), and hundreds of megabytes. The toolkit does nothing inside an image, unless that
image runs containers itself. `cuda` and `cuda-12-4` are toolkit and driver; `cuda-toolkit-12-4` is the toolkit alone.

## Bad

```dockerfile
FROM ubuntu:22.04
RUN apt-get update && apt-get install -y nvidia-driver-535 nvidia-container-toolkit
```

## Good

```dockerfile
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3-pip
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.image import Image
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "the driver or the container toolkit inside an image"
HINT = "install it on the host: what the image needs of it comes in when the container starts"

_MAY_NAME = late(r"nvidia-|cuda")
_TOOLKIT = late(
    r"nvidia-(?:container-toolkit(?:-base)?|container-runtime|docker2?)|libnvidia-container(?:1|-tools|-dev)"
)
_DRIVER = late(
    r"nvidia-driver(?:-.*)?|nvidia-(?:headless|dkms|kernel-(?:source|common|open-dkms)|utils|compute-utils)-\d+.*"
    r"|libnvidia-(?:compute|gl|decode|encode|cfg1)-\d+.*|cuda-drivers(?:-.*)?|akmod-nvidia|kmod-nvidia.*"
    r"|xserver-xorg-video-nvidia.*|nvidia-open(?:-\d+)?"
)
_WITH_DRIVER = late(r"cuda|cuda-\d+-\d+")
_OF_ENGINES = late(
    r"docker(?:-ce|\.io|-engine|-ce-cli)?|containerd(?:\.io)?|podman|buildah|cri-o|k3s|kubelet|moby-engine|apptainer"
    r"|singularity(?:-container|-ce)?"
)
_ENGINE_IMAGES = late(r"(?:.*/)?(?:docker|dind|k3s|kind|node|rke2|minikube|kindest|podman|nestybox)(?:[/:-].*)?")


def check(repository: Repository) -> Iterator[Problem]:
    for image in repository.images:
        for install in image.installs:
            if install.tool != "apt" or install.removes:
                continue
            for wanted in install.requirements:
                if wanted.span is None or not _MAY_NAME.search(wanted.name):
                    continue
                what = _what(wanted.name)
                if what and not (what == "the container toolkit" and _runs_containers(image)):
                    text = f"{wanted.written} is {what}, which belongs on the host"
                    hint = "take cuda-toolkit-X-Y, which comes without the driver" if "with the driver" in what else ""
                    severity = Severity.INFO if install.conditional else None
                    yield Problem(wanted.span, text, install.reasons, hint, severity, image.label)


def _what(name: str) -> str:
    if _TOOLKIT.fullmatch(name):
        return "the container toolkit"
    if _DRIVER.fullmatch(name):
        return "a part of the driver"
    return "CUDA with the driver" if _WITH_DRIVER.fullmatch(name) else ""


def _runs_containers(image: Image) -> bool:
    """Whether an image is there to run containers itself: an engine is in it, or its base is one."""
    if any(_OF_ENGINES.fullmatch(r.name) for install in image.installs for r in install.requirements):
        return True
    text = image.evaluated.dockerfile.source.text
    root = image.base.root.reference if image.base.root is not None else None
    return "get.docker.com" in text or (root is not None and _ENGINE_IMAGES.fullmatch(root.name) is not None)
