"""A policy that extends others, and one in a pyproject.toml: what is merged, and where mistakes are shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from file_trees import write_tree
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.errors import PolicyError
from wxlint.documents import yaml as yaml_nodes
from wxlint.documents.source import Source, read
from wxlint.policy.find import find_policy
from wxlint.policy.layers import _merged, presets
from wxlint.policy.load import load_policy
from wxlint.policy.model import Policy

pytestmark = pytest.mark.usefixtures("here")

OWN = """\
wxlint: 1
extends: ../platform/wxlint.yaml
image: "acme/asr:{variant}"
variants:
  cpu: {upstream: ["debian:12*"]}
  cuda: {torch-channel: cu121}
"""
SHARED = """\
wxlint: 1
name: platform
root: elsewhere
registry: acme
image: "{registry}/none-{stage}"
compose: [compose.yaml]
forbidden-tags: [latest, dev]
expect: {user: non-root, python: "3.11"}
variants:
  cpu: {upstream: ["python:*"], expect: {torch: forbidden}}
"""


def put(**files: str) -> None:
    write_tree(Path(), files)


def load(path: str = "asr/wxlint.yaml") -> Policy:
    return load_policy(read(Path(path), path), Path(path))


def problems(path: str = "asr/wxlint.yaml") -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load(path)
    return caught.value.problems


def test_mappings_are_merged_and_the_rest_is_the_nearest_s() -> None:
    put(**{"asr/wxlint.yaml": OWN, "platform/wxlint.yaml": SHARED.replace("registry: acme\n", "")})
    policy = load()
    assert (policy.name, policy.root) == ("asr", Path("asr"))
    assert policy.image_pattern == "acme/asr:{variant}"
    assert (policy.forbidden_tags, policy.compose) == (("latest", "dev"), ("compose.yaml",))
    cpu = policy.variants["cpu"]
    assert (cpu.upstream, cpu.settings.expect.torch) == (("debian:12*",), "forbidden")
    assert policy.settings.expect.user == "non-root"
    assert list(policy.variants) == ["cpu", "cuda"]


def test_a_mistake_of_both_together_is_shown_where_it_is_said() -> None:
    put(**{"asr/wxlint.yaml": OWN, "platform/wxlint.yaml": SHARED})
    assert problems() == ["platform/wxlint.yaml:4:11: registry: not used, since image has no {registry}"]
    span = None
    put(**{"platform/wxlint.yaml": SHARED.replace("registry: acme\n", "")})
    span = load().span("variants", "cpu", "expect")
    assert span is not None and (span.path, span.line) == ("platform/wxlint.yaml", 9)
    span = load().span("variants", "cpu", "upstream", 0)
    assert span is not None and (span.path, span.line) == ("asr/wxlint.yaml", 5)


def test_several_the_last_is_the_nearest_and_bases_have_bases() -> None:
    put(
        **{
            "a/wxlint.yaml": "wxlint: 1\nextends: [b.yaml, c.yaml]\n",
            "a/b.yaml": "wxlint: 1\nforbidden-tags: [b]\nrules: {latest-tag: info, torch-index: info}\n",
            "a/c.yaml": "wxlint: 1\nextends: ../d/policy.yaml\nforbidden-tags: [c]\nrules: {latest-tag: off}\n",
            "d/policy.yaml": "wxlint: 1\nrules: {latest-tag: error, unread-file: off}\n",
        }
    )
    policy = load("a/wxlint.yaml")
    assert policy.forbidden_tags == ("c",)
    levels = {name: setting.severity for name, setting in policy.rules.items()}
    assert levels == {"latest-tag": "off", "torch-index": "info", "unread-file": "off"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("hardend", r'2:10: extends: there is no preset "hardend"; allowed: hardened, .*did you mean "hardened"\?'),
        ("./other.yaml", r'2:10: extends: found "./other.yaml", which names no file; .*did you mean "./others.yaml"\?'),
        ("./wxlint.yaml", r'2:10: extends: "./wxlint.yaml" extends itself'),
        ("../../x.yaml", r'2:10: extends: "../../x.yaml" lies outside the policy\'s repository; allowed: a policy in'),
        ("[./others.yaml, 3]", r"2:26: extends: found the number 3; allowed: a relative path of a policy"),
        ("/etc/x.yaml", r"2:10: extends: found \"/etc/x.yaml\"; allowed: a relative path"),
        ("./link.yaml", r'2:10: extends: "./link.yaml" lies outside'),
    ],
)
def test_what_cannot_be_extended(said: str, message: str, here: Path) -> None:
    put(**{"asr/wxlint.yaml": f"wxlint: 1\nextends: {said}\n", "asr/others.yaml": "wxlint: 1\n"})
    (here.parent / "outside.yaml").write_text("wxlint: 1\n")
    (here / "asr/link.yaml").symlink_to(here.parent / "outside.yaml")
    (problem,) = problems()
    assert re.search(message, problem), problem


def test_a_circle_through_another_and_a_mistake_in_another() -> None:
    put(**{"asr/wxlint.yaml": "wxlint: 1\nextends: b.yaml\n", "asr/b.yaml": "wxlint: 1\nextends: wxlint.yaml\n"})
    assert problems() == ['asr/b.yaml:2:10: extends: "wxlint.yaml" extends itself']
    put(**{"asr/b.yaml": "wxlint: 1\nforbiden-tags: []\n"})
    assert problems()[0].startswith('asr/b.yaml:2:1: unknown key "forbiden-tags" in a policy;')
    put(**{"asr/b.yaml": "wxlint: [\n"})
    assert problems()[0].startswith("asr/b.yaml:")


def test_every_preset_is_a_policy() -> None:
    assert set(presets()) >= {"hardened", "own-latest"}
    for name in presets():
        put(**{"asr/wxlint.yaml": f"wxlint: 1\nextends: {name}\n"})
        assert load().document is not None
    put(**{"asr/wxlint.yaml": "wxlint: 1\nextends: [hardened, own-latest]\nexpect: {user: app}\n"})
    policy = load()
    assert (policy.forbidden_tags, policy.foreign_tags, policy.settings.expect.user) == ((), ("latest",), "app")
    assert policy.rules["latest-tag"].locked


PROJECT = """\
[project]
name = "asr"

