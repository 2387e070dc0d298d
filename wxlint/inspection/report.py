"""The answer of `wxlint inspect`: what an image holds, as JSON, as text, and as a gate."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from wxlint.core.errors import UsageError
from wxlint.core.escape import escape
from wxlint.core.units import amount
from wxlint.inspection.explain import command
from wxlint.inspection.model import FoundTorch, Inspection
from wxlint.inspection.stack import AcceleratedDistribution

SCHEMA = "wxlint-inspect/1"


def read_expect(expect: str) -> tuple[str, tuple[str, ...]]:
    """("cpu" or "cuda", version parts). Raises UsageError."""
    found = re.fullmatch(r"(cpu|cuda)(?::(\d+(?:\.\d+){0,2}))?", expect, re.ASCII)
    if not found or (found[1] == "cpu" and found[2]):
        raise UsageError(f"--expect {expect}: allowed are cpu, cuda, and cuda:VERSION such as cuda:12.1")
    return found[1], tuple(found[2].split(".")) if found[2] else ()


def check_expect(image: Inspection, expect: str) -> list[str]:
    """What in the image contradicts `cpu`, `cuda` or `cuda:12.1`; empty when nothing does. Raises UsageError.

    A CUDA version that nothing in the image proves counts against `cuda:12.1`: unknown is not good.
    """
    kind, wanted = read_expect(expect)
    builds = (*((image.torch,) if image.torch else ()), *image.other_torch)
    found: list[str] = []
    if kind == "cpu":
        found += [f"torch {one.version} at {one.path} is built with CUDA {one.cuda}" for one in builds if one.cuda]
        if image.cuda.libraries:
            found.append(f"{len(image.cuda.libraries)} CUDA libraries, {image.cuda.libraries[0]} for one")
        found += [f"{one.name} {one.version} is of use only with CUDA" for one in image.cuda.distributions]
        return found
    if not image.cuda.present:
        found.append("nothing in the image proves CUDA")
    found += image.mismatches
    if image.torch and not image.torch.cuda:
        found.append(f"torch {image.torch.version} is {'a ROCm' if image.torch.hip else 'a CPU'} build")
    if wanted and len(found) == len(image.mismatches):
        have = (image.torch.cuda,) if image.torch and image.torch.cuda else image.cuda.versions
        if not any(_same_version(version, wanted) for version in have):
            said = ", ".join(have) if have else "no version that anything in the image proves"
            found.append(f"CUDA {said}, not {'.'.join(wanted)}")
    return found


class Limits(NamedTuple):
    """Upper bounds in bytes; None where there is none. no_hidden_cuda: no layer hides CUDA of a lower one."""

    size: int | None = None
    cuda_size: int | None = None
    no_hidden_cuda: bool = False


def check_limits(image: Inspection, limits: Limits) -> list[str]:
    """What in the image is more than is allowed; hidden bytes count, since they are pulled and stored all the same."""
    found = []
    size, cuda = sum(layer.bytes for layer in image.layers), image.cuda.bytes + image.cuda.hidden_bytes
    if limits.size is not None and size > limits.size:
        found.append(f"its layers have {amount(size)}, more than {amount(limits.size)}")
    if limits.cuda_size is not None and cuda > limits.cuda_size:
        found.append(f"{amount(cuda)} of it is CUDA, more than {amount(limits.cuda_size)}")
    if limits.no_hidden_cuda and image.cuda.hidden_bytes:
        found.append(f"{amount(image.cuda.hidden_bytes)} of CUDA is hidden in lower layers")
    return found


def _same_version(version: str, wanted: Sequence[str]) -> bool:
    """Whether they agree as far as both go, but at least up to what torch and wheels name: major and minor."""
    parts = version.split(".")
    return len(parts) >= min(2, len(wanted)) and all(a == b for a, b in zip(parts, wanted))


def to_json(image: Inspection) -> str:
    """The answer as JSON, schema `wxlint-inspect/1`; ASCII only, keys in a fixed order, no newline at the end."""
    cuda = image.cuda
    answer: dict[str, Any] = {
        "schema": SCHEMA,
        "reference": image.reference,
        "digest": image.digest,
        "os": image.os,
        "architecture": image.architecture,
        "user": image.user,
        "entrypoint": list(image.entrypoint),
        "env": image.env,
        "python": image.python,
        "torch": image.torch._asdict() if image.torch else None,
        "cuda": {
            "present": cuda.present,
            "bytes": cuda.bytes,
            "hidden_bytes": cuda.hidden_bytes,
            "libraries": list(cuda.libraries),
            "distributions": [one._asdict() for one in cuda.distributions],
        },
        "stack": [
            {"name": one.name, "version": one.version, "build": one.build, "cuda": one.cuda, "needs": list(one.needs)}
            for one in image.stack
        ],
        "mismatches": list(image.mismatches),
        "layers": [
            {
                "index": layer.number,
                "digest": layer.digest,
                "created_by": layer.created_by,
                "bytes": layer.bytes,
                "cuda_bytes": layer.cuda_bytes,
                "dockerfile": dict(zip(("path", "line"), layer.dockerfile)) if layer.dockerfile else None,
            }
            for layer in image.layers
        ],
        "why": list(image.why),
    }
    return json.dumps(answer, indent=2)


def render_text(image: Inspection) -> str:
    """The answer for people. Text of the image is shown escaped; no newline at the end."""
    cuda, torch = image.cuda, image.torch
    lines = [
        f"{image.reference}  {image.digest}",
        f"  platform    {image.os}/{image.architecture}",
        f"  user        {image.user or 'root'}",
        f"  entrypoint  {json.dumps(image.entrypoint) if image.entrypoint else '-'}",
        f"  python      {image.python or '-'}",
        f"  torch       {_torch_line(torch)}",
        f"  cuda        {f'{amount(cuda.bytes)} visible' if cuda.present else 'not present'}"
        + (f", {amount(cuda.hidden_bytes)} hidden" if cuda.hidden_bytes else ""),
    ]
    if cuda.libraries:
        more = ", ..." if len(cuda.libraries) > 5 else ""
        lines.append(f"  libraries   {len(cuda.libraries)}: {', '.join(cuda.libraries[:5])}{more}")
    lines += [f"  {'stack' if place == 0 else '':10}  {_stack_line(one)}" for place, one in enumerate(image.stack)]
    lines += [f"  mismatch    {text}" for text in image.mismatches]
    lines.append(f"  layers      {len(image.layers)}, {amount(sum(layer.bytes for layer in image.layers))}")
    for layer in image.layers:
        part = f", CUDA {amount(layer.cuda_bytes)}" if layer.cuda_bytes else ""
        lines.append(f"    {layer.number:>3}  {amount(layer.bytes):>9}{part}  {command(layer)}")
    if image.why:
        lines.append("  why")
        lines += [f"    {line}" for line in image.why]
    return "\n".join(escape(line) for line in lines)


def _stack_line(one: AcceleratedDistribution) -> str:
    built = f"CUDA {one.cuda}" if one.cuda else {"cpu": "CPU", "rocm": "ROCm", "cuda": "CUDA"}.get(one.build, "")
    parts = [f"{built} build" if built else "", f"needs {', '.join(one.needs)}" if one.needs else ""]
    said = "; ".join(part for part in parts if part)
    return f"{one.name} {one.version}{f' ({said})' if said else ''}"


def _torch_line(torch: FoundTorch | None) -> str:
    if torch is None:
        return "-"
    build = f"CUDA {torch.cuda}" if torch.cuda else f"ROCm {torch.hip}" if torch.hip else "CPU"
    return f"{torch.version} ({build} build)  {torch.path}"
