"""What is released: the same bytes from the same commit, what belongs in it, and it installs with pip, pipx and uvx."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import wxlint

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.network]
OLDEST, NEWEST = 10, 15
"""Minor versions of Python that are looked for."""


def built(repository: Path, output: Path, umask: int) -> dict[str, Path]:
    command = f"umask {umask:03o}; exec '{sys.executable}' scripts/build_release.py --output '{output}'"
    done = subprocess.run(["sh", "-c", command], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.suffix: path for path in output.iterdir()}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("no repository here")
    return built(ROOT, tmp_path_factory.mktemp("one"), 0o022)


def test_another_place_another_time_the_same_bytes(release: dict[str, Path], tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    subprocess.run(["git", "-C", str(clone), "checkout", "-q", head.stdout.strip()], check=True)
    (clone / "wxlint" / "left.py").write_text("not committed\n")
    again = built(clone, tmp_path / "two", 0o077)
    assert {name: digest(path) for name, path in again.items()} == {name: digest(p) for name, p in release.items()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def committed(folder: str) -> set[str]:
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", folder], check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines())


def test_the_wheel_holds_the_program_and_nothing_else(release: dict[str, Path]) -> None:
    with zipfile.ZipFile(release[".whl"]) as file:
        names = set(file.namelist())
        (metadata,) = [file.read(name).decode() for name in names if name.endswith(".dist-info/METADATA")]
        (points,) = [file.read(name).decode() for name in names if name.endswith(".dist-info/entry_points.txt")]
    program = {name for name in names if not re.match(r"wxlint-[^/]+\.dist-info/", name)}
    assert program == committed("wxlint")
    assert f"\nVersion: {wxlint.__version__}\n" in metadata and "\nRequires-Python: >=3.10\n" in metadata
    assert {line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra" not in line} == {
        "Requires-Dist: pyyaml>=6.0",
        "Requires-Dist: packaging>=23",
        'Requires-Dist: tomli>=2; python_version < "3.11"',
    }
    assert "wxlint = wxlint.cli.main:program" in points and "wxlint = wxlint.pytest_plugin" in points


def test_the_source_distribution_holds_what_builds_it(release: dict[str, Path]) -> None:
    top = f"wxlint-{wxlint.__version__}"
    with tarfile.open(release[".gz"]) as file:
        members = file.getmembers()
    names = {member.name.removeprefix(f"{top}/") for member in members if member.isfile()}
    assert committed("wxlint") <= names and {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= names
    assert not [
        name for name in names if name.startswith((".ci", "docker/", "in/", "out/", "models/")) or "pyc" in name
    ]
    assert len({member.mtime for member in members}) == 1 and {member.uid for member in members} == {0}


def pythons() -> list[str]:
    """The interpreters of this machine that wxlint supports, one for each minor version."""
    found = {sys.version_info[1]: sys.executable}
    homes = sorted(Path.home().glob(".pyenv/versions/3.*/bin")) + [Path("/usr/bin"), Path("/usr/local/bin")]
    for minor in range(OLDEST, NEWEST):
        for home in homes:
            program = home / f"python3.{minor}"
            if minor not in found and program.exists():
                found[minor] = str(program)
    return [found[minor] for minor in sorted(found)]


def looked_at(program: list[str], tmp_path: Path) -> None:
    """The program that was installed checks a file, and knows its version."""
    (tmp_path / "Dockerfile").write_text("FROM python:latest\n")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shown = subprocess.run([*program, "--version"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert shown.stdout == f"wxlint {wxlint.__version__}\n", shown.stderr
    done = subprocess.run([*program, "check", "Dockerfile"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and "[latest-tag]" in done.stdout, done.stderr


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize("kind", [".whl", ".gz"])
def test_pip_installs_it(release: dict[str, Path], tmp_path: Path, python: str, kind: str) -> None:
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    command = [str(tmp_path / "venv/bin/python"), "-m", "pip", "install", "-q", str(release[kind])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    looked_at([str(tmp_path / "venv/bin/wxlint")], tmp_path)


@pytest.mark.parametrize("python", pythons())
def test_uvx_runs_it(release: dict[str, Path], tmp_path: Path, python: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    words = ["tool", "run", "--quiet", "--python", python, "--from", str(release[".whl"]), "wxlint"]
    looked_at([str(uv), *words], tmp_path)


def test_pipx_installs_it(release: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipx = shutil.which("pipx", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if pipx is None:
        pytest.skip("pipx is not installed")
    for name, folder in (("PIPX_HOME", "home"), ("PIPX_BIN_DIR", "bin"), ("PIPX_MAN_DIR", "man")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    done = subprocess.run([pipx, "install", str(release[".whl"])], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    looked_at([str(tmp_path / "bin/wxlint")], tmp_path)
