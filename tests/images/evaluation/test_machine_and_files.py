"""What a RUN finds out about the machine that it runs on and about the files around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint import api
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.model import Surroundings

CUDA = "pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128"
CPU = "pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cpu"


def torch(root: Path, dockerfile: str, **files: str) -> str:
    """What an image of a Dockerfile is believed to hold; files lie in its build context, `_` for a dot."""
    (root / "Dockerfile").write_text(dockerfile)
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    (image,) = {image.torch: image for image in api.images([root])}.values()
    return image.torch


@pytest.mark.parametrize(
    ("test", "cpu_there"),
    [
        ('[ "$(uname -m)" = "aarch64" ]', True),
        ('[ "$(uname -m)" != x86_64 ]', True),
        ("[[ $(arch) == x86_64 ]]", False),
        ("[ `dpkg --print-architecture` = amd64 ]", False),
        ('[ "$TARGETPLATFORM" = linux/arm64 ]', True),
        ("test $TARGETARCH = arm64", True),
    ],
)
def test_the_machine_decides(tmp_path: Path, test: str, cpu_there: bool) -> None:
    first, second = (CPU, CUDA) if cpu_there else (CUDA, CPU)
    before = 'SHELL ["/bin/bash", "-c"]\nARG TARGETPLATFORM\nARG TARGETARCH\n'
    text = f"{before}RUN if {test}; then {first}; else {second}; fi\n"
    assert torch(tmp_path, f"FROM debian:12\n{text}") == "cu128"
    if "TARGET" not in test:  # a stage of its own platform
        assert torch(tmp_path, f"FROM --platform=linux/arm64 debian:12\n{text}") == "cpu"


def test_a_case_of_the_machine_that_ends_the_build(tmp_path: Path) -> None:
    case = f"case ${{TARGETPLATFORM}} in linux/arm64) exit 1 ;; *) {CUDA} ;; esac"
    assert torch(tmp_path, f"FROM debian:12\nARG TARGETPLATFORM\nRUN {case}\n") == "cu128"


def test_a_build_for_several_platforms_is_not_decided(tmp_path: Path) -> None:
    dockerfile = f'FROM debian:12\nARG TARGETARCH\nRUN if [ "$(uname -m)" = aarch64 ]; then {CPU}; else {CUDA}; fi\n'
    bake = 'target "default" {\n  platforms = ["linux/amd64", "linux/arm64"]\n}\n'
    assert torch(tmp_path, dockerfile) == "cu128"
    assert torch(tmp_path, dockerfile, **{"docker-bake_hcl": bake}) == "unknown"


@pytest.mark.parametrize("words", ["uname", "uname -a", "uname -s", "dpkg --print-foreign-architectures", "arch -x"])
def test_other_options_say_nothing_of_the_machine(words: str) -> None:
    around = Surroundings("x86_64")
    (*_, command) = read_shell(f"X=$({words}); run $X", around=around).commands
    assert not command.words[1].value.known


def test_nothing_is_known_of_a_machine_that_nobody_names() -> None:
    (*_, command) = read_shell("X=$(uname -m); run $X").commands
    assert not command.words[1].value.known


@pytest.mark.parametrize(
    "test", ["[ -f list.txt ]", "[ -e ./list.txt ]", "test -r /app/list.txt", "[[ -f list.txt ]]", "[ ! -f other.txt ]"]
)
def test_a_list_that_is_there_is_installed(tmp_path: Path, test: str) -> None:
    run = f"RUN {CUDA}\nRUN if {test}; then pip install -r list.txt; fi\n"
    text = f'FROM python:3.12-slim\nSHELL ["/bin/bash", "-c"]\nWORKDIR /app\nCOPY . .\n{run}'
    assert torch(tmp_path, text, list_txt="torch==2.9.0\n") == ("unknown" if "!" in test else "default")


@pytest.mark.parametrize(
    "change",
    [
        "rm list.txt",
        "rm 'list.txt'",
        "rm -f ./*.txt",
        "rm -rf /app",
        "mv list.txt other.txt",
        "cd /tmp",
        'cd "$FOLDER"',
    ],
)
def test_a_list_that_may_be_gone_is_not_certain(tmp_path: Path, change: str) -> None:
    run = f"RUN {change}; if [ -f list.txt ]; then {CPU}; fi\n"
    assert torch(tmp_path, f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{run}", list_txt="flask\n") == "unknown"
    if "cd" not in change:
        run = f"RUN {change}\nRUN if [ -f list.txt ]; then {CPU}; fi\n"
        text = f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{run}"
        assert torch(tmp_path, text, list_txt="flask\n") == "unknown"


def test_an_earlier_removal_counts_and_too_many_leave_it_open(tmp_path: Path) -> None:
    run = f"RUN if [ -f list.txt ]; then {CPU}; fi\n"
    before = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
    many = "".join(f"RUN rm other{number}\n" for number in range(400))
    assert torch(tmp_path, f"{before}RUN rm list.txt\n{run}", list_txt="flask\n") == "unknown"
    assert torch(tmp_path, f"{before}{many}{run}", list_txt="flask\n") == "unknown"
    assert torch(tmp_path, f"{before}{run}RUN rm list.txt\n", list_txt="flask\n") == "cpu"


def test_what_is_removed_elsewhere_changes_nothing(tmp_path: Path) -> None:
    run = f"RUN rm -rf /var/lib/apt/lists/* /tmp/list.txt other.txt; if [ -f list.txt ]; then {CPU}; fi\n"
    assert torch(tmp_path, f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{run}", list_txt="flask\n") == "cpu"


def test_a_file_that_is_not_copied_is_not_there_for_sure(tmp_path: Path) -> None:
    text = f"FROM python:3.12-slim\nCOPY app.py .\nRUN if [ -f list.txt ]; then {CPU}; fi\n"
    assert torch(tmp_path, text, list_txt="flask\n", app_py="") == "unknown"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (". /opt/vendor/setupvars.sh", "none"),
        ("source /opt/vendor/setup_env.sh", "none"),
        (". /opt/vendor/install.sh", "unknown"),
        ("/opt/vendor/setupvars.sh", "unknown"),
        (". ./setup_own.sh", "cu128"),
    ],
)
def test_a_file_that_sets_variables_installs_nothing(tmp_path: Path, command: str, found: str) -> None:
    text = f'FROM python:3.12-slim\nSHELL ["/bin/bash", "-c"]\nWORKDIR /a\nCOPY . .\nRUN {command} && make\n'
    (tmp_path / "setup_own.sh").write_text(f"{CUDA}\n")
    assert torch(tmp_path, text) == found


@pytest.mark.parametrize("source", ["../list.txt", "./../../list.txt", "/../list.txt", "list.txt"])
def test_a_build_context_has_no_folder_above(tmp_path: Path, source: str) -> None:
    (tmp_path / "docker").mkdir()
    text = f"FROM python:3.12-slim\nCOPY {source} ./\nRUN pip install -r list.txt\n"
    (tmp_path / "docker" / "Dockerfile").write_text(text)
    (tmp_path / "list.txt").write_text("torch==2.9.0\n")
    (image,) = api.images([tmp_path])
    assert image.torch == "default"


@pytest.mark.parametrize("test", ["[ -e //constraints.txt ]", 'D=/; [ -f "$D/constraints.txt" ]', "test -e //no/file"])
def test_a_file_that_is_looked_for_behind_two_slashes(tmp_path: Path, test: str) -> None:
    dockerfile = f"FROM debian:12\nCOPY constraints.txt //\nRUN if {test}; then {CPU}; else {CUDA}; fi\n"
    assert torch(tmp_path, dockerfile, constraints_txt="") == ("unknown" if "no" in test else "cpu")


def test_a_list_in_a_folder_behind_two_slashes_is_read(tmp_path: Path) -> None:
    dockerfile = "FROM debian:12\nCOPY list.txt //app/\nRUN pip install -r /app/list.txt\n"
    assert torch(tmp_path, dockerfile, list_txt=CPU.removeprefix("pip install ").replace(" ", "\n", 1)) == "cpu"


@pytest.mark.parametrize(
    ("run", "found"),
    [
        (f"grep -v -E '^(pytest|#)' list.txt > other.txt && {CPU}", "cpu"),
        (f"apt-get update; grep -q x /etc/os-release && {CPU}", "cpu"),
        (f"[ -e /etc/os-release ] && {CPU} && rm -rf /tmp/x", "cpu"),
        (f"grep -q x /etc/os-release && {CPU}; true", "unknown"),
        (f"grep -q x /etc/os-release && {CPU} || true", "unknown"),
        (f"if grep -q x /etc/os-release && {CPU}; then rm y; fi", "unknown"),
        (f"(grep -q x /etc/os-release && {CPU}) || true", "unknown"),
    ],
)
def test_a_question_that_ends_a_run_was_answered_with_yes(tmp_path: Path, run: str, found: str) -> None:
    assert torch(tmp_path, f"FROM python:3.12-slim\nRUN {run}\n") == found
