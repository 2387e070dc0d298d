"""Pulls that break off: the engine goes on where the registry is there, and is stopped where that is gone."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.faults import fault_of_build
from wxlint.conformance.container.pulling import pull, repository
from wxlint.core.errors import EngineError

REFUSED = "dial tcp 127.0.0.1:9: connect: connection refused"
HEAD = 'failed to do request: Head "http://127.0.0.1:9/v2/t/x/manifests/1": '
UNKNOWN = "Error response from daemon: manifest unknown: manifest unknown"


def breaks_off(folder: Path, answer: str, then: str) -> Engine:
    """A docker of which a layer breaks off. answer: to the question for another image. then: what it does next."""
    path = folder / "docker"
    body = f"""\
        #!{sys.executable}
        import sys, time
        if "-q" in sys.argv:
            assert sys.argv[-1] == "registry.example/t/x@sha256:" + "0" * 64, sys.argv
            sys.exit({answer!r})
        print("a92a0bb29ff6: Pulling fs layer")
        print("a92a0bb29ff6: Retrying in 5 seconds", flush=True)
        {then}
        """
    path.write_text(textwrap.dedent(body))
    path.chmod(0o755)
    return Engine(str(path), "test")


def test_a_registry_that_is_there_is_waited_for(tmp_path: Path) -> None:
    assert pull(breaks_off(tmp_path, UNKNOWN, 'print("Status: Downloaded")'), "registry.example/t/x:1") == ""


@pytest.mark.parametrize("answer", [REFUSED, f'Get "http://127.0.0.1:9/v2/": {REFUSED}', "Client.Timeout exceeded"])
def test_a_registry_that_is_gone_is_not_waited_for(tmp_path: Path, answer: str) -> None:
    with pytest.raises(EngineError, match="does not answer any more: ") as raised:
        pull(breaks_off(tmp_path, answer, "time.sleep(3600)"), "registry.example/t/x:1")
    assert answer in str(raised.value)


def test_what_the_engine_gives_up_is_the_registrys_fault(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="unexpected EOF"):
        pull(breaks_off(tmp_path, UNKNOWN, 'sys.exit("unexpected EOF")'), "registry.example/t/x:1")


def test_what_the_registry_refuses_is_a_reason(tmp_path: Path) -> None:
    found = pull(breaks_off(tmp_path, UNKNOWN, f"sys.exit({UNKNOWN!r})"), "registry.example/t/x:1")
    assert found.endswith(f"pull registry.example/t/x:1: {UNKNOWN}")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("x", "x"),
        ("x:1", "x"),
        ("registry.example:5000/t/x", "registry.example:5000/t/x"),
        ("registry.example:5000/t/x:1@sha256:0", "registry.example:5000/t/x"),
    ],
)
def test_names_without_tags(reference: str, expected: str) -> None:
    assert repository(reference) == expected


@pytest.mark.parametrize(
    ("lines", "is_fault"),
    [
        ([f"#3 ERROR: {HEAD}{REFUSED}", "------", f"ERROR: failed to solve: rpc error: {HEAD}{REFUSED}"], True),
        (["Step 1/2 : FROM 127.0.0.1:9/t/x:1", f'Get "http://127.0.0.1:9/v2/": {REFUSED}', ""], True),
        (["#7 0.3 E: no space left on device", "ERROR: failed to solve: exit code: 1"], True),
        # of a command in the image, or of a file that it adds
        (
            [f'Get "http://127.0.0.1:9/v2/": {REFUSED}', "The command '/bin/sh -c true' returned a non-zero code: 1"],
            False,
        ),
        ([f'ERROR: failed to solve: failed to load cache key: Get "http://127.0.0.1:9/x": {REFUSED}'], False),
        (["ERROR: failed to solve: registry.example/t/x:1: not found"], False),
        ([], False),
    ],
)
def test_whom_a_failed_build_blames(lines: list[str], is_fault: bool) -> None:
    assert bool(fault_of_build("\n".join(lines))) is is_fault