[tool.wxlint]
extends = "../platform/wxlint.yaml"
image = "acme/asr:{variant}"
[tool.wxlint.variants]
cpu.tags = ["latest"]
cuda = { torch-channel = "cu121" }
"""


def test_a_project_s_own_table(here: Path) -> None:
    put(**{"asr/pyproject.toml": PROJECT, "platform/wxlint.yaml": "wxlint: 1\nforbidden-tags: [dev]\n"})
    put(**{"asr/docker/Dockerfile": "FROM scratch\n"})
    assert find_policy(here / "asr/docker/Dockerfile") == here / "asr/pyproject.toml"
    policy = load("asr/pyproject.toml")
    assert (policy.name, policy.forbidden_tags, policy.variants["cpu"].tags) == ("asr", ("dev",), ("latest",))
    span = policy.span("variants", "cuda")
    assert span is not None and (span.path, span.line, span.column) == ("asr/pyproject.toml", 9, 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[tool.wxlint]\nimage = 3\n", "p/pyproject.toml:2:9: image: found the number 3; allowed: lower-case parts"),
        ("[tool.wxlint]\nvarients = {}\n", 'p/pyproject.toml:2:1: unknown key "varients" in a policy; allowed: wxlint'),
        ("[tool.wxlint]\nimage = \n", "p/pyproject.toml:2:9: not TOML: "),
        ("[tool.wxlint]\nwxlint = 2\n", "p/pyproject.toml:2:10: wxlint: found the number 2; allowed: 1"),
        ("[tool.wxlint]\nvariants.x = {}\nimage = 'a'\n", 'p/pyproject.toml:2:10: the key "accelerator" is missing in'),
        ("[tool.other]\n", "p/pyproject.toml:1:1: there is no table [tool.wxlint] in it"),
    ],
)
def test_mistakes_in_a_project_s_table(text: str, wanted: str) -> None:
    put(**{"p/pyproject.toml": text})
    assert problems("p/pyproject.toml")[0].startswith(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "[tool.poetry.dependencies]\nwxlint = '*'\n",
        "[project]\ndependencies = ['wxlint']\n",
        "[tool.wxlint-x]\n",
        "[tool\n",
        "# [tool.wxlint]\n",
    ],
)
def test_a_project_that_only_uses_the_program_has_no_policy(text: str, here: Path) -> None:
    put(**{"p/pyproject.toml": text})
    assert find_policy(here / "p") is None


def test_a_table_beside_a_file_is_an_error(here: Path) -> None:
    put(**{"pyproject.toml": "[tool.wxlint]\n", "wxlint.yaml": "wxlint: 1\n"})
    with pytest.raises(PolicyError, match=r"more than one policy: wxlint\.yaml, pyproject\.toml"):
        find_policy(here)


def test_several_in_policies_are_for_the_folders_that_are_their_roots(here: Path) -> None:
    put(
        **{
            "policies/a.yaml": "wxlint: 1\nroot: ../a\n",
            "policies/b.yaml": "wxlint: 1\nroot: ../a/b\n",
            "a/b/Dockerfile": "FROM scratch\n",
            "a/c/Dockerfile": "FROM scratch\n",
        }
    )
    assert find_policy(here / "a/b/Dockerfile") == here / "policies/b.yaml"
    assert find_policy(here / "a/c") == here / "policies/a.yaml"
    assert find_policy(here) is None
    put(**{"policies/c.yaml": "wxlint: 1\nroot: ../a\n"})
    with pytest.raises(PolicyError, match="or give each a root of its own"):
        find_policy(here / "a/b")


DATA = st.recursive(
    st.one_of(st.integers(0, 3), st.lists(st.integers(0, 3), max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def over(near: Any, far: Any) -> Any:
    if not isinstance(near, dict) or not isinstance(far, dict):
        return near
    return {**far, **{key: over(value, far[key]) if key in far else value for key, value in near.items()}}


@given(st.dictionaries(st.sampled_from("abc"), DATA, max_size=3), st.dictionaries(st.sampled_from("abc"), DATA))
def test_the_one_rule_of_merging(near: dict[str, Any], far: dict[str, Any]) -> None:
    nodes = [yaml_nodes.load(Source("p", repr(value))) for value in (near, far)]
    assert isinstance(nodes[0], yaml_nodes.Mapping) and isinstance(nodes[1], yaml_nodes.Mapping)
    assert yaml_nodes.plain(_merged(nodes[0], nodes[1])) == over(near, far)
