"""What holds of every fix: its finding goes, no other comes, nothing else changes, and a second run changes nothing.

The inputs are the case files of the rules that have fixes, with policies and without.
"""

from __future__ import annotations

import json
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from case_files import read_cases

from wxlint.cli.main import main
from wxlint.fixes.propose import PROPOSERS

CASES = Path(__file__).parents[1] / "rules" / "cases"


def inputs() -> dict[str, dict[str, str]]:
    """The files of each case whose rule has fixes."""
    found: dict[str, dict[str, str]] = {}
    for rule in PROPOSERS:
        path = CASES / f"{rule.replace('-', '_')}.yaml"
        for number, case in enumerate(_cases(read_cases(path)) if path.exists() else ()):
            found[f"{rule}-{number}"] = {name: text for name, text in case["files"].items() if isinstance(text, str)}
    return found


def _cases(data: Any) -> list[dict[str, Any]]:
    listed = data if isinstance(data, list) else data.get("cases", [])
    return [
        case for case in listed if isinstance(case, dict) and isinstance(case.get("files"), dict) and case.get("expect")
    ]


INPUTS = inputs()


def test_there_are_many_cases() -> None:
    assert len(INPUTS) > 100


def write(files: Mapping[str, str], end: str) -> None:
    Path(".git").mkdir()
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("\r\n", "\n").replace("\n", end).encode())
        path.chmod(0o750)


def checked(capsysbinary: pytest.CaptureFixture[bytes]) -> Counter[tuple[str, str]]:
    """How many findings of each rule each file has."""
    main(["check", "--no-cache", "--format", "json", "--fail-on", "info", "."])
    return Counter((f["rule"], f["path"]) for f in json.loads(capsysbinary.readouterr().out)["findings"])


def state() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
def test_a_fix_does_what_it_is_for_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    end = "\r\n" if len(name) % 2 and not any(n.endswith((".sh", ".bash")) for n in INPUTS[name]) else "\n"
    write(INPUTS[name], end)
    before, original = checked(capsysbinary), state()
    main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."])
    capsysbinary.readouterr()
    fixed = state()
    if fixed == original:
        return
    after = checked(capsysbinary)
    assert after < before
    for path, data in fixed.items():
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o750
        lines = data.decode().splitlines(keepends=True)
        assert {line.endswith("\r\n") for line in lines if line.endswith("\n")} <= {end == "\r\n"}, path
        assert data.endswith(b"\n") == original[path].endswith(b"\n")
    assert fixed.keys() == original.keys()
    main(["check", "--no-cache", "--fix", "--unsafe-fixes", "."])
    assert state() == fixed
