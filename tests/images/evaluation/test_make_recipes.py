"""What `make deps` installs in a RUN: the recipes of the repository's Makefile, as make itself runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

WHL = "https://download.pytorch.org/whl"
MAKEFILE = f"""\
HERE := $(shell pwd)
PIP ?= pip
INDEX := {WHL}/cpu

.PHONY: deps
deps: tools
\t@$(PIP) install torch==2.5.1 --index-url $(INDEX)

tools:
\tpip install wheel

both: deps
\tpip install -r requirements.txt

from-env:
\tpip install torch==2.5.1 --index-url {WHL}/$(CHANNEL)

docs:
\tsphinx-build docs

again:
\t$(MAKE) deps

round: trip
trip: round
\tpip install wheel
"""
LIST = f"deps:\n\tpip install torch==2.5.1 --index-url {WHL}/cpu\n"


def torch(root: Path, run: str, **files: str) -> str:
    given = {"Dockerfile": f"FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n{run}\n", "Makefile": MAKEFILE}
    write_tree(root, {**given, "requirements.txt": "torchmetrics\n", **files})
    return next(image.torch for image in api.images([root]) if not image.target)


@pytest.mark.parametrize(
    ("run", "found"),
    [
        ("RUN make deps", "cpu"),
        ("RUN make", "cpu"),  # the first target
        ("RUN apt-get update && gmake deps", "cpu"),
        ("RUN make -s both", "cpu"),
        ("ENV CHANNEL=cu126\nRUN make from-env", "cu126"),
        ("RUN make docs", "none"),
        ("RUN make round", "none"),
        ("RUN make nothing-of-this-name", "none"),
        ("RUN make -f Other.mk deps", "none"),
        ("RUN make --version", "none"),
        ("RUN make -n deps", "none"),
        ("RUN cmake . && make deps", "none"),  # another Makefile
        ("RUN cd /tmp && make deps", "none"),
        # what may decide otherwise
        ("ARG WHAT\nRUN make $WHAT", "unknown"),
        ("RUN make deps INDEX=https://download.pytorch.org/whl/cu118", "unknown"),
        ("RUN PIP_INDEX_URL=https://download.pytorch.org/whl/cpu make deps", "unknown"),
        ("RUN export INDEX=https://download.pytorch.org/whl/cu118 && make deps", "unknown"),
        ("RUN make -j 4", "unknown"),
        ("RUN make again", "unknown"),
    ],
)
def test_what_a_target_installs(tmp_path: Path, run: str, found: str) -> None:
    assert torch(tmp_path, run) == found


@pytest.mark.parametrize(
    "text",
    [
        f"ifeq ($(A),b)\nX = y\nendif\n{LIST}",
        f"include local.mk\n{LIST}",
        f"export PIP_INDEX_URL = {WHL}/cu118\n{LIST}",
        f"deps: X = y\n{LIST}",
        f".DEFAULT_GOAL := other\n{LIST}other:\n\tpip install flask\n",
        f".ONESHELL:\n{LIST}",
        f"define inst\n\tpip install $(1)\nendef\n{LIST}",
        "d%:\n\tpip install torch==2.5.1\n",
    ],
)
def test_a_makefile_in_which_more_decides_leaves_open_what_it_installs(tmp_path: Path, text: str) -> None:
    assert torch(tmp_path, "RUN make deps", Makefile=text) == "unknown"


def test_a_makefile_of_another_folder(tmp_path: Path) -> None:
    lists = {"api/Makefile": "deps:\n\tpip install -r list.txt\n", "api/list.txt": f"-i {WHL}/cpu\ntorch==2.5.1\n"}
    assert torch(tmp_path / "a", "RUN make -C api deps", **lists) == "cpu"
    assert torch(tmp_path / "b", "RUN cd api && make deps", **lists) == "cpu"
    assert torch(tmp_path / "c", "RUN make -C $(pwd) deps", **lists) == "unknown"


def test_a_makefile_that_was_not_copied_is_not_there(tmp_path: Path) -> None:
    text = "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN make deps\n"
    assert torch(tmp_path, "", Dockerfile=text) == "none"


def test_a_finding_stands_in_the_recipe(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY . .\nRUN make deps\n",
            "Makefile": "deps:\n\tpip install flask\n\tpip install torch==2.5.1\n",
        },
    )
    found = [f for f in api.check([tmp_path]).findings if f.rule == "torch-without-index"]
    assert [(f.span.path.rpartition("/")[2], f.span.line, f.span.column) for f in found] == [("Makefile", 3, 14)]
