"""Names of images that only readme files say."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.cli.main import main

CUDA = "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"
README = """\
# Kaldi

Build it

```bash
git clone https://registry.example/acme/Speech.git
cd Speech
docker build . -f kaldi/Dockerfile -t speech-kaldi:latest
```

> ~~~
> $ docker pull acme/speech-kaldi
> ~~~

```python
docker build -t acme/never -f kaldi/Dockerfile .
```
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "speech"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    write_tree(
        root,
        {
            "kaldi/Dockerfile": "FROM python:3.11-slim\nRUN pip install torch --index-url "
            "https://download.pytorch.org/whl/cpu\n",
            "whisper/Dockerfile.gpu": CUDA,
            "kaldi/README.md": README.replace("> $ docker", "$ docker").replace("> ~~~", "~~~"),
            "README.md": "~~~\n$ docker build -f whisper/Dockerfile.gpu -t acme/speech-whisper whisper\n~~~\n",
        },
    )
    return root


def test_a_readme_names_what_nothing_else_builds(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    policy = Path("wxlint.yaml").read_text()
    assert 'image: "acme/speech-{stage}:latest"' in policy
    assert "kaldi/Dockerfile; acme/speech-kaldi:latest of kaldi/README.md:8 is taken\n" in policy
    assert "whisper/Dockerfile.gpu; acme/speech-whisper of README.md:2 is taken\n" in policy
    assert "stages: [kaldi]" in policy and "stages: [whisper]" in policy
    assert "not decided: nothing builds it under a name: kaldi/Dockerfile; " in capsys.readouterr().err
    assert main(["init", "--check"]) == 0


def test_a_readme_names_nothing_where_a_build_does(repository: Path) -> None:
    (repository / "build.sh").write_text("docker build -f whisper/Dockerfile.gpu -t acme/app:gpu whisper\n")
    assert main(["init"]) == 0
    policy = Path("wxlint.yaml").read_text()
    assert "image: acme/app\n" in policy and "speech-kaldi" not in policy


@pytest.mark.parametrize(
    "name", ["your-account/app", "my-app", "username/image:tag", "<name>", "$IMAGE", "acme/app:$(date)-your"]
)
def test_names_to_be_filled_in_are_none(repository: Path, name: str) -> None:
    for path in ("README.md", "kaldi/README.md"):
        (repository / path).write_text(f"```\ndocker build -t {name} -f kaldi/Dockerfile .\n```\n")
    assert main(["init"]) == 0
    assert (" is taken" in Path("wxlint.yaml").read_text()) == name.startswith("acme/")


@pytest.mark.parametrize(
    "text",
    ["```\ndocker build -t acme/app -f kaldi/Dockerfile .", "```\ndocker build '\n```\n", "~~~ `\n", "\0\n```\n```"],
)
def test_a_readme_that_is_broken_names_nothing(repository: Path, text: str) -> None:
    for path in ("README.md", "kaldi/README.md"):
        (repository / path).write_text(text)
    assert main(["init"]) == 0
    assert " is taken" not in Path("wxlint.yaml").read_text()


def test_a_readme_outside_of_the_repository_is_not_read(repository: Path) -> None:
    outside = repository.parent / "other.md"
    outside.write_text("```\ndocker build -t acme/app -f kaldi/Dockerfile .\n```\n")
    for path in ("README.md", "kaldi/README.md"):
        (repository / path).unlink()
        (repository / path).symlink_to(outside)
    assert main(["init"]) == 0
    assert "acme/app" not in Path("wxlint.yaml").read_text()
