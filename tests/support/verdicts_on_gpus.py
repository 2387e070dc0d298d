"""Images that can and cannot use a GPU, and the verdict on it: CUDA, cuDNN, architectures, libraries, the device."""

from __future__ import annotations

from judged import (
    BARE,
    BROKEN,
    CPU_TORCH,
    CU121,
    CUDA,
    CUDART,
    FAIL,
    INFO,
    PASS,
    RUNTIME,
    SEEN,
    STATIC,
    UNPROVEN,
    Case,
    probed,
)

from wxlint.conformance.checks.evidence import Evidence

ARCHS = {**RUNTIME, "arch_flags": "sm_80 sm_90 compute_90"}
NO_PTX = {**RUNTIME, "arch_flags": "sm_80 sm_90"}
FOR_GPUS, FOR_OLD = CUDA._replace(gpu_arch=("8.6", "12.0")), CUDA._replace(gpu_arch=("7.5",))


def stacked(*installed: tuple[str, str], cudnn: str) -> Evidence:
    """An image with CUDA 12, a cuDNN and these distributions."""
    paths = ["/usr/local/cuda-12.1/lib64/libcudart.so.12.1.55", f"/usr/lib/libcudnn.so.{cudnn}"]
    listed = [{"name": name, "version": version, "requires": []} for name, version in installed]
    return probed(distributions=listed)._replace(static={**STATIC, "libraries": paths})


OF_GPUS: list[Case] = [
    ("a CUDA version that cannot be read", "cuda-version", CUDA, probed(torch={"error": "OSError"}), FAIL, "OSError"),
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
]
