"""Tables of TOML files as trees: what the standard library reads, with the places of all of it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.source import Source
from wxlint.documents.toml import read_table
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, plain

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = """\
[project]
name = "x" # [tool.wxlint]
[tool.wxlint]
image = 'a/b' # c
tags = ["a", # ]
  "b]",]
"q.r".s = { a = "b", c.d = [1, 2] }
long = \"\"\"
x " \\" y\"\"\"
[tool.wxlint.variants.cpu]
stages = ['a']
[tool.wxlint.variants]
cuda = {}
[[tool.wxlint.expect.commands]]
x = true
[[tool.wxlint.expect.commands]]
x.y = 1.5
"""


def tree(text: str, *keys: str) -> Mapping:
    found = read_table(Source("p.toml", text), keys)
    assert found.table is not None
    return found.table


def test_every_form() -> None:
    assert plain(tree(TEXT, "tool", "wxlint")) == tomllib.loads(TEXT)["tool"]["wxlint"]


def test_places() -> None:
    table = tree(TEXT, "tool", "wxlint")
    (key, value) = table.entries[0]
    assert (TEXT[key.start : key.end], TEXT[value.start : value.end]) == ("image", "'a/b'")
    cpu = table.get("variants")
    assert isinstance(cpu, Mapping)
    assert [TEXT[entry.key.start : entry.key.end] for entry in cpu.entries] == ["cpu", "cuda"]


def test_what_is_not_there_or_not_a_table() -> None:
    assert read_table(Source("p.toml", "x = 1"), ("tool", "wxlint")) == (None, None)
    assert read_table(Source("p.toml", "tool.wxlint = 1"), ("tool", "wxlint")) == (None, None)


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = \n", 2), ("a = [", 1), ("a = 1\na = 2\n", 2), ("[a\n", 1)])
def test_a_mistake_has_its_place(text: str, line: int) -> None:
    source = Source("p.toml", text)
    table, problem = read_table(source, ("tool",))
    assert table is None and problem is not None and problem.message.startswith("not TOML: ")
    assert source.position(problem.start)[0] == line


KEYS = st.one_of(st.sampled_from(["a", "b-c", "1"]), st.text(max_size=4))
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.sampled_from([0.5, 2.0]), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def string(text: str, quote: int) -> str:
    if quote == 1 and all(char.isprintable() and char not in "'\\" for char in text):
        return f"'{text}'"
    escaped = "".join(char if char.isalnum() and char.isascii() else f"\\U{ord(char):08x}" for char in text)
    return f'"""\n{escaped}"""' if quote == 2 else f'"{escaped}"'


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A value as TOML has it, with blanks and comments where they may be."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return string(value, draw(st.integers(0, 2)))
    if isinstance(value, list):
        blank = draw(st.sampled_from(["", " ", "\n  # ] , }\n"]))
        return "[" + blank + "".join(draw(written(one)) + blank + "," + blank for one in value) + "]"
    if isinstance(value, dict):
        pairs = [f"{string(key, draw(st.integers(0, 1)))} = {draw(written(one))}" for key, one in value.items()]
        return "{ " + ", ".join(pairs) + " }"
    return repr(value)


def inside(node: Node) -> list[Node]:
    below: list[Node] = []
    if isinstance(node, Mapping):
        below = [part for key, value in node.entries for part in (key, value)]
    elif isinstance(node, Sequence):
        below = list(node.items)
    return [node, *(one for part in below for one in inside(part))]


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.data())
def test_as_the_library_reads_it(value: dict[str, Any], data: st.DataObject) -> None:
    try:
        lines = [f"{string(key, 0)} = {data.draw(written(one))}  # {{ [" for key, one in value.items()]
        text = "\n".join(["[tool.wxlint]", *lines, "[other]", "x = 1"])
        text.encode()
        wanted = tomllib.loads(text)["tool"]["wxlint"]
    except (UnicodeEncodeError, tomllib.TOMLDecodeError):  # half of a pair of surrogates
        return
    table = tree(text, "tool", "wxlint")
    assert plain(table) == wanted == value
    for node in inside(table):
        assert 0 <= node.start <= node.end <= len(text)
        if isinstance(node, Scalar) and not node.style:
            assert text[node.start : node.end] == node.text


@given(st.text(alphabet="a.=[]{}\"'\\#, \n1t", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    table, problem = read_table(Source("p.toml", text), ("a",))
    if table is not None:
        assert plain(table) == tomllib.loads(text)["a"]
    else:
        assert problem is not None or not isinstance(tomllib.loads(text).get("a"), dict)
