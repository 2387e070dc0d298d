"""Images that a repository builds besides its family, right after `init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main


def test_a_base_of_bases_under_another_pattern_is_no_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    bases = {
        "os": "debian:12",
        "base": "acme/os:1.0",
        "asr": "acme/base:1.0-cpu\nRUN pip install torch==2.4.1 --index-url https://download.pytorch.org/whl/cpu",
    }
    for name, base in bases.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"FROM {base}\n")
    tags = {"os": "1.0", "base": "1.0-cpu", "asr": "1.0-cpu"}
    (tmp_path / "build.sh").write_text("".join(f"docker build -t acme/{n}:{tag} {n}\n" for n, tag in tags.items()))
    assert main(["init"]) == 0
    assert 'other-images: ["acme/os:*"]' in Path("wxlint.yaml").read_text()
    assert main(["check", "--no-cache", "--fail-on", "info", "."]) == 0, capsys.readouterr().out
    assert main(["init", "--check"]) == 0
