"""Layers to Dockerfile lines, in the spellings of the builders."""

from __future__ import annotations

import pytest

from wxlint.inspection.dockerfile_lines import HistoryEntry, Instruction, match_history

SOURCE: list[Instruction] = [
    ("ARG", "ARG TAG=slim", 1),
    ("FROM", "FROM python:${TAG} AS base", 2),
    ("ENV", "ENV PIP_NO_CACHE_DIR=1", 3),
    ("RUN", "RUN --mount=type=cache,target=/root/.cache apt-get update &&     apt-get install -y git", 4),
    ("FROM", "FROM base AS build", 7),
    ("RUN", "RUN make all", 8),
    ("FROM", "FROM base", 10),
    ("WORKDIR", "WORKDIR /app", 11),
    ("COPY", "COPY --chown=1000:1000 requirements.txt ./", 12),
    ("RUN", "RUN pip install -r requirements.txt", 13),
    ("COPY", "COPY --from=build /out /usr/local/bin/", 14),
    ("RUN", 'RUN ["python", "-m", "compileall", "."]', 15),
    ("USER", "USER app", 16),
    ("ENTRYPOINT", 'ENTRYPOINT ["python"]', 17),
]
WANTED = [None, None, 4, 11, 12, 13, 14, 15]


def steps(text: str) -> list[HistoryEntry]:
    """One step a line; `-` in front: no layer."""
    return [HistoryEntry(line.lstrip("- "), line.startswith("-")) for line in text.strip().splitlines()]


BUILDKIT = steps("""
# debian.sh --arch 'amd64' out/ 'bookworm'
RUN /bin/sh -c set -eux; apt-get update # buildkit
- ENV PYTHON_VERSION=3.11.9
- CMD ["python3"]
- ENV PIP_NO_CACHE_DIR=1
RUN /bin/sh -c apt-get update &&     apt-get install -y git # buildkit
WORKDIR /app
COPY requirements.txt ./ # buildkit
RUN /bin/sh -c pip install -r requirements.txt # buildkit
COPY /out /usr/local/bin/ # buildkit
RUN python -m compileall . # buildkit
- USER app
- ENTRYPOINT ["python"]
""")
CLASSIC = steps("""
/bin/sh -c #(nop) ADD file:9a4f77dfaba7fd2aa in /
/bin/sh -c set -eux; apt-get update
- /bin/sh -c #(nop)  CMD ["python3"]
- /bin/sh -c #(nop)  ENV PIP_NO_CACHE_DIR=1
/bin/sh -c apt-get update &&     apt-get install -y git
/bin/sh -c #(nop) WORKDIR /app
/bin/sh -c #(nop) COPY --chown=1000:1000 file:0123abcd in ./
/bin/sh -c pip install -r requirements.txt
/bin/sh -c #(nop) COPY dir:8888 in /usr/local/bin/
python -m compileall .
- /bin/sh -c #(nop)  USER app
- /bin/sh -c #(nop)  ENTRYPOINT ["python"]
""")
ARGUMENTS = [
    HistoryEntry(step.created_by.replace("/bin/sh -c pip", "|2 A=x y B=/bin/z /bin/sh -c pip"), step.empty)
    for step in CLASSIC
]
BUILDKIT_ARGUMENTS = [
    HistoryEntry(step.created_by.replace("/bin/sh -c pip", "|1 A=1 /bin/bash -o pipefail -c pip"), step.empty)
    for step in BUILDKIT
]
LABELLED = [*BUILDKIT, HistoryEntry("LABEL org.opencontainers.image.revision=abc", True)]
KANIKO = [
    HistoryEntry(f"{keyword} {text.partition(' ')[2]}", False) for keyword, text, _ in SOURCE if keyword != "FROM"
]


def lines_of(history: list[HistoryEntry], source: list[Instruction]) -> list[int | None]:
    """The line of each layer."""
    return [line for step, line in zip(history, match_history(history, source).lines) if not step.empty]


@pytest.mark.parametrize(
    "history",
    [BUILDKIT, CLASSIC, ARGUMENTS, BUILDKIT_ARGUMENTS, LABELLED],
    ids=["buildkit", "classic", "classic-arguments", "buildkit-arguments", "labelled"],
)
def test_every_builder(history: list[HistoryEntry]) -> None:
    assert lines_of(history, SOURCE) == WANTED


def test_the_stage_that_was_built() -> None:
    built = [
        HistoryEntry("ADD rootfs.tar /", False),
        *BUILDKIT[4:6],
        HistoryEntry("RUN /bin/sh -c make all # buildkit", False),
    ]
    assert lines_of(built, SOURCE) == [None, 4, 8]


def test_kaniko_writes_instructions_as_they_are() -> None:
    lines = match_history(KANIKO, SOURCE).lines
    assert [line for line in lines if line] == [3, 4, 11, 12, 13, 14, 15, 16, 17]


def test_another_dockerfile_is_not_believed() -> None:
    other = [
        ("FROM", "FROM debian", 1),
        ("ENV", "ENV PIP_NO_CACHE_DIR=1", 2),
        ("RUN", "RUN a", 3),
        ("COPY", "COPY x /y", 4),
    ]
    assert lines_of(BUILDKIT, other) == [None] * 8
    one_line = [*other, ("RUN", "RUN pip install -r requirements.txt", 5), ("RUN", "RUN b", 6)]
    assert lines_of(BUILDKIT, one_line) == [None] * 8
    assert lines_of(BUILDKIT, []) == [None] * 8
    assert match_history([], SOURCE).strength == 0


def test_the_same_command_twice_goes_to_the_later_line() -> None:
    source = [("FROM", "FROM x", 1), ("RUN", "RUN make", 2), ("RUN", "RUN make", 3)]
    history = steps("RUN /bin/sh -c make # buildkit\nRUN /bin/sh -c make # buildkit\nRUN /bin/sh -c make # buildkit")
    assert lines_of(history, source) == [None, 2, 3]


def test_of_equal_stages_the_last() -> None:
    source = [("FROM", "FROM x AS a", 1), ("RUN", "RUN make", 2), ("FROM", "FROM x AS b", 3), ("RUN", "RUN make", 4)]
    assert lines_of([HistoryEntry("RUN /bin/sh -c make # buildkit", False)], source) == [4]


def test_variables_that_the_builder_filled_in() -> None:
    source = [
        ("FROM", "FROM x", 1),
        ("RUN", "RUN make", 2),
        ("COPY", "COPY a ${APP}/", 3),
        ("ENV", "ENV HOME_DIR=$APP", 4),
    ]
    history = steps("RUN /bin/sh -c make # buildkit\nCOPY a /opt/app/ # buildkit\n- ENV HOME_DIR=/opt/app")
    assert match_history(history, source).lines == (2, 3, 4)


def test_heredocs() -> None:
    source = [("FROM", "FROM x", 1), ("RUN", "RUN <<EOF", 2), ("RUN", "RUN make", 6)]
    history = steps("ADD x /\nRUN /bin/sh -c pip install torch # buildkit\nRUN /bin/sh -c make # buildkit")
    assert match_history(history, source).lines == (None, 2, 6)


def test_long_histories_are_left_alone() -> None:
    assert match_history([HistoryEntry("RUN make", False)] * 1001, SOURCE).strength == 0
    assert match_history(BUILDKIT, [("FROM", "FROM x", 1)] * 2001).strength == 0
