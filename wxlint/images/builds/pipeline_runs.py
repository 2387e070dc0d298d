"""Values that are not known before a pipeline, and the same in all of its jobs: the commit, the branch, its number."""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.values import Value

_GITLAB = (
    r"CI_COMMIT_(?:SHA|SHORT_SHA|REF_NAME|REF_SLUG|BRANCH|TAG|TIMESTAMP)|CI_PIPELINE_I?ID|CI_DEFAULT_BRANCH"
    r"|CI_REGISTRY(?:_IMAGE)?|CI_PROJECT_(?:ID|NAME|PATH|PATH_SLUG|NAMESPACE|ROOT_NAMESPACE)"
)
_GITHUB = r"sha|ref|ref_name|run_id|run_number|run_attempt|repository|repository_owner"
_VARIABLE = rf"(?:{_GITLAB}|GITHUB_(?:{_GITHUB.upper()}))"
_OF_A_RUN = late(rf"\$(?:{_VARIABLE}|\{{{_VARIABLE}(?::\d*:\d+|:\d+)?\}})|\$\{{\{{ github\.(?:{_GITHUB}) \}}\}}")
"""Predefined variables of GitLab and GitHub, whole or a part between two positions, and GitHub's context."""


def is_of_a_run(value: Value) -> bool:
    """Whether every unknown part is one that all jobs and rounds of a pipeline's run have in common."""
    return all(_OF_A_RUN.fullmatch(hole) for hole in value.holes)
