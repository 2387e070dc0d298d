"""The engine's command line: processes that hang or flood, engines that refuse, GPUs that are missing or shared."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_family import containers_of, docker, need_engine

from wxlint.conformance.collect.collector import run_probe
from wxlint.conformance.container import gpu
from wxlint.conformance.container.engine import About, Engine
from wxlint.conformance.plugin.workspace import Folder, alive, locked, sweep
from wxlint.core import processes
from wxlint.core.errors import EngineError, UsageError

ABOUT = About("docker", "24", "24", "linux", "amd64", (), True)


def fake(folder: Path, body: str) -> Engine:
    """A docker that behaves as told."""
    path = folder / "docker"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{textwrap.dedent(body)}")
    path.chmod(0o755)
    return Engine(str(path), "test")


def test_output_without_end_is_bounded_and_stopped() -> None:
    done = processes.run([sys.executable, "-c", "while True: print('x' * 10000)"], timeout=1)
    assert done.timed_out
    assert len(done.out) <= processes.OUTPUT_LIMIT


def test_a_grandchild_is_stopped_too(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import subprocess, time; subprocess.Popen(['sh', '-c', 'trap \"\" TERM; while :; do sleep 1; done; : {mark}']); time.sleep(60)"
    start = time.monotonic()
    assert processes.run([sys.executable, "-c", child], timeout=1).timed_out
    assert time.monotonic() - start < 30
    assert subprocess.run(["pgrep", "-f", str(mark)], capture_output=True).returncode == 1


def test_a_program_that_does_not_read_its_input_is_no_error() -> None:
    assert processes.run(["true"], stdin=b"x" * 1_000_000).code == 0


def test_lines_are_given_as_they_come() -> None:
    lines: list[str] = []
    done = processes.run(
        [sys.executable, "-c", "import sys; print('a'); sys.stdout.flush(); print('b', end='', file=sys.stderr)"],
        on_line=lines.append,
    )
    assert (lines, done.err) == (["a", "b"], "")


def test_no_client_is_said() -> None:
    with pytest.raises(EngineError, match="not installed"):
        Engine("/nowhere/docker").about()


def test_another_program_is_refused() -> None:
    with pytest.raises(UsageError, match="docker and podman"):
        Engine("rm")


@pytest.mark.parametrize(
    "body",
    [
        "sys.exit('Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?')",
        'print(\'{"Client":{"Version":"28"},"Server":null}\'); sys.exit(1)',
        "print('<html>')",
        "print('[]')",
    ],
    ids=["down", "no-server", "not-json", "another-shape"],
)
def test_an_engine_that_does_not_answer(tmp_path: Path, body: str) -> None:
    with pytest.raises(EngineError, match="no engine answers"):
        fake(tmp_path, body).about()


@pytest.mark.parametrize("body", ["print('[{}]')", "print('[]')", "print('nonsense')", "sys.exit('permission denied')"])
def test_an_answer_about_an_image_that_cannot_be_used(tmp_path: Path, body: str) -> None:
    with pytest.raises(EngineError, match="image inspect"):
        fake(tmp_path, body).image("x")


def test_an_engine_that_dies_while_a_container_runs(tmp_path: Path) -> None:
    engine = fake(
        tmp_path,
        "sys.exit(0) if sys.argv[1] == 'rm' else (print('error during connect: EOF', file=sys.stderr), sys.exit(125))",
    )
    with pytest.raises(EngineError, match="no engine answers"):
        engine.run("x")


def test_a_client_that_hangs_is_stopped_and_its_container_removed(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    engine = fake(
        tmp_path,
        f"open({str(calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\nif sys.argv[1] == 'run': time.sleep(600)\n",
    )
    assert engine.run("x", timeout=1).timed_out
    run, remove = calls.read_text().splitlines()
    name = run.split("--name ")[1].split()[0]
    assert remove == f"rm -f -v {name}"


def probed(folder: Path, answer: str) -> tuple[object, str, str]:
    return run_probe(fake(folder, f"sys.stdin.read()\n{answer}"), "x", timeout=40)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('print(\'\\nWXLINT-PROBE {"schema": "wxlint-probe/1", \')', "damaged"),
        ('print(\'\\nWXLINT-PROBE {"schema": "other"}\')', "not understood"),
        ("sys.exit('Fatal Python error: init_fs_encoding')", "Fatal Python error"),
        (
            "print('exec: \"python\": executable file not found in $PATH', file=sys.stderr); sys.exit(127)",
            "no Python in the image",
        ),
    ],
    ids=["cut-off", "another-schema", "broken-python", "no-python"],
)
def test_a_probe_that_says_nothing_useful(tmp_path: Path, answer: str, said: str) -> None:
    facts, problem, _ = probed(tmp_path, answer)
    assert facts is None
    assert said in problem


REFUSALS = [
    ('docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].', gpu.TOOLKIT),
    ("docker: Error response from daemon: Unknown runtime specified nvidia.", gpu.RUNTIME),
    ("docker: Error response from daemon: unknown or invalid runtime name: nvidia.", gpu.RUNTIME),
    ("nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown", gpu.DRIVER),
    (
        "nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared object file: no such file",
        gpu.DRIVER,
    ),
    ("Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all", gpu.TOOLKIT),
]


@pytest.mark.parametrize(("said", "missing"), REFUSALS)
def test_a_refused_gpu_is_explained(said: str, missing: str) -> None:
    assert (gpu.explain(said) or "").startswith(f"the {missing} is missing: ")


def test_another_refusal_is_not_explained_away() -> None:
    assert gpu.explain("docker: Error response from daemon: no space left on device.") is None


def test_a_refused_gpu_is_told_apart_from_a_broken_image(tmp_path: Path) -> None:
    engine = fake(
        tmp_path,
        f"sys.stdin.read()\nprint({REFUSALS[0][0]!r}, file=sys.stderr)\nsys.exit(125 if '--gpus' in sys.argv else 1)",
    )
    facts, problem, refused = run_probe(engine, "x", gpu.Gpu("", "GPU"))
    assert (facts, problem) == (None, "")
    assert "could not select device driver" in refused


def test_what_a_host_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.path.exists("/proc/driver/nvidia/version"):
        pytest.skip("this host has a driver")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [line.split(":")[0] for line in gpu.missing(ABOUT)] == ["the driver is missing", "the toolkit is missing"]
    (tmp_path / "nvidia-smi").touch(0o755)
    (tmp_path / "nvidia-ctk").touch(0o755)
    assert gpu.missing(ABOUT) == []
    assert gpu.missing(ABOUT._replace(local=False)) == []


TAKER = """
import sys, time
from wxlint.conformance.container import gpu
with gpu.take(tuple(gpu.Gpu(n, "") for n in sys.argv[2].split(","))) as one:
    with open(sys.argv[1], "a") as file:
        file.write(f"+{one.device}\\n"); file.flush()
        time.sleep(0.2)
        file.write(f"-{one.device}\\n")
