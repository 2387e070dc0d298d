"""What changed from one image to another: sizes, CUDA, torch, distributions, settings, layers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from wxlint.core.escape import escape
from wxlint.core.units import amount
from wxlint.inspection.file_kinds import normal
from wxlint.inspection.model import FoundTorch, Inspection

SCHEMA = "wxlint-diff/1"


class Change(NamedTuple):
    """One difference. old, new: for people, "-" for nothing. growth: bytes more, for sizes; None for others."""

    what: str
    old: str
    new: str
    growth: int | None = None


def changes(old: Inspection, new: Inspection) -> list[Change]:
    """Every difference, sizes first."""
    found = [*_sizes(old, new), *_builds(old, new), *_packages(old, new)]
    for what, a, b in (
        ("python", old.python or "-", new.python or "-"),
        ("platform", f"{old.os}/{old.architecture}", f"{new.os}/{new.architecture}"),
        ("user", old.user or "root", new.user or "root"),
        ("entrypoint", json.dumps(old.entrypoint), json.dumps(new.entrypoint)),
    ):
        found += [Change(what, a, b)] if a != b else []
    return found


def _sizes(old: Inspection, new: Inspection) -> Iterator[Change]:
    for what, a, b in (
        ("size", sum(layer.bytes for layer in old.layers), sum(layer.bytes for layer in new.layers)),
        ("CUDA", old.cuda.bytes, new.cuda.bytes),
        ("hidden CUDA", old.cuda.hidden_bytes, new.cuda.hidden_bytes),
    ):
        if a != b:
            yield Change(what, amount(a), amount(b), b - a)
    shared = sum(1 for a, b in zip(old.layers, new.layers) if a.digest == b.digest)
    if shared < max(len(old.layers), len(new.layers)):
        yield Change("layers", f"{len(old.layers)}, {shared} of them shared", str(len(new.layers)))


def _builds(old: Inspection, new: Inspection) -> Iterator[Change]:
    a, b = _torch(old.torch), _torch(new.torch)
    if a != b:
        yield Change("torch", a, b)


def _torch(torch: FoundTorch | None) -> str:
    if torch is None:
        return "-"
    return f"{torch.version} ({f'CUDA {torch.cuda}' if torch.cuda else f'ROCm {torch.hip}' if torch.hip else 'CPU'})"


def _packages(old: Inspection, new: Inspection) -> Iterator[Change]:
    a, b = ({normal(one.name): one.version for one in image.installed} for image in (old, new))
    for name in sorted({*a, *b} - {"torch"}):
        if a.get(name) != b.get(name):
            yield Change(name, a.get(name, "-"), b.get(name, "-"))


def failures(found: list[Change], fail_on: list[str]) -> list[Change]:
    """The changes that `--fail-on` names: `growth` of any size, `build` of torch."""
    grown = [one for one in found if one.growth is not None and one.growth > 0]
    built = [one for one in found if one.what == "torch"]
    return [*(grown if "growth" in fail_on else ()), *(built if "build" in fail_on else ())]


def render(old: Inspection, new: Inspection, form: str) -> str:
    """The differences as text, JSON or a Markdown table. No newline at the end."""
    found = changes(old, new)
    if form == "json":
        sides: dict[str, Any] = {"old": {"reference": old.reference, "digest": old.digest}}
        sides["new"] = {"reference": new.reference, "digest": new.digest}
        return json.dumps({"schema": SCHEMA, **sides, "changes": [one._asdict() for one in found]}, indent=2)
    if form == "markdown":
        head = ["| | old | new |", "|---|---|---|"]
        rows = [f"| {_cell(one.what)} | {_cell(one.old)} | {_cell(one.new + _growth(one))} |" for one in found]
        return "\n".join([*head, *rows]) if found else "No difference."
    lines = [escape(f"{one.what}: {one.old} -> {one.new}{_growth(one)}") for one in found]
    return "\n".join(lines or ["no difference"])


def _growth(change: Change) -> str:
    if change.growth is None:
        return ""
    return f" ({'+' if change.growth > 0 else '-'}{amount(abs(change.growth))})"


def _cell(text: str) -> str:
    """A text of an image as one cell of a table, as it is and nothing more."""
    marked = "".join(f"&#{ord(c)};" if c in "|`*_[]<>&\\" else c for c in escape(text))
    return marked.replace("\n", " ")
