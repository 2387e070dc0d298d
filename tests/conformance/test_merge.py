"""Reports of several runs, joined."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wxlint.cli.main import main

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def report(folder: Path, name: str, digest: str | None, /, **verdicts: str) -> str:
    checks = [
        {"name": check, "verdict": verdict, "code": "code", "reason": f"{name} says {verdict}", "evidence": {}}
        for check, verdict in verdicts.items()
    ]
    image = {"image": "asr:cuda", "policy": "p.yaml", "reference": "r/asr:cuda", "digest": digest, "checks": checks}
    engine = {"available": False, "reason": "none"}
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"schema": "wxlint-report/1", "engine": engine, "images": [image], "counts": {}}))
    return str(path)


def merged(folder: Path, *words: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["report", "--merge", *words, "--output", str(folder / "all.json")])
    return code, json.loads((folder / "all.json").read_text())["images"]


@pytest.mark.parametrize("turned", [False, True])
def test_what_one_did_not_show_another_shows_of_the_same_image(tmp_path: Path, turned: bool) -> None:
    files = [
        report(tmp_path, "cpu", ONE, exists="PASS", device="UNPROVEN", user="PASS"),
        report(tmp_path, "gpu", ONE, exists="PASS", device="PASS"),
    ]
    code, images = merged(tmp_path, *(files[::-1] if turned else files))
    assert code == 0
    assert {check["name"]: check["verdict"] for check in images[0]["checks"]} == dict.fromkeys(
        ("exists", "device", "user"), "PASS"
    )


def test_a_failure_stays_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = report(tmp_path, "a", ONE, device="FAIL"), report(tmp_path, "b", ONE, device="PASS")
    assert merged(tmp_path, *files)[0] == 1
    assert "asr:cuda: FAIL device: a says FAIL" in capsys.readouterr().err


def test_another_digest_proves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = report(tmp_path, "a", ONE, device="UNPROVEN"), report(tmp_path, "b", TWO, device="PASS")
    code, images = merged(tmp_path, *files)
    assert (code, len(images)) == (1, 2)
    assert "different images of this name" in capsys.readouterr().err


def test_an_image_that_one_run_lacks(tmp_path: Path) -> None:
    files = report(tmp_path, "a", None, exists="SKIP"), report(tmp_path, "b", ONE, exists="PASS")
    assert merged(tmp_path, *files)[0] == 0
    assert merged(tmp_path, files[0])[0] == 1


def test_what_is_allowed(tmp_path: Path) -> None:
    file = report(tmp_path, "a", ONE, device="UNPROVEN")
    assert merged(tmp_path, file)[0] == 1
    assert merged(tmp_path, file, "--allow", "unproven:device")[0] == 0


HEAD = '{"schema": "wxlint-report/1"'
CHECK = '{"image": "a:b", "policy": "p", "digest": null, "checks": [{"name": "user", "verdict": "PASS"}]}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        HEAD + ', "images": [{}]}',
        HEAD + ', "images": []}',
        HEAD + ', "images": [], "engine": 1}',
        HEAD + ', "images": [], "engine": {}, "engines": [1]}',
        HEAD + f', "images": [{CHECK}], "engine": {{}}}}',
    ],
)
def test_no_report_is_an_error(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(text)
    assert main(["report", "--merge", str(tmp_path / "x.json")]) == 2
    assert "not a report" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--merge",), ("--html", "page.html", "--verdicts"), ("--html", "p", "--inspected")])
def test_what_cannot_be_read_is_an_error(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        assert main(["report", *words, str(path)]) == 2
        assert f"{path}: cannot be read" in capsys.readouterr().err
