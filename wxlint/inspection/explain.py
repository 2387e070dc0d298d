"""`why-cuda`: which layer, Dockerfile line and distribution brought CUDA into an image, and what to change."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.core.units import amount
from wxlint.inspection.dockerfile_lines import shell_command
from wxlint.inspection.file_kinds import Metadata, RequiresDist, normal
from wxlint.inspection.model import Distribution, Inspection, LayerReport

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_ALTERNATIVES = {
    "xgboost": "install xgboost-cpu in place of xgboost",
    "onnxruntime-gpu": "install onnxruntime in place of onnxruntime-gpu",
}


def dependants(metadata: Sequence[Metadata]) -> dict[str, tuple[str, ...]]:
    """Normalised name of a distribution to the names of installed ones that require it.

    A requirement that counts only with an extra (cuda-toolkit's) is taken where another distribution needs that extra.
    """
    requiring: dict[str, set[str]] = {}
    needed: set[tuple[str, str]] = set()  # (distribution, one of its extras)
    optional: dict[tuple[str, str], list[tuple[str, RequiresDist]]] = {}
    queue: list[tuple[str, RequiresDist]] = []
    for one in metadata:
        for requirement in one.requires:
            if not requirement.when:
                queue.append((one.name, requirement))
            for extra in requirement.when:
                optional.setdefault((normal(one.name), extra), []).append((one.name, requirement))
    while queue:
        name, requirement = queue.pop()
        requiring.setdefault(requirement.name, set()).add(name)
        for extra in requirement.extras:
            if (requirement.name, extra) not in needed:
                needed.add((requirement.name, extra))
                queue.extend(optional.get((requirement.name, extra), ()))
    return {name: tuple(sorted(names)) for name, names in requiring.items()}


def _some(names: Sequence[str], limit: int) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def command(layer: LayerReport) -> str:
    """What made a layer, on one short line."""
    text = " ".join(shell_command(layer.created_by).split())
    place = f"{layer.dockerfile[0]}:{layer.dockerfile[1]}" if layer.dockerfile else ""
    text = text if len(text) <= 100 else text[:97] + "..."
    return ", ".join(part for part in (place, text) if part) or "nothing says what made it"


def reasons(
    image: Inspection,
    brought: Sequence[tuple[int, Sequence[str]]],
    killers: Sequence[tuple[int, int, int]],
    packages: Sequence[tuple[str, str]],
    required: dict[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """brought: per layer with visible CUDA, (index, what is in it). killers: (layer, layer that hides it, bytes).
    packages: CUDA packages of dpkg. required: see `dependants`.
    """
    lines: list[str] = []
    if image.torch and image.torch.cuda:
        lines.append(f"torch {image.torch.version} is built with CUDA {image.torch.cuda} ({image.torch.path})")
        if required.get("torch"):
            lines.append(f"torch is required by {_some(required['torch'], 10)}")
    for index, things in brought:
        layer = image.layers[index]
        lines.append(f"layer {index} brought {amount(layer.cuda_bytes)} of CUDA: {_some(things, 6)} ({command(layer)})")
    for one in image.cuda.distributions:
        by = f", required by {_some(one.required_by, 6)}" if one.required_by else ", required by nothing installed"
        lines.append(f"{one.name} {one.version}: {amount(one.bytes)}{by}")
    if packages:
        lines.append(f"system packages: {_some([f'{name} {version}'.strip() for name, version in packages], 8)}")
    for index, killer, size in killers:
        lines.append(
            f"{amount(size)} of CUDA in layer {index} is hidden by layer {killer} ({command(image.layers[killer])}): "
            "gone from the file system, still in the size",
        )
    lines.extend(_advice(image, bool(packages), required))
    return tuple(lines)


def _advice(image: Inspection, packages: bool, required: dict[str, tuple[str, ...]]) -> list[str]:
    lines: list[str] = []
    if image.torch and image.torch.cuda:
        again = " before what requires it, and pin it in a constraints file" if required.get("torch") else ""
        lines.append(f"for a CPU image: pip install torch --index-url {CPU_INDEX}{again}")
    rest = [one for one in image.cuda.distributions if not _follows_torch(one, image, required)]
    for one in rest:
        names = (normal(one.name), *(normal(name) for name in one.required_by))
        known = next((_ALTERNATIVES[name] for name in names if name in _ALTERNATIVES), None)
        instead = f"leave out {_some(one.required_by, 6)}, which requires {one.name}" if one.required_by else ""
        lines.append(f"for a CPU image: {known or instead or f'leave out {one.name}'}")
    system = [path for path in image.cuda.libraries if "-packages/" not in path]
    if system and (packages or any(path.startswith("/usr/local/cuda") for path in system)):
        lines.append(
            "for a CPU image: start from a base without CUDA, such as python:3.11-slim in place of nvidia/cuda",
        )
    if image.cuda.hidden_bytes:
        lines.append("to lose hidden bytes: delete in the RUN that installs, or COPY --from a stage what is needed")
    return list(dict.fromkeys(lines))


def _follows_torch(one: Distribution, image: Inspection, required: dict[str, tuple[str, ...]]) -> bool:
    """Whether a distribution goes away with a CPU build of torch: torch alone is behind it."""
    if not (image.torch and image.torch.cuda):
        return False
    todo, seen = [normal(one.name)], set[str]()
    while todo:
        name = todo.pop()
        if name in seen or name in ("torch", "triton"):
            continue
        seen.add(name)
        by = required.get(name, ())
        if not by:
            return False
        todo.extend(normal(each) for each in by)
    return True
