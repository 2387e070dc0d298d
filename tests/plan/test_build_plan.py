"""Build plans: the order, what is refused, and that the commands of every format are the same and safe to run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from wxlint.core.errors import InputError, UsageError
from wxlint.documents.source import read
from wxlint.plan.build_plan import _ordered, make_plan
from wxlint.plan.formats import render_plan
from wxlint.plan.model import Plan, Step
from wxlint.policy.load import load_policy
from wxlint.policy.model import Policy

POLICY = """\
wxlint: 1
name: family
image: "{registry}/app-{stage}"
registry: me
registry-arg: REGISTRY
registry-env: MY_REGISTRY
variants:
  cpu: {base: base, stages: [one, two], optional: [extra]}
  cuda: {base: {stage: base, dockerfile: docker/base-cuda/Dockerfile}, stages: [gpu]}
"""
FILES = {
    "base": "FROM python:3.11-slim\nCOPY lock.txt /\n",
    "base-cuda": "ARG VERSION=12.1.0\nFROM nvidia/cuda:${VERSION}-base-ubuntu22.04\n",
    "one": "ARG REGISTRY=me\nFROM ${REGISTRY}/app-two:cpu\n",
    "two": "ARG REGISTRY=me\nFROM python:3.11-slim AS build\n"
    "FROM ${REGISTRY}/app-base:cpu\nCOPY --from=build /x /x\nCOPY app /app\n",
    "gpu": "ARG REGISTRY=me\nFROM ${REGISTRY}/app-base:cuda\nARG CHANNEL=cu121\n"
    "RUN --mount=type=bind,source=lock.txt,target=/l true\n",
}


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def family(root: Path, policy: str = POLICY, **files: str) -> Policy:
    for name, text in {**FILES, **{name.replace("_", "-"): text for name, text in files.items()}}.items():
        write(root, f"docker/{name}/Dockerfile", text)
    write(root, "wxlint.yaml", policy)
    return load_policy(read(root / "wxlint.yaml", "wxlint.yaml"), root / "wxlint.yaml")


def titles(plan: Plan) -> list[tuple[str, list[str]]]:
    return [(phase.title, [step.image for step in phase.steps]) for phase in plan.phases]


def test_each_image_is_behind_what_it_is_built_from_whatever_the_policy_lists_first(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path), env={})
    order = [step.image for step in plan.steps]
    assert order.index("base:cpu") < order.index("two:cpu") < order.index("one:cpu")
    assert sorted(order) == ["base:cpu", "base:cuda", "gpu:cuda", "one:cpu", "two:cpu"]
    assert titles(plan) == [
        ("bases", ["base:cpu", "base:cuda"]),
        ("cpu stages", ["two:cpu"]),
        ("cuda stages", ["gpu:cuda"]),
        ("cpu stages on stages (2)", ["one:cpu"]),
    ]
    assert plan.dependants("base:cpu") == ("two:cpu", "one:cpu")


def test_what_an_image_is_built_from(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path), env={})
    base, cuda, two, gpu = (plan.step(name) for name in ("base:cpu", "base:cuda", "two:cpu", "gpu:cuda"))
    assert base and cuda and two and gpu
    assert (base.needs, base.external, base.upstream, base.sources) == (
        (),
        ("python:3.11-slim",),
        "python:3.11-slim",
        ("lock.txt",),
    )
    assert cuda.upstream == "nvidia/cuda:12.1.0-base-ubuntu22.04"
    assert (two.needs, two.external, two.sources) == (("base:cpu",), ("python:3.11-slim",), ("app",))
    assert gpu.sources is None  # a bind mount: everything may matter


def test_an_unknown_reference_waits_for_the_base(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path, two="ARG WHICH\nFROM ${WHICH}\n"), env={})
    step = plan.step("two:cpu")
    assert step is not None
    assert (step.needs, step.upstream) == (("base:cpu",), None)


def test_a_selection_brings_what_it_is_built_from(tmp_path: Path) -> None:
    policy = family(tmp_path)
    assert [s.image for s in make_plan(policy, select=["one"], env={}).steps] == ["base:cpu", "two:cpu", "one:cpu"]
    assert [s.image for s in make_plan(policy, select=["*:cuda"], env={}).steps] == ["base:cuda", "gpu:cuda"]
    assert [s.image for s in make_plan(policy, variant="cuda", env={}).steps] == ["base:cuda", "gpu:cuda"]


@pytest.mark.parametrize(("select", "message"), [("on", "did you mean 'one'"), ("zzz", "there are base:cpu")])
def test_a_selection_of_nothing_is_refused(tmp_path: Path, select: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_plan(family(tmp_path), select=[select], env={})


def test_an_unknown_variant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it has cpu, cuda"):
        make_plan(family(tmp_path), variant="rocm", env={})


def test_arguments_go_where_they_are_declared(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path), args={"CHANNEL": "", "HTTP_PROXY": "http://p"}, env={})
    given = {step.image: dict(step.args) for step in plan.steps}
    assert given["gpu:cuda"] == {"REGISTRY": "me", "CHANNEL": "", "HTTP_PROXY": "http://p"}
    assert given["base:cpu"] == {"HTTP_PROXY": "http://p"}
    with pytest.raises(UsageError, match="CHANEL"):
        make_plan(family(tmp_path), args={"CHANEL": ""}, env={})


def test_arguments_of_the_policy_go_where_they_are_declared(tmp_path: Path) -> None:
    said = 'cuda: {build-args: {CHANNEL: c, CHANEL: c, HTTP_PROXY: "http://p"}, '
    plan = make_plan(family(tmp_path, POLICY.replace("cuda: {", said, 1)), env={})
    given = {step.image: dict(step.args) for step in plan.steps}
    assert given["gpu:cuda"] == {"REGISTRY": "me", "CHANNEL": "c", "HTTP_PROXY": "http://p"}
    assert given["base:cuda"] == {"HTTP_PROXY": "http://p"} and given["base:cpu"] == {}
    assert plan.idle_args == ("CHANEL",)


def test_the_registry_comes_from_the_environment_into_every_tag_and_build(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path), env={"MY_REGISTRY": "ghcr.io/you"})
    step = plan.step("two:cpu")
    assert step is not None
    assert (step.reference, dict(step.args), step.needs) == (
        "ghcr.io/you/app-two:cpu",
        {"REGISTRY": "ghcr.io/you"},
        ("base:cpu",),
    )


def test_a_circle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one:cpu <- two:cpu <- one:cpu"):
        make_plan(family(tmp_path, two="FROM me/app-one:cpu\n"), env={})


def test_a_missing_dockerfile_is_a_problem_unless_it_is_optional(tmp_path: Path) -> None:
    policy = family(tmp_path)
    (tmp_path / "docker/two/Dockerfile").unlink()
    plan = make_plan(policy, env={})
    assert [step.image for step in plan.steps if step.problem] == ["two:cpu"]
    assert "extra:cpu" not in [step.image for step in plan.steps]
    assert "no such file" in render_plan(plan, "text")
    with pytest.raises(InputError, match="docker/two/Dockerfile"):
        render_plan(plan, "sh")


def test_bake_makes_one_target_the_base_of_another(tmp_path: Path) -> None:
    bake = json.loads(render_plan(make_plan(family(tmp_path), env={}), "bake"))
    assert bake["group"]["cuda"]["targets"] == ["base-cuda", "gpu-cuda"]
    assert set(bake["group"]["default"]["targets"]) == set(bake["target"])
    assert bake["target"]["two-cpu"]["contexts"] == {"${MY_REGISTRY}/app-base:cpu": "target:base-cpu"}
    assert bake["target"]["two-cpu"]["tags"] == ["${MY_REGISTRY}/app-two:cpu"]
    assert bake["variable"] == {"MY_REGISTRY": {"default": "me"}}


def need_buildx() -> None:
    buildx = ["docker", "buildx", "version"]
    if shutil.which("docker") is None or subprocess.run(buildx, capture_output=True).returncode:
        pytest.skip("docker buildx is not installed")


KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
users: [{name: u, user: {}}]
"""
ELSEWHERE = {
    "remote": ("--driver", "remote", "tcp://127.0.0.1:9"),
    "kubernetes": ("--driver", "kubernetes", "--driver-opt", "replicas=4"),
}


