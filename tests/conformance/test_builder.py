"""The builder: order, what is up to date, what is blocked, and that nothing is left of a build that is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from small_family import STAGE, Family, docker, family, need_engine

from wxlint.conformance.container.build_report import explain, failures, summary
from wxlint.conformance.container.builder import _Log, build
from wxlint.conformance.container.context_digest import content_digest
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import BuildResult, BuildStatus, LeftOut
from wxlint.documents.source import read
from wxlint.plan.build_plan import make_plan
from wxlint.plan.model import Plan
from wxlint.policy.load import load_policy

BUILT, CURRENT, FOUND, FAILED, BLOCKED, MISSING, LEFT = (
    BuildStatus.BUILT,
    BuildStatus.CURRENT,
    BuildStatus.FOUND,
    BuildStatus.FAILED,
    BuildStatus.BLOCKED,
    BuildStatus.MISSING,
    BuildStatus.LEFT_OUT,
)


def plan_of(made: Family) -> Plan:
    return make_plan(load_policy(read(made.policy, "wxlint.yaml"), made.policy), env={})


def statuses(results: dict[str, BuildResult]) -> dict[str, BuildStatus]:
    return {image: result.status for image, result in results.items()}


# -- what is compared


def digest(made: Family, image: str = "one:cpu", bases: dict[str, str] | None = None) -> str | None:
    step = plan_of(made).step(image)
    assert step is not None
    return content_digest(step, str(made.folder), bases or {})


def test_the_digest_follows_what_goes_into_the_build(tmp_path: Path) -> None:
    made = Family(tmp_path)
    first = digest(made)
    assert first == digest(made)
    made.write("unused.txt", "x")
    assert digest(made) == first
    assert digest(made, bases={"base:cpu": "sha256:1"}) != first
    made.write("app.py", "other")
    second = digest(made)
    assert second != first
    (tmp_path / "app.py").chmod(0o755)
    assert digest(made) not in (first, second)
    made.write("docker/one/Dockerfile", STAGE.replace("{prefix}", made.prefix) + "# more\n")
    assert digest(made) != second


@pytest.mark.parametrize(
    ("line", "path", "matters"),
    [
        ("COPY . /x", "deep/er/file", True),
        ("COPY deep /x", "deep/er/file", True),
        ("COPY deep/e? /x", "deep/er/file", True),
        ("COPY deep/[a-f]* /x", "deep/er/file", True),
        ("COPY other /x", "deep/er/file", False),
        ("COPY dee /x", "deep/er/file", False),
        ("COPY ./deep/../deep/er/ /x", "deep/er/file", True),
        ("ADD deep /x", "deep/er/file", True),
        ("COPY --from=python:3.11-slim deep /x", "deep/er/file", False),
        ("ARG WHAT\nCOPY ${WHAT} /x", "deep/er/file", True),
        ("RUN --mount=type=bind,target=/x true", "deep/er/file", True),
        ("RUN --mount=type=cache,target=/x true", "deep/er/file", False),
        ('COPY ["deep", "/x"]', "deep/er/file", True),
    ],
)
def test_files_that_matter(tmp_path: Path, line: str, path: str, matters: bool) -> None:
    made = Family(tmp_path, {"one": STAGE + line + "\n"})
    made.write(path, "1")
    first = digest(made)
    made.write(path, "2")
    assert (digest(made) != first) == matters


def test_a_file_from_an_address_is_the_engine_s_to_compare(tmp_path: Path) -> None:
    assert digest(Family(tmp_path, {"one": STAGE + "ADD https://example.org/x /x\n"})) is None


def test_a_trigger_of_the_base_may_copy_anything(tmp_path: Path) -> None:
    made = Family(tmp_path)
    made.write("docker/base/Dockerfile", "FROM python:3.11-slim\nONBUILD COPY secret /x\n")
    step = plan_of(made).step("one:cpu")
    assert step is not None
    assert step.sources is None


# -- a docker that only pretends, for what real builds take too long for

FAKE = """
import json, os, sys, time
folder, args = os.environ["FAKE"], sys.argv[1:]
def name(reference): return os.path.join(folder, reference.replace("/", "_"))
if args[0] == "version": print("28.0.0")
elif args[0] == "buildx": pass
elif args[:2] == ["image", "inspect"]:
    if not os.path.exists(name(args[3])): sys.exit("Error: No such image: " + args[3])
    print(open(name(args[3])).read())
elif args[0] == "pull":
    with open(os.path.join(folder, "order"), "a") as file: file.write(args[-1] + "\\n")
    if args[-1].endswith("-two:cpu"): sys.exit(os.environ["WORDS"])
    with open(name(args[-1]), "w") as file: json.dump([{"Id": "sha256:published", "Config": {}}], file)
