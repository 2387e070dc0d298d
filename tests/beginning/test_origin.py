"""What `${{ github.repository }}` stands for in a clone: the remote that it came from, read without git."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.beginning.origin import Known, filled, known_names
from wxlint.cli.main import main
from wxlint.core.values import HOLE, Value
from wxlint.discovery.origin import origin_of


def clone(folder: Path, url: str, name: str = "origin") -> None:
    (folder / ".git").mkdir()
    text = (
        f'[core]\n\tbare = false\n[remote "{name}"]\n\turl = {url}\n\tfetch = x\n[branch "main"]\n\turl = other/one\n'
    )
    (folder / ".git" / "config").write_text(text)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://registry.example/Acme/Speech.git", "acme/speech"),
        ("https://registry.example/acme/speech/", "acme/speech"),
        ("git@registry.example:acme/speech.git", "acme/speech"),
        ("ssh://git@registry.example:22/acme/speech.py", "acme/speech.py"),
        ("https://user:word@registry.example/group/acme/speech", "acme/speech"),
        ("/srv/repositories", ""),
        ("speech", ""),
        ("https://registry.example/acme/sp$(x)eech", ""),
    ],
)
def test_the_name_of_a_clone(tmp_path: Path, url: str, name: str) -> None:
    clone(tmp_path, url)
    (tmp_path / "deep").mkdir()
    assert origin_of(str(tmp_path / "deep")) == name


def test_no_clone_no_name(tmp_path: Path) -> None:
    assert origin_of(str(tmp_path)) == ""
    clone(tmp_path, "https://registry.example/acme/speech", "upstream")
    assert origin_of(str(tmp_path)) == ""


def test_what_is_filled() -> None:
    value = Value(f"ghcr.io/{HOLE}:{HOLE}-cuda", ("${{ github.repository }}", "${{ ref tag }}"))
    assert filled(value, Known("acme/speech")) == Value(f"ghcr.io/acme/speech:{HOLE}-cuda", ("${{ ref tag }}",))
    assert filled(value, Known()) == value
    parts = Value(f"{HOLE}/{HOLE}", ("${{ github.repository_owner }}", "${{ github.event.repository.name }}"))
    assert filled(parts, Known("acme/speech")) == Value("acme/speech", ())


@pytest.mark.parametrize(
    ("text", "holes", "filled_text"),
    [
        (f"{HOLE}/app:1", ("${{ secrets.USER }}",), "acme/app:1"),
        (f"{HOLE}/{HOLE}:1", ("${{ secrets.USER }}", "${{ vars.NAME }}"), "acme/speech:1"),
        (f"{HOLE}/{HOLE}:1", ("${{ secrets.USER }}", "${NAME}"), f"acme/{HOLE}:1"),
        (f"ghcr.io/{HOLE}/app", ("${{ secrets.USER }}",), "ghcr.io/acme/app"),
        (f"ghcr.io/{HOLE}/app", ("${{ steps.who.outputs.it }}",), "ghcr.io/acme/app"),
        (f"{HOLE}:1-cpu", ("${{ secrets.REPOSITORY }}",), "acme/speech:1-cpu"),
        (f"{HOLE}:1-cpu", ("${REPOSITORY}",), f"{HOLE}:1-cpu"),
        (f"{HOLE}/app", ("${REGISTRY}",), "acme/app"),
        (f"{HOLE}/{HOLE}/app", ("${{ vars.HOST || 'ghcr.io' }}", "${{ vars.OWNER || 'other' }}"), "ghcr.io/other/app"),
        (f"r/app:{HOLE}", ("${{ inputs.tag || 'x' }}",), f"r/app:{HOLE}"),
        (f"{HOLE}/group/app", ("${REGISTRY}",), f"{HOLE}/group/app"),
    ],
)
def test_open_accounts_are_taken_for_the_owners(text: str, holes: tuple[str, ...], filled_text: str) -> None:
    found = filled(Value(text, holes), Known("acme/speech"))
    assert found.text == filled_text and found.text.count(HOLE) == len(found.holes)


def test_an_account_is_that_of_the_same_name_elsewhere() -> None:
    known = known_names("acme/speech", ["rival/app", "rival/app", "other/app", "third/web", "third/asr", "third/tts"])
    for name, head in {"app": "rival", "web": "third", "new": "third"}.items():
        assert filled(Value(f"{HOLE}/{name}:1", ("${REGISTRY}",)), known).text == f"{head}/{name}:1"
    assert filled(Value(f"{HOLE}/new:1", ("${REGISTRY}",)), known_names("", ["library"])).text == f"{HOLE}/new:1"


WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        device: [cpu, cuda]
    steps:
      - uses: actions/checkout@v6
      - uses: docker/build-push-action@v6
        with:
          file: Dockerfile.${{ matrix.device }}
          tags: ghcr.io/${{ github.repository }}:1.0-${{ matrix.device }}
"""


