"""Search for a policy's pattern with a time limit: it comes from outside, and some never end."""

from __future__ import annotations

import json
import sys

from wxlint.core.processes import run

SECONDS = 10.0
_PROGRAM = "import json, re, sys; p, t = json.load(sys.stdin); sys.exit(0 if re.search(p, t) else 3)"


def search(pattern: str, text: str, seconds: float = SECONDS) -> bool | None:
    """Whether the pattern is in the text; None when that is not known after the time."""
    done = run([sys.executable, "-I", "-S", "-c", _PROGRAM], json.dumps([pattern, text]).encode(), timeout=seconds)
    return {0: True, 3: False}.get(done.code) if not done.timed_out else None
