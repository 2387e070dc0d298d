"""What a fix leaves of a file and of where it lies: encodings, modes, links, what others write meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from fixed_trees import CPU, fix, write

from wxlint.cli.main import main

BAD = b"FROM python:3.11-slim\n# \xff\xfe\nRUN pip install flask>=2\n"
GOOD = b'FROM python:3.11-slim\n# \xff\xfe\nRUN pip install "flask>=2"\n'


def test_bytes_that_are_no_text_stay(here: Path) -> None:
    write({"Dockerfile": BAD})
    assert fix(".") == 0
    assert Path("Dockerfile").read_bytes() == GOOD


def test_a_line_with_bytes_that_are_no_text_is_not_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write({"Dockerfile": b"FROM python:3.11-slim\nRUN pip install flask>=2 # \xff\n"})
    assert fix(".") == 1
    assert Path("Dockerfile").read_bytes().endswith(b"flask>=2 # \xff\n")
    assert "holds bytes that are no text" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_stay(here: Path, encoding: str) -> None:
    write({"requirements.txt": f"--extra-index-url {CPU}\r\ntorch==2.3.1\r\n".encode(encoding)})
    write({"Dockerfile": "FROM python:3.11-slim\nCOPY requirements.txt /\nRUN pip install -r requirements.txt\n"})
    fix("--unsafe-fixes", ".")
    assert Path("requirements.txt").read_bytes() == (
        f"--extra-index-url {CPU}\r\ntorch==2.3.1+cpu\r\n".encode(encoding)
    )


def test_modes_stay_and_a_link_stays_one(here: Path) -> None:
    write({"docker/real": "FROM python:3.11-slim\nRUN pip install flask>=2\n"})
    os.chmod("docker/real", 0o640)
    os.symlink("docker/real", "Dockerfile")
    assert fix("Dockerfile") == 0
    assert Path("Dockerfile").is_symlink()
    assert '"flask>=2"' in Path("docker/real").read_text()
    assert stat.S_IMODE(Path("docker/real").stat().st_mode) == 0o640


def test_a_link_that_leads_out_is_not_followed(
    here: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "Dockerfile"
    outside.write_text("FROM python:3.11-slim\nRUN pip install flask>=2\n")
    os.symlink(outside, "Dockerfile")
    fix("Dockerfile")
    assert "flask>=2\n" in outside.read_text()
    assert "outside the repository" in capsys.readouterr().err


def test_a_read_only_file_is_not_changed_and_others_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "FROM python:3.11-slim\nRUN pip install flask>=2\n"
    write({"a/Dockerfile": text, "b/Dockerfile": text})
    os.chmod("a/Dockerfile", 0o444)
    assert fix(".") == 1
    assert Path("a/Dockerfile").read_text() == text
    assert '"flask>=2"' in Path("b/Dockerfile").read_text()
    assert "a/Dockerfile: not changed: it is read-only" in capsys.readouterr().err
    assert main(["check", "--diff", "--no-cache", "."]) == 1
    assert "+++ b/a/Dockerfile" in capsys.readouterr().out


def test_a_file_that_changes_meanwhile_is_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wxlint.fixes import run

    write({"a/Dockerfile": BAD, "b/Dockerfile": BAD})
    real = run.Disk.write

    def write_later(self: run.Disk, files: Mapping[str, bytes]) -> None:
        Path("b/Dockerfile").write_bytes(BAD + b"# somebody else\n")
        real(self, files)

    monkeypatch.setattr(run.Disk, "write", write_later)
    assert fix(".") == 2
    assert Path("a/Dockerfile").read_bytes() == BAD
    assert Path("b/Dockerfile").read_bytes() == BAD + b"# somebody else\n"


def test_hostile_names_are_escaped(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "\x1b[31m::error::x.Dockerfile"
    write({name: "FROM python:3.11-slim\nRUN pip install flask>=2\n"})
    assert main(["check", "--diff", "--no-cache", "."]) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert fix(".") == 0
    assert '"flask>=2"' in Path(name).read_text()
