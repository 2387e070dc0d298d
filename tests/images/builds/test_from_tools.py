"""Builds and uses in justfiles, Taskfiles, skaffold.yaml, devcontainer.json and Helm values."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_by_scripts import first_normal_of, tags
from file_trees import write_tree

from wxlint.core.cache import NO_CACHE
from wxlint.documents.source import Source
from wxlint.images.builds.from_devcontainer import devcontainer_script
from wxlint.images.builds.from_just import just_script
from wxlint.images.builds.from_tox import tox_script
from wxlint.images.builds.from_yaml_tools import skaffold_script, taskfile_script
from wxlint.images.builds.helm.from_helm import helm_script
from wxlint.lint.inputs import gather

find = first_normal_of("Dockerfile", "app/Dockerfile", ".devcontainer/Dockerfile")


def test_a_justfile() -> None:
    text = """\
image := "example/app"
export version := '1.0'
sha := `git rev-parse HEAD`
# docker build -t no:1 .
build variant="cpu" extra: deps
    @docker build -t {{image}}:{{version}}-{{variant}} \\
        --build-arg E={{ extra }} .
    -docker push {{image + ":" + version}}-{{sha}}
other:
    #!/usr/bin/env bash
    TAG=2
    docker build -t {{ image }}:$TAG app
"""
    found = just_script(Source("justfile", text), find)
    assert tags(found) == ["example/app:1.0-cpu", "example/app:2"]
    assert [build.dockerfile for build in found.builds] == ["Dockerfile", "app/Dockerfile"]
    assert [(name, value.shown()) for name, value in found.builds[0].args] == [("E", "{{extra}}")]
    assert found.builds[0].built_by[0].text == "just build"
    assert found.builds[0].tags[0].span.line == 6
    assert [use.value.shown() for use in found.uses][1] == "example/app:1.0-{{sha}}"


@pytest.mark.parametrize(
    ("lines", "made"),
    [
        ("build:\n  docker build -t a:1 .", ["a:1"]),
        ("build:\n  podman build -t a:1 .", ["a:1"]),
        ("build:\n  buildah build -t a:1 .", ["a:1"]),
        ("build:\n  nerdctl build -t a:1 .", ["a:1"]),
        ("engine := 'docker'\nbuild:\n  {{engine}} build -t a:1 .", ["a:1"]),
        ("build:\n  {{engine}} build -t a:1 .\nengine := 'docker'", ["a:1"]),
        ("v := '1' # the version\nbuild:\n  docker build -t a:{{v}} .", ["a:1"]),
        ("v := '1' + 'x'\nbuild:\n  docker build -t a:{{v}} .", ["a:{{v}}"]),
        ("v := ''\nbuild:\n  docker build -t a:1{{v}} .", ["a:1"]),
        ("v := 1\nbuild:\n  docker build -t a:{{v}} .", ["a:{{v}}"]),
        ("v := '1'\nbuild v='2':\n  docker build -t a:{{v}} .", ["a:2"]),
        ("v := '1'\nbuild v:\n  docker build -t a:{{v}} .", ["a:{{v}}"]),
        ("build *v='2':\n  docker build -t a:{{v}} .", ["a:2"]),
        ("build:\n  docker build -t a:{{ 'x' + \"y\" }} .", ["a:xy"]),
        ("build:\n  docker build -t a:{{ x() }} .", ["a:{{ x() }}"]),
        ("build:\n  docker build -t 'a:{{{{v}}' .", ["a:{{v}}"]),
        ("@build: deps\n  docker build -t a:1 .", ["a:1"]),
        ("build:\n  T=1\n  docker build -t a:$T .", ["a:$T"]),  # each line has a shell of its own
        ("build:\n  T=1; \\\n  docker build -t a:$T .", ["a:1"]),
        ("build:\n  #!/bin/bash\n  T=1\n  docker build -t a:$T .", ["a:1"]),
        ("build:\n\n  @-docker build -t a:1 .\n# docker build -t a:2 .\n", ["a:1"]),
        ("# build:\n  docker build -t a:1 .", []),
    ],
)
def test_recipes_of_a_justfile(lines: str, made: list[str]) -> None:
    assert tags(just_script(Source("justfile", lines), find)) == made


def test_reasons_of_a_justfile() -> None:
    text = "v := '1'\nbuild w='2':\n  docker build -t a:{{v}}-{{w}} .\n"
    (build,) = just_script(Source("justfile", text), find).builds
    reasons = [(reason.kind, reason.text, reason.line, reason.name) for reason in build.tags[0].because]
    assert reasons == [("variable", "v=1", 1, "v"), ("default", "w=2", 2, "w")]
    assert (build.built_by[0].kind, build.built_by[0].line, build.built_by[0].name) == ("build", 3, "build")


def test_a_taskfile() -> None:
    text = """\
