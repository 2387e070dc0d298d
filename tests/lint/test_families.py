"""Several families in one repository: each file under the policy nearest to it, however it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.exit_codes import FAILED, FOUND, OK
from wxlint.cli.main import main

PLATFORM = "wxlint: 1\nrules: {latest-tag: warning}\nforbidden-tags: {own: [], foreign: [latest]}\n"
ASR = """\
wxlint: 1
extends: ../platform/wxlint.yaml
image: "acme/asr:{variant}"
dockerfile: Dockerfile.{variant}
exclude: [old/**]
variants: {cpu: {}, cu121: {}}
"""
FILES = {
    "platform/wxlint.yaml": PLATFORM,
    "asr/wxlint.yaml": ASR,
    "asr/Dockerfile.cpu": "FROM python:3.11-slim\n",
    "asr/Dockerfile.cu121": "FROM python:latest\nRUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n",
    "asr/old/Dockerfile": "FROM python:latest\n",
    "web/pyproject.toml": '[tool.wxlint]\nimage = "acme/web"\nrules = {latest-tag = "off"}\nvariants = {cpu = {}}\n',
    "web/Dockerfile": "FROM debian:latest\n",
    "tools/Dockerfile": "FROM debian:latest\n",
}
LINES = {
    "asr": [
        "asr/Dockerfile.cu121:2:35: error: torch comes from channel cpu; asr:cu121 takes cu121 [torch-index]",
        "asr/Dockerfile.cu121:1:6: warning: FROM names python:latest: the tag 'latest' is forbidden [latest-tag]",
    ],
    "web": [],
    "tools": ["tools/Dockerfile:1:6: error: FROM names debian:latest: the tag 'latest' is forbidden [latest-tag]"],
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    code = main(["check", *arguments])
    said = capsys.readouterr()
    lines = [line for line in said.out.splitlines() if line.endswith("]") and ": " in line]
    return code, lines, said.out + said.err


def test_a_run_over_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, said = check(capsys, ".")
    assert code == FOUND
    assert sorted(lines) == sorted(line for each in LINES.values() for line in each)
    assert lines[-1].startswith("asr/Dockerfile.cu121:1:6: warning"), "in the order of weight, not of families"
    assert "2 errors, 1 warning in 4 files" in said


@pytest.mark.parametrize("family", ["asr", "web", "tools"])
def test_a_folder_and_the_files_of_a_hook_have_the_same_answer(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = [name for name in FILES if name.startswith(f"{family}/") and "Dockerfile" in name]
    for arguments in ([family], files):
        code, lines, _ = check(capsys, *arguments)
        assert lines == LINES[family]
        assert code == (FOUND if LINES[family] else OK)


def test_files_of_several_families_in_one_hook(capsys: pytest.CaptureFixture[str]) -> None:
    files = [name for name in FILES if "Dockerfile" in name]
    _, lines, said = check(capsys, *files)
    assert sorted(lines) == sorted(line for each in LINES.values() for line in each)
    assert "note: not looked at, by exclude in asr/wxlint.yaml: asr/old/Dockerfile" in said


def test_what_is_excluded_alone_is_a_good_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, said = check(capsys, "asr/old/Dockerfile")
    assert (code, lines) == (OK, [])
    assert "not looked at, by exclude in asr/wxlint.yaml: asr/old/Dockerfile" in said


def test_a_policy_that_is_given_holds_for_everything(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = check(capsys, ".", "--policy", "platform/wxlint.yaml", "--select", "latest-tag")
    assert {line.partition(":")[0] for line in lines} == {
        "asr/Dockerfile.cu121",
        "asr/old/Dockerfile",
        "tools/Dockerfile",
        "web/Dockerfile",
    }


def test_a_mistake_in_one_policy_ends_the_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "web/pyproject.toml").write_text('[tool.wxlint]\nimage = "A"\n')
    code, _, said = check(capsys, ".")
    assert code == FAILED
    assert "web/pyproject.toml:2:9: image: found" in said


def test_images_of_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "."]) == OK
    out = capsys.readouterr().out
    assert all(f"{name}: " in out for name in ("asr/Dockerfile.cpu", "web/Dockerfile", "tools/Dockerfile"))
    assert "asr/old" not in out
