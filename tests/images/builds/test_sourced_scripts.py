"""Scripts of a repository that read each other with `source`, as a whole check sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.cli.main import main

LIB = 'REG=rajiup\npush() {\n  docker push "$REG/$1:$2"\n}\n'


def findings(
    folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    write_tree(folder, files)
    monkeypatch.chdir(folder)
    main(["check", "--no-policy", "--no-cache", "--format", "json", "."])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "first",
    [". scripts/lib.sh", 'source "$(dirname "$0")/lib.sh"', 'D="$(cd "$(dirname "$0")" && pwd)"; . "$D"/lib.sh'],
)
def test_a_script_that_names_no_engine_itself_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], first: str
) -> None:
    files = {"scripts/lib.sh": LIB, "scripts/all.sh": f"#!/bin/bash\n{first}\npush base latest\n"}
    found = findings(tmp_path, files, monkeypatch, capsys)
    assert '"latest-tag"' in found and "scripts/all.sh" in found


def test_a_script_that_only_runs_another_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"lib.sh": LIB, "all.sh": "#!/bin/bash\n. other.sh\n./lib.sh\nif true; then\n"}
    assert "all.sh" not in findings(tmp_path, files, monkeypatch, capsys)


def test_nothing_outside_the_repository_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "env.sh").write_text("TAG=latest\n")
    inner = tmp_path / "r"
    (inner / ".git").mkdir(parents=True)
    (inner / "link.sh").symlink_to("../env.sh")
    text = "#!/bin/bash\n. ../env.sh\ndocker push app:$TAG\nTAG=1\n. ./link.sh\ndocker push app:$TAG\n"
    found = findings(inner, {"b.sh": text}, monkeypatch, capsys)
    assert "latest" not in found.replace("latest-tag", "") and '"unknown": 2' in found
