"""What is drawn and explained of a repository: which stages are images, who runs them, why they are what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.reasons import Reason
from wxlint.images.graph.pictures.picture import Picture, builds_of, explained, facts_at, picture_of
from wxlint.images.graph.pictures.summary import Belief, beliefs_of
from wxlint.images.graph.repository import Repository
from wxlint.lint.inputs import gather


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def repository(files: dict[str, str]) -> Repository:
    write_tree(Path(), files)
    return gather(["."], no_policy=True).repository


def picture(files: dict[str, str]) -> Picture:
    return picture_of(repository(files), None)


def edges(drawn: Picture) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.target, edge.label) for edge in drawn.edges}


def names(files: dict[str, str]) -> list[str]:
    return [built.name for built in builds_of(repository(files), None)]


@pytest.mark.parametrize(
    ("dockerfile", "images"),
    [
        ("FROM a\n", ["Dockerfile"]),
        ("FROM a AS one\nFROM b AS two\n", ["Dockerfile", "Dockerfile [one]"]),
        ("FROM a AS one\nFROM one AS two\n", ["Dockerfile"]),
        ("FROM a AS builder\nFROM b\n", ["Dockerfile"]),
        ("FROM a AS test\nFROM b\n", ["Dockerfile"]),
        ("FROM a AS build-cuda\nFROM b\n", ["Dockerfile", "Dockerfile [build-cuda]"]),
        ("FROM a AS one\nFROM b\nCOPY --from=one /x /x\n", ["Dockerfile"]),
        ("FROM a AS one\nFROM b\nCOPY --from=ONE /x /x\n", ["Dockerfile"]),
        ("FROM a AS one\nFROM b\nCOPY --from=0 /x /x\n", ["Dockerfile"]),
        ("FROM a AS one\nFROM b\nRUN --mount=type=bind,from=one,source=/x true\n", ["Dockerfile"]),
        ("FROM a AS one\nFROM b\nRUN --mount=type=cache,target=/one true\n", ["Dockerfile", "Dockerfile [one]"]),
        ("FROM a\nFROM b\n", ["Dockerfile"]),
    ],
)
def test_which_stages_are_images(dockerfile: str, images: list[str]) -> None:
    assert names({"Dockerfile": dockerfile}) == images


def test_a_build_names_its_image() -> None:
    files = {
        "Dockerfile": "FROM a AS one\nFROM b AS two\n",
        "build.sh": "docker build -t e/x:1 -t e/y:1 --target one .\ndocker build --target two .\n",
    }
    built = list(builds_of(repository(files), None))
    assert [(each.name, each.tags) for each in built] == [("e/x:1", ("e/x:1", "e/y:1")), ("Dockerfile", ())]
    assert [each.belief.target for each in built] == ["one", None]
    assert list(builds_of(repository(files), frozenset({"other"}))) == []


def test_builds_whose_tags_are_not_known_in_different_ways_are_apart() -> None:
    files = {
        "Dockerfile": "FROM python:3.11-slim\n",
        "build.bat": "docker build -t acme/asr:%1 .\n",
        "build.sh": "docker build -t acme/asr:$(cat VERSION) .\ndocker build -t acme/asr:$(cat VERSION) .\n",
    }
    found = [(built.name, len(built.builders)) for built in builds_of(repository(files), None)]
    assert sorted(found) == [("acme/asr:$(cat VERSION)", 2), ("acme/asr:%1", 1)]


def test_two_builds_of_one_name_are_one_box() -> None:
    files = {
        "Dockerfile": "ARG B=python:3.11\nFROM ${B}\n",
        "build.sh": "docker build -t e:1 .\ndocker build -t e:1 --build-arg B=nvidia/cuda:12.4.1-base-ubuntu22.04 .\n",
    }
    drawn = picture(files)
    (node,) = [node for node in drawn.nodes if node.kind == "built"]
    assert node.variants == ("cpu", "cuda")
    assert node.builders == ("docker build (build.sh:1)", "docker build (build.sh:2)")
    assert node.places == ("Dockerfile",)


@pytest.mark.parametrize(
    ("stages", "source"),
    [
        ("FROM e/base:1 AS build\nFROM build AS runtime\n", "e/base:1"),
        ("FROM e/base:1 AS a\nFROM a AS b\nFROM python:3.11 AS c\nFROM b\n", "e/base:1"),
        ("FROM e/base:1 AS a\nFROM python:3.11 AS b\nFROM b\n", "python:3.11"),
    ],
)
def test_an_image_of_several_stages_stands_on_the_base_of_the_first(stages: str, source: str) -> None:
    files = {
        "base/Dockerfile": "FROM debian:12\n",
        "top/Dockerfile": stages,
        "build.sh": "docker build -t e/base:1 base\ndocker build -t e/top:1 top\n",
    }
    assert {edge for edge in edges(picture(files)) if edge[1] == "e/top:1"} == {(source, "e/top:1", "FROM")}


def test_where_an_argument_chooses_the_stage_the_argument_is_drawn() -> None:
    files = {"Dockerfile": "FROM a:1 AS a\nFROM b:1 AS b\nARG WHICH\nFROM ${WHICH}\n"}
    assert [edge.source for edge in picture(files).edges if edge.target == "Dockerfile"] == ["${WHICH}"]


USERS = {
    "Dockerfile": "FROM python:3.11\n",
    "build.sh": "docker build -t e/app:1 .\n",
    "run.sh": "docker run e/app:1\ndocker run other:1\ndocker pull e/app:1\n",
    "create.sh": "docker create e/app:1\n",
    "compose.yaml": "services: {a: {image: 'e/app:1'}}\n",
    "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'e/app:1'}]}\n",
    "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    "images:\n  - {name: x, newName: e/app, newTag: '1'}\n",
    ".github/workflows/a.yml": "on: push\njobs:\n  j:\n    container: e/app:1\n    services: {s: {image: 'e/app:1'}}\n"
    "    steps:\n      - uses: docker://e/app:1\n",
}


def test_who_runs_an_image() -> None:
    drawn = picture(USERS)
    assert {edge for edge in edges(drawn) if edge[2] != "FROM"} == {
        ("e/app:1", "run.sh", "docker run"),
        ("e/app:1", "create.sh", "docker create"),
        ("e/app:1", "compose.yaml", "compose image"),
        ("e/app:1", "pod.yaml", "kubernetes image"),
        ("e/app:1", "kustomization.yaml", "kustomize image"),
        ("e/app:1", ".github/workflows/a.yml", "job container"),
        ("e/app:1", ".github/workflows/a.yml", "job service"),
        ("e/app:1", ".github/workflows/a.yml", "docker action"),
    }
    assert {node.name: node.places for node in drawn.nodes if node.kind == "user"}["run.sh"] == ("run.sh",)
    assert {node.name for node in drawn.nodes if node.kind == "base"} == {"python:3.11"}


FAMILY = {
    "base/Dockerfile": "FROM python:3.11\n",
    "mid/Dockerfile": "FROM e/base:1\n",
    "top/Dockerfile": "FROM e/mid:1\n",
    "side/Dockerfile": "FROM e/base:1\n",
    "far/Dockerfile": "FROM alpine:3\n",
    "build.sh": "".join(f"docker build -t e/{n}:1 {n}\n" for n in ("base", "mid", "top", "side", "far")),
}


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("e/mid:1", {"python:3.11", "e/base:1", "e/mid:1", "e/top:1"}),
        ("e/base:1", {"python:3.11", "e/base:1", "e/mid:1", "e/top:1", "e/side:1"}),
        ("e/far:1", {"alpine:3", "e/far:1"}),
    ],
)
def test_the_part_around_an_image(name: str, around: set[str]) -> None:
    part = picture(FAMILY).around(name)
    assert {node.name for node in part.nodes} == around
    assert all({edge.source, edge.target} <= around for edge in part.edges)
    assert len(part.edges) == len(around) - 1


def test_an_image_step_by_step() -> None:
    files = {
        "Dockerfile": "ARG TAG=1\nARG OTHER\nFROM example/base:${TAG}\nRUN pip install torch==2.3.1+cu121\n",
        "build.sh": "docker build -t e/app:1 -t e/app:2 --build-arg TAG=2 --build-arg OTHER=x .\n",
    }
    found = repository(files)
    (built,) = builds_of(found, None)
    lines = explained(found, built)
    assert lines[0].startswith("e/app:1: ")
    for line in (
        "  built: docker build (build.sh:1)",
        "  tag: e/app:1",
        "  tag: e/app:2",
        "  Dockerfile: Dockerfile",
        "  argument: TAG=2 (build.sh:1)",
        "  argument: OTHER=x (build.sh:1)",
        "  base: example/base:2",
    ):
        assert line in lines


def test_a_base_that_is_not_known() -> None:
    found = repository({"Dockerfile": "ARG B\nFROM ${B}\n"})
    (built,) = builds_of(found, None)
    assert "  base: unknown" in explained(found, built)


def test_an_install_on_a_line_with_the_index_of_each_build() -> None:
    channel = "https://download.pytorch.org/whl"
    files = {
        "Dockerfile": "FROM python:3.11-slim\nARG CHANNEL=cpu\n"
        f"RUN pip install --index-url {channel}/${{CHANNEL}} torch\n",
        "build.sh": "docker build -t e/app:1-cpu .\ndocker build -t e/app:1-cuda --build-arg CHANNEL=cu124 .\n",
    }
    texts = [fact.text for fact in facts_at(repository(files), "Dockerfile", 3)]
    assert texts == [f"pip installs torch from --index-url {channel}/{name}" for name in ("cpu", "cu124")]


def test_a_finding_about_one_build_of_a_dockerfile() -> None:
    files = {
        "Dockerfile": "ARG BASE=python:3.11-slim\nFROM ${BASE}\nRUN true\nRUN true\n",
        "build.sh": "docker build -t e/app:1-cpu .\n"
        "docker build -t e/app:1-cuda --build-arg BASE=nvidia/cuda:12.4.1-runtime-ubuntu22.04 .\n",
    }
    found = repository(files)
    of_one, of_all = Span("Dockerfile", 3, 1, 3, 2), Span("Dockerfile", 4, 1, 4, 2)
    built = Reason("build", "docker build", "build.sh", 2)
    findings = [
        Finding("torch-index", Severity.ERROR, of_one, "x", "", (built,)),
        Finding("get-pip", Severity.ERROR, of_all, "x", "", ()),
    ]
    shown = {node.name: node.findings for node in picture_of(found, None, findings).nodes if node.kind == "built"}
    assert shown == {"e/app:1-cpu": ("get-pip",), "e/app:1-cuda": ("torch-index", "get-pip")}


def test_what_stands_on_a_line() -> None:
    files = {
        "Dockerfile": "ARG TAG=1\nFROM example/base:${TAG}\n"
        "RUN pip install flask==3.0.0 \\\n  requests\nRUN pip install $X\n",
        "build.sh": "docker build -t e/app:1 --build-arg TAG=2 .\ndocker run e/app:1\n",
    }
    found = repository(files)

    def texts(path: str, line: int) -> list[str]:
        return [fact.text for fact in facts_at(found, path, line)]

    assert texts("Dockerfile", 1) == []
    assert texts("Dockerfile", 2) == ["FROM names example/base:2"]
    assert texts("Dockerfile", 3) == ["pip installs flask==3.0.0, requests"]
    assert texts("Dockerfile", 5) == ["pip installs $X"]
    assert texts("build.sh", 1) == ["docker build -t makes e/app:1", "gives TAG=2 to Dockerfile"]
    assert texts("build.sh", 2) == ["docker run names e/app:1"]
    assert texts("other", 1) == []
    (install,) = facts_at(found, "Dockerfile", 3)
    assert install.because[-1].text == "docker build"


# -- beliefs


def beliefs(files: dict[str, str]) -> list[Belief]:
    return beliefs_of(repository(files), None)


INDEX = "--index-url https://download.pytorch.org/whl"
CUDA_BASE = "nvidia/cuda:12.4.1-runtime-ubuntu22.04"


def test_an_open_base_is_that_of_each_build() -> None:
    files = {"Dockerfile": "ARG B\nFROM ${B}\n", "build.sh": f"docker build --build-arg B={CUDA_BASE} -t e:1 .\n"}
    assert [(b.base, b.variant) for b in beliefs(files)] == [(CUDA_BASE, "cuda")]
    files["build.sh"] += "docker build --build-arg B=python:3.11 -t e:2 .\n"
    assert [(b.base, b.variant) for b in beliefs(files)] == [(CUDA_BASE, "cuda"), ("python:3.11", "cpu")]
    assert [b.because[-1].line for b in beliefs(files)] == [1, 2]
    files["build.sh"] += "docker build --build-arg B=python:3.11 -t e:3 .\ndocker build -t e:4 .\n"
    assert [(b.base, b.variant) for b in beliefs(files)] == [
        (CUDA_BASE, "cuda"),
        ("python:3.11", "cpu"),
        (None, "unknown"),
    ]


def test_an_open_torch_is_that_of_each_build() -> None:
    index = "https://download.pytorch.org/whl"
    text = f"FROM python:3.11\nARG C\nRUN pip install torch --index-url {index}/$C\n"
    files = {"Dockerfile": text, "build.sh": "docker build --build-arg C=cpu .\n"}
    assert [b.torch for b in beliefs(files)] == ["cpu"]
    files["build.sh"] += "docker build --build-arg C=cu126 .\n"
    assert [(b.torch, b.variant) for b in beliefs(files)] == [("cpu", "cpu"), ("cu126", "cuda")]
    files["build.sh"] = "docker build --build-arg D=1 .\n"
    assert [b.torch for b in beliefs(files)] == ["unknown"]
    default = text.replace("ARG C", "ARG C=cu128")
    files = {"Dockerfile": default, "build.sh": "docker build --build-arg C=cpu .\n"}
    assert [b.torch for b in beliefs(files)] == ["cu128"]


def test_builds_that_make_another_image_stand_with_the_one_by_hand() -> None:
    text = f"FROM python:3.11 AS one\nFROM one\nARG C=cu128\nRUN pip install torch {INDEX}/$C\n"
    lines = [
        "docker build -t e:1 .",
        "docker build -t e:2 --build-arg C=cpu .",
        "docker build -t e:3 --build-arg C=cpu .",
        "docker build -t e:4 --build-arg C=cu126 .",
        'docker build -t e:5 --build-arg C="$UNKNOWN" .',
        "docker build -t e:6 --target one --build-arg C=cu118 .",
    ]
    last, one = beliefs({"Dockerfile": text, "build.sh": "\n".join(lines)})
    assert (last.torch, one.builds) == ("cu128", ())
    assert [(b.variant, b.torch, b.built_by.line) for b in last.builds] == [("cpu", "cpu", 2), ("cuda", "cu126", 4)]


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        ("pipx install openai-whisper", "/root/.local/pipx/venvs/openai-whisper"),
        ("uv tool install openai-whisper", "/root/.local/share/uv/tools/openai-whisper"),
        ("pip install --target /opt/x torch", "/opt/x"),
        ("pipx install httpie", None),
    ],
)
def test_a_torch_in_a_folder_of_its_own_stands_beside(command: str, folder: str | None) -> None:
    (found,) = beliefs({"Dockerfile": f"FROM python:3.11\nRUN {command}\n"})
    assert found.torch == "none"
    assert [(each.folder, each.torch) for each in found.folders] == ([(folder, "default")] if folder else [])


def test_each_named_stage_and_the_last_one_has_a_belief() -> None:
    text = f"FROM {CUDA_BASE} AS gpu\nFROM python:3.11 AS cpu\nFROM gpu\n"
    assert [(b.target, b.base, b.variant) for b in beliefs({"Dockerfile": text, "a/Dockerfile": "# none\n"})] == [
        (None, CUDA_BASE, "cuda"),
        ("gpu", CUDA_BASE, "cuda"),
        ("cpu", "python:3.11", "cpu"),
    ]
    assert beliefs_of(repository({"Dockerfile": text}), frozenset({"other"})) == []


def test_what_decides_is_among_the_reasons_once() -> None:
    files = {"Dockerfile": "FROM ubuntu:22.04\nRUN apt-get install -y cuda-toolkit-12-1\n"}
    (found,) = beliefs(files)
    assert found.variant == "cuda"
    assert [r.text for r in found.because].count("installs cuda-toolkit-12-1") == 1
    assert ("install", 2) in [(r.kind, r.line) for r in found.because]
    files = {"Dockerfile": "FROM python:3.11\nRUN pip install 'jax[tpu]'\n"}
    (found,) = beliefs(files)
    assert (found.variant, [(r.kind, r.text) for r in found.because][-1]) == ("other", ("install", "installs jax[tpu]"))


JOIN = {
    "a/Dockerfile": "FROM e/base:1\n",
    "one/Dockerfile": "FROM python:3.11\nRUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cu121\n",
    "build.sh": "docker build -t e/base:1 one\n",
    "build.bat": "docker build -t e/base:1 two\n",
}


@pytest.mark.parametrize(
    ("two", "base", "torch"),
    [
        (f"FROM python:3.11\nRUN pip install torch==2.3.1 {INDEX}/cu121\n", "python:3.11", "cu121"),
        (f"FROM python:3.11\nRUN pip install torch==2.4.0 {INDEX}/cu121\n", "python:3.11", "cu121"),
        (f"FROM python:3.11\nRUN pip install torch==2.3.1 {INDEX}/cpu\n", "python:3.11", "unknown"),
        ("FROM python:3.11\n", "python:3.11", "unknown"),
    ],
)
def test_what_two_producers_of_one_tag_agree_on(two: str, base: str, torch: str) -> None:
    found = repository({**JOIN, "two/Dockerfile": two})
    (said,) = (b for b in beliefs_of(found, None) if b.path == "a/Dockerfile")
    assert (said.torch, said.base) == (torch, "e/base:1")
    evaluated = found.graph.evaluations.by_hand("a/Dockerfile")
    state = found.beliefs.state(evaluated, evaluated.stages[-1])
    assert state.root is not None and state.root.value.text == base
    assert state.torch.version == ("2.3.1" if "2.3.1" in two and torch == "cu121" else None)


def test_packages_that_every_producer_has() -> None:
    one = "FROM python:3.11\nRUN pip install onnxruntime-gpu cupy-cuda12x\n"
    found = repository({**JOIN, "one/Dockerfile": one, "two/Dockerfile": "FROM python:3.11\nRUN pip install flask\n"})
    evaluated = found.graph.evaluations.by_hand("a/Dockerfile")
    state = found.beliefs.state(evaluated, evaluated.stages[-1])
    assert (state.packages, state.installs) == ((), ())
    same = {**JOIN, "one/Dockerfile": one, "build.bat": "docker build -t e/base:1 --build-arg X=1 one\n"}
    for each in Path(".").glob("two/*"):
        each.unlink()
    found = repository(same)
    evaluated = found.graph.evaluations.by_hand("a/Dockerfile")
    state = found.beliefs.state(evaluated, evaluated.stages[-1])
    assert [package.written for package in state.packages] == ["onnxruntime-gpu", "cupy-cuda12x"]
