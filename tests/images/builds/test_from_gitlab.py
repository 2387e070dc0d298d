"""Builds and uses in GitLab pipelines: inheritance, variables, matrices, included files, kaniko and buildah."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.from_gitlab import Pipelines
from wxlint.images.builds.from_scripts import Script
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather

DOCKERFILES = ("Dockerfile", "app/Dockerfile", "docker/Dockerfile.cuda")


def find(paths: list[str]) -> str | None:
    return next((path for path in paths if path in DOCKERFILES), None)


def script(text: str, path: str = ".gitlab-ci.yml", **others: str) -> Script:
    """What a pipeline does. others: files of the repository, `__` for `/`."""
    files = {name.replace("__", "/"): Source(name.replace("__", "/"), own) for name, own in others.items()}
    pipelines = Pipelines(find, files.get)
    pipelines.add(Source(path, text))
    return pipelines.script(path)


def tags(found: Script) -> list[str]:
    return [tag.value.shown() for build in found.builds for tag in build.tags]


def test_images_services_and_defaults() -> None:
    found = script(
        """\
default:
  image: python:3.11
services: [docker:dind]
variables: {TAG: "1.0", FULL: "tool:$TAG"}
one: {script: [ls]}
two: {image: "example/$FULL", services: [{name: redis:7}], script: [ls]}
three: {image: {name: $CI_REGISTRY_IMAGE/x:1}, inherit: {default: false}, script: [ls]}
.hidden: {image: alpine:latest}
"""
    )
    assert [(use.kind, use.value.shown(), use.span.line) for use in found.uses] == [
        ("job container", "python:3.11", 2),
        ("job service", "docker:dind", 3),
        ("job container", "example/tool:1.0", 6),
        ("job service", "redis:7", 6),
        ("job container", "$CI_REGISTRY_IMAGE/x:1", 7),
    ]


def test_a_script_with_what_comes_before_it() -> None:
    text = """\
variables:
  FILE: docker/Dockerfile.cuda
.base: &base
  before_script:
    - cd $CI_PROJECT_DIR
    - export TAG=1.0-$VARIANT
pack:
  <<: *base
  variables: {VARIANT: cuda}
  script:
    - docker build -f "$FILE" --build-arg V=$VARIANT -t example/app:$TAG .
    - |
      docker push example/app:$TAG
"""
    found = script(text)
    (build,) = found.builds
    assert (build.dockerfile, build.contexts, tags(found)) == (
        "docker/Dockerfile.cuda",
        (".",),
        ["example/app:1.0-cuda"],
    )
    assert [(name, value.text) for name, value in build.args] == [("V", "cuda")]
    assert build.built_by[0].text == "job pack"
    assert [use.span.line for use in found.uses] == [11, 13]
    assert text.splitlines()[10][build.tags[0].span.column - 1 :].startswith("example/app:$TAG")


def test_extends_joins_variables_and_replaces_the_rest() -> None:
    found = script(
        """\
.a:
  variables: {A: "1", B: "1"}
  script: [docker build -t a:$A-$B .]
.b:
  variables: {B: "2"}
both:
  extends: [.a, .b]
own:
  extends: .a
  script: ["docker build -t own:$A ."]
open:
  extends: .gone
  script: [docker build -t open:$A .]
"""
    )
    assert tags(found) == ["a:1-2", "own:1", "open:$A"]


def test_references_and_nested_lists() -> None:
    found = script(
        """\
.setup:
  script: [export A=1, [export B=2]]
pack:
  script:
    - !reference [.setup, script]
    - docker build -t a:$A-$B .
    - !reference [.gone, script]
"""
    )
    assert tags(found) == ["a:1-2"]


def test_a_matrix_is_one_build_for_each_round() -> None:
    found = script(
        """\
pack:
  parallel:
    matrix:
      - {V: [cpu, cuda], P: "3.11"}
      - V: rocm
  script: [docker build -t a:$V-$P .]
