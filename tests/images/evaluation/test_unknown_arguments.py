"""Builds with arguments that are not known: a default may not count there."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.lint.inputs import gather

DOCKERFILE = """\
ARG BASE=python:3.11-slim
FROM $BASE
ARG CHANNEL=cu124
RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/$CHANNEL
"""


def channels(folder: Path, **files: str) -> list[str]:
    for name, text in {"Dockerfile": DOCKERFILE, **files}.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [image.state.torch.channel for image in gather(["."]).repository.images]


@pytest.mark.parametrize(
    ("script", "channel"),
    [
        ("docker build -t e:1 .", "cu124"),
        ('docker build --build-arg "$X" -t e:1 .', "unknown"),
        ("docker build --build-arg CHAN$X=cpu -t e:1 .", "unknown"),
        ("docker build --build-arg OTHER=$X -t e:1 .", "cu124"),
        ("docker build $EXTRA -t e:1 .", "unknown"),
        ("docker build $EXTRA --build-arg CHANNEL=cpu -t e:1 .", "cpu"),
        ('[ -n "$1" ] && OPTS=--no-cache\ndocker build $OPTS -t e:1 .', "cu124"),
        ('[ -n "$1" ] && OPTS="--build-arg CHANNEL=$1"\ndocker build $OPTS -t e:1 .', "unknown"),
        ("docker build $@ -t e:1 .", "unknown"),
    ],
)
def test_options_of_a_script(script: str, channel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert channels(tmp_path, **{"build.sh": script + "\n"}) == [channel]


@pytest.mark.parametrize(
    ("arguments", "channel"),
    [
        ("${{ inputs.arguments }}", "unknown"),
        ("|\n            ${{ inputs.arguments }}\n            CHANNEL=cpu", "cpu"),
        ("${{ inputs.name }}=1", "unknown"),
        ("OTHER=${{ inputs.value }}", "cu124"),
    ],
)
def test_arguments_of_an_action(arguments: str, channel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"""\
on: {{workflow_call: {{inputs: {{arguments: {{}}, name: {{}}, value: {{}}}}}}}}
jobs:
  image:
    steps:
      - uses: docker/build-push-action@v6
        with:
          build-args: {arguments}
"""
    assert channels(tmp_path, **{".github__workflows__image.yml": text}) == [channel]


def test_arguments_of_a_bake_target_that_a_function_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = 'target "app" {\n  args = %s\n  tags = ["e:1"]\n}\n'
    assert channels(tmp_path, **{"docker-bake.hcl": text % "merge({A = 1}, EXTRA)"}) == ["unknown"]
    assert channels(tmp_path, **{"docker-bake.hcl": text % '{CHANNEL = "cpu"}'}) == ["cpu"]