"""


@pytest.mark.parametrize("numbers", ["0", "0,1"])
def test_a_gpu_is_never_given_to_two_at_once(tmp_path: Path, numbers: str) -> None:
    log = tmp_path / "log"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    takers = [subprocess.Popen([sys.executable, "-c", TAKER, str(log), numbers], env=env) for _ in range(6)]
    assert [taker.wait(60) for taker in takers] == [0] * 6
    held: set[str] = set()
    for line in log.read_text().splitlines():
        if line[0] == "+":
            assert line[1:] not in held
            held.add(line[1:])
        else:
            held.remove(line[1:])


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = "import sys, pathlib, os\nfrom wxlint.conformance.plugin.workspace import locked\nwith locked(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), 9)\n"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")], check=False)
    with locked(tmp_path / "lock", wait=False) as got:
        assert got


def test_an_owner_is_told_from_a_later_process_of_its_number() -> None:
    from wxlint.conformance.plugin.session_id import owner

    own = owner()
    assert alive(own)
    assert not alive(own.rpartition("/")[0] + "/1")
    assert not alive("/".join([own.split("/")[0], "another-boot", *own.split("/")[2:]]))
    assert alive("another-host/x/1/1")
    assert not alive("")


def test_facts_of_a_session_are_whole_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = Folder("x").make()
    assert folder.read("asr:cuda") is None
    folder.write("asr:cuda", {"a": 1})
    assert folder.read("asr:cuda") == {"a": 1}
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.remove()


@pytest.mark.engine
def test_a_container_that_hangs_leaves_nothing() -> None:
    need_engine()
    engine = Engine("docker", "hangtest")
    done = engine.run("python:3.11-slim", ["python", "-c", "import time; time.sleep(600)"], timeout=3)
    assert done.timed_out
    assert containers_of("wxlint.session=hangtest") == set()


@pytest.mark.engine
def test_sweep_clears_what_a_dead_session_left_and_leaves_the_living() -> None:
    need_engine()
    from wxlint.conformance.plugin.session_id import owner

    engine = Engine("docker", "x")
    dead, living = owner().rpartition("/")[0] + "/1", owner()
    made = []
    try:
        for name, by in (("sweepdead", dead), ("sweeplive", living)):
            labels = ["--label", f"wxlint.session={name}", "--label", f"wxlint.owner={by}"]
            made.append(
                docker("run", "-d", *labels, "--name", f"wxlint-{name}", "python:3.11-slim", "sleep", "600").strip()
            )
            docker("network", "create", *labels, f"wxlint-{name}-net")
        docker(
            "network",
            "create",
            "--label",
            "com.docker.compose.project=wxlint-sweepgone-1-asr",
            "wxlint-sweepgone-1-asr_default",
        )
        swept = sweep(engine)
        assert "wxlint-sweepdead" in swept.containers
        assert {"wxlint-sweepdead-net", "wxlint-sweepgone-1-asr_default"} <= set(swept.networks)
        assert "sweeplive" in swept.living
        assert "wxlint-sweeplive" in containers_of("wxlint.session=sweeplive")
        sweep(engine, "sweeplive")
        assert containers_of("wxlint.session=sweeplive") == set()
    finally:
        subprocess.run(["docker", "rm", "-f", *made], capture_output=True)
        subprocess.run(
            [
                "docker",
                "network",
                "rm",
                "wxlint-sweepdead-net",
                "wxlint-sweeplive-net",
                "wxlint-sweepgone-1-asr_default",
            ],
            capture_output=True,
        )
