"""Text from outside in every field of every command: nothing that a terminal or the runner of a CI job would obey."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from make_image import FILE, Layer, distribution, docker_save, member, tar

from wxlint.cli.main import main

PAYLOADS = ("\n::stop-commands::t", "::error::x", "##[error]x", "##vso[task.x]", "\x1b]0;x\x07", "\u202e", "\x85::a::")
EVIL = "x" + "".join(PAYLOADS)
WORD = "".join(PAYLOADS[1:4])
"""What may stand in one word of a Dockerfile or a script."""


def unsafe(text: str, *, commands: bool = False) -> list[str]:
    """The lines of a log that mean more than their text. commands: our own annotations are expected."""
    lines = text.split("\n")
    found = [line for line in lines if not line.isprintable() or re.search(r"##[A-Za-z]*\[", line)]
    own = "::(error|warning|notice) (file|title)=" if commands else "$"
    starts = (line for line in lines if line.lstrip().startswith("::"))
    return found + [line for line in starts if not re.match(own, line)]


DOCKERFILE = f"""\
FROM python:latest AS {WORD}
ARG TAG={WORD}
FROM a{WORD}:latest AS s
FROM python:${{TAG}}
FROM "a:latest{WORD}"
RUN pip install torch=={WORD} --index-url https://{WORD}/cu121
RUN pip install -r {WORD}.txt # wxlint: ignore[{WORD}]
COPY --from=img{WORD}:latest {WORD} /x
NOPE{WORD}
LABEL "{WORD}
"""
COMPOSE = """\
services:
  "{name}":
    image: "{name}"
    build: {{context: ".", dockerfile: "{name}", args: {{"{name}": "{name}"}}}}
    gpus: "{name}"
  b: "{name}"
"""
SCRIPT = f"""\
T='{WORD}'
docker push a/b:latest && echo '{WORD}'
docker build -t a/b:latest$T -f '{WORD}' .
docker push 'a/{WORD}'
docker run "${{{WORD}}}"
"""
POLICY = """\
wxlint: 1
name: {name}
image: "{{registry}}/app-{{stage}}"
registry: me
variants:
  cpu: {{base: base, stages: [one]}}
stages:
  one: {{dockerfile: {path}}}
"""


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which every name and every text is hostile, with an engine that says hostile things."""
    root = tmp_path / f"r{EVIL}".replace("/", "")
    root.mkdir()
    (root / ".git").mkdir()
    for path in (f"Dockerfile.{EVIL}", "Dockerfile", f"{EVIL}/Dockerfile"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(DOCKERFILE)
    name = json.dumps(EVIL)[1:-1]
    (root / "compose.yaml").write_text(COMPOSE.format(name=name))
    (root / f"compose.{EVIL}.yaml").write_text(COMPOSE.format(name=name) + "  - [\n")
    (root / "build.sh").write_text(SCRIPT)
    (root / f"{EVIL}.sh").write_text(SCRIPT)
    (root / f"{EVIL}.bat").write_text("docker push a/%T:latest%\r\n" + SCRIPT)
    (root / f"requirements-{EVIL}.txt").write_text(f"torch\n-r {WORD}.txt\n--index-url {WORD}\n")
    (root / f"Dockerfile.big{EVIL}").touch()
    os.truncate(root / f"Dockerfile.big{EVIL}", 9 * 2**20)
    (root / f"dangling{EVIL}.sh").symlink_to("nowhere")
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(EVIL)}\nprintf %s {shlex.quote(EVIL)} >&2\nexit 1\n")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:/usr/bin:/bin")
    monkeypatch.chdir(root)
    return root


