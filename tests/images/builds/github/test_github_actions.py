"""Build and metadata actions of workflows, input by input; matrices; and where a job's paths lie."""

from __future__ import annotations

import pytest

from tests.support.workflow_steps import action, job, script, tags
from wxlint.images.model.records import Build


def push(**inputs: str) -> str:
    return action("docker/build-push-action@v6", **inputs)


def build(*steps: str, root: str = "", runner: str = "ubuntu-latest") -> Build:
    (found,) = script(job(*steps, runner=runner), root).builds
    return found


@pytest.mark.parametrize(
    ("inputs", "dockerfile", "contexts"),
    [
        ({}, "Dockerfile", (".",)),
        ({"context": "app"}, "app/Dockerfile", ("app",)),
        ({"context": "./app/"}, "app/Dockerfile", ("app",)),
        ({"context": "app", "file": "app/Dockerfile.cuda"}, "app/Dockerfile.cuda", ("app",)),
        ({"context": ".\\app", "file": "app\\Dockerfile.cuda"}, "app/Dockerfile.cuda", ("app",)),
        ({"context": "{{defaultContext}}:app"}, "app/Dockerfile", ("app",)),
        ({"context": "{{defaultContext}}"}, "Dockerfile", (".",)),
        ({"context": "{{other}}"}, "", ()),
        ({"context": "https://example.org/app.git"}, "", ()),
        ({"context": "/srv/app"}, "", ()),
        ({"context": "${{ inputs.folder }}"}, "", ()),
        ({"context": "app", "file": "${{ inputs.file }}"}, "", ("app",)),
        ({"context": "gone"}, "", ("gone",)),
        ({"context": "../outside"}, "", ()),
    ],
)
def test_what_is_built(inputs: dict[str, str], dockerfile: str, contexts: tuple[str, ...]) -> None:
    found = build(push(**inputs))
    assert (found.dockerfile, found.contexts) == (dockerfile, contexts)


def test_a_dockerfile_that_is_not_there_was_looked_for() -> None:
    assert build(push(context="gone")).wanted == ("gone/Dockerfile",)
    assert build(push(file="gone/Dockerfile")).wanted == ("gone/Dockerfile",)
    assert build(push(context="app")).wanted == ()


def test_null_is_as_good_as_nothing() -> None:
    given = "        with:\n          context:\n          target:\n          tags: e:x\n"
    found = build(f"      - uses: docker/build-push-action@v6\n{given}")
    assert (found.dockerfile, found.contexts, found.target) == ("Dockerfile", (".",), None)


@pytest.mark.parametrize(
    ("platforms", "runner", "platform"),
    [
        ("", "ubuntu-latest", "linux/amd64"),
        ("", "ubuntu-24.04-arm", "linux/arm64"),
        ("", "[self-hosted, ARM64]", "linux/amd64"),
        ("", "arm64-large", "linux/arm64"),
        ("", "charm", "linux/amd64"),
        ("", "army", "linux/amd64"),
        ("linux/arm64", "ubuntu-latest", "linux/arm64"),
        ("linux/amd64", "ubuntu-24.04-arm", "linux/amd64"),
        ("linux/arm64,linux/amd64", "ubuntu-latest", "linux/amd64"),
        ("linux/arm64\nlinux/arm/v7", "ubuntu-latest", "linux/arm64"),
        ("linux/arm64,${{ inputs.more }}", "ubuntu-latest", "linux/amd64"),
    ],
)
def test_the_platform_that_is_judged(platforms: str, runner: str, platform: str) -> None:
    inputs = {"platforms": platforms} if platforms else {}
    assert build(push(**inputs), runner=runner).platform == platform


def test_arguments_contexts_and_tags() -> None:
    step = push(
        tags="e:1, e:2\ne:3\n${{ inputs.tags }}",
        build_args="A=1\nB = 2=3\nNAME\n${{ inputs.x }}=1\nC=${{ github.sha }}\n",
        build_contexts="python=docker-image://python:3.11\nshared=../shared",
        target="runtime",
    )
    text = job(step)
    (found,) = script(text).builds
    lines = text.splitlines()
    assert tags(script(text)) == ["e:1", "e:2", "e:3"]
    assert all(tag.produces for tag in found.tags)
    assert [lines[t.span.line - 1][t.span.column - 1 : t.span.end_column - 1] for t in found.tags] == [
        "e:1",
        "e:2",
        "e:3",
    ]
    assert [(name, value.shown()) for name, value in found.args] == [
        ("A", "1"),
        ("B", " 2=3"),
        ("C", "${{ github.sha }}"),
    ]
    assert [value.because[-1].text for _, value in found.args][:2] == ["build-args A=1", "build-args B= 2=3"]
    assert lines[found.args[0][1].because[-1].line - 1].strip() == "A=1"
    assert [(name, value.text) for name, value in found.named_contexts] == [
        ("python", "docker-image://python:3.11"),
        ("shared", "../shared"),
    ]
    assert found.more  # one argument may have any name
    assert found.target == "runtime"
    assert found.span is not None and lines[found.span.line - 1].strip() == "target: |-"
    assert not build(push(build_args="A=1")).more
    assert build(push(target="${{ inputs.target }}")).target is None


