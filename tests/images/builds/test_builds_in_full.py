"""Builds of scripts and of tox in full: Dockerfile, context, target, arguments, tags, who builds it, and where."""

from __future__ import annotations

import pytest
from built_by_scripts import first_normal_of, shown, uses_shown

from wxlint.documents.source import Source
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.from_tox import tox_script
from wxlint.images.builds.model import Script
from wxlint.images.model.records import Build
from wxlint.shell.bash.reader import read_shell

find = first_normal_of("Dockerfile", "app/Dockerfile", "ci/Dockerfile", "app/Dockerfile.gpu", "lib/Containerfile")


def script(text: str, path: str = "build.sh") -> Script:
    source = Source(path, text)
    return read_script(source, read_shell(text, where=lambda at: (path, source.position(at)[0])).commands, find)


def one(text: str) -> Build:
    (build,) = script(text).builds
    return build


BY = "by docker build on line 1, at 1:1"
BUILDS = [
    # command, build
    ("docker build .", f"Dockerfile in ., {BY}-15"),
    ("docker build -t e:1 -t e:2 --tag=e:3 .", f"Dockerfile in ., as e:1 e:2 e:3, {BY}-39"),
    ("docker build app", f"app/Dockerfile in app, {BY}-17"),
    ("docker build lib", f"lib/Containerfile in lib, {BY}-17"),
    ("docker build -f app/Dockerfile.gpu .", f"app/Dockerfile.gpu in ., {BY}-37"),
    ("docker build -f app/Dockerfile.gpu app", f"app/Dockerfile.gpu in app, {BY}-39"),
    ("cd app && docker build .", "app/Dockerfile in app, by docker build on line 1, at 1:11-25"),
    ("cd $X && docker build .", "? in ?, by docker build on line 1, at 1:10-24"),
    ("docker build $DIR", f"? in ?, {BY}-18"),
    ("docker build -f $F .", f"? in ., {BY}-21"),
    ("docker build -", f"? in -, {BY}-15"),
    ("docker build - < app/Dockerfile", f"app/Dockerfile in app, {BY}-32"),
    ("docker build -f - . < app/Dockerfile", f"app/Dockerfile in ., {BY}-37"),
    ("cat app/Dockerfile | docker build -", "app/Dockerfile in app, by docker build on line 1, at 1:22-36"),
    ("sed s/a/b/ app/Dockerfile | docker build -f - app",
     "app/Dockerfile in app, by docker build on line 1, by sed edits its Dockerfile on line 1, at 1:29-50"),
    ("docker build nope", f"? in nope, {BY}-18, wants nope/Dockerfile nope/Containerfile"),
    ("docker build -f nope/Dockerfile .", f"? in ., {BY}-34, wants nope/Dockerfile"),
    ("docker build $OPTS nope", f"? in nope, {BY}-24"),
    ("docker build --target run .", f"Dockerfile in ., target run, {BY}-28"),
    ("docker build --target $T .", f"Dockerfile in ., {BY}-27"),
    ("docker build --build-arg A=1 --build-arg B --build-arg C=$C --build-arg $D=1 .",
     f"Dockerfile in ., A=1, B=${{B}}, C=$C, {BY}-79"),
    ("docker build -t '' -t $T .", f"Dockerfile in ., {BY}-27"),
    ("docker build -f .\\\\app\\\\Dockerfile .", f"app/Dockerfile in ., {BY}-37"),
    ("docker build ''", f"? in ?, {BY}-16"),
    ("docker buildx build --load .", f"Dockerfile in ., {BY}-29"),
    ("/kaniko/executor -c app -f Dockerfile.gpu -d e:1", f"app/Dockerfile.gpu in app, as e:1, {BY}-49"),
    ("/kaniko/executor -c . -f app/Dockerfile.gpu -d e:1", f"app/Dockerfile.gpu in ., as e:1, {BY}-51"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "build"), BUILDS, ids=[row[0] for row in BUILDS])
def test_a_build(command: str, build: str) -> None:
    assert shown(one(command)) == build


def test_a_build_of_a_script_in_a_folder() -> None:
    assert [shown(b) for b in script("docker build .", "ci/build.sh").builds] == [f"ci/Dockerfile in ci, {BY}-15"]
    (build,) = script("docker build -f Dockerfile .", "ci/build.sh").builds
    assert (build.dockerfile, build.contexts) == ("ci/Dockerfile", ("ci", "."))