@pytest.mark.parametrize("driver", ELSEWHERE)
def test_builders_elsewhere_take_it(tmp_path: Path, driver: str) -> None:
    """As far as buildx goes without one that answers: what it would build and push there."""
    need_buildx()
    write(tmp_path, "docker-bake.json", render_plan(make_plan(family(tmp_path), env={}), "bake"))
    write(tmp_path, "kube", KUBECONFIG)
    env = {**os.environ, "BUILDX_CONFIG": str(tmp_path / "buildx"), "KUBECONFIG": str(tmp_path / "kube")}

    def buildx(*words: str) -> str:
        done = subprocess.run(["docker", "buildx", *words], cwd=tmp_path, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    buildx("create", "--name", "farm", *ELSEWHERE[driver])
    shown = json.loads(buildx("bake", "--builder", "farm", "-f", "docker-bake.json", "--push", "--print", "cuda"))
    assert set(shown["target"]) == {"base-cuda", "gpu-cuda"}
    assert {tuple(target["output"]) for target in shown["target"].values()} == {("type=image,push=true",)}
    assert shown["target"]["gpu-cuda"]["contexts"] == {"me/app-base:cuda": "target:base-cuda"}


def test_bake_reads_it(tmp_path: Path) -> None:
    need_buildx()
    plan = make_plan(family(tmp_path, gpu='FROM me/app-base:cuda\nARG X="a"\n'), args={"X": "${HOME} %{x} \\"}, env={})
    write(tmp_path, "docker-bake.json", render_plan(plan, "bake"))
    done = subprocess.run(
        ["docker", "buildx", "bake", "--print", "cuda"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "MY_REGISTRY": "you"},
    )
    assert done.returncode == 0, done.stderr
    target = json.loads(done.stdout)["target"]
    assert target["gpu-cuda"]["tags"] == ["you/app-gpu:cuda"]
    assert target["gpu-cuda"]["contexts"] == {"you/app-base:cuda": "target:base-cuda"}
    assert target["gpu-cuda"]["args"]["X"] == "${HOME} %{x} \\"


def test_mermaid_and_json(tmp_path: Path) -> None:
    plan = make_plan(family(tmp_path), env={})
    picture = render_plan(plan, "mermaid")
    assert picture.startswith("flowchart LR\n")
    assert picture.count("-->") == 3
    plain = json.loads(render_plan(plan, "json"))
    assert [phase["title"] for phase in plain["phases"]] == [title for title, _ in titles(plan)]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="known are text, json, bake, sh, bat, mermaid"):
        render_plan(make_plan(family(tmp_path), env={}), "yaml")


