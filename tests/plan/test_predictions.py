"""What is predicted of an image, from its Dockerfile and those that it is built from."""

from __future__ import annotations

import json
from pathlib import Path

from wxlint.documents.source import read
from wxlint.plan.build_plan import make_plan
from wxlint.plan.model import PredictedPackage, Prediction
from wxlint.plan.predictions import predictions
from wxlint.policy.load import load_policy

POLICY = """\
wxlint: 1
image: "small-{stage}"
variants:
  cpu: {base: base, stages: [one]}
"""
BASE = "FROM python:3.11-slim\nRUN useradd stage\nUSER stage\n"


def predict(folder: Path, one: str, base: str = BASE, policy: str = POLICY) -> Prediction:
    for path, text in (("wxlint.yaml", policy), ("docker/base/Dockerfile", base), ("docker/one/Dockerfile", one)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    loaded = load_policy(read(folder / "wxlint.yaml", "wxlint.yaml"), folder / "wxlint.yaml")
    return predictions(loaded, make_plan(loaded).steps)["one:cpu"]


def test_base_lineage_and_user_come_from_below(tmp_path: Path) -> None:
    found = predict(tmp_path, "FROM small-base:cpu\n")
    assert found.base == "python:3.11-slim"
    assert found.lineage == ("small-base:cpu", "python:3.11-slim")
    assert found.user == "stage"
    assert (found.torch, found.packages, found.complete) == ("none", (), True)


def test_a_user_of_its_own(tmp_path: Path) -> None:
    assert predict(tmp_path, "FROM small-base:cpu\nUSER 0\n").user == "0"


def test_a_user_that_a_build_argument_decides_is_unknown(tmp_path: Path) -> None:
    assert predict(tmp_path, "FROM small-base:cpu\nARG WHO\nUSER $WHO\n").user is None


def test_the_user_of_somebody_elses_image_is_unknown(tmp_path: Path) -> None:
    assert predict(tmp_path, "FROM python:3.11-slim\n").user is None
    assert predict(tmp_path, "FROM scratch\n").user == ""


def test_the_user_of_an_earlier_stage(tmp_path: Path) -> None:
    assert predict(tmp_path, "FROM small-base:cpu AS a\nUSER a\nFROM a\n").user == "a"


def test_torch_and_packages(tmp_path: Path) -> None:
    found = predict(tmp_path, "FROM small-base:cpu\nRUN pip install torch==2.2.1 onnxruntime-gpu==1.17.1\n")
    assert (found.torch, found.torch_version, found.torch_cuda) == ("default", "2.2.1", "12.1")
    assert [(one.name, one.specifier, one.certain) for one in found.packages] == [("onnxruntime-gpu", "==1.17.1", True)]
    found = predict(
        tmp_path, "FROM small-base:cpu\nRUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n"
    )
    assert (found.torch, found.torch_cuda, found.accelerator) == ("cpu", "", "cpu")


def test_what_cannot_be_read_leaves_it_open(tmp_path: Path) -> None:
    assert not predict(tmp_path, "FROM small-base:cpu\nRUN pip install -r nowhere.txt\n").complete
    assert not predict(tmp_path, "FROM nobody/knows:1\n").complete
    assert not predict(tmp_path, "FROM small-base:cpu\nRUN conda install pytorch\n").complete


def test_it_is_the_same_after_json() -> None:
    made = Prediction("b", ("a", "b"), None, "cpu", "cpu", "2.1", "", (PredictedPackage("x", "==1", "", True),), True)
    assert Prediction.from_json(json.loads(json.dumps(made._asdict()))) == made
