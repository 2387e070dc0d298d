"""A large repository shared between processes gives what one process gives, also when one of them is lost."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("signals_by_default")

COUNT = 170


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Dockerfiles that share a list, build on each other, break rules at one place, and hold suppressions."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "gpu.txt").write_text(
        "torch==2.3.1\n# wxlint: ignore[torch-extra-index] a mirror of ours\n"
        "--extra-index-url https://download.pytorch.org/whl/cu121\n"
    )
    services = []
    for number in range(COUNT):
        folder = tmp_path / f"s{number:03}"
        folder.mkdir()
        base = (
            f"example/s{(number * 7) % COUNT:03}:1"
            if number % 5 == 0
            else "python:latest"
            if number % 3 == 0
            else "python:3.11-slim"
        )
        text = f"FROM {base}\nCOPY gpu.txt .\nRUN pip install -r gpu.txt && pip install a>=1\n"
        text += f"COPY --from=example/s{number:03}-cpu:cuda /x /x\n"
        text += (
            "# wxlint: ignore[latest-tag] for now\nFROM busybox:latest\n"
            if number % 11 == 0
            else "NOPE\n"
            if number % 13 == 0
            else ""
        )
        (folder / "Dockerfile").write_text(text)
        if number % 4 == 0:
            services.append(
                f"  s{number:03}:\n    image: example/s{number:03}:1\n"
                f"    build: {{context: ., dockerfile: s{number:03}/Dockerfile}}\n"
            )
    (tmp_path / "compose.yaml").write_text("services:\n" + "".join(services))
    (tmp_path / "build.sh").write_text("docker build -t example/extra:latest s001\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wxlint", "check", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("form", ["json", "text", "sarif"])
def test_several_say_what_one_says(form: str, large: Path) -> None:
    alone = check("--jobs", "1", "--format", form)
    assert alone.returncode == 1 and alone.stderr == ""
    assert check("--jobs", "2", "--format", form).stdout == alone.stdout
    if form == "json":
        rules = {finding["rule"] for finding in json.loads(alone.stdout)["findings"]}
        assert {"latest-tag", "syntax-error", "unquoted-specifier"} <= rules
        assert (
            not {"torch-extra-index", "unused-suppression"} & rules
        )  # what one process alone has read is suppressed all the same
        assert json.loads(alone.stdout)["summary"]["files"] == COUNT + 2


LOST = """
import os, sys
from wxlint.lint import parallel
from wxlint.cli.main import main
assert "threading" not in sys.modules or "coverage" in sys.modules
parent, run, seen = os.getpid(), parallel._run, []
def _run(repository, rules):
    seen.append(1)
    if os.getpid() != parent:
        {in_child}
    return run(repository, rules)
parallel._run = _run
{before}
code = main(["check", "--jobs", "2", "--format", "json"])
print(len(seen), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("in_child", "before", "runs"),
    [
        ("pass", "", 1),
        ("os.kill(os.getpid(), 9)", "", 2),
        ("raise MemoryError", "", 2),
        ("os._exit(0)", "", 2),
        ("pass", "def fork(): raise BlockingIOError(11, 'no')\nos.fork = fork", 2),
    ],
)
def test_the_share_of_a_lost_process_is_not_lost(in_child: str, before: str, runs: int, large: Path) -> None:
    code = LOST.format(in_child=in_child, before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1:] == [str(runs)], done.stderr
    assert (done.returncode, done.stdout) == (1, check("--jobs", "1", "--format", "json").stdout)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 128 + 15), (signal.SIGINT, 130), (signal.SIGKILL, -9)], ids=str
)
def test_ending_the_program_ends_its_processes(number: int, code: int, large: Path) -> None:
    """However much they have to do."""
    program = """
import os, signal, sys
from wxlint.cli import main as cli
from wxlint.lint import parallel
parent, run = os.getpid(), parallel._run
def _run(repository, rules):
    if os.getpid() != parent:
        print("working", flush=True)
        while True:
            pass
    return run(repository, rules)
parallel._run = _run
sys.argv = ["wxlint", "check", "--jobs", "2", "--output", "out.txt"]
cli.program()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"working\n"
        process.send_signal(number)
        assert process.wait() == code
        ready, _, _ = select.select([process.stdout], [], [], 10)
        assert ready and process.stdout.read() == b"", "a process still holds the output"
    assert not [path.name for path in large.iterdir() if path.name.startswith((".wxlint", "out"))]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_images_that_are_built_from_each_other(jobs: str, large: Path) -> None:
    """What they hold is not known but for what each does itself, wherever one begins."""
    services = "".join(
        f"  c{n}:\n    image: example/c{n}:cpu\n    build: {{context: ., dockerfile: c{n}/Dockerfile}}\n"
        for n in range(3)
    )
    for number in range(3):
        (large / f"c{number}").mkdir()
        text = f"FROM example/c{(number + 1) % 3}:cpu\n" + (
            "RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cu121\n" if number == 1 else ""
        )
        (large / f"c{number}" / "Dockerfile").write_text(text)
    (large / "compose.cycle.yaml").write_text("services:\n" + services)
    found = json.loads(
        check("--jobs", jobs, "--format", "json", "--select", "torch-index,variant-tag,wrong-base").stdout
    )["findings"]
    assert [(f["rule"], f["path"]) for f in found if f["path"].startswith("c")] == [("torch-index", "c1/Dockerfile")]


def test_a_bug_in_a_process_is_shown_as_one(large: Path) -> None:
    code = LOST.format(in_child="pass", before="parallel._verdict = None")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "this is a bug in wxlint" in done.stderr
    assert done.stderr.count("Traceback") == 1
