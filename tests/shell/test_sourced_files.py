"""Files that a script reads with `source` or `.`: those of the repository are followed as the shell follows them, and
what another may have set is unknown."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.core.cache import Cache
from wxlint.documents.source import Source
from wxlint.images.builds.commands.script_folders import sourced_file
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.batch.reader import read_batch
from wxlint.shell.model import ShellResult
from wxlint.shell.scripts import script_commands

RECORDER = """#!/bin/sh
printf '%s\\n' "$*" >> "$REC"
"""
ENV = "TAG=cpu\nREGISTRY=rajiup\n"
FUNCTIONS = 'push() {\n  local name=$1\n  docker push "$name:$TAG"\n}\nunused() { docker pull unused; }\n'
FOLLOWED = {
    "variables": ("TAG=latest\n. ./env.sh\ndocker push app:$TAG\n", {"env.sh": ENV}),
    "functions": (". ./env.sh\n. ./lib.sh\npush app\n", {"env.sh": ENV, "lib.sh": FUNCTIONS}),
    "in a folder": ('. "$(dirname "$0")/lib/env.sh"\ndocker push app:$TAG\n', {"lib/env.sh": ENV}),
    "one inside another": (
        ". ./a.sh\ndocker push $REGISTRY/app:$TAG\n",
        {"a.sh": ". ./b.sh\nTAG=x$TAG\n", "b.sh": ENV},
    ),
    "return ends it": (". ./r.sh\ndocker pull b\n", {"r.sh": "docker pull a\nreturn 0\ndocker pull never\n"}),
    "return with a status": (". ./r.sh || docker pull b\n", {"r.sh": "return 3\n"}),
    "its last status": (". ./r.sh && docker pull b\n", {"r.sh": "true\nfalse\n"}),
    "exit ends all": (". ./r.sh\ndocker pull b\n", {"r.sh": "docker pull a\nexit 0\n"}),
    "in a function": ("f() { . ./r.sh; docker pull b; }\nf\n", {"r.sh": "docker pull a\nreturn\ndocker pull never\n"}),
    "in a subshell": ("TAG=v1\n( . ./env.sh )\ndocker push app:$TAG\n", {"env.sh": ENV}),
    "in another shell": ("sh -c '. ./env.sh; docker push app:$TAG'\n", {"env.sh": ENV}),
    "in a loop": ("for n in a b; do . ./r.sh; done\n", {"r.sh": "docker pull $n\n"}),
    "sets arguments": ("set -- q\n. ./r.sh\ndocker pull $1\n", {"r.sh": "set -- a b\ndocker pull $2\n"}),
    "an error is refused": ("set -e\n. ./r.sh\ndocker pull b\n", {"r.sh": "false\ndocker pull never\n"}),
    "a default": (". ./env.sh\ndocker push app:${TAG:-none}\n", {"env.sh": ENV}),
    "calls back": ("f() { docker pull $1; }\n. ./r.sh\nf c\n", {"r.sh": "f b\n"}),
    "heredocs and cases": (
        ". ./r.sh\ndocker pull $A\n",
        {"r.sh": "read A <<E\nx y\nE\ncase $A in x*) A=found ;; esac\n"},
    ),
}
BASH_ALONE = {
    "without a folder": ("source env.sh\ndocker push app:$TAG\n", {"env.sh": ENV}),
    "its own path": (
        "source lib/a.sh\n",
        {"lib/a.sh": '. "$(dirname "${BASH_SOURCE[0]}")/b.sh"\n', "lib/b.sh": "docker pull b\n"},
    ),
    "its own path in a function": (
        "source lib/a.sh\nf\ndocker pull ${BASH_SOURCE[0]}\n",
        {"lib/a.sh": "f() { docker pull ${BASH_SOURCE[0]} $0; }\n"},
    ),
    "its own arguments": ("set -- q\n. ./r.sh a b\ndocker pull $1\n", {"r.sh": "docker pull $1 $#\n"}),
    "arrays": ("source ./r.sh\ndocker pull ${L[1]}\n", {"r.sh": "L=(a b)\n"}),
}


def calls(folder: Path, shell: str, text: str, files: dict[str, str]) -> list[str]:
    """What the real shell gives to docker."""
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").write_text(RECORDER)
    (folder / "bin" / "docker").chmod(0o755)
    write_tree(folder, {"build.sh": text, **files})
    record = folder / "record"
    record.touch()
    environment = {"PATH": f"{folder}/bin:/usr/bin:/bin", "REC": str(record)}
    subprocess.run([shell, "build.sh"], cwd=folder, env=environment, capture_output=True, check=False, timeout=20)
    return record.read_text().splitlines()


def read(text: str, files: dict[str, str], flavor: str = "bash") -> ShellResult:
    sources = {name: Source(name, content) for name, content in files.items()}
    return read_shell(text, script="build.sh", flavor=flavor, files=partial(sourced_file, sources.get, "build.sh"))


def docker(result: ShellResult) -> list[str]:
    """The docker commands that are sure to run, as the recorder writes them."""
    words = [[word.value.shown() for word in c.words] for c in result.commands if not c.conditional]
    return [" ".join(each[1:]) for each in words if each[0] == "docker"]


@pytest.mark.parametrize(("text", "files"), FOLLOWED.values(), ids=FOLLOWED)
@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_a_file_is_followed_as_the_shell_does(tmp_path: Path, shell: str, text: str, files: dict[str, str]) -> None:
    assert docker(read(text, files, shell)) == calls(tmp_path, shell, text, files)


@pytest.mark.parametrize(("text", "files"), BASH_ALONE.values(), ids=BASH_ALONE)
def test_what_bash_alone_knows_of_such_a_file(tmp_path: Path, text: str, files: dict[str, str]) -> None:
    assert docker(read(text, files)) == calls(tmp_path, "bash", text, files)


@pytest.mark.parametrize(
    "line",
    [
        "source ./gone.sh", ". /opt/tool/env.sh", 'source "$1"', '. "$HOME/env"', "[ -f .env ] && . ./.env",
        'eval "$SETTINGS"', 'eval "$(settings)"', "source ./broken.sh",
    ],
)  # fmt: skip
def test_what_a_text_that_is_not_read_may_have_set_is_unknown(line: str) -> None:
    text = f"TAG=latest\nL=(a b)\n{line}\ndocker push app:$TAG ${{L[0]}} ${{X:-none}}\nTAG=own\ndocker pull $TAG\n"
    first, second = [
        c for c in read(text, {"broken.sh": "if true; then\n"}).commands if c.words[0].value.text == "docker"
    ]
    assert [bool(word.value.holes) for word in first.words[2:]] == [True, True, True]
    assert second.words[2].value.known


@pytest.mark.parametrize(
    "line",
    [
        "source .venv/bin/activate", '. "$VENV/bin/activate"', ". /opt/conda/etc/profile.d/conda.sh", ". ~/.bashrc",
        'eval "$(conda shell.bash hook)"', 'eval "$(ssh-agent -s)"', 'eval "$(minikube docker-env)"',
        ". /etc/os-release",
    ],
)  # fmt: skip
def test_what_makes_an_environment_ready_leaves_the_variables_of_the_script(line: str) -> None:
    result = read(f"TAG=cpu\n{line}\ndocker push app:$TAG\n", {})
    assert docker(result) == ["push app:cpu"]


def test_os_release_sets_its_own_names() -> None:
    result = read("VERSION=1.2\n. /etc/os-release\ndocker push app:$VERSION\n", {})
    assert result.commands[-1].words[2].value.holes


def test_a_file_of_the_image_leaves_what_a_dockerfile_sets_as_an_assumption() -> None:
    from wxlint.core.values import Value

    found = read_shell(". /opt/env.sh && pip install torch==$TORCH", {"TORCH": Value("2.1.0")}, defaults=False)
    value = found.commands[-1].words[2].value
    assert value.text == "torch==2.1.0"
    assert [reason.kind for reason in value.because][-1:] == ["assumed"]


def test_a_plain_sh_looks_for_a_name_without_a_folder_in_the_path_alone() -> None:
    result = read("TAG=latest\n. env.sh\ndocker push app:$TAG\n", {"env.sh": ENV}, "sh")
    assert result.commands[-1].words[2].value.holes


def test_files_that_name_themselves_and_each_other_come_to_an_end() -> None:
    for files in (
        {"a.sh": ". ./a.sh\ndocker pull a\n"},
        {"a.sh": ". ./b.sh\n. ./b.sh\n", "b.sh": ". ./a.sh\n. ./a.sh\n"},
    ):
        assert len(read(". ./a.sh\nfor i in 1 2 3 4 5 6 7 8; do . ./a.sh; done\n", files).commands) < 2_000


def test_of_two_files_that_may_be_meant_none_is_read() -> None:
    sources = {"env.sh": Source("env.sh", "TAG=a\n"), "scripts/env.sh": Source("scripts/env.sh", "TAG=b\n")}
    assert sourced_file(sources.get, "scripts/build.sh", "./env.sh", None) is None
    same = {name: Source(name, ENV) for name in sources}
    found = sourced_file(same.get, "scripts/build.sh", "./env.sh", None)
    assert found is not None and found.text == ENV


@pytest.mark.parametrize("path", ["/etc/profile", "~/env.sh"])
def test_nothing_outside_the_repository_is_asked_for(path: str) -> None:
    def never(path: str) -> Source | None:
        raise AssertionError(path)

    assert sourced_file(never, "build.sh", path, None) is None


def test_a_kept_reading_follows_a_file_that_has_changed(tmp_path: Path) -> None:
    text = ". ./env.sh\ndocker push app:$TAG\n"
    for tag in ("cpu", "cuda", "cpu", ""):
        sources = {"env.sh": Source("env.sh", f"TAG={tag}\n")} if tag else {}
        files = partial(sourced_file, sources.get, "build.sh")
        for _ in range(2):
            cache = Cache(str(tmp_path / "entries"))
            found = script_commands("shell", "build.sh", text, cache, files)
            assert found.commands[-1].words[2].value.shown() == (f"app:{tag}" if tag else "app:$TAG")
            cache.save()
    assert len(Cache(str(tmp_path / "entries"))._entries) == 3


def test_another_batch_file_may_set_any_variable() -> None:
    read_of = read_batch("set TAG=latest\r\ncall env.bat\r\ndocker push app:%TAG%\r\n")
    assert read_of.commands[-1].words[2].value.holes
    kept = read_batch("set TAG=cpu\r\ncall venv\\Scripts\\activate.bat\r\ndocker push app:%TAG%\r\n")
    assert kept.commands[-1].words[2].value.text == "app:cpu"


def test_a_batch_file_without_call_is_the_last_that_runs() -> None:
    found = read_batch("docker pull a\r\nother.bat x\r\ndocker pull never\r\n").commands
    assert [command.words[-1].value.text for command in found] == ["a", "x"]


@pytest.mark.parametrize(("files", "whole"), [(1_000, True), (6_000, False)])
def test_many_other_batch_files_are_followed_and_too_many_are_not(files: int, whole: bool) -> None:
    text = "".join(f"set A{n}=b\r\ncall x{n}.bat\r\n" for n in range(files)) + "docker pull a:%A7%\r\n"
    found = read_batch(text)
    assert any(error.is_limit for error in found.errors) is not whole
    assert not whole or found.commands[-1].words[-1].value.holes
