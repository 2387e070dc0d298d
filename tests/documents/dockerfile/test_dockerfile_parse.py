"""The reader against a second library, dockerfile-parse: what both say alike, and each kind of difference by name.

BuildKit's own parser is the judge (test_dockerfile_reader); this one is independent of it, and its differences are why
the reader is not built on it.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import dockerfile as buildkit
import pytest
from dockerfile_parse import DockerfileParser
from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source, decode
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.model.records import Build

Shape = list[tuple[str, int, int]]


def library(text: str) -> Shape:
    """Keyword, first and last line of each instruction, as dockerfile-parse has them."""
    parser = DockerfileParser(fileobj=io.BytesIO())
    parser.content = text
    found = [i for i in parser.structure if i["instruction"] != "COMMENT"]
    return [(i["instruction"], i["startline"] + 1, i["endline"] + 1) for i in found]


def ours(text: str) -> Shape:
    read = read_dockerfile(Source("Dockerfile", decode(text.encode())))
    return [(i.keyword, i.line, i.end_line) for i in read.instructions]


def buildkits(text: str) -> Shape:
    return [(c.cmd.upper(), c.start_line, c.end_line) for c in buildkit.parse_string(text)]


ALIKE = {
    "plain": "FROM a:1 AS b\nRUN true\nCOPY a b\n",
    "lower-case": "from a\nrun true\n",
    "comments": "# one\nFROM a\n# two\nRUN true # no comment\n",
    "continuations": "FROM a\nRUN one \\\n  two \\\n  three\nRUN four\n",
    "comments-inside": "FROM a\nRUN one \\\n# comment\n  two\n",
    "space": "  FROM a\n\tRUN true  \n",
    "exec-form": 'FROM a\nCMD ["a", \\\n  "b"]\n',
    "no-newline-at-the-end": "FROM a\nRUN true",
    "escape-directive": "# escape=`\nFROM a\nRUN one `\n  two\nRUN dir C:\\\nRUN x\n",
}

DIFFERENT: dict[str, str] = {
    "a heredoc's lines are instructions": "FROM a\nRUN <<EOF\nFROM b\nrun x\nEOF\nRUN y\n",
    "a heredoc's end is an instruction": "FROM a\nCOPY <<EOF /x\nbody\nEOF\nRUN y\n",
    "a blank line ends a continuation": "FROM a\nRUN one \\\n\n  two\nRUN three\n",
    "a byte order mark is part of the first keyword": "\ufeffFROM a\n",
    "a keyword ends where its line does": "FROM a\nRU\\\nN true\n",
    "a continuation is a keyword": "FROM a\n  \\\n  RUN true\n",
    "what the end of the file continues is left out": "FROM a\nRUN a \\\n",
    "two backslashes continue a line": "FROM a\nRUN one \\\\\nRUN two\n",
}
"""Kinds of files that dockerfile-parse splits otherwise than BuildKit does; the reader splits them as BuildKit does."""


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_alike(text: str) -> None:
    assert ours(text) == library(text) == buildkits(text)


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_each_kind_of_difference(text: str) -> None:
    """One that is gone in a newer release of the library belongs to the files that are alike."""
    assert ours(text) == buildkits(text)
    assert library(text) != buildkits(text)


def test_bases_differ_in_stages_and_in_modifiers() -> None:
    """The library takes a stage for an image, and knows no `${name:-default}`."""
    text = "ARG V=1\nFROM a:$V AS b\nFROM b\nFROM c:${V:-2}\n"
    parser = DockerfileParser(fileobj=io.BytesIO())
    parser.content = text
    assert parser.parent_images == ["a:1", "b", "c:1:-2}"]
    build = Build("Dockerfile", (".",))
    uses = evaluate(read_dockerfile(Source("Dockerfile", text)), build, Files(lambda _: None, (".",))).uses
    assert [use.value.text for use in uses] == ["a:1", "c:1"]


LINES: list[Callable[[str], str]] = [
    lambda word: f"RUN {word}",
    lambda word: f"COPY {word} /{word}",
    lambda word: f"ENV {word}={word}",
    lambda word: f"RUN {word} \\\n  {word}",
    lambda word: f"RUN {word} \\\n# comment\n  {word} \\\n  {word}",
    lambda word: f"# {word}",
    lambda word: "",
    lambda word: f"  WORKDIR /{word}",
]
word = st.text(alphabet="abcxyz01-._", min_size=1, max_size=6).filter(lambda w: not w.startswith("-"))


@given(st.lists(st.tuples(st.sampled_from(LINES), word), max_size=12))
def test_files_without_those_kinds_are_split_alike(lines: list[tuple[Callable[[str], str], str]]) -> None:
    text = "FROM a\n" + "".join(f"{line(text)}\n" for line, text in lines)
    assert ours(text) == library(text)
