"""The scripts that a plan is written as: run with a docker that writes down its calls, and those of the repository."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_build_plan import FILES, OPTIONAL, POLICY, family, write

from wxlint.core.errors import InputError, UsageError
from wxlint.core.escape import escape
from wxlint.documents.source import read
from wxlint.plan.build_plan import make_plan
from wxlint.plan.formats import render_plan
from wxlint.plan.shell_script import _word
from wxlint.policy.load import load_policy

ROOT = Path(__file__).resolve().parents[2]
FAKE = """#!/usr/bin/env python3
import os, sys
if sys.argv[1] != "build":
    sys.exit(print("28.2.2"))
with open(os.environ["CALLS"], "a") as file:
    file.write("\\0".join([os.getcwd(), *sys.argv[1:]]) + "\\n")
tag = sys.argv[sys.argv.index("-t") + 1]
sys.exit(any(tag.endswith(name) for name in os.environ.get("BREAK", "").split()))
"""


def scripted(
    root: Path, *arguments: str, script: str = "scripts/build.sh", args: dict[str, str] | None = None, **env: str
) -> tuple[int, str, list[list[str]]]:
    """Run the script with a docker that only writes down how it is called: (exit code, output, calls)."""
    policy = load_policy(read(root / "wxlint.yaml", "wxlint.yaml"), root / "wxlint.yaml")
    plan = make_plan(policy, args=args, optional=True, env={})
    write(root, script, render_plan(plan, "sh", script))
    write(root, "bin/docker", FAKE)
    (root / "bin/docker").chmod(0o755)
    calls = root / "calls"
    calls.write_text("")
    given = {**os.environ, "PATH": f"{root / 'bin'}:{os.environ['PATH']}", "CALLS": str(calls), **env}
    given.pop("MY_REGISTRY", None) if "MY_REGISTRY" not in env else None
    done = subprocess.run(["bash", str(root / script), *arguments], capture_output=True, text=True, env=given, cwd="/")
    return done.returncode, done.stdout + done.stderr, [line.split("\0") for line in calls.read_text().splitlines()]


def tags(calls: list[list[str]]) -> list[str]:
    return [call[call.index("-t") + 1] for call in calls]


def test_the_script_builds_in_order_from_the_root(tmp_path: Path) -> None:
    family(tmp_path)
    code, output, calls = scripted(tmp_path)
    assert code == 0, output
    assert {call[0] for call in calls} == {str(tmp_path.resolve())}
    assert tags(calls) == ["me/app-base:cpu", "me/app-base:cuda", "me/app-two:cpu", "me/app-gpu:cuda", "me/app-one:cpu"]
    assert "==> [3/5] two:cpu" in output
    assert "built 5: base:cpu base:cuda two:cpu gpu:cuda one:cpu" in output


def test_the_script_takes_the_registry_a_variant_and_more_options(tmp_path: Path) -> None:
    family(tmp_path)
    code, output, calls = scripted(tmp_path, "cuda", MY_REGISTRY="ghcr.io/you", BUILD_ARGS="--no-cache --pull")
    assert code == 0, output
    assert tags(calls) == ["ghcr.io/you/app-base:cuda", "ghcr.io/you/app-gpu:cuda"]
    assert "REGISTRY=ghcr.io/you" in calls[1]
    assert {"--no-cache", "--pull"} <= set(calls[1])


def test_the_script_stops_at_the_first_failed_base_and_says_what_is_blocked(tmp_path: Path) -> None:
    family(tmp_path)
    code, output, calls = scripted(tmp_path, BREAK="base:cpu")
    assert code == 1
    assert len(calls) == 1
    assert "base:cpu failed; blocked: two:cpu one:cpu\n" in output
    assert "built 0: \n" in output
    assert "failed 1: base:cpu\nnot tried 4: base:cuda two:cpu gpu:cuda one:cpu\n" in output


def test_only_what_was_asked_for_is_called_blocked(tmp_path: Path) -> None:
    family(tmp_path, OPTIONAL)
    code, output, calls = scripted(tmp_path, "cuda", BREAK="base:cuda")
    assert (code, len(calls), "blocked" in output) == (1, 1, False)
    assert "failed 1: base:cuda\n" in output
    assert "base:cuda failed; blocked: gpu:cuda\n" in scripted(tmp_path, "cuda", "optional", BREAK="base:cuda")[1]


def test_the_script_goes_on_behind_a_failed_stage_and_reports_it(tmp_path: Path) -> None:
    family(tmp_path)
    code, output, calls = scripted(tmp_path, BREAK="gpu:cuda")
    assert (code, len(calls)) == (1, 5)
    assert "failed 1: gpu:cuda" in output
    assert "not tried" not in output


@pytest.mark.parametrize("words", [("rocm",), ("cpu", "everything"), ("all", "optional")])
def test_the_script_refuses_what_it_does_not_know(tmp_path: Path, words: tuple[str, ...]) -> None:
    family(tmp_path)
    code, output, calls = scripted(tmp_path, *words)
    assert (code, calls) == (2, [])
    assert "[all|cpu|cuda]" in output


def test_a_variant_brings_the_bases_that_it_stands_on(tmp_path: Path) -> None:
    family(
        tmp_path,
        gpu="ARG REGISTRY=me\nFROM ${REGISTRY}/app-base:cpu AS tools\n"
        "FROM ${REGISTRY}/app-base:cuda\nCOPY --from=tools /x /x\n",
    )
    assert tags(scripted(tmp_path, "cuda")[2]) == ["me/app-base:cpu", "me/app-base:cuda", "me/app-gpu:cuda"]


def test_the_script_builds_optional_images_on_a_second_word(tmp_path: Path) -> None:
    family(tmp_path, OPTIONAL)
    assert tags(scripted(tmp_path, "cuda")[2]) == ["me/app-base:cuda"]
    assert tags(scripted(tmp_path, "cuda", "optional")[2]) == ["me/app-base:cuda", "me/app-gpu:cuda"]


def test_hostile_names_reach_docker_as_they_are(tmp_path: Path) -> None:
    nasty = "docker/$(touch x);`id` 'a'/Dockerfile"
    policy = POLICY + "stages:\n  gpu: {dockerfile: " + json.dumps(nasty) + "}\n"
    generated = family(tmp_path, policy)
    write(tmp_path, nasty, FILES["gpu"])
    code, output, calls = scripted(tmp_path, "cuda", args={"CHANNEL": "$(touch y) \"'"})
    assert code == 0, output
    assert nasty in calls[1]
    assert "CHANNEL=$(touch y) \"'" in calls[1]
    assert not (tmp_path / "x").exists() and not (tmp_path / "y").exists()
    with pytest.raises(InputError, match="batch"):
        render_plan(make_plan(generated, args={"CHANNEL": "%PATH%&del"}, env={}), "bat")


@pytest.mark.parametrize("form", ["sh", "bat"])
def test_the_command_that_made_it_stays_a_comment(tmp_path: Path, form: str) -> None:
    generated = render_plan(
        make_plan(family(tmp_path), env={}), form, command="wxlint plan --select 'a\nrm -rf x & `y`'"
    )
    assert next(line for line in generated.splitlines() if "rm -rf" in line).startswith(
        ("# Generated by", "rem Generated by")
    )
    assert "`y`" not in generated
    assert "& " not in generated.partition("Generated by")[2].splitlines()[0]


def test_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line break"):
        render_plan(make_plan(family(tmp_path), args={"CHANNEL": "a\nb"}, env={}), "sh")


def table(script: str, continued: str = "\\\n") -> list[list[str]]:
    """The words of each image of a script, as one shell says them."""
    text = script.replace(continued, "").replace("%REGISTRY%", "R").replace("${REGISTRY}", "R")
    return [shlex.split(line)[1:] for line in re.findall(r"^ *(?:call :)?(image [^_\r\n]+)", text, re.M)]


def test_the_batch_file_says_the_same(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path, OPTIONAL), optional=True, env={})
    batch = render_plan(plan, "bat", "scripts/build.bat")
    script = render_plan(plan, "sh", "scripts/build.sh")
    images = table(script)
    assert [words[0] for words in images] == ["base:cpu", "base:cuda", "two:cpu", "gpu:cuda", "one:cpu"]
    assert [[word.removeprefix("--build-arg=") for word in words] for words in table(batch)] == images
    choices = re.findall(r'if "%CHOICE%"=="(.+)" set "VARIANTS=(.+)"', batch)
    assert choices == re.findall(r"^    '?([a-z ]+)'?\) VARIANTS=\"([^\"]+)\" ;;", script, re.M)
    assert dict(choices)["all optional"] == "cpu cuda cpu+ cuda+"
    assert all(line.endswith("\r") for line in batch.split("\n")[:-1])
    assert 'cd /d "%~dp0.."' in batch


def test_more_options_than_a_subroutine_takes_are_refused(tmp_path: Path) -> None:
    names = [f"A{number}" for number in range(9)]
    gpu = "FROM me/app-base:cuda\n" + "".join(f"ARG {name}\n" for name in names)
    plan = make_plan(family(tmp_path, gpu=gpu), args=dict.fromkeys(names, "1"), env={})
    assert "--build-arg=A8=1" in render_plan(plan, "bat")
    plan = make_plan(family(tmp_path, gpu=gpu + "ARG REGISTRY\n"), args=dict.fromkeys(names, "1"), env={})
    with pytest.raises(InputError, match="gpu:cuda has 10 options; a batch file can pass on 9"):
        render_plan(plan, "bat")


@pytest.mark.parametrize("form", ["sh", "bat"])
def test_a_family_without_a_registry(tmp_path: Path, form: str) -> None:
    policy = re.sub(r"(?m)^registry.*\n", "", POLICY).replace("{registry}/", "")
    files = {name: text.replace("${REGISTRY}/", "").replace("ARG REGISTRY=me\n", "") for name, text in FILES.items()}
    generated = render_plan(make_plan(family(tmp_path, policy, **files), env={}), form)
    assert "REGISTRY" not in generated and "__" not in generated
    assert ("STEM=app-\n" if form == "sh" else 'set "STEM=app-"\r\n') in generated


PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int count, char **words) {
    FILE *calls = fopen("calls", "a");
    int broken = 0;
    for (int i = 1; i < count; i++) {
        fprintf(calls, "%s%c", words[i], i == count - 1 ? '\\n' : '\\t');
        if (getenv("BREAK") && strstr(words[i], getenv("BREAK"))) broken = 1;
    }
    fclose(calls);
    return broken ? 0xC000013A : 0;  /* what Ctrl-C leaves behind, which is below zero for batch */
}
"""
WINE = shutil.which("wine64") or shutil.which("/usr/lib/wine/wine64") or shutil.which("wine")
COMPILER = shutil.which("x86_64-w64-mingw32-gcc") or shutil.which("x86_64-w64-mingw32-gcc-posix")


