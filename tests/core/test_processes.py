"""Processes end with the one that started them, however and whenever that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from wxlint.core import processes
from wxlint.core.errors import EndedError, EngineError
from wxlint.core.supervisor import Supervisor

RUNS = """
import signal, sys
from _thread import start_new_thread
from wxlint.core import processes
from wxlint.core.errors import EndedError
from wxlint.core.supervisor import SUPERVISOR
def interrupt(number, frame): raise KeyboardInterrupt
signal.signal(signal.SIGTERM, interrupt)
signal.signal(signal.SIGINT, interrupt)
mark, seconds = sys.argv[1:]
def one():
    sys.stdout.write("+\\n"); sys.stdout.flush()
    processes.run(["sh", "-c", f"trap '' TERM; : {mark}; sleep {seconds} & wait"], timeout=600)
def many():
    try:
        for _ in range(100): one()
    except EndedError: pass
try:
    for _ in range(3): start_new_thread(many, ())
    while True: one()
except KeyboardInterrupt:
    SUPERVISOR.stop_all()
    sys.exit(42)
"""


def running(mark: str) -> list[str]:
    """The command lines that have a mark, but for this process's own children that are asked for it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(mark.encode() in word for word in words) and RUNS.encode() not in words:
                found.append(repr(words))
    return found


def gone(mark: str, seconds: float = 30) -> bool:
    """Whether none is running, after a while at most."""
    end = time.monotonic() + seconds
    while running(mark) and time.monotonic() < end:
        threading.Event().wait(0.1)
    return not running(mark)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked for in /proc")
@pytest.mark.parametrize("seconds", ["600", "0.01"], ids=["while-they-run", "while-they-start"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_at_any_moment_leaves_no_process(number: int, seconds: str, tmp_path: Path) -> None:
    """Moments are told apart by how many processes were started before; the signal comes while the next one is."""
    for started in range(1, 5 if seconds == "600" else 13):
        mark = uuid.uuid4().hex
        command = [sys.executable, "-c", RUNS, mark, seconds]
        with (tmp_path / "said").open("wb") as said:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, start_new_session=True)
        assert child.stdout is not None
        for _ in range(started):
            assert child.stdout.readline() == b"+\n"
        child.send_signal(number)
        threading.Thread(target=child.stdout.read, daemon=True).start()
        try:
            code = child.wait(20)
        except subprocess.TimeoutExpired:  # it came in a callback, where Python drops what a handler raises
            child.send_signal(number)
            code = child.wait(60)
        assert code == 42, (tmp_path / "said").read_text()
        assert gone(mark), running(mark)


def test_after_the_end_other_threads_start_nothing() -> None:
    supervisor = Supervisor()
    supervisor.stop_all()
    found: list[Exception] = []

    def start() -> None:
        try:
            supervisor.ended(supervisor.start(["true"]))
        except EngineError as error:
            found.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(found) == 1
    process = supervisor.start(["true"])  # what ends the run may still clear up
    assert process.wait(30) == 0
    supervisor.ended(process)
    supervisor.resume()
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(found) == 1


def test_an_interrupt_behind_the_start_of_a_program_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Supervisor()
    started: list[int] = []
    supervisor.observers.append(lambda pid, starts: started.append(pid) if starts else None)
    awaited = supervisor._await

    def interrupted(request: object) -> None:
        awaited(request)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(supervisor, "_await", interrupted)
    with pytest.raises(KeyboardInterrupt):
        supervisor.start(["sleep", "600"])
    (pid,) = started
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
    assert not supervisor._running


def test_an_observer_that_fails_keeps_nobody_waiting() -> None:
    supervisor = Supervisor()

    def fails(pid: int, starts: bool) -> None:
        raise ValueError("of an observer")

    supervisor.observers.append(fails)
    with pytest.raises(ValueError, match="of an observer"):
        supervisor.start(["sleep", "600"])
    supervisor.observers.clear()
    supervisor.stop_all()
    supervisor.resume()
    process = supervisor.start(["true"])
    assert process.wait(30) == 0


def test_observers_hear_of_every_process() -> None:
    supervisor = Supervisor()
    heard: list[tuple[int, bool]] = []
    supervisor.observers.append(lambda pid, starts: heard.append((pid, starts)))
    process = supervisor.start(["true"])
    process.wait(30)
    supervisor.ended(process)
    supervisor.ended(process)
    assert heard == [(process.pid, True), (process.pid, False)]


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(EngineError, match="cannot be started"):
        processes.run(["/nowhere/program"])


def test_the_end_of_a_flood_is_kept() -> None:
    code = "import sys\nfor _ in range(400): sys.stdout.write('x' * 100_000)\nprint('the end')"
    done = processes.run([sys.executable, "-c", code], timeout=120)
    assert done.out.endswith("the end\n")
    assert len(done.out) == processes.OUTPUT_LIMIT


def test_bytes_are_kept_as_they_are() -> None:
    code = "import sys; sys.stdout.buffer.write(bytes(range(256)))"
    assert processes.run([sys.executable, "-c", code], binary=True).raw == bytes(range(256))


REAPED = """
import sys
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.plugin.reaper import Reaper
from wxlint.conformance.plugin.session_id import owner
from wxlint.conformance.plugin.workspace import Workspace
from wxlint.core import processes
from wxlint.core.supervisor import SUPERVISOR
workspace = Workspace(sys.argv[2]).make()
workspace.write("owner", owner())
Reaper([Engine(sys.argv[3], sys.argv[2])], workspace)
class Seen:
    def __call__(self, pid, starts): print("+", flush=True)
SUPERVISOR.observers.append(Seen())
processes.run(["sh", "-c", f": {sys.argv[1]}; sleep 600 & wait"], timeout=600)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked for in /proc")
def test_a_client_ends_when_its_session_is_killed(tmp_path: Path) -> None:
    engine = tmp_path / "docker"
    engine.write_text("#!/bin/sh\nexit 0\n")
    engine.chmod(0o755)
    mark = uuid.uuid4().hex
    command = [sys.executable, "-c", REAPED, mark, f"reaped-{mark}", str(engine)]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=env, start_new_session=True)
    assert child.stdout is not None
    assert child.stdout.readline() == b"+\n"
    child.kill()
    child.wait(60)
    assert gone(mark), running(mark)
    assert gone(f"reaped-{mark}"), "the reaper stays"
    assert not list(tmp_path.glob("wxlint-*")), "the session's folder is left behind"


def test_what_is_cut_off_by_the_end_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Supervisor()
    monkeypatch.setattr(processes, "SUPERVISOR", supervisor)
    started, found = threading.Event(), list[object]()
    supervisor.observers.append(lambda _pid, starts: started.set() if starts else None)

    def run() -> None:
        try:
            found.append(processes.run(["sleep", "600"], timeout=600))
        except EndedError as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(60)
    supervisor.stop_all()
    thread.join(60)
    assert [type(each) for each in found] == [EndedError]