OPTIONAL = POLICY.replace("stages: [gpu]", "stages: [], optional: [gpu]")


def test_optional_images_are_built_when_they_are_asked_for(tmp_path: Path) -> None:
    policy = family(tmp_path, OPTIONAL)
    assert make_plan(policy, env={}).step("gpu:cuda") is None
    assert make_plan(policy, select=["cuda"], env={}).step("gpu:cuda") is None
    assert make_plan(policy, select=["gpu"], env={}).step("gpu:cuda")
    assert make_plan(policy, optional=True, env={}).step("gpu:cuda")


def test_a_long_chain_is_ordered_without_recursion() -> None:
    count = 3_000
    step = Step("s0", "", cast("Any", None), "", "", None, ())
    steps = [step._replace(image=f"s{n}", needs=(f"s{n + 1}",) if n < count else ()) for n in range(count + 1)]
    assert [one.image for one in _ordered(steps)] == [f"s{n}" for n in range(count, -1, -1)]


MANY = """\
wxlint: 1
image: "acme/app:{variant}-{version}"
parts: {version: {build-arg: VERSION}}
variants:
  cpu: {dockerfile: Dockerfile.cpu}
"""
CHANNELS = [f"cu{n}" for n in (118, 121, 124, 126, 128, 130)]


def many(root: Path) -> Policy:
    """Nineteen variants: cpu, and each channel alone, slim (from the former) and with an architecture's name."""
    text = MANY
    for channel in CHANNELS:
        text += f"  {channel}: {{build-args: {{CHANNEL: {channel}}}}}\n"
        text += f"  {channel}-slim: {{dockerfile: Dockerfile.slim, base: {{stage: app, variant: {channel}}},"
        text += f" build-args: {{CHANNEL: {channel}}}}}\n"
        text += f"  {channel}-arm: {{build-args: {{CHANNEL: {channel}}}, platforms: [linux/s390x]}}\n"
    write(root, "Dockerfile", "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nARG CHANNEL\nARG VERSION\n")
    write(root, "Dockerfile.cpu", "FROM python:3.11-slim\n")
    write(root, "Dockerfile.slim", "ARG CHANNEL\nARG VERSION=0\nFROM acme/app:${CHANNEL}-${VERSION}\n")
    write(root, "wxlint.yaml", text)
    return load_policy(read(root / "wxlint.yaml", "wxlint.yaml"), root / "wxlint.yaml")


