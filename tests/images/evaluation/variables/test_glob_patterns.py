"""Patterns of `${name#pattern}` and the like, against a search that tries every stretch of the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wxlint.images.evaluation.variables.glob_patterns import PatternError, check_pattern, replace, trim_end, trim_start

PIECES = st.sampled_from(["a", "b", "*", "?", "\\*", "\\?", "\\\\", "."])
TEXTS = st.text(alphabet="ab*?\\.", max_size=8)


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text fits."""
    parts = re.findall(r"\\.|.", pattern)
    said = "".join({"*": ".*", "?": "."}.get(part, re.escape(part[-1])) for part in parts)
    return re.fullmatch(said, text, re.S) is not None


@given(TEXTS, st.lists(PIECES, max_size=5).map("".join))
@example("abab", "*b")
@example("a*b", "\\*")
@example("aab", "a*?b")
def test_what_is_taken_off_a_start_or_an_end(text: str, pattern: str) -> None:
    starts = [end for end in range(len(text) + 1) if fits(pattern, text[:end])]
    ends = [start for start in range(len(text) + 1) if fits(pattern, text[start:])]
    assert trim_start(text, pattern, False) == (text[min(starts) :] if starts else text)
    assert trim_start(text, pattern, True) == (text[max(starts) :] if starts else text)
    assert trim_end(text, pattern, False) == (text[: max(ends)] if ends else text)
    assert trim_end(text, pattern, True) == (text[: min(ends)] if ends else text)


@given(TEXTS, st.lists(PIECES, min_size=1, max_size=4).map("".join))
@example("abab", "b*")
def test_what_is_replaced_first(text: str, pattern: str) -> None:
    """The first place that fits, and there the longest stretch."""
    found = [
        (start, end)
        for start in range(len(text) + 1)
        for end in range(len(text), start - 1, -1)
        if fits(pattern, text[start:end])
    ]
    expected = text
    if found:
        start, end = found[0]
        expected = text[:start] + "X" + text[end:]
    assert replace(text, pattern, "X", everywhere=False) == expected


@pytest.mark.parametrize(
    ("text", "pattern", "made"),
    [
        ("abcabc", "b", "aXcaXc"),
        ("abcabc", "a?", "XcXc"),
        ("abcabc", "b*", "aX"),
        ("aaa", "a", "XXX"),
        ("abc", "x", "abc"),
        ("", "a", ""),
        ("a/b/c", "/", "aXbXc"),
        ("a*b*c", "\\*", "aXbXc"),
        ("aXa", "X*a", "aX"),
    ],
)
def test_what_is_replaced_everywhere(text: str, pattern: str, made: str) -> None:
    assert replace(text, pattern, "X", everywhere=True) == made


@pytest.mark.parametrize("pattern", ["\\", "\\a", "a\\", "*\\b"])
def test_escapes_that_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="invalid escape"):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["\\}", "\\/", "\\*\\?\\\\", "", "a*b?"])
def test_escapes_that_are_taken(pattern: str) -> None:
    check_pattern(pattern)
    assert trim_start("}x", "\\}", False) == "x" and trim_start("/x", "\\/", False) == "x"
