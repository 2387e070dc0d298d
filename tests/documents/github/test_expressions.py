"""Expressions of workflows: operators, functions, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import condition, evaluate, expand
from wxlint.documents.github.results import is_unknown, truth

CONTEXTS: dict[str, Any] = {
    "matrix": {"tag": Value("cuda"), "gpu": True, "cuda": 12.1, "list": [Value("a"), Value("b")], "no": None},
    "env": {"*": True, "NAME": Value("app")},
    "github": {"*": True},
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("matrix.tag", Value("cuda")),
        ("matrix['tag']", Value("cuda")),
        ("MATRIX.TAG == 'CUDA'", True),
        ("matrix.gpu && 'gpu' || 'cpu'", Value("gpu")),
        ("!matrix.gpu && 'gpu' || 'cpu'", Value("cpu")),
        ("matrix.other || 'none'", Value("none")),
        ("format('{0}-{1}', env.NAME, matrix.cuda)", Value("app-12.1")),
        ("format('{{0}} {0}', 'x')", Value("{0} x")),
        ("contains(matrix.list, 'b')", True),
        ("contains('a cuda b', matrix.tag)", True),
        ("startsWith(matrix.tag, 'cu') && endsWith(matrix.tag, 'a')", True),
        ("join(matrix.list, '+')", Value("a+b")),
        ("fromJSON('[1, \"x\"]')[1]", Value("x")),
        ("matrix.cuda == 12.1", True),
        ("'it''s'", Value("it's")),
        ("(matrix.tag != 'cpu')", True),
    ],
)
def test_known(text: str, result: object) -> None:
    assert evaluate(text, CONTEXTS) == result


@pytest.mark.parametrize(
    "text",
    [
        "github.ref",
        "env.OTHER",
        "secrets.X",
        "needs.a.outputs.b",
        "github.ref && 'a' || 'b'",
        "hashFiles('x')",
        "1 +",
        "a b",
        "(",
    ],
)
def test_unknown(text: str) -> None:
    assert is_unknown(evaluate(text, CONTEXTS))


def test_a_condition_that_one_side_decides() -> None:
    assert condition("github.ref == 'x' && matrix.tag == 'cpu'", CONTEXTS) is False
    assert condition("matrix.gpu || github.ref == 'x'", CONTEXTS) is True
    assert condition("${{ github.ref == 'x' }}", CONTEXTS) is None


def test_a_text_keeps_what_is_known() -> None:
    value = expand("ghcr.io/${{ github.repository }}:${{ matrix.tag }}-${{ matrix.cuda }}", CONTEXTS)
    assert value.text == f"ghcr.io/{HOLE}:cuda-12.1"
    assert value.holes == ("${{ github.repository }}",)


def test_partly_known_texts_are_compared_as_far_as_they_go() -> None:
    contexts = {"env": {"IMAGE": Value(f"{HOLE}-cuda", ("x",))}}
    assert evaluate("env.IMAGE == 'a-cpu'", contexts) is False
    assert is_unknown(evaluate("env.IMAGE == 'a-cuda'", contexts))
    assert truth(contexts["env"]["IMAGE"]) is True


@given(st.text(alphabet="ab.'()!&|=<>[],0{}$* ", max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    evaluate(text, CONTEXTS)
    expand("${{" + text + "}}", CONTEXTS)
    condition(text, CONTEXTS)
