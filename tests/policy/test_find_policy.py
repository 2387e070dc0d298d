"""Which file is a policy, and which one belongs to a folder or file."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.core.errors import PolicyError
from wxlint.policy.find import find_policy, is_policy


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("wxlint: 1\n", True),
        ("# a policy\n\nname: x\nwxlint: 1\n", True),
        ("'wxlint': 1\n", True),
        ('{"wxlint": 1}', True),
        ("wxlint: 7\nvarients:", True),
        ("", False),
        ("# wxlint: 1\n", False),
        ("repos:\n  wxlint: 1\n", False),
        ("wxlint:\n  script: wxlint check\n", False),
        ("wxlint-x: 1\n", False),
    ],
)
def test_is_policy(text: str, declared: bool) -> None:
    assert is_policy(text) is declared


class TestFind:
    @pytest.fixture(autouse=True)
    def _a_repository(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()

    def put(self, *files: Path, text: str = "wxlint: 1\n") -> None:
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    @pytest.mark.parametrize(
        "name", ["wxlint.yaml", "wxlint.yml", ".wxlint.yaml", ".wxlint.yml", "policies/any.yaml", "policies/a.yml"]
    )
    def test_upward_from_a_folder_or_file(self, tmp_path: Path, name: str) -> None:
        self.put(tmp_path / name)
        self.put(tmp_path / "docker/asr/Dockerfile", text="FROM scratch\n")
        for start in (tmp_path, tmp_path / "docker/asr", tmp_path / "docker/asr/Dockerfile", tmp_path / "policies"):
            assert find_policy(start) == tmp_path / name

    def test_the_nearest(self, tmp_path: Path) -> None:
        self.put(tmp_path / "wxlint.yaml", tmp_path / "docker/wxlint.yaml")
        assert find_policy(tmp_path / "docker") == tmp_path / "docker/wxlint.yaml"

    def test_not_above_the_repository(self, tmp_path: Path) -> None:
        inner = tmp_path / "inner"
        self.put(tmp_path / "wxlint.yaml", inner / "Dockerfile")
        assert find_policy(inner) == tmp_path / "wxlint.yaml"
        (inner / ".git").write_text("gitdir: elsewhere\n")
        assert find_policy(inner) is None

    def test_other_yaml_in_policies_is_none(self, tmp_path: Path) -> None:
        self.put(tmp_path / "policies/deny.yaml", text="package: x\n")
        self.put(tmp_path / "policies/wxlint.txt")
        assert find_policy(tmp_path) is None

    def test_several_are_an_error(self, tmp_path: Path) -> None:
        self.put(tmp_path / "wxlint.yaml", tmp_path / "policies/b.yaml", tmp_path / "policies/a.yml")
        with pytest.raises(PolicyError) as caught:
            find_policy(tmp_path)
        names = "wxlint.yaml, policies/a.yml, policies/b.yaml"
        assert caught.value.problems == [f"{tmp_path}: more than one policy: {names}; choose one with --policy"]

    def test_one_that_cannot_be_read_is_an_error(self, tmp_path: Path) -> None:
        self.put(tmp_path / "policies/a.yaml")
        with (tmp_path / "policies/b.yaml").open("wb") as file:
            file.truncate(9 * 1024 * 1024)
        with pytest.raises(PolicyError, match=r"policies/b\.yaml: larger than 8 MiB"):
            find_policy(tmp_path)
