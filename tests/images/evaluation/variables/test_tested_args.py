"""Arguments without a default that a RUN only tests are empty; those that become part of something are not known."""

from __future__ import annotations

import pytest

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.variables.tested_args import decides_only


@pytest.mark.parametrize(
    ("rest", "decides"),
    [
        ('RUN if [ -z "$GPU" ]; then a; fi', True),
        ("RUN if [[ ${GPU} == true ]]; then a; fi", True),
        ('RUN test -n "$GPU" && a', True),
        ('RUN if [ -z "$GPU" ]; then pip install torch==$GPU; fi', False),
        ("RUN pip install torch==$GPU", False),
        ('ENV X=$GPU\nRUN if [ -z "$GPU" ]; then a; fi', False),
        ("RUN echo $GPUS", False),
        ("RUN a", False),
    ],
)
def test_decides_only(rest: str, decides: bool) -> None:
    text = f"FROM python:3.11-slim\nARG GPU\n{rest}\n"
    assert decides_only("GPU", read_dockerfile(Source("Dockerfile", text))) is decides
