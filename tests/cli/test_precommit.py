"""The pre-commit hooks, with the real pre-commit program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from file_trees import write_tree

from wxlint.cli.main import main

ROOT = Path(__file__).resolve().parents[2]

GOOD = "FROM python:3.12-slim\nRUN echo ready\n"
BAD = "FROM python:latest\nRUN echo ready\n"


def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


def done(*command: str, cwd: Path, env: Mapping[str, str]) -> str:
    result = run(*command, cwd=cwd, env=env)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()


# The hook


class Consumer(NamedTuple):
    """A repository whose commits the hook guards."""

    path: Path
    env: Mapping[str, str]

    def commit(self, files: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
        write_tree(self.path, files)
        done("git", "add", "--all", cwd=self.path, env=self.env)
        return run("git", "commit", "-m", "change", *options, cwd=self.path, env=self.env)

    def commits(self) -> int:
        return int(done("git", "rev-list", "--count", "HEAD", cwd=self.path, env=self.env))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing of the git that runs this test, nor of its user, and a pre-commit cache of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    env.update(
        {f"GIT_{who}_{what}": "tester@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    )
    env.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", NO_COLOR="1")
    env["PRE_COMMIT_HOME"] = str(tmp_path_factory.mktemp("pre-commit"))
    return env


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> tuple[str, str]:
    """URL and revision of a repository with the files of this checkout as they are now, committed or not."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT, env=environment)
    if listed.returncode:
        pytest.skip("this is not a git checkout: which files belong to it is not known")
    copy = tmp_path_factory.mktemp("hook")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    for command in (["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "-m", "now"]):
        done("git", *command, cwd=copy, env=environment)
    return copy.as_uri(), done("git", "rev-parse", "HEAD", cwd=copy, env=environment)


@pytest.fixture
def consumer(tmp_path: Path, environment: dict[str, str], hook: tuple[str, str]) -> Iterator[Consumer]:
    url, revision = hook
    config = {"repos": [{"repo": url, "rev": revision, "hooks": [{"id": "wxlint"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done("git", "init", "--quiet", cwd=tmp_path, env=environment)
    done(sys.executable, "-m", "pre_commit", "install", cwd=tmp_path, env=environment)
    repository = Consumer(tmp_path, environment)
    result = repository.commit({"README": "nothing to check\n"})
    assert result.returncode == 0, result.stdout + result.stderr
    yield repository


def test_a_bad_commit_is_refused_and_a_good_one_goes_through(consumer: Consumer) -> None:
    refused = consumer.commit({"docker/app/Dockerfile": BAD})
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0 and consumer.commits() == 1, shown
    assert "latest-tag" in shown and "docker/app/Dockerfile:1:6" in shown
    assert "exit code: 1" in shown  # findings, not a failure of the hook

    accepted = consumer.commit({"docker/app/Dockerfile": GOOD})
    assert accepted.returncode == 0 and consumer.commits() == 2, accepted.stdout + accepted.stderr
    assert "Passed" in accepted.stdout + accepted.stderr


def test_only_the_files_of_the_commit_can_refuse_it(consumer: Consumer) -> None:
    assert consumer.commit({"old/Dockerfile": BAD}, "--no-verify").returncode == 0
    accepted = consumer.commit({"new/Dockerfile": GOOD})
    assert accepted.returncode == 0 and consumer.commits() == 3, accepted.stdout + accepted.stderr


SCHEMES = yaml.safe_load((ROOT / "tests" / "policy" / "schemes.yaml").read_text(encoding="utf-8"))


def test_families_of_every_scheme_in_one_repository(consumer: Consumer) -> None:
    """All of them go through together; then each one's mistake is refused, and it alone."""
    good = {}
    for scheme in SCHEMES:
        files = {"wxlint.yaml": "wxlint: 1\n" + scheme["policy"], **scheme["files"]}
        good |= {f"{scheme['id']}/{name}": text for name, text in files.items()}
    accepted = consumer.commit(good)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    commits = consumer.commits()
    for scheme in SCHEMES:
        refused = consumer.commit({f"{scheme['id']}/{name}": text for name, text in scheme["bad"].items()})
        shown = refused.stdout + refused.stderr
        assert refused.returncode != 0 and consumer.commits() == commits, shown
        found = re.findall(r"^(\S+?):\d+:\d+: (?:error|warning): .* \[([a-z-]+)\]$", shown, re.MULTILINE)
        assert {rule for _, rule in found} == {scheme["finding"]}, shown
        assert {path for path, _ in found} <= {f"{scheme['id']}/{name}" for name in scheme["bad"]}, shown
        done("git", "reset", "--quiet", "--hard", cwd=consumer.path, env=consumer.env)


@pytest.mark.parametrize(
    "name", ["requirements.txt", "scripts/build.sh", "build.bat", "constraints-cpu.txt", "build.bash", "pyproject.toml"]
)
def test_a_file_of_another_kind_alone_is_no_failure(consumer: Consumer, name: str) -> None:
    """The hook passes it by name: a file with nothing to check is a good answer, not a missing input."""
    accepted = consumer.commit(
        {name: "requests==2.32.0\n" if name.endswith(".txt") else "" if name.endswith(".toml") else "echo ready\n"}
    )
    assert accepted.returncode == 0 and consumer.commits() == 2, accepted.stdout + accepted.stderr


@pytest.mark.parametrize(
    ("name", "checked"),
    [
        ("Dockerfile", True),
        ("docker/asr/Dockerfile.cuda", True),
        ("asr.Dockerfile", True),
        ("app.dockerfile", True),
        ("Containerfile", True),
        ("compose.yaml", True),
        ("x/docker-compose.override.yml", True),
        ("compose.gpu.yml", True),
        ("scripts/build-all-images.sh", True),
        ("build.BAT", True),
        ("requirements-gpu.txt", True),
        ("policies/cp-whisperx.yaml", True),
        ("wxlint.yaml", True),
        (".wxlint.yml", True),
        ("docker/Dockerfile-gpu", True),
        ("build.bash", True),
        ("app/pyproject.toml", True),
        ("build.ps1", True),
        (".gitlab-ci.yml", True),
        ("ci/build.gitlab-ci.yml", True),
        ("justfile", True),
        ("docker/images.just", True),
        ("Taskfile.yml", True),
        ("Taskfile.dist.yaml", True),
        ("k8s/asr.yaml", True),
        ("deploy/kubernetes/base/asr.yml", True),
        ("deploy/asr-deployment.yaml", True),
        ("deploy/CronJob.yaml", True),
        ("overlays/gpu/kustomization.yaml", True),
        ("charts/asr/values.yaml", True),
        ("values-gpu.yaml", True),
        ("skaffold.yaml", True),
        (".devcontainer/devcontainer.json", True),
        ("gpu.compose.yml", True),
        ("noxfile.py", True),
        ("tox.ini", True),
        ("tasks.py", True),
        ("environment.yml", True),
        ("gpu-environment.yaml", True),
        ("docker/pip.conf", True),
        ("requirements/base.txt", True),
        ("requirements/gpu/torch.in", True),
        ("dev-requirements.txt", True),
        (".travis.yml", False),
        ("config/services.yaml", False),
        ("docs/notes.txt", False),
        ("app/mytasks.py", False),
        ("README.md", True),
        ("docs/install.rst", True),
        ("Dockerfile-notes.md", True),
        ("Dockerfile.dockerignore", False),
        ("MyDockerfile", True),
        ("docker-compose.json", False),
        ("config/settings.yaml", False),
        ("wxlint.py", False),
    ],
)
def test_which_files_the_hook_takes(name: str, checked: bool) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [bool(re.search(hook["files"], name)) for hook in hooks] == [checked, checked]


@pytest.mark.parametrize(
    "name",
    [
        "requirements/base.txt",
        "dev-requirements.txt",
        "docker/pip.conf",
        "tasks.py",
        "environment.yml",
        "a.just",
        "README.md",
        "x.rst",
    ],
)
def test_a_file_that_the_hook_gives_alone_is_no_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("# nothing yet\n", encoding="utf-8")
    assert main(["check", "--no-cache", name]) == 0


def test_the_fixing_hook_changes_files_and_refuses_the_commit(consumer: Consumer, hook: tuple[str, str]) -> None:
    config = {"repos": [{"repo": hook[0], "rev": hook[1], "hooks": [{"id": "wxlint-fix"}]}]}
    text = "FROM python:3.11-slim\nRUN pip install flask>=2\n"
    result = consumer.commit({".pre-commit-config.yaml": yaml.safe_dump(config), "Dockerfile": text})
    assert result.returncode != 0 and "files were modified by this hook" in result.stderr
    assert (consumer.path / "Dockerfile").read_text() == text.replace("flask>=2", '"flask>=2"')
    assert consumer.commit({}).returncode == 0
