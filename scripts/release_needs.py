"""What the releases of a package need whatever the Python and the machine, by their wheels for Linux."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from package_index import Index, is_linux, pythons_of
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

SINCE = "2020"
"""The year from which on releases are looked at: hardly anybody pins an older one."""
PINNED = frozenset(
    "absl-py accelerate aiohttp albucore altair anyio astunparse av blinker blis cachetools certifi chardet "
    "charset-normalizer click contourpy ctranslate2 cycler datasets diffusers dill fastapi faster-whisper flask "
    "flatbuffers fsspec gast google-pasta gradio gradio-client grpcio h11 h5py httpcore httpx huggingface-hub idna "
    "importlib-metadata itsdangerous jax jaxlib jinja2 keras keras-preprocessing kiwisolver langchain-core librosa "
    "llvmlite markupsafe matplotlib ml-dtypes multiprocess networkx numba numpy omegaconf onnx onnxruntime openai "
    "opencv-contrib-python opencv-python opencv-python-headless opt-einsum optax outlines packaging pandas pillow "
    "protobuf pyannote-audio pyannote-core pyannote-database pyannote-metrics pyannote-pipeline pyarrow pydantic "
    "pydantic-core python-dateutil python-multipart pytorch-lightning pyyaml ray requests rich safetensors "
    "scikit-image scikit-learn scipy sentence-transformers sentencepiece setuptools six smart-open soundfile spacy "
    "speechbrain srsly starlette sympy tenacity tensorboard tensorflow tensorflow-estimator termcolor thinc "
    "tiktoken tokenizers tornado tqdm transformers typer typing-extensions urllib3 uvicorn websockets werkzeug "
    "wrapt".split()
)
"""Packages that lists name with a release: of others a need meets no pin. torch, its companions and what it brings of
NVIDIA's are left out: other tables know them, and its builds for a CPU need less."""


class Need(NamedTuple):
    """One requirement, and the first and the last of the consecutive releases that have it."""

    first: str
    last: str
    needs: str


def derived(index: Index, name: str) -> list[Need]:
    """Return what the releases of a package need, by the name of what is needed, oldest first."""
    found: list[Need] = []
    running: dict[str, Need] = {}
    for version in looked_at(index, name):
        needed = needs_of(index, name, version) or {}
        for key, text in needed.items():
            before = running.get(key)
            running_on = before is not None and before.needs == text
            if before is not None and not running_on:
                found.append(before)
            running[key] = Need(before.first if before is not None and running_on else str(version), str(version), text)
        found += [running.pop(key) for key in set(running) - set(needed)]
    found += running.values()
    return sorted(found, key=lambda need: (Requirement(need.needs).name, Version(need.first)))


def looked_at(index: Index, name: str) -> list[Version]:
    """The final releases of a package since a year, those that were withdrawn among them: a pin takes them, too."""
    files = index.files(name, yanked=True)
    return sorted(v for v in files if not v.is_prerelease and _is_recent(files[v]))


def _is_recent(files: list[dict[str, Any]]) -> bool:
    return max((str(file.get("upload-time") or SINCE) for file in files), default="") >= SINCE


def needs_of(index: Index, name: str, version: Version) -> dict[str, str] | None:
    """Return what a release needs by the name of it, each as a requirement; None where that cannot be known.

    Wheels for the oldest and for the newest Python are looked at: what only one of them asks for is left out.
    """
    files = [f for f in index.files(name, yanked=True).get(version, []) if is_linux(f["filename"], "x86_64")]
    by_python = sorted((min(minors), file["filename"]) for file in files if (minors := pythons_of([file])))
    chosen = [file for file in files if file["filename"] in {by_python[0][1], by_python[-1][1]}] if by_python else []
    pythons = [sorted(pythons_of([file])) for file in chosen]
    listed = [index.requires_of(name, file) for file in chosen]
    if not chosen or None in listed:
        return None
    said = [_of_wheel(requires or (), minors) for requires, minors in zip(listed, pythons, strict=True)]
    common = {key: _common([*said[0][key], *said[-1][key]]) for key in said[0].keys() & said[-1].keys()}
    return {key: f"{key}{text}" for key, text in common.items() if _is_kept(key, text)}


def _of_wheel(requires: Iterable[Requirement], pythons: list[int]) -> dict[str, list[SpecifierSet]]:
    """What a wheel asks for under each of its Pythons: a set for each, of those names that all ask for."""
    found: dict[str, list[SpecifierSet]] = {}
    requires = list(requires)
    for minor in pythons:
        by_name: dict[str, SpecifierSet] = {}
        for one in requires:
            if not one.url and _holds(one, minor):
                key = str(canonicalize_name(one.name))
                by_name[key] = by_name.get(key, SpecifierSet()) & one.specifier
        for key, specifier in by_name.items():
            found.setdefault(key, []).append(specifier)
    return {key: sets for key, sets in found.items() if len(sets) == len(pythons)}


def _holds(requirement: Requirement, minor: int) -> bool:
    """Whether a requirement holds on Linux on x86-64, without an extra and whatever the patch of Python."""
    environment = {"extra": "", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
    environment |= {"os_name": "posix", "python_version": f"3.{minor}", "implementation_name": "cpython"}
    patches = ({**environment, "python_full_version": f"3.{minor}.{patch}"} for patch in (0, 20))
    return requirement.marker is None or all(requirement.marker.evaluate(one) for one in patches)


def _common(sets: list[SpecifierSet]) -> str:
    """The clauses of all sets, and the lowest of their lower bounds."""
    clauses = set.intersection(*(set(one) for one in sets))
    lowest = [min(bounds, key=_bound) for one in sets if (bounds := [c for c in one if c.operator == ">="])]
    if len(lowest) == len(sets):
        clauses = {c for c in clauses if c.operator != ">="} | {min(lowest, key=_bound)}
    return ",".join(sorted(map(str, clauses), reverse=True))  # lower bounds first


def _bound(clause: Specifier) -> Version:
    return Version(clause.version)


def _is_kept(name: str, text: str) -> bool:
    """Whether a requirement may meet a pin that it does not fit."""
    return name in PINNED and any(clause.operator != "!=" for clause in SpecifierSet(text))


def contradicted(index: Index, name: str, row: Need) -> Iterator[str | None]:
    """Yield what the first and the last release of a row say instead: "" where the same, None where it is not known."""
    wanted = Requirement(row.needs)
    for version in dict.fromkeys((row.first, row.last)):
        needed = needs_of(index, name, Version(version))
        if needed is None:
            yield None
            continue
        said = needed.get(wanted.name, "")
        same = bool(said) and Requirement(said).specifier == wanted.specifier
        yield "" if same else f"{version} needs {said or f'no {wanted.name}'}"
