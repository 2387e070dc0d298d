"""Targets of bake files: inheritance, variables, matrices, contexts, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from built_by_scripts import first_of, tags
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.values import HOLE
from wxlint.documents.hcl.reader import read_hcl
from wxlint.documents.source import Source
from wxlint.images.builds.bake.from_bake import bake_script
from wxlint.images.builds.model import Script

find = first_of("Dockerfile", "docker/Dockerfile.cuda", "app/Dockerfile")


def script(text: str, path: str = "docker-bake.hcl") -> Script:
    return bake_script(Source(path, text), find)


FAMILY = """
variable "REGISTRY" { default = "ghcr.io/example" }
variable "TAG" {}
group "default" { targets = ["cuda"] }
# comment
target "_base" {
  args = { A = "1", "B" = "x" }
  platforms = ["linux/arm64"]
}
target "cuda" {
  inherits   = ["_base"]
  dockerfile = "docker/Dockerfile.cuda"
  target     = "runtime"
  args       = { B = "cu${replace("12.1", ".", "")}" }
  tags       = ["${REGISTRY}/app:1.0-cuda", TAG != "" ? "${REGISTRY}/app:${TAG}" : "", equal("a", "a") ? "x:y" : "z"]
}
"""


def test_a_target_with_what_it_inherits() -> None:
    (build,) = script(FAMILY).builds
    assert (build.dockerfile, build.target, build.platform) == ("docker/Dockerfile.cuda", "runtime", "linux/arm64")
    assert [(name, value.text) for name, value in build.args] == [("A", "1"), ("B", "cu121")]
    assert tags(script(FAMILY)) == ["ghcr.io/example/app:1.0-cuda", "x:y"]
    first = build.tags[0]
    assert FAMILY.splitlines()[first.span.line - 1][first.span.column - 1 :].startswith("${REGISTRY}/app:1.0")
    assert [reason.text for reason in first.value.because] == ["REGISTRY=ghcr.io/example"]
    assert build.built_by[0].text == "bake target cuda"


def test_a_matrix_is_one_build_for_each_round() -> None:
    text = """
    target "app" {
      name = "app-${item.tag}"
      matrix = { item = [{tag = "cpu", file = "Dockerfile"}, {tag = "cuda", file = "docker/Dockerfile.cuda"}] }
      dockerfile = item.file
      tags = ["example/app:${item.tag}"]
    }
    """
    found = script(text)
    assert [build.dockerfile for build in found.builds] == ["Dockerfile", "docker/Dockerfile.cuda"]
    assert tags(found) == ["example/app:cpu", "example/app:cuda"]
    assert found.builds[1].built_by[0].text == "bake target app-cuda"


def test_contexts_of_other_targets_and_images() -> None:
    text = """
    target "base" { tags = ["example/base:cpu"] }
    target "app" { contexts = { base = "target:base", python = "docker-image://python:3.11" } }
    """
    found = script(text)
    assert [(n, v.text) for n, v in found.builds[1].named_contexts] == [
        ("base", "docker-image://example/base:cpu"),
        ("python", "docker-image://python:3.11"),
    ]
    assert [use.value.text for use in found.uses if use.kind == "bake context"] == ["python:3.11"]


def test_json_says_the_same() -> None:
    data: dict[str, Any] = {
        "variable": {"TAG": {"default": "cuda"}},
        "target": {"app": {"context": "app", "tags": ["example/app:${TAG}"], "args": {"A": 1}}},
    }
    found = script(json.dumps(data, indent=1), "docker-bake.json")
    assert (found.builds[0].dockerfile, tags(found)) == ("app/Dockerfile", ["example/app:cuda"])
    assert [(name, value.text) for name, value in found.builds[0].args] == [("A", "1")]


def test_which_targets_are_built_by_themselves() -> None:
    """Not those that others inherit, nor those that are marked with an underscore; all that a group or nobody names."""
    text = """
    group "all" { targets = ["_named", "parent-in-a-group"] }
    target "_hidden" { tags = ["e:hidden"] }
    target "_named" { tags = ["e:named"] }
    target "parent" { tags = ["e:parent"] }
    target "parent-in-a-group" { tags = ["e:parent-in-a-group"] }
    target "default" { tags = ["e:default"] }
    target "child" {
      inherits = ["parent", "parent-in-a-group", "default"]
      tags = ["e:child"]
    }
    target { tags = ["e:without-a-name"] }
    other "x" { tags = ["e:other"] }
    """
    assert tags(script(text)) == ["e:named", "e:parent-in-a-group", "e:default", "e:child"]


def test_what_inherits_from_what_inherits() -> None:
    text = """
    target "_a" {
      dockerfile = "docker/Dockerfile.cuda"
      tags = ["e:a"]
      args = { A = "a", B = "a" }
      contexts = { python = "docker-image://python:3.11" }
    }
    target "_b" {
      inherits = ["_a"]
      args = { B = "b", C = "b" }
    }
    target "c" {
      inherits = ["_b"]
      args = { C = "c", "${OTHER}" = "x", D = null, E = 2, F = true, G = OTHER }
    }
    target "loop" { inherits = ["loop"] }
    """
    found = script(text)
    build = found.builds[0]
    assert (build.dockerfile, tags(found)) == ("docker/Dockerfile.cuda", ["e:a"])
    args = {name: value.shown() for name, value in build.args}
    assert args == {"A": "a", "B": "b", "C": "c", "E": "2", "F": "true", "G": "${OTHER}"}
    assert {name: value.because[-1].text for name, value in build.args}["B"] == "args B=b"
    assert {name: value.because[-1].line for name, value in build.args}["B"] == 10
    assert [name for name, _ in build.named_contexts] == ["python"]


MATRIX = """
target "app" {
  name = "app-${f}"
  matrix = { f = ["cpu", "gpu"] }
  context = "app"
  args = { B = "base-${f}" }
  tags = ["e:${f}"]
}
"""


def test_what_a_matrix_makes_can_be_inherited() -> None:
    """With what its own round says, whatever the variables of the one that inherits are."""
    text = """
    target "test" {
      inherits = ["app-${g}"]
      name = "test-${g}"
      matrix = { g = ["cpu", "gpu"], f = ["other"] }
      target = "test"
      tags = ["e:test-${g}"]
    }
    """
    found = script(MATRIX + text)
    assert tags(found) == ["e:cpu", "e:gpu", "e:test-cpu", "e:test-gpu"]
    build = found.builds[3]
    assert (build.dockerfile, build.contexts, build.target, build.more) == ("app/Dockerfile", ("app",), "test", False)
    assert [(name, value.text) for name, value in build.args] == [("B", "base-gpu")]


def test_a_target_has_not_the_name_of_what_it_inherits() -> None:
    build = script(MATRIX + 'target "own" { inherits = ["app-gpu"] }').builds[-1]
    assert build.built_by[0].text == "bake target own"


def test_what_a_matrix_makes_as_a_context() -> None:
    build = script(MATRIX + 'target "b" { contexts = { base = "target:app-gpu", all = "target:app" } }').builds[-1]
    named = [(name, value.text) for name, value in build.named_contexts]
    assert named == [("base", "docker-image://e:gpu"), ("all", "target:app")]


@pytest.mark.parametrize(
    ("group", "made"), [("_app-gpu", ["e:gpu"]), ("_app", ["e:cpu", "e:gpu"]), ("_app-x", []), ("_app-cpu", ["e:cpu"])]
)
def test_what_a_matrix_makes_in_a_group(group: str, made: list[str]) -> None:
    text = MATRIX.replace('"app"', '"_app"').replace('"app-', '"_app-')
    assert tags(script(f'group "default" {{ targets = ["{group}"] }}\n{text}')) == made


@pytest.mark.parametrize("parents", ['["_a", "missing"]', "OTHER", '["_${OTHER}"]', '["_a", OTHER]', '["twice"]'])
def test_nothing_is_known_of_what_a_target_that_is_not_known_may_give(parents: str) -> None:
    text = f"""
    target "_a" {{
      dockerfile = "docker/Dockerfile.cuda"
      target = "a"
      tags = ["e:a"]
      args = {{ A = "a", B = "a" }}
      platforms = ["linux/arm64"]
    }}
    target "twice" {{
      matrix = {{ x = ["1", "2"] }}
      name = "twice"
    }}
    target "child" {{
      inherits = {parents}
      args = {{ B = "b" }}
    }}
    """
    build = script(text).builds[-1]
    assert (build.dockerfile, build.contexts, build.target, build.tags) == ("", (), None, ())
    assert (build.more, build.platforms) == (True, ())
    assert {name: value.text for name, value in build.args if value.known} == {"B": "b"}


def test_what_a_target_says_itself_is_known_whatever_it_inherits() -> None:
    own = 'context = "app"\ndockerfile = "Dockerfile"\ntags = ["e:own"]'
    text = 'target "a" {\ninherits = ["missing"]\n%s\n%s\n}'
    (build,) = script(text % (own, 'target = "x"')).builds
    assert (build.dockerfile, build.target, build.tags[0].value.text) == ("app/Dockerfile", "x", "e:own")
    (build,) = script(text % (own, "")).builds
    assert (build.dockerfile, build.contexts) == ("", ("app",))


def test_what_the_metadata_action_gives_is_no_dockerfile() -> None:
    (build,) = script('target "a" { inherits = ["docker-metadata-action"] }').builds
    assert (build.dockerfile, build.tags, build.more) == ("Dockerfile", (), True)


def test_where_a_tag_stands() -> None:
    text = (
        'A = ["e:1", "e:2"]\ntarget "a" {\n  tags = [A[0], "e:3"]\n  target = "runtime"\n}\ntarget "b" { tags = A }\n'
    )
    found = script(text)
    lines = text.splitlines()
    spans = [tag.span for build in found.builds for tag in build.tags]
    assert [lines[s.line - 1][s.column - 1 : s.end_column - 1] for s in spans] == ["A[0]", "e:3", "A", "A"]
    assert tags(found) == ["e:1", "e:3", "e:1", "e:2"]
    assert all(tag.produces for build in found.builds for tag in build.tags)
    assert [lines[b.span.line - 1][b.span.column - 1 :] for b in found.builds] == [
        '"runtime"',
        'target "b" { tags = A }',
    ]
    assert [lines[b.span.line - 1][b.span.column - 1 : b.span.end_column - 1] for b in found.builds] == [
        '"runtime"',
        "target",
    ]


@pytest.mark.parametrize(
    ("context", "folder", "dockerfile"),
    [
        (".", "deploy", ""),
        ("..", ".", "Dockerfile"),
        ("../app", "app", "app/Dockerfile"),
        ("app", "deploy/app", "app/Dockerfile"),
        ("/srv", None, ""),
        ("https://example.org/app.git", None, ""),
        ("target:base", None, ""),
        ("${OTHER}", None, ""),
    ],
)
def test_a_context_lies_below_the_file_or_below_a_folder_above(
    context: str, folder: str | None, dockerfile: str
) -> None:
    known = ("Dockerfile", "app/Dockerfile")
    text = f'target "a" {{\n  context = "{context}"\n  tags = ["e:x"]\n}}\n'
    if context == ".":  # the root has a Dockerfile too
        known = known[1:]
    found = bake_script(Source("deploy/docker-bake.hcl", text), first_of(*known))
    (build,) = found.builds
    assert build.dockerfile == dockerfile
    assert (folder is None) == (build.contexts == ())
    if folder is not None and context != "app":
        assert build.contexts[0] == folder
    if context == "app":  # of the two, the one that holds the Dockerfile comes first
        assert build.contexts == ("app", "deploy/app")


def test_a_dockerfile_in_the_bake_file_itself_is_no_file_of_the_repository() -> None:
    assert script('target "a" { dockerfile-inline = "FROM x" }').builds[0].dockerfile == ""
    assert script('target "a" { dockerfile = OTHER }').builds[0].dockerfile == ""


def test_contexts_that_are_not_known() -> None:
    text = """
    target "untagged" { tags = [] }
    target "doubtful" { tags = ["e:${OTHER}", "e:known"] }
    target "app" {
      contexts = { a = "target:untagged", b = "target:missing", c = [1], d = "./folder", e = "target:doubtful" }
    }
    """
    found = script(text)
    assert [(name, value.text) for name, value in found.builds[2].named_contexts] == [
        ("a", "target:untagged"),
        ("b", "target:missing"),
        ("d", "./folder"),
        ("e", "docker-image://e:known"),
    ]


@pytest.mark.parametrize(
    ("given", "platform"),
    [
        ("[]", "linux/amd64"),
        ('["linux/arm64", "linux/amd64"]', "linux/amd64"),
        ('["linux/arm64", "linux/arm/v7"]', "linux/arm64"),
        ("OTHER", "linux/amd64"),
        ('["linux/arm64", OTHER]', "linux/amd64"),
    ],
)
def test_the_platform_that_is_judged(given: str, platform: str) -> None:
    """Of several the one that most images run on."""
    (build,) = script(f'target "a" {{ platforms = {given} }}').builds
    assert build.platform == platform


def test_reasons_of_a_value() -> None:
    text = (
        'A = "1"\nvariable "B" {\n  default = "${A}2"\n}\nvariable "C" {}\n'
        'target "t" {\n  matrix = { V = [B, "x"] }\n  tags = ["e:${V}"]\n}\n'
    )
    first, second = script(text).builds
    assert [(r.kind, r.text, r.line) for r in first.tags[0].value.because] == [
        ("variable", "A=1", 1),
        ("default", "B=12", 3),
        ("loop", "V=12", 6),
    ]
    assert [(r.kind, r.text, r.line) for r in second.tags[0].value.because] == [("loop", "V=x", 6)]


def test_matrices_without_end_and_matrices_that_are_not_known() -> None:
    values = ", ".join(f'"{number}"' for number in range(30))
    many = f'target "a" {{\n  matrix = {{ A = [{values}], B = [{values}] }}\n  tags = ["e:${{A}}-${{B}}"]\n}}\n'
    assert tags(script(many))[-1] == "e:8-15"  # the 256th
    assert tags(script('target "a" {\n  matrix = OTHER\n  tags = ["e:x"]\n}\n')) == []
    assert tags(script('target "a" {\n  matrix = { A = "one" }\n  tags = ["e:${A}"]\n}\n')) == ["e:one"]


def test_a_name_without_a_matrix_is_not_the_label() -> None:
    assert script('target "a" { name = "b" }').builds[0].built_by[0].text == "bake target a"


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("timestamp()", [f"e:x{HOLE}y"]),
        ("[for x in y: x]", [f"e:x{HOLE}y"]),
        ("OTHER", [f"e:x{HOLE}y"]),
        ("-1", [f"e:x{HOLE}y"]),
        ('"${', []),
        ("{for k, v in x: k => v}", [f"e:x{HOLE}y"]),
        ("a.b[0].c", [f"e:x{HOLE}y"]),
        ("<<EOT\nx\nEOT\n", ["e:xx\ny"]),
    ],
)
def test_what_is_not_known_is_a_hole_or_nothing(value: str, named: list[str]) -> None:
    found = script(f'variable "V" {{ default = {value} }}\ntarget "a" {{ tags = ["e:x${{V}}y"] }}\n')
    assert [tag.value.text for build in found.builds for tag in build.tags] == named


def test_a_function_of_what_is_not_known() -> None:
    assert tags(script('target "a" { tags = ["e:${lower(X)}-cuda"] }')) == ["e:${lower(...)}-cuda"]


@given(st.text(alphabet='ab"{}[]=${}<\n,:?()#/ .-', max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    read_hcl(Source("docker-bake.hcl", text))
    script(f'target "a" {{ tags = [{text}] }}')
    script(text, "docker-bake.json")
