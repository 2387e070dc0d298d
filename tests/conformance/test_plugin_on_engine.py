"""The pytest plugin on a real engine, over one family that is built once: what it finds, tells, shares and leaves."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import pytest
from reported import checks, schema_errors
from small_family import STAGE, Family, containers_of, docker, family, need_engine

NVTX = """\
FROM {prefix}-base:cpu
USER root
RUN pip install --no-cache-dir nvidia-nvtx-cu12==12.1.105
USER stage
COPY app.py /app.py
ENTRYPOINT ["python", "/app.py"]
"""
WHITEOUT = """\
FROM {prefix}-base:cpu
USER root
RUN head -c 3000000 /dev/zero > /usr/lib/libcudart.so.12
RUN rm /usr/lib/libcudart.so.12
COPY app.py /app.py
ENTRYPOINT ["python", "/app.py"]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Family, subprocess.CompletedProcess[str]]]:
    need_engine()
    with family(
        tmp_path_factory.mktemp("family"), {"one": STAGE, "two": STAGE, "nvtx": NVTX, "whiteout": WHITEOUT}
    ) as made:
        yield made, made.pytest("--wx-report", "report.json", "--junitxml", "junit.xml")


@pytest.mark.engine
def test_a_good_image_passes_in_everything(built: tuple[Family, subprocess.CompletedProcess[str]]) -> None:
    made, done = built
    assert {name: check["verdict"] for name, check in checks(made, "one:cpu").items()} == dict.fromkeys(
        (
            "exists",
            "base",
            "predicted",
            "forbidden-tag",
            "python",
            "user",
            "torch-channel",
            "no-cuda",
            "distributions",
            "cuda-size",
            "entrypoint",
        ),
        "PASS",
    ), done.stdout
    assert "wxlint: base:cpu: built in" in done.stdout


@pytest.mark.engine
@pytest.mark.network
def test_a_cuda_distribution_in_a_cpu_image_is_explained_to_the_line(
    built: tuple[Family, subprocess.CompletedProcess[str]],
) -> None:
    made, done = built
    assert done.returncode == 1
    found = checks(made, "nvtx:cpu")["no-cuda"]
    assert found["verdict"] == "FAIL"
    assert "nvidia-nvtx-cu12 12.1.105 is of use only with CUDA" in found["reason"]
    assert any("docker/nvtx/Dockerfile:3" in line for line in found["evidence"]["why"])
    assert "docker/nvtx/Dockerfile:3" in done.stdout


@pytest.mark.engine
def test_what_a_whiteout_hides_is_gone_but_not_forgotten(
    built: tuple[Family, subprocess.CompletedProcess[str]],
) -> None:
    made, _ = built
    found = checks(made, "whiteout:cpu")
    assert found["no-cuda"]["verdict"] == "PASS"
    assert found["cuda-size"]["verdict"] == "FAIL"
    assert found["cuda-size"]["evidence"]["hidden_bytes"] == 3_000_000
    assert any("docker/whiteout/Dockerfile:4" in line for line in found["cuda-size"]["evidence"]["why"])
    assert found["user"]["verdict"] == "FAIL"


@pytest.mark.engine
def test_reports_carry_the_digest(built: tuple[Family, subprocess.CompletedProcess[str]]) -> None:
    made, _ = built
    report = json.loads((made.folder / "report.json").read_text())
    assert schema_errors(report) == []
    told = {each["image"]: each["digest"] for each in report["images"]}
    assert told["one:cpu"] == docker("image", "inspect", "--format", "{{.Id}}", f"{made.prefix}-one:cpu").strip()
    cases = ElementTree.parse(made.folder / "junit.xml").iter("testcase")
    properties = {
        case.get("classname", "") + "." + case.get("name", ""): {
            p.get("name"): p.get("value") for p in case.iter("property")
        }
        for case in cases
    }
    found = next(
        value
        for name, value in properties.items()
        if name.endswith("one:cpu.no-cuda") or ("one:cpu" in name and name.endswith("no-cuda"))
    )
    assert found["wxlint.digest"] == told["one:cpu"]
    assert found["wxlint.verdict"] == "PASS"
    assert sum(report["counts"].values()) == sum(len(each["checks"]) for each in report["images"])