elif args[0] == "build":
    assert "BUILDX_BUILDER" not in os.environ
    tag, label = args[args.index("-t") + 1], args[args.index("--label") + 1]
    with open(os.path.join(folder, "order"), "a") as file: file.write(tag + "\\n")
    print("#5 [2/3] RUN something long")
    if tag.endswith(os.environ.get("BREAK", "?")): sys.exit("ERROR: " + os.environ.get("WORDS", "it broke"))
    if os.environ.get("HANG"): time.sleep(600)
    key, _, value = label.partition("=")
    image = {"Id": "sha256:" + tag, "RepoTags": [tag], "Config": {"Labels": {key: value}}}
    with open(name(tag), "w") as file: json.dump([image], file)
"""


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    (tmp_path / "bin").mkdir()
    (tmp_path / "fake").mkdir()
    program = tmp_path / "bin" / "docker"
    program.write_text(f"#!{sys.executable}\n{textwrap.dedent(FAKE)}")
    program.chmod(0o755)
    monkeypatch.setenv("FAKE", str(tmp_path / "fake"))
    monkeypatch.setenv("BUILDX_BUILDER", "farm")  # elsewhere: what is built there is of no use
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Engine(str(program), "test")


def order(tmp_path: Path) -> list[str]:
    path = tmp_path / "fake" / "order"
    return path.read_text().split() if path.exists() else []


def test_a_base_is_built_before_its_stages_and_once(tmp_path: Path, pretend: Engine) -> None:
    made = Family(tmp_path, {"one": STAGE, "two": STAGE, "three": "FROM {prefix}-one:cpu\n"})
    results = build(plan_of(made), pretend)
    assert set(statuses(results).values()) == {BUILT}
    built = order(tmp_path)
    assert len(built) == len(set(built)) == 4
    assert built[0].endswith("-base:cpu")
    assert built.index(f"{made.prefix}-one:cpu") < built.index(f"{made.prefix}-three:cpu")
    assert set(statuses(build(plan_of(made), pretend)).values()) == {CURRENT}
    assert len(order(tmp_path)) == 4


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Error response from daemon: manifest for two:cpu not found: manifest unknown", BuildStatus.FAILED),
        ("Error: Get http://registry.example/v2/: dial tcp: connect: connection refused", BuildStatus.ENGINE_FAULT),
        (
            "Error: Get http://registry.example/v2/: dial tcp: lookup registry.example: no such host",
            BuildStatus.ENGINE_FAULT,
        ),
    ],
)
def test_what_is_published_is_taken_in_place_of_what_is_here(
    tmp_path: Path, pretend: Engine, monkeypatch: pytest.MonkeyPatch, words: str, status: BuildStatus
) -> None:
    made = Family(tmp_path)
    build(plan_of(made), pretend)
    (tmp_path / "fake" / "order").unlink()
    monkeypatch.setenv("WORDS", words)
    results = build(plan_of(made), pretend, "never", pull=True)
    assert len(order(tmp_path)) == 3
    assert (results["one:cpu"].digest, results["one:cpu"].status) == ("sha256:published", FOUND)
    assert (results["two:cpu"].digest, results["two:cpu"].status) == ("", status)
    assert words in results["two:cpu"].detail


def test_a_log_that_cannot_be_written_is_the_machine_s_fault(
    tmp_path: Path, pretend: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    result = build(plan_of(Family(tmp_path)), pretend)["base:cpu"]
    assert (result.status, "taken/wxlint/logs" in result.detail) == (BuildStatus.ENGINE_FAULT, True)
    assert order(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_disk_that_fills_up_costs_the_log_only() -> None:
    log = _Log(Path("/dev/full"))
    for _ in range(10_000):
        log.write("a line of the build")
    log.close()


def test_what_changed_is_built_again_with_all_that_stands_on_it(tmp_path: Path, pretend: Engine) -> None:
    made = Family(tmp_path)
    build(plan_of(made), pretend)
    made.write("docker/two/Dockerfile", STAGE.replace("{prefix}", made.prefix) + "# changed\n")
    assert statuses(build(plan_of(made), pretend)) == {"base:cpu": CURRENT, "one:cpu": CURRENT, "two:cpu": BUILT}
    assert set(statuses(build(plan_of(made), pretend, "always")).values()) == {BUILT}


def test_a_failed_base_blocks_by_name_and_shows_its_log(
    tmp_path: Path, pretend: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAK", "-base:cpu")
    made = Family(tmp_path, {"one": STAGE, "two": "FROM {prefix}-one:cpu\n"})
    told: list[tuple[str, str]] = []
    results = build(plan_of(made), pretend, progress=lambda image, what: told.append((image, what)))
    assert statuses(results) == {"base:cpu": FAILED, "one:cpu": BLOCKED, "two:cpu": BLOCKED}
    assert explain(results["two:cpu"]) == "blocked by base:cpu"
    assert "ERROR: it broke" in results["base:cpu"].tail
    assert "ERROR: it broke" in Path(results["base:cpu"].log).read_text()
    assert ("base:cpu", "step 2/3: RUN something long") in told
    assert summary(results.values()) == "1 failed (base:cpu), 2 blocked"
    said = list(failures(results.values()))
    assert "  ERROR: it broke" in said
    assert said[-1] == "blocked by base:cpu: one:cpu, two:cpu"


def test_a_full_disk_is_the_engine_s_fault_and_blames_no_image(
    tmp_path: Path, pretend: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAK", "-base:cpu")
    monkeypatch.setenv("WORDS", "write /x: no space left on device")
    made = Family(tmp_path)
    results = build(plan_of(made), pretend)
    assert set(statuses(results).values()) == {BuildStatus.ENGINE_FAULT}
    assert all("no space left on device" in explain(result) for result in results.values())


def test_never_only_looks(tmp_path: Path, pretend: Engine) -> None:
    made = Family(tmp_path)
    assert set(statuses(build(plan_of(made), pretend, "never")).values()) == {MISSING}
    build(plan_of(made), pretend)
    assert set(statuses(build(plan_of(made), pretend, "never")).values()) == {FOUND}
    assert len(order(tmp_path)) == 3


def test_what_is_left_alone_is_only_looked_for(tmp_path: Path, pretend: Engine) -> None:
    made = Family(tmp_path)
    results = build(plan_of(made), pretend, leave={"two:cpu": LeftOut.OPTIONAL})
    assert statuses(results) == {"base:cpu": BUILT, "one:cpu": BUILT, "two:cpu": LEFT}
    assert explain(results["two:cpu"]).endswith("; it is optional")


def test_a_missing_dockerfile_fails_alone(tmp_path: Path, pretend: Engine) -> None:
    made = Family(tmp_path)
    (tmp_path / "docker/one/Dockerfile").unlink()
    results = build(plan_of(made), pretend)
    assert statuses(results) == {"base:cpu": BUILT, "one:cpu": FAILED, "two:cpu": BUILT}
    assert "no such file" in explain(results["one:cpu"])


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from wxlint.conformance.container.builder import build
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import BuildResult, BuildStatus, LeftOut
from wxlint.documents.source import read
from wxlint.plan.build_plan import make_plan
from wxlint.policy.load import load_policy
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts its background jobs with SIGINT ignored
path = Path(sys.argv[1])
plan = make_plan(load_policy(read(path, "p"), path), env={})
def progress(image, what):
    if what.startswith("step"): os.kill(os.getpid(), signal.SIGINT)
try:
    build(plan, Engine(sys.argv[2]), progress=progress)
except KeyboardInterrupt:
    sys.exit(42)
"""


