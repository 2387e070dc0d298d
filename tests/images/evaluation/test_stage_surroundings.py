"""What a stage has around its commands: pip's settings, its shell, its Python, what it downloads and changes."""

from __future__ import annotations

import pytest

from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.default_shell import flavor_of, flavor_of_command
from wxlint.images.evaluation.downloads import from_vendor, of_vendors, origin
from wxlint.images.evaluation.files.copied_files import PIP_CONF, Copies, Copy
from wxlint.images.evaluation.files.written_files import changed_by, touched
from wxlint.images.evaluation.interpreter import OTHER_PYTHON, machine_of, may_bring_another, python_of
from wxlint.images.evaluation.pip_config import configured, from_text
from wxlint.images.evaluation.variables.glob_patterns import PatternError, replace, trim_end, trim_start
from wxlint.images.evaluation.variables.placeholder_args import is_placeholder
from wxlint.images.model.reference import parse_reference
from wxlint.shell.bash.reader import read_shell

URL = "https://registry.example/simple"


@pytest.mark.parametrize("section", ["global", "install"])
@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("index-url", "PIP_INDEX_URL"),
        ("extra-index-url", "PIP_EXTRA_INDEX_URL"),
        ("find-links", "PIP_FIND_LINKS"),
        ("no-index", "PIP_NO_INDEX"),
        ("constraint", "PIP_CONSTRAINT"),
        ("pre", "PIP_PRE"),
    ],
)
def test_settings_of_pip(section: str, key: str, variable: str) -> None:
    for program in ("pip", "pip3", "python -m pip", "pip --quiet"):
        found = configured(read_shell(f"{program} config set {section}.{key} {URL}").commands[0])
        assert found is not None and (found[0], found[1].text) == (variable, URL)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pip config set global.timeout 60", ""),
        (f"pip config --user set global.index-url {URL}", "PIP_INDEX_URL"),
        ("pip config get global.index-url", None),
        (f"pip config unset global.index-url {URL}", None),
        (f"git config set global.index-url {URL}", None),
        (f"pip install set global.index-url {URL}", None),
        ("pip config list", None),
    ],
)
def test_commands_that_set_something(text: str, name: str | None) -> None:
    found = configured(read_shell(text).commands[0])
    assert (found and found[0]) == name


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"printf '[global]\\nindex-url = {URL}\\n' > /etc/pip.conf", {"PIP_INDEX_URL": URL}),
        (f"echo extra-index-url={URL} >> /etc/pip.conf", {"PIP_EXTRA_INDEX_URL": URL}),
        (f"echo extra_index_url={URL} >> /etc/pip.conf", {"PIP_EXTRA_INDEX_URL": URL}),
        ("echo index-url=$URL > /etc/pip.conf", {"PIP_INDEX_URL": HOLE}),
        ("echo index-url=`url` > /etc/pip.conf", {"PIP_INDEX_URL": HOLE}),
        ("rm /etc/pip.conf", {}),
        ("mv x /etc/pip.conf", {"PIP_INDEX_URL": HOLE}),
    ],
)
def test_a_run_that_names_pip_conf(text: str, values: dict[str, str]) -> None:
    assert {name: value.text for name, value in from_text(text).items()} == values


@pytest.mark.parametrize("path", [*PIP_CONF, "/", "/root", "/root/.config", "/root/.pip", "/etc", "/etc/xdg/pip"])
def test_copies_that_may_bring_settings_of_pip(path: str) -> None:
    copies = Copies()
    copies.add(Copy("x", path, None, False))
    assert copies.may_hold_pip_conf
    assert Copies(copies).may_hold_pip_conf


def test_other_copies_bring_none() -> None:
    copies = Copies()
    for path in ("/app", "/etc/xdg/pip/other", "/roo", "/etc/pip.confx"):
        copies.add(Copy("x", path, None, False))
    assert not copies.may_hold_pip_conf


