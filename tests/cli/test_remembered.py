"""A check shows again what it showed only where nothing differs that it looked at."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from file_trees import write_tree

import wxlint
from wxlint.cli.main import main
from wxlint.lint import run

PACKAGE = Path(wxlint.__file__).parent

FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".gitignore": "made/\n",
    "wxlint.yaml": (
        "wxlint: 1\nimage: 'acme/{stage}:{variant}-{part}'\n"
        "parts: {part: {pattern: '[a-z]+', env: TRY_PART, default: one}}\n"
        "dockerfile: docker/{stage}/Dockerfile\nscripts: ['scripts/*.sh']\n"
        "variants:\n  cpu: {base: base, upstream: ['python:3.11-slim*'], stages: [asr]}\n"
    ),
    "docker/base/Dockerfile": "FROM python:3.11-slim\n",
    "docker/asr/Dockerfile": "ARG REGISTRY=acme\nFROM ${REGISTRY}/base:cpu-one\nCOPY requirements.txt /\n"
    "RUN pip install -r /requirements.txt\n",
    "requirements.txt": "requests==2.32.0\n",
    "scripts/build.sh": "#!/bin/sh\ndocker build -t acme/base:cpu-one docker/base\n"
    "docker build -t acme/asr:cpu-one -f docker/asr/Dockerfile .\n",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    write_tree(root, FILES)
    monkeypatch.chdir(root)
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TRY_PART", raising=False)
    return root


class Shown:
    """Runs of `check` in this process: what they show, their exit codes, and whether the rules ran."""

    def __init__(self, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capture, self.rules_ran = capfdbinary, False
        real = run.check

        def noted(*arguments: Any) -> Any:
            self.rules_ran = True
            return real(*arguments)

        monkeypatch.setattr(run, "check", noted)

    def __call__(self, *arguments: str) -> tuple[int, bytes]:
        self.rules_ran = False
        code = main(["check", *(arguments or (".",))])
        return code, self._capture.readouterr().out


@pytest.fixture
def shown(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Shown:
    return Shown(capfdbinary, monkeypatch)


def test_the_same_check_runs_no_rule_again(here: Path, shown: Shown) -> None:
    (here / "docker/base/Dockerfile").write_text("FROM python:latest\n")
    first = shown()
    assert shown.rules_ran and first[0] == 1 and b"latest-tag" in first[1]
    assert shown() == first and not shown.rules_ran


def _write(name: str, text: str) -> Callable[[Path], object]:
    def write(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return write


CHANGES: dict[str, Callable[[Path], object]] = {
    "a Dockerfile": _write("docker/base/Dockerfile", "FROM python:latest\n"),
    "one byte": _write("docker/base/Dockerfile", "FROM python:3.12-slim\n"),
    "a list of requirements": _write("requirements.txt", "requests>=2.32.0\ntorch==2.1.0\n"),
    "the policy": _write("wxlint.yaml", FILES["wxlint.yaml"] + "forbidden-tags: [cpu]\n"),
    "a script": _write("scripts/build.sh", FILES["scripts/build.sh"] + "docker run acme/none:latest\n"),
    "a new script": _write("scripts/more.sh", "#!/bin/sh\ndocker run acme/none:latest\n"),
    "a new Dockerfile": _write("docker/new/Dockerfile", "FROM python:latest\n"),
    "a new compose file": _write("compose.yaml", "services:\n  a: {image: 'acme/none:latest'}\n"),
    "a new folder": _write("other/deep/Dockerfile", "FROM python:latest\n"),
    "a policy below": _write("docker/asr/wxlint.yaml", "wxlint: 1\n"),
    ".gitignore": _write(".gitignore", "docker/asr\n"),
    ".dockerignore": _write(".dockerignore", "requirements.txt\n"),
    "a file that is gone": lambda root: (root / "requirements.txt").unlink(),
    "a Dockerfile that is gone": lambda root: (root / "docker/asr/Dockerfile").unlink(),
    "a file that is a folder now": lambda root: (
        (root / "requirements.txt").unlink(),
        (root / "requirements.txt").mkdir(),
    ),
    "a link": lambda root: (
        (root / "requirements.txt").rename(root / "list"),
        (root / "requirements.txt").symlink_to("/etc/hostname"),
    ),
    "a variable of the environment": lambda root: os.environ.update(TRY_PART="other"),
    "the repository": lambda root: (root / ".git").rename(root / "git"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_a_check_says_what_one_without_a_cache_says(
    here: Path, shown: Shown, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRY_PART", "one")
    shown()
    CHANGES[change](here)
    found = shown()
    assert shown.rules_ran
    assert found == shown("--no-cache", ".")


def test_each_change_is_seen_and_taken_back(here: Path, shown: Shown) -> None:
    first = shown()
    path = here / "docker/base/Dockerfile"
    times = path.stat()
    path.write_text("FROM python:3.11-slxm\n"[: times.st_size])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert shown() != first, "the size and the time of a file say nothing"
    _write("docker/base/Dockerfile", FILES["docker/base/Dockerfile"])(here)
    assert shown() == first


@pytest.mark.parametrize(
    "arguments",
    [
        (".", "--ignore", "latest-tag"),
        (".", "--concise"),
        (".", "--format", "json"),
        (".", "--no-policy"),
        ("docker",),
        ("docker/asr/Dockerfile",),
        (".", "--fail-on", "info"),
    ],
)
def test_other_arguments_are_another_check(here: Path, shown: Shown, arguments: tuple[str, ...]) -> None:
    (here / "docker/base/Dockerfile").write_text("FROM python:latest\n")
    shown()
    found = shown(*arguments)
    assert shown.rules_ran and found == shown("--no-cache", *arguments)


def test_another_folder_is_another_check(here: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    shown()
    here.rename(here.with_name("moved"))
    monkeypatch.chdir(here.with_name("moved"))
    shown()
    assert shown.rules_ran


def test_colours_are_another_check(here: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    from wxlint.cli import commands, remembered

    (here / "docker/base/Dockerfile").write_text("FROM python:latest\n")
    shown()
    for module in (commands, remembered):
        monkeypatch.setattr(module, "has_colour", lambda: True)
    found = shown()
    assert shown.rules_ran and b"\x1b[" in found[1]


@pytest.mark.parametrize("damage", ["cut", "other bytes", "another's"])
def test_a_file_that_is_not_to_be_trusted_is_left_alone(here: Path, shown: Shown, damage: str) -> None:
    first = shown()
    (path,) = Path(os.environ["WXLINT_CACHE_DIR"]).glob("*-run.*")
    data = path.read_bytes()
    if damage == "another's":
        path.chmod(0o666)
    else:
        path.write_bytes(data[:-9] if damage == "cut" else data[:-9] + b"\0" + data[-8:])
    assert shown() == first and shown.rules_ran


@pytest.mark.parametrize("more", [("--output", "report"), ("--max-unknown", "0"), ("--no-cache",)])
def test_a_check_that_does_more_than_show_findings_is_not_kept(here: Path, shown: Shown, more: tuple[str, ...]) -> None:
    for _ in range(2):
        shown(".", *more)
        assert shown.rules_ran
    assert not list(here.parent.glob("cache/*-run.*"))


def test_what_several_processes_asked_is_kept(tmp_path: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    many = tmp_path / "many"
    many.mkdir()
    monkeypatch.chdir(many)
    for number in range(160):
        _write(f"s{number}/Dockerfile", f"FROM python:3.{number}\nCOPY a /\nRUN pip install -r /a/b.txt\n")(many)
    monkeypatch.setattr("wxlint.lint.parallel._cores", lambda: 2)
    first = shown(".", "--jobs", "2")
    assert shown(".", "--jobs", "2") == first and not shown.rules_ran
    (many / "s150/a").mkdir()
    _write("s150/a/b.txt", "torch==2.3.1 --index-url x\n")(many)
    found = shown(".", "--jobs", "2")
    assert shown.rules_ran and found == shown("--no-cache", ".", "--jobs", "1")


def test_a_check_that_failed_is_not_kept(here: Path, shown: Shown) -> None:
    (here / "docker/base/Dockerfile").write_bytes(b"\0" * 9_000_000)
    for _ in range(2):
        assert shown()[0] == 2 and shown.rules_ran


_ASKS = frozenset("stat lstat scandir listdir open readlink access walk".split())
_DOORS = ("core/disk.py", "core/reading.py", "core/cache.py", "/argparse.py")
"""argparse looks for its translations."""
_OF_THE_PROGRAM = ("facts/tables.py", "policy/schema.py", "policy/rule_names.py", "output/__init__.py")
"""They read files of the program itself, which the stamp of the cache speaks of."""


def test_a_check_asks_through_one_door_only(here: Path, shown: Shown) -> None:
    _write("compose.yaml", "services:\n  a: {build: docker/asr, env_file: .env}\n")(here)
    _write("docker-bake.hcl", 'target "a" { dockerfile = "docker/asr/Dockerfile" }\n')(here)
    _write(".github/workflows/a.yml", "on: push\njobs: {a: {steps: [{run: docker build docker/asr}]}}\n")(here)
    _write("Makefile", "a:\n\tdocker build docker/none\n")(here)
    _write("chart/values.yaml", "image: {repository: acme/asr, tag: cpu}\n")(here)
    _write("docker/asr/Dockerfile", FILES["docker/asr/Dockerfile"] + "COPY none /\nCOPY --from=other x /\n")(here)
    (here / "docker/linked.Dockerfile").symlink_to("base/Dockerfile")
    beside: set[str] = set()

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or called.__name__ not in _ASKS or called.__module__ not in ("posix", "nt", "_io", "io"):
            return
        at: FrameType | None = frame
        while at is not None:
            name = at.f_code.co_filename
            if name.startswith("<frozen importlib") or name.endswith((*_DOORS, *_OF_THE_PROGRAM)):
                return
            if name.startswith(str(PACKAGE)):
                beside.add(f"{called.__name__} at {name}:{at.f_lineno}")
                return
            at = at.f_back

    sys.setprofile(watch)
    try:
        main(["check", "."])
        main(["check", "docker/asr/Dockerfile", "docker/base", "--no-policy", "--no-cache"])
    finally:
        sys.setprofile(None)
    assert not beside


_ROOMS = ("discovery", "documents", "images", "lint", "policy", "rules", "shell")
_BESIDE = re.compile(
    r"\bos\.(?:environ|getenv|stat|lstat|scandir|listdir|walk|readlink|open|access)\b|from os import"
    r"|\bos\.path\.(?:exists|lexists|isfile|isdir|islink|ismount|realpath|getsize|getmtime|samefile)\b"
    r"|(?<!disk)\.(?:exists|is_file|is_dir|is_symlink|resolve|iterdir|r?glob|read_text|read_bytes|lstat)\("
    r"|(?<![\w.-])(?<!def )open\("
)
_NO_PART_OF_A_KEPT_RUN = (
    "discovery/git_tree.py",  # --since
    "lint/changes.py",
    "lint/baseline.py",  # --baseline
    "lint/standard_input.py",
    "policy/rule_names.py",  # files of the program
    "policy/schema.py",
    "rules/_docs.py",
)


def test_no_room_has_a_door_of_its_own() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for room in _ROOMS
        for path in (PACKAGE / room).rglob("*.py")
        if path.relative_to(PACKAGE).as_posix() not in _NO_PART_OF_A_KEPT_RUN
        for match in _BESIDE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found