@pytest.mark.slow
@pytest.mark.skipif(not WINE or not COMPILER, reason="wine and a compiler for Windows programs are not installed")
def test_the_batch_file_does_the_same(tmp_path: Path) -> None:
    write(tmp_path, "docker.c", PROGRAM)
    write(tmp_path, "scripts/build.bat", "")
    subprocess.run([str(COMPILER), "-o", str(tmp_path / "docker.exe"), str(tmp_path / "docker.c")], check=True)
    plan = make_plan(family(tmp_path, OPTIONAL), optional=True, env={})
    (tmp_path / "scripts/build.bat").write_bytes(render_plan(plan, "bat", "scripts/build.bat").encode())

    def run(*words: str, **env: str) -> tuple[int, str, list[str]]:
        windows = str(tmp_path).replace("/", "\\")
        (tmp_path / "calls").write_text("")
        done = subprocess.run(
            [str(WINE), "cmd", "/c", f"Z:{windows}\\scripts\\build.bat", *words],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "WINEPREFIX": str(tmp_path / "wine"),
                "WINEDEBUG": "-all",
                "WINEPATH": f"Z:{windows}",
                **env,
            },
        )
        calls = [line.split("\t") for line in (tmp_path / "calls").read_text().splitlines()]
        return done.returncode, done.stdout + done.stderr, tags(calls)

    run()  # the first call makes wine's folder, and says so
    assert run()[::2] == (0, ["me/app-base:cpu", "me/app-base:cuda", "me/app-two:cpu", "me/app-one:cpu"])
    assert run("cuda", "optional", MY_REGISTRY="you")[2] == ["you/app-base:cuda", "you/app-gpu:cuda"]
    assert run("rocm")[::2] == (2, [])
    code, output, calls = run(BREAK="base:cpu")
    assert (code, calls) == (1, ["me/app-base:cpu"])
    assert "base:cpu failed; blocked: two:cpu one:cpu" in output
    assert "not tried: base:cuda two:cpu one:cpu" in output
    code, output, calls = run(BREAK="one:cpu")
    assert (code, len(calls)) == (1, 4)
    assert "built: base:cpu base:cuda two:cpu" in output
    assert "failed: one:cpu" in output


