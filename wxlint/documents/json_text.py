"""Why a text is no JSON: what YAML, as which JSON is read for its places, takes as well is refused here."""

from __future__ import annotations

import json

from wxlint.documents.source import TextProblem


def json_problem(text: str) -> TextProblem | None:
    """Return what is wrong with a text; None for JSON. Control characters in strings, which many readers take, pass."""
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        at = min(error.pos, len(text))
        return TextProblem(at, at, f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}")
    except (RecursionError, ValueError):  # deeper, or longer numbers, than the library reads
        return None
    return None