def test_a_build_without_a_target_stands_at_its_action() -> None:
    text = job(push(tags="e:x"))
    (found,) = script(text).builds
    assert found.span is not None
    assert text.splitlines()[found.span.line - 1][found.span.column - 1 :] == "docker/build-push-action@v6"
    assert (found.built_by[0].kind, found.built_by[0].line) == ("build", found.span.line)


def metadata(**inputs: str) -> list[str]:
    """The tags that a build takes from the metadata action."""
    step = action("docker/metadata-action@v5", "        id: meta\n", **inputs)
    return tags(script(job(step, push(tags="${{ steps.meta.outputs.tags }}"))))


@pytest.mark.parametrize(
    ("inputs", "made"),
    [
        ({"images": "e", "tags": "type=raw,value=1.0"}, ["e:1.0"]),
        ({"images": "e", "tags": "1.0"}, ["e:1.0"]),
        ({"images": "e", "tags": "type=raw,value=1.0,prefix=v,suffix=-cuda"}, ["e:v1.0-cuda"]),
        ({"images": "e", "tags": "type=raw,value=1.0", "flavor": "prefix=v\nsuffix=-cuda"}, ["e:v1.0-cuda"]),
        ({"images": "e", "tags": "type=raw,value=1.0,suffix=", "flavor": "suffix=-cuda"}, ["e:1.0"]),
        ({"images": "e", "tags": "type=raw,value=1.0", "flavor": "suffix={{ branch }}"}, ["e:1.0{{branch}}"]),
        ({"images": "e", "tags": "1.0,suffix=-cuda"}, ["e:1.0-cuda"]),
        ({"images": "e", "tags": "type=raw,value={{branch}}"}, ["e:{{branch}}"]),
        ({"images": "e", "tags": "type=raw,value=a-{{date 'YYYY'}}-${{ x }}"}, ["e:a-{{date 'YYYY'}}-${{ x }}"]),
        ({"images": "e", "tags": "type=sha"}, ["e:sha-{{sha}}"]),
        ({"images": "e", "tags": "type=sha", "flavor": "prefix=v"}, ["e:sha-{{sha}}"]),
        ({"images": "e", "tags": "type=sha,prefix="}, ["e:{{sha}}"]),
        ({"images": "e", "tags": "type=sha,prefix={{branch}}-cpu-"}, ["e:{{branch}}-cpu-{{sha}}"]),
        ({"images": "e", "tags": "type=edge"}, ["e:edge"]),
        ({"images": "e", "tags": "type=schedule"}, ["e:nightly"]),
        ({"images": "e", "tags": "type=schedule,pattern={{date 'YYYYMMDD'}}"}, ["e:{{date 'YYYYMMDD'}}"]),
        ({"images": "e", "tags": "type=ref,event=pr"}, ["e:pr-{{pr}}"]),
        ({"images": "e", "tags": "type=ref,event=pr,prefix="}, ["e:{{pr}}"]),
        ({"images": "e", "tags": "type=semver,pattern={{version}}"}, ["e:{{version}}", "e:latest"]),
        (
            {"images": "e", "tags": "type=semver,pattern={{major}}.{{minor}},suffix=-cpu"},
            ["e:{{major}}.{{minor}}-cpu", "e:latest"],
        ),
        ({"images": "e", "tags": "type=pep440,pattern={{version}}"}, ["e:{{version}}", "e:latest"]),
        (
            {"images": "e", "tags": "type=ref,event=tag", "flavor": "suffix=-cuda"},
            ["e:{{tag}}-cuda", "e:latest"],
        ),
        (
            {"images": "e", "tags": "type=match,pattern=v(.*)", "flavor": "suffix=-cuda,onlatest=true"},
            ["e:{{match}}-cuda", "e:latest-cuda"],
        ),
        (
            {"images": "e", "tags": "type=ref,event=tag", "flavor": "prefix=a-,onlatest=true\nsuffix=-b"},
            ["e:a-{{tag}}-b", "e:a-latest"],
        ),
        ({"images": "e", "tags": "type=semver,pattern=v", "flavor": "latest=false"}, ["e:v"]),
        ({"images": "e", "tags": "type=semver,pattern=v,enable=${{ x }}"}, ["e:v"]),
        ({"images": "e", "tags": "type=ref,event=branch"}, ["e:{{branch}}"]),
        ({"images": "e"}, ["e:nightly", "e:{{branch}}", "e:{{tag}}", "e:pr-{{pr}}", "e:{{latest}}"]),
        ({"images": "e", "tags": "1", "flavor": "latest=${{ github.ref == 'x' }}"}, ["e:1", "e:{{latest}}"]),
        ({"images": "e", "tags": "1.0", "flavor": "latest=true"}, ["e:1.0", "e:latest"]),
        ({"images": "e", "tags": "1.0", "flavor": "latest=auto"}, ["e:1.0"]),
        ({"images": "e", "tags": "1.0", "flavor": "latest=false"}, ["e:1.0"]),
        ({"images": "e", "tags": "1", "flavor": "latest=true\nsuffix=-cuda"}, ["e:1-cuda", "e:latest"]),
        (
            {"images": "e", "tags": "1", "flavor": "latest=true\nsuffix=-cuda,onlatest=true"},
            ["e:1-cuda", "e:latest-cuda"],
        ),
        ({"images": "e", "tags": "1\ntype=raw,value=2,enable=false\n3"}, ["e:1", "e:3"]),
        ({"images": "# names\ne", "tags": "# by hand\n1\n  # type=sha\n2", "flavor": "# prefix=v"}, ["e:1", "e:2"]),
        ({"images": "name=e\nname=f,enable=false\nname=g,enable=true", "tags": "1"}, ["e:1", "g:1"]),
        ({"images": "e-${{ github.sha }}", "tags": "1"}, ["e-${{ github.sha }}:1"]),
        ({"tags": "1"}, []),
    ],
)
def test_tags_of_the_metadata_action(inputs: dict[str, str], made: list[str]) -> None:
    assert metadata(**inputs) == made