"""
    )
    assert tags(found) == ["a:cpu-3.11", "a:cuda-3.11", "a:rocm-$P"]
    assert [reason.text for reason in found.builds[1].tags[0].because] == ["V=cuda", "P=3.11"]


def test_what_rules_may_set_is_not_known() -> None:
    text = (
        "pack:\n  variables: {V: cpu}\n  rules: [{if: $X, variables: {V: cuda}}]\n  script: [docker build -t a:$V .]\n"
    )
    assert tags(script(text)) == ["a:$V"]


def test_files_of_the_repository_are_included() -> None:
    others = {
        "ci__base.yml": "include: {local: ci/more.yml}\n.build:\n  script: [docker build -t a:$V .]\n"
        "variables: {V: base}\n",
        "ci__more.yml": "variables: {V: more, W: more}\nother: {image: 'b:$W'}\n",
    }
    text = "include:\n  - local: /ci/base.yml\n  - {remote: 'https://example.org/x.yml'}\npack:\n  extends: .build\n"
    found = script(text, **others)
    assert tags(found) == ["a:base"]
    assert {(use.value.text, use.span.path) for use in found.uses} == {
        ("a:base", "ci/base.yml"),
        ("b:more", "ci/more.yml"),
    }


def test_a_circle_of_includes_and_extends_ends() -> None:
    others = {"a.yml": "include: /.gitlab-ci.yml\n"}
    assert script(
        "include: a.yml\nx: {extends: y}\ny: {extends: x, script: [docker build -t a:1 .]}\n", **others
    ).builds


@pytest.mark.parametrize(
    ("line", "dockerfile", "context"),
    [
        (
            "/kaniko/executor --context $CI_PROJECT_DIR --dockerfile app/Dockerfile --destination a:1",
            "app/Dockerfile",
            ".",
        ),
        ("/kaniko/executor --context=dir://$CI_PROJECT_DIR/app --destination=a:1", "app/Dockerfile", "app"),
        ("/kaniko/executor -c app -f Dockerfile -d a:1 --cache=true --single-snapshot", "app/Dockerfile", "app"),
        ("buildah bud -f docker/Dockerfile.cuda -t a:1 .", "docker/Dockerfile.cuda", "."),
        ("buildah build -t a:1 app", "app/Dockerfile", "app"),
    ],
)
def test_other_builders(line: str, dockerfile: str, context: str) -> None:
    found = script(f"pack:\n  script:\n    - {line} --build-arg V=1 --target run\n")
    (build,) = found.builds
    assert (build.dockerfile, build.contexts[0], build.target, tags(found)) == (dockerfile, context, "run", ["a:1"])
    assert [(name, value.text) for name, value in build.args] == [("V", "1")]


def test_a_run_on_a_machine_without_a_gpu() -> None:
    text = "a: {script: [docker run a:cuda]}\nb: {tags: [gpu], script: [docker run a:cuda]}\n"
    assert [call.hosted for call in script(text).calls] == [True, False]


@pytest.mark.parametrize(
    "text", ["", "a", "- a\n", "a: [b\n", "a: {script: 1}\nimage: {name: {}}\n", "include: {local: {}}\n"]
)
def test_what_is_no_pipeline(text: str) -> None:
    assert script(text).builds == ()


def test_through_the_command_line_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n")
    (tmp_path / ".gitlab-ci.yml").write_text(
        "image: docker:27\nbuild:\n  script:\n    - docker build -t example/asr:1.0-cpu .\ninclude: /ci/more.yml\n"
    )
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/more.yml").write_text("x:\n  image: [\n")
    gathered = gather(["."])
    report = engine.check(gathered.repository, engine.Options(scope=gathered.scope))
    found = {(f.rule, f.span.path, f.span.line) for f in report.findings}
    assert ("variant-tag", ".gitlab-ci.yml", 4) in found
    assert any(rule == "syntax-error" and path == "ci/more.yml" for rule, path, _ in found)
