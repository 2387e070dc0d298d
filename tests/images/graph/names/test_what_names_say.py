"""What names say of an image, what is known of somebody else's, and which folders carry an environment."""

from __future__ import annotations

import pytest

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.graph.lineage.carried import carries
from wxlint.images.graph.lineage.external_images import external_state
from wxlint.images.graph.names.hints import (
    accelerator_words,
    evidence,
    expected_by_names,
    from_path,
    from_reference,
    said_by,
)
from wxlint.images.model.records import Build, Evaluated, StageCopy, Use
from wxlint.images.model.reference import parse_reference


def run(text: str, build: Build | None = None) -> Evaluated:
    made = build or Build("Dockerfile", (".",))
    return evaluate(read_dockerfile(Source(made.dockerfile, text)), made, Files(lambda _: None, (".",)))


@pytest.mark.parametrize(
    ("name", "said"),
    [(name, {"other"}) for name in "xpu hpu npu tpu gaudi ascend habana cann neuron neuronx musa".split()]
    + [(f"{maker}-gpu", {"rocm"}) for maker in ("amd", "radeon")]
    + [(f"gpu-{maker}", {"other"}) for maker in ("intel", "arc", "apple")]
    + [("hip", {"rocm"}), ("rocm", {"rocm"}), ("gpu", {"cuda"}), ("cuda", {"cuda"}), ("amd", set()), ("CPU", {"cpu"})],
)
def test_words(name: str, said: set[str]) -> None:
    assert accelerator_words(name) == said


@pytest.mark.parametrize(
    ("path", "accelerator"),
    [
        ("Dockerfile", None),
        ("Dockerfile.gpu", "cuda"),
        ("gpu.Dockerfile", "cuda"),
        ("Dockerfile-cpu", "cpu"),
        ("cpu.containerfile", "cpu"),
        ("Containerfile", None),
        ("docker/gpu/Dockerfile", "cuda"),
        ("docker/gpu/x/Dockerfile", "cuda"),
        ("gpu/x/y/Dockerfile", None),
        ("nvidia/Dockerfile", "cuda"),
        ("cpu/gpu/Dockerfile", "cuda"),
        ("gpu/Dockerfile.cpu", "cpu"),
        ("gpu/Dockerfile.cpu-cuda", None),
        ("cpu/cpu-gpu/Dockerfile", None),
        ("gpu/Dockerfile.app", "cuda"),
    ],
)
def test_paths(path: str, accelerator: str | None) -> None:
    assert [one.accelerator for one in from_path(path)] == ([accelerator] if accelerator else [])


def test_a_name_that_says_two_things_says_nothing() -> None:
    assert said_by("cpu-gpu", "x") == []
    assert [one.accelerator for one in said_by(f"app-{HOLE}-gpu", "x")] == ["cuda"]
    assert "*" in said_by(f"app-{HOLE}-gpu", "x")[0].reason.text
    assert said_by("app", "x") == []


@pytest.mark.parametrize(
    ("name", "accelerator"),
    [
        ("app:cpu", "cpu"),
        ("app-gpu:cpu", "cpu"),
        ("app-gpu:1", "cuda"),
        ("app-gpu", "cuda"),
        ("gpu/app:1", None),
        ("app:1", None),
    ],
)
def test_references(name: str, accelerator: str | None) -> None:
    reference = parse_reference(Value(name))
    assert reference is not None
    assert [one.accelerator for one in from_reference(reference, "image")] == ([accelerator] if accelerator else [])


def use(name: str) -> Use:
    value = Value(name)
    return Use("docker build -t", value, parse_reference(value), Source("b.sh", name).span(0, len(name)), True)


