"""Lines of requirements files, as pip's own parser takes or refuses them (compared with it on random files)."""

from __future__ import annotations

import pytest

from wxlint.documents.manifests.requirements_txt import read_requirements
from wxlint.documents.source import Source


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("--index-url https://a.example -f wheels", [("--index-url", "https://a.example"), ("--find-links", "wheels")]),
        ("-ihttps://a.example --pre", [("--index-url", "https://a.example"), ("--pre", "")]),
        ("--only-b=torch", [("--only-binary", "torch")]),
        ("torch --config-settings=k=v", [("--config-settings", "k=v")]),
        ("torch --config-settings \\\n k=v", [("--config-settings", "k=v")]),
        ("torch --hash=sha256:a --hash sha512:b", [("--hash", "sha256:a"), ("--hash", "sha512:b")]),
    ],
)
def test_options(line: str, options: list[tuple[str, str]]) -> None:
    (found,) = read_requirements(Source("requirements.txt", line))
    assert [(option.name, option.value.text) for option in found.options] == options
    assert not found.invalid


@pytest.mark.parametrize(
    "line",
    [
        "torch --config-settings=k",
        "torch --config-settings k\\\n =v",
        "torch -C k",
        "--only-binary -x",
        "--only \\\n -binary=torch",
        "--no-binary=--pre",
        "torch --hash md5:a",
        "--pre=1",
        "--index-url",
        "--inde",
        "-x",
    ],
)
def test_what_pip_refuses(line: str) -> None:
    (found,) = read_requirements(Source("requirements.txt", line))
    assert found.invalid
