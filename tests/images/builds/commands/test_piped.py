"""Dockerfiles that reach a build through its standard input."""

from __future__ import annotations

import pytest
from built_by_scripts import first_of

from wxlint.documents.source import Source
from wxlint.images.builds.from_powershell import powershell_script
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import Script
from wxlint.shell.scripts import script_commands

find = first_of("a/Dockerfile", "b/Dockerfile")


def script(text: str, path: str = "build.sh") -> Script:
    source = Source(path, text)
    if path.endswith(".ps1"):
        return powershell_script(source, find)
    kind = "batch" if path.endswith(".bat") else "shell"
    return read_script(source, script_commands(kind, path, text).commands, find)


def builds(text: str, path: str = "build.sh") -> list[tuple[str, list[str]]]:
    return [(build.dockerfile, [edit.written for edit in build.edits]) for build in script(text, path).builds]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sed s/x/y/ a/Dockerfile | docker build -t e:1 -f - .", ("a/Dockerfile", ["s/x/y/"])),
        ("sed -e s/x/y/ -e s/z/w/g a/Dockerfile | docker build -f- .", ("a/Dockerfile", ["s/x/y/", "s/z/w/g"])),
        ("sed 's/x/y/; s/z/w/' a/Dockerfile \\\n  | docker build --file=- .", ("a/Dockerfile", ["s/x/y/", "s/z/w/"])),
        ("cat a/Dockerfile | docker build -f - .", ("a/Dockerfile", [])),
        ("docker build -f - . < a/Dockerfile", ("a/Dockerfile", [])),
        ("docker build - < a/Dockerfile", ("a/Dockerfile", [])),
        ("sed s/x/y/e a/Dockerfile | docker build -f - .", ("", [])),
        ("sed s/x/y/ a/Dockerfile | grep -v z | docker build -f - .", ("", [])),
        ("sed s/x/y/ a/Dockerfile; docker build -f - .", ("", [])),
        ("sed s/x/y/ a/Dockerfile b/Dockerfile | docker build -f - .", ("", [])),
        ("sed $E a/Dockerfile | docker build -f - .", ("", [])),
        ("make-it | docker build -f - .", ("", [])),
        ("docker build -f - .", ("", [])),
        ("tar c . | docker build -", ("", [])),
    ],
)
def test_shell(text: str, found: tuple[str, list[str]]) -> None:
    assert builds(text) == [found]


def test_each_round_of_a_loop_has_its_own() -> None:
    text = "for s in a b; do\n  sed s/x/$s/ $s/Dockerfile | docker build -t e/$s:1 -f - .\ndone"
    assert builds(text) == [("a/Dockerfile", ["s/x/a/"]), ("b/Dockerfile", ["s/x/b/"])]


IN_LOOP = "for %%s in (a) do (\n  pwsh.exe -NoProfile -c \"(Get-Content '%%s\\Dockerfile')"
EDIT = "(Get-Content 'a\\Dockerfile') -replace 'x', 'y' -creplace 'z', 'w' | docker build -t e:1 -f - ."


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (EDIT, "build.ps1"),
        (f'@echo off\npowershell -Command "{EDIT}"', "build.bat"),
        (f'@echo off\n{IN_LOOP}{EDIT.partition(")")[2]}"\n)', "build.bat"),
    ],
)
def test_powershell(text: str, path: str) -> None:
    found = script(text, path)
    assert [build.dockerfile for build in found.builds] == ["a/Dockerfile"]
    assert [edit.written for edit in found.builds[0].edits] == ["-replace 'x', 'y'", "-creplace 'z', 'w'"]
    assert [(edit.tool, edit.dockerfile) for edit in found.edits] == [("-replace", "a/Dockerfile")]
    assert [use.value.text for use in found.uses] == ["e:1"]


@pytest.mark.parametrize(
    "text",
    [
        "(Get-Content 'a\\Dockerfile') -split 'x' | docker build -f - .",
        "Get-Content a/Dockerfile | Select-Object -First 3 | docker build -f - .",
        "(Get-Content $file) -replace 'x', 'y' | docker build -f - .",
        "$text = Get-Content a/Dockerfile\ndocker build -f - .",
    ],
)
def test_powershell_that_is_not_understood(text: str) -> None:
    assert builds(text, "build.ps1") == [("", [])]


def test_a_powershell_without_a_text_is_a_program_like_others() -> None:
    assert builds("powershell -File build.ps1\ndocker build a", "build.sh") == [("a/Dockerfile", [])]
