"""`wxlint inspect --policy` and `--predicted`: a saved image against a policy, without an engine."""

from __future__ import annotations

import json
from pathlib import Path

import make_image as make
import pytest

from wxlint.cli.main import main

POLICY = """\
wxlint: 1
image: "r/{stage}"
expect:
  user: non-root
  files:
    /app/main.py: {mode: "0644", owner: "0:0", content: [import], no-content: [password]}
    /linked/main.py: true
    /gone: false
    /etc: true
  env: {A: one}
  labels: {team: asr}
  workdir: /app
  ports: {"8080": true}
  volumes: {/data: true}
variants:
  cpu: {stages: [one, two], torch-channel: cpu, expect: {max-cuda-size: 0}}
stages:
  one: {expect: {exec: [python], cmd: [-h], packages: {numpy: ">=1,<2", torch: false}, entrypoint: {pattern: x}}}
"""
LAYERS = (
    make.Layer(
        make.tar(
            make.folder("etc"),
            make.member("etc/passwd", b"root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"),
            make.member("gone", b"x"),
            make.folder("app"),
            make.link("linked", "app"),
            make.member("app/main.py", b"password = 1\n"),
        )
    ),
    make.Layer(make.tar(make.member(".wh.gone"), make.member("app/main.py", b"import sys\n"))),
    make.Layer(make.files(make.distribution("numpy", "1.26.4"))),
)
SETTINGS = {
    "User": "app",
    "Env": ["A=one"],
    "Labels": {"team": "asr"},
    "WorkingDir": "/app",
    "ExposedPorts": {"8080/tcp": {}},
    "Volumes": {"/data": {}},
    "Entrypoint": ["python"],
    "Cmd": ["-h"],
}


def save(folder: Path, layers: tuple[make.Layer, ...] = LAYERS, name: str = "r/one:cpu", **settings: object) -> str:
    (folder / "wxlint.yaml").write_text(POLICY)
    data = make.docker_save(layers, [name], **{**SETTINGS, **settings})
    (folder / "image.tar").write_bytes(data)
    return str(folder / "image.tar")


def judged(folder: Path, *words: str) -> tuple[int, dict[str, str]]:
    """(exit code, verdict by property)"""
    report = folder / "report.json"
    policy = str(folder / "wxlint.yaml")
    code = main(["inspect", str(folder / "image.tar"), "--policy", policy, "--report", str(report), *words])
    found = json.loads(report.read_text())["images"][0]["checks"]
    return code, {each["name"]: each["verdict"] for each in found}


def test_an_image_that_keeps_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path)
    code, found = judged(tmp_path)
    run = {"entrypoint", "forbidden-tag", "distributions"}
    assert code == 0, capsys.readouterr().err
    assert {name for name, verdict in found.items() if verdict != "PASS"} == run
    assert {found[name] for name in run} == {"UNPROVEN"}
    assert (
        "not judged, since the image was not run: forbidden-tag, distributions, entrypoint" in capsys.readouterr().err
    )
    assert {"files", "env", "labels", "workdir", "ports", "volumes", "exec", "cmd", "packages", "user"} < set(found)


@pytest.mark.parametrize(
    ("check", "settings"),
    [
        ("user", {"User": "root"}),
        ("user", {"User": "nobodyhere"}),
        ("user", {"User": ""}),
        ("env", {"Env": ["A=two"]}),
        ("labels", {"Labels": None}),
        ("workdir", {"WorkingDir": "/"}),
        ("ports", {"ExposedPorts": {"80/tcp": {}}}),
        ("volumes", {"Volumes": {}}),
        ("exec", {"Entrypoint": ["sh"]}),
        ("cmd", {"Cmd": ["-x"]}),
    ],
)
def test_settings_that_break_it(tmp_path: Path, check: str, settings: dict[str, object]) -> None:
    save(tmp_path, **settings)
    code, found = judged(tmp_path)
    assert (code, found[check]) == (1, "FAIL")
    assert [name for name, verdict in found.items() if verdict == "FAIL"] == [check]


