"""The page docs/what-wxlint-knows.md, made from the tables: `python -m wxlint.facts._docs` writes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from wxlint.facts.tables import release_key, table

PAGE = Path("docs/what-wxlint-knows.md")
_HEAD = """<!-- made from wxlint/facts by `python -m wxlint.facts._docs` -->

# What wxlint knows

Facts about the outside world are rows of tables (`wxlint/facts/*.csv`), each with its source, the day it was looked at,
and how sure it is: *verified* (a package's metadata or a run showed it), *documented* (the maker's documentation says
it), *unverified* (likely; it never decides more than information). What a package's name or version says by itself
needs no table: `cupy-cuda12x`, `-cu118`, `+cu12torch2.4`, `+pt25cu124`.

`scripts/check_facts.py` holds against a package index what an index can confirm, and says what has changed since.
"""
_BUILDS = {
    "cpu": "CPU",
    "cuda": "CUDA",
    "rocm": "ROCm",
    "other": "another accelerator",
    "any": "CPU and CUDA",
    "same": "no build for a GPU",
}
_LIBRARIES = {
    "none": "",
    "system": "from the system",
    "wheels": "brings them as wheels",
    "own": "it is the libraries",
    "torch": "those of torch",
}


def page() -> str:
    """Return the page's text."""
    parts = [_HEAD, _tables(), _families(), _built_for(), _wheels(), _carriers(), _needs(), _releases(), _archs()]
    return "\n".join(parts)


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _tables() -> str:
    """How many rows each table has, by their confidence, and when they were last looked at."""
    found: list[tuple[str, ...]] = []
    for path in sorted(Path(__file__).parent.glob("*.csv")):
        rows = table(path.stem)
        said = [row["confidence"] for row in rows]
        counts = tuple(str(said.count(word)) for word in ("verified", "documented", "unverified"))
        days = sorted(row["verified_on"] for row in rows)
        found.append((f"`{path.stem}`", str(len(rows)), *counts, f"{days[0]} to {days[-1]}"))
    head = ("table", "rows", "verified", "documented", "unverified", "looked at")
    return "## The tables\n\n" + _rows(head, found)


def _families() -> str:
    rows = [
        (
            f"`{row['name']}`",
            f"`{row['module']}`" if row["module"] else "",
            _BUILDS[row["build"]],
            _LIBRARIES[row["libraries"]],
            row["note"],
            f"{row['source']} ({row['verified_on']}, {row['confidence']})",
        )
        for row in sorted(table("accelerated"), key=lambda row: row["name"])
    ]
    head = ("distribution", "import", "build", "CUDA's libraries", "note", "source")
    text = (
        "## Packages that compute on an accelerator\n\n"
        "Beside torch, torchvision and torchaudio. Packages that share an import overwrite each other.\n\n"
    )
    return text + _rows(head, rows)


def _range(row: dict[str, str]) -> str:
    return f"{row['from']} to below {row['before']}" if row["before"] else f"from {row['from']}"


def _built_for() -> str:
    rows = [
        (
            f"`{row['name']}`",
            _range(row),
            row["cuda"],
            row["cudnn"],
            f"{row['source']} ({row['verified_on']}, {row['confidence']})",
        )
        for row in table("accelerated_builds")
    ]
    head = ("distribution", "releases", "CUDA", "cuDNN", "source")
    return "## What releases were built for\n\n" + _rows(head, rows)


def _wheels() -> str:
    """Which releases the default index has for which Python, and the names that it has nothing under."""
    rows = [
        (
            f"`{row['name']}`",
            ", ".join(
                f"{python} {releases.removesuffix('-') + ' on' if releases.endswith('-') else releases}"
                for python, _, releases in (part.partition(":") for part in row["pythons"].split())
            ),
            row["newest"] + (", the last" if row["ended"] else ""),
        )
        for row in table("wheel_pythons")
    ]
    gone = ", ".join(f"`{row['name']}` ({row['gives']})" for row in table("index_names"))
    text = (
        "## Releases that can be installed\n\n"
        "On Linux with glibc and x86_64, from the default index. Under these names it has nothing, a release "
        f"that refuses to be installed, or an empty one: {gone}.\n\n"
    )
    return text + _rows(("distribution", "releases by Python", "newest"), rows)


def _carriers() -> str:
    rows = [
        (
            f"`{row['name']}{'[' + row['extra'] + ']' if row['extra'] else ''}`",
            _range(row),
            f"`{row['brings']}`",
            row["requires"].replace(" ", ", ") or "any",
            f"{row['verified_on']}, {row['confidence']}",
        )
        for row in table("carriers")
    ]
    head = ("distribution", "releases", "brings", "in", "looked at")
    return "## What brings such a package along\n\n" + _rows(head, rows)


def _needs() -> str:
    rows = [
        (f"`{row['name']}`", f"from {row['from']}", row["needs"] or "any", f"{row['verified_on']}, {row['confidence']}")
        for row in table("torch_needs")
    ]
    head = ("distribution", "releases", "torch", "looked at")
    count = len(table("implicit_torch"))
    text = (
        "## Releases that ask for a torch\n\n"
        f"Besides these, {count} distributions are known to bring torch along (`implicit_torch`).\n\n"
    )
    return text + _rows(head, rows)


def _releases() -> str:
    channels: dict[str, list[str]] = {}
    for row in table("torch_channels"):
        if row["confidence"] != "unverified":
            channels.setdefault(row["version"], []).append(row["channel"])
    rows = [
        (
            row["version"],
            row["torchvision"],
            row["torchaudio"],
            " ".join(channels.get(row["version"], ())),
            row["plain_cuda"],
            row["plain_arm64"],
            f"{row['python_min']} to {row['python_max']}" if row["python_min"] else "",
        )
        for row in sorted(table("torch"), key=lambda row: release_key(row["version"]))
    ]
    head = ("torch", "torchvision", "torchaudio", "channels", "plain wheel's CUDA", "on arm64", "Python")
    return "## Releases of torch\n\n" + _rows(head, rows)


def _archs() -> str:
    rows = [
        (row["channel"], row["machine"], _range(row), row["archs"], f"{row['source']} ({row['confidence']})")
        for row in table("torch_archs")
    ]
    head = ("channel", "machine", "torch", "compute capabilities", "source")
    return "## GPUs that torch's builds reach\n\n" + _rows(head, rows)


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(page(), encoding="utf-8")
