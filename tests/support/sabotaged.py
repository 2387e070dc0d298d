"""Images that are broken on purpose, each on one base: what breaks them, and how they are built and judged at once.

The base has a torch that says it is built for CUDA 12.1 and cannot be imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from small_family import Family, docker, family

Checks = dict[str, dict[str, Any]]
"""What a report says of an image, by check."""

POLICY = """\
wxlint: 1
name: sabotage
image: "{prefix}-{{stage}}"
expect:
  user: non-root
  entrypoint: {{args: [--help], pattern: usage, timeout: {{limit}}}}
variants:
  cuda:
    base: {{stage: base, expect: {{torch: optional}}}}
    upstream: ["python:3.11-slim*"]
    torch-channel: cu121
    stages: [{stages}]
    expect: {{python: "3.11", torch: required}}
"""
KEEPS_ROOT = "stages: {{keepsroot: {{expect: {{user: stage}}}}}}\n"
BASE = """\
FROM python:3.11-slim
RUN useradd --uid 1000 stage
COPY app.py /app.py
COPY torch /tmp/torch
RUN cp -r /tmp/torch "$(python -c 'import site; print(site.getsitepackages()[0])')/torch"
USER stage
ENTRYPOINT ["python", "/app.py"]
"""
VERSION = "__version__ = '2.2.1+cu121'\ncuda = '12.1'\nhip = None\n"
GOOD_TORCH = """\
class version: cuda, hip = "12.1", None
class cuda:
    _is_compiled = staticmethod(lambda: True)
    is_available = staticmethod(lambda: False)
    get_arch_list = staticmethod(lambda: [])
class backends:
    class cudnn:
        version = staticmethod(lambda: 8902)
__version__ = "2.2.1+cu121"
"""
SITE = "$(python -c 'import site; print(site.getsitepackages()[0])')"
ROOT, STAGE = "USER root", "USER stage"


def script(text: str, path: str = "/usr/local/bin/python") -> tuple[str, ...]:
    """A program in front of the image's own."""
    words = text.replace("'", "'\\''").replace("\n", "\\n")
    return ROOT, f"RUN rm -f {path} && printf '#!/bin/sh\\n{words}\\n' > {path} && chmod 755 {path}", STAGE


def torch(text: str) -> tuple[str, ...]:
    """Another torch/__init__.py."""
    words = text.replace("'", "'\\''").replace("\n", "\\n")
    return ROOT, f"RUN printf '{words}\\n' > {SITE}/torch/__init__.py", STAGE


def module(name: str, text: str) -> tuple[str, ...]:
    """A file in the folder of installed packages."""
    words = text.replace("'", "'\\''").replace("\n", "\\n")
    return ROOT, f"RUN printf '{words}\\n' > {SITE}/{name}", STAGE


PROBED = ("python", "user", "torch", "torch-channel", "libraries-load", "providers", "distributions")
"""What only the probe proves."""


class Sabotage(NamedTuple):
    """lines: of the Dockerfile, behind FROM. failing: properties that must FAIL. words: in the reason of the first.

    hangs: something in it never ends.
    """

    lines: tuple[str, ...]
    failing: tuple[str, ...] = ("torch-channel",)
    words: str = ""
    hangs: bool = False


class Limits(NamedTuple):
    """Seconds for the probe and for the entrypoint."""

    probe: int
    entrypoint: int


PATIENT, SHORT = Limits(probe=20, entrypoint=15), Limits(probe=12, entrypoint=4)
"""For images that answer, however busy the machine is, and for those that never do."""


CONTROL = torch(GOOD_TORCH)
OTHER_BASE = "FROM python:3.11-slim\nCOPY app.py /app.py\nRUN useradd stage\nUSER stage\n"


@contextmanager
def judged(folder: Path, sabotages: Mapping[str, Sabotage], **more: str) -> Iterator[tuple[Family, dict[str, Checks]]]:
    """Each image's properties by name, and the family of those that do not hang.

    Images are built and judged in two runs at once: those that hang have short limits, and keep nobody waiting.

    Args:
        more: Dockerfiles of further images.
    """
    hanging = {name: _dockerfile(each) for name, each in sabotages.items() if each.hangs}
    others = {name: _dockerfile(each) for name, each in sabotages.items() if not each.hangs}
    others["control"] = _dockerfile(Sabotage(CONTROL))
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        made = stack.enter_context(_based(folder / "others", others | more, PATIENT))
        apart = stack.enter_context(_based(folder / "hanging", hanging, SHORT))
        found = list(pool.map(_checks, (made, apart), (PATIENT, SHORT)))
        yield made, found[0] | found[1]


def _dockerfile(sabotage: Sabotage) -> str:
    return "\n".join(("FROM {prefix}-base:cuda", *sabotage.lines, ""))


@contextmanager
def _based(folder: Path, stages: Mapping[str, str], limits: Limits) -> Iterator[Family]:
    """A family on the base with the torch that cannot be imported."""
    policy = POLICY.replace("{{limit}}", str(limits.entrypoint))
    with family(folder, stages, policy + KEEPS_ROOT if "keepsroot" in stages else policy) as made:
        made.write("docker/base/Dockerfile", BASE)
        made.write("torch/version.py", VERSION)
        made.write("torch/__init__.py", "raise ImportError('libtorch_cuda.so: cannot open shared object file')\n")
        yield made


def _checks(made: Family, limits: Limits) -> dict[str, Checks]:
    """What a run reports of each image."""
    docker("tag", "python:3.11-slim", f"{made.prefix}-silent:latest")
    done = made.pytest("-q", "--wx-report", "report.json", "--wx-timeout", str(limits.probe), timeout=1500)
    assert done.returncode == 1, done.stdout[-3000:]
    report = json.loads((made.folder / "report.json").read_text())
    return {
        each["image"].partition(":")[0]: {check["name"]: check for check in each["checks"]} for each in report["images"]
    }


def not_green(checks: Checks, sabotage: Sabotage) -> None:
    """Assert that an image gets the verdicts that it must get."""
    assert checks["exists"]["verdict"] == "PASS", checks["exists"]["reason"]
    verdicts = {check: found["verdict"] for check, found in checks.items()}
    assert {check for check in sabotage.failing if verdicts[check] != "FAIL"} == set(), verdicts
    assert all(found["reason"] and found["code"] for found in checks.values())
    if sabotage.words:
        assert sabotage.words in checks[sabotage.failing[0]]["reason"]
