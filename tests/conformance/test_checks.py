"""Verdicts from evidence: each property good, bad and unproven; and that nothing that is expected goes unchecked."""

from __future__ import annotations

from typing import Any

import pytest

from wxlint.conformance.checks.evidence import (
    Evidence,
    ProbeFailure,
    ProbeProblem,
    ServiceFailure,
    ServiceProblem,
)
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.pip_check import broken_requirements
from wxlint.conformance.checks.registry import CHECKS, checks_of, judge
from wxlint.conformance.checks.registry import PROBE as NEEDS_PROBE
from wxlint.conformance.checks.verdict import Outcome, Verdict
from wxlint.conformance.container.model import BuildResult, BuildStatus, ImageInfo, LeftOut, Ran
from wxlint.conformance.plugin.allowances import Allowances, read_allowances
from wxlint.core.errors import UsageError
from wxlint.plan.model import PredictedPackage, Prediction
from wxlint.policy.contract import CommandCheck, Contract, FileRule, TextRule
from wxlint.policy.model import EntrypointCheck, Expectation
from wxlint.rules import rule_names

PASS, FAIL, SKIP, UNPROVEN, ERROR = Outcome

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
ARCHS = {**RUNTIME, "arch_flags": "sm_80 sm_90 compute_90"}
NO_PTX = {**RUNTIME, "arch_flags": "sm_80 sm_90"}
FOR_GPUS, FOR_OLD = CUDA._replace(gpu_arch=("8.6", "12.0")), CUDA._replace(gpu_arch=("7.5",))
CPU_TORCH = {"version": "2.9.0+cpu", "cuda": None, "hip": None, "path": "/p/torch/version.py"}
ROCM = {"version": "2.3.0+rocm6.0", "cuda": None, "hip": "6.0.3", "path": "/p/torch/version.py"}
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


def stacked(*installed: tuple[str, str], cudnn: str) -> Evidence:
    """An image with CUDA 12, a cuDNN and these distributions."""
    paths = ["/usr/local/cuda-12.1/lib64/libcudart.so.12.1.55", f"/usr/lib/libcudnn.so.{cudnn}"]
    listed = [{"name": name, "version": version, "requires": []} for name, version in installed]
    return probed(distributions=listed)._replace(static={**STATIC, "libraries": paths})


def layers(**more: Any) -> Evidence:
    return SEEN._replace(static={**STATIC, **more})


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


KEEPS = CPU._replace(
    contract=Contract(
        files={"/a": FileRule(mode="644", owner="1:1", content=("x",)), "/b": FileRule(False)},
        env={"A": TextRule(value="1"), "C": TextRule(pattern="x"), "D": TextRule(False)},
        labels={"l": TextRule()},
        workdir="/srv/",
        ports={"80/tcp": True, "22/tcp": False},
        volumes={"/data": True},
        cmd=("--help",),
        exec=("python",),
        packages={"A.b": ">=1,<2", "torch": None},
        commands=(CommandCheck("c", ("c",), stdout=("x",), no_stderr=("y",)),),
    )
)
GOOD_FILE = {"kind": "file", "mode": 0o644, "uid": 1, "gid": 1, "found": {"x": True}}
OTHER_FILE = {**GOOD_FILE, "uid": 2, "gid": 2}
SLOW_FILE = {**GOOD_FILE, "found": {"x": None}}
ANSWER = {"code": 0, "timed_out": False, "stdout": "", "stderr": "", "found": {"stdout x": True, "stderr y": False}}


def keeps(*words: str) -> Evidence:
    """Names and versions of distributions."""
    pairs = zip(words[::2], words[1::2])
    return probed(distributions=[{"name": name, "version": version, "requires": []} for name, version in pairs])


HELD = keeps("a_b", "1.5")._replace(
    info=INFO._replace(
        env=("A=1", "C=ax"),
        labels={"l": ""},
        workdir="/srv",
        ports=("80/tcp",),
        volumes=("/data",),
        cmd=("--help",),
    ),
    files={"/a": GOOD_FILE, "/b": None},
    matches={"variable C": True},
    commands=[ANSWER],
)


def held(**more: Any) -> Evidence:
    assert HELD.info is not None
    return HELD._replace(info=HELD.info._replace(**more), matches={"variable C": False})


def ran(**more: Any) -> Evidence:
    return HELD._replace(commands=[{**ANSWER, **more}])


TORCH_SEEN, CU121_SEEN = probed(torch=CPU_TORCH), probed(torch=CU121)
OF_CPU = {"torch": "cpu", "torch_version": "2.9", "torch_cuda": ""}
OF_CUDA = {"torch": "default", "torch_version": "2.2.1", "torch_cuda": "12.1"}