def shellcheck(text: str) -> str:
    """What shellcheck has to say; the one from PyPI is beside the Python that runs the tests."""
    found = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip("shellcheck is not installed")
    return subprocess.run([found, "--enable=all", "-"], input=text, capture_output=True, text=True).stdout


def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    assert shellcheck((ROOT / "wxlint" / "plan" / "templates" / "build.sh").read_text()) == ""
    assert (
        shellcheck(render_plan(make_plan(family(tmp_path, OPTIONAL), optional=True, env={}), "sh", "scripts/build.sh"))
        == ""
    )
    assert shellcheck((ROOT / "scripts" / "build-all-images.sh").read_text()) == ""


@pytest.mark.parametrize("name", ["build-all-images.sh", "build-all-images.bat"])
def test_the_repository_s_scripts_are_what_the_plan_says(name: str) -> None:
    words = ["plan", "--optional", "--format", name.rpartition(".")[2], "--script", f"scripts/{name}"]
    env = {key: value for key, value in os.environ.items() if key != "DOCKERHUB_USER"}
    generated = subprocess.run(
        [sys.executable, "-m", "wxlint", *words], cwd=ROOT, capture_output=True, check=True, env=env
    ).stdout
    assert (ROOT / "scripts" / name).read_bytes() == generated, (
        f"write it again: wxlint {' '.join(words)} --output scripts/{name}"
    )


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec=None, categories=None), max_size=12))
@example("::error::x")
@example("a'b \\ $(x) `y` ##[error]")
@example("\x1b[2J\u202e\udcff")
def test_bash_reads_a_word_as_it_was(text: str) -> None:
    try:
        word = _word(text)
    except InputError:
        assert re.search("[\n\r\0\ud800-\udc7f\udd00-\udfff]", text)
        return
    assert escape(f" {word}") == f" {word}"
    printed = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout
    assert printed == text.encode("utf-8", "surrogateescape")


def test_the_registry_that_was_given_is_the_script_s_own(tmp_path: Path) -> None:
    policy = family(tmp_path)
    script = render_plan(make_plan(policy, registry="ghcr.io/you", env={}), "sh")
    assert 'REGISTRY="${MY_REGISTRY:-ghcr.io/you}"\nSTEM="${REGISTRY}/app-"\n' in script
    with pytest.raises(UsageError, match="is not a registry"):
        make_plan(policy, registry='x"; touch y; "', env={})
    with pytest.raises(UsageError, match="is not a registry"):
        make_plan(policy, env={"MY_REGISTRY": "$(touch y)"})
