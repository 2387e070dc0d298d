"""Builds in noxfile.py, tasks.py and their like: literal command lines, read without running them."""

from __future__ import annotations

import pytest
from built_by_scripts import first_normal_of, tags

from wxlint.documents.source import Source
from wxlint.images.builds.model import Script
from wxlint.images.builds.python.from_python import python_script


def script(text: str) -> Script:
    return python_script(Source("noxfile.py", text), first_normal_of("Dockerfile", "app/Dockerfile"))


def test_lists_words_and_texts() -> None:
    text = """\
import subprocess
TAG = "1.0"
NAME = f"example/app:{TAG}"

def build(session, variant):
    # é
    subprocess.run(["docker", "build", "-t", NAME, "."], check=True)
    session.run("docker", "build", "-t", NAME + "-cpu", "app", external=True)
    session.run(f"docker build -t example/app:{variant} .")
    print("docker build -t no:1 .")

async def push(c):
    c.run("docker push example/app:1.0")
"""
    found = script(text)
    assert tags(found) == ["example/app:1.0", "example/app:1.0-cpu", "example/app:variant"]
    (build,) = [build for build in found.builds if build.dockerfile == "app/Dockerfile"]
    assert build.built_by[0].text == "build()"
    assert text.splitlines()[7][build.tags[0].span.column - 1 : build.tags[0].span.end_column - 1] == 'NAME + "-cpu"'
    assert [use.value.shown() for use in found.uses][-1] == "example/app:1.0"


def test_names_with_several_values_and_other_expressions_are_unknown() -> None:
    text = (
        'A = "1"\nA = "2"\nB = get()\ndef f(C="3"):\n    run(["docker", "pull", f"x:{A}", f"x:{B}", f"x:{C}", *MORE])\n'
    )
    assert [use.value.shown() for use in script(text).uses] == ["x:A", "x:get()", "x:C"]


def test_what_is_given_on_the_way_may_hold_build_arguments() -> None:
    (build,) = script('run(["docker", "build", *OPTIONS, "-t", "a:1", "."])\n').builds
    assert build.more


def test_warnings_about_the_file_are_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    assert script('x = 1if 2else 3\ny = "\\d"\n').builds == () and not recwarn.list


@pytest.mark.parametrize("text", ["", "(", "x = " + "(" * 500, "run()", "run([])", "run([1, 2])", "run(*a)", "run('')"])
def test_what_is_none(text: str) -> None:
    assert script(text).builds == ()
