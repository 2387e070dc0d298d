"""What a base image gives a stage: the Python and the machine, for environment markers and for the wheels that fit
it, and variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.images.installs.markers import Environment

if TYPE_CHECKING:
    from wxlint.images.model.reference import Reference

_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
_OF_NAMESPACE = {"arm64v8": "aarch64", "amd64": "x86_64"}
_TAG = late(r"(3\.\d+(?:\.\d+)?)(?:[-.].*)?")
_IN_TAG = late(r"(?:^|[-_])(?:python|py)(3\.\d+(?:\.\d+)?)(?:[-_].*)?$")
OTHER_PYTHON = late(
    r"conda|mamba|[Mm]iniforge|\b(?:pyenv|pixi)\b|uv\s+(?:python|venv)\b|python3\.\d+(?![\d/])"
    r"|--python[ =](?!/usr/bin/python3?(?:\s|$))|add-apt-repository|deadsnakes"
)
"""What may bring another Python than that of the base image."""

_CUDA_TAG = late(r"(\d+\.\d+(?:\.\d+)?)-")
_APT = late(r"\bapt(?:-get)?\b")
_PYTHON = late(r"\bpython3\b")


def may_bring_another(text: str, python: str) -> bool:
    """Whether the commands of a RUN may bring another Python than this one."""
    own = "python" + ".".join(python.split(".")[:2])
    return any(match[0] != own for match in OTHER_PYTHON.finditer(text))


_CHOSEN = late(
    r"(?:^|[\s;&|(/'\"])python(3\.\d+)[\"']?\s+(?:-\w|-(?=\s|$)|[^\s-]\S*\.py\b)"
    r"|\bpython={1,2}(3\.\d+)"
    r"|\b[Mm]iniconda3-py(3)(\d+)_"
    r"|(?:--python[ =]|\bvirtualenv\s+-p[ =]?)[\"']?(?:[\w./-]*python)?(3\.\d+)"
    r"|\buv\s+python\s+(?:install|pin)\s+(3\.\d+)"
    r"|\bpyenv\s+(?:install|global|local|virtualenv)\s+(?:-\S+\s+)*(3\.\d+)"
    r"|\bupdate-alternatives\s+--install\s+\S+/python3?\s+python3?\s+\S+/python(3\.\d+)"
    r"|\bln\s+(?:-\S+\s+)+\S+/python(3\.\d+)\s+\S+/python3?(?![\w.])"
)
"""Commands that run one Python by its version, make an environment of it, or make it the one that is called."""
_VARIABLE = late(r"\$\{?(\w+)(?::?-[^{}]*)?\}?")


def chosen_pythons(text: str, variables: Mapping[str, Value]) -> set[str]:
    """The Pythons that the commands of a RUN choose by their versions ("3.11")."""

    def known(match: re.Match[str]) -> str:
        value = variables.get(match[1])
        return value.text if value is not None and value.known else match[0]

    if "$" in text:
        text = _VARIABLE.sub(known, text)
    if "3." not in text and "-py3" not in text:
        return set()
    found = (".".join(part for part in match.groups() if part) for match in _CHOSEN.finditer(text))
    return set(found)


def brings_system_python(text: str) -> bool:
    """Whether the commands of a RUN install the distribution's Python."""
    return "install" in text and _APT.search(text) is not None and _PYTHON.search(text) is not None


def system_python_of(reference: Reference | None) -> str:
    """The Python that the packages of a base image's distribution bring, "" where that is not known."""
    if reference is None or not reference.tag or HOLE in reference.tag or HOLE in reference.name:
        return ""
    return facts.python_of_system(reference.path, reference.tag)


def python_of(reference: Reference | None) -> str | None:
    """The Python of a public image, by its tag; None where it does not say."""
    if reference is None or not reference.tag or HOLE in reference.tag or HOLE in reference.name:
        return None
    if facts.normalise_repository(reference.name) == "python" or reference.path.endswith("/python"):
        found = _TAG.fullmatch(reference.tag)
    else:
        found = _IN_TAG.search(reference.tag) if "py" in reference.tag else None
    return found[1] if found else None


def machine_of(platform: Value | None, reference: Reference | None, build_platform: str) -> str | None:
    """The machine that a stage is for: its --platform, else the base image's own, else the build's; None where it
    is not known."""
    if platform is not None and platform.text:
        return _MACHINES.get(platform.text.split("/")[1]) if platform.known and "/" in platform.text else None
    namespace = reference.path.partition("/")[0] if reference is not None else ""
    if namespace in _OF_NAMESPACE:
        return _OF_NAMESPACE[namespace]
    if reference is not None and "/l4t-" in reference.path:  # Jetson's: there are no others
        return "aarch64"
    parts = build_platform.split("/")
    return _MACHINES.get(parts[1]) if len(parts) > 1 else None


def environment_of(platform: Value | None, reference: Reference | None, build_platform: str) -> Environment:
    """The environment that a base image gives a stage."""
    found = Environment(python_of(reference), machine_of(platform, reference, build_platform))
    oldest = facts.oldest_python(reference.upstream, reference.tag) if reference is not None else ""
    return found._replace(pythons=found.pythons[found.pythons.index(oldest) :]) if oldest else found


def variables_of(reference: Reference | None) -> list[tuple[str, Value]]:
    """The ENV of an upstream image that is known by its tag, and what other images of the same maker set."""
    if reference is None:
        return []
    if reference.path.endswith("nvidia/cuda") and reference.tag:
        version = _CUDA_TAG.match(reference.tag)
        if version is None:
            return []
        reason = Reason("base", f"CUDA_VERSION={version[1]} is set by {reference.shown()}")
        return [("CUDA_VERSION", Value(version[1], (), (reason,)))]
    if reference.registry == "nvcr.io" and reference.path.startswith("nvidia/"):
        reason = Reason("base", f"CUDA_VERSION is set by {reference.shown()}")
        return [("CUDA_VERSION", Value(HOLE, ("${CUDA_VERSION}",), (reason,)))]
    return []
