"""A baseline: written, compared by rule, file and content, its stale entries reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wxlint.cli.main import main

COMPOSE = "services:\n  a:\n    image: redis:latest\n  b:\n    image: redis:latest\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "Dockerfile").write_text("FROM example/base:latest\n")
    assert main(["baseline", "--no-cache", "--output", "known.json"]) == 0
    return tmp_path


def check(capfd: pytest.CaptureFixture[str], *words: str) -> list[str]:
    capfd.readouterr()
    code = main(["check", "--no-cache", "--baseline", "known.json", "--format", "json", *words])
    captured = capfd.readouterr()
    assert code in (0, 1), captured.err
    return [f"{f['rule']} {f['path']}:{f['line']}" for f in json.loads(captured.out)["findings"]]


def test_what_is_known_is_left_out(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = json.loads((folder / "known.json").read_text())
    assert [(e["rule"], e["path"], e["count"], e["text"]) for e in data["findings"]] == [
        ("latest-tag", "Dockerfile", 1, "FROM example/base:latest"),
        ("latest-tag", "docker-compose.yml", 2, "image: redis:latest"),
    ]
    assert check(capfd) == []
    assert check(capfd, "docker-compose.yml") == []


def test_lines_around_and_blanks_do_not_matter(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "docker-compose.yml").write_text("# a\n\n" + COMPOSE.replace("    image", "      image"))
    assert check(capfd) == []


def test_one_more_of_the_same_is_new(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "docker-compose.yml").write_text(COMPOSE + "  c:\n    image: redis:latest\n")
    assert check(capfd) == ["latest-tag docker-compose.yml:7"]


def test_a_changed_line_is_new_and_its_entry_stale(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM example/other:latest\n")
    assert check(capfd) == ["unused-suppression known.json:2", "latest-tag Dockerfile:1"]
    assert check(capfd, "docker-compose.yml") == []
    assert check(capfd, "--select", "gpu-reservation,unused-suppression") == []


def test_fewer_of_the_same_leave_a_stale_entry(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "docker-compose.yml").write_text(COMPOSE.partition("  b:")[0])
    assert check(capfd) == ["unused-suppression known.json:3"]
    assert main(["baseline", "--no-cache", "--output", "known.json"]) == 0
    assert check(capfd) == []


def test_a_moved_file_takes_its_entries_along(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "docker").mkdir()
    (folder / "Dockerfile").rename(folder / "docker/Dockerfile")
    assert check(capfd) == []
    (folder / "Dockerfile").write_text("FROM example/base:latest\n")
    assert check(capfd) == ["latest-tag docker/Dockerfile:1"]


def test_from_another_folder(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert main(["check", "--no-cache", "--baseline", "../known.json", ".."]) == 0


@pytest.mark.parametrize("policy", ["", "wxlint: 1\nimage: x/{stage}\n"])
def test_files_that_are_not_looked_at_leave_no_stale_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], policy: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "b/c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM example/base:latest\n")
        if policy and name != "b/c":
            (tmp_path / name / "wxlint.yaml").write_text(policy)
    assert main(["baseline", "--no-cache", "--output", "known.json", "a", "b"]) == 0
    for given in (["a"], ["b"], ["b/c"], ["a", "b/c"], ["./a/"], [str(tmp_path / "a")], ["a/Dockerfile"]):
        assert check(capfd, *given) == [], given
    (tmp_path / "b" / "c" / "Dockerfile").unlink()
    assert check(capfd, "a") == []
    assert check(capfd, "b") == ["unused-suppression known.json:4"]
    assert check(capfd, "a", "b") == ["unused-suppression known.json:4"]
    monkeypatch.chdir(tmp_path / "a")
    assert main(["check", "--no-cache", "--baseline", "../known.json"]) == 0
    assert main(["check", "--no-cache", "--baseline", "../known.json", "."]) == 0


def test_suppressions_that_are_wrong_or_unused_are_known_too(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = "# wxlint: ignore[latest-tag]\n# wxlint: ignore[latest-tga] it is\n# wxlint: ignore[torch-index] it was\n"
    (folder / "Dockerfile").write_text(f"{wrong}FROM example/base:1.0\n")
    assert main(["baseline", "--no-cache", "--output", "known.json"]) == 0
    assert check(capfd) == []
    assert check(capfd, "--select", "latest-tag,unused-suppression") == []
    assert check(capfd, "--ignore", "torch-index") == []
    (folder / "Dockerfile").write_text(f"{wrong}FROM example/base:1.0\n# wxlint: ignore[no-such] why\nUSER me\n")
    assert check(capfd) == ["unused-suppression Dockerfile:5"]
    (folder / "Dockerfile").write_text("FROM example/base:1.0\n")
    assert check(capfd) == [f"unused-suppression known.json:{line}" for line in (2, 3, 4)]


def test_a_locked_rule_is_not_hidden(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "wxlint.yaml").write_text("wxlint: 1\nrules: {latest-tag: {severity: error, locked: true}}\n")
    assert "latest-tag Dockerfile:1" in check(capfd)
    assert main(["baseline", "--no-cache", "--output", "locked.json"]) == 0
    assert json.loads((folder / "locked.json").read_text())["findings"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found what is no JSON"),
        ('{"a":\n\n1', "known.json:3"),
        ("[" * 100_000, "known.json"),
        ("[]", "not a baseline"),
        ('{"schema": "wxlint/1", "findings": []}', "not a baseline"),
        ('{"schema": "wxlint-baseline/1", "findings": [{"rule": "x"}]}', "finding 1 is none"),
        (
            '{"schema": "wxlint-baseline/1", "findings": [{"rule": "x", "path": "p", "content": "c", "count": 0}]}',
            "none",
        ),
    ],
)
def test_what_is_no_baseline(text: str, message: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "known.json").write_text(text)
    assert main(["check", "--no-cache", "--baseline", "known.json"]) == 2
    assert message in capfd.readouterr().err


def test_a_baseline_that_is_not_there(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--no-cache", "--baseline", "gone.json"]) == 2
    assert "gone.json" in capfd.readouterr().err
    assert main(["baseline", "--no-cache", "--output", "Dockerfile"]) == 2
