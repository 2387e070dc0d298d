"""Join the reports of several runs: what one could not show, another may have shown of the very same image."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from wxlint.conformance.checks.verdict import Outcome
from wxlint.conformance.plugin.allowances import Allowances
from wxlint.conformance.plugin.report import SCHEMA, counts
from wxlint.core.errors import InputError
from wxlint.core.reading import read_bytes

Report = dict[str, Any]
_ACCEPTED = ("follows", "blocked-here", "not-wanted")
"""Codes of SKIP that need no leave, as in a run."""
_LIMIT = 256 << 20
"""Bytes of one report."""
_STRENGTH = ("SKIP", "UNPROVEN", "PASS", "ERROR", "FAIL")
"""From what says least to what counts most: a failure of one run stays one."""


def read_report(path: str) -> Report:
    """A report of `--wx-report`. Raises InputError for anything else."""
    try:
        found = json.loads(_bytes(path))
        right = found["schema"] == SCHEMA and all(
            isinstance(check["name"], str)
            and check["verdict"] in _STRENGTH
            and isinstance(check["reason"], str)
            and isinstance(check["code"], str)
            for image in found["images"]
            for check in image["checks"]
        )
        right = right and all(isinstance(engine, dict) for engine in (found["engine"], *found.get("engines", ())))
        keys = [_key(image) for image in found["images"]] if right else []
    except (ValueError, TypeError, KeyError, RecursionError):
        right, keys = False, []
    if not right or len(set(keys)) != len(keys):
        raise InputError(f"{path}: not a report of `pytest --wx-report` ({SCHEMA})")
    report: Report = found
    return report


def _bytes(path: str) -> bytes:
    try:
        return read_bytes(path, _LIMIT)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def merge(reports: Sequence[Report]) -> Report:
    """One report: each property of each image by its digest, with the verdict that counts most.

    Images of one name with different digests stay apart: nothing of one speaks for the other.
    """
    images: dict[tuple[str, str, str], dict[str, Any]] = {}
    for report in reports:
        for image in report["images"]:
            joined = images.setdefault(_key(image), {**image, "checks": []})
            if joined.get("engine") != image.get("engine"):
                joined.pop("engine", None)
            joined["checks"] = _checks([*joined["checks"], *image["checks"]])
    listed = list(images.values())
    there = {(image["policy"], image["image"]) for image in listed if image["digest"]}
    listed = [image for image in listed if image["digest"] or (image["policy"], image["image"]) not in there]
    engines = [each for r in reports for each in r.get("engines", [r["engine"]]) if each.get("available")]
    engines = [each for at, each in enumerate(engines) if each not in engines[:at]]
    found: Report = {"schema": SCHEMA, "engine": engines[0] if engines else reports[0]["engine"], "images": listed}
    if len(engines) > 1:
        found["engines"] = engines
    return {**found, "counts": counts(check for image in listed for check in image["checks"])}


def left_open(report: Report, allowed: Allowances) -> list[str]:
    """What is neither passed nor allowed, one line each."""
    return [
        f"{image['image']}: {check['verdict']} {check['name']}: {check['reason']}"
        for image in report["images"]
        for check in image["checks"]
        if check["verdict"] != "PASS"
        and check["code"] not in _ACCEPTED
        and (Outcome(check["verdict"]), check["name"]) not in allowed.checks
    ]


def split(report: Report) -> list[str]:
    """Names of images of which the runs saw different ones."""
    digests: dict[str, set[str]] = {}
    for image in report["images"]:
        digests.setdefault(image["image"], set()).add(image["digest"])
    return sorted(name for name, found in digests.items() if len(found) > 1)


def _key(image: dict[str, Any]) -> tuple[str, str, str]:
    return str(image["policy"]), str(image["image"]), str(image["digest"] or "")


def _checks(checks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for check in checks:
        other = found.get(check["name"])
        if other is None or _STRENGTH.index(check["verdict"]) > _STRENGTH.index(other["verdict"]):
            found[check["name"]] = check
    return list(found.values())