@pytest.mark.parametrize(
    ("name", "shell"),
    [(name, "dash") for name in "debian ubuntu node golang rust openjdk eclipse-temurin ruby php perl gcc".split()]
    + [(name, "dash") for name in ("python", "buildpack-deps", "pypy")]
    + [(name, "bash") for name in "fedora rockylinux almalinux amazonlinux centos oraclelinux".split()]
    + [(f"registry.example/app:1-{tag}", "dash") for tag in "ubuntu22 debian12 slim bookworm bullseye buster".split()]
    + [(f"registry.example/app:1-{tag}", "dash") for tag in "trixie jammy focal noble bionic jammy.1".split()]
    + [
        (f"registry.example/app:1-{tag}", "bash")
        for tag in "centos7 ubi9 rockylinux8 almalinux9 fedora40 al2023".split()
    ]
    + [
        ("node:20-alpine", "sh"),
        ("golang:1.22-windowsservercore", "sh"),
        ("golang:nanoserver", "sh"),
        ("openjdk:17-oracle", "sh"),
        ("python:3.9-al20", "sh"),
        ("registry.example/app:1-slimmer", "sh"),
        ("nvcr.io/nvidia/tensorflow:24.01", "dash"),
        ("nvcr.io/nvidia/tritonserver:24.01", "dash"),
        ("nvcr.io/nvidia/other:24.01", "sh"),
        (f"python:{HOLE}", "sh"),
        (f"{HOLE}:3.11-slim", "sh"),
    ],
)
def test_the_shell_of_an_image(name: str, shell: str) -> None:
    assert flavor_of(parse_reference(Value(name, ("$X",) * name.count(HOLE)))) == shell


@pytest.mark.parametrize(
    ("words", "shell"),
    [("bash -c", "bash"), ("zsh -c", "bash"), ("dash -c", "dash"), ("sh -c", "kept"), ("ash", "kept"), ("x", "kept")],
)
def test_the_shell_that_is_named(words: str, shell: str) -> None:
    assert flavor_of_command(words.split(), "kept") == shell


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("python:3.11", "3.11"),
        ("python:3.11.9-slim", "3.11.9"),
        ("python:3", None),
        ("python:latest", None),
        ("python", None),
        ("registry.example/mirror/python:3.12-slim", "3.12"),
        ("registry.example/app:1.0-python3.12", "3.12"),
        ("registry.example/app:1.0_py3.12-cuda", "3.12"),
        ("registry.example/app:3.12", None),
        (f"python:3.{HOLE}", None),
    ],
)
def test_the_python_of_an_image(name: str, python: str | None) -> None:
    assert python_of(parse_reference(Value(name, ("$X",) * name.count(HOLE)))) == python


@pytest.mark.parametrize(
    ("platform", "image", "build", "machine"),
    [
        (None, "debian:12", "linux/amd64", "x86_64"),
        (None, "debian:12", "linux/arm64", "aarch64"),
        (None, "debian:12", "linux/arm64/v8", "aarch64"),
        (None, "debian:12", "linux/s390x", None),
        (None, "debian:12", "linux", None),
        (None, "arm64v8/debian:12", "linux/amd64", "aarch64"),
        (None, "amd64/debian:12", "linux/arm64", "x86_64"),
        ("linux/arm64", "debian:12", "linux/amd64", "aarch64"),
        ("linux/x86_64", "arm64v8/debian:12", "linux/arm64", "x86_64"),
        ("linux/aarch64", "debian:12", "linux/amd64", "aarch64"),
        ("linux", "debian:12", "linux/amd64", None),
        ("", "debian:12", "linux/amd64", "x86_64"),
    ],
)
def test_the_machine_of_a_stage(platform: str | None, image: str, build: str, machine: str | None) -> None:
    given = None if platform is None else Value(platform)
    assert machine_of(given, parse_reference(Value(image)), build) == machine


