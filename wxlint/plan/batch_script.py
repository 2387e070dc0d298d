"""A build plan as a batch file: for Windows, what shell_script.py writes for bash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError
from wxlint.core.escape import escape
from wxlint.plan.script_table import (
    aligned,
    chosen_variants,
    comment,
    fill,
    in_registry,
    registry_variable,
    rows,
    stem,
    usage,
    way_up,
)

if TYPE_CHECKING:
    from wxlint.plan.model import Plan
    from wxlint.plan.script_table import Row

_SPECIAL = re.compile(r"[\x00-\x1f\"%!^&|<>()*?]")
_MOST = 9
"""Options of one build: a subroutine has so many arguments at a time."""


def batch_file(plan: Plan, script: str, command: str) -> str:
    """The plan as a batch file, with the line ends that `call` needs.

    Args:
        script: where it will lie below the plan's root; "" for the root itself.
        command: what generates it.

    Raises InputError for texts that batch cannot quote safely, and for more options than it can pass on.
    """
    given = {
        "FAMILY": comment(plan.family),
        "COMMAND": comment(command),
        "SCRIPT": comment(script).replace("/", "\\") or "build.bat",
        "USAGE": usage(plan, "/"),
        "VARIABLE": registry_variable(plan) if plan.registry else None,
        "DEFAULT": plan.registry_default if plan.registry else None,
        "UP": way_up(script).replace("/", "\\"),
        "STEM": f"%REGISTRY%{stem(plan)[len(plan.registry) :]}" if in_registry(plan) else stem(plan),
    }
    choices = [
        f'if "%CHOICE%"=="{name}" set "VARIANTS={" ".join(names)}"' for name, names in chosen_variants(plan).items()
    ]
    lines = fill("build.bat", given, {"ROWS": list(_table(plan)), "CHOICES": choices})
    return "".join(f"{line}\r\n" for line in lines)


def _table(plan: Plan) -> Iterator[str]:
    listed = list(rows(plan))
    title = ""
    for row, words in zip(listed, aligned([_row(row) for row in listed], 4)):
        if row.title != title:
            yield f"rem {row.title}"
        title = row.title
        yield " ".join(["call :image", *words])


def _row(row: Row) -> list[str]:
    options = ["%REGISTRY%" if value is None else value for _, value in row.args]
    words = [f"--build-arg={name}={value}" for (name, _), value in zip(row.args, options)]
    words += [f"--target={row.target}"] if row.target else []
    words += [f"--platform={row.platform}"] if row.platform else []
    if len(words) > _MOST:
        raise InputError(f"{row.name} has {len(words)} options; a batch file can pass on {_MOST}")
    return [
        row.name,
        _word(" ".join(row.variants)),
        _word(" ".join(row.needs) or "-"),
        _word(row.dockerfile),
        _word(row.context),
        *(_word(word, allowed="%REGISTRY%") for word in words),
    ]


def _word(text: str, allowed: str = "") -> str:
    """A word for `call`, quoted where it needs to be."""
    bare = text.removesuffix(allowed)
    if _SPECIAL.search(bare) or escape(text) != text:
        raise InputError(f"{text!r} cannot be written safely into a batch file")
    return text if re.fullmatch(r"[\w./:\\+-]+", text, re.ASCII) else f'"{text}"'
