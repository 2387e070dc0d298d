"""What all jobs of a pipeline's run have in common."""

from __future__ import annotations

import pytest

from wxlint.core.values import HOLE, Value
from wxlint.images.builds.pipeline_runs import is_of_a_run


@pytest.mark.parametrize(
    ("hole", "same"),
    [
        ("$CI_COMMIT_SHORT_SHA", True),
        ("${CI_COMMIT_REF_SLUG}", True),
        ("${CI_COMMIT_SHA:0:8}", True),
        ("${GITHUB_SHA::7}", True),
        ("$GITHUB_RUN_ID", True),
        ("${{ github.sha }}", True),
        ("${{ github.repository_owner }}", True),
        ("$CI_JOB_ID", False),
        ("$CI_NODE_INDEX", False),
        ("${CI_COMMIT_SHA:0:$LENGTH}", False),
        ("${CI_COMMIT_TAG:-$VARIANT}", False),
        ("${{ github.job }}", False),
        ("${{ matrix.sha }}", False),
        ("$github_sha", False),
        ("$(git describe)", False),
    ],
)
def test_parts_of_a_tag(hole: str, same: bool) -> None:
    assert is_of_a_run(Value(f"app:{HOLE}", (hole,))) == same
    assert is_of_a_run(Value(f"{HOLE}:{HOLE}", ("$CI_REGISTRY_IMAGE", hole))) == same


def test_a_known_text_is_the_same() -> None:
    assert is_of_a_run(Value("app:1.0"))
