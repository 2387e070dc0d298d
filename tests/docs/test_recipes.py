"""The recipes are run as they stand: commands in a folder of their own, files held to their formats."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typed_steps import fits, steps

ROOT = Path(__file__).resolve().parents[2]
RECIPES = dict(
    re.findall(
        r"^## (.+)\n((?:(?!## ).*\n)*)", (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8"), re.MULTILINE
    )
)
TYPED = {name: found for name, text in RECIPES.items() if (found := steps(text))}
FILE = re.compile(r'```yaml title="([^"]+)"\n(.*?)```', re.DOTALL)
SCHEMAS = {".gitlab-ci.yml": "vendor.gitlab-ci"}

ELSEWHERE = {
    "wxlint's image": "run by the tests of the image, with an engine",
    "Air-gapped": "two machines and an engine",
    "A runner with a GPU": "a GPU",
    "Remote builders": "builders, and a registry with the images",
}
"""Recipes with commands (```sh) that need more than a folder, and what."""


@pytest.mark.parametrize("name", TYPED)
def test_a_recipe_does_what_it_says(tmp_path: Path, name: str) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    for step in TYPED[name]:
        command = ["bash", "-c", step.command]
        done = subprocess.run(
            command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert fits(step.answer, done.stdout), f"$ {step.command}\n{done.stdout}"


def test_what_is_not_run_is_known() -> None:
    assert {name for name, text in RECIPES.items() if "```sh\n" in text} == set(ELSEWHERE)
    assert len(TYPED) == 5 and len(RECIPES) == 8


@pytest.mark.parametrize(("file", "text"), [pair for text in RECIPES.values() for pair in FILE.findall(text)])
def test_files_of_recipes_are_valid(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    schema = "vendor.github-workflows" if file.startswith(".github") else SCHEMAS.get(file)
    if schema is not None:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    if file.startswith(".github"):
        command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--quiet", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_commands_that_are_not_run_are_known_to_the_program() -> None:
    shown: dict[str, str] = {}
    for text in RECIPES.values():
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            for verb, options in re.findall(r"^wxlint (\w+)([^#\n]*)", block, re.MULTILINE):
                if verb not in shown:
                    command = [sys.executable, "-m", "wxlint", verb, "--help"]
                    shown[verb] = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                for option in re.findall(r"(?<=\s)--[a-z-]+", options):
                    assert option in shown[verb], f"{verb} {option}"
    assert "inspect" in shown and "report" in shown