def test_the_names_of_an_image_have_to_agree() -> None:
    text = "FROM debian:12 AS gpu\nFROM gpu AS cpu\n"
    tagged = run(text, Build("cuda/Dockerfile", (".",), tags=(use("app:cuda"), use("app:1"))))
    first, last = tagged.stages
    assert [e.accelerator for e in evidence(tagged, last)] == ["cuda", "cuda"]  # the last stage's name is not counted
    assert [e.accelerator for e in evidence(tagged, first)] == ["cuda", "cuda", "cuda"]
    assert expected_by_names(evidence(tagged, last))[0] == "cuda"
    chosen = run(text, Build("cuda/Dockerfile", (".",), target="cpu"))
    assert [e.accelerator for e in evidence(chosen, chosen.stages[-1])] == ["cpu", "cuda"]
    assert expected_by_names(evidence(chosen, chosen.stages[-1])) == (None, ())
    assert expected_by_names([]) == (None, ())
    found, reasons = expected_by_names(evidence(tagged, first))
    assert (found, len(reasons)) == ("cuda", 3)


EXTERNAL = [
    # image, what it computes with, CUDA, torch
    ("python:3.11-slim", "cpu", None, "none"),
    ("nvidia/cuda:12.1.0-base-ubuntu22.04", "cuda", "12.1", "none"),
    ("pytorch/pytorch:2.3.1-cuda12.1-cudnn8-runtime", "cuda", "12.1", "cu121"),
    ("somebody/pytorch:2.2.2-cuda11.8-py3.11", "cuda", "11.8", "cu118"),
    ("somebody/pytorch:2.2.2-cu118", "cuda", "11.8", "cu118"),
    ("somebody/torch-rocm6.0:1", "rocm", None, "rocm6.0"),
    ("somebody/pytorch-cuda12.1:1", "cuda", "12.1", "cu121"),
    ("somebody/app:cuda12.1", "cuda", None, "unknown"),
    ("somebody/app:gpu", "cuda", None, "unknown"),
    ("somebody/app:cpu", "cpu", None, "unknown"),
    ("somebody/app:1", None, None, "unknown"),
    ("somebody/pytorch:1", None, None, "unknown"),
]


@pytest.mark.parametrize(("name", "accelerator", "cuda", "torch"), EXTERNAL, ids=[row[0] for row in EXTERNAL])
def test_images_of_others(name: str, accelerator: str | None, cuda: str | None, torch: str) -> None:
    evaluated = run(f"FROM {name}\n")
    named = evaluated.stages[0].base
    assert named.reference is not None
    state = external_state(named, named.reference)
    assert (state.accelerator, state.torch.channel) == (accelerator, torch)
    assert (state.cuda or "").startswith(cuda or "") and bool(state.cuda) == bool(cuda)
    assert state.root == named and state.lineage == (named,)
    assert state.because[0].text == f"FROM {name}"


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("somebody/pytorch:2.2.2-cuda11.8-py3.11", "2.2.2"),
        ("x.example/a/b/pytorch:v2.7.1-cu12.6.3", "2.7.1"),
        ("x.example/a/b/pytorch:1.2.3-cu11.8", None),  # a version of its own
        ("somebody/torch-app:1-cuda12.1-2.2.2", None),
        ("torch/app:2.2.2-cuda12.1", None),
    ],
)
def test_the_release_of_torch_that_a_tag_says(name: str, release: str | None) -> None:
    named = run(f"FROM {name}\n").stages[0].base
    assert named.reference is not None
    assert external_state(named, named.reference).torch.version == release


CARRIED = [
    # what is copied, whether an environment comes with it
    ("/venv", True),
    ("/opt/venv", True),
    ("/app/.venv/", True),
    ("/app/myvenv", True),
    ("/env", True),
    ("/x/virtualenvs/y", True),
    ("/usr/local/lib/python3.11/site-packages", True),
    ("/usr/lib/python3/dist-packages", True),
    ("/root/.local", True),
    ("/opt/conda", True),
    ("/opt/miniconda3", True),
    ("/opt/mambaforge", True),
    ("/root/.pyenv", True),
    ("/wheels", True),
    ("/wheel", True),
    ("/deps", True),
    ("/install", True),
    ("/installed", True),
    ("/packages", True),
    ("/x/pip", True),
    ("/", True),
    ("/usr", True),
    ("/usr/local", True),
    ("/usr/local/", True),
    ("/opt", True),
    ("/usr/lib", True),
    ("/usr/local/lib", True),
    ("$X", True),
    ("/app", False),
    ("/app/dist", False),
    ("/usr/local/bin", False),
    ("/libs", False),
    ("/usr/lib/x.so.2", False),
    ("/lib/x.jar", False),
    ("/venv/pyvenv.cfg", False),
    ("/lib/app.js", False),
]


