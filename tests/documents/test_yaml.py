"""YAML trees: positions, duplicate keys, anchors, merge keys, hostile files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.documents.source import Source, decode
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, YamlError, load, parse, plain
from wxlint.documents.yaml.reader import MAX_DEPTH


@pytest.fixture(params=["libyaml", "python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of PyYAML's parsers: a wheel without libyaml has only the slow one."""
    yaml = pytest.importorskip("yaml")
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this PyYAML was built without libyaml")
    return str(request.param)


def tree(text: str) -> Node:
    node = load(Source("f.yml", text))
    assert node is not None
    return node


def at(text: str, *keys: str | int) -> Node:
    node = tree(text)
    for key in keys:
        if isinstance(key, int):
            assert isinstance(node, Sequence)
            node = node.items[key]
        else:
            assert isinstance(node, Mapping)
            found = node.get(key)
            assert found is not None
            node = found
    return node


def problems(text: str) -> list[tuple[int, str]]:
    source = Source("f.yml", text)
    return [(source.position(start)[0], message) for start, _, message in parse(source).problems]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("services:\n\tasr: {image: a}\n", 2, 1),
        ("services:\n  a:\n    image: x\n  \tbuild: y\n", 4, 3),
        ("\ufeffa:\n  - b: 1\n\t  c: 2\n", 3, 1),
        ("a:\n  b: |\n    x\n\ty\n", 4, 1),
        ("a: é\nb:\n  \t  c: 1\n", 3, 3),
    ],
)
@pytest.mark.usefixtures("loader")
def test_a_tab_is_called_a_tab(text: str, line: int, column: int) -> None:
    with pytest.raises(YamlError) as error:
        load(Source("f.yml", text))
    span = error.value.span
    assert (span.line, span.column) == (line, column)
    assert error.value.message.startswith("a tab: YAML wants spaces here")


@pytest.mark.usefixtures("loader")
def test_what_is_no_tab_keeps_its_own_message() -> None:
    assert "cannot start any token" in problems("a:\n\n  b: @x\n")[0][1]


@pytest.mark.parametrize(
    ("text", "keys", "stretch", "inner"),
    [
        ("a: b:1  # c\n", ["a"], "b:1", "b:1"),
        ('a: "b:1"\n', ["a"], '"b:1"', "b:1"),
        ("a:   'b''s'\n", ["a"], "'b''s'", "b''s"),
        ("é😀: \U0001f600x\nb: y\n", ["b"], "y", "y"),
        ("a: >-\n  b:1\n\n\nc: d\n", ["a"], ">-\n  b:1", "b:1"),
        ("a: |  # why\n  b\n  c\n", ["a"], "|  # why\n  b\n  c", "b\n  c"),
        ("a: b\n  c\n\nd: e\n", ["a"], "b\n  c", "b\n  c"),
        ("a: &x b\nc: *x\n", ["c"], "b", "b"),
        ("a: !!str &x 'b'\n", ["a"], "'b'", "b"),
        ("a: !reset\n", ["a"], "", ""),
        ("a:\nb: 1\n", ["a"], "", ""),
        ("a: [x, 'y']\n", ["a", 1], "'y'", "y"),
        ("x: &b {i: c}\na:\n  <<: *b\n", ["a", "i"], "c", "c"),
        ("x: &b\n  i: c\na:\n  <<: [*b]\n  j: d\n", ["a", "i"], "c", "c"),
        ("\r\na: b\r\n", ["a"], "b", "b"),
        ("\ufeff\ufeffa: b\n", ["a"], "b", "b"),
    ],
)
def test_positions_of_scalars(loader: str, text: str, keys: list[str | int], stretch: str, inner: str) -> None:
    text = decode(text.encode())
    node = at(text, *keys)
    assert isinstance(node, Scalar)
    assert text[node.start : node.end] == stretch
    start, end = node.inner(text)
    assert text[start:end] == inner


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("a: [1, 2]  # c\n", "[1, 2]"),
        ("a:\n  b: 1\n  c: 2\n\n\n# end\nd: 3\n", "b: 1\n  c: 2"),
        ("a:\n- 1\n- 2\n\nb: 3\n", "- 1\n- 2"),
        ("a: &x\n  b: 1\nc: 2\n", "b: 1"),
        ("a: !override {b: 1}\n", "{b: 1}"),
        ("a: !reset []\n", "[]"),
        ("x: &x 1\na:\n- *x\n", ""),
    ],
)
def test_positions_of_collections(loader: str, text: str, stretch: str) -> None:
    node = at(text, "a")
    assert text[node.start : node.end] == stretch