def test_the_metadata_action_is_among_the_reasons_of_a_tag() -> None:
    step = action("docker/metadata-action@v5", "        id: meta\n", images="e", tags="1")
    (found,) = script(job(step, push(tags="${{ steps.meta.outputs.tags }}"))).builds
    reasons = [(reason.kind, reason.text, reason.line) for reason in found.tags[0].value.because]
    assert reasons == [("variable", "tags of docker/metadata-action", 6)]


# -- matrices


def rounds(matrix: str, tag: str = "${{ matrix.a }}-${{ matrix.b }}") -> list[str]:
    head = f"    strategy:\n      matrix: {matrix}\n"
    return [each.removeprefix("e:") for each in tags(script(job(push(tags=f"e:{tag}"), head=head)))]


@pytest.mark.parametrize(
    ("matrix", "made"),
    [
        ("{a: [1, x], b: [y, z]}", ["1-y", "1-z", "x-y", "x-z"]),
        ("{a: [true, null, 1.5, '2.0'], b: [y]}", ["true-y", "-y", "1.5-y", "2.0-y"]),
        ("{a: [x, y], b: [1, 2], exclude: [{a: x, b: 1}, {a: y}]}", ["x-2"]),
        ("{a: [x, y], b: [1], exclude: [{}]}", ["x-1", "y-1"]),
        ("{a: [x, y], b: [1], exclude: [x]}", ["x-1", "y-1"]),
        ("{a: [x, y], b: [1], exclude: ['${{ github.ref }}', {a: x}]}", ["y-1"]),
        ("{a: [x, y], include: [{a: x, b: 1}, {a: y, b: 2}, {a: z, b: 3}]}", ["x-1", "y-2", "z-3"]),
        ("{a: [x, y], include: [{b: 1}]}", ["x-1", "y-1"]),
        ("{a: [x, y], include: [7, {b: 1}]}", ["x-1", "y-1"]),
        ("{include: [{a: x, b: 1}, {a: y, b: 2}]}", ["x-1", "y-2"]),
        ("{a: [x], b: '${{ github.ref }}'}", ["x-${{ matrix.b }}"]),
        ("{a: [x], include: '${{ github.ref }}'}", ["x-${{ matrix.b }}"]),
        ("'${{ github.ref }}'", ["${{ matrix.a }}-${{ matrix.b }}"]),
        ("{a: [x, '${{ github.ref }}'], b: [1], exclude: [{a: x}]}", ["${{ github.ref }}-1"]),
        ("{a: [1, 2], b: [1], exclude: [{a: 1}]}", ["2-1"]),
    ],
)
def test_rounds_of_a_matrix(matrix: str, made: list[str]) -> None:
    assert rounds(matrix) == made