@pytest.mark.parametrize(("path", "carried"), CARRIED, ids=[row[0] for row in CARRIED])
def test_what_carries_an_environment(path: str, carried: bool) -> None:
    evaluated = run(f"FROM debian:12 AS a\nARG X\nFROM debian:12\nARG X\nCOPY --from=a {path} /x\n")
    (step,) = [step for step in evaluated.stages[1].steps if isinstance(step, StageCopy)]
    assert bool(carries(evaluated, step)) is carried


@pytest.mark.parametrize(
    ("made_by", "path", "env", "carried"),
    [
        ("uv sync", "/app", "", True),
        ("poetry install", "/srv/app", "", True),
        ("pipenv sync", "/app", "", True),
        ("uv sync", "/srv/app/x", "", False),
        ("pip install flask", "/app", "", False),
        ("pip install flask", "/app", "PATH=/app/.venv/bin:$PATH", True),
        ("pip install flask", "/app/", "PATH=/x:/app/venv/bin", True),
        ("pip install flask", "/app", "PATH=/app/bin", False),
        ("pip install flask", "/app", "PATH=/other/.venv/bin", False),
        ("pip install flask", "/app", "VIRTUAL_ENV=/app/.venv", True),
    ],
)
def test_projects_and_variables_that_name_an_environment(made_by: str, path: str, env: str, carried: bool) -> None:
    variables = f"ENV {env}\n" if env else ""
    text = f"FROM python:3.11 AS a\nWORKDIR /app\nRUN {made_by}\nFROM python:3.11\nCOPY --from=a {path} /x\n{variables}"
    evaluated = run(text)
    (step,) = [step for step in evaluated.stages[1].steps if isinstance(step, StageCopy)]
    assert bool(carries(evaluated, step)) is carried


def test_a_stage_that_is_not_there_carries_nothing() -> None:
    evaluated = run("FROM python:3.11 AS a\nFROM python:3.11\nCOPY --from=a /venv /venv\n")
    (step,) = [step for step in evaluated.stages[1].steps if isinstance(step, StageCopy)]
    assert carries(evaluated, step)
    assert not carries(evaluated, step._replace(stage=2)) and not carries(evaluated, step._replace(stage=None))


CHOSEN = """
ARG DEVICE=cpu
FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04 AS base-gpu
FROM python:3.12-slim AS base-cpu
FROM base-${DEVICE} AS base
FROM base
"""


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        (CHOSEN, (), "cpu"),
        (CHOSEN, (("DEVICE", Value("gpu", (), (Reason("build-arg", "--build-arg DEVICE=gpu"),))),), "cuda"),
        (CHOSEN, (("DEVICE", Value(HOLE, ("$D",))),), None),
        (CHOSEN.replace("base-${DEVICE}", "base-cpu"), (), None),
        (CHOSEN.replace("base-cpu", "base-slim").replace("=cpu", "=slim"), (), None),
    ],
)
def test_a_stage_that_a_variable_chooses(text: str, given: tuple[tuple[str, Value], ...], expected: str | None) -> None:
    evaluated = run(text, Build("Dockerfile", (".",), args=given))
    assert expected_by_names(evidence(evaluated, evaluated.stages[-1]))[0] == expected


def test_a_tag_counts_before_a_stage_that_a_variable_chooses() -> None:
    value = Value("example/asr:cuda")
    span = Source("build.sh", "x").span(0, 1)
    use = Use("docker build -t", value, parse_reference(value), span, produces=True)
    evaluated = run(CHOSEN, Build("Dockerfile", (".",), tags=(use,)))
    assert expected_by_names(evidence(evaluated, evaluated.stages[-1]))[0] == "cuda"