@pytest.mark.parametrize(
    ("text", "other"),
    [(text, True) for text in ("conda install x", "pyenv install 3.9", "uv venv", "uv python install", "pixi add x")]
    + [
        (text, True)
        for text in (
            "apt install python3.12",
            "uv sync --python 3.9",
            "uv venv --python /usr/bin/python3.9",
            "add-apt-repository ppa:x/y",
        )
    ]
    + [
        (text, False)
        for text in ("apt install python3", "ls /usr/lib/python3.11/x", "uv sync", "uv sync --python /usr/bin/python3")
    ],
)
def test_what_may_bring_another_python(text: str, other: bool) -> None:
    assert (OTHER_PYTHON.search(text) is not None) is other


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("apt install python3.12 python3.12-venv", False),
        ("apt install python3.11", True),
        ("apt install python3.12 && uv venv", True),
        ("pip install x", False),
    ],
)
def test_the_python_that_is_there_is_no_other(text: str, other: bool) -> None:
    assert may_bring_another(text, "3.12") is other


DOWNLOADS = [
    (f"curl -o x.sh {URL}", URL),
    (f"curl -fsSLo x.sh {URL}", URL),
    (f"curl --output x.sh {URL}", URL),
    (f"curl --output=/tmp/x.sh {URL}", URL),
    (f"curl {URL} > x.sh", URL),
    (f"curl {URL}/x.sh", f"{URL}/x.sh"),
    (f"curl -O {URL}/x.sh?raw=1", f"{URL}/x.sh?raw=1"),
    (f"curl -H 'a: b' -o x.sh {URL}", URL),
    (f"curl -X GET --request GET -o x.sh {URL}", URL),
    (f"curl --retry 3 --retry=3 -m 5 -o x.sh {URL}", URL),
    (f"wget -O x.sh {URL}", URL),
    (f"wget -qO x.sh {URL}", URL),
    (f"wget -qOx.sh {URL}", URL),
    (f"wget -O/tmp/x.sh {URL}", URL),
    (f"wget --output-document=x.sh {URL}", URL),
    (f"wget -P /tmp -t 3 -e x {URL}/x.sh", f"{URL}/x.sh"),
    (f"sudo wget {URL}/x.sh", f"{URL}/x.sh"),
    (f"wget {URL}/x.sh; wget -O x.sh {URL}", URL),
    (f"wget -O x.sh {URL}/a; wget -O y.sh {URL}/b", f"{URL}/a"),
    (f"wget -O - {URL}/x.sh", f"{URL}/x.sh"),
    (f"wget -O y.sh {URL}/x.sh", None),
    (f"echo {URL}/x.sh", None),
    (f"curl -o x.sh {URL}/a -o y.sh {URL}/b", f"{URL}/a"),
]


@pytest.mark.parametrize(("text", "url"), DOWNLOADS, ids=[row[0].replace(URL, "URL") for row in DOWNLOADS])
def test_where_a_script_comes_from(text: str, url: str | None) -> None:
    assert origin(read_shell(text).commands, "./x.sh") == url


@pytest.mark.parametrize(
    ("url", "vendor"),
    [
        ("https://repo.anaconda.com/miniconda/x.sh", True),
        ("https://sh.rustup.rs", True),
        ("https://sdk.cloud.google.com", True),
        ("https://registry.example/Miniconda3.sh", True),
        ("https://registry.example/install.sh", False),
    ],
)
def test_makers_of_other_software(url: str, vendor: bool) -> None:
    assert from_vendor(url) is vendor
    assert of_vendors(f"curl '{url}' | sh") is vendor


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("curl -o requirements.txt URL", "requirements.txt"),
        ("wget -O env.yml URL", "env.yml"),
        ("patch pyproject.toml < x", "pyproject.toml"),
        ("toml set a b c pyproject.toml", "pyproject.toml"),
        ("awk -i inplace x a.txt", "a.txt"),
        ("yq -i x environment.yaml", "environment.yaml"),
        ("perl -i -pe x setup.cfg", "setup.cfg"),
        ("poetry lock > poetry.lock", "poetry.lock"),
        ("pipenv lock x.lock", "x.lock"),
        ("conda env export x.yml", "x.yml"),
        ("pip-compile a.in b.in", "a.txt b.txt"),
        ("python -m piptools compile x.txt", "requirements.txt"),
        ("pip-compile a.in --output-file=x/b.txt", "b.txt"),
        ("cp a.lock 'b/c.cfg'", "c.cfg"),
        ("mv a.in b.in; ls c.txt", "b.in"),
        ("wget -O run.py URL", "run.py"),
        ("tee run.bash", "run.bash"),
        ("patch run.sh", ""),
        ("sed -i x run.sh", "run.sh"),
        ("sed x run.sh", ""),
        ("ls > x", ""),
    ],
)
def test_files_that_a_run_changes(text: str, names: str) -> None:
    assert changed_by(text) == set(names.split())