def test_tags_are_kept(loader: str) -> None:
    text = "a: !reset null\nb: !override [1]\nc: !!str 1\nd: {e: 1}\n"
    assert at(text, "a").tag == "!reset"
    assert at(text, "b").tag == "!override"
    assert at(text, "c").tag == "tag:yaml.org,2002:str"
    assert at(text, "d").tag == ""


def test_a_byte_order_mark_moves_nothing() -> None:
    source = Source("f.yml", decode(b"\xef\xbb\xbfa: b\n"))
    node = load(source)
    assert isinstance(node, Mapping)
    assert source.span(node.entries[0].value.start, node.entries[0].value.end)[1:] == (1, 4, 1, 5)


def test_merge_keys_do_not_override_and_the_first_of_a_list_wins(loader: str) -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  a: 3\n  <<: [*x, *y]\n"
    assert plain(at(text, "z")) == {"a": 3, "b": 1, "c": 2}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert plain(tree('a: {"<<": {b: 1}}\n')) == {"a": {"<<": {"b": 1}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None), ("null", None), ("true", True), ("False", False), ("yes", "yes"), ("on", "on"), ("12", 12),
        ("-0x1f", "-0x1f"), ("0x1f", 31), ("0o17", 15), ("010", 10), ("1.50", 1.5), ("1e3", 1000.0), ("1.2.3", "1.2.3"),
        ("2021-01-01", "2021-01-01"), ("12:30", "12:30"), ("1_000", "1_000"), ("'1'", "1"), (".5", 0.5), (".", "."),
        ("-", ["x"]), ("-.inf", float("-inf")), ("!!str 1", "1"), ("!!int '7'", 7), ("!x 1", "1"), (".nAn", ".nAn"),
    ],
)  # fmt: skip
def test_types_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert plain(at(f"a: {text}\n" if text != "-" else "a:\n- x\n", "a")) == value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key is given twice: first in line 1"),
        ("a:\n  b: 1\n  'b': 2\n", 3, "the key is given twice: first in line 2"),
        ("x: &x {}\na:\n  <<: *x\n  <<: *x\n", 4, "the key is given twice: first in line 3"),
        ("a: *b\n", 1, "there is no anchor b before this alias"),
        ("a: &a [*a]\n", 1, "the alias a stands inside the node it names"),
        ("a: &x 1\nb: &x [*x]\n", 2, "the alias x stands inside the node it names"),
        ("? [a]\n: b\n", 1, "a key must be a single string"),
        ("a:\n  <<: 1\n", 2, "<< takes a mapping or a list of mappings"),
        ("a: \x07\n", 1, "the character U+0007 is not allowed in YAML"),
        ("a: \ud800\n", 1, "the character U+D800 is not allowed in YAML"),
        ("---\na: &x 1\n---\nb: *x\n", 4, "there is no anchor x before this alias"),
    ],
)
def test_problems(loader: str, text: str, line: int, message: str) -> None:
    assert problems(text) == [(line, message)]


@pytest.mark.parametrize("text", ["a: b: c\n", "a: [1\nb: 2\n", "a: 'b\n", "\ta: 1\n", "@a\n", "%YAML x\n---\n"])
def test_syntax_errors(loader: str, text: str) -> None:
    (problem,) = parse(Source("f.yml", text)).problems
    assert 0 <= problem.start <= problem.end <= len(text)
    with pytest.raises(YamlError) as error:
        load(Source("f.yml", text))
    assert error.value.message == problem.message
    assert error.value.span.path == "f.yml"


def test_the_position_of_a_syntax_error() -> None:
    with pytest.raises(YamlError) as error:
        load(Source("dir/f.yml", "a: 1\nb: c: d\n"))
    assert str(error.value).startswith("dir/f.yml:2:5: mapping values are not allowed")


