"""What a well-known public image holds. In base_images.csv the first matching row wins: its order matters."""

from __future__ import annotations

import functools
import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.channels import cuda_of_channel
from wxlint.facts.tables import Globs, numbers, row_at, row_of, rows, table


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


_UBUNTU_IN_NAME = late(r"ubuntu-?(\d\d\.\d\d)$")
_CODENAME = late(r"(?:^|-)(bullseye|bookworm|trixie)(?:-slim)?$")


class SystemPythons(NamedTuple):
    """What a distribution packages. system: "Ubuntu 22.04". default: the Python of its package python3, "3.10".
    pythons: all that it has packages of. pip: its python3-pip brings /usr/bin/pip beside pip3. managed: pip refuses to
    install into its Python (EXTERNALLY-MANAGED, PEP 668)."""

    system: str
    default: str
    pythons: tuple[str, ...]
    pip: bool
    managed: bool


def python_of_system(path: str, tag: str) -> str:
    """The Python of the distribution's package python3, for images of Ubuntu and Debian themselves and CUDA and ROCm
    images on them; "" for others.

    An image that brings a Python of its own has it in the environment of its installs.

    Args:
        path: of the reference, without the registry.
    """
    found = _row_of_system(_release(path, tag))
    return found.default if found is not None else ""


def system_pythons(path: str, tag: str) -> SystemPythons | None:
    """What the distribution under an image packages, None where that is not known. path: without the registry."""
    release = _release(path, tag)
    if not release and path.rpartition("/")[2] == "python":
        named = _CODENAME.search(tag)
        release = named[1] if named is not None else ""
    return _row_of_system(release)


_MOVING_PYTHON = late(r"3(?:\.(\d+))?(?:-slim)?|slim|latest")
"""Tags of Python's images that name no distribution and no patch release: they move to the newest Debian."""
_DEBIAN = {"bullseye": "11", "bookworm": "12", "trixie": "13", "oldstable": "12", "stable": "13", "latest": "13"}
"""Of code names and of what moves; Debian 13 is stable since 2025-08-09."""


def distribution_of(path: str, tag: str) -> tuple[str, str]:
    """The distribution under an image and its release, ("debian", "13") or ("ubuntu", "24.04"); empty texts where that
    is not known.

    Those of Python without a code name are on the newest Debian, as long as that Python was built: 3.9 and later have
    reached Debian 13, 3.8 and 3.7 have stayed on 12. Source: docker-library/official-images: library/python.

    Args:
        path: of the reference, without the registry.
    """
    name = path.rpartition("/")[2]
    if name == "python" and (moving := _MOVING_PYTHON.fullmatch(tag)) is not None:
        minor = int(moving[1] or 13)
        return ("debian", "13" if minor >= 9 else "12") if minor >= 7 else ("", "")
    if name == "python":
        named = _CODENAME.search(tag)
        return ("debian", _DEBIAN[named[1]]) if named is not None and named[1] in _DEBIAN else ("", "")
    release = _release(path, tag)
    if name == "debian":
        return "debian", _DEBIAN.get(release, release if release.isdigit() else "")
    row = row_of("system_pythons", release)
    system, _, number = row["system"].partition(" ") if row is not None else ("", "", "")
    return system.lower(), number


PLAIN_SYSTEMS = late(r"(?:library/)?(?:ubuntu|debian)|nvidia/cuda")
"""Paths of the images that come without any Python, with or without a registry's."""


_GLIBC = {"Ubuntu 16.04": "2.23", "Ubuntu 18.04": "2.27", "Ubuntu 20.04": "2.31", "Ubuntu 22.04": "2.35"}
"""Source: the archive's lists of packages (libc6), 2026-11-30."""


def glibc_of(path: str, tag: str) -> str:
    """The glibc of the distribution under an image ("2.27"); "" where it is not known. path: without the registry."""
    found = _row_of_system(_release(path, tag))
    return _GLIBC.get(found.system, "") if found is not None else ""


def _release(path: str, tag: str) -> str:
    """The release of an image's distribution, as number or code name; "" where the reference does not say it."""
    name = path.rpartition("/")[2]
    if path.endswith("nvidia/cuda"):
        return tag.rpartition("-ubuntu")[2] if "-ubuntu" in tag else ""
    if path.startswith("rocm/dev-ubuntu"):
        found = _UBUNTU_IN_NAME.search(name)
        return found[1] if found is not None else ""
    if name == "ubuntu":
        return tag.partition("-")[0]
    return tag.partition("-")[0].partition(".")[0] if name == "debian" else ""


@functools.lru_cache(maxsize=64)
def _row_of_system(release: str) -> SystemPythons | None:
    row = row_of("system_pythons", release)
    if row is None:
        return None
    pythons = tuple(row["pythons"].split())
    return SystemPythons(row["system"], row["default"], pythons, row["pip"] == "pip", row["managed"] == "yes")


_WORD_OF_TAG = late(r"[a-z]+\d*|\d+(?:\.\d+)?")
_ENDED = {"debian": "debian", "ubuntu": "ubuntu", "centos": "centos", "quay.io/centos/centos": "centos"}
"""Images of the distributions themselves, whose tags begin with the release."""
_OF_ONE_MACHINE = late(r"(?:amd64|arm32v[567]|arm64v8|i386|mips64le|ppc64le|riscv64|s390x)/(?=[^/]+$)")
"""Official images for one kind of machine have names of their own."""


def moved_archive(upstream: str, tag: str) -> dict[str, str] | None:
    """The row of the distribution under an image whose packages are no longer where the image looks for them; None
    where they are, or that is not known.

    Official images and NVIDIA's of CUDA say by their tags what they stand on: Debian by its code name, CentOS by name
    and number. What releases of Ubuntu are called other images are, too (`ros:lunar`), so that only its own tags say
    that. Tags of Python without a code name are in `python_debians`.

    Args:
        upstream: the name of the image, as `Reference.upstream` has it.
        tag: "latest" for none.
    """
    name = _OF_ONE_MACHINE.sub("", upstream)
    if name in _ENDED:
        match = _WORD_OF_TAG.match("8" if name == "centos" and tag == "latest" else tag)
        if match is None:
            return None
        release = match[0] if name == "ubuntu" else match[0].partition(".")[0]
        for row in table("moved_archives"):
            if row["distribution"] == _ENDED[name] and release in (row["release"], row["word"]):
                return row
        return None
    if "/" in name and not name.endswith("nvidia/cuda"):
        return None
    words = tag.split("-")
    if name == "python" and (known := row_of("python_debians", tag.removesuffix("-slim"))) is not None:
        words = [known["word"]]
    rows = (row_of("moved_archives", word) for word in words)
    return next((row for row in rows if row is not None and row["distribution"] != "ubuntu"), None)