def test_many_variants_are_phases_of_accelerators(tmp_path: Path) -> None:
    plan = make_plan(many(tmp_path), args={"VERSION": "1.4"}, env={})
    assert len(plan.steps) == 19
    assert [(phase.title, len(phase.steps)) for phase in plan.phases] == [
        ("cpu stages", 1),
        ("cuda stages", 12),
        ("cuda stages on stages (2)", 6),
    ]
    slim = plan.step("app:cu124-slim")
    assert slim is not None and (slim.needs, slim.reference) == (("app:cu124",), "acme/app:cu124-slim-1.4")
    assert slim.expectation.base == "acme/app:cu124-1.4"


def test_a_part_without_a_value_is_said_with_what_gives_it_one(tmp_path: Path) -> None:
    plan = make_plan(many(tmp_path), env={})
    assert len(plan.steps) == 19
    for step in plan.steps:
        assert step.problem == (
            f"{step.reference}: {{version}} has no value: give it with --part version=1.0.0, "
            'or --build-arg VERSION=1.0.0, or parts: {version: {default: "1.0.0"}} in the policy'
        )


def test_a_part_is_given_and_its_build_argument_with_it(tmp_path: Path) -> None:
    plan = make_plan(many(tmp_path), parts={"version": "1.4"}, env={})
    slim = plan.step("app:cu124-slim")
    assert slim is not None and slim.reference == "acme/app:cu124-slim-1.4" and not slim.problem
    assert dict(slim.args) == {"CHANNEL": "cu124", "VERSION": "1.4"} and slim.needs == ("app:cu124",)
    cpu = plan.step("app:cpu")
    assert cpu is not None and (cpu.reference, cpu.args) == ("acme/app:cpu-1.4", ())


def two(root: Path, dockerfile: str, parts: str = "", tags: str = "") -> Policy:
    """A base and what is built from it; the tags of both have a version."""
    write(root, "base/Dockerfile", "FROM python:3.11-slim\n")
    write(root, "api/Dockerfile", dockerfile)
    text = 'wxlint: 1\nimage: "acme/{stage}:{variant}-{version}"\ndockerfile: "{stage}/Dockerfile"\n'
    write(root, "wxlint.yaml", f"{text}{parts}\n{tags}\nvariants: {{cpu: {{base: base, stages: [api]}}}}\n")
    return load_policy(read(root / "wxlint.yaml", "wxlint.yaml"), root / "wxlint.yaml")


BY_TAG = "parts: {version: {build-arg: TAG}}"


@pytest.mark.parametrize(
    ("dockerfile", "parts", "why"),
    [
        ("ARG TAG\nFROM acme/base:cpu-${TAG}\n", "", "FROM acme/base:cpu-, and the plan builds acme/base:cpu-1.4.0"),
        ("ARG TAG=\nFROM acme/base:cpu-${TAG}\n", "", f"cpu-1.4.0; write {BY_TAG} in "),
        ("ARG TAG=1.0.0\nFROM acme/base:cpu-$TAG AS x\nFROM x\n", "", f"cpu-1.4.0; write {BY_TAG} in "),
        (
            "ARG OTHER=1.0.0\nFROM acme/base:cpu-$OTHER\n",
            BY_TAG,
            "cpu-1.4.0; write parts: {version: {build-arg: OTHER}}",
        ),
        ("\nFROM acme/base:cpu-1.0.0\n", "", "write parts: {version: {build-arg: VERSION}} in "),
    ],
)
def test_a_base_of_another_version_than_the_planned_one_is_refused(
    tmp_path: Path, dockerfile: str, parts: str, why: str
) -> None:
    plan = make_plan(two(tmp_path, dockerfile, parts), parts={"version": "1.4.0"}, env={})
    problems = {step.image: step.problem for step in plan.steps}
    assert not problems["base:cpu"] and problems["api:cpu"].startswith("api/Dockerfile:2: FROM acme/base:cpu-")
    assert why in problems["api:cpu"]
    with pytest.raises(InputError, match=r"cannot be built: api:cpu: api/Dockerfile:2: FROM"):
        render_plan(plan, "sh")


