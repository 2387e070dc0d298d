"""Builds of skaffold, devcontainers and Taskfiles in full: Dockerfile, context, target, arguments, tags and places."""

from __future__ import annotations

import pytest
from built_by_scripts import first_normal_of, shown, uses_shown

from wxlint.core.cache import NO_CACHE
from wxlint.documents.source import Source
from wxlint.images.builds.from_devcontainer import devcontainer_script
from wxlint.images.builds.from_yaml_tools import skaffold_script, taskfile_script
from wxlint.images.builds.model import Script

find = first_normal_of("Dockerfile", "app/Dockerfile", "app/Dockerfile.gpu", ".devcontainer/Dockerfile")
SKAFFOLD = "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n"
TASKS = "version: '3'\nvars: {V: '1', N: , S: {sh: date}}\ntasks:\n  "


def skaffold(text: str, path: str = "skaffold.yaml") -> Script:
    return skaffold_script(Source(path, text), find, NO_CACHE)


BY = "by skaffold artifact e/a on line 5, at 5:15-18"
ARTIFACTS = [
    ("{image: e/a}", f"Dockerfile in ., as e/a:tag, {BY}"),
    ("{image: e/a, context: app}", f"app/Dockerfile in app, as e/a:tag, {BY}"),
    ("{image: e/a, docker: {dockerfile: app/Dockerfile.gpu, target: run, buildArgs: {A: '1', B: '{{.X}}'}}}",
     f"app/Dockerfile.gpu in ., target run, A=1, B={{{{.X}}}}, as e/a:tag, {BY}"),
    ("{image: e/a, context: app, kaniko: {dockerfile: Dockerfile.gpu}}",
     f"app/Dockerfile.gpu in app, as e/a:tag, {BY}"),
    ("{image: e/a, context: '{{.D}}'}", f"? in ?, as e/a:tag, {BY}"),
    ("{image: e/a, docker: {dockerfile: '{{.D}}'}}", f"? in ?, as e/a:tag, {BY}"),
    ("{image: e/a, context: lib}", f"? in lib, as e/a:tag, {BY}, wants lib/Dockerfile"),
    ("{image: e/a, docker: {target: '{{.T}}'}}", f"Dockerfile in ., as e/a:tag, {BY}"),
]  # fmt: skip


@pytest.mark.parametrize(("artifact", "build"), ARTIFACTS, ids=[row[0] for row in ARTIFACTS])
def test_an_artifact_of_skaffold(artifact: str, build: str) -> None:
    found = skaffold(f"{SKAFFOLD}    - {artifact}\n")
    assert [shown(one) for one in found.builds] == [build]
    assert uses_shown(found) == ["skaffold image e/a:tag makes line 5"]


@pytest.mark.parametrize("tool", ["buildpacks", "jib", "bazel", "ko", "custom"])
def test_an_artifact_that_no_dockerfile_makes(tool: str) -> None:
    (build,) = skaffold(f"{SKAFFOLD}    - {{image: e/a, {tool}: {{}}}}\n    - {{image: e/b}}\n").builds
    assert [tag.value.shown() for tag in build.tags] == ["e/b:tag"]


def test_artifacts_of_profiles_and_of_other_folders() -> None:
    text = (
        f"{SKAFFOLD}    - image: e/a\nprofiles:\n  - name: x\n    build: {{artifacts: [{{image: e/b, context: ..}}]}}\n"
    )
    found = skaffold(text, "app/skaffold.yaml")
    assert [(build.dockerfile, build.contexts) for build in found.builds] == [
        ("app/Dockerfile", ("app",)),
        ("Dockerfile", (".",)),
    ]
    assert skaffold("build: {artifacts: [x, {context: app}]}\nprofiles: [x]\n").builds == ()


def devcontainer(text: str) -> Script:
    return devcontainer_script(Source(".devcontainer/devcontainer.json", text), find)


