"""What a run says in the end: a table, one line of counts, and a report as JSON."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wxlint.conformance.checks.registry import CHECKS
from wxlint.conformance.checks.verdict import Outcome
from wxlint.core.escape import escape
from wxlint.core.writing import write_file

SCHEMA = "wxlint-report/1"
_CELLS = {"PASS": "pass", "FAIL": "FAIL", "SKIP": "skip", "UNPROVEN": "unproven", "ERROR": "ERROR"}
_WIDEST = max(map(len, _CELLS.values()))
"""Characters of a column of verdicts, at least."""
Record = Mapping[str, Any]
"""What a test says: verdict, reason and engine; of an image's property also policy, image, check and more."""


def counts(records: Iterable[Record]) -> dict[str, int]:
    """How many of each verdict."""
    found = {outcome.value: 0 for outcome in Outcome}
    for one in records:
        found[one["verdict"]] += 1
    return found


def unseen_policies(records: Iterable[Record]) -> list[str]:
    """Policies of which no image was there, where there was an engine: without one the verdicts say so."""
    seen: dict[str, bool] = {}
    for one in records:
        if "policy" in one and one["engine"]["available"]:
            seen[one["policy"]] = seen.get(one["policy"], False) or bool(one["digest"])
    return [policy for policy, there in seen.items() if not there]


def line(records: Sequence[Record]) -> str:
    """The one line that says what was shown, and in plain words what was not."""
    found = counts(records)
    text = "wxlint: " + ", ".join(f"{n} {verdict}" for verdict, n in found.items() if n or verdict != "ERROR")
    device = [
        one for one in records if one["verdict"] == "UNPROVEN" and one.get("check") in ("device", "service", None)
    ]
    if device:
        what = "1 check needs one" if len(device) == 1 else f"{len(device)} checks need one"
        text += f"; the GPU was NOT checked: {what} (--wx-gpu)"
    engine = next((one["engine"] for one in records if "engine" in one), None)
    if engine is not None and not engine["available"]:
        text += f"; no image was looked at: {engine['reason']}"
    for policy in unseen_policies(records):
        text += f"; not one image of {policy} is there, so that nothing was shown of it"
    return text


def table(records: Iterable[Record], width: int) -> list[str]:
    """One table: images by properties where that is not too wide, else what each image did not pass.

    Images of which nothing was looked at are left out.
    """
    listed = list(records)
    absent = unseen_images(listed)
    cells: dict[str, dict[str, str]] = {}
    for one in listed:
        if "check" in one and one["image"] not in absent:
            cells.setdefault(one["image"], {})[one["check"]] = _CELLS[one["verdict"]]
    if not cells:
        return []
    columns = [check.name for check in CHECKS if any(check.name in row for row in cells.values())]
    rows = [("image", *columns), *((image, *(row.get(name, "-") for name in columns)) for image, row in cells.items())]
    whole = _aligned(rows, _WIDEST)
    if max(map(len, whole)) <= width:
        return whole
    rows = [("image", "passed", "not passed")]
    for image, row in cells.items():
        passed = list(row.values()).count("pass")
        rows.append((image, f"{passed} of {len(row)}", _rest(row)))
    return _aligned(rows, 0)


def _rest(row: Mapping[str, str]) -> str:
    """What an image did not pass: "FAIL exists; skip base, python"."""
    found: dict[str, list[str]] = {cell: [] for cell in ("FAIL", "ERROR", "unproven", "skip")}
    for name, cell in row.items():
        if cell in found:
            found[cell].append(name)
    return "; ".join(f"{cell} {_few(names)}" for cell, names in found.items() if names)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _aligned(rows: Sequence[Sequence[str]], narrowest: int) -> list[str]:
    """Rows with their columns below each other."""
    widths = [max(narrowest, *(len(row[at]) for row in rows)) for at in range(len(rows[0]))]
    widths[0] = max(len(row[0]) for row in rows)
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
    return [escape(each) for each in lines]


def unseen_images(records: Iterable[Record]) -> dict[str, str]:
    """Images of which all was skipped, and why."""
    found: dict[str, list[Record]] = {}
    for one in records:
        if "check" in one:
            found.setdefault(one["image"], []).append(one)
    return {
        image: next((one["reason"] for one in ones if one["check"] == "exists"), ones[0]["reason"])
        for image, ones in found.items()
        if all(one["verdict"] == Outcome.SKIP.value for one in ones)
    }


def summarise(reporter: Any, records: Sequence[Record]) -> None:
    """Write the end of pytest's output. `reporter`: its terminal reporter."""
    rows = table(records, shutil.get_terminal_size().columns)
    absent = unseen_images(records)
    if rows or absent:
        reporter.section("wxlint", "=")
        for row in rows:
            reporter.write_line(row)
        for image, reason in absent.items():
            reporter.write_line(escape(f"{image} was not looked at: {reason}"))
        for reason, names in _reasons(one for one in records if one.get("image") not in absent).items():
            reporter.write_line(escape(f"{reason}: {names}"))
    found = counts(records)
    red = found["FAIL"] or found["ERROR"] or unseen_policies(records)
    colour = {"red": True} if red else {"yellow": True} if found["UNPROVEN"] or found["SKIP"] else {"green": True}
    reporter.write_line(escape(line(records)), **colour)


def _reasons(records: Iterable[Record]) -> dict[str, str]:
    """Why checks were not shown: each reason once, with what it concerns."""
    found: dict[str, list[str]] = {}
    for one in records:
        if one["verdict"] in ("SKIP", "UNPROVEN", "ERROR") and "check" in one:
            found.setdefault(f"{one['verdict']} {one['reason']}", []).append(f"{one['image']} {one['check']}")
    return {reason: _few(names) for reason, names in found.items()}


def report(records: Sequence[Record]) -> dict[str, Any]:
    """The JSON report, as `report.schema.json` has it."""
    images: dict[tuple[str, str], dict[str, Any]] = {}
    for one in records:
        if "check" in one:
            new = {key: one[key] for key in ("image", "policy", "reference")}
            if one["engine"].get("name"):
                new["engine"] = one["engine"]["name"]
            entry = images.setdefault(
                (one["policy"], one["image"]), {**new, "digest": one["digest"] or None, "checks": []}
            )
            values = {key: one[key] for key in ("verdict", "code", "reason", "evidence")}
            entry["checks"].append({"name": one["check"], **values})
    engines = [one["engine"] for one in records if "engine" in one]
    engines = [each for at, each in enumerate(engines) if each not in engines[:at]]
    return {
        "schema": SCHEMA,
        "engine": engines[0] if engines else {"available": False, "reason": "no check of an image ran"},
        **({"engines": engines} if len(engines) > 1 else {}),
        "images": list(images.values()),
        "counts": counts(one for one in records if "check" in one),
    }


def write_report(target: str, records: Sequence[Record], keep: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Write the report, replacing an older one in one step.

    Raises UsageError for one of `keep`, InputError for what cannot be written.
    """
    write_file(target, [json.dumps(report(records), indent=2), "\n"], keep=keep, make_folders=True)