def verdict(
    name: str, expectation: Expectation, seen: Evidence, others: frozenset[str] = frozenset()
) -> tuple[Outcome, str]:
    check = next(check for check in CHECKS if check.name == name)
    found = judge(check, expectation, seen, others)
    assert found.reason, "a verdict without words"
    return found.outcome, found.reason


CASES = [
    ("base: layers are a prefix", "base", CPU, SEEN, PASS, "2 layers"),
    ("base: another one", "base", CPU, SEEN._replace(below=("x", "b")), FAIL, "does not descend"),
    ("base: as deep but different above", "base", CPU, SEEN._replace(below=("a", "b", "c", "d")), FAIL, "3 of its 4"),
    ("base: the engine lacks it", "base", CPU, SEEN._replace(below=None), UNPROVEN, "no r/base:cpu"),
    (
        "base: allowed upstream",
        "base",
        CPU._replace(base=None, upstream=("python:3.11*",)),
        SEEN._replace(upstream="docker.io/library/python:3.11-slim"),
        PASS,
        "2 layers",
    ),
    (
        "base: another upstream",
        "base",
        CPU._replace(base=None, upstream=("python:3.11*",)),
        SEEN._replace(upstream="python:3.12"),
        FAIL,
        "allowed upstream",
    ),
    ("base: unknown upstream", "base", CPU._replace(base=None, upstream=("python:*",)), SEEN, UNPROVEN, "for certain"),
    ("twin", "forbidden-tag", CPU, SEEN._replace(twins=("r/asr:latest",)), FAIL, "r/asr:latest"),
    ("no twin", "forbidden-tag", CPU, SEEN, PASS, ""),
    ("python", "python", CPU, SEEN, PASS, "3.11.2"),
    ("python by components, not by text", "python", CPU._replace(python="3.1"), SEEN, FAIL, "3.11.2"),
    ("no python", "python", CPU, BARE, FAIL, "no Python 3.11"),
    ("python that does not run", "python", CPU, BROKEN, FAIL, "exit code 3"),
    ("non-root", "user", CPU, SEEN, PASS, "uid 1000"),
    ("root in spite of a name", "user", CPU, probed(user={"uid": 0, "gid": 0, "name": "stage"}), FAIL, "non-root"),
    ("root by default, no python", "user", CPU, BARE._replace(info=INFO._replace(user="")), FAIL, "(none)"),
    ("root as number, no python", "user", CPU, BARE._replace(info=INFO._replace(user="0:0")), FAIL, "0:0"),
    ("a user by passwd, no python", "user", CPU, BARE, PASS, "uid 1000"),
    (
        "a user that is not there, no python",
        "user",
        CPU,
        BARE._replace(passwd="root:x:0:0::/:/bin/sh"),
        FAIL,
        "no such user",
    ),
    ("root by another name, no python", "user", CPU, BARE._replace(passwd="stage:x:0:0::/:/bin/sh"), FAIL, "uid 0"),
    ("no passwd, no python", "user", CPU, BARE._replace(passwd=None), UNPROVEN, "which uid"),
    (
        "a user that is not there",
        "user",
        CPU,
        SEEN._replace(probe=None, probe_problem=ProbeProblem(ProbeFailure.NO_USER)),
        FAIL,
        "no such user",
    ),
    (
        "a user by number that the policy names",
        "user",
        CPU._replace(user="app"),
        probed(user={"uid": 5, "gid": 5, "name": "app"})._replace(info=INFO._replace(user="5")),
        PASS,
        "uid 5",
    ),
    ("the user the policy names", "user", CPU._replace(user="stage"), SEEN, PASS, ""),
    ("another than the policy names", "user", CPU._replace(user="app"), SEEN, FAIL, "app"),
    ("torch required and there", "torch", CUDA, probed(torch=CU121), PASS, "2.2.1"),
    ("torch required and missing", "torch", CUDA, SEEN, FAIL, "requires"),
    (
        "torch forbidden and there",
        "torch",
        CPU._replace(needs_torch="forbidden"),
        probed(torch=CPU_TORCH),
        FAIL,
        "forbids",
    ),
    ("torch forbidden and missing", "torch", CPU._replace(needs_torch="forbidden"), SEEN, PASS, ""),
    ("torch of which nothing is known", "torch", CPU._replace(needs_torch="forbidden"), BROKEN, FAIL, "proves nothing"),
    (
        "torch that cannot be read",
        "torch",
        CPU._replace(needs_torch="forbidden"),
        probed(torch={"error": "OSError"}),
        FAIL,
        "OSError",
    ),
    ("a channel that cannot be read", "torch-channel", CPU, probed(torch={"error": "OSError"}), FAIL, "OSError"),
    ("a CUDA version that cannot be read", "cuda-version", CUDA, probed(torch={"error": "OSError"}), FAIL, "OSError"),
    ("channel cu121, no torch", "torch-channel", CUDA, SEEN, FAIL, "requires"),
    ("channel cu121, no torch needed", "torch-channel", CUDA._replace(needs_torch="optional"), SEEN, PASS, "no torch"),
    (
        "a channel without a trace",
        "torch-channel",
        CPU._replace(torch="nightly"),
        probed(torch=CPU_TORCH),
        UNPROVEN,
        "nightly",
    ),
    ("channel cpu", "torch-channel", CPU, probed(torch=CPU_TORCH), PASS, "the CPU"),
    ("channel cpu, no torch", "torch-channel", CPU, SEEN, PASS, "no torch"),
    ("channel cpu, CUDA torch", "torch-channel", CPU, probed(torch=CU121), FAIL, "not from channel cpu"),
    ("channel cpu, ROCm torch", "torch-channel", CPU, probed(torch=ROCM), FAIL, "ROCm"),
    ("channel cu121", "torch-channel", CUDA, probed(torch=CU121, torch_runtime=RUNTIME), PASS, "CUDA 12.1"),
    (
        "channel cu121, a plain version",
        "torch-channel",
        CUDA,
        probed(torch={**CU121, "version": "2.2.1"}),
        PASS,
        "CUDA 12.1",
    ),
    ("channel cu118 in fact", "torch-channel", CUDA, probed(torch={**CU121, "cuda": "11.8"}), FAIL, "11.8"),
    ("channel cu121, CPU torch", "torch-channel", CUDA, probed(torch=CPU_TORCH), FAIL, "the CPU"),
    (
        "channel cu121, cannot be imported",
        "torch-channel",
        CUDA,
        probed(torch=CU121, torch_runtime={"error": "libcudart"}),
        FAIL,
        "libcudart",
    ),
    (
        "channel cu121, not compiled so",
        "torch-channel",
        CUDA,
        probed(torch=CU121, torch_runtime={**RUNTIME, "compiled": False}),
        FAIL,
        "compiled without",
    ),
    ("channel rocm", "torch-channel", CPU._replace(torch="rocm6.0"), probed(torch=ROCM), PASS, "ROCm"),
    (
        "channel of torch by its layers",
        "torch-channel",
        CPU,
        BARE._replace(static={**STATIC, "interpreters": [], "torch": CU121}),
        FAIL,
        "CUDA 12.1",
    ),
    ("no cuda", "no-cuda", CPU, SEEN, PASS, "and the probe"),
    ("no cuda, no python", "no-cuda", CPU, BARE, PASS, "no Python"),
    ("no cuda: python that does not run", "no-cuda", CPU, BROKEN, FAIL, "exit code 3"),
    (
        "no cuda: python in the layers that does not start",
        "no-cuda",
        CPU,
        BARE._replace(static=STATIC),
        FAIL,
        "no Python",
    ),
    ("no cuda: layers not seen", "no-cuda", CPU, SEEN._replace(static=None, static_problem="damaged"), FAIL, "damaged"),
    ("no cuda: layers not asked", "no-cuda", CPU, SEEN._replace(static=None), ERROR, "not collected"),
    ("no cuda: library in the layers", "no-cuda", CPU, layers(libraries=["/x/libcudart.so.12"]), FAIL, "libcudart"),
    (
        "no cuda: library in the probe",
        "no-cuda",
        CPU,
        probed(files={"candidates": [["/x/libcublas.so.12", 1, False]]}),
        FAIL,
        "libcublas",
    ),
    (
        "no cuda: a name that is none",
        "no-cuda",
        CPU,
        probed(files={"candidates": [["/usr/lib/libcurl.so.4", 1, False]]}),
        PASS,
        "",
    ),
    (
        "no cuda: a stub",
        "no-cuda",
        CPU,
        probed(files={"candidates": [["/usr/local/cuda/lib64/stubs/libcuda.so", 1, False]]}),
        PASS,
        "",
    ),
    (
        "no cuda: distribution",
        "no-cuda",
        CPU,
        probed(distributions=[{"name": "nvidia-cublas", "version": "13.0", "requires": []}]),
        FAIL,
        "nvidia-cublas 13.0",
    ),
    ("no cuda: torch", "no-cuda", CPU, probed(torch=CU121), FAIL, "built for CUDA 12.1"),
    (
        "no cuda: onnxruntime",
        "no-cuda",
        CPU,
        probed(onnxruntime={"version": "1", "providers": ["CUDAExecutionProvider"]}),
        FAIL,
        "CUDAExecutionProvider",
    ),
    ("no cuda: hidden", "no-cuda", CPU, layers(hidden_bytes=5_000_000), PASS, "hidden"),
    ("cuda version of torch", "cuda-version", CUDA, probed(torch=CU121), PASS, "12.1"),
    ("cuda version of another torch", "cuda-version", CUDA, probed(torch={**CU121, "cuda": "12.4"}), FAIL, "not 12.1"),
    ("cuda version, CPU torch", "cuda-version", CUDA, probed(torch=CPU_TORCH), FAIL, "the CPU"),
    (
        "cuda version of the runtime",
        "cuda-version",
        CUDA,
        probed(files={"candidates": [[CUDART, 1, False]]}),
        PASS,
        "12.1",
    ),
    (
        "cuda version of another runtime",
        "cuda-version",
        CUDA._replace(cuda="11.8"),
        probed(files={"candidates": [[CUDART, 1, False]]}),
        FAIL,
        "12.1",
    ),
    ("cuda version: environment only", "cuda-version", CUDA, SEEN, FAIL, "nothing in the image proves"),
    (
        "cuda version: a stand-in",
        "cuda-version",
        CUDA,
        SEEN._replace(info=INFO._replace(labels={"wxlint.stand-in": "true"})),
        UNPROVEN,
        "stands in",
    ),
    ("cuDNN of torch", "cudnn", CUDA, probed(torch=CU121, torch_runtime=RUNTIME), PASS, "8.9.2"),
    ("cuDNN 9", "cudnn", CUDA, probed(torch_runtime={**RUNTIME, "cudnn": 90100}), FAIL, "9.1.0"),
    (
        "two cuDNN",
        "cudnn",
        CUDA,
        probed(torch_runtime=RUNTIME, libraries=[{"path": "/a/libcudnn.so.9", "error": None, "version": 90100}]),
        FAIL,
        "8.9.2, 9.1.0",
    ),
    ("no cuDNN", "cudnn", CUDA, SEEN, FAIL, "no cuDNN"),
    ("GPUs reached", "gpu-arch", FOR_GPUS, probed(torch=CU121, torch_runtime=ARCHS), PASS, "8.0, 9.0+PTX"),
    ("a newer GPU by PTX only", "gpu-arch", FOR_GPUS, probed(torch=CU121, torch_runtime=NO_PTX), FAIL, "reach 12.0"),
    ("an older GPU", "gpu-arch", FOR_OLD, probed(torch=CU121, torch_runtime=ARCHS), FAIL, "does not reach 7.5"),
    (
        "a stack that goes together",
        "stack",
        CUDA,
        stacked(("ctranslate2", "4.4.0"), cudnn="8"),
        PASS,
        "ctranslate2 4.4.0",
    ),
    (
        "another cuDNN",
        "stack",
        CUDA,
        stacked(("ctranslate2", "4.5.0"), cudnn="8"),
        FAIL,
        "needs cuDNN 9; the image holds",
    ),
    (
        "another CUDA",
        "stack",
        CUDA,
        stacked(("cupy-cuda13x", "14.0"), cudnn="8"),
        FAIL,
        "cupy-cuda13x 14.0 needs CUDA 13",
    ),
    (
        "another Python of the image",
        "stack",
        CUDA,
        probed(distributions=[])._replace(static={**STATIC, "installed": [["ctranslate2", "4.4.0", []]]}),
        PASS,
        "ctranslate2 4.4.0",
    ),
    ("no list of distributions", "stack", CUDA, probed(distributions={"error": "x"}), UNPROVEN, "cannot be listed"),
    ("nothing said of GPUs", "gpu-arch", FOR_GPUS, probed(torch=CU121, torch_runtime=RUNTIME), UNPROVEN, "not say"),
    (
        "libraries load",
        "libraries-load",
        CUDA,
        probed(libraries=[{"path": "/a/libcublas.so.12", "error": None}]),
        PASS,
        "libcublas",
    ),
    (
        "a library does not load",
        "libraries-load",
        CUDA,
        probed(libraries=[{"path": "/a/libcudnn.so.8", "error": "cannot open"}]),
        FAIL,
        "cannot open",
    ),
    (
        "loading crashes",
        "libraries-load",
        CUDA,
        probed(libraries={"error": "crashed with signal 11"}),
        FAIL,
        "signal 11",
    ),
    ("no library to load", "libraries-load", CUDA, SEEN, FAIL, "to load"),
    ("libraries without python", "libraries-load", CUDA, BARE, UNPROVEN, "no Python"),
    ("libraries that were not listed", "libraries-load", CUDA, probed(files={"error": "late"}), FAIL, "late"),
    ("a base without libraries", "libraries-load", CUDA._replace(is_base=True), SEEN, PASS, "of its own"),
    (
        "ctranslate2 fits",
        "providers",
        CUDA,
        probed(torch_runtime=RUNTIME, ctranslate2={"version": "4.4.0", "devices": 0, "cpu": []}),
        PASS,
        "4.4.0",
    ),
    (
        "ctranslate2 wants cuDNN 9",
        "providers",
        CUDA,
        probed(torch_runtime=RUNTIME, ctranslate2={"version": "4.5.0", "devices": 0, "cpu": []}),
        FAIL,
        "needs cuDNN 9",
    ),
    ("ctranslate2 is broken", "providers", CUDA, probed(ctranslate2={"error": "ImportError"}), FAIL, "ImportError"),
    ("no other engine", "providers", CUDA, SEEN, PASS, "neither"),
    ("other engines unseen", "providers", CUDA, BROKEN, FAIL, "exit code 3"),
    ("size", "size", CPU, SEEN, PASS, "900 B of 1.0 kB"),
    ("too big", "size", CPU, SEEN._replace(info=INFO._replace(size=1001)), FAIL, ""),
    ("cuda size", "cuda-size", CPU, SEEN, PASS, ""),
    ("cuda size counts what is hidden", "cuda-size", CPU, layers(hidden_bytes=1), FAIL, "1 B"),
    ("cuda size unseen", "cuda-size", CPU, SEEN._replace(static=None, static_problem="damaged"), FAIL, "damaged"),
    (
        "entrypoint answers",
        "entrypoint",
        CPU,
        SEEN._replace(entrypoint=Ran(0, "Usage: x", False, 1, True)),
        PASS,
        "answers",
    ),
    (
        "entrypoint says something else",
        "entrypoint",
        CPU,
        SEEN._replace(entrypoint=Ran(0, "hello", False, 1, False)),
        FAIL,
        "fits",
    ),
    (
        "a pattern that takes too long",
        "entrypoint",
        CPU,
        SEEN._replace(entrypoint=Ran(0, "hello", False, 1, None)),
        FAIL,
        "within the time",
    ),
    ("entrypoint fails", "entrypoint", CPU, SEEN._replace(entrypoint=Ran(1, "usage", False, 1)), FAIL, "exit code 1"),
    ("entrypoint hangs", "entrypoint", CPU, SEEN._replace(entrypoint=Ran(-9, "usage", True, 60)), FAIL, "not done"),
    ("service answers", "service", CPU, SEEN._replace(service=Ran(0, "usage: x", False, 1, True)), PASS, ""),
    ("service fails", "service", CPU, SEEN._replace(service=Ran(1, "usage: x", False, 1)), FAIL, "exit code 1"),
    (
        "service that is given no GPU",
        "service",
        CUDA,
        SEEN._replace(
            service=Ran(
                1,
                'Error response from daemon: could not select device driver "nvidia" with capabilities: [[gpu]]',
                False,
                1,
            )
        ),
        FAIL,
        "the toolkit is missing: install the NVIDIA Container Toolkit",
    ),
    (
        "service skipped",
        "service",
        CPU,
        SEEN._replace(service_problem=ServiceProblem(ServiceFailure.NO_COMPOSE, "no compose")),
        SKIP,
        "no compose",
    ),
    (
        "service that needs a GPU",
        "service",
        CPU,
        SEEN._replace(service_problem=ServiceProblem(ServiceFailure.NEEDS_GPU)),
        UNPROVEN,
        "GPU",
    ),
    ("service not asked", "service", CPU, SEEN, ERROR, "not collected"),
    ("device without --wx-gpu", "device", CUDA, SEEN, UNPROVEN, "--wx-gpu"),
    ("device: the probe does not run", "device", CUDA, BROKEN._replace(gpu=True), FAIL, "exit code 3"),
    ("device: no python", "device", CUDA, BARE._replace(gpu=True), FAIL, "no Python"),
    ("device refused", "device", CUDA, SEEN._replace(gpu=True, gpu_problem="the driver is missing"), FAIL, "driver"),
    (
        "device: none in the container",
        "device",
        CUDA,
        probed(device={"by": "torch", "devices": []})._replace(gpu=True),
        FAIL,
        "no device",
    ),
    (
        "device: error",
        "device",
        CUDA,
        probed(device={"error": "no kernel image"})._replace(gpu=True),
        FAIL,
        "no kernel image",
    ),
    (
        "device: wrong result",
        "device",
        CUDA,
        probed(device={"by": "t", "devices": [{"name": "H", "correct": False}]})._replace(gpu=True),
        FAIL,
        "wrong",
    ),
    (
        "device works",
        "device",
        CUDA,
        probed(
            device={"by": "t", "devices": [{"name": "H", "correct": True, "memory": 10, "memory_used": 1}]}
        )._replace(gpu=True),
        PASS,
        "H",
    ),
    ("distributions fit", "distributions", CPU, SEEN, PASS, "0 distributions"),
    (
        "distributions cannot be listed",
        "distributions",
        CPU,
        probed(distributions={"error": "x"}),
        FAIL,
        "cannot be listed",
    ),
    ("distributions without python", "distributions", CPU, BARE, PASS, "no Python"),
    ("distributions unseen", "distributions", CPU, BROKEN, FAIL, "exit code 3"),
    ("files: all there", "files", KEEPS, HELD, PASS, "2 paths as expected"),
    ("files: gone", "files", KEEPS, HELD._replace(files={"/a": None, "/b": None}), FAIL, "/a is missing"),
    ("files: mode and owner", "files", KEEPS, HELD._replace(files={"/a": OTHER_FILE}), FAIL, "belongs to 2:2, not 1:1"),
    ("files: not in time", "files", KEEPS, HELD._replace(files={"/a": SLOW_FILE, "/b": None}), UNPROVEN, "not known"),
    ("files: not collected", "files", KEEPS, HELD._replace(files=None), ERROR, "not collected"),
    ("env", "env", KEEPS, HELD, PASS, "3 variables"),
    (
        "env: other",
        "env",
        KEEPS,
        held(env=("A=2", "C=y", "D=")),
        FAIL,
        "A is '2', not '1'; C is 'y', without 'x'; D is set",
    ),
    ("env: not in time", "env", KEEPS, HELD._replace(matches={}), UNPROVEN, "in time"),
    ("labels", "labels", KEEPS, HELD, PASS, "1 label"),
    ("labels: none", "labels", KEEPS, held(labels={}), FAIL, "l is not set"),
    ("workdir", "workdir", KEEPS, HELD, PASS, "/srv"),
    ("workdir: none", "workdir", KEEPS, held(workdir=""), FAIL, "WORKDIR is /, not /srv"),
    ("ports", "ports", KEEPS, HELD, PASS, "2 ports"),
    ("ports: others", "ports", KEEPS, held(ports=("22/tcp",)), FAIL, "80/tcp is not exposed; 22/tcp is exposed"),
    ("volumes", "volumes", KEEPS, HELD, PASS, "1 volume"),
    ("volumes: none", "volumes", KEEPS, held(volumes=()), FAIL, "/data is not a volume"),
    ("cmd", "cmd", KEEPS, HELD, PASS, "CMD"),
    ("cmd: none", "cmd", KEEPS, held(cmd=()), FAIL, "CMD is [], not ['--help']"),
    ("exec", "exec", KEEPS, HELD, PASS, "ENTRYPOINT"),
    ("exec: other", "exec", KEEPS, held(entrypoint=("sh",)), FAIL, "ENTRYPOINT is ['sh']"),
    ("packages", "packages", KEEPS, HELD, PASS, "2 distributions"),
    ("packages: forbidden", "packages", KEEPS, keeps("a_b", "1.5", "Torch", "2"), FAIL, "torch 2 is installed"),
    ("packages: none", "packages", KEEPS, keeps("other", "1"), FAIL, "A.b is not installed"),
    ("packages: outside the range", "packages", KEEPS, keeps("a_b", "2.0"), FAIL, "A.b is 2.0, not >=1,<2"),
    ("packages: no version", "packages", KEEPS, keeps("a_b", "new"), UNPROVEN, "A.b is new"),
    ("packages: without Python", "packages", KEEPS, BARE, FAIL, "A.b is not installed"),
    ("commands", "commands", KEEPS, HELD, PASS, "1 command"),
    ("commands: exit code", "commands", KEEPS, ran(code=3, stderr="why"), FAIL, "exit code 3, not 0 (why)"),
    ("commands: output", "commands", KEEPS, ran(found={"stdout x": False, "stderr y": True}), FAIL, "'y' is in stderr"),
    ("commands: late", "commands", KEEPS, ran(timed_out=True), FAIL, "not done after 60"),
    ("commands: search too slow", "commands", KEEPS, ran(found={}), UNPROVEN, "in time"),
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


@pytest.mark.parametrize(
    ("name", "expectation", "seen", "wanted", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_verdict(name: str, expectation: Expectation, seen: Evidence, wanted: str, said: str) -> None:
    found, reason = verdict(name, expectation, seen)
    assert (found, said in reason) == (wanted, True), reason


def test_every_check_has_a_case_that_passes_and_one_that_does_not() -> None:
    for check in CHECKS:
        got = {case[4] for case in CASES if case[1] == check.name}
        assert check.name == "exists" or (PASS in got and len(got) > 1), check.name


MISSING = Evidence(BuildResult("asr:cpu", BuildStatus.MISSING, "r/asr:cpu"))
ALONE = frozenset({"asr:cpu"})
"""`exists` of the image is judged beside its other properties."""


def outcomes(expectation: Expectation, seen: Evidence, judged: frozenset[str] = ALONE) -> list[Outcome]:
    return [judge(check, expectation, seen, judged).outcome for check in checks_of(expectation)]


def test_an_image_that_is_not_there_is_one_failure() -> None:
    found = outcomes(CPU, MISSING)
    assert found.count(FAIL) == 1
    assert set(found) == {FAIL, SKIP}


def test_a_property_alone_of_an_image_that_is_not_there_fails() -> None:
    assert set(outcomes(CPU, MISSING, frozenset())) == {FAIL}


def test_an_optional_image_that_is_not_there_is_none() -> None:
    found, reason = verdict("exists", CPU._replace(optional=True), MISSING)
    assert (found, "it is optional" in reason) == (SKIP, True)


def test_a_blocked_image_is_skipped_where_its_base_fails_beside_it_and_fails_where_it_is_alone() -> None:
    seen = Evidence(BuildResult("asr:cpu", BuildStatus.BLOCKED, blocked_by="base:cpu"))
    assert verdict("exists", CPU, seen, frozenset({"base:cpu"})) == (SKIP, "blocked by base:cpu")
    assert verdict("exists", CPU, seen)[0] == FAIL
    assert verdict("torch-channel", CPU, seen, ALONE)[0] == SKIP
    assert verdict("torch-channel", CPU, seen)[0] == FAIL


@pytest.mark.parametrize("status", [BuildStatus.NO_ENGINE, BuildStatus.ENGINE_FAULT, BuildStatus.ABORTED])
def test_what_is_not_the_image_s_fault_is_an_error_with_its_words(status: BuildStatus) -> None:
    seen = Evidence(BuildResult("asr:cuda", status, detail="no space left on device"))
    assert set(outcomes(CUDA, seen, frozenset())) == {ERROR}
    assert all("no space left" in judge(check, CUDA, seen).reason for check in checks_of(CUDA))
    found = outcomes(CUDA, seen, frozenset({"asr:cuda"}))
    assert (found.count(ERROR), set(found)) == (1, {ERROR, SKIP})


def test_an_engine_that_fails_half_way_blames_no_image() -> None:
    seen = SEEN._replace(fault="Cannot connect to the Docker daemon", probe=None, static=None)
    found = {check.name: judge(check, CPU, seen).outcome for check in checks_of(CPU)}
    assert {name for name, outcome in found.items() if outcome != ERROR} == {"exists", "size"}


def test_a_gpu_that_was_asked_for_fails_without_an_image() -> None:
    seen = Evidence(BuildResult("asr:cuda", BuildStatus.NO_ENGINE, detail="no engine"), gpu=True)
    assert verdict("device", CUDA, seen) == (FAIL, "the GPU was to be checked: no engine")


def test_an_image_that_is_left_out_says_so() -> None:
    seen = Evidence(BuildResult("asr:cuda", BuildStatus.LEFT_OUT, "r/asr:cuda", left_out=LeftOut.UNSELECTED))
    found, reason = verdict("exists", CUDA, seen, frozenset({"asr:cuda"}))
    assert (found, "wx_leave leaves it out" in reason) == (SKIP, True)
    assert verdict("device", CUDA, seen, frozenset({"asr:cuda"}))[0] == UNPROVEN


@pytest.mark.parametrize("failure", [each for each in ProbeFailure if each is not ProbeFailure.NO_PYTHON])
@pytest.mark.parametrize("expectation", [CPU, CUDA], ids=["cpu", "cuda"])
def test_a_probe_that_says_nothing_fails_every_property_it_was_to_prove(
    expectation: Expectation, failure: ProbeFailure
) -> None:
    seen = SEEN._replace(probe=None, probe_problem=ProbeProblem(failure), gpu=True)
    for check in checks_of(expectation):
        if NEEDS_PROBE in check.needs:
            assert judge(check, expectation, seen).outcome == FAIL, check.name


def test_nothing_passes_on_an_image_of_which_nothing_was_collected_but_its_name() -> None:
    blind = Evidence(BUILT, INFO)
    passing = {check.name for check in checks_of(CUDA) if judge(check, CUDA, blind).outcome == PASS}
    passing |= {check.name for check in checks_of(CPU) if judge(check, CPU, blind).outcome == PASS}
    assert passing == {"exists", "forbidden-tag", "size"}  # the engine's own word on the image
    assert all(judge(check, CPU, blind).reason for check in checks_of(CPU))


def test_allowances_are_by_name() -> None:
    given = read_allowances(["unproven:device, skip:service", "no-engine"])
    assert given == Allowances(frozenset({(UNPROVEN, "device"), (SKIP, "service")}), True)
    assert given.accept("device", Verdict(UNPROVEN, Message.NO_GPU_USED))
    assert not given.accept("cudnn", Verdict(UNPROVEN, Message.STAND_IN, {"what": "cuDNN"}))
    assert not given.accept("service", Verdict(UNPROVEN, Message.SERVICE_NEEDS_GPU))
    assert not Allowances().accept("service", Verdict(SKIP, Message.NO_COMPOSE, {"why": "x"}))
    assert Allowances().accept("user", Verdict(SKIP, Message.FOLLOWS))
    assert not given.accept("device", Verdict(FAIL, Message.NO_DEVICE))
    assert not given.accept("device", Verdict(ERROR, Message.NO_ENGINE, {"words": "x"}))


@pytest.mark.parametrize("word", ["device", "skip:", "fail:device", "skip:nothing", "unproven:*"])
def test_an_allowance_that_names_nothing_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--wx-allow"):
        read_allowances([word])


def test_evidence_survives_json() -> None:
    import json

    seen = probed(torch=CU121)._replace(
        build=BuildResult("a", BuildStatus.LEFT_OUT, left_out=LeftOut.OPTIONAL),
        entrypoint=Ran(0, "x", False, 1.0, True),
        service_problem=ServiceProblem(ServiceFailure.NO_COMPOSE, "why"),
        probe_problem=ProbeProblem(ProbeFailure.ENDED, "x"),
        twins=("a",),
    )
    again = Evidence.from_json(json.loads(json.dumps(seen.to_json())))
    assert again == seen
    assert again.build.status is BuildStatus.LEFT_OUT
    assert again.torch == CU121


REQUIREMENTS = [
    ({"a": ("1.0", ["b>=2"]), "b": ("2.1", [])}, []),
    ({"a": ("1.0", ["b>=2"]), "b": ("1.9", [])}, ["a 1.0 requires b>=2, and b 1.9 is installed"]),
    ({"a": ("1.0", ["B_C>=2"])}, ["a 1.0 requires B_C>=2, which is not installed"]),
    ({"a": ("1.0", ["b; extra == 'x'"])}, []),
    ({"a": ("1.0", ["b; sys_platform == 'win32'"])}, []),
    ({"a": ("1.0", ["b; python_version < '3.12'"])}, ["a 1.0 requires b, which is not installed"]),
    ({"torchaudio": ("2.3.1+cu121", ["torch (==2.3.1)"]), "torch": ("2.3.1+cu121", [])}, []),
    ({"a": ("1.0", ["b>=2"]), "b": ("2.1rc1", [])}, []),
    ({"a": ("1.0", ["this is ! no requirement"])}, []),
]


@pytest.mark.parametrize(("installed", "wrong"), REQUIREMENTS)
def test_requirements(installed: dict[str, tuple[str, list[str]]], wrong: list[str]) -> None:
    listed = [
        {"name": name, "version": version, "requires": requires} for name, (version, requires) in installed.items()
    ]
    assert broken_requirements(listed, {"sys_platform": "linux", "python_version": "3.11"}) == wrong


BOTH = {  # what of an Expectation: the rules that check it in the source; or why none does
    "image": ("missing-stage", "unbuilt-image"),
    "stage": ("missing-stage", "unknown-stage"),
    "variant": ("variant-tag", "missing-stage"),
    "accelerator": ("wrong-base", "cuda-package", "torch-index"),
    "reference": ("unbuilt-image",),
    "tag": ("variant-tag",),
    "dockerfile": ("missing-stage",),
    "context": "where a build takes files from: it is right when the image builds",
    "target": "which stage of the Dockerfile is built: evaluated by every rule, expected by none",
    "build_args": "what a build is given: evaluated by every rule, expected by none",
    "base": ("wrong-base",),
    "upstream": ("base-upstream",),
    "torch": ("torch-index", "torch-without-index"),
    "needs_torch": "a text that installs torch does not prove that it is there in the end, nor the contrary",
    "cuda": ("torch-index",),
    "cudnn": "in the source it is the base's tag, which `upstream` checks, and what torch brings along",
    "gpu_arch": ("gpu-arch",),
    "python": "in the source it is the base's tag, which `upstream` checks",
    "user": "a USER may be set by a base that is not in the repository, and a name may be root's",
    "gpu": ("gpu-reservation",),
    "entrypoint": "it must run",
    "size": "it must be built",
    "cuda_bytes": "it must be built; that there is any is cuda-package's and torch-index's",
    "compose": ("missing-stage",),
    "service": ("missing-stage",),
    "optional": ("missing-stage",),
    "is_base": ("wrong-base", "base-upstream"),
    "forbidden_tags": ("latest-tag",),
    "contract": "it must be built",
    "base_image": ("wrong-base",),
    "channels": ("torch-index", "torch-without-index"),
    "platforms": "for which it is built: evaluated by every rule, expected by none",
}


def test_every_expectation_is_checked_in_the_source_and_in_the_image_or_says_why_not() -> None:
    assert set(BOTH) == set(Expectation._fields)
    checked = {field for check in CHECKS for field in check.fields}
    assert checked == set(Expectation._fields), "fields without a check, or checks of no field"
    named = {name for rules in BOTH.values() if isinstance(rules, tuple) for name in rules}
    assert named <= set(rule_names()), named - set(rule_names())
    assert all(rules for rules in BOTH.values())