version: "3"
vars: {IMAGE: example/app, SHA: {sh: git rev-parse HEAD}}
tasks:
  build:
    vars: {TAG: "1.0-{{.VARIANT}}", NAME: "{{.IMAGE}}"}
    dir: app
    cmds:
      - docker build -t {{.NAME}}:{{.TAG}} .
      - cmd: docker push {{.IMAGE}}:{{.SHA}}
      - task: other
  other: docker run {{.IMAGE | lower}}:1
"""
    found = taskfile_script(Source("Taskfile.yml", text), find, NO_CACHE)
    assert tags(found) == ["example/app:1.0-{{.VARIANT}}"]
    assert found.builds[0].dockerfile == "app/Dockerfile"
    assert [use.value.shown() for use in found.uses] == [
        "example/app:1.0-{{.VARIANT}}",
        "example/app:{{.SHA}}",
        "{{.IMAGE | lower}}:1",
    ]
    assert [use.span.line for use in found.uses] == [8, 9, 11]


def test_skaffold() -> None:
    text = """\
apiVersion: skaffold/v4beta6
build:
  artifacts:
    - image: example/app
      context: app
      docker: {target: run, buildArgs: {V: "1", W: "{{.X}}"}}
    - {image: example/java, jib: {}}
profiles:
  - build: {artifacts: [{image: example/root}]}
"""
    found = skaffold_script(Source("skaffold.yaml", text), find, NO_CACHE)
    assert [(build.dockerfile, build.contexts, build.target) for build in found.builds] == [
        ("app/Dockerfile", ("app",), "run"),
        ("Dockerfile", (".",), None),
    ]
    assert tags(found) == ["example/app:tag", "example/root:tag"]
    assert [(name, value.shown()) for name, value in found.builds[0].args] == [("V", "1"), ("W", "{{.X}}")]


def test_a_devcontainer() -> None:
    text = """\
{
  // "image": "no:1",
  "image": "example/dev:1.0", /* , */
  "build": {"dockerfile": "Dockerfile", "context": "..", "args": {"A": "b//c"},},
}
"""
    found = devcontainer_script(Source(".devcontainer/devcontainer.json", text), find)
    (build,) = found.builds
    assert (build.dockerfile, build.contexts) == (".devcontainer/Dockerfile", (".",))
    assert [(name, value.text) for name, value in build.args] == [("A", "b//c")]
    assert [(use.value.text, use.span.line, use.span.column) for use in found.uses] == [("example/dev:1.0", 3, 13)]
    missing = devcontainer_script(Source(".devcontainer.json", '{"dockerFile": "gone/Dockerfile"}'), find)
    assert missing.builds[0].wanted == ("gone/Dockerfile",)
    assert devcontainer_script(Source("a.json", "{"), find).problems


def test_values_of_a_chart() -> None:
    text = """\
app:
  image: {registry: ghcr.io, repository: example/app, tag: "1.0-cuda", pullPolicy: Always}
side: {image: "example/side:latest"}
own:
  image:
    repository: example/own
    tag: ""
