"""The pytest plugin as users run it: in a pytest of its own, on a real engine where one answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ended_runs import wait_for
from small_family import POLICY, STAGE, Family, containers_of, docker, family, need_engine, pytest_command

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


def schema_errors(report: dict[str, Any]) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    from wxlint.conformance.plugin.report import report_schema_text

    schema = json.loads(report_schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(report)]


# -- where the plugin is not used


def test_a_pytest_that_does_not_use_it_imports_nothing(tmp_path: Path) -> None:
    # all but the first to tell whether workflow.yml is a policy
    allowed = "pytest_plugin policy policy.find core core.disk core.errors core.patterns core.tuples"
    own = {f"wxlint.{name}" for name in allowed.split()}
    (tmp_path / "test_x.py").write_text(
        f"import sys\ndef test_x():\n    assert {{n for n in sys.modules if n.startswith('wxlint.')}} <= {own}\n"
    )
    (tmp_path / "other.yaml").write_text("services: {}\n")
    (tmp_path / "workflow.yml").write_text("jobs:\n  wxlint:\n    steps: []\n")
    env = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(pytest_command("-q", "."), cwd=tmp_path, capture_output=True, text=True, env=env, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "wxlint" not in done.stdout


def test_the_entry_imports_no_module_but_pytest() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import wxlint.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['wxlint', 'wxlint.pytest_plugin']"


def test_options_and_markers_are_explained(tmp_path: Path) -> None:
    done = subprocess.run(pytest_command("--help"), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert all(
        option in done.stdout
        for option in (
            "--gpu",
            "--wx-gpu",
            "--wx-build",
            "--wx-engine",
            "--wx-select",
            "--wx-arg",
            "--wx-allow",
            "--wx-timeout",
            "--wx-report",
        )
    )
    done = subprocess.run(pytest_command("--markers"), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "wx_gpu" in done.stdout and "wx_image" in done.stdout


# -- without an engine


def without_engine(made: Family, *arguments: str) -> subprocess.CompletedProcess[str]:
    return made.pytest(*arguments, env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})


def test_policies_are_items(tmp_path: Path) -> None:
    made = Family(tmp_path)
    done = made.pytest("--collect-only", "-q")
    assert "wxlint.yaml::one:cpu::torch-channel" in done.stdout.splitlines()
    assert "wxlint.yaml::base:cpu::entrypoint" not in done.stdout
    assert not list((tmp_path / ".tmp").iterdir())


def test_without_an_engine_nothing_is_green(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path)
    done = without_engine(made, "--wx-report", "out/report.json")
    assert done.returncode == 1, done.stdout
    assert "0 PASS, 0 FAIL, 28 SKIP, 0 UNPROVEN, 3 ERROR; no image was looked at: " in done.stdout
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert schema_errors(report) == []
    assert report["engine"]["available"] is False
    assert report["counts"] == {"PASS": 0, "FAIL": 0, "SKIP": 28, "UNPROVEN": 0, "ERROR": 3}
    alone = without_engine(made, "-q", "-k", "no-cuda")
    assert alone.returncode == 1, alone.stdout


@pytest.mark.parametrize("how", ["option", "ini"])
def test_without_an_engine_all_is_skipped_where_that_is_allowed(tmp_path: Path, how: str) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path)
    if how == "ini":
        made.write("pytest.ini", "[pytest]\nwx_allow = no-engine\n")
    done = without_engine(made, *(["--wx-allow", "no-engine"] if how == "option" else []))
    assert done.returncode == 0, done.stdout
    assert "0 PASS, 0 FAIL, 31 SKIP, 0 UNPROVEN; no image was looked at: " in done.stdout


def test_without_a_docker_program_too(tmp_path: Path) -> None:
    made = Family(tmp_path)
    done = made.pytest("-q", env={"PATH": os.path.dirname(sys.executable)})
    assert done.returncode == 1, done.stdout
    assert "docker is not installed" in done.stdout or shutil.which("docker", path=os.path.dirname(sys.executable))


CUDA_POLICY = (
    POLICY.replace("cpu:\n    base", "cuda:\n    base")
    .replace("torch-channel: cpu", "torch-channel: cu121")
    .replace(", max-cuda-size: 0", "")
)


def test_a_gpu_that_was_asked_for_fails_without_an_engine(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path, policy=CUDA_POLICY)
    done = without_engine(made, "-q", "--gpu", "-k", "device")
    assert done.returncode == 1
    assert "the GPU was to be checked: no engine answers" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wx-select", "nowhere"), "no image is called nowhere"),
        (("--wx-select", "bsae"), "did you mean 'base'?"),
        (("--wx-arg", "X"), "NAME=VALUE is expected"),
        (("--wx-arg", "X=1"), "--wx-arg: no Dockerfile of wxlint.yaml declares the build argument X"),
        (("--wx-part", "X"), "NAME=VALUE is expected"),
        (("--wx-part", "version=1"), "--wx-part: no policy has a part 'version'; there are none"),
        (("--wx-engine", "rm"), "known are docker, podman"),
        (("--wx-build", "sometimes"), "invalid choice"),
        (("--wx-allow", "everything"), "allowed are no-engine, skip:CHECK and unproven:CHECK"),
        (("--wx-allow", "skip:nothing"), "there is no check 'nothing'"),
        (("--wx-timeout", "0"), "a number of seconds"),
        (("--wx-timeout", "nan"), "a number of seconds"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = without_engine(Family(tmp_path), *arguments)
    assert done.returncode == 4, done.stdout
    assert said in done.stdout + done.stderr


def test_an_argument_is_of_any_of_several_policies(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("other/wxlint.yaml", "wxlint: 1\nimage: acme/other\nvariants: {cpu: {}}\n")
    made.write("other/Dockerfile", "FROM python:3.11-slim\nARG X\n")
    said = without_engine(made, "other/wxlint.yaml", "-q", "--wx-arg", "X=1")
    assert "declares the build argument" not in said.stdout + said.stderr and said.returncode == 1


def test_a_broken_policy_is_an_error_at_its_place(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("wxlint.yaml", "wxlint: 1\nvariant: {}\n")
    done = made.pytest("-q")
    assert done.returncode == 2
    assert "wxlint.yaml:2:1: " in done.stdout


def test_selection(tmp_path: Path) -> None:
    done = Family(tmp_path).pytest("--collect-only", "-q", "--wx-select", "two", "--wx-select", "base:cpu")
    images = {line.split("::")[1] for line in done.stdout.splitlines() if "::" in line}
    assert images == {"two:cpu", "base:cpu"}


def test_a_selection_that_names_nothing_says_what_is_near(tmp_path: Path) -> None:
    made = Family(tmp_path)
    near, far = (without_engine(made, "--wx-select", word).stderr for word in ("onee", "zzzzzz"))
    assert "no image is called onee; did you mean 'one'?" in near
    assert "no image is called zzzzzz; there are base, base:cpu, cpu, one" in far


def test_a_repository_s_own_gpu_option_stays_its_own(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--gpu', action='store_true', dest='theirs')\n"
    )
    (tmp_path / "test_x.py").write_text(
        "def test_x(pytestconfig):\n"
        "    assert (pytestconfig.getoption('theirs'), pytestconfig.getoption('wx_gpu')) == (True, False)\n"
    )
    done = subprocess.run(pytest_command("-q", "--gpu", "."), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_gpu_is_short_for_our_own_where_nobody_has_it(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_x(pytestconfig):\n    assert pytestconfig.getoption('wx_gpu')\n")
    for option in ("--gpu", "--wx-gpu"):
        command = pytest_command("-q", option, ".")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_report_replaces_nothing_but_a_report(tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    made = Family(tmp_path)
    (tmp_path / "folder").mkdir()
    made.write("real.json", "old")
    (tmp_path / "link.json").symlink_to("real.json")
    policy = made.policy.read_text()
    options = ("-q", "--wx-allow", "no-engine", "-k", "exists", "--wx-report")
    for target in ("folder", "wxlint.yaml"):
        done = without_engine(made, *options, target)
        assert done.returncode == 4, done.stdout
        assert "wxlint: --wx-report: " in done.stdout
    assert made.policy.read_text() == policy
    assert without_engine(made, *options, "link.json").returncode == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["schema"] == "wxlint-report/1"


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


DYING = """#!{python}
import json, sys
args = sys.argv[1:]
server = {{"Version": "24.0", "Os": "linux", "Arch": "amd64"}}
image = {{"Id": "sha256:" + "1" * 64, "RootFS": {{"Layers": ["a"]}}}}
if args[0] == "version": print(json.dumps({{"Client": {{"Version": "24.0"}}, "Server": server}}))
elif args[:2] == ["image", "inspect"] and "latest" not in args[3]: print(json.dumps([image]))
elif args[0] == "image": sys.exit("Error: No such image")
elif args[0] in ("run", "save"): print("error during connect: EOF", file=sys.stderr); sys.exit(125)
"""


def test_an_engine_that_dies_half_way_is_an_error_with_its_words_and_blames_no_image(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("bin/docker", DYING.format(python=sys.executable))
    (tmp_path / "bin/docker").chmod(0o755)
    done = made.pytest("--wx-build", "never", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert done.returncode == 1, done.stdout
    assert "3 passed, 28 error" in done.stdout
    assert "0 FAIL" in done.stdout
    assert done.stdout.count("no engine answers: error during connect: EOF") >= 3


# -- on a real engine


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Family, subprocess.CompletedProcess[str]]]:
    need_engine()
    with family(
        tmp_path_factory.mktemp("family"), {"one": STAGE, "two": STAGE, "nvtx": NVTX, "whiteout": WHITEOUT}
    ) as made:
        yield made, made.pytest("--wx-report", "report.json", "--junitxml", "junit.xml")


def checks(made: Family, image: str) -> dict[str, dict[str, Any]]:
    report = json.loads((made.folder / "report.json").read_text())
    return {check["name"]: check for each in report["images"] if each["image"] == image for check in each["checks"]}


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
