"""check --since: what a change touches, followed through a real git repository, with nothing of it run."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.cli.main import main

FILES = {
    "base/Dockerfile": "FROM python:3.11-slim\n",
    "mid/Dockerfile": "FROM example/base:cpu\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
    "mid/requirements.txt": "flask==3.0.0\n",
    "app/Dockerfile": "FROM example/other:latest AS x\nFROM example/mid:cpu\n",
    "alone/Dockerfile": "FROM example/alone:latest\n",
    "build.sh": "docker build -t example/base:cpu base\ndocker build -t example/mid:cpu mid\n"
    "docker build -t example/app:latest app\n",
    "docker-compose.yml": "services:\n  app:\n    image: example/app:latest\n  redis:\n    image: redis:latest\n",
}


def git(*words: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *settings, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, FILES)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path


def found(capfd: pytest.CaptureFixture[str], *words: str) -> set[str]:
    """path:line:rule of what is shown."""
    main(["check", "--no-cache", "--since", "main", *words])
    captured = capfd.readouterr()
    assert not captured.err, captured.err
    lines = (line.split(":") for line in captured.out.splitlines() if line.endswith("]"))
    return {f"{path}:{number} {rest[-1].rpartition('[')[2][:-1]}" for path, number, *rest in lines}


def test_nothing_where_nothing_changed(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert found(capfd) == set()


def test_the_stages_of_a_changed_base_and_the_users_of_its_tags(
    family: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (family / "base/Dockerfile").write_text("FROM python:3.12-slim\n")
    assert found(capfd) == {
        "app/Dockerfile:1 latest-tag",
        "build.sh:3 latest-tag",
        "docker-compose.yml:3 latest-tag",
    }


def test_a_dockerfile_that_is_renamed_touches_who_builds_it(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "docker-compose.yml").write_text("services:\n  a: {image: example/a:latest, build: alone}\n")
    (family / "build.sh").write_text(FILES["build.sh"] + "docker build -f alone/Dockerfile -t example/b:latest .\n")
    git("commit", "-qam", "second")
    (family / "alone/Dockerfile").rename(family / "alone/Dockerfile.cpu")
    assert found(capfd) == {
        "alone/Dockerfile.cpu:1 latest-tag",
        "build.sh:4 dockerfile-missing",
        "build.sh:4 latest-tag",
        "docker-compose.yml:2 dockerfile-missing",
        "docker-compose.yml:2 latest-tag",
    }
    (family / "alone/Dockerfile.cpu").unlink()
    main(["check", "--no-cache", "--since", "main"])
    assert "since main: 1 file changed or depends on what changed" in capfd.readouterr().out


def test_who_installs_a_changed_list(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "mid/requirements.txt").write_text("flask==3.0.1\n")
    assert "app/Dockerfile:1 latest-tag" in found(capfd)
    assert "alone/Dockerfile:1 latest-tag" not in found(capfd)
    (family / "mid/requirements.txt").unlink()
    assert "app/Dockerfile:1 latest-tag" in found(capfd)


def test_a_tag_that_a_changed_script_does_not_build_any_more(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "alone/Dockerfile").write_text("FROM python:3.11-slim\n")
    (family / "app/Dockerfile").write_text("FROM example/mid:latest\n")
    (family / "build.sh").write_text(FILES["build.sh"] + "docker build -t example/mid:latest mid\n")
    git("commit", "-qam", "second")
    (family / "build.sh").write_text(FILES["build.sh"])
    assert "app/Dockerfile:1 unbuilt-image" in found(capfd)
    (family / "build.sh").unlink()
    (family / "again.sh").write_text(FILES["build.sh"])
    assert "app/Dockerfile:1 unbuilt-image" in found(capfd)


def test_a_file_of_its_own(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "new.sh").write_text("docker run example/x:latest\n")
    assert found(capfd) == {"new.sh:1 latest-tag"}


def test_other_line_ends_are_no_change(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "alone/Dockerfile").write_bytes(FILES["alone/Dockerfile"].replace("\n", "\r\n").encode())
    assert found(capfd) == set()


def test_what_others_changed_meanwhile_is_left_out(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    git("checkout", "-q", "-b", "work")
    git("checkout", "-q", "main")
    (family / "alone/Dockerfile").write_text("FROM example/alone:1.0\n")
    git("commit", "-qam", "others")
    git("checkout", "-q", "work")
    assert found(capfd) == set()


def test_a_changed_policy_shows_everything(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "wxlint.yaml").write_text("wxlint: 1\n")
    git("add", ".")
    git("commit", "-qm", "policy")
    assert found(capfd) == set()
    (family / "wxlint.yaml").write_text("wxlint: 1\nrules: {untagged-image: off}\n")
    assert "alone/Dockerfile:1 latest-tag" in found(capfd)


@pytest.mark.parametrize(
    ("ref", "message"), [("gone", "names no commit here"), ("--all", "names no commit"), ("HEAD:base", "no commit")]
)
def test_what_is_no_commit(ref: str, message: str, family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--no-cache", f"--since={ref}"]) == 2
    assert message in capfd.readouterr().err


def test_outside_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")
    assert main(["check", "--no-cache", "--since", "main"]) == 2
    assert "in no git repository" in capfd.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    os.mkdir(".git")
    assert main(["check", "--no-cache", "--since", "main"]) == 2
    assert "--since needs git" in capfd.readouterr().err


def test_nothing_of_the_repository_runs(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    trap = family / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho ran >> {family}/ran\ncat\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv"):
        git("config", key, str(trap))
    git("config", "diff.external", str(trap))
    git("config", "core.pager", str(trap))
    git("config", "core.sshCommand", str(trap))
    git("config", "core.hooksPath", str(family / "hooks"))
    (family / "hooks").mkdir()
    for name in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):
        (family / "hooks" / name).symlink_to(trap)
    (family / ".gitattributes").write_text("* filter=x diff=x\n")
    (family / "ran").unlink(missing_ok=True)
    (family / "base/Dockerfile").write_text("FROM python:3.12-slim\n")
    assert "app/Dockerfile:1 latest-tag" in found(capfd)
    assert not (family / "ran").exists()


def test_files_by_name_show_what_of_them_is_touched(family: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (family / "base/Dockerfile").write_text("FROM python:3.12-slim\n")
    assert found(capfd, "app/Dockerfile", "alone/Dockerfile") == {"app/Dockerfile:1 latest-tag"}
    assert found(capfd, "alone/Dockerfile") == set()


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("alone/Dockerfile", "FROM example/alone:latest\nRUN true\n", {"alone/Dockerfile:1 latest-tag"}),
        ("alone/Dockerfile", FILES["alone/Dockerfile"], set()),
        ("", "FROM example/alone:latest\n", {"-:1 latest-tag"}),
        ("new/Dockerfile", "FROM example/alone:latest\n", {"new/Dockerfile:1 latest-tag"}),
    ],
)
def test_standard_input_counts_as_it_is_typed(
    name: str,
    text: str,
    shown: set[str],
    family: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert found(capfd, "-", *(["--stdin-filename", name] if name else [])) == shown


def test_each_of_several_builders_of_one_image_is_one_of_its_own(
    family: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (family / "Makefile").write_text("app:\n\tdocker build -t example/app:latest app\n")
    git("add", ".")
    git("commit", "-qm", "second")
    (family / "Makefile").write_text("app:\n\tdocker build -t example/app:latest app  # again\n")
    assert {"Makefile:2 latest-tag", "build.sh:3 latest-tag", "app/Dockerfile:1 latest-tag"} <= found(capfd)
    git("checkout", "-q", ".")
    (family / "build.sh").write_text(FILES["build.sh"] + "# again\n")
    assert {"Makefile:2 latest-tag", "build.sh:3 latest-tag", "app/Dockerfile:1 latest-tag"} <= found(capfd)
