"""The names of all rules, taken from the folder of the rules: nothing is imported."""

from __future__ import annotations

import os
from functools import lru_cache


@lru_cache(maxsize=1)
def rule_names() -> tuple[str, ...]:
    """Return the names, sorted: `rules/latest_tag.py` is `latest-tag`."""
    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "rules")
    names = (name.partition(".") for name in os.listdir(folder))
    return tuple(
        sorted(stem.replace("_", "-") for stem, _, suffix in names if suffix == "py" and not stem.startswith("_"))
    )