def said(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    try:
        assert main(arguments) in (0, 1, 2)
    except SystemExit as error:
        assert error.code == 2
    out, err = capfd.readouterr()
    assert unsafe(out, commands="github" in arguments) == []
    assert unsafe(err) == []
    return out + err


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize(
    "paths",
    [["."], ["Dockerfile"], [f"Dockerfile.{EVIL}"], [f"{EVIL}.sh", f"{EVIL}.bat"]],
    ids=["all", "one", "named", "scripts"],
)
def test_check(evil: Path, form: str, paths: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    shown = said(["check", "--format", form, *paths], capfd)
    assert "latest" in shown or "torch" in shown
    if paths != ["Dockerfile"]:
        assert "stop-commands" in shown


@pytest.mark.parametrize("form", ["text", "json"])
def test_images(evil: Path, form: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "Dockerfile" in said(["images", "--format", form, "."], capfd)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", EVIL],
        ["check", "--format", EVIL],
        ["check", "--select", EVIL],
        ["check", "--policy", EVIL],
        ["check", "--output", f"{EVIL}/x"],
        ["check", "--output", f"Dockerfile.{EVIL}"],
        ["check", "--fail-on", EVIL],
        ["check", "--cache-dir", EVIL],
        ["check", "--max-unknown", EVIL],
        ["check", f"--{EVIL}"],
        ["check", "-", "--stdin-filename", EVIL],
        ["check", "x", "--stdin-filename", EVIL],
        ["images", EVIL],
        [EVIL],
        ["rules", EVIL],
        ["explain", EVIL],
        ["schema", EVIL],
        ["inspect", EVIL],
        ["inspect", f"{EVIL}.sh"],
        ["inspect", "a", "--expect", EVIL],
        ["inspect", "a", "--dockerfile", EVIL],
        ["plan", "--policy", EVIL],
        ["plan"],
        ["build"],
        ["sweep"],
    ],
    ids=lambda words: " ".join("EVIL" if "stop" in word else word for word in words),
)
def test_messages(
    evil: Path, arguments: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("Dockerfile") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert said(arguments, capfd)


@pytest.mark.parametrize(
    "policy",
    [
        "wxlint: 1\n" + json.dumps(EVIL) + ": 1\n",
        "wxlint: 1\nname: " + json.dumps(EVIL) + "\nimage: 3\nvariants: {" + json.dumps(EVIL) + ": {}}\n",
        "wxlint: 1\nrules: {" + json.dumps(EVIL) + ": error}\n",
        "wxlint: [\n" + WORD,
        "wxlint: 1\nextends: " + json.dumps(EVIL) + "\n",
        "wxlint: 1\nimage: '{registry}/a-{stage}'\nregistry: r\ncompose: [" + json.dumps(EVIL) + "]\n",
        "wxlint: 1\nimage: '{registry}/a-{stage}'\nregistry: r\ndockerfile: '" + WORD + "{tag}{tag}'\n"
        "variants: {cpu: {stages: [a]}}\n",
    ],
)
def test_errors_in_a_policy(evil: Path, policy: str, capfd: pytest.CaptureFixture[str]) -> None:
    (evil / "wxlint.yaml").write_text(policy)
    for command in (["check"], ["plan"], ["images"]):
        assert said(command, capfd)


def test_policies_with_hostile_names(evil: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (evil / "Dockerfile").unlink()
    (evil / "policies").mkdir()
    for name in ("a", EVIL):
        (evil / "policies" / f"{name}.yaml").write_text("wxlint: 1\n")
    assert "policies" in said(["check"], capfd)


OPTIONS = [
    ["--select", f"nope{EVIL}"],
    ["--variant", EVIL],
    ["--build-arg", f"TAG={WORD}"],
    ["--registry", EVIL],
    ["--script", EVIL],
    ["--output", f"{EVIL}/x/y"],
    ["--format", EVIL],
]


@pytest.mark.parametrize(
    ("form", "more"),
    [*((form, []) for form in ("text", "json", "bake", "sh", "bat", "mermaid")), *(("sh", more) for more in OPTIONS)],
    ids=lambda value: value if isinstance(value, str) else "".join(value[:1]),
)
def test_plan(evil: Path, form: str, more: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    (evil / "docker" / "base").mkdir(parents=True)
    (evil / "docker" / "base" / "Dockerfile").write_text(f"FROM a{WORD}:1\nARG TAG={WORD}\n")
    (evil / f"d{WORD}").write_text("FROM me/app-base:cpu\nARG TAG\n")
    (evil / "wxlint.yaml").write_text(POLICY.format(name=json.dumps("n" + WORD), path=json.dumps(f"d{WORD}")))
    assert said(["plan", "--format", form, *more], capfd)


def test_build(evil: Path, capfd: pytest.CaptureFixture[str]) -> None:
    test_plan(evil, "text", [], capfd)
    assert said(["build"], capfd)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("expect", ["cpu", "cuda:12.1"])
def test_inspect(evil: Path, form: str, expect: str, capfd: pytest.CaptureFixture[str]) -> None:
    content = tar(
        *(member(name, data) for name, data in distribution("torch", WORD, [EVIL]).items()),
        member(f"usr/{EVIL}/libcudart.so.12", b"x", FILE),
        member("etc/os-release", f"ID={EVIL}\nPRETTY_NAME={EVIL}\n".encode()),
    )
    settings = {"Env": [f"{EVIL}={EVIL}", f"CUDA_VERSION={EVIL}"], "Labels": {EVIL: EVIL}, "Cmd": [EVIL]}
    image = docker_save([Layer(content, f"RUN {EVIL}")], tags=[f"a{WORD}:1"], **settings)
    (evil / f"{EVIL}.tar").write_bytes(image)
    assert "torch" in said(["inspect", f"{EVIL}.tar", "--format", form, "--expect", expect], capfd)


def test_a_bug(evil: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(EVIL)

    monkeypatch.setattr("wxlint.lint.run.check", broken)
    assert main(["check"]) == 3
    err = capfd.readouterr().err
    assert "RuntimeError" in err and unsafe(err) == []
