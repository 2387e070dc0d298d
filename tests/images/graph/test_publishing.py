"""Where nothing is said of tags that no push makes: a push is not understood, or something makes the tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.core.values import Value
from wxlint.images.graph.names.tag_shapes import may_become
from wxlint.lint.inputs import gather
from wxlint.rules import load_rule

IMAGE = "registry.example/acme/app"
CI = "on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n"


def pushed(tags: str, head: str = CI) -> str:
    return f"{head}      - uses: docker/build-push-action@v6\n        with: {{push: true, tags: '{tags}'}}\n"


def found(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> list[str]:
    """What is said of a service that runs `:cuda` where a script pushes `:latest-cuda`."""
    given = {
        "Dockerfile": "FROM python:3.11-slim\n",
        "release.sh": f"docker build -t {IMAGE}:latest-cuda .\ndocker push {IMAGE}:latest-cuda\n",
        "compose.yaml": f"services:\n  asr:\n    image: {IMAGE}:cuda\n",
        **files,
    }
    for name, text in given.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(folder)
    return [one.message for one in load_rule("unbuilt-image").check(gather(["."], no_policy=True).repository)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".github/workflows/o.yml", "on: push\njobs: {a: {uses: 'acme/actions/.github/workflows/docker.yml@main'}}\n"),
        (".github/workflows/o.yml", "on: push\njobs: {a: {uses: './.github/workflows/docker.yml'}}\n"),
        (".github/workflows/o.yml", f"{CI}      - uses: acme/docker-publish@v1\n"),
        (".github/workflows/o.yml", f"{CI}      - uses: ./.github/actions/docker-push\n"),
        (".github/workflows/o.yml", f"{CI}      - run: docker push x\n        shell: pwsh\n"),
        (".github/workflows/o.yml", pushed("${{ steps.names.outputs.tags }}")),
        (".github/workflows/o.yml", pushed(f"{IMAGE}:${{{{ github.ref_name }}}}")),
        (
            ".github/workflows/o.yml",
            pushed(
                f"{IMAGE}:${{{{ inputs.tag }}}}",
                CI.replace("on: push", "on: {workflow_dispatch: {inputs: {tag: {default: cpu}}}}"),
            ),
        ),
        ("other.sh", 'docker push "$IMAGE"\n'),
        ("other.sh", 'docker tag app "$IMAGE"\n'),
        ("other.sh", 'docker buildx build --push -t "$IMAGE" .\n'),
        ("other.sh", "docker buildx build --push $OPTIONS .\n"),
        ("other.sh", "docker compose push\n"),
        ("other.sh", f"docker push --all-tags {IMAGE}\n"),
        ("other.sh", f'docker push "{IMAGE}:${{TAG:-cpu}}"\n'),
        ("other.sh", f'docker push "{IMAGE}:$1"\n'),
        ("other.sh", 'docker push "${REGISTRY:-registry.example}/acme/app:cuda"\n'),
        ("other.sh", f"docker build -t {IMAGE}:cuda .\n"),
        ("other.sh", f"docker tag app {IMAGE}:cuda\n"),
        ("Makefile", f"TAG ?= cpu\npush:\n\tdocker push {IMAGE}:$(TAG)\n"),
        ("docker-bake.hcl", f'variable "TAG" {{ default = "cpu" }}\ntarget "a" {{ tags = ["{IMAGE}:${{TAG}}"] }}\n'),
        ("README.md", f"```sh\ndocker build -t {IMAGE}:cuda .\n```\n"),
        ("Jenkinsfile", "node {}\n"),
        ("build.yaml", f"services:\n  asr:\n    image: {IMAGE}:cuda\n    build: .\n"),
    ],
)
def test_nothing_is_said_where_the_tag_may_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    if name == "build.yaml":
        name = "compose.build.yaml"
    assert found(tmp_path, monkeypatch, **{name: text}) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("other.sh", "docker push registry.example/acme/other:cuda\n"),
        ("other.sh", "docker build -t app:cuda .\n"),
        (".github/workflows/o.yml", f"{CI}      - uses: docker/setup-buildx-action@v3\n"),
        (".github/workflows/o.yml", pushed(f"{IMAGE}:${{{{ github.sha }}}}-cuda")),
        ("Makefile", f"TAG ?= cpu\npush:\n\tdocker push {IMAGE}:cpu\n"),
        ("docker-bake.hcl", f'target "a" {{ tags = ["{IMAGE}:cpu"] }}\n'),
        ("README.md", f"```sh\ndocker pull {IMAGE}:cuda\n```\n"),
    ],
)
def test_other_pushes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    (message,) = found(tmp_path, monkeypatch, **{name: text})
    assert message.startswith(f"nothing here pushes {IMAGE}:cuda; that image is pushed as :")


@pytest.mark.parametrize("tag", ["1.0-cuda", "local", "cuda-dev", "2024-05-01", "v3", "TAG", "cu12.4-1"])
def test_releases_and_names_for_work_at_hand_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    compose = f"services:\n  asr:\n    image: {IMAGE}:{tag}\n"
    assert not any("pushes" in one for one in found(tmp_path, monkeypatch, **{"compose.yaml": compose}))


@pytest.mark.parametrize("command", ["kustomize edit set image app=x", "helm upgrade app . --set image.tag=x"])
def test_what_a_deployment_sets_is_not_in_its_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    container = f"{{name: a, image: '{IMAGE}:cuda'}}"
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{container}]}}\n"
    files = {"compose.yaml": "services: {}\n", "pod.yaml": pod}
    assert len(found(tmp_path, monkeypatch, **files)) == 1
    assert not any("pushes" in one for one in found(tmp_path, monkeypatch, **files, **{"deploy.sh": command}))


@pytest.mark.parametrize(
    ("tag", "holes", "wanted", "may"),
    [
        ("\0-cuda", ("{{version}}",), "1.2.0-cuda", True),
        ("\0-cuda", ("{{version}}",), "latest-cuda", False),
        ("\0-cuda", ("{{branch}}",), "latest-cuda", True),
        ("\0-cuda", ("{{branch}}",), "cuda", False),
        ("\0", ("{{tag}}",), "cuda", False),
        ("\0", ("{{tag}}",), "nightly", True),
        ("\0.\0", ("{{major}}", "{{ minor }}"), "1.2", True),
        ("\0.\0", ("{{major}}", "{{minor}}"), "1.x", False),
        ("sha-\0", ("{{sha}}",), "sha-0abc123", True),
        ("sha-\0", ("{{sha}}",), "sha-cuda", False),
        ("\0", ("${{ github.sha }}",), "cuda", False),
        ("\0", ("$(git rev-parse --short HEAD)",), "cuda", False),
        ("\0", ("$(date +%F)",), "cuda", False),
        ("\0", ("$(cat VERSION)",), "cuda", True),
        ("\0", ("{{match}}",), "cuda", True),
        ("\0-cuda", ("{{latest}}",), "latest-cuda", True),
        ("\0", ("{{latest}}",), "cuda", False),
        ("\0" * 6, ("{{sha}}",) * 6, "cuda", True),
        ("a+b", (), "aab", False),
    ],
)
def test_what_an_open_tag_can_become(tag: str, holes: tuple[str, ...], wanted: str, may: bool) -> None:
    assert may_become(Value(tag, holes), wanted) is may
