"""The distribution under a public image, by its tag: its Python, its C library, and whether its packages have moved."""

from __future__ import annotations

import functools

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.facts.tables import row_of, table

_UBUNTU_IN_NAME = late(r"ubuntu-?(\d\d\.\d\d)$")
_CODENAME = late(r"(?:^|-)(bullseye|bookworm|trixie)(?:-slim)?$")


class SystemPythons(NamedTuple):
    """What a distribution packages. system: "Ubuntu 22.04". default: the Python of its package python3, "3.10".
    pythons: all that it has packages of. pip: its python3-pip brings /usr/bin/pip beside pip3. pip_release: of its
    python3-pip, "22.0.2". managed: pip refuses to install into its Python (EXTERNALLY-MANAGED, PEP 668)."""

    system: str
    default: str
    pythons: tuple[str, ...]
    pip: bool
    pip_release: str
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
    return SystemPythons(
        system=row["system"],
        default=row["default"],
        pythons=tuple(row["pythons"].split()),
        pip=row["pip"] == "pip",
        pip_release=row["pip_release"],
        managed=row["managed"] == "yes",
    )


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
