"""What a job of a GitHub workflow hands to those that need it."""

from __future__ import annotations

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.github.from_workflows import Workflows

PATH = ".github/workflows/ci.yml"
MATRIX = "    strategy: {matrix: {v: [a, b]}}\n"
PLAN = "    outputs:\n      channel: cu126\n    steps: []\n"
CALLED = "    uses: ./.github/workflows/other.yml\n"


def argument(plan: str, output: str) -> str:
    """What a build is given of an output of the job `plan`."""
    text = (
        f"on: push\njobs:\n  plan:\n{plan}  gpu:\n    needs: plan\n    steps:\n"
        f"      - run: docker build --build-arg C=${{{{ needs.plan.outputs.{output} }}}} -t e:1 .\n"
    )
    workflows = Workflows(lambda paths: "Dockerfile", lambda path: None)
    workflows.add(Source(PATH, text))
    (build,) = workflows.script(PATH).builds
    return dict(build.args)["C"].shown()


@pytest.mark.parametrize(
    ("plan", "output", "given"),
    [
        (PLAN, "channel", "cu126"),
        (PLAN, "Channel", "cu126"),
        (PLAN, "chanel", ""),
        (MATRIX + PLAN, "channel", "${{ needs.plan.outputs.channel }}"),
        (MATRIX + PLAN, "chanel", ""),
        ("    steps: []\n", "channel", ""),
        (CALLED, "channel", "${{ needs.plan.outputs.channel }}"),
        ("    if: false\n" + PLAN, "chanel", "${{ needs.plan.outputs.chanel }}"),
    ],
)
def test_outputs_of_a_job(plan: str, output: str, given: str) -> None:
    assert argument(plan, output) == given