@pytest.mark.parametrize(
    ("check", "members"),
    [
        ("files", make.tar(make.member("app/main.py", b"password\nimport"))),
        ("files", make.tar(make.member("app/.wh.main.py"))),
        ("files", make.tar(make.member("app/.wh..wh..opq"))),
        ("files", make.tar(make.member("gone", b"again"))),
        ("files", make.tar(make.member(".wh.linked"))),
        ("packages", make.files(make.distribution("torch", "2.0"))),
        ("packages", make.tar(make.member(f"{make.SITE}/.wh.numpy-1.26.4.dist-info"))),
        ("user", make.tar(make.member("etc/passwd", b"app:x:0:0::/:/bin/sh\n"))),
        ("no-cuda", make.files({"usr/lib/libcudart.so.12": b"x"})),
        ("no-cuda", make.files(make.distribution("nvidia-cublas-cu12", "12.1.3.1"))),
    ],
)
def test_layers_that_break_it(tmp_path: Path, check: str, members: bytes) -> None:
    save(tmp_path, (*LAYERS, make.Layer(members)))
    code, found = judged(tmp_path)
    assert (code, found[check]) == (1, "FAIL")


def test_cuda_that_a_later_layer_removes_is_still_in_the_image(tmp_path: Path) -> None:
    brings = make.Layer(make.files({"usr/lib/libcudart.so.12": b"x" * 3000}))
    save(tmp_path, (*LAYERS, brings, make.Layer(make.tar(make.member("usr/lib/.wh.libcudart.so.12")))))
    code, found = judged(tmp_path)
    assert (code, found["cuda-size"]) == (1, "FAIL")


def test_a_path_through_a_loop_of_links_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, (*LAYERS, make.Layer(make.tar(make.link("app/main.py", "/app/main.py")))))
    assert main(["inspect", str(tmp_path / "image.tar"), "--policy", str(tmp_path / "wxlint.yaml")]) == 2
    assert "loop of symbolic links" in capsys.readouterr().err


def test_content_behind_a_link_of_another_name_is_unproven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = make.tar(make.member("app/real.py", b"import"), make.link("app/main.py", "real.py"))
    save(tmp_path, (*LAYERS, make.Layer(moved)))
    code, found = judged(tmp_path)
    assert (code, found["files"]) == (1, "UNPROVEN")
    assert judged(tmp_path, "--allow", "unproven:files")[0] == 0


def test_the_name_decides_which_image_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, name="elsewhere:1")
    policy = ["--policy", str(tmp_path / "wxlint.yaml")]
    assert main(["inspect", str(tmp_path / "image.tar"), *policy]) == 2
    assert "--as one:cpu does" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "image.tar"), *policy, "--as", "one:cpu"]) == 0
    capsys.readouterr()
    assert main(["inspect", str(tmp_path / "image.tar"), *policy, "--as", "oen:cpu"]) == 2
    assert "did you mean" in capsys.readouterr().err
    save(tmp_path, name="registry.example/team/r/two:cpu")
    assert judged(tmp_path)[1].keys().isdisjoint({"exec", "cmd", "packages"})


def test_predicted_of_a_saved_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = save(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", image, "--predicted"]) == 1
    assert "knows nothing" in capsys.readouterr().err
    (tmp_path / "docker/one").mkdir(parents=True)
    dockerfile = tmp_path / "docker/one/Dockerfile"
    dockerfile.write_text("FROM python:3.11-slim\nRUN pip install numpy\nUSER app\n")
    assert main(["inspect", image, "--predicted"]) == 0
    assert "user USER app, torch no torch" in capsys.readouterr().err
    dockerfile.write_text("FROM python:3.11-slim\nRUN pip install torch==2.2.1\nUSER app\n")
    assert main(["inspect", image, "--predicted"]) == 1
    assert "check says torch 2.2.1 of the default index, the image has no torch" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--max-size", "1kB"], 1, "more than 1.0 kB"),
        (["--max-size", "1GB"], 0, ""),
        (["--max-cuda-size", "0"], 1, "of it is CUDA"),
        (["--max-cuda-size", "1MiB"], 0, ""),
        (["--no-hidden-cuda"], 1, "is hidden in lower layers"),
        (["--max-size", "big"], 2, "allowed are sizes"),
        (["--as", "x"], 2, "of use with --policy"),
    ],
)
def test_limits(tmp_path: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = make.Layer(make.tar(make.member("usr/lib/.wh.libcudart.so.12")))
    image = save(tmp_path, (make.Layer(make.files({"usr/lib/libcudart.so.12": b"x" * 3000})), hidden))
    assert main(["inspect", image, *words]) == code
    assert said in capsys.readouterr().err
