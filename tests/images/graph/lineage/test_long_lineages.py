"""Lineages of any length and shape: no recursion, no work that grows with the paths through them, circles unknown."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.images.graph import evaluations
from wxlint.images.graph.lineage.components import components
from wxlint.images.graph.pictures.summary import Belief, beliefs_of
from wxlint.images.graph.repository import Repository
from wxlint.lint.inputs import gather
from wxlint.rules import load_rule

CPU = "--index-url https://download.pytorch.org/whl/cpu"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def repository(files: dict[str, str]) -> Repository:
    write_tree(Path(), files)
    return gather(["."]).repository


def last(files: dict[str, str], path: str = "Dockerfile") -> Belief:
    found = beliefs_of(repository(files), frozenset([path]))
    return next(belief for belief in found if belief.target is None)


def test_stages_from_each_other() -> None:
    text = f"FROM python:3.11-slim AS s0\nRUN pip install torch==2.3.1 {CPU}\n"
    text += "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(600))
    found = last({"Dockerfile": text})
    assert (found.base, found.variant, found.torch) == ("python:3.11-slim", "cpu", "cpu")


def test_stages_that_copy_from_each_other() -> None:
    text = f"FROM python:3.11-slim AS s0\nRUN pip install torch==2.3.1 {CPU}\n"
    text += "".join(f"FROM python:3.11-slim AS s{n + 1}\nCOPY --from=s{n} /opt/venv /opt/venv\n" for n in range(600))
    assert last({"Dockerfile": text}).torch == "cpu"


def test_a_chain_of_dockerfiles() -> None:
    files = {f"d{n}/Dockerfile": f"FROM example/i{n + 1}:1\n" for n in range(500)}
    files["d500/Dockerfile"] = f"FROM python:3.11-slim\nRUN pip install torch==2.3.1 {CPU}\n"
    services = (f"  s{n}: {{image: 'example/i{n}:1', build: d{n}}}\n" for n in range(501))
    files["compose.yaml"] = "services:\n" + "".join(services)
    assert last(files, "d0/Dockerfile").torch == "cpu"


def test_what_two_copies_bring_is_there_once() -> None:
    """With each stage copying twice from the one before, a package would be there 2^60 times."""
    text = "FROM python:3.11-slim AS s0\nRUN pip install onnxruntime-gpu\n"
    copy = "COPY --from=s{0} /opt/venv /opt/venv\nCOPY --from=s{0} /usr/local /usr/local\n"
    text += "".join(f"FROM python:3.11-slim AS s{n + 1}\n{copy.format(n)}" for n in range(60))
    (image,) = repository({"Dockerfile": text}).images
    assert [package.written for package in image.state.packages] == ["onnxruntime-gpu"]


def test_images_that_are_built_from_each_other_are_unknown() -> None:
    ring = "services:\n" + "".join(f"  s{n}: {{image: 'x/i{n}:1', build: d{n}}}\n" for n in range(4))
    files = {f"d{n}/Dockerfile": f"FROM x/i{(n + 1) % 3}:1\n" for n in range(3)}
    files |= {"d3/Dockerfile": f"FROM x/i0:1\nRUN pip install torch==2.3.1 {CPU}\n", "compose.yaml": ring}
    found = repository(files)
    states = {image.evaluated.path: image.state for image in found.images}
    assert [states[f"d{n}/Dockerfile"].torch.channel for n in range(3)] == ["unknown"] * 3
    assert states["d3/Dockerfile"].torch.channel == "cpu"
    assert states["d3/Dockerfile"].accelerator is None


def test_what_stands_on_more_stages_than_anybody_has_is_unknown() -> None:
    text = "FROM nvidia/cuda:12.1.0-base-ubuntu22.04 AS s0\n"
    text += "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(1_100))
    image = repository({"Dockerfile": text}).images[-1]
    assert image.state.accelerator is None


@pytest.mark.parametrize("seed", range(40))
def test_components_come_after_what_they_need(seed: int) -> None:
    choose = random.Random(seed)
    count = choose.randint(1, 12)
    needs = {n: [choose.randrange(count) for _ in range(choose.randint(0, 3))] for n in range(count)}

    def reached(start: int) -> set[int]:
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            for other in needs[waiting.pop()]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen

    found = list(components(0, needs.__getitem__))
    settled: set[int] = set()
    for group in found:
        assert all(other in settled or other in group for node in group for other in needs[node])
        assert all(set(group) <= reached(node) for node in group) or len(group) == 1
        settled.update(group)
    assert settled == {0} | reached(0)
    assert sum(len(group) for group in found) == len(settled)
    for group in found:
        together = {node for node in settled if node in reached(group[0]) and group[0] in reached(node)}
        assert set(group) == (together or {group[0]})


def test_builds_past_what_is_followed_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each build evaluates all instructions: what is left out is said, and at the first build that is left out."""
    monkeypatch.setattr(evaluations, "MOST_INSTRUCTIONS", 20)
    lines = "".join(f"docker build --build-arg V={i} -t x:{i} .\n" for i in range(8))
    files = {"Dockerfile": "ARG V\nFROM a:$V\nRUN true\nRUN true\n", "b.sh": f"#!/bin/sh\n{lines}"}
    found = repository(files)
    evaluated = [evaluated for evaluated in found.evaluated if evaluated.path == "Dockerfile"]
    assert [item.skipped for item in evaluated] == [False] * 5 + [True] * 3
    (problem,) = load_rule("unread-file").check(found)
    assert (problem.span.path, problem.span.line) == ("b.sh", 7)


def test_one_build_is_never_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "MOST_INSTRUCTIONS", 1)
    assert not any(item.skipped for item in repository({"Dockerfile": "FROM a:1\nRUN true\n"}).evaluated)
