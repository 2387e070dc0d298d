"""A document that breaks the program: one finding, the rest checked, exit code 3 in every format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from file_trees import write_tree

from wxlint.cli.exit_codes import BUG
from wxlint.cli.main import main
from wxlint.images.builds import from_scripts
from wxlint.images.builds.compose import projects
from wxlint.images.graph import evaluations
from wxlint.images.graph.lineage import lineage
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem, latest_tag

FILES = {
    "a/Dockerfile": "FROM python:latest\n",
    "b/Dockerfile": "FROM alpine:latest\n",
    "c/Dockerfile": "FROM busybox:latest\n",
    "build.sh": "docker build -t x:latest b\n",
    "run.sh": "docker run redis:latest\n",
    "compose.yaml": "services: {s: {image: 'nginx:latest'}}\n",
}
EVERY = {
    ("latest-tag", "a/Dockerfile"),
    ("latest-tag", "b/Dockerfile"),
    ("latest-tag", "c/Dockerfile"),
    ("latest-tag", "build.sh"),
    ("latest-tag", "run.sh"),
    ("latest-tag", "compose.yaml"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)


def check(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    code = main(["check", "--format", "json", "."] if not options else ["check", *options, "."])
    return code, json.loads(capsys.readouterr().out)


def places(report: Any) -> set[tuple[str, str]]:
    return {(f["rule"], f["path"]) for f in report["findings"]}


def breaking(work: Callable[..., Any], culprit: Callable[..., bool]) -> Callable[..., Any]:
    def broken(*arguments: Any, **named: Any) -> Any:
        if culprit(*arguments):
            raise IndexError("string index\n::error::out of range")
        return work(*arguments, **named)

    return broken


def test_a_dockerfile_that_cannot_be_evaluated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = breaking(evaluations.evaluate, lambda dockerfile, *_: dockerfile.source.path == "b/Dockerfile")
    monkeypatch.setattr(evaluations, "evaluate", broken)
    code, report = check(capsys)
    assert code == BUG
    assert places(report) == EVERY - {("latest-tag", "b/Dockerfile")} | {("internal-error", "b/Dockerfile")}
    (finding,) = (f for f in report["findings"] if f["rule"] == "internal-error")
    assert finding["severity"] == "error"
    assert "IndexError: string index ::error::out of range" in finding["message"]
    assert "report" in finding["hint"]


def test_a_script_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = breaking(from_scripts.read_script, lambda source, *_: source.path == "run.sh")
    monkeypatch.setattr(from_scripts, "read_script", broken)
    code, report = check(capsys)
    assert code == BUG
    assert places(report) == EVERY - {("latest-tag", "run.sh")} | {("internal-error", "run.sh")}


def test_a_compose_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("other").mkdir()
    Path("other/compose.yaml").write_text("services: {t: {image: 'redis:latest'}}\n")
    broken = breaking(projects.read_projects, lambda paths, *_: "compose.yaml" in paths)
    monkeypatch.setattr(projects, "read_projects", broken)
    code, report = check(capsys)
    assert code == BUG
    wanted = EVERY - {("latest-tag", "compose.yaml")}
    assert places(report) == wanted | {("internal-error", "compose.yaml"), ("latest-tag", "other/compose.yaml")}


def test_a_state_that_cannot_be_followed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken = breaking(lineage.external_state, lambda use, _: use.value.text == "alpine:latest")
    monkeypatch.setattr(lineage, "external_state", broken)
    code, report = check(capsys)
    assert code == BUG
    assert places(report) == EVERY | {("internal-error", "b/Dockerfile")}


@pytest.mark.parametrize("culprit", ["a/Dockerfile", "compose.yaml", "build.sh"])
def test_a_rule_that_breaks_on_one_document(
    culprit: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work = latest_tag.check

    def broken(repository: Repository) -> Iterator[Problem]:
        if any(use.span.path == culprit for use in repository.uses):
            raise RecursionError
        yield from work(repository)

    monkeypatch.setattr(latest_tag, "check", broken)
    code, report = check(capsys)
    assert code == BUG
    assert places(report) == EVERY - {("latest-tag", culprit)} | {("internal-error", culprit)}


def test_nothing_turns_it_off(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("b/Dockerfile").write_text("# wxlint: ignore-file[internal-error] no\nFROM alpine:3.20\n")
    monkeypatch.setattr(evaluations, "evaluate", breaking(evaluations.evaluate, lambda d, *_: "b/" in d.source.path))
    code, report = check(capsys, "--format", "json", "--select", "untagged-image", "--fail-on", "error")
    assert code == BUG
    assert ("internal-error", "b/Dockerfile") in places(report)


@pytest.mark.parametrize("form", ["text", "sarif", "github"])
def test_every_format_shows_it(form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(evaluations, "evaluate", breaking(evaluations.evaluate, lambda d, *_: "b/" in d.source.path))
    assert main(["check", "--format", form, "."]) == BUG
    shown = capsys.readouterr().out
    assert "internal-error" in shown
    assert "\n::error::out" not in shown
    if form == "sarif":
        (run,) = json.loads(shown)["runs"]
        assert "internal-error" in {rule["id"] for rule in run["tool"]["driver"]["rules"]}


def test_images_shows_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(evaluations, "evaluate", breaking(evaluations.evaluate, lambda d, *_: "b/" in d.source.path))
    assert main(["images", "."]) == BUG
    said = capsys.readouterr()
    assert "b/Dockerfile: this file broke wxlint" in said.err
    assert "a/Dockerfile: " in said.out


def test_it_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "internal-error"]) == 0
    assert "exit code 3" in capsys.readouterr().out
