"""images --builds, explain FILE:LINE and IMAGE, and graph in its formats, through the command line."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from wxlint.cli.main import main

BASE = "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n"
APP = "ARG TAG=cuda\nFROM example/base:${TAG}\nRUN pip install flask==3.0.0\n"
SCRIPT = "docker build -t example/base:cuda base\ndocker build -t example/asr:1.0-cuda --build-arg TAG=cuda app\n"
COMPOSE = "services:\n  asr:\n    image: example/asr:1.0-cuda\n    gpus: all\n"


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))  # without graphviz
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / ".cache"))
    for name, text in (
        ("base/Dockerfile", BASE),
        ("app/Dockerfile", APP),
        ("build.sh", SCRIPT),
        ("docker-compose.yml", COMPOSE),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def out(capfd: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    captured = capfd.readouterr()
    return captured.out if not code else captured.err


def test_one_line_for_each_build(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    head, *rows = out(capfd, "images", "--builds").splitlines()
    assert head.split() == ["IMAGE", "VARIANT", "TORCH", "BASE", "BUILT", "BY"]
    assert [re.split(r"  +", row) for row in rows] == [
        ["example/asr:1.0-cuda", "cuda", "none", "example/base:cuda", "docker build (build.sh:2)"],
        ["example/base:cuda", "cuda", "none", "nvidia/cuda:12.4.1-runtime-ubuntu22.04", "docker build (build.sh:1)"],
    ]
    found = json.loads(out(capfd, "images", "--builds", "--format", "json"))
    assert [(each["image"], each["args"]) for each in found] == [
        ("example/asr:1.0-cuda", {"TAG": "cuda"}),
        ("example/base:cuda", {}),
    ]


def test_what_other_builds_and_folders_hold_is_said_below_an_image(
    family: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (family / ".git").mkdir()  # so that the script beside the folder is read
    (family / "app/Dockerfile").write_text("ARG B=python:3.11\nFROM ${B}\nRUN pipx install openai-whisper\n")
    (family / "build.sh").write_text("docker build --build-arg B=nvidia/cuda:12.4.1-base-ubuntu22.04 -t e/a:1 app\n")
    folder = "in /root/.local/pipx/venvs/openai-whisper"
    other = "cuda, torch none, base nvidia/cuda:12.4.1-base-ubuntu22.04, by docker build (build.sh:1)"
    said = out(capfd, "images", "app").splitlines()
    assert said[0] == "app/Dockerfile: cpu, torch none, base python:3.11"
    assert f"    {folder}: torch default" in said and said[-1] == f"    built as {other}"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    rows = [re.split(r"  +", row.strip()) for row in out(capfd, "images", "app").splitlines()]
    assert rows[1:] == [
        ["app/Dockerfile", "cpu", "none", "python:3.11"],
        [folder, "default"],
        ["by docker build (build.sh:1)", "cuda", "none", "nvidia/cuda:12.4.1-base-ubuntu22.04"],
    ]
    (found,) = json.loads(out(capfd, "images", "app", "--format", "json"))
    assert [(each["torch"], each["built_by"]) for each in found["builds"]] == [("none", "docker build (build.sh:1)")]
    assert [each["folder"] for each in found["folders"]] == [folder.removeprefix("in ")]


def test_dockerfiles_of_any_name_are_shown_with_their_folder(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / ".git").mkdir()
    (family / "base/image+cuda").write_text(BASE)
    (family / "build.sh").write_text(f"{SCRIPT}docker build -f base/image+cuda -t example/more:cuda base\n")
    assert "base/image+cuda: cuda" in out(capfd, "images")
    assert "base/image+cuda: cuda" in out(capfd, "images", "base")
    assert "example/more:cuda" in out(capfd, "images", "--builds", "base")
    assert "image+cuda" not in out(capfd, "images", "app")
    assert "image+cuda" not in out(capfd, "images", "base/Dockerfile")


def test_explain_a_line(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = out(capfd, "explain", "app/Dockerfile:2")
    assert "FROM names example/base:cuda" in text and "--build-arg TAG=cuda (build.sh:2)" in text
    assert "pip installs flask==3.0.0" in out(capfd, "explain", "./app/Dockerfile:3")
    assert "gives TAG=cuda to app/Dockerfile" in out(capfd, "explain", "build.sh:2")
    assert "names no image" in out(capfd, "explain", "docker-compose.yml:1")


@pytest.mark.parametrize("line", [4, 99, 0])
def test_explain_a_line_that_is_not_there(line: int, family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = len((family / "app/Dockerfile").read_text().splitlines())
    assert lines == 3
    assert f"app/Dockerfile:{line}: the file has 3 lines" in out(capfd, "explain", f"app/Dockerfile:{line}", code=2)


def test_explain_needs_no_path(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["explain"])
    assert "required: RULE|FILE:LINE|IMAGE\n" in capfd.readouterr().err


def test_explain_an_image(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = out(capfd, "explain", "example/asr:1.0-cuda")
    assert "argument: TAG=cuda (build.sh:2)" in text and "base: example/base:cuda" in text
    assert "because: FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04 (base/Dockerfile:1)" in text
    assert "which is FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04 (base/Dockerfile:1)" in text
    assert text == out(capfd, "explain", "app/Dockerfile")
    assert "did you mean 'example/asr:1.0-cuda'" in out(capfd, "explain", "example/asr:1.0-cudn", code=2)


def test_the_graph_as_data(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = json.loads(out(capfd, "graph", "--format", "json"))
    assert {(node["name"], node["kind"]) for node in found["nodes"]} == {
        ("example/asr:1.0-cuda", "built"),
        ("example/base:cuda", "built"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "base"),
        ("docker-compose.yml", "user"),
    }
    assert {(edge["source"], edge["target"], edge["label"]) for edge in found["edges"]} == {
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "example/base:cuda", "FROM"),
        ("example/base:cuda", "example/asr:1.0-cuda", "FROM"),
        ("example/asr:1.0-cuda", "docker-compose.yml", "compose image"),
    }


def test_the_part_around_an_image(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "other").mkdir()
    (family / "other" / "Dockerfile").write_text("FROM python:3.11-slim\n")
    text = out(capfd, "graph", "--focus", "example/base:cuda")
    assert "example/asr:1.0-cuda" in text and "other" not in text
    assert "there is no image 'x'" in out(capfd, "graph", "--focus", "x", code=2)


def test_every_format_names_every_image(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "mermaid", "dot", "svg", "json"):
        text = out(capfd, "graph", "--format", form)
        assert "example/base:cuda" in text and "nvidia/cuda:12.4.1-runtime-ubuntu22.04" in text, form


@pytest.mark.parametrize("count", [1, 14, 100])
def test_boxes_of_an_svg_lie_apart_and_inside(family: Path, capfd: pytest.CaptureFixture[str], count: int) -> None:
    for number in range(count):
        folder = family / f"stage{number}"
        folder.mkdir()
        base = f"example/stage{number // 3}:cuda" if number % 3 else "example/base:cuda"
        (folder / "Dockerfile").write_text(f"FROM {base}\n")
    with (family / "build.sh").open("a") as file:
        file.writelines(f"docker build -t example/stage{n}:cuda stage{n}\n" for n in range(count))
    assert main(["graph", "--format", "svg", "--output", "picture.svg"]) == 0
    root = ET.parse(family / "picture.svg").getroot()
    groups = root.iter("{http://www.w3.org/2000/svg}g")
    boxes = []
    for group in groups:
        rect = group.find("{http://www.w3.org/2000/svg}rect")
        assert rect is not None
        x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
        assert (
            x >= 0
            and x + width <= float(root.attrib["width"])
            and y >= 0
            and y + height <= float(root.attrib["height"])
        )
    assert len(boxes) == count + 4
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top


def test_hostile_names_are_text_in_every_format(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / 'Dockerfile.<script>"&\x1b[31m').write_text("FROM python:3.11-slim\n")
    for form in ("text", "mermaid", "dot", "svg", "json"):
        text = out(capfd, "graph", "--format", form)
        assert "\x1b" not in text
        if form == "svg":
            ET.fromstring(text)
        if form in ("svg", "mermaid"):
            assert "<script>" not in text


def test_findings_stand_on_edges_and_nodes(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "docker-compose.yml").write_text("services:\n  asr:\n    image: example/base:latest\n")
    (family / "build.sh").write_text(SCRIPT + "docker build -t example/base:latest base\n")
    (family / "app/Dockerfile").write_text("FROM example/base:latest\nRUN pip install flask>=3.0.0\n")
    data = json.loads(out(capfd, "graph", "--format", "json"))
    edges = {(edge["source"], edge["target"]): edge["findings"] for edge in data["edges"]}
    assert "latest-tag" in edges["example/base:latest", "example/asr:1.0-cuda"]
    assert edges["example/base:latest", "docker-compose.yml"] == [], "what is information only is not drawn"
    nodes = {node["name"]: node["findings"] for node in data["nodes"]}
    assert "unquoted-specifier" in nodes["example/asr:1.0-cuda"] and nodes["docker-compose.yml"] == []
    assert "from example/base:latest [latest-tag" in out(capfd, "graph")
    assert "linkStyle" in out(capfd, "graph", "--format", "mermaid")
    assert 'fontcolor="#c62828"' in out(capfd, "graph", "--format", "dot")
    assert ">latest-tag" in out(capfd, "graph", "--format", "svg")


def test_a_tall_column_is_folded_between_its_boxes(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = ["docker build -t example/base:cuda base"]
    for number in range(40):
        (family / f"s{number}").mkdir()
        (family / f"s{number}/Dockerfile").write_text("FROM example/base:cuda\n")
        lines.append(f"docker build -t example/s{number}:cuda s{number}")
    (family / "build.sh").write_text("\n".join(lines) + "\n")
    root = ET.fromstring(out(capfd, "graph", "--format", "svg"))
    boxes = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("rx")]
    places = {(float(box.get("x", 0)), float(box.get("y", 0))) for box in boxes}
    assert len(places) == len(boxes) and len({x for x, _ in places}) >= 4
    assert float(root.get("height", 0)) < 25 * 60


@pytest.mark.parametrize(
    ("program", "own"),
    [
        ("cat > seen; echo '<svg>drawn</svg>'", False),
        ("cat > seen; exit 1", True),
        ("cat > seen; echo nothing", True),
        ("exit 1", True),
    ],
)
def test_graphviz_draws_where_it_is_there(
    program: str, own: bool, family: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (family / "programs").mkdir()
    dot = family / "programs" / "dot"
    dot.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{program}\n")
    dot.chmod(0o755)
    text = out(capfd, "graph", "--format", "svg")
    assert ("from elsewhere" in text) == own and ("drawn" in text) == (not own)
    if "seen" in program:
        assert (family / "seen").read_text() == out(capfd, "graph", "--format", "dot")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", "app:\n\tdocker build -t example/new:1 app\n"),
        ("tox.ini", "[testenv]\ncommands = docker build -t example/new:1 app\n"),
        ("justfile", "app:\n    docker build -t example/new:1 app\n"),
        (".gitlab-ci.yml", "app: {script: ['docker build -t example/new:1 app']}\n"),
        ("docker-bake.hcl", 'target "app" {\n  context = "app"\n  tags = ["example/new:1"]\n}\n'),
        ("build.ps1", "docker build -t example/new:1 app\n"),
        ("compose.yaml", "services: {new: {image: 'example/new:1', build: app}}\n"),
    ],
)
def test_explain_an_image_of_every_builder(
    path: str, text: str, family: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (family / "docker-compose.yml").unlink()
    (family / "app/Dockerfile").write_text(APP + "RUN pip install torch==2.6.0 onnxruntime-gpu==1.20.1\n")
    (family / path).write_text(text)
    shown = out(capfd, "explain", "example/new:1")
    assert f"({path}:" in shown and "which is FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04 (base/Dockerfile:1)" in shown
    assert "holds: onnxruntime-gpu==1.20.1 (app/Dockerfile:4)" in shown


def test_explain_names_everybody_who_builds_an_image(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "Makefile").write_text("a:\n\tdocker build -t example/base:cuda base\n")
    text = out(capfd, "explain", "example/base:cuda")
    assert "(Makefile:2)" in text and "(build.sh:1)" in text
    assert "make a (Makefile:2)" in out(capfd, "images", "--builds")
