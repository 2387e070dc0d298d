"""Local package indexes of dummy wheels: torch, its companions and packages that bring torch, with versions as the
real channels have them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from wxlint import facts
from wxlint.facts.tables import numbers, table

CHANNELS = ("cpu", "cu118", "cu121", "cu124", "cu126", "cu128", "cu130")
CARRIERS = {
    "openai-whisper": ("20231117", "20250625"),
    "accelerate": ("0.34.2", "1.15.0"),
    "sentence-transformers": ("3.0.1", "5.1.0", "6.2.0"),
    "ultralytics": ("8.2.0", "8.3.200", "8.4.190"),
    "timm": ("0.4.12", "1.0.19", "1.0.31"),
    "facenet-pytorch": ("2.6.0",),
    "whisperx": ("3.1.6", "3.3.3", "3.5.0", "3.7.4", "3.8.6"),
    "pyannote-audio": ("3.0.0", "3.1.1", "4.0.2", "4.0.4", "4.0.7"),
    "xformers": ("0.0.22.post7", "0.0.25", "0.0.28", "0.0.29.post2", "0.0.31", "0.0.35"),
    "vllm": ("0.4.3", "0.6.4", "0.8.1", "0.10.2", "0.17.0", "0.33.0"),
    "faster-whisper": ("0.10.1", "1.0.3", "1.1.1"),
    "silero-vad": ("5.1.2", "6.2.1", "6.2.3"),
}
"""Packages that bring torch, a companion or another accelerated package, and releases of them."""
TWINS = {
    "onnxruntime": ("1.16.3", "1.18.0", "1.22.0", "1.23.2"),
    "onnxruntime-gpu": ("1.16.3", "1.18.0", "1.22.0", "1.23.2"),
    "ctranslate2": ("3.24.0", "4.4.0", "4.6.0"),
    "tensorflow": ("2.15.1", "2.19.0"),
    "tensorflow-cpu": ("2.15.1", "2.19.0"),
}
"""Packages of CPU and GPU that share a module, and what carriers bring."""
WITH_EXTRAS = {
    "transformers": ("torch", "torch-vision", "torch-speech", "accelerate"),
    "safetensors": ("torch",),
    "rembg": ("cpu", "gpu"),
}
"""Packages that bring nothing of these by themselves, and extras of theirs that do."""
BESIDE = {
    "torchcodec": ("0.6.0", "0.7.0"),
    "opencv-python": ("4.10.0.84", "4.13.0.92"),
    "opencv-python-headless": ("4.10.0.84", "4.13.0.92"),
}
"""What carriers bring beside these, so that every release of them can be installed."""
NIGHTLY = ("cpu", "cu126", "cu128", "cu130")
"""Channels of the nightly index, which has pre-releases only."""
CHANNEL_URL = "https://download.pytorch.org/whl"
DEFAULT_URL = "https://mirrors.aliyun.com/pypi/simple"


class Wheel(NamedTuple):
    """A distribution: name, version, and what it requires."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


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
        alone = (name, companion) == ("torchaudio", "2.11.0")  # as its metadata has it
        yield Wheel(name, f"{companion}{local}", () if alone else (needs,))
    if channel == "default":
        yield Wheel("torchaudio", "2.11.1", ("torch>=2.11",))
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
    yield from _with_extras()
    for name, versions in TWINS.items():
        yield from (Wheel(name, version) for version in versions)
    for name, versions in BESIDE.items():
        yield from (Wheel(name, version) for version in versions)


def _with_extras() -> Iterator[Wheel]:
    """What extras bring, by the tables; of rembg, releases without any and with them."""
    for name, extras in WITH_EXTRAS.items():
        if name == "rembg":
            for version in ("2.0.59", "2.0.69", "2.0.70"):
                own = facts.carried(name, f"=={version}")
                brought = [(e, item) for e in extras for item in facts.carried(name, f"=={version}", (e,))]
                needs = [f"{n}{s}" for n, s in own] + [f"{n}{s}; extra == '{e}'" for e, (n, s) in brought]
                yield Wheel(name, version, tuple(needs), extras)
            continue
        rows = [(extra, facts.brings_torch(name, None, (extra,))) for extra in extras]
        listed = tuple(f"{row['requires']}; extra == '{extra}'" for extra, row in rows if row is not None)
        yield Wheel(name, next(row["seen_in"] for _, row in rows if row is not None), listed, extras)


def _nightlies(channel: str) -> Iterator[Wheel]:
    """Pre-releases of the release behind the newest."""
    newest = numbers(facts.torch_releases("default")[-1])
    for day in ("20261101", "20261120"):
        version = f"{newest[0]}.{newest[1] + 1}.0.dev{day}+{channel}"
        yield Wheel("torch", version)
        yield Wheel("torchvision", f"0.{newest[1] + 16}.0.dev{day}+{channel}", (f"torch=={version.partition('+')[0]}",))


def described(python: str) -> str:
    """All that the indexes serve, as text: it changes with the tables."""
    served = [
        *(list(wheels(one, python)) for one in ("default", *CHANNELS)),
        *(list(_nightlies(one)) for one in NIGHTLY),
    ]
    return repr(served)


def build(folder: Path, python: str) -> None:
    """Write the indexes: folder/whl/CHANNEL/NAME/, folder/whl/nightly/CHANNEL/NAME/, folder/simple/NAME/, the list of
    links folder/whl/torch_stable.html, and folder/whl/NAME/ for all channels at once."""
    everything: dict[str, list[str]] = {}
    for channel in ("default", *CHANNELS):
        place = folder / ("simple" if channel == "default" else f"whl/{channel}")
        for name, files in fill(place, wheels(channel, python)).items():
            if channel != "default":
                everything.setdefault(name, []).extend(f"{channel}/{name}/{file}" for file in files)
    for channel in NIGHTLY:
        fill(folder / "whl/nightly" / channel, _nightlies(channel))
    for name, paths in everything.items():
        (folder / "whl" / name).mkdir(parents=True)
        _write_page(folder / "whl" / name / "index.html", [f"../{path}" for path in paths])
    _write_page(folder / "whl/torch_stable.html", [path for paths in everything.values() for path in paths])


def fill(place: Path, served: Iterable[Wheel]) -> dict[str, list[str]]:
    """Write what an index serves; return the files of each name."""
    by_name: dict[str, list[Wheel]] = {}
    for wheel in served:
        by_name.setdefault(wheel.name, []).append(wheel)
    found = {}
    for name, listed in by_name.items():
        (place / name).mkdir(parents=True)
        found[name] = [_write(place / name, wheel) for wheel in listed]
        _write_page(place / name / "index.html", found[name])
    return found


def _write_page(place: Path, paths: list[str]) -> None:
    links = "".join(f'<a href="{quote(path)}">{path.rpartition("/")[2]}</a>\n' for path in paths)
    place.write_text(f"<!DOCTYPE html><html><body>\n{links}</body></html>\n")


def _write(folder: Path, wheel: Wheel) -> str:
    stem = f"{wheel.name.replace('-', '_')}-{wheel.version}"
    metadata = [f"Metadata-Version: 2.1\nName: {wheel.name}\nVersion: {wheel.version}\n"]
    metadata += [f"Requires-Dist: {text}\n" for text in wheel.requires]
    metadata += [f"Provides-Extra: {extra}\n" for extra in wheel.extras]
    file = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(folder / file, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "".join(metadata))
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{stem}.dist-info/RECORD",
            "".join(f"{stem}.dist-info/{name},,\n" for name in ("METADATA", "WHEEL", "RECORD")),
        )
    return file
