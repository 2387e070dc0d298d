"""Markdown as a reader sees it: drawn by a real renderer that takes HTML and makes links of bare addresses."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from wxlint.core.escape import escape, escape_part
from wxlint.core.findings import Finding, Severity, Span
from wxlint.output import Options, Report, Summary, page
from wxlint.output.markdown import render

RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
HOSTILE = st.text(st.sampled_from("|`\\<>&#!*_~[](){}@:/.$'\"-=+ \n\t\x1b\u202eaZ0é"), max_size=40) | st.sampled_from(
    [
        "a|b `c|d` \\| x",
        "![x](https://registry.example/x.png)",
        "<img src=x onerror=alert(1)>",
        "<!--",
        "</td></table><script>alert(1)</script>",
        "&lt;b&gt; &#60;i&#62;",
        "@everyone acme/app#1 GH-1 :tada: www.registry.example mail@registry.example",
        "```\nx",
        "__init__.py *a* ~b~ $x^2$",
        "[javascript](javascript:alert(1))",
        "1. x",
        "# x",
    ]
)


class Shown(HTMLParser):
    """Elements of a page, and what the cells of its rows read."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.rest = ""
        self._open: list[str] = []
        self.feed(RENDERER.render(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "br":
            self.handle_data("\n")
            return
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data
        else:
            self.rest += data


def report(message: str, path: str = "Dockerfile", hint: str = "", notes: tuple[str, ...] = ()) -> Report:
    finding = Finding("latest-tag", Severity.ERROR, Span(path, 3, 1, 3, 2), message, hint)
    return Report((finding,), Summary(errors=1, files=1, problems=notes, notes=notes))


def drawn(found: Report) -> Shown:
    return Shown("".join(render(found, Options())))


@given(HOSTILE, HOSTILE, HOSTILE)
@example("x\\", "\\", "`")
@example("", " `", "")
def test_readers_see_the_texts_and_nothing_else(message: str, path: str, hint: str) -> None:
    shown = drawn(report(message, path, hint))
    assert len(shown.rows) == 2
    where, mark, what, rule = shown.rows[1]
    assert where == f"{escape_part(path)}:3"
    assert mark == "❌ error" and rule == "latest-tag"
    wanted = [escape(text).strip(" ") for text in ((message, hint) if hint else (message,))]
    # a code span shows blanks at its ends, and runs of them, as they are; those of plain text are one
    assert what.split() == " ".join(wanted).split()
    assert shown.links == [page("latest-tag")]
    assert set(shown.elements) <= set("h3 p table thead tbody tr th td code br a".split())


@given(st.lists(HOSTILE, min_size=1, max_size=3))
def test_notes_and_problems_are_texts(notes: list[str]) -> None:
    shown = drawn(report("x", notes=tuple(notes)))
    assert shown.links == [page("latest-tag")]
    assert set(shown.elements) <= set("h3 p strong ul li table thead tbody tr th td code br a".split())
    assert shown.elements.count("li") == len(notes)
    assert all(" ".join(escape(note).split()) in " ".join(shown.rest.split()) for note in notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asr:cuda starts from base:latest, which is not (so)", "asr:cuda starts from base:latest, which is not (so)"),
        ("write --index-url https://registry.example/whl", "write --index-url `https://registry.example/whl`"),
        ("the tag 'latest' of python@sha256:0a", "the tag 'latest' of `python@sha256:0a`"),
        ("${REGISTRY}/x and snake_case, _not_", "`${REGISTRY}/x` and snake_case, `_not_`"),
        ("Größe torch==2.1.0+cpu >=2", "Größe torch==2.1.0+cpu `>=2`"),
        ("a|b", "a&#124;b"),
    ],
)
def test_only_what_markdown_knows_is_escaped(text: str, expected: str) -> None:
    row = "".join(render(report(text), Options())).splitlines()[-1]
    assert row == f"| `Dockerfile:3` | ❌ error | {expected} | [latest-tag]({page('latest-tag')}) |"
