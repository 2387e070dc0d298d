"""Programs in front of a command: each with its own options, and the command behind them."""

from __future__ import annotations

import pytest

from wxlint.images.builds.commands.docker_cli import docker_command
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.wrappers import NAMES, unwrap


def inside(text: str) -> str:
    """The last command of a text without its wrappers, with its environment in front."""
    command = unwrap(read_shell(text, {}).commands[-1])
    env = [f"{name}={value.shown()}" for name, value in command.env]
    return " ".join([*env, *(word.value.text.replace("\0", "?") for word in command.words)])


@pytest.mark.parametrize(
    "prefix",
    """sudo
    sudo -u root
    sudo -uroot
    sudo -E -H
    sudo -EHu root --
    sudo --user=root -g docker
    sudo --user root
    /usr/bin/sudo -n
    doas -u x
    env
    env -u X --unset=Y
    env -C /src
    timeout 60
    timeout -k 5 10m
    timeout --signal=KILL --foreground 10m
    timeout -s 9 1h
    nice
    nice -n 5
    nice -5
    nice --adjustment=5
    ionice -c2 -n7
    ionice -c 2 -n 7
    stdbuf -oL -eL
    stdbuf -o L
    command
    command -p
    exec -a name
    exec -cla name
    nohup
    setsid
    setsid -f -w
    chronic
    gosu user
    su-exec user:group
    xvfb-run
    xvfb-run -a -s '-screen 0 1x1x8'
    xvfb-run --server-args='-screen 0'
    unbuffer -p
    eatmydata --
    retry
    retry 3
    retry -t 3 -d 5 --
    builtin
    catchsegv
    tini --
    tini -g -p SIGTERM --
    dumb-init -c
    dumb-init --rewrite 15:3 --
    chrt -b 0
    taskset -c 0-3
    numactl -N 0 -m 0
    flock -n /tmp/lock
    strace -f -o out.txt
    setpriv --reuid=1 --clear-groups
    systemd-run --user --scope -p MemoryMax=8G
    caffeinate -i -t 60
    winpty
    busybox
    fakeroot --
    sudo nice -n 5 timeout -k 5 10m env -u A
    """.splitlines(),
)
def test_the_command_behind_a_wrapper(prefix: str) -> None:
    assert inside(f"{prefix.strip()} docker build -t x .") == "docker build -t x ."


@pytest.mark.parametrize(
    "text, expected",
    [
        ("time -p docker pull x", "docker pull x"),
        ("\\time -f %e -o t.txt docker pull x", "docker pull x"),
        ("env -i A=b -u X docker pull x", "A=b -u X docker pull x"),  # behind an assignment options have ended
        ("export K=v; env -i A=b docker pull x", "A=b docker pull x"),
        ("export K=v L=w; env -u K A=b docker pull x", "L=w A=b docker pull x"),
        ("env -S 'docker pull' x", "docker pull x"),
        ("env -S 'A=b docker pull' x", "A=b docker pull x"),
        ("sudo A=b -u root C=d docker pull x", "A=b C=d docker pull x"),
        ("A=b sudo docker pull x", "A=b docker pull x"),
        ("xargs -n1 docker pull", "docker pull ?"),
        ("xargs -n 1 -P 4 docker pull", "docker pull ?"),
        ("xargs -I{} docker pull a/{}:1", "docker pull a/?:1"),
        ("xargs -I % docker tag % a:1", "docker tag ? a:1"),
        ("xargs -i docker pull {}", "docker pull ?"),
        ("find . -name a -exec docker load -i {} \\;", "docker load -i ?"),
        ("find . -execdir docker pull a/{}:1 + -print", "docker pull a/?:1"),
        ("find . -name a", "find . -name a"),
        ("flock /tmp/lock -c 'docker pull x'", "docker pull x"),
    ],
)
def test_what_a_wrapper_adds(text: str, expected: str) -> None:
    assert inside(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "command -v docker",
        "sudo -l docker",
        "sudo",
        "env",
        "timeout 60",
        "taskset -p 0x3 700",
        "sudo -u root",
    ],
)
def test_a_wrapper_that_runs_nothing_stays(text: str) -> None:
    assert inside(text) == text


def test_many_wrappers_end() -> None:
    assert inside("nohup " * 500 + "docker").startswith("nohup")
    assert "sudo" in NAMES


@pytest.mark.parametrize(
    "prefix", ["sudo -u root", "timeout -k 5 10m", "setsid", "env -u A B=c", "nice -n 5 ionice -c2 -n7"]
)
def test_docker_behind_a_wrapper_builds(prefix: str) -> None:
    docker = docker_command(read_shell(f"{prefix} docker build -t x:latest .", {}).commands[0])
    assert docker is not None
    assert docker.verb == "build"
    assert [option.value.text for option in docker.values("-t") if option.value] == ["x:latest"]
