"""What a well-known public image holds. In base_images.csv the first matching row wins: its order matters."""

from __future__ import annotations

import functools
import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.channels import cuda_of_channel
from wxlint.facts.tables import Globs, numbers, row_at, row_of, rows


class BaseImage(NamedTuple):
    """What a public image holds. Versions and channels that the tag does not say are None or "unknown".

    accelerator: "cpu" (no accelerator's libraries), "cuda", "rocm", "other" or "unknown".
    cuda: "12.1". torch: the channel ("cpu", "cu121", "none"), or "unknown". has_torch: also true where the build
    belongs to no channel (NVIDIA's own). python: whether the image brings a Python. row: the deciding row of
    the table; where an unknown part of the tag leaves several, the first of them.
    """

    accelerator: str
    cuda: str | None
    torch: str
    torch_version: str | None
    has_torch: bool | None
    python: bool | None
    row: dict[str, str]


_MIRRORS = (
    "docker.io/",
    "index.docker.io/",
    "registry-1.docker.io/",
    "registry.hub.docker.com/",
    "public.ecr.aws/docker/",
    "mirror.gcr.io/",
    "docker.m.daocloud.io/",
    "m.daocloud.io/docker.io/",
)


_OFFICIAL = frozenset(
    ("library", "amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "mips64le", "ppc64le", "riscv64", "s390x")
)
"""Namespaces of Docker's official images: of all architectures, and of one each."""


@functools.lru_cache(maxsize=4096)
def normalise_repository(repository: str) -> str:
    """`docker.io/library/python`, `index.docker.io/python` and known mirrors of Docker Hub are all `python`."""
    if repository.startswith(_MIRRORS):
        mirror = next(prefix for prefix in _MIRRORS if repository.startswith(prefix))
        repository = repository[len(mirror) :]
    namespace, slash, name = repository.partition("/")
    return name if slash and "/" not in name and namespace in _OFFICIAL else repository


@functools.lru_cache(maxsize=4096)
def base_image(repository: str, tag: str | None) -> BaseImage | None:
    """What the image `repository:tag` holds, or None for one that is not in the table.

    repository: without tag and digest. tag: None when nothing is known of it; it may hold HOLEs, and then
    the answer says only what is true of every tag that it can become. An image without a tag is `latest`.
    """
    tag = HOLE if tag is None else tag
    answer: BaseImage | None = None
    for row in _rows_of(normalise_repository(repository)):
        match = re.fullmatch(row["tag"], tag, re.DOTALL)
        if match is None and HOLE not in tag:
            continue
        found = _image(row, match, repository)
        answer = found if answer is None else _common(answer, found)
        if match is not None:
            return answer
    return None


@functools.lru_cache(maxsize=1024)
def _rows_of(repository: str) -> tuple[dict[str, str], ...]:
    head, exact, patterns = _base_index()
    found = [*exact.get(repository, ()), *patterns.of(repository)]
    return tuple(row_at(head, line) for _, line in sorted(found))


_Numbered = list[tuple[int, str]]


@functools.cache
def _base_index() -> tuple[list[str], dict[str, _Numbered], Globs[tuple[int, str]]]:
    """The column names; the rows of plain repositories by name; the rows of patterns. Rows keep their place."""
    head, body = rows("base_images")
    exact: dict[str, _Numbered] = {}
    patterns: list[tuple[str, tuple[int, str]]] = []
    for number, line in enumerate(body):
        name = line.partition(",")[0]
        if "*" in name:
            patterns.append((name, (number, line)))
        else:
            exact.setdefault(name, []).append((number, line))
    return head, exact, Globs(patterns)


_CUDA_IN_NAME = late(r"cuda-?(\d+\.\d+)|cu(\d{3})")
_TORCH_IN_NAME = late(r"torch[-_]?(?:v?(\d+\.\d+(?:\.\d+)?)|(\d)(\d)(\d))(?![\d.]*\d)")
_TRUE = {"yes": True, "no": False}


def _image(row: dict[str, str], match: re.Match[str] | None, repository: str) -> BaseImage:
    groups = match.groupdict() if match is not None else {}
    groups = {name: text for name, text in groups.items() if text and text[0].isdigit() and HOLE not in text}
    cuda: str | None = row["cuda"]
    if cuda == "tag":
        cuda = groups.get("cuda") or (cuda_of_channel(f"cu{groups['cu']}") if "cu" in groups else None)
    elif cuda == "name":
        named = _CUDA_IN_NAME.search(repository)
        cuda = (named[1] or cuda_of_channel(f"cu{named[2]}")) if named else None
    elif cuda == "ngc":
        release = ngc_pytorch(groups["ngc"]) if "ngc" in groups else None
        cuda = ".".join(release["cuda"].split(".")[:2]) if release else None
    torch = row["torch"]
    has_torch = None if torch == "unknown" else torch != "none"
    if torch.startswith("cu{"):
        torch = "cu" + cuda.replace(".", "") if cuda else "unknown"
    elif torch.startswith("rocm{"):
        torch = f"rocm{groups['rocm']}" if "rocm" in groups else "unknown"
    elif torch == "some":
        torch = "unknown"
    version = groups.get("torch")
    if version is None and row["cuda"] == "name" and has_torch:
        version = _torch_of(repository)
    return BaseImage(row["accelerator"], cuda or None, torch, version, has_torch, _TRUE.get(row["python"]), row)


def _torch_of(repository: str) -> str | None:
    """The release that a repository's name says: `...-py310-torch251` holds 2.5.1; two numbers name no release."""
    named = _TORCH_IN_NAME.search(repository[-300:])
    if named is None:
        return None
    version = named[1] or f"{named[2]}.{named[3]}.{named[4]}"
    return version if version.count(".") == 2 else None


def _common(one: BaseImage, two: BaseImage) -> BaseImage:
    return BaseImage(
        one.accelerator if one.accelerator == two.accelerator else "unknown",
        one.cuda if one.cuda == two.cuda else None,
        one.torch if one.torch == two.torch else "unknown",
        one.torch_version if one.torch_version == two.torch_version else None,
        one.has_torch if one.has_torch == two.has_torch else None,
        one.python if one.python == two.python else None,
        one.row,
    )


def held_companions(image: BaseImage) -> frozenset[str]:
    """The companions of torch that an image is documented to hold: those of pytorch/pytorch hold both from 2.0 on, and
    torchvision from 1.5 on; AMD's hold torchvision. hiyouga/pytorch stands on pytorch/pytorch. Source: pytorch/pytorch:
    Dockerfile (stage conda-installs); rocm.docs.amd.com: PyTorch compatibility, the table of its images;
    hiyouga/LLaMA-Factory: docker/docker-cuda/Dockerfile.base."""
    if image.torch_version is None:
        return frozenset()
    if image.row["repository"] == "rocm/pytorch*":
        return frozenset(("torchvision",))
    of_pytorch = image.row["repository"].endswith("pytorch/pytorch") or image.row["repository"] == "hiyouga/pytorch"
    if of_pytorch and numbers(image.torch_version) >= (2,):
        return frozenset(("torchvision", "torchaudio"))
    return frozenset(("torchvision",)) if of_pytorch and numbers(image.torch_version) >= (1, 5) else frozenset()


def possible_companions(image: BaseImage) -> frozenset[str]:
    """The companions of torch that an image may hold, beside those of `held_companions`: torchaudio in AMD's, whose
    documented table does not name it, while users report it of tags of late (ROCm 7.2 with torch 2.8)."""
    return frozenset(("torchaudio",) if image.row["repository"] == "rocm/pytorch*" and image.has_torch else ())


_MADE_BY_PYTORCH = late(r"(?:ghcr\.io/)?pytorch/pytorch")


def oldest_python(repository: str, tag: str | None) -> str:
    """The oldest Python that an image may have, where its tag does not say which; "" where nothing is known.

    Those of pytorch/pytorch have 3.10 or later from 2.0 on. Source: docker.Makefile of the project, in 2022 and later.
    """
    if not tag or HOLE in tag or not _MADE_BY_PYTORCH.fullmatch(repository):
        return ""
    image = base_image(repository, tag)
    version = image.torch_version if image is not None else None
    return "3.10" if version is not None and numbers(version) >= (2,) else ""


def ngc_pytorch(release: str) -> dict[str, str] | None:
    """The row of an NVIDIA PyTorch container release ("23.10"): its CUDA and torch versions."""
    return row_of("ngc_pytorch", release)
