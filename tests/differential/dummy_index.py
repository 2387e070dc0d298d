"""Local package indexes of dummy wheels: torch, its companions and packages that bring torch, with versions as the
real channels have them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from wxlint import facts
from wxlint.facts.tables import numbers, table

CHANNELS = ("cpu", "cu118", "cu121", "cu124", "cu126", "cu128")
CARRIERS = {
    "openai-whisper": ("20231117", "20250625"),
    "accelerate": ("0.34.2", "1.15.0"),
    "sentence-transformers": ("3.0.1", "5.1.0"),
    "ultralytics": ("8.2.0", "8.3.200"),
    "whisperx": ("3.1.6", "3.3.3", "3.5.0", "3.7.4", "3.8.6"),
    "pyannote-audio": ("3.0.0", "3.1.1", "4.0.2", "4.0.4"),
    "xformers": ("0.0.22.post7", "0.0.25", "0.0.28", "0.0.29.post2", "0.0.31", "0.0.35"),
    "vllm": ("0.4.3", "0.6.4", "0.8.1", "0.10.2", "0.17.0"),
    "faster-whisper": ("0.10.1", "1.0.3", "1.1.1"),
    "silero-vad": ("5.1.2", "6.2.1", "6.2.3"),
}
"""Packages that bring torch, a companion or another accelerated package, and releases of them."""
TWINS = {
    "onnxruntime": ("1.16.3", "1.18.0", "1.22.0"),
    "onnxruntime-gpu": ("1.16.3", "1.18.0", "1.22.0"),
    "ctranslate2": ("3.24.0", "4.4.0", "4.6.0"),
    "tensorflow": ("2.15.1", "2.19.0"),
    "tensorflow-cpu": ("2.15.1", "2.19.0"),
}
"""Packages of CPU and GPU that share a module, and what carriers bring."""
CHANNEL_URL = "https://download.pytorch.org/whl"
DEFAULT_URL = "https://mirrors.aliyun.com/pypi/simple"


class Wheel(NamedTuple):
    """A distribution: name, version, and what it requires."""

    name: str
    version: str
    requires: tuple[str, ...] = ()


def releases(python: str) -> list[str]:
    """The releases of torch from 2.0 on that have wheels for a Python."""
    wanted = numbers(python)
    return [
        row["version"]
        for row in table("torch")
        if numbers(row["version"]) >= (2,)
        and numbers(row["python_min"]) <= wanted <= numbers(row["python_max"] or python)
    ]


def wheels(channel: str, python: str) -> Iterator[Wheel]:
    """What a channel serves; "default" has plain builds and everything else."""
    listed = [version for version in releases(python) if version in facts.torch_releases(channel)]
    local = "" if channel == "default" else f"+{channel}"
    companions: dict[tuple[str, str], list[str]] = {}
    for version in releases(python):
        for name in ("torchvision", "torchaudio"):
            for companion in getattr(facts.companions(version), name):
                companions.setdefault((name, companion), []).append(version)
    for version in listed:
        yield Wheel("torch", f"{version}{local}")
    for (name, companion), fit in companions.items():
        if not set(fit) & set(listed):
            continue
        needs = f"torch=={fit[0]}" if len(fit) == 1 else f"torch>={fit[0]},<={fit[-1]}"
        yield Wheel(name, f"{companion}{local}", (needs,))
    if channel == "default":
        yield Wheel("flask", "3.0.0")
        yield from _carriers()


def _carriers() -> Iterator[Wheel]:
    """What brings torch or another package, by what the tables say of each release."""
    for name, versions in CARRIERS.items():
        for version in versions:
            row = facts.brings_torch(name, version)
            brought = [f"{other}{needs.replace(' ', ',')}" for other, needs in facts.carried(name, f"=={version}")]
            torch = [] if row is None else [f"torch{facts.torch_needed(name, version) or ''}"]
            yield Wheel(name, version, (*torch, *brought))
    for name, versions in TWINS.items():
        yield from (Wheel(name, version) for version in versions)
    for version in ("0.6.0", "0.7.0"):
        yield Wheel("torchcodec", version)


def build(folder: Path, python: str) -> None:
    """Write the indexes: folder/whl/CHANNEL/NAME/ and folder/simple/NAME/."""
    for channel in ("default", *CHANNELS):
        place = folder / ("simple" if channel == "default" else f"whl/{channel}")
        by_name: dict[str, list[Wheel]] = {}
        for wheel in wheels(channel, python):
            by_name.setdefault(wheel.name, []).append(wheel)
        for name, listed in by_name.items():
            (place / name).mkdir(parents=True)
            files = [_write(place / name, wheel) for wheel in listed]
            links = "".join(f'<a href="{quote(file)}">{file}</a>\n' for file in files)
            (place / name / "index.html").write_text(f"<!DOCTYPE html><html><body>\n{links}</body></html>\n")


def _write(folder: Path, wheel: Wheel) -> str:
    stem = f"{wheel.name.replace('-', '_')}-{wheel.version}"
    metadata = [f"Metadata-Version: 2.1\nName: {wheel.name}\nVersion: {wheel.version}\n"]
    metadata += [f"Requires-Dist: {text}\n" for text in wheel.requires]
    file = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(folder / file, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "".join(metadata))
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{stem}.dist-info/RECORD",
            "".join(f"{stem}.dist-info/{name},,\n" for name in ("METADATA", "WHEEL", "RECORD")),
        )
    return file
