"""An `expect` block as a policy writes it."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN_KEY = re.compile(r"[A-Za-z/_][\w./-]*", re.ASCII)
_WORDS = frozenset(("true", "false", "null"))


def block(expect: dict[str, Any]) -> str:
    """The `expect` block as YAML."""
    lines = ["expect:" if expect else "expect: {}"]
    for key, value in expect.items():
        if isinstance(value, dict):
            lines.append(f"  {key}:")
            lines += [f"    {_key(name)}: {in_one_line(said)}" for name, said in value.items()]
        elif key == "commands":
            lines.append(f"  {key}:")
            lines += [f"    - {in_one_line(said)}" for said in value]
        else:
            lines.append(f"  {key}: {in_one_line(value)}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) and name.lower() not in _WORDS else in_one_line(name)


def in_one_line(value: Any) -> str:
    """A value as YAML in one line: JSON, with what YAML does not take as it is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)
