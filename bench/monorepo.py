"""A monorepo of 5,000 files (500 Dockerfiles, 500 scripts, 200 workflows, 300 manifests) and what a check of it costs.

    python bench/monorepo.py [--keep FOLDER] [--jobs N]

Seconds of CPU and memory at a quarter, a half and the whole of it: cold is a run with an empty cache, warm the one
after it. Both should grow with the files and no faster, so that the last two columns stay as they are. Where perf may
count, instructions stand for seconds: other work on the machine does not change them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FILES = {"services": 500, "scripts": 500, "workflows": 200, "manifests": 300, "compose": 100, "requirements": 500}
WHOLE = 5_000

_WORKFLOW = """\
on: push
env: {{REGISTRY: registry.example}}
jobs:
  image:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        variant: [cpu, cuda]
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: services/s{n}/Dockerfile
          tags: ${{{{ env.REGISTRY }}}}/s{n}:1.{n}-${{{{ matrix.variant }}}}
          build-args: VARIANT=${{{{ matrix.variant }}}}
      - run: |
          docker run --rm ${{{{ env.REGISTRY }}}}/s{n}:1.{n}-cpu --version
"""
_DOCKERFILE = """\
ARG VARIANT=cpu
FROM registry.example/base{b}:1.0-${{VARIANT}}
WORKDIR /app
COPY services/s{n}/requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY services/s{n}/app.py .
CMD ["python", "app.py"]
"""
_SCRIPT = """\
#!/usr/bin/env bash
set -euo pipefail
REGISTRY="${{REGISTRY:-registry.example}}"
for variant in cpu cuda; do
  docker build --build-arg "VARIANT=$variant" -f services/s{s}/Dockerfile -t "$REGISTRY/s{s}:1.{s}-$variant" .
done
if [[ "${{PUSH:-}}" ]]; then
  docker push "$REGISTRY/s{s}:1.{s}-cpu"
fi
"""
_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: s{s}}}
spec:
  template:
    spec:
      containers:
        - name: main
          image: registry.example/s{s}:1.{s}-{variant}
          resources: {{limits: {{{gpu}}}}}
"""
_COMPOSE = """\
services:
  s{s}:
    image: registry.example/s{s}:1.{s}-cpu
  helper:
    image: redis:7
"""


def files(share: float) -> Iterator[tuple[str, str]]:
    """The files of a part of the monorepo, with their texts."""
    count = {name: int(number * share) for name, number in FILES.items()}
    made = 0
    for number in range(10):
        for variant, base in (("cpu", "python:3.11-slim"), ("cuda", "nvidia/cuda:12.4.1-runtime-ubuntu22.04")):
            yield f"bases/b{number}-{variant}/Dockerfile", f"FROM {base}\nENV LEVEL={number}\n"
            made += 1
    lines = (
        f"docker build -t registry.example/base{n}:1.0-{v} bases/b{n}-{v}" for n in range(10) for v in ("cpu", "cuda")
    )
    yield "bases/build.sh", "#!/bin/sh\n" + "\n".join(lines) + "\n"
    for n in range(count["services"]):
        yield f"services/s{n}/Dockerfile", _DOCKERFILE.format(n=n, b=n % 10)
        yield f"services/s{n}/requirements.txt", f"flask==3.0.{n % 9}\nnumpy==1.26.{n % 5}\n"
    for n in range(count["scripts"]):
        yield f"tools/t{n}/build.sh", _SCRIPT.format(s=n % max(count["services"], 1))
    for n in range(count["workflows"]):
        yield f".github/workflows/w{n}.yml", _WORKFLOW.format(n=n)
    for n in range(count["manifests"]):
        variant, gpu = ("cuda", "nvidia.com/gpu: 1") if n % 2 else ("cpu", "cpu: 1")
        yield f"deploy/d{n}.yaml", _MANIFEST.format(s=n % max(count["services"], 1), variant=variant, gpu=gpu)
    for n in range(count["compose"]):
        yield f"stacks/c{n}/docker-compose.yml", _COMPOSE.format(s=n)
    made += 1 + sum(count.values())
    for n in range(int(WHOLE * share) - made):
        kind = ("py", "md", "json", "ts")[n % 4]
        yield f"lib/p{n % 97}/f{n}.{kind}", f"value = {n}\n" * 20


def write(folder: Path, share: float) -> int:
    """Write a part of the monorepo; returns how many files it has."""
    number = 0
    for name, text in files(share):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        number += 1
    return number


def counted() -> bool:
    """Whether instructions can be counted here."""
    if shutil.which("perf") is None:
        return False
    tried = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True)
    return tried.returncode == 0 and tried.stderr.strip()[:1].isdigit()


def measured(folder: Path, cache: Path, jobs: int, *, instructions: bool) -> tuple[float, float]:
    """Seconds of CPU, or thousands of millions of instructions, and MiB of one check."""
    counts = folder.parent / "counts"
    command = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", str(counts), "--"] if instructions else []
    command += [
        sys.executable,
        "-m",
        "wxlint",
        "check",
        ".",
        "--no-policy",
        "--jobs",
        str(jobs),
        "--cache-dir",
        str(cache),
    ]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"wxlint ended with {process.returncode}")
    if instructions:
        line = next(line for line in counts.read_text().splitlines() if "instructions" in line)
        return int(line.split(",")[0]) / 1e9, usage.ru_maxrss / 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="write the whole monorepo there, and measure nothing"
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    arguments = parser.parse_args()
    if arguments.keep is not None:
        print(write(arguments.keep, 1.0), "files")
        return
    instructions = counted()
    unit, per = ("G", "M/file") if instructions else ("s", "ms/file")
    heads = (f"{'files':>6}", f"{'cold ' + unit:>7}", f"{'warm ' + unit:>7}", f"{'MiB':>5}")
    print("  ".join((*heads, f"{'cold ' + per:>12}", f"{'warm ' + per:>12}")))
    for share in (0.25, 0.5, 1.0):
        with tempfile.TemporaryDirectory() as name:
            folder, cache = Path(name) / "repository", Path(name) / "cache"
            (folder / ".git").mkdir(parents=True)
            number = write(folder, share)
            cold, memory = measured(folder, cache, arguments.jobs, instructions=instructions)
            warm, _ = measured(folder, cache, arguments.jobs, instructions=instructions)
            each = [f"{seconds * 1000 / number:12.2f}" for seconds in (cold, warm)]
            print(f"{number:6}  {cold:7.2f}  {warm:7.2f}  {memory:5.0f}  {each[0]}  {each[1]}", flush=True)


if __name__ == "__main__":
    main()
