"""Defaults of build arguments that are no value: they say that the caller has to give one."""

from __future__ import annotations

import re
from functools import lru_cache

from wxlint.core.patterns import late

_WHOLE = frozenset(
    "notset not-set not_set unset undefined none null todo tbd changeme change-me placeholder non-existing "
    "nonexistent does-not-exist invalid required must-be-set".split()
)
_ASK = frozenset(
    "please required must changeme fixme override overrideme overwriteme replaceme setme notset unset undefined "
    "unspecified missing invalid placeholder".split()
)
"""One of these has to be there."""
_PHRASES = late(
    r"\b(?:(?:change|replace|set|specify|fill|fix|edit|overwrite|provide) (?:me|this|it)"
    r"|not (?:set|specified|provided|given|defined|existing)|(?:to|should|has to|needs to|have to) be \w+)\b"
)
"""Or one of these."""
_MAY_STAND_BY = _ASK | frozenset(
    "a an and any argument arguments arg args at base be build buildarg buildargs by change command containing "
    "correct custom default define defined digest docker edit error existing fill fix for from full given has "
    "have here image images in input it line me name needs no not of on or overwrite own param parameter parent "
    "pass passed proper provide provided ref reference registry replace replaced repo repository set should "
    "specified specify tag tags that the this time to url use using valid value variable variables version via "
    "when with you your".split()
)
"""And nothing else: `required-tools` is somebody's image."""


@lru_cache(maxsize=4096)
def is_placeholder(text: str) -> bool:
    """Whether a default only asks for a value. text: as written, without quotes."""
    if "/" in text or ":" in text or "$" in text:
        return False
    text = text.strip().lower()
    if text in _WHOLE:
        return True
    if text.startswith("<") and text.endswith(">") and len(text) > 2:
        return True
    words = re.split(r"[-_ !.]+", text.strip("-_ !."))
    if not all(word in _MAY_STAND_BY for word in words):
        return False
    return not _ASK.isdisjoint(words) or _PHRASES.search(" ".join(words)) is not None