def test_a_workflow_that_names_its_images_by_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clone(tmp_path, "https://registry.example/Acme/Speech")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/images.yml").write_text(WORKFLOW)
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\n")
    (tmp_path / "Dockerfile.cuda").write_text("FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n")
    assert main(["init"]) == 0
    assert "not decided" not in capsys.readouterr().err
    text = Path("wxlint.yaml").read_text()
    assert 'image: "ghcr.io/acme/speech:{version}-{variant}"' in text
    assert 'dockerfile: "Dockerfile.{variant}"  # 2 of 2 images' in text
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0
    assert main(["init", "--check"]) == 0


LOWERED = [
    """echo "name=$(echo "$GITHUB_REPOSITORY" | tr '[:upper:]' '[:lower:]')" >> "$GITHUB_OUTPUT\"""",
    """echo "name=$(echo ${{ github.repository }} | tr 'A-Z' 'a-z')" >> $GITHUB_OUTPUT""",
    """echo "name=$(tr '[A-Z]' '[a-z]' <<< "${GITHUB_REPOSITORY}")" >> $GITHUB_OUTPUT""",
    """echo "name=${GITHUB_REPOSITORY,,}" >> $GITHUB_OUTPUT""",
]


@pytest.mark.parametrize("command", LOWERED)
def test_a_name_that_a_step_writes_in_small_letters(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clone(tmp_path, "https://registry.example/Acme/Speech")
    monkeypatch.chdir(tmp_path)
    step = f"      - id: lower\n        run: |\n          {command}\n      - uses: docker/build-push-action@v6"
    text = WORKFLOW.replace("${{ github.repository }}", "${{ steps.lower.outputs.name }}")
    text = text.replace("      - uses: docker/build-push-action@v6", step)
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/images.yml").write_text(text)
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\n")
    (tmp_path / "Dockerfile.cuda").write_text("FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n")
    assert main(["init"]) == 0
    assert 'image: "ghcr.io/acme/speech:{version}-{variant}"' in Path("wxlint.yaml").read_text()
    assert main(["init", "--check"]) == 0
    (tmp_path / "Dockerfile.cuda").write_text("FROM python:3.11-slim\n")
    assert main(["check", "--no-cache", "--fail-on", "info", "--concise", "."]) == 1
    assert "; 4 of 4 image references resolved, 1 of them bad" in capsys.readouterr().out


def test_what_is_taken_for_a_secret_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clone(tmp_path, "https://registry.example/acme/speech")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github/workflows").mkdir(parents=True)
    text = WORKFLOW.replace("ghcr.io/${{ github.repository }}", "${{ secrets.ACCOUNT }}/speech")
    (tmp_path / ".github/workflows/images.yml").write_text(text)
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\n")
    (tmp_path / "Dockerfile.cuda").write_text("FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n")
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert 'image: "{registry}/speech:{version}-{variant}"' in text and "registry: acme  # " in text
    assert main(["init", "--check"]) == 0
    said = capsys.readouterr().err
    assert "not decided: the name is computed: ${{ secrets.ACCOUNT }}/speech:1.0-cpu" in said
    assert "acme/speech is taken" in said


def test_a_changed_policy_or_workflow_is_held_against_the_name_of_the_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    clone(tmp_path, "https://registry.example/acme/speech")
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\n")
    (tmp_path / "Dockerfile.cuda").write_text("FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n")
    workflow = tmp_path / ".github/workflows/images.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  build:\n    strategy: {matrix: {v: [cpu, cuda]}}\n    steps:\n"
        "      - uses: docker/build-push-action@v6\n        with:\n          context: .\n"
        "          file: Dockerfile.${{ matrix.v }}\n"
        "          tags: ghcr.io/${{ github.repository }}:1.0-${{ matrix.v }}\n"
    )
    assert main(["init"]) == 0
    assert 'image: "ghcr.io/acme/speech:{version}-{variant}"' in (tmp_path / "wxlint.yaml").read_text()
    assert main(["init", "--check"]) == 0
    workflow.write_text(workflow.read_text().replace(":1.0-${{ matrix.v }}", ":1.0-gpu"))
    capsys.readouterr()
    assert main(["init", "--check"]) == 1
    assert ":1.0-gpu is built, and the policy does not list it" in capsys.readouterr().out
    workflow.write_text(workflow.read_text().replace(":1.0-gpu", ":nightly"))
    (tmp_path / "wxlint.yaml").unlink()
    assert main(["init"]) == 0
    assert main(["init", "--check"]) == 0
