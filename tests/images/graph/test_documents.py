"""Which files of a repository are read for what they build and use: every kind, by each word that makes it worth it."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph.repository import Repository
from wxlint.lint.inputs import gather

pytestmark = pytest.mark.usefixtures("here")


def repository(folder: Path, files: dict[str, str]) -> Repository:
    write_tree(folder, files)
    return gather(["."], no_policy=True).repository


WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n"
KINDS = [
    # path, text, the image that it builds or uses
    ("build.sh", "docker build -t a:1 .\n", "a:1"),
    ("build.sh", "podman pull a:1\n", "a:1"),
    ("build.sh", "nerdctl pull a:1\n", "a:1"),
    ("build.sh", "buildah pull a:1\n", "a:1"),
    ("build.bat", "@echo off\r\ndocker build -t a:1 .\r\n", "a:1"),
    ("build.ps1", "docker build -t a:1 .\n", "a:1"),
    ("noxfile.py", "def x(s):\n    s.run('docker', 'build', '-t', 'a:1', '.')\n", "a:1"),
    ("Makefile", "build:\n\tdocker build -t a:1 .\n", "a:1"),
    ("justfile", "build:\n  docker build -t a:1 .\n", "a:1"),
    ("Taskfile.yml", "version: '3'\ntasks:\n  build: docker build -t a:1 .\n", "a:1"),
    (".github/workflows/a.yml", WORKFLOW + "    container: a:1\n    steps: []\n", "a:1"),
    (".github/workflows/a.yml", WORKFLOW + "    services: {x: {image: a:1}}\n    steps: []\n", "a:1"),
    (".github/workflows/a.yml", WORKFLOW + "    steps: [{run: docker pull a:1}]\n", "a:1"),
    (".github/workflows/a.yml", WORKFLOW + "    steps: [{run: podman pull a:1}]\n", "a:1"),
    ("docker-bake.hcl", 'target "x" { tags = ["a:1"] }\n', "a:1"),
    ("docker-bake.json", '{"target": {"x": {"tags": ["a:1"]}}}\n', "a:1"),
    (".gitlab-ci.yml", "image: a:1\nx: {script: [ls]}\n", "a:1"),
    (".gitlab-ci.yml", "x: {services: [a:1], script: [ls]}\n", "a:1"),
    (".gitlab-ci.yml", "x: {script: [docker pull a:1]}\n", "a:1"),
    (".gitlab-ci.yml", "x: {script: [buildah pull a:1]}\n", "a:1"),
    (".gitlab-ci.yml", "x: {script: [/kaniko/executor -d a:1]}\n", "a:1"),
    ("skaffold.yaml", "apiVersion: skaffold/v4beta6\nkind: Config\nbuild: {artifacts: [{image: a}]}\n", "a:\0"),
    (".devcontainer/devcontainer.json", '{"image": "a:1"}\n', "a:1"),
    ("chart/values.yaml", "image:\n  repository: e/a\n  tag: '1'\n", "e/a:1"),
    ("pod.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: x, image: a:1}]}\n", "a:1"),
    ("compose.yaml", "services: {x: {image: a:1}}\n", "a:1"),
]


@pytest.mark.parametrize(("path", "text", "image"), KINDS, ids=[f"{row[0]}-{n}" for n, row in enumerate(KINDS)])
def test_every_kind_of_file(path: str, text: str, image: str, here: Path) -> None:
    found = repository(here, {"Dockerfile": "FROM scratch\n", "chart/Chart.yaml": "name: x\n", path: text})
    assert image in [use.value.text for use in found.uses]


@pytest.mark.parametrize("word", ["container", "services"])
def test_a_file_that_has_nothing_to_do_with_images_is_not_read(word: str, here: Path) -> None:
    files = {
        ".github/workflows/a.yml": WORKFLOW + f"    steps: [{{run: make {word}}}]\n",
        ".gitlab-ci.yml": "x: {script: [make]}\n",
        "run.sh": "source other.sh\nmake\n",
        "other.sh": "make\n",
    }
    assert repository(here, files).scripts == {}


def test_dockerfiles_of_a_devcontainer_are_built(here: Path) -> None:
    for keys in ('"build": {"dockerfile": "Dockerfile"}', '"dockerFile": "Dockerfile"'):
        files = {".devcontainer/devcontainer.json": f"{{{keys}}}\n", ".devcontainer/Dockerfile": "FROM scratch\n"}
        found = repository(here, files)
        assert [build.dockerfile for script in found.scripts.values() for build in script.builds] == [
            ".devcontainer/Dockerfile"
        ]


def test_what_a_workflow_uses_of_the_repository_belongs_to_it(here: Path) -> None:
    files = {
        ".github/workflows/a.yml": WORKFLOW + "    steps: [{uses: ./act}]\n",
        "act/action.yml": "runs: {using: composite, steps: [{run: docker pull a:1, shell: bash}]}\n",
        ".gitlab-ci.yml": "include: ci/more.yml\n",
        "ci/more.yml": "x: {script: [docker pull b:1]}\n",
        "Makefile": "x:\n\tls\n",
        "run.sh": "docker pull c:1\n",
    }
    found = repository(here, files)
    assert {use.value.text: found.publishes(use) for use in found.uses} == {"a:1": True, "b:1": True, "c:1": False}
    assert found.documents.automation >= {".github/workflows/a.yml", ".gitlab-ci.yml", "Makefile", "act/action.yml"}


def test_a_script_that_sources_one_that_builds(here: Path) -> None:
    files = {
        "lib/build.sh": "b() { docker build -t a:$1 .; }\n",
        "all.sh": ". lib/build.sh\nb 2\n",
        "Dockerfile": "FROM x\n",
    }
    found = repository(here, files)
    assert "a:2" in [use.value.text for use in found.scripts["all.sh"].uses]


def test_problems_of_files_that_have_to_do_with_images(here: Path) -> None:
    files = {
        ".github/workflows/a.yml": WORKFLOW + "    container: [\n",
        ".gitlab-ci.yml": "image: [\n",
        "docker-bake.hcl": 'target "x" {\n',
        "Dockerfile": "FROM scratch\n",
    }
    found = repository(here, files)
    assert {source.path for source, _ in found.documents.syntax_problems()} == set(files) - {"Dockerfile"}


def test_a_document_that_breaks_the_program_is_set_aside(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = repository(here, {"a.sh": "docker pull a:1\n", "b.sh": "docker pull b:1\n", "Dockerfile": "FROM scratch\n"})
    real = found.documents._script

    def broken(item: object, source: object) -> object:
        if getattr(source, "path", "") == "a.sh":
            raise IndexError("odd")
        return real(item, source)  # type: ignore[arg-type]

    monkeypatch.setattr(found.documents, "_script", broken)
    assert [use.value.text for use in found.uses if use.value.text != "scratch"] == ["b:1"]
    assert [(failure.path, failure.what.split(" (")[0]) for failure in found.failures] == [("a.sh", "IndexError: odd")]


def test_a_build_through_a_link_to_a_folder_builds_the_dockerfile_there(here: Path) -> None:
    (here / "link").symlink_to("real")
    (here / "away").symlink_to("..")
    builds = "docker build -t a:1 link\ndocker build -t a:2 -f link/Dockerfile .\ndocker build -t a:3 away\n"
    files = {
        "real/Dockerfile": "FROM python:3.11\nCOPY x.txt .\n",
        "build.sh": builds,
        "compose.yml": "services:\n  a:\n    image: a:4\n    build: {context: ., dockerfile: link/Dockerfile}\n",
    }
    found = repository(here, files)
    (path, built), *others = found.graph.evaluations.builds.items()
    assert (path, others) == ("real/Dockerfile", [])
    tags = {tag.value.text: build for build in built for tag in build.tags}
    assert {"a:1", "a:2", "a:4"} <= set(tags)
    assert "a:3" not in tags
    assert tags["a:2"].contexts[0] == "."


def test_a_dockerfile_of_any_name_and_those_that_are_called_like_it(here: Path) -> None:
    plain = "# an image\n\nFROM python:3.11-slim\n"
    named = {"docs/Image+Cpu": plain, "docs/Image+Cuda": plain, "docs/Image.md": plain, "docs/Image+Notes": "x\n"}
    other = {"docs/ImageOfOthers": plain, "docs/plan": plain, "Image+Root": plain}
    found = repository(here, {"build.sh": "docker build -f docs/Image+Cpu -t acme/a:1 .\n", **named, **other})
    assert sorted(found.dockerfiles) == ["docs/Image+Cpu", "docs/Image+Cuda"]
    assert [image.evaluated.path for image in found.images] == ["docs/Image+Cpu", "docs/Image+Cuda"]
