"""Images that keep and break a contract, and the verdict on it."""

from __future__ import annotations

from typing import Any

from judged import BARE, CPU, ERROR, FAIL, INFO, PASS, UNPROVEN, Case, probed

from wxlint.conformance.checks.evidence import Evidence
from wxlint.policy.contract import CommandCheck, Contract, FileRule, TextRule

KEEPS = CPU._replace(
    contract=Contract(
        files={"/a": FileRule(mode="644", owner="1:1", content=("x",)), "/b": FileRule(False)},
        env={"A": TextRule(value="1"), "C": TextRule(pattern="x"), "D": TextRule(False)},
        labels={"l": TextRule()},
        workdir="/srv/",
        ports={"80/tcp": True, "22/tcp": False},
        volumes={"/data": True},
        cmd=("--help",),
        exec=("python",),
        packages={"A.b": ">=1,<2", "torch": None},
        commands=(CommandCheck("c", ("c",), stdout=("x",), no_stderr=("y",)),),
    )
)
GOOD_FILE = {"kind": "file", "mode": 0o644, "uid": 1, "gid": 1, "found": {"x": True}}
OTHER_FILE = {**GOOD_FILE, "uid": 2, "gid": 2}
SLOW_FILE = {**GOOD_FILE, "found": {"x": None}}
ANSWER = {"code": 0, "timed_out": False, "stdout": "", "stderr": "", "found": {"stdout x": True, "stderr y": False}}


def keeps(*words: str) -> Evidence:
    """Names and versions of distributions."""
    pairs = zip(words[::2], words[1::2])
    return probed(distributions=[{"name": name, "version": version, "requires": []} for name, version in pairs])


HELD = keeps("a_b", "1.5")._replace(
    info=INFO._replace(
        env=("A=1", "C=ax"),
        labels={"l": ""},
        workdir="/srv",
        ports=("80/tcp",),
        volumes=("/data",),
        cmd=("--help",),
    ),
    files={"/a": GOOD_FILE, "/b": None},
    matches={"variable C": True},
    commands=[ANSWER],
)


def held(**more: Any) -> Evidence:
    assert HELD.info is not None
    return HELD._replace(info=HELD.info._replace(**more), matches={"variable C": False})


def ran(**more: Any) -> Evidence:
    return HELD._replace(commands=[{**ANSWER, **more}])


OF_CONTRACTS: list[Case] = [
    ("files: all there", "files", KEEPS, HELD, PASS, "2 paths as expected"),
    ("files: gone", "files", KEEPS, HELD._replace(files={"/a": None, "/b": None}), FAIL, "/a is missing"),
    ("files: mode and owner", "files", KEEPS, HELD._replace(files={"/a": OTHER_FILE}), FAIL, "belongs to 2:2, not 1:1"),
    ("files: not in time", "files", KEEPS, HELD._replace(files={"/a": SLOW_FILE, "/b": None}), UNPROVEN, "not known"),
    ("files: not collected", "files", KEEPS, HELD._replace(files=None), ERROR, "not collected"),
    ("env", "env", KEEPS, HELD, PASS, "3 variables"),
    (
        "env: other",
        "env",
        KEEPS,
        held(env=("A=2", "C=y", "D=")),
        FAIL,
        "A is '2', not '1'; C is 'y', without 'x'; D is set",
    ),
    ("env: not in time", "env", KEEPS, HELD._replace(matches={}), UNPROVEN, "in time"),
    ("labels", "labels", KEEPS, HELD, PASS, "1 label"),
    ("labels: none", "labels", KEEPS, held(labels={}), FAIL, "l is not set"),
    ("workdir", "workdir", KEEPS, HELD, PASS, "/srv"),
    ("workdir: none", "workdir", KEEPS, held(workdir=""), FAIL, "WORKDIR is /, not /srv"),
    ("ports", "ports", KEEPS, HELD, PASS, "2 ports"),
    ("ports: others", "ports", KEEPS, held(ports=("22/tcp",)), FAIL, "80/tcp is not exposed; 22/tcp is exposed"),
    ("volumes", "volumes", KEEPS, HELD, PASS, "1 volume"),
    ("volumes: none", "volumes", KEEPS, held(volumes=()), FAIL, "/data is not a volume"),
    ("cmd", "cmd", KEEPS, HELD, PASS, "CMD"),
    ("cmd: none", "cmd", KEEPS, held(cmd=()), FAIL, "CMD is [], not ['--help']"),
    ("exec", "exec", KEEPS, HELD, PASS, "ENTRYPOINT"),
    ("exec: other", "exec", KEEPS, held(entrypoint=("sh",)), FAIL, "ENTRYPOINT is ['sh']"),
    ("packages", "packages", KEEPS, HELD, PASS, "2 distributions"),
    ("packages: forbidden", "packages", KEEPS, keeps("a_b", "1.5", "Torch", "2"), FAIL, "torch 2 is installed"),
    ("packages: none", "packages", KEEPS, keeps("other", "1"), FAIL, "A.b is not installed"),
    ("packages: outside the range", "packages", KEEPS, keeps("a_b", "2.0"), FAIL, "A.b is 2.0, not >=1,<2"),
    ("packages: no version", "packages", KEEPS, keeps("a_b", "new"), UNPROVEN, "A.b is new"),
    ("packages: without Python", "packages", KEEPS, BARE, FAIL, "A.b is not installed"),
    ("commands", "commands", KEEPS, HELD, PASS, "1 command"),
    ("commands: exit code", "commands", KEEPS, ran(code=3, stderr="why"), FAIL, "exit code 3, not 0 (why)"),
    ("commands: output", "commands", KEEPS, ran(found={"stdout x": False, "stderr y": True}), FAIL, "'y' is in stderr"),
    ("commands: late", "commands", KEEPS, ran(timed_out=True), FAIL, "not done after 60"),
    ("commands: search too slow", "commands", KEEPS, ran(found={}), UNPROVEN, "in time"),
]
