"""Expectations, evidence to judge by them, and the verdict of one check."""

from __future__ import annotations

from typing import Any

from wxlint.conformance.checks.evidence import Evidence, ProbeFailure, ProbeProblem
from wxlint.conformance.checks.registry import CHECKS, judge
from wxlint.conformance.checks.verdict import Outcome
from wxlint.conformance.container.model import BuildResult, BuildStatus, ImageInfo
from wxlint.policy.model import EntrypointCheck, Expectation

PASS, FAIL, SKIP, UNPROVEN, ERROR = Outcome
Case = tuple[str, str, Expectation, Evidence, Outcome, str]
"""Its name, the check, what is expected, what was seen; the verdict, and words of its reason."""

CPU = Expectation(
    image="asr:cpu",
    stage="asr",
    variant="cpu",
    accelerator="cpu",
    reference="r/asr:cpu",
    tag="cpu",
    dockerfile="docker/asr/Dockerfile",
    context=".",
    target=None,
    build_args=(),
    base="r/base:cpu",
    upstream=(),
    torch="cpu",
    needs_torch="optional",
    cuda=None,
    cudnn=None,
    gpu_arch=(),
    python="3.11",
    user="non-root",
    gpu=False,
    entrypoint=EntrypointCheck(("--help",), "(?i)usage"),
    size=1000,
    cuda_bytes=0,
    compose=("docker-compose.yml",),
    service="asr",
    optional=False,
    is_base=False,
    forbidden_tags=("latest",),
)
CUDA = CPU._replace(
    image="asr:cuda",
    variant="cuda",
    accelerator="cuda",
    torch="cu121",
    cuda="12.1",
    cudnn="8",
    gpu=True,
    needs_torch="required",
    cuda_bytes=None,
)
INFO = ImageInfo("sha256:" + "1" * 64, ("r/asr:cpu",), ("a", "b", "c"), 900, "stage", ("python",), (), {})
STATIC: dict[str, Any] = {
    "torch": None,
    "other_torch": [],
    "libraries": [],
    "distributions": [],
    "bytes": 0,
    "hidden_bytes": 0,
    "python": "3.11.2",
    "interpreters": ["/usr/local/bin/python3.11"],
    "why": [],
}
PROBE: dict[str, Any] = {
    "python": {"version": "3.11.2"},
    "user": {"uid": 1000, "gid": 1000, "name": "stage"},
    "markers": {},
    "torch": None,
    "torch_runtime": None,
    "files": {"candidates": [], "complete": True},
    "libraries": [],
    "distributions": [],
    "ctranslate2": None,
    "onnxruntime": None,
    "device": None,
}
CU121 = {"version": "2.2.1+cu121", "cuda": "12.1", "hip": None, "path": "/p/torch/version.py"}
RUNTIME = {"version": "2.2.1+cu121", "cuda": "12.1", "hip": None, "compiled": True, "cudnn": 8902, "arch_list": []}
CPU_TORCH = {"version": "2.9.0+cpu", "cuda": None, "hip": None, "path": "/p/torch/version.py"}
CUDART = "/usr/local/cuda-12.1/lib64/libcudart.so.12.1.55"
BUILT = BuildResult("asr:cpu", BuildStatus.BUILT, "r/asr:cpu", INFO.digest)
SEEN = Evidence(BUILT, INFO, below=("a", "b"), probe=PROBE, static=STATIC)
BROKEN = SEEN._replace(probe=None, probe_problem=ProbeProblem(ProbeFailure.ENDED, "exit code 3"))
BARE = SEEN._replace(
    probe=None,
    probe_problem=ProbeProblem(ProbeFailure.NO_PYTHON),
    static={**STATIC, "python": None, "interpreters": []},
    passwd="root:x:0:0::/:/bin/sh\nstage:x:1000:1000::/:/bin/sh\n",
)
"""Without Python, as the layers prove."""


def probed(**more: Any) -> Evidence:
    return SEEN._replace(probe={**PROBE, **more})


def layers(**more: Any) -> Evidence:
    return SEEN._replace(static={**STATIC, **more})


def verdict(
    name: str, expectation: Expectation, seen: Evidence, others: frozenset[str] = frozenset()
) -> tuple[Outcome, str]:
    check = next(check for check in CHECKS if check.name == name)
    found = judge(check, expectation, seen, others)
    assert found.reason, "a verdict without words"
    return found.outcome, found.reason
