"""One probe against one command for each assertion: the same 15 assertions on the same image, measured in turn.

    python bench/kit_bench.py [IMAGE] [--rounds N]

Needs an engine that has the image, and pytest-testinfra (not installed with wxlint). Each way starts its own container,
asks, and removes it. testinfra keeps one container for all assertions, as its documentation shows; an assertion is one
`docker exec`.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

from wxlint.conformance.checks.pip_check import broken_requirements
from wxlint.conformance.collect.probing import run_probe
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import Facts

IMAGE = "rajiup/cp-whisperx-app-diarization:cuda"
LIBRARIES = "/opt/venv/lib/python3.11/site-packages/nvidia/*/lib/{}.so.*"
LOAD = f"import ctypes, glob; [ctypes.CDLL(p) for p in sorted(glob.glob('{LIBRARIES}'))] or exit(1)"
CUDA_FILES = "find / -xdev ( -name libcudart* -o -name libcublas* -o -name libcudnn* ) -not -path */stubs/*"


def by_name(facts: Facts) -> dict[str, str]:
    return {str(one["name"]).lower(): str(one["version"]) for one in facts["distributions"]}


def loads(facts: Facts, name: str) -> bool:
    tried = [one for one in facts["libraries"] if f"/{name}.so" in one["path"]]
    return bool(tried) and not any(one["error"] for one in tried)


PROBE: dict[str, Callable[[Facts], bool]] = {
    "python": lambda f: f["python"]["version"].startswith("3.11"),
    "not root": lambda f: f["user"]["uid"] != 0,
    "torch by text": lambda f: f["torch"]["cuda"] == "12.1",
    "torch.version.cuda": lambda f: f["torch_runtime"]["cuda"] == "12.1",
    "torch compiled with CUDA": lambda f: f["torch_runtime"]["compiled"] is True,
    "torch's cuDNN": lambda f: f["torch_runtime"]["cudnn"] // 1000 == 8,
    "no device": lambda f: f["torch_runtime"]["available"] is False,
    "no architectures": lambda f: f["torch_runtime"]["arch_list"] == [],
    "libcudart loads": lambda f: loads(f, "libcudart"),
    "libcublasLt loads": lambda f: loads(f, "libcublasLt"),
    "libcublas loads": lambda f: loads(f, "libcublas"),
    "libcudnn loads": lambda f: loads(f, "libcudnn"),
    "distributions fit": lambda f: broken_requirements(f["distributions"], f["markers"]) == [],
    "torchaudio": lambda f: by_name(f)["torchaudio"].startswith("2.3.1"),
    "CUDA files": lambda f: len(f["files"]["candidates"]) > 3,
}


def python(code: str) -> str:
    return f'python -c "{code}"'


TESTINFRA: dict[str, Callable[[Any], bool]] = {
    "python": lambda h: "3.11" in h.check_output("python --version"),
    "not root": lambda h: h.check_output("id -u") != "0",
    "torch by text": lambda h: bool(
        re.search(r"cuda.*= '12.1'", h.check_output("cat /opt/venv/lib/python3.11/site-packages/torch/version.py"))
    ),
    "torch.version.cuda": lambda h: h.check_output(python("import torch; print(torch.version.cuda)")) == "12.1",
    "torch compiled with CUDA": lambda h: (
        h.check_output(python("import torch; print(torch.cuda._is_compiled())")) == "True"
    ),
    "torch's cuDNN": lambda h: h.check_output(python("import torch; print(torch.backends.cudnn.version())")).startswith(
        "8"
    ),
    "no device": lambda h: h.check_output(python("import torch; print(torch.cuda.is_available())")) == "False",
    "no architectures": lambda h: h.check_output(python("import torch; print(torch.cuda.get_arch_list())")) == "[]",
    "libcudart loads": lambda h: h.run(python(LOAD.format("libcudart"))).rc == 0,
    "libcublasLt loads": lambda h: h.run(python(LOAD.format("libcublasLt"))).rc == 0,
    "libcublas loads": lambda h: h.run(python(LOAD.format("libcublas"))).rc == 0,
    "libcudnn loads": lambda h: h.run(python(LOAD.format("libcudnn"))).rc == 0,
    "distributions fit": lambda h: h.run("pip check").rc == 0,
    "torchaudio": lambda h: h.pip("torchaudio").version.startswith("2.3.1"),
    "CUDA files": lambda h: (
        len(h.run(CUDA_FILES.replace("(", r"\(").replace(")", r"\)").replace("*", r"\*")).stdout.splitlines()) > 3
    ),
}


def with_probe(image: str) -> tuple[float, list[str]]:
    """Return seconds, and the assertions that do not hold."""
    start = time.perf_counter()
    answer = run_probe(Engine("docker", "bench"), image)
    if answer.facts is None:
        raise SystemExit(str(answer.problem))
    wrong = [name for name, holds in PROBE.items() if not holds(answer.facts)]
    return time.perf_counter() - start, wrong


def with_testinfra(image: str) -> tuple[float, list[str]]:
    import testinfra

    start = time.perf_counter()
    run = ["docker", "run", "-d", "--network", "none", "--entrypoint", "sleep", image, "3600"]
    name = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    try:
        host = testinfra.get_host(f"docker://{name}")
        wrong = [label for label, holds in TESTINFRA.items() if not holds(host)]
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=True)
    return time.perf_counter() - start, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="?", default=IMAGE)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    assert list(PROBE) == list(TESTINFRA)
    times: dict[str, list[float]] = {"probe": [], "testinfra": []}
    for _ in range(arguments.rounds):
        for name, way in (("probe", with_probe), ("testinfra", with_testinfra)):
            seconds, wrong = way(arguments.image)
            times[name].append(seconds)
            failed = f": not {', '.join(wrong)}" if wrong else ""
            print(f"{name:10} {seconds:7.2f} s  {len(PROBE) - len(wrong)} of {len(PROBE)} assertions hold{failed}")
    probe, testinfra = (statistics.median(times[way]) for way in ("probe", "testinfra"))
    print(f"median: probe {probe:.2f} s, testinfra {testinfra:.2f} s: {testinfra / probe:.1f} times")


if __name__ == "__main__":
    main()
