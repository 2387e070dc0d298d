"""Lines of requirements files, as pip's own parser takes or refuses them (compared with it on random files)."""

from __future__ import annotations

import pytest

from wxlint.core.values import Value
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
        ("torch \\\n    --hash=sha256:a0 \\\n    --hash=sha512:b1", []),
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
        "torch --hash=sha256:a0 --hash=md5:a",
        "--pre=1",
        "--index-url",
        "--inde",
        "-x",
    ],
)
def test_what_pip_refuses(line: str) -> None:
    (found,) = read_requirements(Source("requirements.txt", line))
    assert found.invalid


def test_a_list_that_many_stages_read_is_parsed_once() -> None:
    plain, variable = Source("r.txt", "torch==2.3.1\n"), Source("r.txt", "torch==${V}\n")
    assert read_requirements(plain) is read_requirements(plain, lambda name: Value("other"))
    one, two = (read_requirements(variable, lambda name, said=said: Value(said)) for said in ("2.3.1", "2.4.0"))
    assert [line.requirement.text for line in (*one, *two) if line.requirement] == ["torch==2.3.1", "torch==2.4.0"]
