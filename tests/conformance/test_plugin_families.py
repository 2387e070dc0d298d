"""The pytest plugin on a real engine, over a family of each test's own: what fails, is skipped, left out, or dies."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ended_runs import wait_for
from reported import checks
from small_family import CUDA_POLICY, POLICY, STAGE, Family, docker, family, need_engine

BROKEN_FILE = "raise RuntimeError('this file cannot be collected')\n"


@pytest.mark.engine
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_file_that_cannot_be_collected_leaves_no_verdict_without_words(tmp_path: Path, workers: tuple[str]) -> None:
    need_engine()
    with family(tmp_path, {"one": STAGE}) as made:
        made.write("test_broken.py", BROKEN_FILE)
        done = made.pytest("-x", "-rA", *workers, "wxlint.yaml", path="test_broken.py")
        assert done.returncode != 0
        assert ": \n" not in done.stdout.replace(":  ", ": "), done.stdout
        assert "FAILED" not in done.stdout, done.stdout


@pytest.mark.engine
def test_never_fails_for_an_image_that_is_not_there(tmp_path: Path) -> None:
    need_engine()
    done = Family(tmp_path).pytest("--wx-build", "never", "--wx-select", "one")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "wxlint build" in done.stdout


@pytest.mark.engine
def test_a_failed_base_is_one_failure(tmp_path: Path) -> None:
    need_engine()
    with family(tmp_path) as made:
        made.write("docker/base/Dockerfile", "FROM python:3.11-slim\nRUN echo this is why; false\n")
        done = made.pytest()
        assert "1 failed, 30 skipped" in done.stdout, done.stdout
        assert "this is why" in done.stdout
        assert "blocked by base:cpu" in done.stdout
        alone = made.pytest("--wx-select", "one")
        assert "1 failed" in alone.stdout
        assert "one:cpu" in alone.stdout and "blocked by base:cpu" in alone.stdout


@pytest.mark.engine
def test_gpu_checks_are_unproven_without_gpu_and_fail_with_it_where_there_is_none(tmp_path: Path) -> None:
    need_engine()
    if shutil.which("nvidia-smi"):
        pytest.skip("this host has a GPU")
    stage = STAGE.replace("base:cpu", "base:cuda")
    with family(tmp_path, {"one": stage}, CUDA_POLICY) as made:
        done = made.pytest("-k", "device or exists")
        assert done.returncode == 1, done.stdout
        assert "UNPROVEN is not passed; --wx-allow unproven:device allows it" in done.stdout
        done = made.pytest("-k", "device or exists", "--wx-allow", "unproven:device")
        assert done.returncode == 0, done.stdout
        assert "the GPU was NOT checked: 1 check needs one (--wx-gpu)" in done.stdout
        assert "1 unproven" in done.stdout
        done = made.pytest("-k", "device", "--gpu")
        assert done.returncode == 1, done.stdout
        assert "the driver is missing" in done.stdout and "the toolkit is missing" in done.stdout


@pytest.mark.engine
def test_the_documentation_s_example(tmp_path: Path) -> None:
    need_engine()
    text = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text()
    with family(tmp_path) as made:
        shutil.rmtree(tmp_path / "docker")
        (tmp_path / "app.py").unlink()
        for name, block in re.findall(r"^```\w+ (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            made.write(name, block.replace("example-", f"{made.prefix}-"))
        done = made.pytest("wxlint.yaml", "--wx-allow", "unproven:device", path="test_hello.py")
        assert "wxlint: 20 PASS, 0 FAIL, 0 SKIP, 1 UNPROVEN" in done.stdout, done.stdout
        assert "21 passed, 1 unproven" in done.stdout
        shown = text.split("ends with\n\n")[1].split("\n\n")[0].splitlines()
        assert [line.split() for line in shown[:3]] == [
            line.split()
            for line in done.stdout.splitlines()
            if line.split()[:1] in (["image"], ["base:cpu"], ["hello:cpu"])
        ][:3]


@pytest.mark.engine
def test_a_killed_worker_costs_nothing_but_itself(tmp_path: Path) -> None:
    """Its container is removed by its keeper, and another worker does its work again."""
    need_engine()
    pytest.importorskip("xdist")
    with family(tmp_path) as made:
        made.write(
            "test_kill.py",
            "import os, pytest\n@pytest.mark.wx_image('one:cpu')\ndef test_a(wx_run):\n"
            "    import threading\n    threading.Timer(3, lambda: os.kill(os.getpid(), 9)).start()\n"
            "    wx_run('one:cpu', '-c', 'import time; time.sleep(3600)', entrypoint='python', timeout=600)\n"
            "@pytest.mark.wx_image('one:cpu')\ndef test_b(wx_run):\n    assert wx_run('one:cpu', '--help').code == 0\n",
        )
        done = made.pytest("-n", "2", path="test_kill.py")
        assert "1 failed, 1 passed" in done.stdout, done.stdout
        left = docker("ps", "-a", "--filter", f"ancestor={made.prefix}-one:cpu", "--format", "{{.Names}}").split()
        assert wait_for(lambda: not docker("ps", "-aq", "--filter", f"ancestor={made.prefix}-one:cpu").split()), left


SERVICES = """\
services:
  one:
    image: {prefix}-one:cpu
    volumes: [./made-by-the-engine:/data]
    networks: [inner]
  two:
    image: {prefix}-two:cpu
    command: [--nonsense]
