"""Images spread over two real engines: one by its socket, the other by TCP; what is left of them after a run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ended_runs import default_signals, wait_for
from own_engine import RUNNING, OwnEngine, by_tcp, own_engine
from small_family import Family, docker, family, need_engine, pytest_command

pytestmark = pytest.mark.engine
POLICY = """\
wxlint: 1
name: two
image: "{prefix}-{{stage}}"
expect:
  user: non-root
  entrypoint: {{args: [--help], pattern: usage, timeout: 60}}
variants:
  cpu: {{base: base, upstream: ["python:3.11-slim*"], torch-channel: cpu, stages: [one]}}
  cuda:
    base: {{stage: base, dockerfile: docker/base/Dockerfile}}
    upstream: ["python:3.11-slim*"]
    torch-channel: cu121
    stages: [asr]
    expect: {{torch: optional}}
"""
STAGE = 'FROM {{prefix}}-base:{variant}\nCOPY app.py /app.py\nENTRYPOINT ["python", "/app.py"]\n'
STAGES = {"one": STAGE.format(variant="cpu"), "asr": STAGE.format(variant="cuda")}
LISTED = ("images", "--format", "{{.Repository}}:{{.Tag}}")
HANGS = 'ENTRYPOINT ["sh", "-c", "sleep 3600; : {prefix}"]\n'


class Two(NamedTuple):
    """plain: without a GPU, by its socket. gpu: one that has NVIDIA's runtime; tcp: its address."""

    plain: OwnEngine
    gpu: OwnEngine
    tcp: str

    @property
    def words(self) -> str:
        """For --wx-engine."""
        return f"{self.plain.host},{self.tcp}"

    def images(self, made: Family) -> tuple[set[str], set[str]]:
        """Names of the family's images on each, without its prefix."""
        listing = (*LISTED, "--filter", f"reference={made.prefix}-*")
        return tuple(  # type: ignore[return-value]
            {name.removeprefix(f"{made.prefix}-") for name in engine.docker(*listing).split()}
            for engine in (self.plain, self.gpu)
        )


@pytest.fixture(scope="module")
def two() -> Iterator[Two]:
    need_engine()
    if shutil.which("dockerd") is None or shutil.which("unshare") is None or os.geteuid():
        pytest.skip("an engine of one's own needs dockerd, unshare and root")
    with ExitStack() as stack:
        plain = stack.enter_context(own_engine(1600))
        runtime = f"nvidia={shutil.which('runc')}"
        with_gpu = stack.enter_context(own_engine(1600, "--add-runtime", runtime))
        for engine in (plain, with_gpu):
            engine.load("python:3.11-slim")
        yield Two(plain, with_gpu, stack.enter_context(by_tcp(with_gpu)))


@pytest.fixture
def made(tmp_path: Path, two: Two) -> Iterator[Family]:
    with family(tmp_path, STAGES, POLICY) as found:
        found.write("docker/base/Dockerfile", "FROM python:3.11-slim\nUSER 1000\n")
        yield found
        for engine in (two.plain, two.gpu):
            names = engine.docker(*LISTED, "--filter", f"reference={found.prefix}-*").split()
            if names:
                engine.docker("rmi", "-f", *names)


