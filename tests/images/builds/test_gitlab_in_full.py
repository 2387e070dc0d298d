"""Jobs of GitLab pipelines what they build, with which values and from where, and which images they name."""

from __future__ import annotations

import pytest
from built_by_scripts import first_normal_of, shown, uses_shown

from wxlint.documents.source import Source
from wxlint.images.builds.from_gitlab import Pipelines
from wxlint.images.builds.model import Script


def pipeline(text: str) -> Script:
    files = {".gitlab-ci.yml": Source(".gitlab-ci.yml", f"{text}\n")}
    pipelines = Pipelines(first_normal_of("Dockerfile", "app/Dockerfile"), files.get)
    pipelines.add(files[".gitlab-ci.yml"])
    return pipelines.script(".gitlab-ci.yml")


BUILDS = [
    # pipeline, each build
    ("b: {script: [docker build -t e:1 .]}", ["Dockerfile in ., as e:1, by job b on line 1, at 1:14-35"]),
    ("b: {script: 'docker build -t e:1 .'}", ["Dockerfile in ., as e:1, by job b on line 1, at 1:14-35"]),
    ("b: {script: ['cd app', docker build .]}", ["app/Dockerfile in app, by job b on line 1, at 1:24-38"]),
    ("b: {before_script: [V=2], script: ['docker build -t e:$V .']}",
     ["Dockerfile in ., as e:2, by job b on line 1, at 1:37-59"]),
    ("variables: {V: '3'}\nb: {script: ['docker build -t e:$V .']}",
     ["Dockerfile in ., as e:3, by job b on line 2, at 2:15-37"]),
    ("variables: {V: '3'}\nb: {variables: {V: '4'}, script: ['docker build -t e:$V .']}",
     ["Dockerfile in ., as e:4, by job b on line 2, at 2:36-58"]),
    ("b: {script: ['docker build --build-arg A=$V .'], variables: {V: '1'}}",
     ["Dockerfile in ., A=1, by job b on line 1, at 1:15-46"]),
    ("b: {script: ['docker build -t $CI_REGISTRY_IMAGE:$CI_COMMIT_SHA .']}",
     ["Dockerfile in ., as $CI_REGISTRY_IMAGE:$CI_COMMIT_SHA, by job b on line 1, at 1:15-66"]),
    (".t: {script: [docker build -t e:1 .]}\nb: {extends: .t}",
     ["Dockerfile in ., as e:1, by job b on line 1, at 1:15-36"]),
    (".t: {script: [docker build -t e:1 .]}\nb: {script: [!reference [.t, script]]}",
     ["Dockerfile in ., as e:1, by job b on line 1, at 1:15-36"]),
    (".t: {script: [docker build -t e:1 .]}", []),  # a template is no job
    ("b: {parallel: {matrix: [{V: [a, b]}]}, script: ['docker build -t e:$V .']}",
     [f"Dockerfile in ., as e:{v}, by job b on line 1, at 1:50-72" for v in "ab"]),
    ("b: {rules: [{if: x, variables: {V: '2'}}], variables: {V: '1'}, script: ['docker build -t e:$V .']}",
     ["Dockerfile in ., as e:$V, by job b on line 1, at 1:75-97"]),
    ("b:\n  script:\n    - |\n      docker build \\\n        -t e:1 .",
     ["Dockerfile in ., as e:1, by job b on line 4, at 4:7-17"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "builds"), BUILDS, ids=[row[0] for row in BUILDS])
def test_what_jobs_build(text: str, builds: list[str]) -> None:
    assert [shown(build) for build in pipeline(text).builds] == builds


USES = [
    ("b: {image: a:1, services: [s:1, {name: t:1}], script: [ls]}",
     ["job container a:1 line 1", "job service s:1 line 1", "job service t:1 line 1"]),
    ("image: d:1\nb: {script: [ls]}", ["job container d:1 line 1"]),
    ("default: {image: d:1, services: [s:1]}\nb: {image: {name: i:1}, services: [], script: [ls]}",
     ["job container i:1 line 2"]),
    ("b: {image: 'e:$V', variables: {V: '1'}, script: [ls]}", ["job container e:1 line 1"]),
    ("b: {image: 'e:${V}-x', variables: {V: {value: '1', description: x}}, script: [ls]}",
     ["job container e:1-x line 1"]),
    ("b: {image: 'e:$NOPE', script: [ls]}", ["job container e:$NOPE line 1"]),
    ("b: {script: [docker pull a:1], after_script: [docker push b:1]}",
     ["docker pull a:1 line 1", "docker push b:1 line 1"]),
    ("b: {script: ['docker run --gpus all a:1']}", ["docker run a:1 line 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "uses"), USES, ids=[row[0] for row in USES])
def test_what_images_jobs_name(text: str, uses: list[str]) -> None:
    assert uses_shown(pipeline(text)) == uses
