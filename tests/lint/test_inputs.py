"""What the arguments of a command bring in, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wxlint.core.errors import InputError, PolicyError
from wxlint.documents.source import MAX_BYTES
from wxlint.lint.inputs import gather

POLICY = """wxlint: 1
image: "reg/{stage}"
dockerfile: docker/{stage}/Dockerfile
variants:
  cpu: {accelerator: cpu, stages: [base]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docker/base").mkdir(parents=True)
    (tmp_path / "docker/base/Dockerfile").write_text("FROM python:3.11-slim\n")
    return tmp_path


def run(*arguments: str, stdin: int | None = subprocess.DEVNULL, script: str = '"$@"') -> tuple[int, str]:
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "wxlint", *arguments]
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr + done.stdout


def kinds(*paths: str) -> dict[str, str]:
    return {item.path: item.kind for item in gather(paths).repository.documents.given}


@pytest.mark.parametrize(
    ("key", "name", "text", "kind"),
    [
        ("compose", "stack", "x-a: 1\n", "compose"),
        ("compose", "compose_gpu.yaml", "x-a: 1\n", "compose"),
        ("scripts", "build", "docker build .\n", "shell"),
        ("scripts", "build.txt", "docker build .\n", "shell"),
        ("scripts", "build.CMD", "docker build .\n", "batch"),
    ],
)
def test_what_the_policy_names_is_what_it_is_named_for(folder: Path, key: str, name: str, text: str, kind: str) -> None:
    (folder / "wxlint.yaml").write_text(f"{POLICY}{key}: [{name}]\n")
    (folder / name).write_text(text)
    assert kinds("docker")[name] == kind
    assert kinds(name)[name] == kind


@pytest.mark.parametrize("key", ["compose", "scripts"])
@pytest.mark.parametrize("glob", ["compose.gpu.yml", "ci/*.sh", "docker", "../x.sh"])
def test_a_policy_that_names_nothing(folder: Path, key: str, glob: str) -> None:
    (folder / "wxlint.yaml").write_text(f"{POLICY}{key}:\n  - {glob}\n")
    with pytest.raises(PolicyError, match=rf"wxlint\.yaml:7:5: {key}.*{glob.replace('*', '.')}"):
        gather(["docker"])


def test_a_variant_that_names_nothing(folder: Path) -> None:
    text = POLICY.replace("stages: [base]", "stages: [base], compose: [a.yml, b.yml]")
    (folder / "wxlint.yaml").write_text(text)
    (folder / "a.yml").write_text("services: {}\n")
    with pytest.raises(PolicyError, match=r"wxlint\.yaml:5:\d+: variants\.cpu\.compose.*'b\.yml'") as error:
        gather(["docker"])
    assert len(error.value.problems) == 1


def test_a_link_that_leads_nowhere_is_a_note(folder: Path) -> None:
    (folder / "Dockerfile").symlink_to("gone")
    gathered = gather(["."])
    assert gathered.repository.sources.problems == []
    assert gathered.notes == ("Dockerfile: a link that leads nowhere",)
    code, output = run("check", ".")
    assert (code, "leads nowhere" in output) == (0, True)
    code, output = run("check", "Dockerfile")
    assert (code, "Dockerfile: " in output) == (2, True)


