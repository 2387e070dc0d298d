"""Compose variables and .env files. Expectations from the compose specification's chapter on interpolation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.interpolation import interpolate, read_env
from wxlint.documents.source import Source, decode

VARIABLES = {
    "TAG": Value("cuda", (), (Reason("variable", "TAG=cuda", ".env", 1),)),
    "EMPTY": Value(""),
    "PARTLY": Value(HOLE + "-x", ("${GIT}",)),
    "UNKNOWN": Value(HOLE, ("${GIT}",)),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("app", "app"),
        ("app:$TAG", "app:cuda"),
        ("app:${TAG}-x", "app:cuda-x"),
        ("$TAG-x", "cuda-x"),
        ("$TAG$TAG", "cudacuda"),
        ("${TAG:-cpu}", "cuda"),
        ("${TAG-cpu}", "cuda"),
        ("${TAG:?must}", "cuda"),
        ("${TAG?must}", "cuda"),
        ("${TAG:+yes}", "yes"),
        ("${TAG+yes}", "yes"),
        ("${EMPTY:-cpu}", "cpu"),
        ("${EMPTY-cpu}", ""),
        ("${EMPTY?must}", ""),
        ("${EMPTY:+yes}", ""),
        ("${EMPTY+yes}", "yes"),
        ("${NONE:-cpu}", "cpu"),
        ("${NONE-cpu}", "cpu"),
        ("${NONE:-}", ""),
        ("${NONE:+yes}", ""),
        ("${NONE+yes}", ""),
        ("${NONE:-${OTHER:-${TAG}}}", "cuda"),
        ("${NONE:-$TAG}-${NONE:-b}", "cuda-b"),
        ("${TAG:+-${TAG}}", "-cuda"),
        ("${NONE:-a:-b}", "a:-b"),
        ("${NONE-a:-b}", "a:-b"),
        ('${NONE:-{"json":2}}', '{"json":2}'),
        ("${NONE:-{}", "{"),
        ("${NONE:-a}}", "a}"),
        ("$$TAG $${TAG} $$$TAG", "$TAG ${TAG} $cuda"),
        ("${NONE:-$$x}", "$x"),
        ("a $ b $1 $} $-", "a $ b $1 $} $-"),
        ("${PARTLY:-cpu}", HOLE + "-x"),
        ("a\n${TAG}\n", "a\ncuda\n"),
    ],
)
def test_values(text: str, value: str) -> None:
    found, problem = interpolate(text, VARIABLES)
    assert problem is None
    assert found.text == value


@pytest.mark.parametrize(
    ("text", "value", "holes"),
    [
        ("app:${NONE}", "app:" + HOLE, ("${NONE}",)),
        ("app:$NONE-x", "app:" + HOLE + "-x", ("$NONE",)),
        ("${NONE:?not set}", HOLE, ("${NONE:?not set}",)),
        ("${EMPTY:?not set}", HOLE, ("${EMPTY:?not set}",)),
        ("${NONE:-${OTHER}}/x", HOLE + "/x", ("${OTHER}",)),
        ("${UNKNOWN:-cpu}", HOLE, ("${UNKNOWN:-cpu}",)),
        ("${UNKNOWN-cpu}", HOLE, ("${GIT}",)),
        ("${A}${B}", HOLE + HOLE, ("${A}", "${B}")),
    ],
)
def test_what_cannot_be_known_is_a_hole(text: str, value: str, holes: tuple[str, ...]) -> None:
    found, problem = interpolate(text, VARIABLES)
    assert problem is None
    assert (found.text, found.holes) == (value, holes)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("x", ()),
        ("$TAG", ("TAG=cuda (.env:1)",)),
        ("$TAG-$TAG", ("TAG=cuda (.env:1)",)),
        ("${NONE:-cpu}", ("default of ${NONE:-cpu}",)),
        ("${NONE:-$TAG}", ("TAG=cuda (.env:1)", "default of ${NONE:-$TAG}")),
        ("${TAG:+gpu}", ("TAG=cuda (.env:1)",)),
        ("${NONE:+gpu}", ("NONE is not set, for ${NONE:+gpu}",)),
    ],
)
def test_reasons(text: str, because: tuple[str, ...]) -> None:
    assert tuple(r.shown() for r in interpolate(text, VARIABLES).value.because) == because


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a ${", "${"),
        ("a ${} b", "${}"),
        ("${ TAG}", "${ TAG}"),
        ("${TAG }", "${TAG }"),
        ("${TAG!}", "${TAG!}"),
        ("${1}", "${1}"),
        ("${TAG%x}", "${TAG%x}"),
        ("x ${TAG:-y", "${TAG:-y"),
        ("${TAG:-a\nb}", "${TAG:-a\nb}"),
        ("ok ${NONE:-${}}", "${}"),
        ("ok ${NONE?${}}", "${}"),
        ("$TAG ${#a}", "${#a}"),
    ],
)
def test_invalid_interpolation(text: str, wrong: str) -> None:
    problem = interpolate(text, VARIABLES).problem
    assert problem is not None
    assert text[problem.start : problem.end] == wrong
    assert "write $$" in problem.message


def test_doubling_variables_end_in_a_hole() -> None:
    text = "A0=xxxxxxxxxxxxxxxx\n" + "".join(f"A{i}=$A{i - 1}$A{i - 1}\n" for i in range(1, 60))
    variables, problems = read_env(Source(".env", text))
    assert problems == ()
    assert max(len(value.text) for value in variables.values()) < 10_000
    assert not variables["A59"].known
    assert max(len(value.because) for value in variables.values()) <= 20


def test_deeply_nested_defaults_are_a_hole() -> None:
    text = "${A:-" * 5000 + "x" + "}" * 5000
    value, problem = interpolate(text, {})
    assert problem is None
    assert not value.known


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1\nB = 2\n", {"A": "1", "B": "2"}),
        ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1\n", {"A": "1"}),
        ("# c\n\n  A=1 # c\nB=1#c\n", {"A": "1", "B": "1#c"}),
        ("export A=1\nexported=2\n", {"A": "1", "exported": "2"}),
        ("A: x y\n", {"A": "x y"}),
        ("A=\nB=\n", {"A": "", "B": ""}),
        ("A='$B # \\n'\n", {"A": "$B # \\n"}),
        ("A='it\\'s'\n", {"A": "it's"}),
        ('A="a\\tb\\"c\\$d\\\\e"  # c\nB=1\n', {"A": 'a\tb"c$d\\e', "B": "1"}),
        ('A="1\n2"\nB=3\n', {"A": "1\n2", "B": "3"}),
        ("A=1\nB=$A-${A}-${C:-d}\n", {"A": "1", "B": "1-1-d"}),
        ('A=1\nB="<$A>"\n', {"A": "1", "B": "<1>"}),
        ("A=$$B\n", {"A": "$B"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A\nB=1\n", {"B": "1"}),
        ("1A=1\nB=2\n", {"B": "2"}),
        ("A=a=b\n", {"A": "a=b"}),
        ("a.b-c[0]=1\n", {"a.b-c[0]": "1"}),
        ("A='x' B=y\n", {"A": "x", "B": "y"}),
        ("", {}),
    ],
)
def test_env_files(text: str, variables: dict[str, str]) -> None:
    found, problems = read_env(Source(".env", decode(text.encode())))
    assert problems == ()
    assert {name: value.text for name, value in found.items()} == variables


def test_an_env_value_says_where_it_comes_from() -> None:
    found, _ = read_env(Source("docker/.env", "# c\nA=1\nB=x$A\nC=$NONE\n"))
    assert [r.shown() for r in found["B"].because] == ["A=1 (docker/.env:2)", "B=x1 (docker/.env:3)"]
    assert found["C"] == Value(HOLE, ("$NONE",), (Reason("variable", "C=$NONE", "docker/.env", 4, "C"),))


def test_the_including_project_wins() -> None:
    found, _ = read_env(Source(".env", "A=1\nB=$A\n"), {"A": Value("outer")})
    assert found["B"].text == "outer"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A=1\nB B=2\n", 2, "a space in the name of a variable"),
        ("A=1\n!=2\n", 2, "'!' in the name of a variable"),
        ("A='1\nB=2\n", 1, "the quote is not closed"),
        ("\nA=${\n", 2, "invalid interpolation ${; write $$ for a plain $"),
        ('A="${}"\n', 1, "invalid interpolation ${}; write $$ for a plain $"),
    ],
)
def test_env_problems(text: str, line: int, message: str) -> None:
    source = Source(".env", text)
    _, ((start, end, found),) = read_env(source)
    assert (source.position(start)[0], found) == (line, message)
    assert start < end


PIECES = [*"$}{AB-+? \n=\"'\\#é", "${", ":-", ":+", ":?", "$$", "${A}", "${B:-"]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_nothing_escapes(text: str) -> None:
    text = text.replace("\0", "")
    for variables in ({}, VARIABLES, {"A": Value("x", (), ("r",)), "B": Value("")}):
        value, problem = interpolate(text, variables)
        assert value.text.count(HOLE) == len(value.holes)
        if problem:
            assert 0 <= problem.start < problem.end <= len(text)
    found, problems = read_env(Source(".env", text), {"A": Value("x")})
    for start, end, _ in problems:
        assert 0 <= start <= end <= len(text)
    for value in found.values():
        assert value.text.count(HOLE) == len(value.holes)


@given(st.text(alphabet=st.characters(exclude_characters="$\0", exclude_categories=["Cs"])))
@settings(max_examples=100, deadline=None)
def test_text_without_a_dollar_is_itself(text: str) -> None:
    assert interpolate(text, {}) == (Value(text), None)
    doubled = interpolate(text + "$$", {})
    assert doubled.value.text == text + "$"
