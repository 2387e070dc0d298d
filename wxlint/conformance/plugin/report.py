"""What a run of the kit says in the end: a table, one line of counts, and a report as JSON."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wxlint.conformance.checks.registry import CHECKS
from wxlint.conformance.checks.verdict import FAIL, PASS, SKIP, UNPROVEN, VERDICTS
from wxlint.core.errors import InputError
from wxlint.core.escape import escape

SCHEMA = "wxlint-report/1"
_CELLS = {PASS: "pass", FAIL: "FAIL", SKIP: "skip", UNPROVEN: "unproven"}
Told = Mapping[str, Any]


def counts(told: Iterable[Told]) -> dict[str, int]:
    """How many of each verdict."""
    found = dict.fromkeys(VERDICTS, 0)
    for one in told:
        found[one["verdict"]] += 1
    return found


def line(told: Sequence[Told]) -> str:
    """The one line that says what was shown, and in plain words what was not."""
    found = counts(told)
    text = "wxlint: " + ", ".join(f"{number} {verdict}" for verdict, number in found.items())
    device = sum(1 for one in told if one["verdict"] == UNPROVEN and (one.get("check") in ("device", "service", None)))
    if device:
        text += f"; the GPU was NOT checked: {device} check{'s' if device > 1 else ''} need{'s' if device == 1 else ''} one (--gpu)"
    engine = next((one["engine"] for one in told if "engine" in one), None)
    if engine is not None and not engine["available"]:
        text += f"; no image was looked at: {engine['reason']}"
    return text


def table(told: Iterable[Told], width: int) -> list[str]:
    """Images by properties, in as many blocks as the width asks for."""
    cells: dict[str, dict[str, str]] = {}
    for one in told:
        if "check" in one:
            cells.setdefault(one["image"], {})[one["check"]] = _CELLS[one["verdict"]]
    columns = [check.name for check in CHECKS if any(check.name in row for row in cells.values())]
    first = max((len(image) for image in cells), default=0)
    lines: list[str] = []
    block: list[str] = []

    def flush() -> None:
        if block:
            lines.append("  ".join(["image".ljust(first), *(name.ljust(_wide(name)) for name in block)]).rstrip())
            for image, row in cells.items():
                lines.append(
                    "  ".join([image.ljust(first), *(row.get(name, "-").ljust(_wide(name)) for name in block)]).rstrip()
                )
            lines.append("")
            block.clear()

    for name in columns:
        if first + sum(_wide(each) + 2 for each in (*block, name)) > width:
            flush()
        block.append(name)
    flush()
    return [escape(each) for each in lines[:-1]]


def _wide(name: str) -> int:
    return max(len(name), len(_CELLS[UNPROVEN]))


def summarise(reporter: Any, told: Sequence[Told]) -> None:
    """At the end of pytest's output. `reporter`: its terminal reporter."""
    rows = table(told, shutil.get_terminal_size().columns)
    if rows:
        reporter.section("wxlint", "=")
        for row in rows:
            reporter.write_line(row)
        for reason, names in _reasons(told).items():
            reporter.write_line(escape(f"{reason}: {names}"))
    found = counts(told)
    colour = {"red": True} if found[FAIL] else {"yellow": True} if found[UNPROVEN] or found[SKIP] else {"green": True}
    reporter.write_line(escape(line(told)), **colour)


def _reasons(told: Iterable[Told]) -> dict[str, str]:
    """Why checks were skipped or unproven: each reason once, with what it concerns."""
    found: dict[str, list[str]] = {}
    for one in told:
        if one["verdict"] in (SKIP, UNPROVEN) and "check" in one:
            found.setdefault(f"{one['verdict']} {one['reason']}", []).append(f"{one['image']} {one['check']}")
    return {
        reason: ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        for reason, names in found.items()
    }


def report(told: Sequence[Told]) -> dict[str, Any]:
    """The JSON report, as `report.schema.json` has it."""
    images: dict[tuple[str, str], dict[str, Any]] = {}
    for one in told:
        if "check" not in one:
            continue
        entry = images.setdefault(
            (one["policy"], one["image"]),
            {
                "image": one["image"],
                "policy": one["policy"],
                "reference": one["reference"],
                "digest": one["digest"] or None,
                "checks": [],
            },
        )
        entry["checks"].append({key: one[key] for key in ("check", "verdict", "reason", "evidence")})
    for entry in images.values():
        entry["checks"] = [{"name": check.pop("check"), **check} for check in entry["checks"]]
    engine = next(
        (one["engine"] for one in told if "engine" in one), {"available": False, "reason": "no check of an image ran"}
    )
    return {
        "schema": SCHEMA,
        "engine": engine,
        "images": list(images.values()),
        "counts": counts(one for one in told if "check" in one),
    }


def write_report(target: str, told: Sequence[Told]) -> None:
    """Write the report, replacing an older one in one step. Raises InputError."""
    folder = os.path.dirname(target) or "."
    try:
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".wxlint-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(report(told), file, indent=2)
            file.write("\n")
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror or error}") from error


def report_schema_text() -> str:
    """The JSON Schema of the report, as `wxlint schema report` prints it."""
    return Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8")
