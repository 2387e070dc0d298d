"""Policies that are not meant well: none leads out of its repository, blocks the run or fills the memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wxlint.cli.exit_codes import FAILED, FOUND, OK
from wxlint.cli.main import main
from wxlint.core.errors import PolicyError
from wxlint.documents.source import Source
from wxlint.policy.find import find_policy, repository_top
from wxlint.policy.load import load_policy

FAMILY = """\
wxlint: 1
root: {root}
registry: example
image: "{{registry}}/{{stage}}"
compose: [compose.yaml]
variants: {{cpu: {{stages: [a]}}}}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret/docker/a").mkdir(parents=True)
    (tmp_path / "secret/docker/a/Dockerfile").write_text("FROM python:latest\n")
    (tmp_path / "secret/compose.yaml").write_text("services: {s: {image: 'token-of-somebody:latest'}}\n")
    repository = tmp_path / "secret/repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    return repository


def load(text: str, path: Path) -> None:
    load_policy(Source(str(path), text), path)


def test_a_root_above_the_repository_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / ".git").mkdir()
    (here / "wxlint.yaml").write_text(FAMILY.format(root=".."))
    (here / "Dockerfile").write_text("FROM python:3.11-slim\n")
    assert main(["check", "."]) == FAILED
    said = capsys.readouterr()
    assert 'wxlint.yaml:2:7: root: ".." lies outside the policy\'s repository' in said.err
    assert "token" not in said.out + said.err


def test_a_root_above_the_working_folder_is_refused_where_no_repository_is(here: Path) -> None:
    (here / "ci").mkdir()
    load(FAMILY.format(root=".."), here / "ci/wxlint.yaml")
    with pytest.raises(PolicyError, match="lies outside"):
        load(FAMILY.format(root="../.."), here / "ci/wxlint.yaml")


def test_a_root_that_is_a_link_out_of_the_repository_is_refused(here: Path) -> None:
    (here / ".git").mkdir()
    (here / "inside").mkdir()
    (here / "out").symlink_to(here.parent)
    load(FAMILY.format(root="inside"), here / "wxlint.yaml")
    with pytest.raises(PolicyError, match="lies outside"):
        load(FAMILY.format(root="out"), here / "wxlint.yaml")


def test_a_folder_beside_the_root_with_a_longer_name_is_outside(here: Path) -> None:
    (here / ".git").mkdir()
    (here.parent / "repository-of-others").mkdir()
    with pytest.raises(PolicyError, match="lies outside"):
        load(FAMILY.format(root="../repository-of-others"), here / "wxlint.yaml")


def test_the_top_is_where_the_repository_is(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "policies").mkdir()
    assert repository_top(here / "policies/family.yaml") == str(here)
    monkeypatch.chdir(here / "policies")
    assert repository_top(here / "policies/family.yaml") == str(here)
    monkeypatch.chdir(here.parents[1])
    assert repository_top(here / "policies/family.yaml") == str(here.parents[1])
    (here.parent / ".git").write_text("gitdir: elsewhere\n")
    assert repository_top(here / "policies/family.yaml") == str(here.parent)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["wxlint.yaml", ".wxlint.yml"])
def test_a_policy_that_is_no_file_is_an_error_and_never_no_policy(name: str, here: Path) -> None:
    os.mkfifo(here / name)
    with pytest.raises(PolicyError, match="no regular file"):
        find_policy(here)
    os.unlink(here / name)
    (here / name).symlink_to("nowhere")
    with pytest.raises(PolicyError, match="no regular file"):
        find_policy(here)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_as_the_policy_does_not_block(here: Path) -> None:
    os.mkfifo(here / "pipe")
    (here / "Dockerfile").write_text("FROM python:3.11-slim\n")
    assert main(["check", "--policy", "pipe", "."]) == FAILED


@pytest.mark.parametrize(
    "text",
    [
        "wxlint: 1\nexpect: " + "[" * 5_000,
        "wxlint: 1\nexpect: " + "{a: " * 5_000,
        "wxlint: 1\nname: " + "a" * 9_000_000,
    ],
    ids=["deep-list", "deep-mapping", "huge"],
)
def test_deep_and_huge_policies_are_refused(text: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "wxlint.yaml").write_text(text)
    (here / "Dockerfile").write_text("FROM python:3.11-slim\n")
    assert main(["check", "."]) == FAILED
    assert len(capsys.readouterr().err) < 2_000


def test_paths_longer_than_any_file_s_are_refused(here: Path) -> None:
    with pytest.raises(PolicyError, match=r"dockerfile: longer than 4096 characters"):
        load(FAMILY.format(root=".") + f"dockerfile: '{'{tag}' * 1_000}'\n", here / "wxlint.yaml")


def test_a_size_that_only_a_float_can_hold(here: Path) -> None:
    (here / "wxlint.yaml").write_text("wxlint: 1\nexpect: {max-size: 1e20}\n")
    (here / "Dockerfile").write_text("FROM python:3.11-slim\n")
    assert main(["check", "."]) in (OK, FOUND)
