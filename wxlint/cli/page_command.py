"""The command report --html."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from wxlint.cli.exit_codes import OK
from wxlint.cli.streams import say
from wxlint.core.errors import InputError
from wxlint.core.reading import decode, read_bytes
from wxlint.core.writing import write_file

_MOST = 64 << 20


def page(arguments: argparse.Namespace) -> int:
    """Write a page on a repository."""
    from wxlint.conformance.merge import merge, read_report
    from wxlint.lint import run
    from wxlint.lint.families import every_family, together
    from wxlint.page.html import Extras, render

    verdicts = merge([read_report(path) for path in arguments.verdicts]) if arguments.verdicts else None
    inspected = [_inspected(path) for path in arguments.inspected]
    families = every_family(arguments.path, arguments.policy or [])
    reports = [
        run.check(one.repository, run.CheckOptions(None, frozenset(), one.scope, one.followed, left_out=one.families))
        for one in families
    ]
    report = reports[0] if len(reports) == 1 else together(reports)
    policy = families[0].repository.policy if len(families) == 1 else None
    title = (policy.name if policy is not None else "") or os.path.basename(os.path.abspath(str(_top(arguments))))
    keep = [*report.sources, *(item.path for one in families for item in one.repository.documents.inputs)]
    text = render(report, [one.repository for one in families], title, Extras(verdicts, inspected))
    write_file(arguments.html, text, keep=keep)
    say([f"wxlint: {arguments.html} written"])
    return OK


def _top(arguments: argparse.Namespace) -> Path:
    first = Path(arguments.path[0]) if arguments.path else Path.cwd()
    return first if first.is_dir() else first.parent


def _inspected(path: str) -> dict[str, Any]:
    """What `wxlint inspect --format json` wrote. Raises InputError for anything else."""
    import json

    try:
        found = json.loads(decode(read_bytes(path, _MOST)))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    layers = found.get("layers") if isinstance(found, dict) else None
    known = isinstance(layers, list) and all(
        isinstance(layer, dict)
        and isinstance(layer.get("bytes"), int)
        and isinstance(layer.get("cuda_bytes"), int)
        and isinstance(layer.get("created_by"), str)
        for layer in layers
    )
    if not known or not isinstance(found.get("reference"), str):
        raise InputError(f"{path}: is not what `wxlint inspect --format json` writes")
    return dict(found)
