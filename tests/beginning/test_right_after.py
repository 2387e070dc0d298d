"""A policy that `init` has just written and its repository do not part, whatever the repository is like."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from wxlint.cli.main import main

BASES = (
    *("python:3.11-slim", "nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04", "rocm/dev-ubuntu-22.04:6.2"),
    *("acme/app-base:cpu", "acme/app-base:cuda", "acme/app-base", "${BASE}"),
)
TORCH = ("", "torch==2.3.1", "torch==2.3.1 -i https://download.pytorch.org/whl/cpu")
TORCH_FOR_A_GPU = (
    *(
        "torch==2.3.1 -i https://download.pytorch.org/whl/cu121",
        "-i https://download.pytorch.org/whl/cu118 torch==2.3.1",
    ),
    *("onnxruntime-gpu", "whisperx==3.3.1"),
)
WORDS = ("", "cpu", "cuda", "gpu", "cu121", "cu118", "rocm", "amd", "slim", "xpu")
TAGS = ("{w}", "{w}", "1.2-{w}", "{w}-1.2", "latest-{w}", "latest", "1.2", "$V-{w}", "", "dev", "1.2-{w}-arm64")
NAMES = ("acme/app-{s}", "acme/app-{s}", "acme/app", "acme/{s}-{w}", "${R:-acme}/app-{s}", "$R/app-{s}", "other/{s}")
STAGES = ("base", "asr", "web", "test-client")


def repository(chance: random.Random) -> dict[str, str]:
    """The files of a small family, of which nobody took much care."""
    names, tags = chance.sample(NAMES, 2), chance.sample(TAGS, 2)
    stages, words = chance.sample(STAGES, chance.randint(1, 3)), chance.sample(WORDS, chance.randint(1, 4))
    files: dict[str, str] = {}
    lines, services = ["V=1.3\n"], []
    for number in range(chance.randint(1, 8)):
        stage, word = chance.choice(stages), chance.choice(words)
        path = chance.choice(("docker/{s}/Dockerfile", "{s}/Dockerfile.{w}", "Dockerfile.{w}", "Dockerfile"))
        path = path.format(s=stage, w=word or "plain")
        torch = chance.choice(TORCH + TORCH_FOR_A_GPU)
        run = f"RUN pip install {torch}\n" if torch else ""
        files[path] = f"ARG BASE=python:3.11-slim\nFROM {chance.choice(BASES)}\n{run}"
        image = f"{chance.choice(names)}:{chance.choice(tags)}".replace("{s}", stage).replace("{w}", word)
        image = image.replace("-:", ":").replace(":-", ":").removesuffix("-").removesuffix(":")
        context = chance.choice((".", ".", path.rpartition("/")[0] or "."))
        if chance.random() < 0.3:
            services.append(
                f"  s{number}: {{image: '{image}', build: {{context: {context}, dockerfile: /r/{path}}}}}\n"
            )
        else:
            lines.append(f"docker build -t {image} -f {path} {context}\n")
    files["build.sh"] = "".join(lines)
    if services:
        files[chance.choice(("docker-compose.yml", "docker-compose.gpu.yml"))] = "services:\n" + "".join(services)
    return files


@pytest.mark.parametrize("seed", range(60))
def test_right_after_init_nothing_parts(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for name, text in repository(random.Random(seed)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("/r/", f"{tmp_path}/"))
    assert main(["init"]) == 0
    policy = (tmp_path / "wxlint.yaml").read_text()
    capsys.readouterr()
    assert main(["init", "--check"]) == 0, capsys.readouterr().out + policy
    (tmp_path / "new.sh").write_text("docker build -t acme/quite-new:x86 -f Dockerfile.new .\n")
    assert main(["init", "--check"]) == ("\nimage:" in policy)