@pytest.mark.parametrize("program", "cat head tail ls grep egrep wc less diff chmod chown stat file cmp".split())
def test_programs_that_only_look(program: str) -> None:
    assert touched(read_shell(f"{program} a.txt").commands[0]) == []
    assert touched(read_shell(f"{program} a.txt > b.txt").commands[0]) == ["b.txt"]


@pytest.mark.parametrize("program", "md5sum sha256sum du echo printf".split())
def test_further_programs_that_only_look(program: str) -> None:
    assert touched(read_shell(f"{program} a.txt").commands[0]) == []


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("rm a.txt", ["a.txt"]),
        ("rm -r dir/", ["dir/", "dir/*"]),
        ("mv a b", ["a", "b", "a/*", "b/*"]),
        ("cp a b.in", ["a", "b.in", "a/*"]),
        ("rsync a", ["a", "a/*"]),
        ("chroot a", ["a", "a/*"]),
        ("rm *.x", ["*.x"]),
        ("touch dir", ["dir"]),
        ("prog -x dir >> out", ["out", "dir"]),
        ("find dir -delete", ["dir/*"]),
        ("find dir -exec x", ["dir/*"]),
        ("find dir/ -execdir x", ["dir/*"]),
        ("find dir -ok x", ["dir/*"]),
        ("find dir -name x", []),
        ("find dir > out", ["out"]),
    ],
)
def test_what_a_command_may_change(text: str, paths: list[str]) -> None:
    assert touched(read_shell(text).commands[0]) == paths


@pytest.mark.parametrize(
    "text",
    "not-set not_set undefined null todo tbd placeholder non-existing nonexistent does-not-exist unspecified"
    " replaceme setme overwriteme fix-me fill-this provide-it edit-this image-must-be-set tag-should-be-given"
    " image-has-to-be-given arg-needs-to-be-set args-have-to-be-given not-provided tag-not-given".split(),
)
def test_further_defaults_that_ask_for_a_value(text: str) -> None:
    assert is_placeholder(text) and is_placeholder(text.upper())


@pytest.mark.parametrize("text", ["<>", "<", "<x", "x>", "a/required", "a:required", "not", "to-be", "foo-required"])
def test_further_names_that_are_values(text: str) -> None:
    assert not is_placeholder(text)


def test_patterns_between_several_stars() -> None:
    assert trim_start("a-b-c-d", "*-*-", longest=False) == "c-d"
    assert trim_start("a-b-c-d", "*-*-", longest=True) == "d"
    assert trim_start("a-b-c-d", "*-x*-", longest=True) == "a-b-c-d"
    assert trim_start("abc", "a*", longest=False) == "bc"
    assert trim_start("abc", "a*", longest=True) == ""
    assert trim_end("a-b-c", "-*", longest=False) == "a-b"
    assert trim_end("a-b-c", "-*", longest=True) == "a"
    assert trim_end("a*b", "\\*?", longest=False) == "a"
    assert replace("a-b-c", "-", "+", everywhere=False) == "a+b-c"
    assert replace("a-b-c", "-", "+", everywhere=True) == "a+b+c"
    assert replace("a-b-c", "-*", "+", everywhere=True) == "a+"
    assert replace("abc", "*", "x", everywhere=True) == "x"
    assert replace("abc", "", "x", everywhere=False) == "xabc"
    assert replace("aaa", "aa", "b", everywhere=True) == "ba"
    assert replace("a.c", ".", "x", everywhere=True) == "axc"
    assert replace("a/b", "\\/", "x", everywhere=True) == "axb"
    for refused in ("\\a", "\\"):
        with pytest.raises(PatternError):
            replace("a", refused, "x", everywhere=False)