def test_of_a_duplicate_key_the_last_counts_and_both_stay() -> None:
    (document,) = parse(Source("f.yml", "a: 1\na: 2\n")).documents
    assert isinstance(document, Mapping)
    assert len(document.entries) == 2
    assert plain(document) == {"a": 2}


def test_documents() -> None:
    assert parse(Source("f.yml", "")).documents == ()
    assert load(Source("f.yml", "# nothing\n")) is None
    assert [plain(d) for d in parse(Source("f.yml", "a: 1\n---\n- b\n...\n")).documents] == [{"a": 1}, ["b"]]
    with pytest.raises(YamlError, match="second document"):
        load(Source("f.yml", "a: 1\n---\nb: 1\n"))


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "[{" * 50_000])
def test_deep_nesting_is_refused(loader: str, text: str) -> None:
    (problem,) = parse(Source("f.yml", text)).problems
    assert problem.message == f"nested more than {MAX_DEPTH} levels deep"


def test_depth_through_aliases_is_refused(loader: str) -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200))
    assert problems(text) == [(100, f"nested more than {MAX_DEPTH} levels deep")]


@pytest.mark.parametrize("form", ["[{}]", "{{k0: {}}}"])
def test_expanding_aliases_are_refused(loader: str, form: str) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]\n"]
    for i in range(1, 12):
        lines.append(f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]\n")
    ((_, message),) = problems("".join(lines))
    assert message == "more than 200000 nodes with aliases expanded"


def test_merge_keys_in_a_chain_are_counted(loader: str) -> None:
    text = "m0: &m0 {k0: 1}\n" + "".join(f"m{i}: &m{i}\n  <<: *m{i - 1}\n  k{i}: 1\n" for i in range(1, 3000))
    assert [message for _, message in problems(text)] == [f"nested more than {MAX_DEPTH} levels deep"]


def test_escapes_cannot_bring_in_what_no_text_holds(loader: str) -> None:
    node = at('a: "x\\0y"\n', "a")
    assert isinstance(node, Scalar)
    assert node.text == "x\ufffdy"
    for text in ('a: "\\ud800"\n', 'a: "\\U00110000"\n'):
        for document in parse(Source("f.yml", text)).documents:
            str(plain(document)).encode()


def walk(node: Node) -> list[Node]:
    found = [node]
    if isinstance(node, Mapping):
        for key, value in node.entries:
            found += [key, *walk(value)]
    elif isinstance(node, Sequence):
        for item in node.items:
            found += walk(item)
    return found


PIECES = [
    *'ab\n,"\'\\[]{}é😀\t\x85\u2028\ufeff%~\0\r', ": ", ":\n", "  ", "- ", "&x ", "*x", "<<", "!reset ", "!!str ",
    "|\n", ">-\n", "# c\n", "---\n", "? ", "1.5",
]  # fmt: skip
BREAKS = "\r\x85\u2028\u2029\ufeff"
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@given(TEXTS)
@settings(max_examples=600, deadline=None)
def test_nothing_escapes_and_stretches_lie_in_the_file(text: str) -> None:
    documents, found, _ = parse(Source("f.yml", text))
    for start, end, message in found:
        assert 0 <= start <= end <= len(text)
        assert message
    for document in documents:
        plain(document)
        for node in walk(document):
            assert 0 <= node.start <= node.end <= len(text)
            if isinstance(node, Scalar):
                start, end = node.inner(text)
                assert node.start <= start <= end <= node.end
                if not node.style and len(text[start:end].splitlines()) < 2:  # lines are folded
                    assert text[start:end].strip(BREAKS) == node.text.strip(BREAKS)


@given(TEXTS.map(lambda text: text.replace("\ufeff", "")))  # libyaml lets one start any line
@settings(max_examples=300, deadline=None)
def test_both_parsers_of_pyyaml_give_the_same_tree(text: str) -> None:
    yaml = pytest.importorskip("yaml")
    if not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this PyYAML was built without libyaml")
    fast = parse(Source("f.yml", text))
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader")
        slow = parse(Source("f.yml", text))
    if "?" in text:  # `{? }` is an empty pair for one, and a pair of empty scalars for the other
        return
    if not fast.problems and not slow.problems:  # they differ in what they refuse
        assert [walk(d) for d in fast.documents] == [walk(d) for d in slow.documents]
