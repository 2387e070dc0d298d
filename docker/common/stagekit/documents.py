"""The JSON documents that stages leave: each is held to its JSON Schema, written and read.

The schemas lie beside this file, one for each kind (manifest, regions, transcript, film, names). Of fastjsonschema the
images have a copy; pipeline.py reads manifests on a host that may not have it, and then takes their form for granted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from stagekit.errors import NotReadyError


def write_document(path: Path, value: dict[str, Any], kind: str) -> Path:
    """Writes a document and returns the path. Raises ValueError for one that its schema refuses: that is a bug."""
    _checked(kind)(value)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return path


def read_document(path: Path, kind: str, remedy: str) -> dict[str, Any]:
    """Reads a document. Raises FileNotFoundError, or NotReadyError with the remedy when it is not what it should be."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        _checked(kind)(value)
        return dict(value)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # fastjsonschema's errors are ValueErrors, as those of json
        raise NotReadyError(f"{path} cannot be used: {error}; {remedy}") from error


def _refuse(constant: str) -> NoReturn:
    """Refuse what JSON does not have and Python's reader takes: NaN, Infinity."""
    raise ValueError(f"{constant} is not a number")


@functools.cache
def _checked(kind: str) -> Callable[[Any], Any]:
    schema = json.loads((Path(__file__).parent / f"{kind}.schema.json").read_text(encoding="utf-8"))
    try:
        import fastjsonschema
    except ImportError:
        return functools.partial(_shallow, schema)
    check: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return check


def _shallow(schema: dict[str, Any], value: Any) -> None:
    """What can be said of a document without a validator: that it is an object with the fields it must have."""
    lacking = [name for name in schema["required"] if not isinstance(value, dict) or name not in value]
    if lacking:
        raise ValueError(f"it has no {', '.join(lacking)}")
    if "const" in schema["properties"].get("schema", {}) and value["schema"] != schema["properties"]["schema"]["const"]:
        raise ValueError(f"schema is {value['schema']!r}, not {schema['properties']['schema']['const']!r}")
