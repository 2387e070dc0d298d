"""One probe against one command for each assertion: the same assertions on the same images, measured in turn.

    python bench/kit_bench.py [IMAGE...] [--rounds N]

Needs an engine, and pytest-testinfra (not installed with wxlint). Without IMAGE, a small one is built from
python:3.11-slim, and removed. What is asserted of an image is what one look at it says, before the first round. Each
way starts its own container, asks, and removes it. testinfra keeps one container for all assertions, as its
documentation shows; an assertion is one `docker exec`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from wxlint.conformance.checks.pip_check import broken_requirements
from wxlint.conformance.collect.probing import run_probe
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import Facts

SMALL = "wxlint-bench-kit:cpu"
DOCKERFILE = "FROM python:3.11-slim\nRUN useradd --uid 1000 stage\nUSER stage\n"
LOADED = ("libcudart", "libcublasLt", "libcublas", "libcudnn")
NAMED = 3
"""Distributions whose version is asserted."""
LOAD = "import ctypes; [ctypes.CDLL(path) for path in {!r}]"
CUDA_FILES = r"find / -xdev \( -name 'libcudart*' -o -name 'libcublas*' -o -name 'libcudnn*' \) -not -path '*/stubs/*'"


class Assertion(NamedTuple):
    """probe: what the probe's facts must say. testinfra: the same, asked of its host."""

    name: str
    probe: Callable[[Facts], bool]
    testinfra: Callable[[Any], bool]


def python(code: str) -> str:
    return f'python -c "{code}"'


def of_any(facts: Facts) -> Iterator[Assertion]:
    """What is asserted of every image with a Python."""
    version, uid = facts["python"]["version"], facts["user"]["uid"]
    files = sorted(path for path, _, _ in facts["files"]["candidates"])
    yield Assertion(
        "python",
        lambda f: f["python"]["version"] == version,
        lambda h: version in h.check_output("python --version"),
    )
    yield Assertion("user", lambda f: f["user"]["uid"] == uid, lambda h: h.check_output("id -u") == str(uid))
    fits = not broken_requirements(facts["distributions"], facts["markers"])
    yield Assertion(
        "distributions fit",
        lambda f: fits is not bool(broken_requirements(f["distributions"], f["markers"])),
        lambda h: fits is (h.run("pip check").rc == 0),
    )
    named = sorted((str(one["name"]), str(one["version"])) for one in facts["distributions"] if one["name"])[:NAMED]
    for name, release in named:
        yield Assertion(
            name,
            lambda f, one=(name, release): one in {(d["name"], d["version"]) for d in f["distributions"]},
            lambda h, one=(name, release): h.pip(one[0]).version == one[1],
        )
    yield Assertion(
        "CUDA's files",
        lambda f: sorted(path for path, _, _ in f["files"]["candidates"]) == files,
        lambda h: bool(h.run(CUDA_FILES).stdout.splitlines()) is bool(files),
    )


def of_torch(facts: Facts) -> Iterator[Assertion]:
    """What is asserted of an image with torch."""
    path, cuda, runtime = facts["torch"]["path"], facts["torch"]["cuda"], facts["torch_runtime"]

    def runs(name: str, code: str, key: str) -> Assertion:
        return Assertion(
            name,
            lambda f: f["torch_runtime"][key] == runtime[key],
            lambda h: h.check_output(python(f"import torch; print({code})")) == str(runtime[key]),
        )

    yield Assertion(
        "torch by text",
        lambda f: f["torch"]["cuda"] == cuda,
        lambda h: (f"'{cuda}'" if cuda else "None") in h.check_output(f"grep ^cuda {path}"),
    )
    yield runs("torch.version.cuda", "torch.version.cuda", "cuda")
    yield runs("torch compiled with CUDA", "torch.cuda._is_compiled()", "compiled")
    yield runs("torch's cuDNN", "torch.backends.cudnn.version()", "cudnn")
    yield runs("no device", "torch.cuda.is_available()", "available")
    yield runs("architectures", "torch.cuda.get_arch_list()", "arch_list")


def of_libraries(facts: Facts) -> Iterator[Assertion]:
    """What is asserted of CUDA's libraries: those of a name load."""
    for name in LOADED:
        paths = [one["path"] for one in facts["libraries"] if f"/{name}.so" in one["path"]]
        if paths:
            yield Assertion(
                f"{name} loads",
                lambda f, name=name: not any(o["error"] for o in f["libraries"] if f"/{name}.so" in o["path"]),
                lambda h, paths=paths: h.run(python(LOAD.format(paths))).rc == 0,
            )


def looked_at(image: str) -> Facts:
    """What the probe says."""
    answer = run_probe(Engine("docker", "bench"), image)
    if answer.facts is None:
        raise SystemExit(str(answer.problem))
    return answer.facts


def assertions(image: str) -> list[Assertion]:
    """By one look at the image."""
    facts = looked_at(image)
    found = list(of_any(facts))
    if facts["torch"] is not None and "error" not in (facts["torch_runtime"] or {"error": ""}):
        found += of_torch(facts)
    return [*found, *of_libraries(facts)]


def with_probe(image: str, asserted: list[Assertion]) -> tuple[float, list[str]]:
    """Return seconds, and the assertions that do not hold."""
    start = time.perf_counter()
    facts = looked_at(image)
    wrong = [one.name for one in asserted if not one.probe(facts)]
    return time.perf_counter() - start, wrong


def with_testinfra(image: str, asserted: list[Assertion]) -> tuple[float, list[str]]:
    import testinfra

    start = time.perf_counter()
    run = ["docker", "run", "-d", "--network", "none", "--entrypoint", "sleep", image, "3600"]
    name = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    try:
        host = testinfra.get_host(f"docker://{name}")
        wrong = [one.name for one in asserted if not one.testinfra(host)]
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=True)
    return time.perf_counter() - start, wrong


def compare(image: str, rounds: int) -> None:
    """Print each round, and the medians."""
    asserted = assertions(image)
    times: dict[str, list[float]] = {"probe": [], "testinfra": []}
    for _ in range(rounds):
        for name, way in (("probe", with_probe), ("testinfra", with_testinfra)):
            seconds, wrong = way(image, asserted)
            times[name].append(seconds)
            failed = f": not {', '.join(wrong)}" if wrong else ""
            print(
                f"{name:10} {seconds:7.2f} s  {len(asserted) - len(wrong)} of {len(asserted)} hold{failed}", flush=True
            )
    probe, testinfra = (statistics.median(times[way]) for way in ("probe", "testinfra"))
    print(f"{image}, median: probe {probe:.2f} s, testinfra {testinfra:.2f} s: {testinfra / probe:.1f} times")


@contextmanager
def small_image() -> Iterator[str]:
    """An image of nothing but a Python and a user."""
    build = ["docker", "build", "-q", "-t", SMALL, "-"]
    subprocess.run(build, input=DOCKERFILE.encode(), capture_output=True, check=True)
    try:
        yield SMALL
    finally:
        subprocess.run(["docker", "rmi", "-f", SMALL], capture_output=True, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for image in arguments.image:
        compare(image, arguments.rounds)
    if not arguments.image:
        with small_image() as image:
            compare(image, arguments.rounds)


if __name__ == "__main__":
    main()
