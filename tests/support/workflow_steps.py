"""Workflows of one job, written for tests of what its steps build."""

from __future__ import annotations

from built_by_scripts import first_normal_of

from wxlint.documents.source import Source
from wxlint.images.builds.github.from_workflows import Workflows
from wxlint.images.builds.model import Script

find = first_normal_of("Dockerfile", "app/Dockerfile", "app/Dockerfile.cuda", "sub/app/Dockerfile")


def script(text: str, root: str = "", **others: str) -> Script:
    """What one workflow does. others: files of the repository, `__` for `/`."""
    files = {name.replace("__", "/"): Source(name.replace("__", "/"), own) for name, own in others.items()}
    workflows = Workflows(find, files.get)
    workflows.add(Source(f"{root}.github/workflows/ci.yml", text))
    return workflows.script(f"{root}.github/workflows/ci.yml")


def job(*steps: str, head: str = "", runner: str = "ubuntu-latest") -> str:
    return f"on: push\njobs:\n  image:\n    runs-on: {runner}\n{head}    steps:\n{''.join(steps)}"


def action(name: str, label: str = "", **inputs: str) -> str:
    """A step. inputs: `_` for `-`."""
    given = "".join(
        f"          {key.replace('_', '-')}: |-\n" + "".join(f"            {line}\n" for line in value.split("\n"))
        for key, value in inputs.items()
    )
    return f"      - uses: {name}\n{label}" + (f"        with:\n{given}" if given else "")


def tags(found: Script) -> list[str]:
    return [tag.value.shown() for each in found.builds for tag in each.tags]