networks:
  inner: {{}}
"""


def networks_of_runs() -> set[str]:
    """Those that runs of the kit named, labelled or not; others may use the engine too."""
    names = docker("network", "ls", "--format", "{{.Name}}").split()
    return {name for name in names if re.match(r"wxlint-[0-9a-f]{12}-[0-9]+-", name)}


@pytest.mark.engine
def test_services_run_and_leave_nothing(tmp_path: Path) -> None:
    need_engine()
    if (
        subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
        and shutil.which("docker-compose") is None
    ):
        pytest.skip("there is no docker compose")
    with family(tmp_path, policy=POLICY + "compose: [docker-compose.yml]\n") as made:
        made.write("docker-compose.yml", SERVICES.format(prefix=made.prefix))
        before = networks_of_runs()
        done = made.pytest("-k", "service")
        assert "2 passed" in done.stdout, done.stdout
        assert networks_of_runs() <= before
        assert not (tmp_path / "made-by-the-engine").exists()
        assert docker("ps", "-aq", "--filter", f"ancestor={made.prefix}-one:cpu") == ""


PYTHONLESS = """\
FROM {prefix}-base:cpu
USER root
RUN printf '#!/bin/sh\\necho usage\\n' > /app && chmod 755 /app && find / -xdev -path '*/bin/python*' -delete
USER stage
ENTRYPOINT ["/app"]
"""


@pytest.mark.engine
def test_an_image_without_python_is_judged_by_its_layers(tmp_path: Path) -> None:
    need_engine()
    stages = {
        "bare": PYTHONLESS,
        "stranger": PYTHONLESS.replace("USER stage", "USER 1000:1000\nRUN true\nUSER stranger"),
    }
    with family(tmp_path, stages) as made:
        made.pytest("--wx-report", "report.json")
        bare = checks(made, "bare:cpu")
        assert {name: check["verdict"] for name, check in bare.items() if check["verdict"] != "PASS"} == {
            "python": "FAIL"
        }, {name: check["reason"] for name, check in bare.items()}
        assert bare["user"]["evidence"]["uid"] == 1000
        assert checks(made, "stranger:cpu")["user"]["code"] == "no-such-user"


LEAVING = STAGE.replace("FROM", "# large\nFROM")


@pytest.mark.engine
def test_what_the_ini_file_leaves_out_is_seen_to_be_left_out(tmp_path: Path) -> None:
    need_engine()
    with family(tmp_path, {"one": STAGE, "two": LEAVING}) as made:
        made.write("pytest.ini", "[pytest]\nwx_leave = two\n")
        done = made.pytest("-k", "exists or no-cuda")
        assert done.returncode == 0, done.stdout
        why = f"the engine has no {made.prefix}-two:cpu; wx_leave leaves it out, --wx-gpu and --wx-select two:cpu build"
        assert why in done.stdout
        assert "4 passed, 2 skipped" in done.stdout
        done = made.pytest("-k", "exists", "--wx-select", "two")
        assert "1 passed" in done.stdout, done.stdout


@pytest.mark.engine
def test_what_an_image_stands_on_is_not_left_out(tmp_path: Path) -> None:
    need_engine()
    with family(tmp_path, {"one": STAGE}) as made:
        made.write("pytest.ini", "[pytest]\nwx_leave = base:cpu\n")
        done = made.pytest("-k", "exists")
        assert "2 passed" in done.stdout, done.stdout


@pytest.mark.engine
def test_the_device_of_an_image_that_is_left_out_is_unproven(tmp_path: Path) -> None:
    need_engine()
    with family(tmp_path, {"one": STAGE}, CUDA_POLICY) as made:
        made.write("pytest.ini", "[pytest]\nwx_leave = cuda\n")
        done = made.pytest("--wx-allow", "unproven:device", "-k", "device or exists")
        assert done.returncode == 1, done.stdout
        assert "not one image of wxlint.yaml is there" in done.stdout
        assert "the GPU was NOT checked: 1 check needs one (--wx-gpu)" in done.stdout
