"""What docker/bake-action builds: files, targets, the environment of its step, and what `set` changes."""

from __future__ import annotations

import pytest

from tests.support.workflow_steps import action, job, script, tags
from wxlint.images.builds.model import Script

BAKE = """\
variable "TAG" { default = "0" }
group "default" { targets = ["cpu", "cuda"] }
target "cpu" { tags = ["example/app:${TAG}-cpu"] }
target "cuda" {
  dockerfile = "app/Dockerfile.cuda"
  tags = ["example/app:${TAG}-cuda"]
  args = {A = "1"}
}
target "other" { tags = ["example/other:1"] }
target "top" { contexts = {a = "target:other"} }
"""
OWN = 'target "default" { tags = ["%s"] }\n'


def baked(label: str = "", repository: dict[str, str] | None = None, **inputs: str) -> Script:
    """What a step builds. repository: its files, by default docker-bake.hcl with BAKE; `__` for `/`."""
    given = {"docker-bake.hcl": BAKE} if repository is None else repository
    return script(job(action("docker/bake-action@v6", label, **inputs)), **given)


def test_the_default_group_with_the_environment_of_the_step() -> None:
    found = baked("        env: {TAG: '1.0'}\n", push="true")
    assert tags(found) == ["example/app:1.0-cpu", "example/app:1.0-cuda"]
    assert [build.dockerfile for build in found.builds] == ["Dockerfile", "app/Dockerfile.cuda"]
    assert tags(baked()) == ["example/app:0-cpu", "example/app:0-cuda"]


def test_what_a_build_is_made_by_and_where_it_stands() -> None:
    cuda = baked(push="true", targets="cuda").builds[0]
    assert [reason.text for reason in cuda.built_by] == ["job image: bake target cuda", "bake target cuda"]
    assert [reason.kind for reason in cuda.built_by] == ["build", "build"]
    assert cuda.built_by[0].line == cuda.span.line == 10  # its targets
    default = baked(push="true").builds[0]
    assert default.built_by[0].line == default.span.line == 6  # the step's `uses`


@pytest.mark.parametrize(
    ("targets", "made"),
    [
        ("other", ["example/other:1"]),
        ("cuda,other", ["example/app:0-cuda", "example/other:1"]),
        ("cuda\nother", ["example/app:0-cuda", "example/other:1"]),
        ("default", ["example/app:0-cpu", "example/app:0-cuda"]),
        ("top", ["example/other:1"]),  # what it takes as a context is built with it
        ("gone", []),
        ("${{ inputs.x }}", ["example/app:0-cpu", "example/app:0-cuda", "example/other:1"]),
        ("cuda,${{ inputs.x }}", ["example/app:0-cpu", "example/app:0-cuda", "example/other:1"]),
    ],
)
def test_targets(targets: str, made: list[str]) -> None:
    assert tags(baked(targets=targets)) == made


@pytest.mark.parametrize(("targets", "made"), [("app-b", ["e:b"]), ("app", ["e:a", "e:b"]), ("app-c", [])])
def test_targets_of_a_matrix(targets: str, made: list[str]) -> None:
    """By their own names, which `set` knows too, or all by the label."""
    text = 'target "app" {\n name = "app-${x}"\n matrix = {x = ["a", "b"]}\n tags = ["e:${x}"]\n}\n'
    found = baked(repository={"docker-bake.hcl": text}, targets=targets, set="app-b.target=runtime")
    assert tags(found) == made
    assert [build.target for build in found.builds] == ["runtime" if tag == "e:b" else None for tag in made]


