"""A build plan as a shell script: the same commands that `wxlint build` runs, for people and for CI without wxlint."""

from __future__ import annotations

import re
import shlex
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

_WIDTH = 120
_REGISTRY = '"${REGISTRY}"'


def shell_script(plan: Plan, script: str, command: str) -> str:
    """The plan as a script for bash 3.2 and later.

    Args:
        script: where it will lie below the plan's root; "" for the root itself.
        command: what generates it.

    Raises InputError for a text with a line break.
    """
    given = {
        "FAMILY": comment(plan.family),
        "COMMAND": comment(command),
        "SCRIPT": comment(script) or "build.sh",
        "USAGE": usage(plan, "|"),
        "VARIABLE": registry_variable(plan) if plan.registry else None,
        "DEFAULT": plan.registry_default if plan.registry else None,
        "UP": way_up(script),
        "STEM": _stem(plan),
    }
    choices = [f'    {_word(name)}) VARIANTS="{" ".join(names)}" ;;' for name, names in chosen_variants(plan).items()]
    return "\n".join(fill("build.sh", given, {"ROWS": list(_table(plan)), "CHOICES": choices})) + "\n"


def _stem(plan: Plan) -> str:
    text = stem(plan)
    return f'"${{REGISTRY}}{text[len(plan.registry) :]}"' if in_registry(plan) else _word(text)


def _table(plan: Plan) -> Iterator[str]:
    listed = list(rows(plan))
    title = ""
    for row, words in zip(listed, aligned([_row(row) for row in listed], 3)):
        if row.title != title:
            yield f"    # {row.title}"
        title = row.title
        yield from _wrapped("    image", words)


def _row(row: Row) -> list[str]:
    return [
        _word(row.name),
        _word(" ".join(row.variants)),
        _word(" ".join(row.needs) or "-"),
        _word(row.dockerfile),
        _word(row.context),
        *(f"{name}={_REGISTRY}" if value is None else _word(f"{name}={value}") for name, value in row.args),
        *([_word(f"--target={row.target}")] if row.target else []),
        *([_word(f"--platform={row.platform}")] if row.platform else []),
    ]


def _word(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise InputError(f"{text!r} has a line break and cannot be written into a script")
    if re.search("[\0\ud800-\udc7f\udd00-\udfff]", text):  # the others are bytes of a name that is not UTF-8
        raise InputError(f"{text!r} has a character that cannot be written into a script")
    if escape(text) != text:  # a script is shown on terminals and in logs of CI jobs, too
        return _by_bytes(text)
    return text if re.fullmatch(r"[\w./:@%+=,-]+", text, re.ASCII) else shlex.quote(text)


def _by_bytes(text: str) -> str:
    """A word for bash in which only letters, digits and a few signs stand for themselves."""
    plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _./=,+-"
    raw = text.encode("utf-8", "surrogateescape")
    return "$'" + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in raw) + "'"


def _wrapped(line: str, words: list[str]) -> Iterator[str]:
    """A command on one line, or on several that are not too long, each but the last with a backslash at its end."""
    for word in words:
        if len(line) + len(word) + 3 > _WIDTH and line.strip():
            yield f"{line} \\"
            line = "       "
        line += f" {word}"
    yield line
