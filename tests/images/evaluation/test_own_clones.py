"""A RUN that clones the repository that its Dockerfile lies in finds the repository's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.own_clones import clones, moved_clones, own_project
from wxlint.images.graph.pictures.summary import beliefs_of
from wxlint.lint.inputs import gather


def torch(root: Path) -> str:
    """What an image of the Dockerfile in a folder is believed to hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        (belief,) = beliefs_of(gather(["."], no_policy=True).repository, None)
    return belief.torch


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
        ("acme_voice", "", ""),
        ("acme__voice", "", ""),
        ("acme--voice", "", ""),
        ("voice", "git clone https://github.com/acme/voice", ""),
        ("voice", "Git clone https://GitHub.com/Acme/Voice", ""),
        ("acme-voice", "", "[core]\n\tbare = false\n"),
        ("checkout", "", '[remote "mirror"]\n\tpushurl = https://github.com/acme/voice.git\n'),
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
        ("acme-voice", "", '[remote "origin"]\n\turl = https://github.com/other/voice\n'),
        ("voice-acme", "", ""),
        ("acmevoice", "", ""),
        ("voice", "", ""),
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


VALUED = "-o --origin --depth --reference -c --config -j --jobs --filter --template -u".split()
MOVES = "checkout switch reset fetch pull apply am revert cherry-pick".split()


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
        ("git clone -b master https://github.com/acme/voice", ["/w/voice"]),
        ("git clone -b HEAD https://github.com/acme/voice", ["/w/voice"]),
        ("git clone --branch=main https://github.com/acme/voice", ["/w/voice"]),
        ("git clone --branch 'main' https://github.com/acme/voice", ["/w/voice"]),
        ("git clone --revision abc https://github.com/acme/voice", []),
        *((f"git clone {option} value https://github.com/acme/voice", ["/w/voice"]) for option in VALUED),
        ("git clone --depth=1 --recursive https://github.com/acme/voice", ["/w/voice"]),
        ("git clone git://git.example/acme/voice/ there", ["/w/there"]),
        ("(cd /a; cd b && git clone https://github.com/acme/voice)", ["/a/b/voice"]),
        ("cd '/a' && git clone https://github.com/acme/voice", ["/a/voice"]),
        ("git clone https://github.com/acme/voice /x/../y", ["/y"]),
        ("git clone https://github.com/acme/voice ~/voice", []),
        ("git clone https://github.com/acme/voice `pwd`/voice", []),
        ("git clone https://github.com/acme/voice /a/*", []),
        ("git clone https://github.com/acme/voice | tee log", ["/w/voice"]),
        ("git clone https://github.com/acme/voice;git clone https://github.com/acme/voice b", ["/w/voice", "/w/b"]),
        *((f"git clone https://github.com/acme/voice && git {verb} x", []) for verb in MOVES),
        ("git clone https://github.com/acme/voice && git -C voice checkout v1", []),
        ("git clone https://github.com/acme/voice && git -C voice submodule update --init", ["/w/voice"]),
    ],
)
def test_where_a_clone_stands(text: str, folders: list[str]) -> None:
    found = [c.folder for c in clones(text, "/w", {}) if c.main and (c.owner, c.name) == ("acme", "voice")]
    assert found == folders


def test_names_of_owner_and_project_are_compared_in_lower_case() -> None:
    (found,) = clones("git clone https://GitHub.com/Acme/Voice.git", "/w", {})
    assert found == ("/w/Voice", "acme", "voice", True)


def test_a_variable_of_a_clone_that_is_not_known_leaves_its_folder_open() -> None:
    text = "git clone https://github.com/acme/voice ${DIR}/$NAME"
    known = {"DIR": Value("/src"), "NAME": Value("v")}
    assert [one.folder for one in clones(text, "/w", known)] == ["/src/v"]
    assert clones(text, "/w", {"DIR": Value("/src")}) == []
    assert clones(text, "/w", {**known, "NAME": Value(HOLE, ("$(date)",))}) == []