def test_ctrl_c_stops_the_builds(tmp_path: Path, pretend: Engine) -> None:
    made = Family(tmp_path)
    env = {**os.environ, "HANG": "1"}
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, str(made.policy), pretend.program], env=env, timeout=60)
    assert done.returncode == 42
    assert subprocess.run(["pgrep", "-f", made.prefix], capture_output=True).returncode == 1


# -- on a real engine


@pytest.mark.engine
def test_real_builds_and_what_is_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_engine()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    engine = Engine("docker", "test")
    with family(tmp_path) as made:
        assert set(statuses(build(plan_of(made), engine)).values()) == {BUILT}
        results = build(plan_of(made), engine)
        assert set(statuses(results).values()) == {CURRENT}
        info = engine.image(f"{made.prefix}-one:cpu")
        assert info is not None and info.digest == results["one:cpu"].digest
        made.write("app.py", "print('usage')\n")
        again = build(plan_of(made), engine)
        assert statuses(again) == {"base:cpu": CURRENT, "one:cpu": BUILT, "two:cpu": BUILT}
        assert engine.image(results["one:cpu"].digest) is None, "the image that was replaced is left behind"
        docker("tag", f"{made.prefix}-one:cpu", f"{made.prefix}-keep:mine")
        made.write("app.py", "print('usage 2')\n")
        build(plan_of(made), engine)
        assert engine.image(f"{made.prefix}-keep:mine") is not None


@pytest.mark.engine
def test_real_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_engine()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with family(tmp_path, {"one": STAGE + "RUN echo about to break; exit 7\n", "two": STAGE}) as made:
        results = build(plan_of(made), Engine("docker", "test"))
        assert statuses(results) == {"base:cpu": BUILT, "one:cpu": FAILED, "two:cpu": BUILT}
        assert "about to break" in results["one:cpu"].tail
        before = docker("ps", "-aq", "--filter", f"ancestor={made.prefix}-base:cpu")
        assert before == ""
