"""Names that a workflow leaves to its forge are those of the policy's images, where only one reading is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.beginning.differences import differences
from wxlint.images.graph.repository import Repository
from wxlint.lint import run
from wxlint.lint.inputs import gather

POLICY = """\
wxlint: 1
image: "%s:{version}-{variant}"
dockerfile: "Dockerfile.{variant}"
variants:
  cpu: {accelerator: cpu, stages: [asr], upstream: ["python:3.12-slim"]}
  cuda: {accelerator: cuda, stages: [asr], upstream: ["nvidia/cuda:12.4.1-runtime-ubuntu22.04"]}
"""
WORKFLOW = """\
on: push
env: {NAME: "%s"}
jobs:
  images:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          docker build -f Dockerfile.cpu -t $NAME:1.0-gpu .
          docker build -f Dockerfile.cuda -t $NAME:1.0-gpu .
          docker push $NAME:1.0-gpu
"""
PIPELINE = """\
images:
  script:
    - docker build -f Dockerfile.cpu -t %s:1.0-gpu .
    - docker build -f Dockerfile.cuda -t %s:1.0-gpu .
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile.cpu").write_text("FROM python:3.12-slim\n")
    Path("Dockerfile.cuda").write_text("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n")
    Path(".github/workflows").mkdir(parents=True)
    return tmp_path


def workflow(name: str, pattern: str = "ghcr.io/acme/whisp", more: str = "") -> Repository:
    Path("wxlint.yaml").write_text(POLICY % pattern + more)
    Path(".github/workflows/images.yml").write_text(WORKFLOW % name)
    return gather(["."]).repository


def made(repository: Repository) -> set[str]:
    return {use.value.shown() for use in repository.uses if use.produces}


def clone_of(url: str) -> None:
    Path(".git").mkdir()
    Path(".git/config").write_text(f'[remote "origin"]\n\turl = {url}\n')


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("ghcr.io/${{ github.repository }}", "ghcr.io/acme/whisp"),
        ("ghcr.io/${{ github.repository_owner }}/whisp", "ghcr.io/acme/whisp"),
        ("ghcr.io/${{ github.repository_owner }}/${{ github.event.repository.name }}", "ghcr.io/acme/whisp"),
        ("docker.io/${{ github.repository }}-app", "docker.io/acme/whisp-app"),
        ("ghcr.io/${{ github.repository }}/asr", "ghcr.io/acme/whisp/{stage}"),
        ("${{ github.repository_owner }}/asr", "{registry}/asr"),
    ],
)
def test_the_answer_is_that_of_the_name_written_out(name: str, pattern: str) -> None:
    written = pattern.removeprefix("docker.io/").replace("{stage}", "asr").replace("{registry}", "acme")
    registry = "registry: acme\n" if "{registry}" in pattern else ""
    answers = []
    for spelling in (name, written):
        repository = workflow(spelling, pattern, registry)
        answers.append([(f.rule, f.message, f.span) for f in run.check(repository, run.CheckOptions()).findings])
        assert [line for line in differences(repository) if "1.0-gpu is built, and the policy does not" in line]
    assert answers[0] == answers[1]
    assert "one-tag-two-builds" in {rule for rule, _, _ in answers[0]}


@pytest.mark.parametrize(
    ("name", "pattern", "more"),
    [
        ("ghcr.io/${{ github.repository }}", "ghcr.io/acme/{stage}", ""),
        ("ghcr.io/${{ github.repository }}", "ghcr.io/acme/whisp", 'other-images: ["ghcr.io/acme/tools:*"]\n'),
        ("ghcr.io/${{ github.repository }}", "ghcr.io/acme/ocr-{variant}", ""),
        ("ghcr.io/${{ github.repository }}", "ghcr.io/acme/group/whisp", ""),
        ("${{ vars.HOST }}/${{ github.repository }}", "ghcr.io/acme/whisp", ""),
        ("${{ vars.NAME }}", "ghcr.io/acme/whisp", ""),
    ],
)
def test_a_name_of_which_another_reading_is_left_stays_open(name: str, pattern: str, more: str) -> None:
    assert made(workflow(name, pattern, more)) == {f"{name}:1.0-gpu"}


def test_a_fork_has_the_images_of_the_policy() -> None:
    clone_of("https://registry.example/somebody/whisp.git")
    assert made(workflow("ghcr.io/${{ github.repository }}")) == {"ghcr.io/acme/whisp:1.0-gpu"}


def test_images_that_are_not_called_like_the_repository_are_others() -> None:
    clone_of("https://registry.example/acme/whisp-stack.git")
    assert made(workflow("ghcr.io/${{ github.repository }}")) == {"ghcr.io/${{ github.repository }}:1.0-gpu"}


def test_the_push_of_another_variant_is_seen_behind_the_name() -> None:
    workflow("ghcr.io/${{ github.repository }}")
    path = Path(".github/workflows/images.yml")
    lines = path.read_text().replace("cpu -t $NAME:1.0-gpu", "cpu -t $NAME:1.0-cpu")
    path.write_text(lines.replace("cuda -t $NAME:1.0-gpu", "cuda -t $NAME:1.0-cpu"))
    findings = run.check(gather(["."]).repository, run.CheckOptions()).findings
    pushed = [finding.message for finding in findings if finding.rule == "push-of-wrong-variant"]
    assert pushed == ["pushes ghcr.io/acme/whisp:1.0-gpu, and builds ghcr.io/acme/whisp:1.0-cpu"]


def test_commands_have_the_names_of_builds() -> None:
    repository = workflow("ghcr.io/${{ github.repository }}")
    calls = [call for script in repository.scripts.values() for call in script.calls if call.docker.verb == "push"]
    assert [call.docker.arguments[0].value.shown() for call in calls] == ["ghcr.io/acme/whisp:1.0-gpu"]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("$CI_REGISTRY_IMAGE", "registry.example:5050/acme/team/whisp"),
        ("${CI_REGISTRY_IMAGE}/asr", "registry.example/acme/whisp/{stage}"),
        ("registry.example/$CI_PROJECT_PATH", "registry.example/acme/team/whisp"),
    ],
)
def test_pipelines_of_gitlab(name: str, pattern: str) -> None:
    Path("wxlint.yaml").write_text(POLICY % pattern)
    Path(".gitlab-ci.yml").write_text(PIPELINE % (name, name))
    assert made(gather(["."]).repository) == {f"{pattern.replace('{stage}', 'asr')}:1.0-gpu"}


def test_services_and_pods_have_the_names_of_the_policy() -> None:
    Path("wxlint.yaml").write_text(POLICY % "registry.example/acme/whisp")
    Path(".gitlab-ci.yml").write_text(PIPELINE % ("$CI_REGISTRY_IMAGE", "$CI_REGISTRY_IMAGE"))
    image = "${CI_REGISTRY_IMAGE}:1.0-cpu"
    Path("compose.yaml").write_text(f"services:\n  asr: {{image: '{image}'}}\n")
    Path("pod.yaml").write_text(f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n")
    named = {use.kind: use.value.shown() for use in gather(["."]).repository.uses if not use.produces}
    assert named["compose image"] == named["kubernetes image"] == "registry.example/acme/whisp:1.0-cpu"
