"""What no edit covers stays, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.errors import InputError
from wxlint.core.fix import Edit
from wxlint.core.span import Span
from wxlint.documents.source import from_bytes
from wxlint.fixes.editing import edited

TEXT = st.text(
    st.sampled_from("ab\n\r\t é\u20ac\U0001f600\0\x0b\x85\u2028") | st.characters(exclude_categories=["Cs"]),
    max_size=60,
)


@given(
    TEXT,
    st.data(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from([b"", b"\xff", b"\xe9"]),
)
def test_other_bytes_stay(text: str, data: st.DataObject, encoding: str, tail: bytes) -> None:
    raw = text.encode(encoding) + (tail if encoding.startswith("utf-8") else b"")
    source = from_bytes("x", raw)
    start = data.draw(st.integers(0, len(source.text)))
    end = data.draw(st.integers(start, len(source.text)))
    new = data.draw(st.sampled_from(["", "x", "é\n", "\n\n"]))
    edit = Edit(source.span(start, end), new)
    try:
        result = edited(raw, source, [edit])
    except InputError:
        assert "\ufffd" in source.text
        return
    assert from_bytes("x", result).text.replace("\r\n", "\n") == (
        (source.text[:start] + new + source.text[end:]).replace("\r\n", "\n")
    )
    first, last = edit.span.line - 1, len(source.starts) - edit.span.end_line
    was, now = _raw_lines(raw, encoding), _raw_lines(result, encoding)
    assert now[:first] == was[:first]
    assert now[len(now) - last :] == was[len(was) - last :]


def _raw_lines(data: bytes, encoding: str) -> list[str]:
    return data.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "strict").split("\n")


def test_an_empty_edit_list_changes_nothing() -> None:
    raw = b"\xef\xbb\xbfa\r\nb\nc\xff"
    assert edited(raw, from_bytes("x", raw), []) == raw


def test_a_changed_line_is_noticed() -> None:
    source = from_bytes("x", b"one\ntwo\n")
    with pytest.raises(InputError, match="another one now"):
        edited(b"one\nTWO\n", source, [Edit(Span("x", 2, 1, 2, 2), "")])
