"""What expressions of bake files come to in a tag: operators, functions, and what stays unknown."""

from __future__ import annotations

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.bake.from_bake import bake_script

VARIABLES = """
variable "ON" { default = true }
variable "OFF" { default = false }
variable "ONE" { default = 1 }
variable "NONE" { default = null }
variable "EMPTY" { default = "" }
variable "CUDA" { default = "12.1.0" }
variable "GPU" { default = "cuda" }
variable "LIST" { default = ["a", "b", "c"] }
variable "MAP" { default = { cpu = "slim", "gpu" = "devel", deep = { er = "est" } } }
"""


def tag(expression: str, head: str = VARIABLES) -> str:
    """The tag of a target that ends with the expression."""
    text = f'{head}\ntarget "a" {{ tags = ["e:${{{expression}}}"] }}'
    found = bake_script(Source("docker-bake.hcl", text), lambda paths: None)
    (build,) = found.builds
    return next(one.value.shown() for one in build.tags)


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ('GPU == "cuda" ? "gpu" : "cpu"', "gpu"),
        ('GPU == "cpu" ? "gpu" : "cpu"', "cpu"),
        ('GPU != "cuda" ? "gpu" : "cpu"', "cpu"),
        ('GPU != "cpu" ? "gpu" : "cpu"', "gpu"),
        ('equal(GPU, "cuda") ? "gpu" : "cpu"', "gpu"),
        ('notequal(GPU, "cuda") ? "gpu" : "cpu"', "cpu"),
        ('ON ? "gpu" : "cpu"', "gpu"),
        ('OFF ? "gpu" : "cpu"', "cpu"),
        ('!ON ? "gpu" : "cpu"', "cpu"),
        ('!OFF ? "gpu" : "cpu"', "gpu"),
        ('not(ON) ? "gpu" : "cpu"', "cpu"),
        ('!"true" ? "gpu" : "cpu"', "cpu"),
        ('!"false" ? "gpu" : "cpu"', "gpu"),
        ('ON && OFF ? "gpu" : "cpu"', "cpu"),
        ('ON && ON ? "gpu" : "cpu"', "gpu"),
        ('ON || OFF ? "gpu" : "cpu"', "gpu"),
        ('OFF || OFF ? "gpu" : "cpu"', "cpu"),
        ('and(ON, OFF) ? "gpu" : "cpu"', "cpu"),
        ('or(ON, OFF) ? "gpu" : "cpu"', "gpu"),
        ('OTHER && OFF ? "gpu" : "cpu"', "cpu"),
        ('OTHER || ON ? "gpu" : "cpu"', "gpu"),
        ("ON", "true"),
        ("ONE", "1"),
        ('lower("CuDa")', "cuda"),
        ('upper("cuda")', "CUDA"),
        ('replace(CUDA, ".", "-")', "12-1-0"),
        ('trimspace(" cpu ")', "cpu"),
        ('trimprefix("v1.0", "v")', "1.0"),
        ('trimsuffix("1.0-cuda", "-cuda")', "1.0"),
        ('join("-", LIST)', "a-b-c"),
        ('join("-", concat(LIST, ["d"]))', "a-b-c-d"),
        ('join("", split(".", CUDA))', "1210"),
        ('format("%s-cu%s", "1.0", "121")', "1.0-cu121"),
        ('format("%d%%-%v", ONE, GPU)', "1%-cuda"),
        ('coalesce(EMPTY, NONE, "last")', "last"),
        ("coalesce(GPU, CUDA)", "cuda"),
        ("LIST[0]", "a"),
        ("LIST[2]", "c"),
        ('MAP["gpu"]', "devel"),
        ("MAP.cpu", "slim"),
        ("MAP.deep.er", "est"),
    ],
)
def test_what_is_known(expression: str, made: str) -> None:
    assert tag(expression) == f"e:{made}"


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ('OTHER ? "gpu" : "cpu"', "..."),
        ('OTHER == "cuda" ? "gpu" : "cpu"', "..."),
        ('"cuda" != OTHER ? "gpu" : "cpu"', "..."),
        ('OTHER && ON ? "gpu" : "cpu"', "..."),
        ('OTHER || OFF ? "gpu" : "cpu"', "..."),
        ('!OTHER ? "gpu" : "cpu"', "..."),
        ('LIST == ["a"] ? "gpu" : "cpu"', "..."),
        ("LIST[3]", "..."),
        ("LIST[-1]", "..."),
        ('MAP["rocm"]', "..."),
        ("MAP.rocm", "MAP.rocm"),
        ("MAP.deep.rocm", "MAP.deep.rocm"),
        ("GPU.cpu", "GPU.cpu"),
        ("OTHER.cpu.a", "OTHER.cpu.a"),
        ("lower(OTHER)", "lower(...)"),
        ('replace(GPU, "a")', "replace(...)"),
        ('replace(OTHER, "a", "b")', "replace(...)"),
        ('concat(LIST, "d")', "concat(...)"),
        ('join(",", GPU)', "join(...)"),
        ('join(",")', "join(...)"),
        ("join(LIST, LIST)", "join(...)"),
        ("coalesce(OTHER, GPU)", "coalesce(...)"),
        ("coalesce(EMPTY)", "coalesce(...)"),
        ("format(OTHER, GPU)", "format(...)"),
        ('format("%05d", ONE)', "format(...)"),
        ('timestamp("x")', "timestamp(...)"),
        ("ONE + 1", "..."),
    ],
)
def test_what_is_not_known(expression: str, shown: str) -> None:
    assert tag(expression) == f"e:${{{shown}}}"


def test_a_known_part_stays_beside_an_unknown_one() -> None:
    assert tag('join("-", [GPU, OTHER])') == "e:cuda-${OTHER}"
    assert tag('format("%s-%s", GPU, OTHER)') == "e:cuda-${OTHER}"


def test_a_split_of_what_is_unknown_is_no_list() -> None:
    assert tag('split(",", OTHER)[0]') == "e:${...}"
    assert tag('split("", GPU)[0]') == "e:${...}"
    assert tag('split(",")[0]') == "e:${...}"


def test_where_a_text_comes_from_stays_known() -> None:
    text = 'V = "a,b"\ntarget "t" { tags = ["e:${upper(V)}", "e:${split(",", V)[1]}"] }'
    (build,) = bake_script(Source("docker-bake.hcl", text), lambda paths: None).builds
    assert [[reason.text for reason in one.value.because] for one in build.tags] == [["V=a,b"]] * 2


def test_a_variable_that_doubles_itself_does_not_fill_memory() -> None:
    head = 'A0 = "0123456789"\n' + "".join(f'A{n} = "${{A{n - 1}}}${{A{n - 1}}}"\n' for n in range(1, 60))
    assert tag("A10", head) == "e:" + "0123456789" * 1024
    assert tag("A12", head) == "e:${a long text}${a long text}"
    assert len(tag("A59", head)) < 1_000_000
