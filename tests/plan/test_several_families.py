"""Plans of several families in one bake file and one picture, and bases whose whole tag nothing gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.cli.main import main
from wxlint.documents.source import read
from wxlint.plan.build_plan import make_plan
from wxlint.policy.load import load_policy

FILES = {
    "platform/wxlint.yaml": 'wxlint: 1\nimage: "acme/{stage}"\ndockerfile: "{stage}/Dockerfile"\n'
    "variants: {cpu: {stages: [base]}}\n",
    "platform/base/Dockerfile": "FROM python:3.11-slim\n",
    "team/wxlint.yaml": 'wxlint: 1\nregistry: acme\nimage: "{registry}/team-{stage}"\ncontext: "docker/{stage}"\n'
    'variants: {cpu: {base: {image: "acme/base:cpu"}, stages: [asr, base]}}\n',
    "team/docker/asr/Dockerfile": "ARG TAG=cpu\nFROM acme/base:${TAG}\n",
    "team/docker/base/Dockerfile": "FROM acme/base:cpu\n",
}


@pytest.fixture
def families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, FILES)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, files: dict[str, str]) -> None:
    write_tree(root, files)


def test_one_bake_file_builds_all_families(families: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--format", "bake"]) == 0
    bake = json.loads(capsys.readouterr().out)
    assert bake["variable"] == {"TEAM_REGISTRY": {"default": "acme"}}
    assert bake["group"]["team"] == {"targets": ["team_asr-cpu", "team_base-cpu"]}
    assert bake["group"]["cpu"]["targets"] == ["platform_base-cpu", "team_asr-cpu", "team_base-cpu"]
    assert bake["target"]["team_asr-cpu"] == {
        "context": "team/docker/asr",
        "dockerfile": "../../docker/asr/Dockerfile",
        "tags": ["${TEAM_REGISTRY}/team-asr:cpu"],
        "contexts": {"acme/base:cpu": "target:platform_base-cpu"},
    }
    for target in bake["target"].values():
        assert (families / target["context"] / target["dockerfile"]).is_file()


def test_one_picture_shows_what_stands_on_another_family(families: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--format", "mermaid"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.count("end") == sum(line.startswith("subgraph ") for line in lines) == 4
    assert {'subgraph f1 ["team"]', 'i1["asr:cpu"]', "i0 --> i1", "i0 --> i2"} <= set(lines)


def test_a_script_is_of_one_family_and_the_order_is_said(families: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--format", "sh"]) == 2
    said = capsys.readouterr().err
    assert "in this order: platform, then team" in said and "--policy team/wxlint.yaml" in said


@pytest.mark.parametrize(
    ("image", "argument", "advice"),
    [
        ("acme/{stage}", "ARG TAG", "give build-args: {TAG: cpu} under variants.cpu"),
        ("acme/{stage}", "ARG TAG=", "give build-args: {TAG: cpu} under variants.cpu"),
        ("acme/{stage}:{version}-{variant}", "ARG TAG", "give --build-arg TAG=1.2-cpu"),
        ("acme/{stage}", "ARG TAG=cpu", ""),
    ],
)
def test_a_base_without_any_tag_is_refused(tmp_path: Path, image: str, argument: str, advice: str) -> None:
    text = f'wxlint: 1\nimage: "{image}"\ndockerfile: "{{stage}}/Dockerfile"\n'
    write(
        tmp_path,
        {
            "wxlint.yaml": f"{text}variants: {{cpu: {{base: base, stages: [asr]}}}}\n",
            "base/Dockerfile": "FROM python:3.11-slim\n",
            "asr/Dockerfile": f"{argument}\nFROM acme/base:${{TAG}}\n",
        },
    )
    policy = load_policy(read(tmp_path / "wxlint.yaml", "wxlint.yaml"), tmp_path / "wxlint.yaml")
    parts = {"version": "1.2"} if "version" in image else {}
    step = make_plan(policy, parts=parts, env={}).step("asr:cpu")
    assert step is not None and step.problem.rpartition(": give ")[0] == (
        f"asr/Dockerfile:2: FROM acme/base:${{TAG}} has no tag, since nothing gives TAG a value; "
        f"the plan builds acme/base:{'1.2-' if parts else ''}cpu"
        if advice
        else ""
    )
    assert step.problem.endswith(advice)
    given = make_plan(policy, parts=parts, env={}, args={"TAG": "1.2-cpu" if parts else "cpu"}).step("asr:cpu")
    assert given is not None and (given.problem, given.needs) == ("", ("base:cpu",))