@pytest.mark.parametrize("paths", [["Dockerfile"], ["."]])
@pytest.mark.parametrize("kind", ["pipe", "large", "out"])
def test_a_file_that_is_there_and_is_not_read_ends_with_2(folder: Path, kind: str, paths: list[str]) -> None:
    (folder / "repository/.git").mkdir(parents=True)
    os.chdir(folder / "repository")
    if kind == "pipe":
        os.mkfifo("Dockerfile")
    elif kind == "large":
        Path("Dockerfile").write_text("FROM a:1\n#")
        os.truncate("Dockerfile", MAX_BYTES + 1)
    elif paths == ["Dockerfile"]:
        pytest.skip("a link that is named is followed")
    else:
        Path("Dockerfile").symlink_to("../docker/base/Dockerfile")
    Path("ok.sh").touch()
    code, output = run("check", *paths)
    assert (code, "error: Dockerfile: " in output) == (2, True)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_policy_that_is_no_file(folder: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo("policy.yaml")
    elif kind == "device":
        Path("policy.yaml").symlink_to("/dev/zero")
    else:
        Path("policy.yaml").mkdir()
    code, output = run("check", "--policy", "policy.yaml", ".")
    assert (code, f"a {'named pipe' if kind == 'pipe' else kind}, not a file" in output) == (2, True)


def test_a_working_folder_that_is_gone() -> None:
    code, output = run("check", ".", script='mkdir gone; cd gone; rmdir ../gone; "$@"')
    assert (code, "the working folder" in output) == (2, True)


def test_standard_input_that_is_closed() -> None:
    code, output = run("check", "-", script='"$@" <&-')
    assert (code, "standard input is closed" in output) == (2, True)


def test_standard_input_that_is_too_large(folder: Path) -> None:
    with pytest.raises(InputError, match="standard input: larger than 8 MiB"):
        gather(["-"], stdin=bytes(MAX_BYTES + 1))


def test_standard_input_of_a_windows_shell(folder: Path) -> None:
    gathered = gather(["-"], stdin="FROM python:latest\r\n".encode("utf-16"))
    assert gathered.repository.sources.loaded["-"].text == "FROM python:latest\n"


@pytest.mark.parametrize("kind", ["pipe", "large", "out", "windows", "folder", "broken"])
def test_a_list_that_is_there_and_is_not_read_is_a_finding(folder: Path, kind: str) -> None:
    (folder / "repository/.git").mkdir(parents=True)
    os.chdir(folder / "repository")
    Path("Dockerfile").write_text("FROM python:3.11-slim\nCOPY r.txt .\nRUN pip install -r r.txt\n")
    if kind == "pipe":
        os.mkfifo("r.txt")
    elif kind == "large":
        Path("r.txt").touch()
        os.truncate("r.txt", MAX_BYTES + 1)
    elif kind == "windows":
        Path("r.txt").write_bytes("torch==2.1.0\r\n".encode("utf-16"))
    elif kind == "folder":
        Path("r.txt").mkdir()
    elif kind == "broken":
        Path("r.txt").write_text("--no-cache-dir\n")
    else:
        (folder / "r.txt").write_text("torch\n")
        Path("r.txt").symlink_to("../r.txt")
    code, output = run("check", "--no-cache", ".")
    place = "Dockerfile:3:9" if kind == "folder" else "r.txt:1:1"
    assert (f"{place}: warning: " in output) == (kind != "windows")
    assert code == (0 if kind == "windows" else 1)
    code, output = run("check", "--no-cache", "Dockerfile")
    assert ("Dockerfile:3:9: warning: " in output) == (kind != "windows")
    assert code == (0 if kind == "windows" else 1)
    code, output = run("images", "--no-cache", "Dockerfile")
    assert ("torch default" in output) == (kind == "windows")
    assert ("torch unknown" in output) == (kind != "windows")


def test_a_pipeline_of_a_program_that_is_not_read_is_named(folder: Path) -> None:
    (folder / ".travis.yml").write_text("services:\n  - docker\nscript:\n  - docker build -t e/a:latest .\n")
    (folder / "other.yml").write_text("a: 1\n")
    assert gather([".travis.yml", "other.yml"]).notes == (".travis.yml is not read: wxlint knows no form of Travis CI",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[["),
        ("sub/Pipfile", "x = 1\nx = 2\n"),
        ("environment.yml", "dependencies: [a\n"),
        ("gpu-environment.yaml", "dependencies: [a\n"),
        ("requirements.txt", "numpy\n--no-cache-dir\n"),
        ("requirements/gpu.in", "-r ../requirements-gpu.txt\n"),
        ("constraints.txt", "numpy ==\n--bad\n"),
    ],
)
def test_a_list_that_nothing_installs_is_read_where_it_is_named(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)
    Path("requirements-gpu.txt").write_text("--bad\n")
    code, output = run("check", "--no-cache", name)
    assert (code, "[unread-file]" in output) == (1, True), output
    assert run("check", "--no-cache", "docker")[0] == 0


def test_a_list_without_a_flaw_is_no_finding() -> None:
    for name, text in (("requirements.txt", "numpy\n-c missing.txt\n"), ("environment.yml", "services: {}\n")):
        Path(name).write_text(text)
        assert run("check", "--no-cache", name)[0] == 0


def test_a_document_given_by_name_is_checked_with_its_repository(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "README.md").write_text("~~~bash\ndocker build -t a/b:1.0 -f docker/gone/Dockerfile .\n~~~\n")
    code, output = run("check", "--no-cache", "--fail-on", "info", "README.md")
    assert (code, "[stale-docs]" in output) == (1, True), output
    (folder / "README.md").write_text("~~~bash\ndocker build -t a/b:1.0 -f docker/base/Dockerfile .\n~~~\n")
    assert run("check", "--no-cache", "README.md")[0] == 0
    (folder / "docs").mkdir()
    (folder / "docs/notes.md").write_text("notes\n")
    assert run("check", "--no-cache", "docs")[0] == 2
