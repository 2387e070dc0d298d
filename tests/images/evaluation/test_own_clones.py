"""A RUN that clones the repository that its Dockerfile lies in finds the repository's own files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wxlint.images.evaluation.own_clones import clones


def torch(root: Path) -> str:
    """What an image of the Dockerfile in a folder is believed to hold."""
    words = [sys.executable, "-m", "wxlint", "images", ".", "--format", "json"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    (image,) = json.loads(done.stdout)
    return str(image["torch"])


def made(root: Path, run: str, readme: str = "", config: str = "") -> Path:
    (root / "docker").mkdir(parents=True)
    text = f"FROM pytorch/pytorch:2.0.1-cuda11.7-cudnn8-runtime\nWORKDIR /opt\n{run}\n"
    (root / "docker" / "Dockerfile").write_text(text)
    lines = "--index-url https://download.pytorch.org/whl/cu121\ntorch==2.3.1\n"
    (root / "requirements.txt").write_text(lines)
    (root / "docker" / "requirements.txt").write_text("torch==1.13.1\n")
    (root / "README.md").write_text(readme)
    if config:
        (root / ".git").mkdir()
        (root / ".git" / "config").write_text(config)
    return root


CLONE = "RUN git clone --depth 1 https://github.com/Acme/Voice.git && cd Voice && pip install -r requirements.txt"
REMOTE = '[remote "origin"]\n\turl = git@github.com:acme/voice.git\n'


@pytest.mark.parametrize(
    ("folder", "readme", "config"),
    [
        ("checkout", "", REMOTE),
        ("acme-voice", "", ""),
        ("Acme+Voice", "", ""),
        ("voice", "git clone https://github.com/acme/voice", ""),
    ],
)
def test_the_repository_is_known_by_its_remote_or_its_folder(
    tmp_path: Path, folder: str, readme: str, config: str
) -> None:
    assert torch(made(tmp_path / folder, CLONE, readme, config)) == "cu121"


@pytest.mark.parametrize(
    ("folder", "readme", "config"),
    [
        ("checkout", "", '[remote "origin"]\n\turl = https://github.com/other/voice\n'),
        ("voice", "a fork of something", ""),
        ("checkout", "git clone https://github.com/acme/voice", ""),
    ],
)
def test_another_repository_stays_unknown(tmp_path: Path, folder: str, readme: str, config: str) -> None:
    assert torch(made(tmp_path / folder, CLONE, readme, config)) == "unknown"


def test_a_later_run_finds_the_files_too(tmp_path: Path) -> None:
    run = "RUN git clone https://github.com/acme/voice.git /src\nRUN pip install -r /src/requirements.txt"
    assert torch(made(tmp_path / "acme-voice", run)) == "cu121"


def test_arguments_of_the_build_count(tmp_path: Path) -> None:
    run = "ARG OWNER=Acme REF=main\nRUN git clone -b ${REF} https://github.com/$OWNER/voice /src\n"
    run += "RUN pip install -r /src/requirements.txt"
    assert torch(made(tmp_path / "acme-voice", run)) == "cu121"


def test_the_project_of_the_repository_by_its_address_in_a_list(tmp_path: Path) -> None:
    root = made(tmp_path / "acme-voice", "COPY list.txt .\nRUN pip install -r list.txt")
    (root / "list.txt").write_text("voice @ git+https://github.com/acme/voice.git\n")
    (root / "docker" / "list.txt").write_text("voice @ git+https://github.com/acme/voice.git\n")
    (root / "pyproject.toml").write_text('[project]\nname = "voice"\ndependencies = ["torch==2.1.0+cpu"]\n')
    assert torch(root) == "cpu"


def test_a_list_of_a_known_clone(tmp_path: Path) -> None:
    run = "RUN git clone https://github.com/comfyanonymous/ComfyUI /c && cd /c && pip install -r requirements.txt"
    run = f"FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime\n{run}"
    assert torch(made(tmp_path / "mine", run)) == "cu124"
    assert torch(made(tmp_path / "other", run.replace("/comfyanonymous/", "/somebody/"))) == "unknown"


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("git clone https://github.com/acme/voice", ["/w/voice"]),
        ("cd /src && git clone -b main --depth=1 ssh://git@github.com/acme/voice.git .", ["/src"]),
        ("git clone --depth 1 git@github.com:acme/voice.git 'there'; echo", ["/w/there"]),
        ("git clone https://token:x@git.example:8443/acme/voice.git", ["/w/voice"]),
        ("git clone -b v1.4 https://github.com/acme/voice", []),
        ("git clone https://github.com/acme/voice --branch=$TAG", []),
        ("git clone https://github.com/acme/voice && cd voice && git checkout v1", []),
        ("git clone https://github.com/acme/voice $HOME/voice", []),
        ("git clone https://github.com/acme/other", []),
        ("git clone", []),
        ("git clone -b", []),
    ],
)
def test_where_a_clone_stands(text: str, folders: list[str]) -> None:
    found = [c.folder for c in clones(text, "/w", {}) if c.main and (c.owner, c.name) == ("acme", "voice")]
    assert found == folders


KERNELS = "git clone https://github.com/Dao-AILab/flash-attention fa"


@pytest.mark.parametrize(
    ("run", "found"),
    [
        (f"{KERNELS} && cd fa && pip install .", "default"),
        (f"{KERNELS} && cd fa/csrc/rotary && pip install .", "default"),
        (f"<<EOF\nset -e\ntest -d fa || {KERNELS}\ncd fa\npip install .\nEOF", "default"),
        (f"{KERNELS} && cd fa && python setup.py install", "default"),
        ("git clone https://github.com/alphacep/vosk-api a && cd a/python && python3 ./setup.py install", "none"),
        ("git clone https://github.com/acme/unknown && cd unknown && python3 setup.py install", "unknown"),
        ("git clone https://github.com/acme/unknown && cd unknown/python && pip install .", "unknown"),
    ],
)
def test_clones_of_projects_that_are_known(tmp_path: Path, run: str, found: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\nRUN {run}\n")
    assert torch(tmp_path) == found


@pytest.mark.parametrize(("requires", "found"), [("['torch==2.7.1']", "default"), ("open('x').read()", "unknown")])
def test_setup_py_of_the_build_context_is_read(tmp_path: Path, requires: str, found: str) -> None:
    run = "COPY . /app\nWORKDIR /app\nRUN python setup.py install\n"
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\n{run}")
    setup = f"from setuptools import setup\nsetup(name='a', install_requires={requires})\n"
    (tmp_path / "setup.py").write_text(setup)
    assert torch(tmp_path) == found