def test_a_matrix_that_is_too_large_is_not_known() -> None:
    values = ", ".join(map(str, range(16)))
    assert len(rounds(f"{{a: [{values}], b: [{values}]}}")) == 256
    assert rounds(f"{{a: [{values}], b: [{values}, 17]}}") == ["${{ matrix.a }}-${{ matrix.b }}"]


def test_where_a_value_of_a_matrix_stands() -> None:
    head = "    strategy:\n      matrix:\n        a: [x]\n        include:\n          - {a: x, b: {c: y}}\n"
    (found,) = script(job(push(tags="e:${{ matrix.a }}-${{ matrix.b.c }}"), head=head)).builds
    assert [(reason.kind, reason.text, reason.line) for reason in found.tags[0].value.because] == [
        ("loop", "a=x", 7),
        ("loop", "b.c=y", 9),
    ]


# -- where paths lie


def checkout(**inputs: str) -> str:
    return action("actions/checkout@v4", **inputs)


@pytest.mark.parametrize(
    ("steps", "dockerfile"),
    [
        ([checkout()], "app/Dockerfile"),
        ([checkout(path="src"), push(context="src/app")], "app/Dockerfile"),
        ([checkout(path="./src/"), push(context="src/app")], "app/Dockerfile"),
        ([checkout(path="src"), push(context="app")], ""),
        ([checkout(path="src"), push(context="srcs/app")], ""),
        ([checkout(path="src"), push(context="src", file="src/app/Dockerfile")], "app/Dockerfile"),
        ([checkout(path="src"), checkout(path="."), push(context="app")], "app/Dockerfile"),
        ([checkout(repository="other/one"), push(context="app")], ""),
        ([checkout(repository="${{ github.repository }}"), push(context="app")], "app/Dockerfile"),
        ([checkout(repository="other/one", path="app"), push(context="app")], ""),
        ([checkout(repository="other/one", path="."), push(context="app")], ""),
        ([checkout(repository="other/one", path="ap"), push(context="app")], "app/Dockerfile"),
        ([checkout(repository="other/one", path="app"), push(context="app/deep")], ""),
        ([checkout(repository="other/one", path="app"), push(context=".")], "Dockerfile"),
        ([checkout(repository="other/one"), checkout(), push(context="app")], "app/Dockerfile"),
        ([checkout(repository="other/one", path="${{ inputs.x }}"), push(context="app")], ""),
        ([checkout(path="${{ inputs.x }}"), push(context="app")], "app/Dockerfile"),
    ],
)
def test_what_a_checkout_makes_of_paths(steps: list[str], dockerfile: str) -> None:
    built = steps if len(steps) > 1 else [*steps, push(context="app")]
    assert build(*built).dockerfile == dockerfile


def test_a_repository_below_the_folder_that_is_checked() -> None:
    assert build(push(context="app"), root="sub/").dockerfile == "sub/app/Dockerfile"


@pytest.mark.parametrize(
    ("directory", "run", "dockerfile"),
    [
        ("", "docker build app", "app/Dockerfile"),
        ("app", "docker build .", "app/Dockerfile"),
        (".\\app", "docker build .", "app/Dockerfile"),
        ("", "cd app && docker build .", "app/Dockerfile"),
        ("app", "cd .. && docker build .", "Dockerfile"),
        ("${{ inputs.x }}", "docker build .", ""),
        ("/srv", "docker build .", ""),
        ("..", "docker build .", ""),
    ],
)
def test_where_a_run_starts(directory: str, run: str, dockerfile: str) -> None:
    where = f"        working-directory: {directory}\n" if directory else ""
    assert build(f"      - run: {run} -t e:x\n{where}").dockerfile == dockerfile


def test_quotes_in_a_list_are_those_of_csv() -> None:
    step = push(tags='"e:1"\n"e:2",e:3', build_args='"A=1"\nB="2"\n"C=${{ github.sha }}"')
    (found,) = script(job(step)).builds
    assert tags(script(job(step))) == ["e:1", "e:2", "e:3"]
    assert [(name, value.shown()) for name, value in found.args] == [
        ("A", "1"),
        ("B", '"2"'),
        ("C", "${{ github.sha }}"),
    ]