OWN_PROJECTS = [
    # an address that pip is given, whether it is the repository itself at its main branch
    ("git+https://github.com/acme/voice", True),
    ("git+https://github.com/acme/voice.git", True),
    ("git+https://github.com/Acme/Voice.git@main", True),
    ("git+https://github.com/acme/voice@HEAD", True),
    ("git+ssh://git@github.com/acme/voice.git", True),
    ("git+ssh://git@github.com/acme/voice.git@master", True),
    ("git+https://github.com/acme/voice#egg=voice", True),
    ("git+https://github.com/acme/voice@${{ github.ref_name }}", True),
    ("git+https://github.com/acme/voice@${CI_COMMIT_SHA}", True),
    ("git+https://github.com/acme/voice@${VERSION}", False),
    ("git+https://github.com/acme/voice@${{ inputs.ref }}", False),
    ("git+https://github.com/acme/voice@v1", False),
    ("git+https://github.com/acme/voice@", False),
    ("git+https://github.com/acme/voice#subdirectory=sub", False),
    ("git+https://github.com/acme/other", False),
    ("git+https://github.com", False),
]


@pytest.mark.parametrize(("url", "own"), OWN_PROJECTS)
def test_the_address_of_the_repository_itself(url: str, own: bool) -> None:
    assert own_project(url, lambda owner, name: (owner, name) == ("acme", "voice")) is own


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


KNOWN = {"/src": "acme/a", "/opt/b": "acme/b@another"}


@pytest.mark.parametrize(
    ("text", "workdir", "found"),
    [
        ("cp -ar /src /app", "/", {**KNOWN, "/app": "acme/a"}),
        ("mkdir /x && cp -r /src/ /x/ && ls", "/", {**KNOWN, "/x/src": "acme/a"}),
        ("cp -a ../src .", "/build", {**KNOWN, "/build/src": "acme/a"}),
        ("cp -r /src /build", "/build/here", {**KNOWN, "/build/src": "acme/a"}),
        ("mv /opt/b /app", "/", {**KNOWN, "/app": "acme/b@another"}),
        ("cp /src /app", "/", KNOWN),  # a folder stays where it is without -r
        ("cp -r /src/lib /app", "/", KNOWN),
        ("cp -r $FROM /app", "/", KNOWN),
        ("cd /src && git checkout v2", "/", {"/src": "acme/a@another", "/opt/b": "acme/b@another"}),
        ("git -C /src pull", "/", {"/src": "acme/a@another", "/opt/b": "acme/b@another"}),
        ("git status", "/", KNOWN),
        ("cd /src && git switch main && ls", "/", KNOWN),
        ("cd /src && git checkout 'master'", "/", KNOWN),
        ("cd /src && git checkout main-old", "/", {"/src": "acme/a@another", "/opt/b": "acme/b@another"}),
    ],
)
def test_later_commands_move_clones(text: str, workdir: str, found: dict[str, str]) -> None:
    assert moved_clones(KNOWN, text, workdir) == found


@pytest.mark.parametrize(("later", "expected"), [("", "cpu"), ("RUN cd /src && git checkout v1\n", "unknown")])
def test_a_list_of_a_clone_is_found_where_a_later_run_copies_it(tmp_path: Path, later: str, expected: str) -> None:
    path = "requirements/full/requirements_cpu_only.txt"
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11\nRUN git clone https://github.com/oobabooga/text-generation-webui /src\n"
        f"{later}RUN cp -r /src /app\nRUN pip install torch -i https://download.pytorch.org/whl/cpu\n"
        f"RUN pip install -r /app/{path}\n"
    )
    assert torch(tmp_path) == expected


@pytest.mark.parametrize(("between", "expected"), [("", "cpu"), (" && git -C /src checkout v1", "unknown")])
def test_a_clone_may_be_copied_by_the_very_run_that_makes_it(tmp_path: Path, between: str, expected: str) -> None:
    address = "https://github.com/oobabooga/text-generation-webui"
    (tmp_path / "Dockerfile").write_text(
        f"FROM python:3.11\nRUN git clone {address} /src{between} && cp -r /src /app\n"
        "RUN pip install torch -i https://download.pytorch.org/whl/cpu\n"
        "RUN pip install -r /app/requirements/full/requirements_cpu_only.txt\n"
    )
    assert torch(tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("git init /opt/app && git -C /opt/app remote add origin https://github.com/Acme/Voice.git", "/opt/app"),
        ("git init && git remote add origin https://github.com/acme/voice && git fetch && git checkout x", "/srv"),
        ("mkdir app && cd app && git init && git remote add origin git@github.com:acme/voice.git", "/srv/app"),
    ],
)
def test_a_commit_that_is_fetched_from_a_remote(text: str, folder: str) -> None:
    (clone,) = clones(text, "/srv", {})
    assert clone == (folder, "acme", "voice", False)
