"""Targets of bake files in full: Dockerfile, context, target, arguments, tags, platforms, contexts, and places."""

from __future__ import annotations

import pytest
from built_by_scripts import first_of, shown, uses_shown

from wxlint.documents.source import Source
from wxlint.images.builds.bake.from_bake import bake_script
from wxlint.images.builds.model import Script
from wxlint.images.model.records import Build

find = first_of("Dockerfile", "docker/Dockerfile.cuda", "app/Dockerfile")


def bake(text: str) -> Script:
    return bake_script(Source("docker-bake.hcl", text), find)


def one(body: str) -> Build:
    (build,) = bake(f'target "a" {{ {body} }}').builds
    return build


BY = "by bake target a on line 1, at 1:1-7"
TARGETS = [
    # what a target says, the build
    ("", f"Dockerfile in ., {BY}"),
    ('context = "app"', f"app/Dockerfile in app, {BY}"),
    ('context = "app"\n dockerfile = "Dockerfile"', f"app/Dockerfile in app, {BY}"),
    ('dockerfile = "docker/Dockerfile.cuda"', f"docker/Dockerfile.cuda in ., {BY}"),
    ('dockerfile = "nope"', f"? in ., {BY}, wants nope"),
    ('dockerfile-inline = "FROM x"', f"? in ., {BY}"),
    ('context = "https://git.example/a.git"', f"? in ?, {BY}"),
    ("context = OTHER", f"? in ?, {BY}"),
    ("dockerfile = OTHER", f"? in ., {BY}"),
    ('target = "run"', "Dockerfile in ., target run, by bake target a on line 1, at 1:23-28"),
    ("target = OTHER", "Dockerfile in ., by bake target a on line 1, at 1:23-28"),
    ('args = { A = 1, B = true, C = null, D = OTHER, "E" = "x" }',
     f"Dockerfile in ., A=1, B=true, D=${{OTHER}}, E=x, {BY}"),
    ('tags = ["e:1", "", "e:${OTHER}"]', f"Dockerfile in ., as e:1 e:${{OTHER}}, {BY}"),
    ('tags = "e:1"', f"Dockerfile in ., as e:1, {BY}"),
    ('inherits = ["nope"]', f"? in ?, {BY}"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "build"), TARGETS, ids=[row[0] for row in TARGETS])
def test_a_target(body: str, build: str) -> None:
    assert shown(one(body)) == build


@pytest.mark.parametrize(
    ("body", "more"),
    [("", False), ("args = OTHER", True), ('inherits = ["nope"]', True), ("args = { A = OTHER }", False)],
)
def test_whether_there_may_be_more_arguments(body: str, more: bool) -> None:
    assert one(body).more is more


PLATFORMS = [
    ("", "linux/amd64", ()),
    ('platforms = ["linux/arm64"]', "linux/arm64", ("linux/arm64",)),
    ('platforms = ["linux/amd64", "linux/arm64"]', "linux/amd64", ("linux/amd64", "linux/arm64")),
    ("platforms = [OTHER]", "linux/amd64", ()),
]


@pytest.mark.parametrize(("body", "platform", "platforms"), PLATFORMS)
def test_platforms(body: str, platform: str, platforms: tuple[str, ...]) -> None:
    build = one(body)
    assert (build.platform, build.platforms) == (platform, platforms)


def test_contexts_by_name() -> None:
    contexts = 'contexts = { base = "docker-image://b:1", lib = "target:b", c = "../c" }'
    found = bake(f'target "a" {{ {contexts} }}\ntarget "b" {{ tags = ["b:2"] }}\n')
    assert [(name, value.text) for name, value in found.builds[0].named_contexts] == [
        ("base", "docker-image://b:1"),
        ("lib", "docker-image://b:2"),
        ("c", "../c"),
    ]
    assert uses_shown(found) == ["bake tag b:2 makes line 2", "bake context b:1 line 1"]


FILES = [
    # text, each build
    ('target "a" { inherits = ["b"]\n tags = ["a:1"] }\ntarget "b" { context = "app"\n args = { X = "1" } }\n'
     'group "default" { targets = ["a"] }', [f"app/Dockerfile in app, X=1, as a:1, {BY}"]),
    ('target "a" { inherits = ["a"] }', []),
    ('target "a" { name = "a-${v}"\n matrix = { v = ["x", "y"] }\n tags = ["e:${v}"] }',
     [f"Dockerfile in ., as e:{v}, by bake target a-{v} on line 1, at 1:1-7" for v in "xy"]),
    ('target "a" { matrix = { v = ["x"], w = ["1", "2"] }\n name = "a-${v}-${w}"\n tags = ["e:${v}${w}"] }',
     [f"Dockerfile in ., as e:x{w}, by bake target a-x-{w} on line 1, at 1:1-7" for w in "12"]),
    ('variable "V" { default = "1" }\ntarget "a" { tags = ["e:${V}"] }',
     ["Dockerfile in ., as e:1, by bake target a on line 2, at 2:1-7"]),
    ('target "a" { tags = ["a:1"] }\ntarget "a" { tags = ["a:2"]\n context = "app" }',
     ["app/Dockerfile in app, as a:2, by bake target a on line 2, at 2:1-7"]),
    ('group "default" { targets = ["g"] }\ngroup "g" { targets = ["a"] }\ntarget "a" {}\ntarget "b" {}',
     [f"Dockerfile in ., by bake target {name} on line {n}, at {n}:1-7" for name, n in (("a", 3), ("b", 4))]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "builds"), FILES)
def test_a_file(text: str, builds: list[str]) -> None:
    assert [shown(build) for build in bake(text).builds] == builds


def test_a_file_that_does_not_end() -> None:
    found = bake('target "a" {')
    assert found.builds == () and len(found.problems) == 1