def test_builds_of_loops_and_functions() -> None:
    assert [shown(build) for build in script("for v in a b; do docker build -t e:$v .; done").builds] == [
        f"Dockerfile in ., as e:{v}, by docker build on line 1, by for v={v} on line 1, at 1:18-40" for v in "ab"
    ]
    assert [shown(build) for build in script("b() { docker build -t e:$1 .; }\nb x\nb y").builds] == [
        f"Dockerfile in ., as e:{v}, by docker build on line 1, by b {v} on line {n}, at 1:7-29"
        for v, n in ("x2", "y3")
    ]


PLATFORMS = [
    ("", "linux/amd64", ()),
    ("--platform linux/arm64", "linux/arm64", ("linux/arm64",)),
    ("--platform windows/amd64", "windows/amd64", ("windows/amd64",)),
    ("--platform linux/amd64,linux/arm64", "linux/amd64", ("linux/amd64", "linux/arm64")),
    ("--platform linux/arm64,$P", "linux/amd64", ("linux/arm64",)),
    ("--platform $P", "linux/amd64", ()),
    ("--platform arm64", "linux/amd64", ()),
]


@pytest.mark.parametrize(("options", "platform", "platforms"), PLATFORMS)
def test_platforms_of_a_build(options: str, platform: str, platforms: tuple[str, ...]) -> None:
    build = one(f"docker build {options} .")
    assert (build.platform, build.platforms) == (platform, platforms)


MORE = [
    ("docker build .", False),
    ("docker build $OPTS .", True),
    ("OPTS='--no-cache'\ndocker build $OPTS .", False),
    ("OPTS='--build-arg A=1'\ndocker build $OPTS .", False),  # which is known, and read
    ("OPTS=$1\ndocker build $OPTS .", True),
    ("docker build --build-arg $D=1 .", True),
    ("docker build --build-arg A=$D .", False),
    ("docker build --build-arg A$D .", True),
]


@pytest.mark.parametrize(("text", "more"), MORE)
def test_whether_there_may_be_more_arguments(text: str, more: bool) -> None:
    assert one(text).more is more


def test_arguments_and_contexts_of_a_build_say_where_they_come_from() -> None:
    build = one("true\ndocker build --build-arg A=1 --build-arg B --build-context base=docker-image://a:1 .")
    assert [[(r.kind, r.text, r.line, r.name) for r in value.because] for _, value in build.args] == [
        [("build-arg", "--build-arg A=1", 2, "A")],
        [("build-arg", "--build-arg B is taken from the environment", 2, "B")],
    ]
    assert [(name, value.text) for name, value in build.named_contexts] == [("base", "docker-image://a:1")]


TOX = [
    ("commands = docker build -t e:1 .", "Dockerfile in ., as e:1, by tox testenv on line 2, at 2:12-33"),
    ("commands = - docker build -t e:1 .", "Dockerfile in ., as e:1, by tox testenv on line 2, at 2:14-35"),
    ("commands = bash -c 'docker build -t e:1 .'", "Dockerfile in ., as e:1, by tox testenv on line 2, at 2:21-42"),
    ("commands =\n    docker build \\\n      -t e:1 .", "Dockerfile in ., as e:1, by tox testenv on line 3, at 3:5-15"),
    ("commands = docker build -t e:{env:TAG:1} .", "Dockerfile in ., as e:1, by tox testenv on line 2, at 2:12-43"),
    ("commands = docker build -t e:{posargs:5} .", "Dockerfile in ., as e:5, by tox testenv on line 2, at 2:12-43"),
    ("setenv = V = 2\ncommands = docker build -t e:{env:V} .",
     "Dockerfile in ., as e:2, by tox testenv on line 3, at 3:12-39"),
    ("commands = docker build -t e:{env:NO} {toxinidir}/app",
     "app/Dockerfile in app, as e:{env:NO}, by tox testenv on line 2, at 2:12-54"),
    ("commands = docker build -t e:{[x]name} .",
     "Dockerfile in ., as e:{[x]name}, by tox testenv on line 2, at 2:12-41"),
    ("# docker build -t e:2 .\ncommands = docker build -t e:1 . # x",
     "Dockerfile in ., as e:1, by tox testenv on line 3, at 3:12-33"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "build"), TOX, ids=[row[0] for row in TOX])
def test_a_build_of_tox(text: str, build: str) -> None:
    found = tox_script(Source("tox.ini", f"[testenv]\n{text}\n"), find)
    assert [shown(each) for each in found.builds] == [build]


def test_what_tox_does_with_images() -> None:
    commands = (
        "commands_pre = docker pull a:1\ncommands =\n    docker push b:1\n    ls\ncommands_post = docker pull c:1\n"
    )
    found = tox_script(Source("tox.ini", f"[other]\ncommands = docker pull d:1\n[testenv:gpu]\n{commands}"), find)
    assert uses_shown(found) == ["docker pull a:1 line 4", "docker push b:1 line 6", "docker pull c:1 line 8"]
