"""The pytest plugin as users run it, where no engine answers or one dies: what it collects, refuses and says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reported import schema_errors
from small_family import CUDA_POLICY, Family


def without_engine(made: Family, *arguments: str) -> subprocess.CompletedProcess[str]:
    return made.pytest(*arguments, env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})


def test_policies_are_items(tmp_path: Path) -> None:
    made = Family(tmp_path)
    done = made.pytest("--collect-only", "-q")
    assert "wxlint.yaml::one:cpu::torch-channel" in done.stdout.splitlines()
    assert "wxlint.yaml::base:cpu::entrypoint" not in done.stdout
    assert not list((tmp_path / ".tmp").iterdir())


def test_without_an_engine_nothing_is_green(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path)
    done = without_engine(made, "--wx-report", "out/report.json")
    assert done.returncode == 1, done.stdout
    assert "0 PASS, 0 FAIL, 28 SKIP, 0 UNPROVEN, 3 ERROR; no image was looked at: " in done.stdout
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert schema_errors(report) == []
    assert report["engine"]["available"] is False
    assert report["counts"] == {"PASS": 0, "FAIL": 0, "SKIP": 28, "UNPROVEN": 0, "ERROR": 3}
    alone = without_engine(made, "-q", "-k", "no-cuda")
    assert alone.returncode == 1, alone.stdout


@pytest.mark.parametrize("how", ["option", "ini"])
def test_without_an_engine_all_is_skipped_where_that_is_allowed(tmp_path: Path, how: str) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path)
    if how == "ini":
        made.write("pytest.ini", "[pytest]\nwx_allow = no-engine\n")
    done = without_engine(made, *(["--wx-allow", "no-engine"] if how == "option" else []))
    assert done.returncode == 0, done.stdout
    assert "0 PASS, 0 FAIL, 31 SKIP, 0 UNPROVEN; no image was looked at: " in done.stdout


def test_without_a_docker_program_too(tmp_path: Path) -> None:
    made = Family(tmp_path)
    done = made.pytest("-q", env={"PATH": os.path.dirname(sys.executable)})
    assert done.returncode == 1, done.stdout
    assert "docker is not installed" in done.stdout or shutil.which("docker", path=os.path.dirname(sys.executable))


def test_a_gpu_that_was_asked_for_fails_without_an_engine(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path, policy=CUDA_POLICY)
    done = without_engine(made, "-q", "--gpu", "-k", "device")
    assert done.returncode == 1
    assert "the GPU was to be checked: no engine answers" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wx-select", "nowhere"), "no image is called nowhere"),
        (("--wx-select", "bsae"), "did you mean 'base'?"),
        (("--wx-arg", "X"), "NAME=VALUE is expected"),
        (("--wx-arg", "X=1"), "--wx-arg: no Dockerfile of wxlint.yaml declares the build argument X"),
        (("--wx-part", "X"), "NAME=VALUE is expected"),
        (("--wx-part", "version=1"), "--wx-part: no policy has a part 'version'; there are none"),
        (("--wx-engine", "rm"), "known are docker, podman"),
        (("--wx-build", "sometimes"), "invalid choice"),
        (("--wx-allow", "everything"), "allowed are no-engine, skip:CHECK and unproven:CHECK"),
        (("--wx-allow", "skip:nothing"), "there is no check 'nothing'"),
        (("--wx-timeout", "0"), "a number of seconds"),
        (("--wx-timeout", "nan"), "a number of seconds"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = without_engine(Family(tmp_path), *arguments)
    assert done.returncode == 4, done.stdout
    assert said in done.stdout + done.stderr


def test_an_argument_is_of_any_of_several_policies(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("other/wxlint.yaml", "wxlint: 1\nimage: acme/other\nvariants: {cpu: {}}\n")
    made.write("other/Dockerfile", "FROM python:3.11-slim\nARG X\n")
    said = without_engine(made, "other/wxlint.yaml", "-q", "--wx-arg", "X=1")
    assert "declares the build argument" not in said.stdout + said.stderr and said.returncode == 1


def test_a_broken_policy_is_an_error_at_its_place(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("wxlint.yaml", "wxlint: 1\nvariant: {}\n")
    done = made.pytest("-q")
    assert done.returncode == 2
    assert "wxlint.yaml:2:1: " in done.stdout


def test_selection(tmp_path: Path) -> None:
    done = Family(tmp_path).pytest("--collect-only", "-q", "--wx-select", "two", "--wx-select", "base:cpu")
    images = {line.split("::")[1] for line in done.stdout.splitlines() if "::" in line}
    assert images == {"two:cpu", "base:cpu"}


def test_a_selection_that_names_nothing_says_what_is_near(tmp_path: Path) -> None:
    made = Family(tmp_path)
    near, far = (without_engine(made, "--wx-select", word).stderr for word in ("onee", "zzzzzz"))
    assert "no image is called onee; did you mean 'one'?" in near
    assert "no image is called zzzzzz; there are base, base:cpu, cpu, one" in far


def test_a_report_replaces_nothing_but_a_report(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path)
    (tmp_path / "folder").mkdir()
    made.write("real.json", "old")
    (tmp_path / "link.json").symlink_to("real.json")
    policy = made.policy.read_text()
    options = ("-q", "--wx-allow", "no-engine", "-k", "exists", "--wx-report")
    for target in ("folder", "wxlint.yaml"):
        done = without_engine(made, *options, target)
        assert done.returncode == 4, done.stdout
        assert "wxlint: --wx-report: " in done.stdout
    assert made.policy.read_text() == policy
    assert without_engine(made, *options, "link.json").returncode == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["schema"] == "wxlint-report/1"


DYING = """#!{python}
import json, sys
args = sys.argv[1:]
server = {{"Version": "24.0", "Os": "linux", "Arch": "amd64"}}
image = {{"Id": "sha256:" + "1" * 64, "RootFS": {{"Layers": ["a"]}}}}
if args[0] == "version": print(json.dumps({{"Client": {{"Version": "24.0"}}, "Server": server}}))
elif args[:2] == ["image", "inspect"] and "latest" not in args[3]: print(json.dumps([image]))
elif args[0] == "image": sys.exit("Error: No such image")
elif args[0] in ("run", "save"): print("error during connect: EOF", file=sys.stderr); sys.exit(125)
"""


def test_an_engine_that_dies_half_way_is_an_error_with_its_words_and_blames_no_image(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("bin/docker", DYING.format(python=sys.executable))
    (tmp_path / "bin/docker").chmod(0o755)
    done = made.pytest("--wx-build", "never", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert done.returncode == 1, done.stdout
    assert "3 passed, 28 error" in done.stdout
    assert "0 FAIL" in done.stdout
    assert done.stdout.count("no engine answers: error during connect: EOF") >= 3
