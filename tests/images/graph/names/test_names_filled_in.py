"""Stages from images of the repository itself, whose names its forge fills in, or that a command names again."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

CPU = "FROM python:3.12-slim\nRUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cpu\n"
GPU = CPU.replace("whl/cpu", "whl/cu128")
REMOTE = '[remote "origin"]\n\turl = https://github.com/Acme/App.git\n'
WHOLE = "registry.example/${{ github.repository }}"


def torch(base: str, steps: str, env: str = "") -> str:
    """What an image of Dockerfile.dev is believed to hold, beside a workflow of these steps: of builds as FILE TAG, of
    commands as $ COMMAND."""
    made = []
    for step in steps.split("; "):
        file, _, tag = step.partition(" ")
        build = f"uses: docker/build-push-action@v6\n        with: {{push: true, file: {file}, tags: '{tag}'}}"
        made.append(f"      - run: {tag}\n" if file == "$" else f"      - {build}\n")
    head = f"on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    env: {{{env}}}\n    steps:\n"
    files = {
        ".git/config": REMOTE,
        ".git/HEAD": "ref: refs/heads/main\n",
        ".github/workflows/publish.yml": head + "".join(made),
        "cpu.Dockerfile": CPU,
        "gpu.Dockerfile": GPU,
        "Dockerfile.dev": f"FROM {base}\nRUN pip install pytest\n",
    }
    write_tree(Path(), files)
    return next(image.torch for image in api.images(["."]) if image.path == "Dockerfile.dev")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


BOTH = f"cpu.Dockerfile {WHOLE}:${{{{ github.ref_name }}}}-cpu; gpu.Dockerfile {WHOLE}:${{{{ github.ref_name }}}}-gpu"
PARTS = "cpu.Dockerfile ${{ needs.a.outputs.base }}-worker:1.0; gpu.Dockerfile ${{ needs.a.outputs.base }}-api:1.0"


@pytest.mark.parametrize(
    ("base", "steps", "expected"),
    [
        ("registry.example/acme/app:main-cpu", BOTH, "cpu"),
        ("registry.example/acme/app:main-gpu", BOTH, "cu128"),
        ("registry.example/acme/app:v1.2-gpu", BOTH, "cu128"),
        ("registry.example/acme/app:main", BOTH, "unknown"),
        ("registry.example/acme/app:feature-gpu", BOTH, "unknown"),
        ("registry.example/acme/other:main-cpu", BOTH, "unknown"),
        ("registry.example/other/app:main-cpu", BOTH, "unknown"),
        ("other.example/acme/app:main-cpu", BOTH, "unknown"),
        ("registry.example/acme/app:latest", f"cpu.Dockerfile {WHOLE}:latest", "cpu"),
        ("registry.example/acme/app:latest", f"cpu.Dockerfile {WHOLE}:1.0", "unknown"),
        ("registry.example/acme/app-base:1.0", f"cpu.Dockerfile {WHOLE}-base:1.0", "cpu"),
        ("registry.example/acme/app-worker:1.0", PARTS, "cpu"),
        ("registry.example/acme/app-api:1.0", PARTS, "cu128"),
        ("registry.example/other/app-api:1.0", PARTS, "unknown"),
        ("registry.example/acme/app:1.0", "cpu.Dockerfile ${{ needs.a.outputs.base }}:1.0", "unknown"),
        ("registry.example/acme/app:1.0", f"cpu.Dockerfile {WHOLE}:1.0; gpu.Dockerfile {WHOLE}:1.0", "unknown"),
    ],
)
def test_the_repositorys_own_name(base: str, steps: str, expected: str) -> None:
    assert torch(base, steps) == expected


@pytest.mark.parametrize(
    ("base", "files", "expected"),
    [
        ("registry.example/acme/app:main", {"Dockerfile": CPU}, "cpu"),
        ("registry.example/acme/app", {"Dockerfile": CPU}, "cpu"),
        ("registry.example/acme/app:main", {"Dockerfile": CPU, "gpu.Dockerfile": GPU}, "unknown"),
        ("registry.example/acme/app:v1-gpu", {"Dockerfile": CPU}, "unknown"),
        ("registry.example/acme/app-base:main", {"Dockerfile": CPU}, "unknown"),
        ("registry.example/other/app:main", {"Dockerfile": CPU}, "unknown"),
        ("registry.example/acme/app:main", {}, "unknown"),
    ],
)
def test_the_only_dockerfile_makes_the_image_that_has_the_repositorys_name(
    base: str, files: dict[str, str], expected: str
) -> None:
    own = {".git/config": REMOTE, ".git/HEAD": "ref: refs/heads/main\n"}
    stages = {"hf/Dockerfile": f"FROM {base}\nUSER 1000\n", "dev/Dockerfile": f"FROM {base}\nRUN pip install pytest\n"}
    write_tree(Path(), {**own, **files, **stages})
    assert {image.torch for image in api.images(["."]) if image.path in stages} == {expected}


@pytest.mark.parametrize(
    ("base", "steps", "expected"),
    [
        ("acme/app:latest", "cpu.Dockerfile acme/app:1.0; $ docker tag acme/app:1.0 acme/app:latest", "cpu"),
        ("acme/app:edge", "cpu.Dockerfile acme/app:1.0; $ docker tag acme/app:1.0 acme/app:latest", "unknown"),
        ("acme/app:latest", "cpu.Dockerfile acme/app:1.0; $ docker tag acme/app:2.0 acme/app:latest", "unknown"),
        (
            "acme/new:1",
            "cpu.Dockerfile acme/app:$V; $ docker buildx imagetools create -t acme/new:1 acme/app:$V",
            "unknown",
        ),
        (
            "acme/new:1",
            "cpu.Dockerfile acme/app:${{ github.sha }}-x; gpu.Dockerfile acme/app:${{ github.sha }}-y; "
            "$ docker buildx imagetools create -t acme/new:1 -t acme/new:2 acme/app:${{ github.sha }}-y",
            "cu128",
        ),
        (
            "acme/new:2",
            "cpu.Dockerfile acme/app:${{ github.sha }}-x; "
            "$ docker buildx imagetools create -t acme/new:1 -t acme/new:2 acme/app:${{ github.run_id }}-x",
            "unknown",
        ),
        (
            "acme/new:2",
            "cpu.Dockerfile acme/app:amd64; gpu.Dockerfile acme/app:arm64; "
            "$ docker buildx imagetools create -t acme/new:1 -t acme/new:2 acme/app:amd64 acme/app:arm64",
            "unknown",
        ),
    ],
)
def test_a_name_that_a_command_gives(base: str, steps: str, expected: str) -> None:
    assert torch(base, steps) == expected


@pytest.mark.parametrize(
    ("given", "tags", "expected"),
    [
        ("$OWNER/base:$SHA", "cpu.Dockerfile $OWNER/base:$SHA", "cpu"),
        ("$OWNER/base:$SHA-x", "cpu.Dockerfile $OWNER/base:$SHA-x; gpu.Dockerfile $OWNER/base:$SHA-y", "cpu"),
        ("$OWNER/base:$SHA", "cpu.Dockerfile $OWNER/base:$SHA-x; gpu.Dockerfile $OWNER/base:$SHA-y", "unknown"),
        ("$OWNER/base:$SHA", "cpu.Dockerfile $OWNER/base:$SHA; gpu.Dockerfile $OWNER/base:$SHA", "unknown"),
        ("$NAME:$SHA", "cpu.Dockerfile $OWNER/$NAME:$SHA", "unknown"),
        ("$OWNER/other:$SHA", "cpu.Dockerfile $OWNER/base:$SHA", "unknown"),
    ],
)
def test_a_later_build_starts_from_an_earlier_one_by_the_same_variables(given: str, tags: str, expected: str) -> None:
    def filled(text: str) -> str:
        return text.replace("$OWNER", "registry.example/${{ github.actor }}").replace("$SHA", "${{ github.sha }}")

    step = "      - uses: docker/build-push-action@v6\n        with: {push: true, file: FILE, tags: 'TAG'}\n"
    steps = [step.replace("FILE", one.split()[0]).replace("TAG", filled(one.split()[1])) for one in tags.split("; ")]
    last = step.replace("FILE", "Dockerfile.dev").replace("'TAG'", f"'acme/dev:1', build-args: 'BASE={filled(given)}'")
    workflow = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n" + "".join([*steps, last])
    files = {
        ".github/workflows/publish.yml": workflow,
        "cpu.Dockerfile": CPU,
        "gpu.Dockerfile": GPU,
        "Dockerfile.dev": "ARG BASE\nFROM $BASE\nRUN pip install pytest\n",
    }
    write_tree(Path(), files)
    found = {image.torch for image in api.images(["."]) if image.path == "Dockerfile.dev"}
    assert found == {expected}


def test_a_variable_of_the_forge_in_quotes_inside_a_command_substitution() -> None:
    owner = "$ echo \"OWNER=$(echo '${{ github.repository_owner }}' | tr A-Z a-z)\" >> $GITHUB_ENV; "
    steps = owner + "cpu.Dockerfile registry.example/${{ env.OWNER }}/tool:1.0"
    assert torch("registry.example/acme/tool:1.0", steps) == "cpu"
