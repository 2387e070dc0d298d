"""Files in other encodings than UTF-8: read as their programs read them, and said where those refuse them.

What each program does was tried with it: docker compose 2.26, pip 23.2, uv, bash, Python 3.11.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wxlint import api
from wxlint.cli.main import main

BUILD = "docker build -t e/a:1 docker/base\n"
TEXTS = {
    "Dockerfile": "FROM python:3.11-slim\n",
    "a.sh": BUILD,
    "install.sh": "pip install torch\n",
    "a.bat": BUILD,
    "a.ps1": BUILD,
    "Makefile": f"a:\n\t{BUILD}",
    "justfile": f"a:\n  {BUILD}",
    "docker-bake.hcl": 'target "a" { context = "docker/base" }\n',
    ".github/workflows/a.yml": f"on: push\njobs: {{a: {{runs-on: a, steps: [{{run: '{BUILD.strip()}'}}]}}}}\n",
    "pyproject.toml": '[project]\nname = "a"\ndependencies = ["numpy"]\n',
    "Pipfile": "[packages]\n",
    "environment.yml": "dependencies: [numpy]\n",
    "docker-compose.yml": "services:\n  a:\n    image: e/a:1\n",
    "requirements.txt": "numpy==1.26.4\n",
}
COMMENT = {"a.bat": "rem caf\u00e9\n", "Dockerfile": "# caf\u00e9\n", "docker-bake.hcl": "// caf\u00e9\n"}
READ_BY_MARK = {"a.ps1", ".github/workflows/a.yml", "environment.yml", "docker-compose.yml", "requirements.txt"}
READ_AS_UTF_32 = {"a.ps1", ".github/workflows/a.yml"}
STRICT = {"pyproject.toml", "Pipfile", "environment.yml", "docker-compose.yml", "requirements.txt"}


Checked = Callable[[str, bytes], tuple[int, str]]


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Checked:
    """Check one file in a repository that has a Dockerfile: the exit code, and what was printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docker/base").mkdir(parents=True)
    (tmp_path / "docker/base/Dockerfile").write_text("FROM python:3.11-slim\n")

    def check(name: str, data: bytes) -> tuple[int, str]:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
        code = main(["check", "--no-cache", name])
        return code, "".join(capsys.readouterr())

    return check


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_byte_order_mark_names(name: str, checked: Checked) -> None:
    text = TEXTS[name]
    assert checked(name, text.encode("utf-8-sig"))[0] == 0
    for encoding, read in (("utf-16", READ_BY_MARK), ("utf-32", READ_AS_UTF_32)):
        code, output = checked(name, text.encode(encoding))
        assert ("its program reads UTF-8" in output) == (name not in read), output
        assert code == (0 if name in read else 1)


@pytest.mark.parametrize("name", TEXTS)
def test_utf_16_without_a_mark_is_never_unread(name: str, checked: Checked) -> None:
    code, output = checked(name, TEXTS[name].encode("utf-16-le"))
    assert code == 1 and ":1:1: " in output, output


@pytest.mark.parametrize("name", [name for name in TEXTS if name != ".github/workflows/a.yml"])
def test_bytes_that_are_not_utf_8(name: str, checked: Checked) -> None:
    code, output = checked(name, (COMMENT.get(name, "# caf\u00e9\n") + TEXTS[name]).encode("latin-1"))
    assert ("the file holds bytes that are not UTF-8" in output) == (name in STRICT), output
    assert code == (1 if name in STRICT else 0)


@pytest.mark.parametrize("first", ["# -*- coding: latin-1 -*-\n", "\n# vim: set fileencoding=latin-1 :\n"])
def test_a_list_names_its_encoding_as_python_does(first: str, checked: Checked) -> None:
    assert checked("requirements.txt", f"{first}# caf\u00e9\nnumpy==1.26.4\n".encode("latin-1"))[0] == 0


def test_an_archive_behind_a_script_is_left_alone(checked: Checked) -> None:
    assert checked("a.sh", b"#!/bin/sh\ntail -n +3 $0 | tar x\nexit\n\x1f\x8b\0\xff\n")[0] == 0


@pytest.mark.parametrize(("encoding", "code"), [("utf-8-sig", 0), ("latin-1", 0), ("utf-16", 1), ("utf-16-le", 1)])
def test_variables_of_a_compose_file(
    encoding: str, code: int, checked: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".env").write_bytes("TAG=1\n# caf\u00e9\n".encode(encoding))
    checked("compose.yml", b"services:\n  a:\n    image: e/a:${TAG}\n")
    found = main(["check", "--no-cache", "."])
    output = "".join(capsys.readouterr())
    assert found == code and (".env:1:1: " in output) == bool(code), output


DOCKERFILE = "FROM python:3.11\nWORKDIR /app\nCOPY . .\nCOPY pip.conf /etc/\nRUN {}\n"
CPU = "https://download.pytorch.org/whl/cpu"


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("install.sh", f"pip install torch --index-url {CPU}\n", "sh install.sh"),
        ("setup.py", "import setuptools\nsetuptools.setup(install_requires=['torch'])\n", f"pip install -i {CPU} ."),
        ("setup.cfg", "[options]\ninstall_requires =\n  torch\n", f"pip install -i {CPU} ."),
        ("pip.conf", f"[global]\nindex-url = {CPU}\n", "pip install torch"),
    ],
)
def test_what_a_build_cannot_read_proves_nothing(
    name: str, text: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def torch(encoding: str) -> str:
        Path(name).write_bytes(text.encode(encoding))
        (image,) = api.images([tmp_path])
        return image.torch

    Path("pip.conf").write_text("[global]\n")
    Path("Dockerfile").write_text(DOCKERFILE.format(command))
    assert torch("utf-8") == "cpu"
    assert torch("utf-16-le") == torch("utf-16") == "unknown"