@pytest.mark.parametrize(
    ("dockerfile", "needs"),
    [
        ("ARG TAG=1.0.0\nFROM acme/base:cpu-${TAG}\n", ("base:cpu",)),
        ("FROM acme/base:cpu-1.4.0\n", ("base:cpu",)),
        ("FROM acme/base:cpu-debug\n", ()),
        ("FROM acme/base:cpu-stable\n", ()),
        ("FROM acme/other:cpu-1.0.0\n", ()),
        ("FROM acme/api:cpu-1.0.0\n", ()),
    ],
)
def test_a_base_that_is_planned_or_none_of_the_family_s_releases_is_not_refused(
    tmp_path: Path, dockerfile: str, needs: tuple[str, ...]
) -> None:
    plan = make_plan(
        two(tmp_path, dockerfile, BY_TAG, 'tags: ["{variant}-stable"]'), parts={"version": "1.4.0"}, env={}
    )
    step = plan.step("api:cpu")
    assert step is not None and (step.problem, step.needs) == ("", needs)


def test_a_part_by_its_default_is_given_to_the_dockerfile(tmp_path: Path) -> None:
    parts = 'parts: {version: {build-arg: TAG, default: "1.2"}}'
    step = make_plan(two(tmp_path, "ARG TAG\nFROM acme/base:cpu-${TAG}\n", parts), env={}).step("api:cpu")
    assert step is not None and (step.args, step.needs) == ((("TAG", "1.2"),), ("base:cpu",))


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"verson": "1"}, "has no such part in its references; it has version; did you mean 'version'?"),
        ({"version": "1/2"}, "--part version=1/2: found '1/2'; allowed: what fits v?[0-9]+"),
        ({"version": ""}, "found ''; allowed"),
        ({"variant": "cpu"}, "choose with --select or --variant"),
        ({"registry": "x"}, "the registry is given with --registry"),
    ],
)
def test_a_part_that_is_none(tmp_path: Path, part: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        make_plan(many(tmp_path), parts=part, env={})


def test_a_platform_that_is_not_the_host_s_is_named_in_every_format(tmp_path: Path) -> None:
    plan = make_plan(many(tmp_path), select=["app:cu124-arm"], args={"VERSION": "1"}, env={})
    assert [step.platform for step in plan.steps] == ["linux/s390x"]
    assert "--platform=linux/s390x" in render_plan(plan, "sh")
    assert "--platform=linux/s390x" in render_plan(plan, "bat")
    assert json.loads(render_plan(plan, "bake"))["target"]["app-cu124-arm"]["platforms"] == ["linux/s390x"]


def test_of_several_platforms_the_host_s_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """\
wxlint: 1
image: "acme/app:{variant}"
variants: {cpu: {platforms: {linux/amd64: {}, linux/arm64: {dockerfile: Dockerfile.arm64}}}}
"""
    write(tmp_path, "Dockerfile", "FROM python:3.11-slim\n")
    write(tmp_path, "Dockerfile.arm64", "FROM python:3.11-slim\n")
    write(tmp_path, "wxlint.yaml", text)
    policy = load_policy(read(tmp_path / "wxlint.yaml", "wxlint.yaml"), tmp_path / "wxlint.yaml")
    for machine, dockerfile in (("x86_64", "Dockerfile"), ("aarch64", "Dockerfile.arm64"), ("riscv64", "Dockerfile")):
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        (step,) = make_plan(policy, env={}).steps
        assert step.dockerfile == dockerfile