@pytest.mark.engine
def test_the_table_has_every_image_and_property(built: tuple[Family, subprocess.CompletedProcess[str]]) -> None:
    _, done = built
    rows = [line.split() for line in done.stdout.splitlines()]
    head = next(row for row in rows if row[:2] == ["image", "exists"])
    nvtx = next(row for row in rows[rows.index(head) :] if row[:1] == ["nvtx:cpu"])
    assert dict(zip(head, nvtx))["no-cuda"] == "FAIL"
    assert dict(zip(head, nvtx))["entrypoint"] == "pass"


@pytest.mark.engine
def test_nothing_is_left(built: tuple[Family, subprocess.CompletedProcess[str]]) -> None:
    made, _ = built
    assert not list((made.folder / ".tmp").glob("wxlint-*"))
    assert not [
        name for name in containers_of() if made.prefix in docker("inspect", "--format", "{{.Config.Image}}", name)
    ]


@pytest.mark.engine
def test_up_to_date_images_are_not_built_again_and_workers_share(
    built: tuple[Family, subprocess.CompletedProcess[str]],
) -> None:
    pytest.importorskip("xdist")
    made, first = built
    done = made.pytest("-v", "-n", "3", "--wx-report", "xdist.json")
    assert done.stdout.count("wxlint: base:cpu: up to date") == 1, done.stdout
    assert done.stdout.count("wxlint: one:cpu: looking inside") == 1
    verdicts = [
        {
            (each["image"], check["name"]): check["verdict"]
            for each in json.loads((made.folder / name).read_text())["images"]
            for check in each["checks"]
        }
        for name in ("report.json", "xdist.json")
    ]
    assert verdicts[0] == verdicts[1]
    assert next(line for line in done.stdout.splitlines() if line.startswith("wxlint: 4")) in first.stdout
    assert not list((made.folder / ".tmp").glob("wxlint-*"))


OWN = """
import pytest

@pytest.mark.wx_image("one:cpu")
def test_image(wx_image, wx_run):
    image = wx_image("one:cpu")
    assert image.digest.startswith("sha256:")
    assert image.expectation.stage == "one"
    done = wx_run(image, "--help")
    assert (done.code, "usage" in done.out) == (0, True)
    code = "import os; print(os.environ['A'], os.getuid())"
    assert wx_run("one:cpu", "-c", code, entrypoint="python", env={"A": "b"}).out.split() == ["b", "1000"]
    code = "open('/home/x', 'w')"
    assert "Read-only" in wx_run("one:cpu", "-c", code, entrypoint="python").err
    code = "import socket; socket.create_connection(('1.1.1.1', 53), 2)"
    assert wx_run("one:cpu", "-c", code, entrypoint="python").code
    code = "print(open('/proc/self/status').read())"
    assert "CapBnd:\t0000000000000000" in wx_run("one:cpu", "-c", code, entrypoint="python").out

def test_hang(wx_run):
    assert wx_run("one:cpu", "-c", "import time; time.sleep(600)", entrypoint="python", timeout=2).timed_out

@pytest.mark.wx_gpu
def test_gpu(wx_run):
    assert False

def test_unknown(wx_image):
    wx_image("three:cpu")
"""


@pytest.mark.engine
def test_people_s_own_tests(built: tuple[Family, subprocess.CompletedProcess[str]]) -> None:
    made, _ = built
    made.write("test_own.py", OWN)
    assert "1 unproven" not in made.pytest("-k", "test_gpu", path="test_own.py").stdout
    done = made.pytest("-rA", "--wx-allow", "unproven:device", path="test_own.py")
    assert "2 passed" in done.stdout, done.stdout
    assert "1 unproven" in done.stdout
    assert "the GPU was NOT checked: 1 check needs one (--wx-gpu)" in done.stdout
    assert "no policy has an image 'three:cpu'" in done.stdout
    assert not [
        name for name in containers_of() if made.prefix in docker("inspect", "--format", "{{.Config.Image}}", name)
    ]
