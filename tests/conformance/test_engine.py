"""The engine's command line: processes that hang or flood, engines that refuse, GPUs that are missing or shared."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_family import containers_of, docker, need_engine

from wxlint.conformance.checks.evidence import ProbeFailure
from wxlint.conformance.collect.probing import Answer, run_probe
from wxlint.conformance.container import gpu, patterns
from wxlint.conformance.container.compose_run import ComposeStack, run_service
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.locks import locked
from wxlint.conformance.container.model import About
from wxlint.conformance.container.pulling import pull
from wxlint.conformance.plugin.sweep import sweep
from wxlint.conformance.plugin.workspace import Workspace, alive
from wxlint.core import processes
from wxlint.core.errors import EngineError, ImageError, UsageError
from wxlint.inspection.docker_save import saved

ROOT = Path(__file__).parents[2]
ABOUT = About("docker", "24", "24", "linux", "amd64", (), True)


def fake(folder: Path, body: str) -> Engine:
    """A docker with a body of its own."""
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
    stubborn = f"trap '' TERM; while :; do sleep 1; done; : {mark}"
    child = f"import subprocess, time; subprocess.Popen(['sh', '-c', {stubborn!r}]); time.sleep(60)"
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
    with pytest.raises(UsageError, match="known are docker, podman"):
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


@pytest.mark.parametrize(
    "words",
    [
        "error during connect: EOF",
        'time="2026-11-29T13:07:50Z" level=error msg="error waiting for container: unexpected EOF"',
    ],
)
def test_an_engine_that_dies_while_a_container_runs(tmp_path: Path, words: str) -> None:
    engine = fake(
        tmp_path, f"sys.exit(0) if sys.argv[1] == 'rm' else (print({words!r}, file=sys.stderr), sys.exit(125))"
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
    run, remove = (line for line in calls.read_text().splitlines() if not line.startswith("info"))
    name = run.split("--name ")[1].split()[0]
    assert remove == f"rm -f -v -- {name}"


PARTS = (
    "import json; from wxlint.conformance.probe import PARTS; "
    "whole = {**dict.fromkeys(PARTS), 'schema': 'wxlint-probe/1'}"
)
MARK = "'\\nWXLINT-PROBE ' + sys.argv[sys.argv.index('--nonce') + 1] + ' '"


def probed(folder: Path, answer: str, timeout: float = 40) -> Answer:
    body = (
        f"sys.path.insert(0, {str(ROOT)!r})\n{PARTS}\nif sys.argv[1] != 'run': sys.exit()\nsys.stdin.read()\n{answer}"
    )
    return run_probe(fake(folder, body), "x", timeout=timeout)


@pytest.mark.parametrize(
    ("answer", "failure", "said"),
    [
        (f'print({MARK} + \'{{"schema": "wxlint-probe/1", \')', ProbeFailure.DAMAGED, ""),
        (f"print({MARK} + json.dumps({{**whole, 'schema': 'other'}}))", ProbeFailure.DAMAGED, "parts of it"),
        (f"del whole['torch_runtime']; print({MARK} + json.dumps(whole))", ProbeFailure.DAMAGED, "parts of it"),
        ("print('\\nWXLINT-PROBE canned ' + json.dumps(whole))", ProbeFailure.ENDED, "exit code 0"),
        (f"print({MARK} + json.dumps(whole)); sys.exit(3)", ProbeFailure.ENDED, "exit code 3"),
        ("sys.exit(3)", ProbeFailure.ENDED, "exit code 3"),
        ("", ProbeFailure.ENDED, "exit code 0"),
        ("sys.exit('Fatal Python error: init_fs_encoding')", ProbeFailure.ENDED, "Fatal Python error"),
        ("print('Unknown option: -I', file=sys.stderr); sys.exit(2)", ProbeFailure.OLD_PYTHON, ""),
        (
            "print('exec: \"python\": executable file not found in $PATH', file=sys.stderr); sys.exit(127)",
            ProbeFailure.NO_PYTHON,
            "",
        ),
        (
            "print('unable to find user x: no matching entries in passwd file', file=sys.stderr); sys.exit(125)",
            ProbeFailure.NO_USER,
            "unable to find user x",
        ),
    ],
    ids=[
        "cut-off",
        "another-schema",
        "a-part-missing",
        "of-another-run",
        "whole-but-failed",
        "failed",
        "silent",
        "broken-python",
        "old-python",
        "no-python",
        "no-user",
    ],
)
def test_a_probe_that_says_nothing_useful(tmp_path: Path, answer: str, failure: ProbeFailure, said: str) -> None:
    found = probed(tmp_path, answer)
    assert found.facts is None and found.problem is not None
    assert (found.problem.failure, said in found.problem.detail) == (failure, True), found.problem


def test_an_answer_is_read_from_the_end_however_much_comes_before(tmp_path: Path) -> None:
    flood = "for _ in range(300): print('x' * 100_000)\n"
    found = probed(tmp_path, flood + f"print({MARK} + json.dumps(whole))")
    assert found.facts is not None


def test_a_probe_that_is_late_proves_nothing(tmp_path: Path) -> None:
    found = probed(tmp_path, f"print({MARK} + json.dumps(whole)); sys.stdout.flush(); time.sleep(60)", timeout=5)
    assert found.facts is None and found.problem is not None


def test_what_is_run_is_sealed(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    info = {"MemoryLimit": True, "MemTotal": 8 << 30, "CpuCfsQuota": True, "NCPU": 2, "PidsLimit": True}
    body = f"""
    open({str(calls)!r}, 'a').write(repr(sys.argv[1:]) + '\\n')
    if sys.argv[1] == 'info': print({json.dumps(json.dumps(info))})
    """
    engine = fake(tmp_path, body)
    engine.run("x", ["--privileged"], options=["-e", "A=1"])
    engine.run("--privileged", network="bridge", read_only=False)
    with pytest.raises(EngineError):
        engine.image("--root=/x")
    words = [ast.literal_eval(line) for line in calls.read_text().splitlines()]
    run = " ".join(words[1])
    for option in (
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--network none",
        "--read-only",
        "--tmpfs /tmp",
        "--pids-limit",
        "--memory 6442450944",
        "--cpus 2",
        "--log-driver none",
        "--pull never",
    ):
        assert option in run
    assert run.endswith("-e A=1 -- x --privileged")
    assert " ".join(words[2]).endswith("-- --privileged")
    assert "--network bridge" in " ".join(words[2]) and "--read-only" not in words[2]
    assert words[3] == ["image", "inspect", "--", "--root=/x"]
    assert [line[0] for line in words].count("info") == 1


REFUSALS = [
    ('docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].', gpu.TOOLKIT),
    ("docker: Error response from daemon: Unknown runtime specified nvidia.", gpu.RUNTIME),
    ("docker: Error response from daemon: unknown or invalid runtime name: nvidia.", gpu.RUNTIME),
    ("nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown", gpu.DRIVER),
    (
        "nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared "
        "object file: no such file",
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
    answer = run_probe(engine, "x", gpu.Gpu("", "GPU"))
    assert (answer.facts, answer.problem) == (None, None)
    assert "could not select device driver" in answer.refused


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
from wxlint.conformance.container import gpu, patterns
from wxlint.conformance.container.compose_run import ComposeStack, run_service
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
    code = (
        "import sys, pathlib, os\nfrom wxlint.conformance.container.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), 9)\n"
    )
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
    folder = Workspace("x").make()
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
def test_sweep_clears_what_a_dead_session_left_and_touches_nothing_else() -> None:
    need_engine()
    from wxlint.conformance.plugin.session_id import owner

    engine = Engine("docker", "x")
    dead, living = owner().rpartition("/")[0] + "/1", owner()
    foreign = ("--label", "com.docker.compose.project=wxlint-sweepgone-1-asr")
    containers, networks, volumes = [], [], []
    try:
        for name, by in (("sweepdead", dead), ("sweeplive", living)):
            labels = ["--label", f"wxlint.session={name}", "--label", f"wxlint.owner={by}"]
            command = ["run", "-d", *labels, "--name", f"wxlint-{name}", "python:3.11-slim", "sleep", "600"]
            containers.append(docker(*command).strip())
            networks.append(docker("network", "create", *labels, f"wxlint-{name}-net").strip())
        networks.append(docker("network", "create", *foreign, "wxlint-sweepgone-1-asr_default").strip())
        volumes.append(docker("volume", "create", *foreign, "wxlint-sweepgone-data").strip())
        planned = sweep(engine, dry_run=True)
        assert "wxlint-sweepdead" in planned.containers
        assert "wxlint-sweepdead" in containers_of("wxlint.session=sweepdead")
        swept = sweep(engine)
        assert "wxlint-sweepdead" in swept.containers
        assert "wxlint-sweepdead-net" in swept.networks
        assert "sweeplive" in swept.living
        assert "wxlint-sweeplive" in containers_of("wxlint.session=sweeplive")
        sweep(engine, "sweeplive")
        assert containers_of("wxlint.session=sweeplive") == set()
        assert docker("network", "ls", "-q", "--no-trunc", "--filter", "name=wxlint-sweepgone").split() == networks[2:]
        assert docker("volume", "ls", "-q", "--filter", "name=wxlint-sweepgone").split() == volumes
    finally:
        subprocess.run(["docker", "rm", "-f", *containers], capture_output=True)
        subprocess.run(["docker", "network", "rm", *networks], capture_output=True)
        subprocess.run(["docker", "volume", "rm", *volumes], capture_output=True)


def test_a_pattern_is_searched_with_a_time_limit() -> None:
    assert patterns.search("(?i)usage", "x" * 100_000 + "\nUSAGE: app") is True
    assert patterns.search("usage", "nothing\ud800") is False
    assert patterns.search("(a+)+$", "a" * 60 + "b", seconds=1) is None


@pytest.mark.engine
def test_a_file_of_an_image_is_read_without_running_it() -> None:
    need_engine()
    engine = Engine("docker", "readtest")
    paths = ["/etc/passwd", "/no/such/file", "/etc", "/usr", "/etc/os-release", "/dev/null"]
    found = engine.files("python:3.11-slim", paths)
    passwd, missing, etc, usr, link, _ = (found[path] for path in paths)
    assert passwd is not None and (passwd.data or b"").startswith(b"root:x:0:0:")
    assert (passwd.kind, passwd.mode, passwd.uid, passwd.gid) == ("file", 0o644, 0, 0)
    assert missing is None
    assert etc is not None and (etc.kind, etc.data) == ("folder", None)
    assert usr is not None and usr.kind == "folder"
    assert link is not None and b"NAME=" in (link.data or b"")
    with pytest.raises(EngineError):
        engine.files("no-such-image:here", ["/etc/passwd"])
    assert containers_of("wxlint.session=readtest") == set()


def test_what_comes_from_outside_is_never_an_option(tmp_path: Path) -> None:
    """Names that begin with a dash stand behind `--` in every command."""
    engine = fake(
        tmp_path,
        f"""\
        import json
        with open({str(tmp_path / "calls")!r}, "a") as file:
            print(json.dumps(sys.argv[1:]), file=file)
        print("-container" if sys.argv[1] == "create" else "[]")
        """,
    )
    with pytest.raises(EngineError):
        engine.image("-image")
    pull(engine, "-image")
    engine.run("-image", ["-argument"])
    engine.files("-image", ["/-file"])
    with pytest.raises(ImageError), saved(engine.program, ["-image"]) as stream:
        raise ImageError(repr(stream))
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    names = ("-image", "-container")
    hostile = [(call, at) for call in calls for at, word in enumerate(call) if word.startswith(names)]
    assert {call[0] for call, _ in hostile} == {"image", "pull", "run", "create", "cp", "rm", "save"}
    assert [call for call, at in hostile if "--" not in call[:at]] == []


@pytest.mark.parametrize("service", ["-v", "--volume=/:/host", "", "a b", "one;two"])
def test_a_service_that_is_no_name_is_not_run(tmp_path: Path, service: str) -> None:
    ran = run_service(fake(tmp_path, "sys.exit(9)"), ComposeStack(["c.yml"], tmp_path, tmp_path, {}), service, [], 5)
    assert (ran.code, "not a name that compose takes" in ran.output) == (1, True)