@pytest.mark.parametrize(
    ("inputs", "made"),
    [
        ({}, ["json:1", "hcl:1", "json.over:1", "over:1"]),
        ({"files": "ci/own.hcl"}, ["own:1"]),
        ({"files": "./ci/own.hcl, ci/two.hcl"}, ["own:1", "two:1"]),
        ({"files": "ci/own.hcl\nci/two.hcl"}, ["own:1", "two:1"]),
        ({"files": "ci/own.hcl\nci/gone.hcl\nci/two.hcl"}, ["own:1", "two:1"]),
        ({"files": "cwd://ci/own.hcl"}, ["own:1"]),
        ({"files": "/ci/own.hcl\nci/two.hcl"}, ["two:1"]),
        ({"files": "own.hcl", "workdir": "ci"}, ["own:1"]),
        ({"workdir": "ci"}, ["ci:1"]),
        ({"files": "${{ inputs.x }}"}, []),
        ({"files": "ci/own.hcl\n${{ inputs.x }}"}, []),
        ({"workdir": "${{ inputs.x }}"}, []),
        ({"files": "ci/own.hcl", "workdir": "${{ inputs.x }}"}, []),
        ({"workdir": "../elsewhere"}, []),
    ],
)
def test_files(inputs: dict[str, str], made: list[str]) -> None:
    json = '{"target": {"default": {"tags": ["%s"]}}}'
    files = {
        "docker-bake.json": json % "json:1",
        "docker-bake.hcl": OWN % "hcl:1",
        "docker-bake.override.json": json % "json.over:1",
        "docker-bake.override.hcl": OWN % "over:1",
        "ci__own.hcl": OWN % "own:1",
        "ci__two.hcl": OWN % "two:1",
        "ci__docker-bake.hcl": OWN % "ci:1",
    }
    assert tags(baked("", files, **inputs)) == made


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("*.args.B=2", [("A", "1"), ("B", "2")]),
        ("cuda.args.B=2=3", [("A", "1"), ("B", "2=3")]),
        ("cuda.args.A=2", [("A", "2")]),
        ("cuda.args.A.B=2", [("A", "1"), ("A.B", "2")]),
        ("cu*.args.A=2", [("A", "2")]),
        ("other.args.A=2", [("A", "1")]),
        ("CUDA.args.A=2", [("A", "1")]),
        ("cuda.args=2", [("A", "1")]),
        ("cuda.labels.A=2", [("A", "1")]),
    ],
)
def test_arguments_that_are_set(line: str, arguments: list[tuple[str, str]]) -> None:
    (build,) = baked(targets="cuda", set=line).builds
    assert [(name, value.text) for name, value in build.args] == arguments
    assert not build.more


def test_a_set_argument_says_where() -> None:
    (build,) = baked(targets="cuda", set="*.labels.a=b\ncuda.args.A=2").builds
    reason = build.args[0][1].because[-1]
    assert (reason.kind, reason.text, reason.path, reason.line, reason.name) == (
        *("build-arg", "set cuda.args.A=2", ".github/workflows/ci.yml", 12),
        "A",
    )


@pytest.mark.parametrize("line", ["${{ inputs.x }}.args.A=2", "cuda.${{ inputs.x }}=2", "${{ inputs.x }}"])
def test_what_is_set_and_not_known_may_be_an_argument(line: str) -> None:
    assert [build.more for build in baked(set=line).builds] == [True, True]


def test_tags_that_are_set() -> None:
    assert tags(baked(targets="cuda", set="cuda.tags=x:1")) == ["x:1"]
    assert tags(baked(targets="cuda", set="cuda.tags=x:1\n*.tags=y:1")) == ["x:1", "y:1"]
    assert tags(baked(targets="cuda", set="cuda.tags+=x:1")) == ["example/app:0-cuda", "x:1"]
    assert tags(baked(targets="cuda, other", set="other.tags=x:1")) == ["example/app:0-cuda", "x:1"]


def test_where_a_set_tag_stands() -> None:
    text = job(action("docker/bake-action@v6", targets="cuda", set="cuda.tags=example/x:1"))
    (build,) = script(text, **{"docker-bake.hcl": BAKE}).builds
    span = build.tags[0].span
    line = text.splitlines()[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "example/x:1"
    assert build.tags[0].produces


def test_where_a_tag_stands_that_is_partly_filled_in() -> None:
    text = job(action("docker/bake-action@v6", targets="cuda", set="cuda.tags=example/x:${{ github.sha }}"))
    (build,) = script(text, **{"docker-bake.hcl": BAKE}).builds
    span = build.tags[0].span
    line = text.splitlines()[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "cuda.tags=example/x:${{ github.sha }}"


@pytest.mark.parametrize(
    ("line", "target", "platform"),
    [
        ("*.target=run", "run", "linux/amd64"),
        ("*.target=${{ inputs.x }}", None, "linux/amd64"),
        ("*.platform=linux/arm64", None, "linux/arm64"),
        ("*.platforms=linux/arm64", None, "linux/arm64"),
        ("*.platform=arm64", None, "linux/amd64"),
        ("*.platform=linux/${{ inputs.x }}", None, "linux/amd64"),
        ("*.dockerfile=x", None, "linux/amd64"),
    ],
)
def test_targets_and_platforms_that_are_set(line: str, target: str | None, platform: str) -> None:
    (build,) = baked(targets="cuda", set=line).builds
    assert (build.target, build.platform) == (target, platform)
