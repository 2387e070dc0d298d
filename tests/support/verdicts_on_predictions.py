"""Images like and unlike what `check` says of their source, and the verdict on it."""

from __future__ import annotations

from typing import Any

from judged import BROKEN, CPU, CPU_TORCH, CU121, CUDA, CUDART, FAIL, PASS, SEEN, UNPROVEN, Case, layers, probed

from wxlint.conformance.checks.evidence import Evidence
from wxlint.plan.model import PredictedPackage, Prediction


def predicted(seen: Evidence = SEEN, **more: Any) -> Evidence:
    """Evidence with what the source says; unlike it only in what is given."""
    same = Prediction("python:3.11-slim", (), "stage", None, "none", None, None, (), True)
    return seen._replace(prediction=same._replace(**more)._asdict())


def based(below: tuple[str, ...] | None) -> Evidence:
    return predicted()._replace(lineage=(("r/base:cpu", below),))


def installs(
    specifier: str | None, has: tuple[str, ...] = ("1.17.1",), certain: bool = True, complete: bool = True, by: str = ""
) -> Evidence:
    """onnxruntime-gpu: as the source has it, and as the image has it."""
    listed = [{"name": "onnxruntime_gpu", "version": version, "requires": []} for version in has]
    listed += [{"name": by, "version": "1", "requires": ["Onnxruntime-GPU>=1"]}] if by else []
    packages = () if specifier is None else (PredictedPackage("onnxruntime-gpu", specifier, "", certain),)
    return predicted(probed(distributions=listed), packages=packages, complete=complete)


TORCH_SEEN, CU121_SEEN = probed(torch=CPU_TORCH), probed(torch=CU121)
OF_CPU = {"torch": "cpu", "torch_version": "2.9", "torch_cuda": ""}
OF_CUDA = {"torch": "default", "torch_version": "2.2.1", "torch_cuda": "12.1"}

OF_PREDICTIONS: list[Case] = [
    ("as predicted", "predicted", CPU, predicted(), PASS, "USER stage, torch no torch"),
    ("nothing predicted", "predicted", CPU, SEEN, UNPROVEN, "knows nothing"),
    ("predicted of an image that does not answer", "predicted", CPU, BROKEN, FAIL, "exit code 3"),
    ("another USER", "predicted", CPU, predicted(user="app"), FAIL, "check says USER app, the image has USER stage"),
    ("USER left open", "predicted", CPU, predicted(user=None), PASS, "left open: user"),
    ("no USER", "predicted", CPU, predicted(user=""), FAIL, "check says no USER, the image has USER stage"),
    ("a torch that nobody saw", "predicted", CPU, predicted(seen=TORCH_SEEN), FAIL, "torch 2.9.0+cpu for the CPU"),
    ("torch left open", "predicted", CPU, predicted(seen=TORCH_SEEN, torch="unknown"), PASS, "left open: torch"),
    ("torch as predicted", "predicted", CPU, predicted(seen=TORCH_SEEN, **OF_CPU), PASS, "torch 2.9.0+cpu"),
    ("torch that is missing", "predicted", CPU, predicted(**OF_CPU), FAIL, "torch 2.9 of cpu, the image has no torch"),
    (
        "another release",
        "predicted",
        CPU,
        predicted(seen=CU121_SEEN, **{**OF_CUDA, "torch_version": "2.2.0"}),
        FAIL,
        "2.2.1",
    ),
    ("another build", "predicted", CPU, predicted(seen=CU121_SEEN, torch="cpu", torch_cuda=""), FAIL, "for CUDA 12.1"),
    ("the plain wheel", "predicted", CUDA, predicted(seen=CU121_SEEN, **OF_CUDA), PASS, "torch 2.2.1+cu121"),
    (
        "the plain wheel, but a CPU build",
        "predicted",
        CUDA,
        predicted(seen=TORCH_SEEN, **{**OF_CUDA, "torch_version": None}),
        FAIL,
        "of the default index, the image has torch 2.9.0+cpu for the CPU",
    ),
    (
        "CUDA that nobody saw",
        "predicted",
        CPU,
        predicted(seen=layers(libraries=[CUDART]), accelerator="cpu"),
        FAIL,
        "none",
    ),
    ("base as predicted", "predicted", CPU, based(("a", "b")), PASS, "base r/base:cpu"),
    ("stale: another base", "predicted", CPU, based(("a", "x")), FAIL, "the image has 1 of its 2 layers"),
    ("base not there", "predicted", CPU, based(None), PASS, "left open: base"),
    ("packages as predicted", "predicted", CUDA, installs("==1.17.1"), PASS, "onnxruntime-gpu 1.17.1"),
    ("another version", "predicted", CUDA, installs("==1.18.0"), FAIL, "check says ==1.18.0, the image has 1.17.1"),
    ("a package that is missing", "predicted", CUDA, installs("==1.17.1", has=()), FAIL, "the image has none"),
    ("one that may be missing", "predicted", CUDA, installs("==1.17.1", has=(), certain=False), PASS, "left open"),
    ("an install that nobody saw", "predicted", CUDA, installs(None), FAIL, "check says nothing, the image has 1.17.1"),
    ("unseen, but not all was read", "predicted", CUDA, installs(None, complete=False), PASS, "left open: onnxruntime"),
    ("brought by another", "predicted", CUDA, installs(None, by="whisper"), PASS, ""),
]
