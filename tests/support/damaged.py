"""Texts after a few accidents, and whether what is read of them lies in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fuzz_samples import SAMPLES
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from wxlint.core.findings import Span
from wxlint.documents.source import Source, decode

SCRAPS = (
    "", " ", "\t", "\n", "\r\n", "\r", "\\", "\\\n", "^\n", "`", "'", '"', "$", "${", "}", "${A:-${B", "$(", ")",
    "`x", "((", "[[", "]]", "{", "[", "]", "<<EOF", "<<-'X'", "EOF\n", "<<", ">", "<", "&&", "||", "|", ";", "&", "%",
    "%%A", "!A!", "%1", ":eof", "(", "#", "# ", ":", ": ", "- ", "? ", "*gpu", "&gpu ", "!reset ", "!!binary ",
    "<<: ", "---\n", "...\n", "|\n", ">-\n", "@", "=", "==", "--", "-", "--from=", "-t ", "-r ", ",", ".", "..", "/",
    "../", "://", "%2B", "\0", "\x01", "\x1b[31m", "\x7f", "\x85", "\xa0", "\ufeff", "\u2028", "\ufffd", "\ud7ff",
    "é", "👍🏽", "FROM ", "RUN ", "ARG ", "ENV ", "ONBUILD ", "# escape=`\n", "docker build ",
    "docker compose run --gpus all ", "pip install ", "torch", "latest", "null", "true", "1e999", "0x1F", "9" * 40,
    "a" * 300, "${A:-" * 30, "[" * 120, "{a: " * 120, "(" * 200, '"' * 51, "$(" * 60, "if true; then " * 40,
    "- " * 110, "wxlint: ignore[", "# wxlint: ignore[latest-tag]",
)  # fmt: skip
FEW = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """A sample after a few accidents: lines lost, doubled, moved or cut, scraps put in, or nothing but scraps."""
    if draw(st.integers(0, 9)) == 0:
        return "".join(draw(st.lists(st.sampled_from(SCRAPS), max_size=12)))
    for _ in range(draw(st.integers(0, 4))):
        lines = text.splitlines(keepends=True)
        accident = draw(
            st.sampled_from(("scrap", "scrap", "replace", "lose", "double", "move", "cut", "crlf", "indent", "other"))
        )
        at = draw(st.integers(0, len(text)))
        line = at % len(lines) if lines else 0
        if accident == "scrap":
            text = text[:at] + draw(st.sampled_from(SCRAPS)) + text[at:]
        elif accident == "replace":
            text = text[:at] + draw(st.sampled_from(SCRAPS)) + text[at + draw(st.integers(1, 12)) :]
        elif accident == "cut":
            text = text[:at]
        elif accident == "crlf":
            text = text.replace("\n", "\r\n")
        elif accident == "other" and lines:
            other = draw(st.sampled_from(sorted(SAMPLES)))
            text = "".join((*lines[:line], *SAMPLES[other].splitlines(keepends=True)[:5], *lines[line:]))
        elif lines:
            changed = {"lose": [], "double": [lines[line]] * 2, "indent": ["  " + lines[line]], "move": []}[accident]
            moved = [lines[line]] if accident == "move" else []
            text = "".join((*lines[:line], *changed, *lines[line + 1 :], *moved))
    return text[:6000]


def source(text: str, path: str = "x") -> Source:
    return Source(path, decode(text.encode("utf-8", "surrogatepass")))


def inside(stretches: Sequence[tuple[int, int]], text: str) -> None:
    for start, end in stretches:
        assert 0 <= start <= end <= len(text), (start, end, len(text))


def lies_in(span: Span, sources: Mapping[str, Source | None]) -> None:
    path, line, column, end_line, end_column = span
    file = sources.get(path)
    if file is None:  # a file that should be there, and is not
        assert (line, column) == (1, 1), span
        return
    assert 1 <= line <= end_line <= len(file.starts), span
    assert 1 <= column <= len(file.line_text(line)) + 1, span
    assert 1 <= end_column <= len(file.line_text(end_line)) + 1, span
    assert (line, column) <= (end_line, end_column), span