git: {repository: "https://example.org/x"}
beside: {image: example/beside, tag: v1}
open: {image: example/open, tag: ""}
pinned: {repository: example/p, tag: x, digest: "sha256:%s"}
""" % ("a" * 64)
    found = helm_script(Source("values.yaml", text), NO_CACHE, lambda path: None)
    assert [(use.value.shown(), use.span.line) for use in found.uses] == [
        ("ghcr.io/example/app:1.0-cuda", 2),
        ("example/side:latest", 3),
        ("example/own:the chart's version", 6),
        ("example/beside:v1", 9),
        ("example/open:the chart's version", 10),
        ("example/p@sha256:" + "a" * 64, 11),
    ]


@pytest.mark.parametrize("text", ["", "a", "[", "tasks: 1", "build: {artifacts: {}}", "image: {repository: {}}"])
def test_what_is_none_of_them(text: str) -> None:
    source = Source("x.yaml", text)
    assert not just_script(source, find).builds and not taskfile_script(source, find, NO_CACHE).builds
    assert not skaffold_script(source, find, NO_CACHE).builds and not devcontainer_script(source, find).builds
    assert not helm_script(source, NO_CACHE, lambda path: None).uses


def test_they_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "Dockerfile": "FROM python:3.11-slim\n",
        "justfile": "build:\n    docker build -t a:1 .\n",
        "Taskfile.yml": "tasks: {build: docker build -t b:1 .}\n",
        "skaffold.yaml": "apiVersion: skaffold/v4\nbuild: {artifacts: [{image: c}]}\n",
        ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile"}}\n',
        "chart/values.yaml": "image:\n  repository: e/d\n  tag: '1'\n",
        "values-of-something.yaml": "a: 1\n",
        "build.ps1": "docker build -t e:1 .\n",
    }
    write_tree(tmp_path, files)
    repository = gather(["."]).repository
    kinds = {item.path: item.kind for item in repository.documents.given}
    assert kinds == {
        "Dockerfile": "dockerfile",
        "justfile": "just",
        "Taskfile.yml": "taskfile",
        "skaffold.yaml": "skaffold",
        ".devcontainer/devcontainer.json": "devcontainer",
        "chart/values.yaml": "helm",
        "build.ps1": "powershell",
    }
    assert len(repository.evaluated) == 5
    assert "e/d:1" in [use.value.text for use in repository.uses]


TOX = """\
[tox]
envlist = docker
[testenv]
set_env =
    TAG = 1.0
    HOST = {env:HOST}
commands = pytest {posargs}
# docker build -t no:1 .
[testenv:docker]
setenv = NAME=example/app
allowlist_externals = docker
commands_pre = docker pull example/base:1
commands =
    - docker build -t {env:NAME}:{env:TAG} \\
        --build-arg E={env:EXTRA:none} {toxinidir}
    py311: docker build -t {env:NAME}:{env:HOST} {toxinidir}/app
    docker run --gpus all {env:NAME}:{env:TAG} {posargs:pytest -q}
    # docker build -t no:2 .
[flake8]
commands = docker build -t no:3 .
[testenv:other]
deps = docker
commands = docker build -t e/other:{env:TAG} -f {tox_root}/app/Dockerfile .
"""


def test_a_tox_ini() -> None:
    found = tox_script(Source("tox.ini", TOX), find)
    assert tags(found) == ["example/app:1.0", "example/app:{env:HOST}", "e/other:1.0"]
    assert [build.dockerfile for build in found.builds] == ["Dockerfile", "app/Dockerfile", "app/Dockerfile"]
    assert [(name, value.shown()) for name, value in found.builds[0].args] == [("E", "none")]
    assert [build.built_by[0].text for build in found.builds] == ["tox docker", "tox docker", "tox other"]
    assert [(use.kind, use.value.shown(), use.span.line) for use in found.uses if not use.produces] == [
        ("docker pull", "example/base:1", 12),
        ("docker run", "example/app:1.0", 17),
    ]
    assert [call.docker.verb for call in found.calls] == ["pull", "build", "build", "run", "build"]


def test_a_tox_ini_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM python:3.11-slim\n")
    Path("tox.ini").write_text("[testenv]\ncommands = docker build -t example/app:1.0 .\n")
    repository = gather(["."]).repository
    assert tags(repository.scripts["tox.ini"]) == ["example/app:1.0"]


@pytest.mark.parametrize(
    "text", ["", "[", "[testenv]", "commands = docker build .", "[testenv]\ncommands =\n  docker build {\n"]
)
def test_a_tox_ini_that_says_nothing(text: str) -> None:
    assert tags(tox_script(Source("tox.ini", text), find)) == []