AT = "by devcontainer on line 1, at 1:27"
DEVCONTAINERS = [
    ('{"build": {"dockerfile": "Dockerfile"}}', f".devcontainer/Dockerfile in .devcontainer, {AT}-37"),
    ('{"build": {"dockerfile": "Dockerfile", "context": ".."}}', f".devcontainer/Dockerfile in ., {AT}-37"),
    ('{"build": {"dockerfile": "../app/Dockerfile.gpu", "target": "dev", "args": {"A": "1"}}}',
     f"app/Dockerfile.gpu in app, target dev, A=1, {AT}-48"),
    ('{"build": {"dockerfile": "Dockerfile", "context": "${C}"}}', f".devcontainer/Dockerfile in ?, {AT}-37"),
    ('{"build": {"dockerfile": "Nope"}}', f"? in .devcontainer, {AT}-31, wants .devcontainer/Nope"),
    ('{"dockerFile": "Dockerfile", "context": "../app"}',
     ".devcontainer/Dockerfile in app, by devcontainer on line 1, at 1:17-27"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "build"), DEVCONTAINERS, ids=[row[0] for row in DEVCONTAINERS])
def test_a_devcontainer_that_is_built(text: str, build: str) -> None:
    found = devcontainer(text)
    assert [shown(one) for one in found.builds] == [build] and found.uses == ()


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ('{"image": "a:1"}', ["devcontainer image a:1 line 1"]),
        ('{"image": "a:${V}"}', ["devcontainer image a:${V} line 1"]),
        ('// a:2\n{"image": "a:1", /* x */ "x": "// no"}', ["devcontainer image a:1 line 2"]),
        ('{"build": {"dockerfile": "${D}"}}', []),
        ("{}", []),
        ("[]", []),
    ],
)
def test_a_devcontainer_that_is_not_built(text: str, uses: list[str]) -> None:
    found = devcontainer(text)
    assert uses_shown(found) == uses and found.builds == ()


TASKFILES = [
    ("a: docker build -t e:{{.V}} .", "Dockerfile in ., as e:1, by task a on line 4, at 4:6-32"),
    ("a: {cmds: [docker build -t e:1 ., 'echo x']}", "Dockerfile in ., as e:1, by task a on line 4, at 4:14-35"),
    ("a: {cmd: docker build -t e:1 .}", "Dockerfile in ., as e:1, by task a on line 4, at 4:12-33"),
    ("a: {dir: app, cmds: [docker build -t e:1 .]}", "app/Dockerfile in app, as e:1, by task a on line 4, at 4:24-45"),
    ("a: {dir: '{{.D}}', cmds: [docker build -t e:1 .]}", "? in ?, as e:1, by task a on line 4, at 4:29-50"),
    ("a: {vars: {V: 2}, cmds: [{task: b}, {cmd: 'docker build -t e:{{.V}} .'}]}",
     "Dockerfile in ., as e:2, by task a on line 4, at 4:46-72"),
    ("a: {cmds: ['docker build -t e:{{.N}}-{{.S}} .']}",
     "Dockerfile in ., as e:{{.N}}-{{.S}}, by task a on line 4, at 4:15-48"),
    ("a: {cmds: ['{{.DOCKER}} build -t e:1 .']}", "Dockerfile in ., as e:1, by task a on line 4, at 4:15-41"),
    ("a: {cmds: [1, 'cd app && docker build -t e:1 .']}",
     "app/Dockerfile in app, as e:1, by task a on line 4, at 4:28-49"),
    ("a:\n    cmds:\n      - |\n        T=1\n        docker build -t e:$T .",
     "Dockerfile in ., as e:1, by task a on line 6, at 8:9-31"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "build"), TASKFILES, ids=[row[0] for row in TASKFILES])
def test_a_task(task: str, build: str) -> None:
    found = taskfile_script(Source("Taskfile.yml", f"{TASKS}{task}\n"), find, NO_CACHE)
    assert [shown(one) for one in found.builds] == [build]


def test_a_variable_of_a_task_says_where_it_comes_from() -> None:
    text = TASKS.replace("V: '1'", "V: '1', W: 'x{{.V}}'") + "a: docker build -t e:{{.W}} .\n"
    (build,) = taskfile_script(Source("Taskfile.yml", text), find, NO_CACHE).builds
    because = [(reason.kind, reason.text, reason.line, reason.name) for reason in build.tags[0].because]
    assert because == [("variable", "V=1", 2, "V"), ("variable", "W=x1", 2, "W")]
