"""Expansion of Dockerfile words: BuildKit's documented forms, written out by hand, and what unknown
variables may do to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value, concat, could_equal
from wxlint.images.evaluation.variables.expansion import Scope, expand, pairs, words

VALUES = {
    "A": Value("apple"),
    "E": Value(""),
    "P": Value("/usr/local/bin/python3.11"),
    "V": Value("12.1.0-cudnn8-runtime"),
}
GLOBAL = Scope(VALUES, closed=True)
"""As before the first FROM: nothing else can be set."""

KNOWN = [
    ("plain", "plain"),
    ("$A", "apple"),
    ("${A}", "apple"),
    ("x${A}x$A", "xapplexapple"),
    ("$A-$E-$A", "apple--apple"),
    # quotes and escapes
    ("'$A'", "$A"),
    ('"$A"', "apple"),
    ('"${A} pie"', "apple pie"),
    ("'a b'\"c d\"e", "a bc de"),
    ('"it\'s $A"', "it's apple"),
    ("'say \"$A\"'", 'say "$A"'),
    ("\\$A", "$A"),
    ('"\\$A"', "$A"),
    ("a\\b", "ab"),
    ('"a\\b"', "a\\b"),
    ("'a\\b'", "a\\b"),
    ("\\\\", "\\"),
    ('"\\\\"', "\\"),
    ('\\"$A\\"', '"apple"'),
    ('"a\\"b"', 'a"b'),
    ("a\\ b", "a b"),
    ("a\\", "a"),
    # defaults and alternatives
    ("${A:-x}", "apple"),
    ("${A-x}", "apple"),
    ("${E:-x}", "x"),
    ("${E-x}", ""),
    ("${NO:-x}", "x"),
    ("${NO-x}", "x"),
    ("${NO:-}", ""),
    ("${A:+x}", "x"),
    ("${A+x}", "x"),
    ("${E:+x}", ""),
    ("${E+x}", "x"),
    ("${NO:+x}", ""),
    ("${NO+x}", ""),
    ("${A:?said}", "apple"),
    ("${A?said}", "apple"),
    ("${E?said}", ""),
    # words inside
    ("${NO:-$A}", "apple"),
    ("${NO:-${E:-$A}}", "apple"),
    ("${NO:-${NO:-${NO:-x}}}", "x"),
    ("${A:+${A}-${V}}", "apple-12.1.0-cudnn8-runtime"),
    ("${NO:-a b}", "a b"),
    ('${NO:-"a b"}', "a b"),
    ("${NO:-'$A'}", "$A"),
    ("${NO:-a\\}b}", "a}b"),
    ("${NO:-'}'}x", "}x"),
    ('"${NO:-"x"}"', "x"),
    ("${NO:-a:b-c}", "a:b-c"),
    ("${NO:-nvidia/cuda:12.1.0}", "nvidia/cuda:12.1.0"),
    # patterns
    ("${P#/usr/}", "local/bin/python3.11"),
    ("${P#*/}", "usr/local/bin/python3.11"),
    ("${P##*/}", "python3.11"),
    ("${P%/*}", "/usr/local/bin"),
    ("${P%%/*}", ""),
    ("${V%%-*}", "12.1.0"),
    ("${V%-*}", "12.1.0-cudnn8"),
    ("${V%.*}", "12.1"),
    ("${A#a*p}", "ple"),
    ("${A##a*p}", "le"),
    ("${A%?}", "appl"),
    ("${A%??}", "app"),
    ("${A#x}", "apple"),
    ("${A%e}", "appl"),
    ("${A/p/b}", "abple"),
    ("${A//p/b}", "abble"),
    ("${A/p/}", "aple"),
    ("${A//p/}", "ale"),
    ("${A/x/y}", "apple"),
    ("${A/p*/x}", "ax"),
    ("${V//./}", "1210-cudnn8-runtime"),
    # what is no variable
    ("$", "$"),
    ("a$", "a$"),
    ("$%A", "$%A"),
    ("$/A", "$/A"),
    ("100%", "100%"),
    ("a<b", "a<b"),
    ("{A}", "{A}"),
]


@pytest.mark.parametrize(("text", "expected"), KNOWN, ids=[text for text, _ in KNOWN])
def test_known_values(text: str, expected: str) -> None:
    found = expand(text, GLOBAL)
    assert (found.text, found.holes) == (expected, ())


UNKNOWN = [
    ("$NO", HOLE, ("$NO",)),
    ("x${NO}y", f"x{HOLE}y", ("${NO}",)),
    ("$Apie", HOLE, ("$Apie",)),
    ("$NO$A$NO", f"{HOLE}apple{HOLE}", ("$NO", "$NO")),
    ("$10", HOLE, ("$10",)),
    ("$größe", HOLE, ("$größe",)),
    ("${größe}x", f"{HOLE}x", ("${größe}",)),
    # BuildKit refuses these; what they would be cannot be said
    ("${A", HOLE, None),
    ("${}", HOLE, None),
    ("${A:x}", HOLE, None),
    ("${A!x}", HOLE, None),
    ("${A:#x}", HOLE, None),
    ("${NO:?is needed}", HOLE, None),
    ("${E:?is needed}", HOLE, None),
    ("${A/x}", HOLE, None),
    # also in what is not taken: every word is expanded
    ("a${E:+${NO/x/${E:?is needed}}}", HOLE, None),
    ("a${A:-${E:?is needed}}", HOLE, None),
]


@pytest.mark.parametrize(("text", "expected", "holes"), UNKNOWN, ids=[text for text, _, _ in UNKNOWN])
def test_unknown_values(text: str, expected: str, holes: tuple[str, ...] | None) -> None:
    found = expand(text, GLOBAL)
    assert found.text == expected
    assert len(found.holes) == expected.count(HOLE)
    assert holes is None or found.holes == holes


def test_an_argument_that_nothing_sets_is_empty_for_operators_only() -> None:
    scope = Scope({"X": Value(HOLE, ("${X}",))}, {"X"}, closed=True)
    assert expand("${X:-d}", scope).text == "d"
    assert expand("${X:+d}", scope) == Value("")
    assert expand("a${X}", scope) == Value(f"a{HOLE}", ("${X}",))


def test_in_a_stage_the_base_image_may_set_what_is_not_declared() -> None:
    scope = Scope(VALUES)
    assert not expand("${NO:-d}", scope).known
    assert not expand("${NO:+d}", scope).known
    assert expand("${A:-d}", scope).text == "apple"


def test_a_partly_unknown_value_is_not_empty() -> None:
    scope = Scope({"T": Value(f"cu{HOLE}", ("${N}",))}, closed=True)
    assert expand("${T:-x}", scope) == Value(f"cu{HOLE}", ("${N}",))
    assert expand("${T:+x}", scope).text == "x"
    assert not expand("${T#cu}", scope).known


def test_the_escape_character_of_the_file() -> None:
    assert expand("`$A", GLOBAL, "`").text == "$A"
    assert expand("C:\\$A", GLOBAL, "`").text == "C:\\apple"
    assert expand('"`"$A`""', GLOBAL, "`").text == '"apple"'


def test_reasons_come_along() -> None:
    scope = Scope(
        {
            "TAG": Value("1", (), (Reason("arg", "ARG TAG=1", "Dockerfile", 1),)),
            "X": Value("", (), (Reason("arg", "ARG X=", "Dockerfile", 2),)),
        },
        closed=True,
    )
    assert [r.shown() for r in expand("a:$TAG", scope).because] == ["ARG TAG=1 (Dockerfile:1)"]
    assert "ARG TAG=1 (Dockerfile:1)" in [r.shown() for r in expand("${X:-$TAG}", scope).because]


def test_nesting_has_a_bound() -> None:
    text = "${NO:-" * 3000 + "x" + "}" * 3000
    assert not expand(text, GLOBAL).known


PIECES = (
    "$A",
    "${A}",
    "$X",
    "${X}",
    "${",
    "}",
    "$",
    ":-",
    ":+",
    "-",
    "+",
    ":?",
    "?",
    "#",
    "##",
    "%",
    "%%",
    "/",
    "//",
    "*",
    "'",
    '"',
    "\\",
    " ",
    "x",
    "é",
    ":",
    "NO",
    "A",
    "X",
    "${NO:-",
    "${X:-",
    "${X:+",
    "${X-",
    "${X+",
    "${A:+",
    "${X#",
    "${X%",
    "${X/",
    "${A/",
    "${A%",
    "`",
    "{",
    "$(",
    ")",
    "1",
    "$1",
    HOLE,
)
texts = st.lists(st.sampled_from(PIECES[:-1]), max_size=12).map("".join)


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join), st.sampled_from("\\`"), st.booleans())
def test_every_word_has_a_value(text: str, escape: str, closed: bool) -> None:
    found = expand(text, Scope({**VALUES, "X": Value(HOLE, ("${X}",))}, {"X"}, closed), escape)
    assert len(found.holes) == found.text.count(HOLE) or HOLE in text


@given(texts)
def test_known_in_known_out(text: str) -> None:
    """With every variable known there is nothing unknown, but in words that BuildKit refuses."""
    values = {**VALUES, "X": Value("xe"), "NO": Value("n"), "1": Value("one")}
    found = expand(text, Scope(values, closed=True))
    assert found.known or "${" in text or not set(found.holes) <= {f"${name}" for name in values}


@given(texts, st.sampled_from(("", "1", "apple", "a b", "3.11-slim", "$A", "'", "x/y:z")))
def test_what_is_known_stays_true_whatever_an_unknown_variable_is(text: str, value: str) -> None:
    """The value with X unknown has room for the value with X set to anything."""
    unknown = expand(text, Scope({**VALUES, "X": Value(HOLE, ("${X}",))}, closed=True))
    found = expand(text, Scope({**VALUES, "X": Value(value)}, closed=True))
    if found.known:
        assert could_equal(unknown, found.text), (unknown, found)
    else:
        assert not unknown.known or HOLE in found.text


@given(
    st.lists(st.sampled_from(("a", "b", HOLE)), max_size=6).map("".join),
    st.lists(st.sampled_from("abc"), max_size=4).map("".join),
)
def test_could_equal_is_a_match_with_holes_for_anything(pattern: str, text: str) -> None:
    import re

    regex = ".*".join(re.escape(part) for part in pattern.split(HOLE))
    value = Value(pattern, ("?",) * pattern.count(HOLE))
    assert could_equal(value, text) == bool(re.fullmatch(regex, text))


def test_concat_keeps_each_reason_once() -> None:
    one = Value("a", (), ("r",))
    assert concat([one, Value(HOLE, ("$X",)), one]) == Value(f"a{HOLE}a", ("$X",), ("r",))


WORDS = [
    ("FROM a AS b", ["a", "AS", "b"]),
    ("FROM  a\t b ", ["a", "b"]),
    ('ENV a="b c" d', ['a="b c"', "d"]),
    ("ENV a='b \"c' d", ["a='b \"c'", "d"]),
    ("ENV a=b\\ c d", ["a=b\\ c", "d"]),
    ('ENV a="b\\" c" d', ['a="b\\" c"', "d"]),
    ("ENV a='b\\' c", ["a='b\\'", "c"]),
    ("ENV a=\xa0b", ["a=", "b"]),
    ('ENV a="" b', ['a=""', "b"]),
    ('ENV a="open b', ['a="open b']),
    ("ENV ", []),
]


@pytest.mark.parametrize(("text", "expected"), WORDS, ids=[text for text, _ in WORDS])
def test_words_are_split_outside_quotes(text: str, expected: list[str]) -> None:
    start = text.index(" ") + 1
    assert [text[a:b] for a, b in words(text, start)] == expected


PAIRS = [
    ("A=1", [("A", "1")]),
    ("A=1 B=2", [("A", "1"), ("B", "2")]),
    ('A="x y" B=', [("A", '"x y"'), ("B", "")]),
    ("A=b=c", [("A", "b=c")]),
    ("A x y", [("A", "x y")]),
    ("A  x=y ", [("A", "x=y")]),
    ("A", [("A", None)]),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), PAIRS, ids=[text or "nothing" for text, _ in PAIRS])
def test_pairs_of_env(text: str, expected: list[tuple[str, str | None]]) -> None:
    line = f"ENV {text}"
    found = pairs(line, 4)
    assert [(pair.name, pair.value) for pair in found] == expected
    for pair in found:
        assert line[pair.start : pair.end].startswith(pair.name)


def test_arg_has_no_form_without_an_equals_sign() -> None:
    assert [(p.name, p.value) for p in pairs("ARG A B=1 C", 4, old_form=False)] == [
        ("A", None),
        ("B", "1"),
        ("C", None),
    ]


LONG = "$(az ml workspace show --query container_registry --output tsv)"


@pytest.mark.parametrize(
    ("hole", "shown"),
    [
        ("$(git rev-parse HEAD)", "$(git rev-parse HEAD)"),
        (LONG, "$(az ml workspace…)"),
        (LONG.replace(" ml", "\n  ml"), "$(az ml workspace…)"),
        (f"`{LONG[2:-1]}`", "`az ml workspace…`"),
        ("$((1234567890 + 1234567890 + 1234567890 + 12))", "$((1234567890 +…))"),
        (f"$({'x' * 50})", f"$({'x' * 18}…)"),
        ("${THE_NAME_OF_A_VARIABLE_THAT_TELLS_WHAT_TO_SET}", "${THE_NAME_OF_A_VARIABLE_THAT_TELLS_WHAT_TO_SET}"),
    ],
)
def test_a_long_command_is_cut_in_messages(hole: str, shown: str) -> None:
    value = Value(f"a/{HOLE}:{HOLE}", (hole, "${TAG}"))
    assert value.shown() == f"a/{shown}:${{TAG}}"
    assert value.written() == f"a/{hole}:${{TAG}}"