@pytest.fixture
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of which ssh and docker are told."""
    return tmp_path_factory.mktemp("ssh")


def report(made: Family) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made.folder / "report.json").read_text())
    return found


def verdicts(made: Family, check: str) -> dict[str, str]:
    """By image."""
    return {
        image["image"]: one["verdict"]
        for image in report(made)["images"]
        for one in image["checks"]
        if one["name"] == check
    }


def test_gpu_images_are_built_and_judged_where_a_gpu_is(two: Two, made: Family) -> None:
    done = made.pytest("-q", "--wx-gpu", "--wx-engine", two.words, "--wx-report", "report.json")
    assert two.images(made) == ({"base:cpu", "one:cpu"}, {"base:cuda", "asr:cuda"}), done.stdout
    engines = {image["image"]: image["engine"] for image in report(made)["images"]}
    expected = {name: two.plain.host if name.endswith("cpu") else two.tcp for name in engines}
    assert (engines, len(report(made)["engines"])) == (expected, 2)
    for check in ("exists", "base", "user", "entrypoint"):
        assert set(verdicts(made, check).values()) == {"PASS"}, done.stdout
    assert verdicts(made, "device") == {"asr:cuda": "FAIL"}, "its runtime is none that gives a GPU"
    assert done.returncode == 1


def test_without_builds_images_are_looked_at_where_they_are(two: Two, made: Family) -> None:
    made.pytest("-q", "-k", "exists", "--wx-engine", two.tcp)
    done = made.pytest(
        "-q", "-k", "exists", "--wx-engine", two.words, "--wx-build", "never", "--wx-report", "report.json"
    )
    assert {image["engine"] for image in report(made)["images"]} == {two.tcp}, done.stdout
    assert set(verdicts(made, "exists").values()) == {"PASS"}


def test_workers_share_both(two: Two, made: Family) -> None:
    pytest.importorskip("xdist")
    done = made.pytest("-q", "-k", "entrypoint", "-n", "2", "--wx-engine", two.words, "--wx-report", "report.json")
    assert set(verdicts(made, "entrypoint").values()) == {"PASS"}, done.stdout
    assert {image["engine"] for image in report(made)["images"]} == {two.plain.host, two.tcp}


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL]
)
def test_the_end_of_a_run_is_the_end_on_both(two: Two, made: Family, number: int) -> None:
    for stage in STAGES:
        text = STAGES[stage].rpartition("ENTRYPOINT")[0] + HANGS
        made.write(f"docker/{stage}/Dockerfile", text.replace("{prefix}", made.prefix))
    process = subprocess.Popen(
        pytest_command("-k", "entrypoint", "wxlint.yaml", "--wx-engine", two.words),
        cwd=made.folder,
        env=made.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=default_signals,
    )
    engines = (two.plain, two.gpu)
    try:
        assert wait_for(lambda: all("sleep 3600" in engine.docker(*RUNNING) for engine in engines), 120)
        start = time.monotonic()
        process.send_signal(number)
        process.wait(60)
        seconds = time.monotonic() - start
    finally:
        process.kill()
        process.wait()
    assert wait_for(lambda: not any(engine.docker("ps", "-aq") for engine in engines), 30)
    print(f"{signal.Signals(number).name}: {seconds:.1f} s, nothing left after {time.monotonic() - start:.1f} s")
    files = lambda: [p for p in (made.folder / ".tmp").iterdir() if not p.name.startswith("pytest-of-")]  # noqa: E731
    assert wait_for(lambda: not files(), 30), files()


def test_one_that_does_not_answer_is_said_and_nothing_is_built(two: Two, made: Family) -> None:
    done = made.pytest("-q", "--wx-engine", two.plain.host, "--wx-engine", "tcp://127.0.0.1:9")
    assert (done.returncode, two.images(made)) == (1, (set(), set())), done.stdout
    assert "tcp://127.0.0.1:9: no engine answers" in done.stdout
    assert " 0 PASS" in done.stdout


def test_one_whose_disk_is_full_is_an_error_for_its_images_alone(two: Two, made: Family) -> None:
    with own_engine(300) as small:
        words = f"{two.plain.host},{small.host}"
        done = made.pytest("-q", "-k", "exists and (one or asr)", "--wx-engine", words, "--wx-report", "report.json")
        found = {image["image"]: image["checks"] for image in report(made)["images"]}
    by_image = {image: {one["verdict"] for one in checks if one["name"] == "exists"} for image, checks in found.items()}
    assert sorted(map(sorted, by_image.values())) == [["ERROR"], ["PASS"]], done.stdout
    assert "no space left to build anything" in done.stdout


def test_one_that_is_killed_costs_its_own_images_only(two: Two, made: Family) -> None:
    with own_engine(1600) as mortal:
        mortal.load("python:3.11-slim")
        text = STAGES["asr"].rpartition("ENTRYPOINT")[0] + HANGS
        made.write("docker/asr/Dockerfile", text.replace("{prefix}", made.prefix))
        words = f"{mortal.host},{two.plain.host}"
        process = subprocess.Popen(
            pytest_command("-q", "-k", "entrypoint", "wxlint.yaml", "--wx-engine", words, "--wx-report", "report.json"),
            cwd=made.folder,
            env=made.env(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert wait_for(lambda: "sleep 3600" in mortal.docker(*RUNNING), 120), "GPU images are placed first"
        mortal.kill()
        output, _ = process.communicate(timeout=120)
    assert verdicts(made, "entrypoint") == {"one:cpu": "PASS", "asr:cuda": "ERROR"}, output


@pytest.fixture
def by_ssh(two: Two, ssh: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a docker context that leads to the engine with a GPU through a server of SSH on this machine."""
    server = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if server is None:
        pytest.skip("sshd is not installed (Debian's openssh-server)")
    for name in ("key", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh / name)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (ssh / "known").write_text(f"[127.0.0.1]:{port} {(ssh / 'host.pub').read_text()}")
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": ssh / "host",
        "AuthorizedKeysFile": ssh / "key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "MaxStartups": "100",
        "SetEnv": f"DOCKER_HOST={two.gpu.host}",
    }
    (ssh / "conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    (ssh / "ssh").write_text(
        f'#!/bin/sh\nexec {shutil.which("ssh")} -i {ssh}/key -o UserKnownHostsFile={ssh}/known "$@"\n'
    )
    (ssh / "ssh").chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(ssh), prepend=os.pathsep)
    monkeypatch.setenv("DOCKER_CONFIG", str(ssh / "docker"))
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    with subprocess.Popen([server, "-D", "-e", "-f", str(ssh / "conf")], stderr=(ssh / "log").open("wb")) as process:
        try:
            assert wait_for(lambda: b"listening" in (ssh / "log").read_bytes(), 30), (ssh / "log").read_text()
            docker("context", "create", "gpu-box", "--docker", f"host=ssh://{user}@127.0.0.1:{port}")
            yield "gpu-box"
        finally:
            process.terminate()


def test_a_context_that_is_reached_by_ssh(two: Two, made: Family, by_ssh: str) -> None:
    done = made.pytest(
        *("-q", "-k", "entrypoint", "--wx-gpu", "--wx-report", "report.json"),
        *("--wx-engine", f"{two.plain.host},{by_ssh}"),
        timeout=200,
    )
    assert two.images(made) == ({"base:cpu", "one:cpu"}, {"base:cuda", "asr:cuda"}), done.stdout
    engines = {image["image"]: image["engine"] for image in report(made)["images"]}
    assert engines["asr:cuda"] == by_ssh
    assert set(verdicts(made, "entrypoint").values()) == {"PASS"}, done.stdout
    assert two.gpu.docker("ps", "-aq") == ""
