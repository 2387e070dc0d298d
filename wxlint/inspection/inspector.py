"""`wxlint inspect`: look into an image without running it. The answer and the gate are in report.py."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from wxlint.core.errors import ImageError
from wxlint.core.units import amount
from wxlint.inspection import explain
from wxlint.inspection.dockerfile_lines import Dockerfile, HistoryEntry, match_history
from wxlint.inspection.file_kinds import (
    DPKG,
    LIBRARY,
    PYTHON,
    TORCH,
    Metadata,
    Packages,
    Record,
    TorchBuild,
    cached,
    cuda_only,
    normal,
)
from wxlint.inspection.file_system import File, FileSystem
from wxlint.inspection.layers import CUDA_KINDS, LayerScan, Wanted
from wxlint.inspection.model import Cuda, Distribution, FoundTorch, Inspection, Installed, LayerReport
from wxlint.inspection.paths import Paths
from wxlint.inspection.report import read_expect
from wxlint.inspection.saved_image import OpenRemote, OpenSave, SavedImage, open_target, read_image
from wxlint.inspection.search_path import PythonOnPath, site_of
from wxlint.inspection.stack import AcceleratedDistribution, mismatches, stack_of
from wxlint.inspection.stores import Store
from wxlint.inspection.streams import RawFile


def run_inspect(
    target: str,
    expect: str | None = None,
    engine: OpenSave | None = None,
    dockerfiles: Sequence[Dockerfile] = (),
    wanted: Wanted = None,
    *,
    remote: OpenRemote | None = None,
    platform: str = "",
) -> Inspection:
    """Inspect a saved image (file, OCI layout folder, both with `#SELECTOR`) or an image of the engine, by name.

    engine: opens the stream of `docker save` (default: the docker program). dockerfiles: where layers come from.
    wanted: names of files whose content is asked for; None where nobody asks by path. remote: opens the names of
    registries. platform: of an index, "linux/arm64"; "" for this machine's.
    Raises UsageError for a bad `expect`, ImageError for what cannot be read, EngineError when the engine refuses.
    """
    if expect is not None:
        read_expect(expect)  # a typing mistake must not cost a minute of reading first
    with open_target(target, engine or _docker, wanted, remote) as (store, selector):
        return inspect_store(store, ",".join(filter(None, (selector, platform))), target, dockerfiles)


def _docker(name: str) -> AbstractContextManager[RawFile]:
    from wxlint.inspection.docker_save import saved  # reading a file needs no processes

    return saved("docker", [name])


def inspect_store(
    store: Store,
    selector: str = "",
    target: str = "",
    dockerfiles: Sequence[Dockerfile] = (),
) -> Inspection:
    """The same for a store that is open."""
    image = read_image(store, selector)
    system = FileSystem()
    scans: list[LayerScan] = []
    known: dict[str, LayerScan] = {}
    for name in image.layers:
        if name not in known:
            known[name] = store.scan(name)
        scans.append(known[name])
        system.apply(known[name])
    found = _report(image, scans, system, image.names[0] if image.names else target, dockerfiles)
    return found._replace(config=image.config.get("config") or {}, paths=_paths(scans))


def _paths(scans: Sequence[LayerScan]) -> Paths | None:
    """Every path of the image; None where nobody asked by path."""
    if not scans or any(scan.stats is None for scan in scans):
        return None
    found = Paths()
    for scan in scans:
        found.apply(scan.stats or {}, scan.whiteouts, scan.opaque)
    return found


def _report(
    image: SavedImage,
    scans: list[LayerScan],
    system: FileSystem,
    reference: str,
    dockerfiles: Sequence[Dockerfile],
) -> Inspection:
    files = list(system.files())
    settings = image.config.get("config") or {}
    env = dict(pair.partition("=")[::2] for pair in _strings(settings.get("Env")))
    python = PythonOnPath(system, files, env)
    searched = {folder: place for place, folder in enumerate(python.search_path(_string(settings.get("User"))))}
    builds = _torches(files, env, searched)
    metadata = [(path, file.fact) for path, file in files if isinstance(file.fact, Metadata) and not cached(path)]
    metadata.sort(key=lambda each: searched.get(site_of(each[0]), len(searched)))
    required = explain.dependants([fact for _, fact in metadata])
    distributions = _distributions(files, metadata, required)
    alive = {(file.layer, file.content): file.size for _, file in files if file.kind in CUDA_KINDS}
    contents = [scan.cuda_contents() for scan in scans]
    libraries = tuple("/" + path for path, file in files if file.kind == LIBRARY)
    visible = sum(alive.values())
    cuda = Cuda(
        bool(libraries or distributions or any(build.cuda for build in builds)),
        visible,
        sum(sum(each.values()) for each in contents) - sum(s for (i, c), s in alive.items() if c in contents[i]),
        libraries,
        distributions,
        _versions(libraries, distributions),
    )
    places = _places(image, dockerfiles)
    layers = tuple(
        LayerReport(index, digest, created, scan.bytes, sum(contents[index].values()), place)
        for index, (digest, scan, (created, place)) in enumerate(zip(image.diff_ids, scans, places))
    )
    found = Inspection(
        reference,
        image.digest,
        _string(image.config.get("os")),
        _string(image.config.get("architecture")),
        _string(settings.get("User")),
        tuple(_strings(settings.get("Entrypoint"))),
        env,
        python.version,
        builds[0] if builds else None,
        tuple(builds[1:]),
        cuda,
        layers,
        (),
        tuple(
            Installed(fact.name, fact.version, tuple(one.name for one in fact.requires if not one.when))
            for _, fact in metadata
        ),
        tuple("/" + path for path, file in files if file.kind == PYTHON and not cached(path)),
    )
    packages = next((f.fact.cuda for p, f in files if f.kind == DPKG and isinstance(f.fact, Packages)), ())
    hidden: dict[tuple[int, int], int] = {}
    for (layer, content), killer in system.killers.items():
        if (layer, content) not in alive and content in contents[layer]:
            hidden[layer, killer] = hidden.get((layer, killer), 0) + contents[layer][content]
    stack = _stack([(path, fact) for path, fact in metadata if site_of(path) in searched], builds)
    stack = stack or _stack(metadata, builds)
    return found._replace(
        stack=stack,
        mismatches=tuple(mismatches(stack, libraries, cuda.versions)),
        why=explain.reasons(
            found,
            _brought(files, len(layers)),
            [(*key, size) for key, size in sorted(hidden.items())],
            packages,
            required,
        ),
    )


def _brought(files: Sequence[tuple[str, File]], count: int) -> list[tuple[int, list[str]]]:
    """(layer, its visible CUDA files, largest first)."""
    found: list[list[tuple[int, str]]] = [[] for _ in range(count)]
    for path, file in files:
        if file.kind == LIBRARY:
            found[file.layer].append((-file.size, f"/{path} ({amount(file.size)})"))
    return [(index, [text for _, text in sorted(each)]) for index, each in enumerate(found) if each]


def _stack(
    metadata: Sequence[tuple[str, Metadata]], builds: Sequence[FoundTorch]
) -> tuple[AcceleratedDistribution, ...]:
    torch = builds[0] if builds else None
    named = [(fact.name, fact.version) for _, fact in metadata]
    return stack_of(named, torch.cuda if torch else None, torch.hip if torch else None)


def _torches(files: Sequence[tuple[str, File]], env: dict[str, str], searched: Mapping[str, int]) -> list[FoundTorch]:
    """Installed builds, the one that the interpreter imports first; each real file once. searched: its folders."""
    found = [
        FoundTorch(file.fact.version, file.fact.cuda, file.fact.hip, "/" + path)
        for path, file in files
        if file.kind == TORCH and isinstance(file.fact, TorchBuild) and not cached(path)
    ]
    prefixes = [posixpath.dirname(folder.rstrip("/")) for folder in env.get("PATH", "").split(":")[:100]]

    def rank(build: FoundTorch) -> tuple[int, bool, int]:
        place = searched.get(site_of(build.path.lstrip("/")), len(searched))
        order = [i for i, prefix in enumerate(prefixes) if prefix and build.path.startswith(prefix.rstrip("/") + "/")]
        return place, "-packages/" not in build.path, min(order, default=len(prefixes))

    return sorted(found, key=rank)


def _distributions(
    files: Sequence[tuple[str, File]],
    metadata: Sequence[tuple[str, Metadata]],
    required: dict[str, tuple[str, ...]],
) -> tuple[Distribution, ...]:
    sizes = {path: file.size for path, file in files if file.kind in CUDA_KINDS}
    records = {posixpath.dirname(path): file.fact for path, file in files if isinstance(file.fact, Record)}
    found: list[Distribution] = []
    for path, fact in metadata:
        if not cuda_only(fact.name):
            continue
        folder = posixpath.dirname(path)
        record = records.get(folder)
        total = 0
        for name, size in record.sizes.items() if record else ():
            total += sizes.get(posixpath.normpath(posixpath.join(posixpath.dirname(folder), name)), size)
        found.append(Distribution(fact.name, fact.version, total, required.get(normal(fact.name), ())))
    return tuple(sorted(found))


def _versions(libraries: Sequence[str], distributions: Sequence[Distribution]) -> tuple[str, ...]:
    found: set[str] = set()
    for path in libraries:
        for match in (
            re.search(r"libcudart[^/]*\.so\.(\d+(?:\.\d+)?)", path),
            re.match(r"/usr/local/cuda-(\d+\.\d+)", path),
        ):
            if match:
                found.add(match[1])
    for one in distributions:
        match = re.match(r"\d+\.\d+", one.version)
        if match and re.fullmatch(r"nvidia-cuda-runtime(-cu\d+)?|cuda-toolkit", normal(one.name)):
            found.add(match[0])
    return tuple(
        sorted(version for version in found if "." in version or not any(v.startswith(version + ".") for v in found)),
    )


def _places(image: SavedImage, dockerfiles: Sequence[Dockerfile]) -> list[tuple[str, tuple[str, int] | None]]:
    """created_by and Dockerfile place per layer; nothing is claimed when history and layers do not agree."""
    entries = image.config.get("history")
    nothing: list[tuple[str, tuple[str, int] | None]] = [("", None)] * len(image.layers)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return nothing
    steps = [HistoryEntry(_string(entry.get("created_by")), entry.get("empty_layer") is True) for entry in entries]
    if sum(not step.empty for step in steps) != len(image.layers):
        return nothing
    lines: Sequence[int | None] = [None] * len(steps)
    source, strength = "", 0
    for path, instructions in dockerfiles:
        mapping = match_history(steps, instructions)
        if mapping.strength > strength:
            source, lines, strength = path, mapping.lines, mapping.strength
    return [
        (step.created_by, (source, line) if line is not None else None)
        for step, line in zip(steps, lines)
        if not step.empty
    ]


def _string(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ImageError("the image's configuration has a value of another kind where a string must be")
    return value


def _strings(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):  # Entrypoint was a plain string in very old images
        return [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ImageError("the image's configuration has a value of another kind where a list of strings must be")
    return value
