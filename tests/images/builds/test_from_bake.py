"""Targets of bake files: inheritance, variables, matrices, contexts, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.hcl import read_hcl
from wxlint.documents.source import Source
from wxlint.images.builds.from_bake import bake_script
from wxlint.images.builds.from_scripts import Script

DOCKERFILES = ("Dockerfile", "docker/Dockerfile.cuda", "app/Dockerfile")


def script(text: str, path: str = "docker-bake.hcl") -> Script:
    return bake_script(Source(path, text), lambda paths: next((p for p in paths if p in DOCKERFILES), None))


def tags(found: Script) -> list[str]:
    return [tag.value.shown() for build in found.builds for tag in build.tags]


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


@pytest.mark.parametrize(
    "value",
    ["timestamp()", "[for x in y: x]", "OTHER", "-1", '"${', "{for k, v in x: k => v}", "a.b[0].c", "<<EOT\nx\nEOT\n"],
)
def test_what_is_not_known_is_a_hole_or_nothing(value: str) -> None:
    found = script(f'variable "V" {{ default = {value} }}\ntarget "a" {{ tags = ["e:x${{V}}y"] }}\n')
    assert all(not tag.value.known or tag.value.text in ("e:x-1y", "e:xx\ny") for b in found.builds for tag in b.tags)


def test_a_function_of_what_is_not_known() -> None:
    assert tags(script('target "a" { tags = ["e:${lower(X)}-cuda"] }')) == ["e:${lower(...)}-cuda"]


@given(st.text(alphabet='ab"{}[]=${}<\n,:?()#/ .-', max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    read_hcl(Source("docker-bake.hcl", text))
    script(f'target "a" {{ tags = [{text}] }}')
    script(text, "docker-bake.json")
