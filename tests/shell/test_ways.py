"""The ways through a script that its arguments and environment choose: bash, called each way, runs the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from wxlint.core.values import HOLE
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.scripts import script_commands
from wxlint.shell.ways import Ways, with_other_ways

BUILD = 'docker build -f "Dockerfile.$V" --build-arg "B=$B" -t "x:$T" .\ndocker push "x:$T"\n'
Calls = list[tuple[list[str], dict[str, str]]]

SCRIPTS: dict[str, tuple[str, Calls]] = {
    "a variable of the environment": (
        'V=cpu T=1 B=b\nif [[ "$USE_GPU" == "1" ]]; then\n  V=gpu T=1-gpu B=c\nfi\n' + BUILD,
        [([], {}), ([], {"USE_GPU": "1"})],
    ),
    "the first argument": (
        'V=cpu T=1 B=b\nif [ "$1" = gpu ]; then V=gpu; T=1-gpu; fi\n' + BUILD,
        [([], {}), (["gpu"], {})],
    ),
    "an argument with a default": (
        'V=${1:-cpu} T=1 B=b\nif [ "$V" = gpu ]; then T=1-gpu; fi\n' + BUILD,
        [([], {}), (["gpu"], {})],
    ),
    "arms that set, and one that refuses": (
        'B=b\ncase "$1" in\n  cpu) V=cpu; T=c ;;\n  gpu) V=gpu; T=g ;;\n  *) exit 1 ;;\nesac\n' + BUILD,
        [(["cpu"], {}), (["gpu"], {})],
    ),
    "arms that only let pass": (
        'case "$1" in\n  cpu|gpu|rocm) ;;\n  *) exit 1 ;;\nesac\nV=$1 T=$1 B=\n' + BUILD,
        [(["cpu"], {}), (["gpu"], {}), (["rocm"], {})],
    ),
    "two branches that ask the same": (
        'V=cpu T=c B=b\nif [ "$G" = 1 ]; then V=gpu; fi\nif [ "$G" = 1 ]; then T=g; fi\n' + BUILD,
        [([], {}), ([], {"G": "1"})],
    ),
    "two that ask what is not told": (
        'case "$1" in gpu) V=gpu ;; *) V=cpu ;; esac\ncase "$1" in gpu) T=g ;; *) T=c ;; esac\nB=\n' + BUILD,
        [(["gpu"], {}), (["cpu"], {})],
    ),
    "a function": (
        'V=cpu T=c B=\nif [ "$1" = gpu ]; then V=gpu T=g; fi\nimage() {\n' + BUILD + "}\nimage\n",
        [([], {}), (["gpu"], {})],
    ),
    "what does not depend on it runs once": (
        'docker pull b\nT=c\nif [ "$1" = gpu ]; then T=g; fi\ndocker tag b "x:$T"\ndocker push y\n',
        [([], {}), (["gpu"], {})],
    ),
    "options in front of it": (
        'T=1\nCPU=false\nwhile getopts "cx" opt; do\n  case $opt in\n    c) CPU=true ;;\n    x) exit ;;\n  esac\ndone\n'
        'if [ "$CPU" = true ]; then V=cpu T=$T-c; else V=gpu T=$T-g; fi\nB=\n' + BUILD,
        [([], {}), (["-c"], {})],
    ),
    "words in front of it": (
        "GPU=0 B=\nwhile [ $# -gt 0 ]; do\n  case $1 in\n    --gpu) GPU=1 ;;\n  esac\n  shift\ndone\n"
        'if [ "$GPU" = 1 ]; then V=gpu T=g; else V=cpu T=c; fi\n' + BUILD,
        [([], {}), (["--gpu"], {})],
    ),
    "a program's answer": (
        "if nvidia-smi; then V=gpu T=g; else V=cpu T=c; fi\nB=\n" + BUILD,
        [([], {"SMI": "true"}), ([], {"SMI": "false"})],
    ),
}


def known(text: str) -> list[list[str]]:
    found = script_commands("shell", "build.sh", text).commands
    return [[w.value.text for w in c.words] for c in found if c.words[0].value.text == "docker"]


TWISTED: dict[str, tuple[str, Calls]] = {
    "a branch that sets what it asks for": (
        'V=$1 B=\nif [ "$V" = gpu ]; then V=cuda; else V=cpu; fi\nT=$V\n' + BUILD,
        [([], {}), (["gpu"], {})],
    ),
    "arguments that an arm shifts": (
        'case "$1" in gpu) V=g; shift ;; cpu) V=c; shift ;; *) exit 1 ;; esac\nT=$V-${1:-latest} B=\n' + BUILD,
        [(["gpu"], {}), (["cpu"], {})],
    ),
    "arguments that a branch sets": (
        'if [ "$1" = gpu ]; then set -- cuda; else set -- cpu; fi\nV=$1 T=$1 B=\n' + BUILD,
        [([], {}), (["gpu"], {})],
    ),
    "one argument asked for twice": (
        'M=${1:-cpu} V=cpu T=c B=\nif [ "$M" = gpu ]; then V=gpu; fi\nif [ "$1" = gpu ]; then T=cuda; fi\n' + BUILD,
        [([], {}), (["gpu"], {})],
    ),
    "what was made of the value before": (
        'V=${1:-cpu}\nT=x-$V B=b\nif [ "$V" = gpu ]; then B=c; fi\n' + BUILD,
        [([], {}), (["gpu"], {})],
    ),
    "a default of the environment": (
        'T=${TAG:-latest} V=prod B=\nif [ "$TAG" = dev ]; then V=dev; fi\n' + BUILD,
        [([], {}), ([], {"TAG": "dev"})],
    ),
    "one name for both": (
        'case "$1" in gpu) V=gpu T=g ;; cpu) V=cpu T=c ;; *) exit 1 ;; esac\n'
        'docker build -f "Dockerfile.$V" -t x .\ndocker tag x "y:$T"\n',
        [(["gpu"], {}), (["cpu"], {})],
    ),
    "a file that an arm writes": (
        'case "$1" in gpu) cp a Dockerfile; T=g ;; cpu) cp b Dockerfile; T=c ;; *) exit 1 ;; esac\n'
        'docker build -t "x:$T" .\n',
        [(["gpu"], {}), (["cpu"], {})],
    ),
}
"""Scripts of which less is known: nothing that no call runs is taken for known."""
SILENT = ("one name for both", "a file that an arm writes")
"""What one command names here depends on what another one did on the same way."""


def ran(text: str, calls: Calls, folder: Path) -> set[tuple[str, ...]]:
    """What bash runs of docker in these calls."""
    stand_ins = 'docker() { printf "%s\\037" docker "$@"; echo; }\nnvidia-smi() { "$SMI"; }\ncp() { :; }\n'
    (folder / "build.sh").write_text(stand_ins + text)
    found = set()
    for arguments, variables in calls:
        command = ["bash", "build.sh", *arguments]
        environment = {"PATH": os.environ["PATH"], **variables}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        found |= {tuple(line.split("\x1f")[:-1]) for line in done.stdout.splitlines()}
    assert found
    return found


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize("name", TWISTED)
def test_bash_runs_all_that_is_said_to_be_known(name: str, tmp_path: Path) -> None:
    text, calls = TWISTED[name]
    said = {tuple(words) for words in known(text) if not any(HOLE in word for word in words)}
    assert said <= ran(text, calls, tmp_path)
    assert not said or name not in SILENT


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize("name", SCRIPTS)
def test_bash_runs_what_is_known(name: str, tmp_path: Path) -> None:
    text, calls = SCRIPTS[name]
    found = known(text)
    assert not any(HOLE in word for words in found for word in words)
    assert sorted(map(tuple, found)) == sorted(ran(text, calls, tmp_path))


def test_ways_that_would_contradict_each_other_are_not_taken() -> None:
    """Nothing says that both branches ask the same, so that a second way through one of them alone is no way."""
    text = 'T=c\nif [ -n "$GPU" ]; then T=g; fi\nF=c\nif [ -n "$GPU" ]; then F=g; fi\ndocker build -f $F -t x:$T .\n'
    assert known(text) == [["docker", "build", "-f", "c", "-t", "x:c", "."]]


def test_walks_are_few() -> None:
    text = "".join(f'if [ "$A{n}" = 1 ]; then B{n}=x; fi\n' for n in range(50))
    text += "docker build " + " ".join(f"-t x:$B{n}" for n in range(50)) + " .\n"
    walks: list[Ways] = []
    found = script_commands("shell", "build.sh", text).commands
    assert len([one for one in found if one.words[0].value.text == "docker"]) == 1 + 8
    noted = Ways()
    read_shell(text, ways=noted)
    for steps, count in ((0, 8), (10_000, 0)):
        walks.clear()
        with_other_ways(found, noted, steps, lambda ways: walks.append(ways) or ())
        assert len(walks) == count


def test_who_asks_for_a_choice_is_among_the_reasons() -> None:
    text = "case $1 in\n  gpu) T=g ;;\n  cpu) T=c ;;\n  *) exit 1 ;;\nesac\ndocker push x:$T\n"
    found = [one for one in script_commands("shell", "build.sh", text).commands if one.words[0].value.text == "docker"]
    said = [{reason.text for reason in one.words[-1].value.because} for one in found]
    assert [reason for each in said for reason in each if "called" in reason] == [
        "where the script is called with gpu",
        "where the script is called with cpu",
    ]
