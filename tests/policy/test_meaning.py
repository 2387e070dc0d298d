"""What the newer keys mean for a check: tags by owner and path, bases elsewhere, one cause, the same from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.core.errors import PolicyError
from wxlint.core.values import HOLE
from wxlint.documents.source import Source
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.policy.expectations import expected_images
from wxlint.policy.load import load_policy

pytestmark = pytest.mark.usefixtures("here")
TORCH = "RUN pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/"


def found(policy: str, paths: list[str] | None = None, **files: str) -> list[tuple[str, str, int]]:
    """(rule, path, line) of each finding."""
    write_tree(Path(), {"wxlint.yaml": "wxlint: 1\n" + policy, **files})
    gathered = gather(paths or ["."])
    options = engine.CheckOptions(scope=gathered.scope, followed=gathered.followed)
    report = engine.check(gathered.repository, options)
    return [(finding.rule, finding.span.path, finding.span.line) for finding in report.findings]


FAMILY = 'image: "acme/app:{variant}"\ndockerfile: Dockerfile.{variant}\nvariants: {cpu: {}, cu124: {}}\n'
OWN = "forbidden-tags: {own: [dev], foreign: [latest]}\n"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("docker pull acme/app:latest", "unbuilt-image"),
        ("docker pull acme/app", "unbuilt-image"),
        ("docker pull acme/app:dev", "unbuilt-image"),
        ("docker pull debian:latest", "latest-tag"),
        ("docker pull debian", "untagged-image"),
        ("docker pull debian:dev", None),
        ("docker build -t acme/tool:latest -f Dockerfile.cpu .", None),
        ("docker build -t acme/tool -f Dockerfile.cpu .", None),
        ("docker build -t acme/tool:dev -f Dockerfile.cpu .", "latest-tag"),
    ],
)
def test_forbidden_tags_of_own_and_of_foreign_images(line: str, rule: str | None) -> None:
    files = dict.fromkeys(("Dockerfile.cpu", "Dockerfile.cu124"), "FROM python:3.11-slim\n")
    rules = {one for one, path, _ in found(FAMILY + OWN, **files, **{"run.sh": line + "\n"}) if path == "run.sh"}
    assert rule in rules if rule else not rules & {"latest-tag", "untagged-image"}


def test_what_differs_by_path_and_the_last_that_says_something() -> None:
    policy = (
        "rules: {latest-tag: {severity: error, paths: {'a/**': info}}}\n"
        "per-path:\n"
        "  'a/b/**': {rules: {latest-tag: off}}\n"
        "  '**': {forbidden-tags: {foreign: [latest, dev]}}\n"
        "  'c/**': {forbidden-tags: []}\n"
        "  'c/d/**': {rules: {torch-index: off}}\n"
    )
    files = {f"{folder}/Dockerfile": "FROM python:latest\n" for folder in ("a", "a/b", "c", "c/d", "e")}
    files["e/Dockerfile"] = "FROM python:dev\n"
    assert sorted(path for _, path, _ in found(policy, **files)) == ["a/Dockerfile", "e/Dockerfile"]


def test_upstream_is_judged_at_the_root_alone() -> None:
    policy = (
        'image: "acme/{stage}-{variant}:{version}"\ndockerfile: "{stage}/Dockerfile"\n'
        "variants: {cpu: {upstream: ['python:3.11*'], stages: [a, b]}}\n"
    )
    files = {"a/Dockerfile": "FROM debian:12\n", "b/Dockerfile": "FROM acme/a-cpu:1.0\n"}
    assert found(policy, **files) == [("base-upstream", "a/Dockerfile", 1)]
    assert found(policy, ["b"], **files) == []


def test_the_root_s_compose_file_counts_though_the_policy_does_not_list_it() -> None:
    policy = 'image: "acme/{stage}:{variant}"\nvariants: {cpu: {stages: [a]}, cu124: {stages: [a]}}\n'
    files = {
        "docker/a/Dockerfile": f"FROM python:3.11-slim\nARG CHANNEL=cpu\n{TORCH}${{CHANNEL}}\n",
        "compose.yaml": "services:\n"
        "  one: {image: 'acme/a:cpu', build: {context: ., dockerfile: docker/a/Dockerfile}}\n"
        "  two:\n    image: acme/a:cu124\n    gpus: all\n"
        "    build: {context: ., dockerfile: docker/a/Dockerfile, args: {CHANNEL: cu126}}\n",
    }
    wanted = [("torch-index", "docker/a/Dockerfile", 3)]
    assert found(policy, **files) == [*wanted, ("cuda-name", "compose.yaml", 4)]
    for paths in (["docker"], ["docker/a/Dockerfile"]):
        assert found(policy, paths, **files) == wanted


def test_a_base_of_which_parts_are_not_known() -> None:
    policy = (
        'image: "acme/{stage}-{variant}:{version}"\ndockerfile: "{stage}/Dockerfile"\n'
        "variants: {cpu: {base: base, stages: [a]}}\n"
    )
    files = {"base/Dockerfile": "FROM python:3.11-slim\n", "a/Dockerfile": "ARG V\nFROM acme/base-cpu:${V}\n"}
    assert found(policy, **files) == []
    assert found(policy, **{**files, "a/Dockerfile": "FROM acme/base-cpu:1.4.0\n"}) == []
    assert found(policy, **{**files, "a/Dockerfile": "FROM python:3.11-slim\n"}) == [("wrong-base", "a/Dockerfile", 1)]


def test_a_name_that_may_be_of_several_variants_is_built() -> None:
    policy = 'image: "acme/app-{variant}:{version}"\ndockerfile: Dockerfile.{variant}\nvariants: {cpu: {}, cu124: {}}\n'
    files = dict.fromkeys(("Dockerfile.cpu", "Dockerfile.cu124"), "FROM python:3.11-slim\n")
    assert found(policy, **files, **{"run.sh": "docker pull acme/app-$1:1.0\n"}) == []
    assert found(policy, **files, **{"run.sh": "docker pull acme/app-$1:new\n"}) == [("unbuilt-image", "run.sh", 1)]


@pytest.mark.parametrize(
    ("channels", "channel", "good"),
    [
        ("[cu118, cu124]", "cu124", True),
        ("[cu118, cu124]", "cu126", False),
        ("any-cuda", "cu126", True),
        ("any-cuda", "cpu", False),
        ("nightly/cu126", "cu126", False),
        ("nightly/cu126", "nightly/cu126", True),
        ("[cu126, nightly/cu128]", "cu128", False),
        ("cu126", "nightly/cu126", True),
    ],
)
def test_several_channels(channels: str, channel: str, good: bool) -> None:
    policy = f'image: "acme/app:{{variant}}"\nvariants: {{gpu: {{torch-channel: {channels}}}}}\n'
    rules = {rule for rule, _, _ in found(policy, Dockerfile=f"FROM python:3.11-slim\n{TORCH}{channel}\n")}
    assert ("torch-index" not in rules) is good


def test_values_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'image: "a/b:{x}-{y}-{z}"\nparts: {x: {pattern: ".*", env: X_OF_TEST, default: d}, y: {build-arg: Y}, z: "1"}\n'
    )
    text += "variants: {cpu: {tags: [t], build-args: {Y: '7'}}}\n"
    (image,) = expected_images(load_policy(Source("x/wxlint.yaml", f"wxlint: 1\n{text}")))
    assert image.reference == f"a/b:d-7-{HOLE}"
    monkeypatch.setenv("X_OF_TEST", "e")
    (image,) = expected_images(load_policy(Source("x/wxlint.yaml", f"wxlint: 1\n{text}")))
    assert image.reference == f"a/b:e-7-{HOLE}"


def test_platforms_that_differ_are_images_of_their_own() -> None:
    text = 'image: "a/b:{variant}"\nvariants:\n  cpu: {platforms: {linux/amd64: {}, linux/s390x: {}, linux/arm64:'
    text += " {dockerfile: D.arm, torch-channel: cpu}}}\n  cu124: {platforms: [linux/arm64]}\n"
    images = expected_images(load_policy(Source("x/wxlint.yaml", f"wxlint: 1\n{text}")))
    assert [(e.image, e.platforms, e.platform, e.dockerfile) for e in images] == [
        ("b:cpu", ("linux/amd64", "linux/s390x"), None, "Dockerfile"),
        ("b:cpu@linux/arm64", ("linux/arm64",), "linux/arm64", "D.arm"),
        ("b:cu124", ("linux/arm64",), "linux/arm64", "Dockerfile"),
    ]


def test_an_own_tag_that_is_listed_is_not_forbidden_for_its_image() -> None:
    text = 'image: "a/{stage}-{variant}:{version}"\nforbidden-tags: [latest, dev]\n'
    text += "variants: {cpu: {stages: [x], tags: [latest]}, cuda: {stages: [x]}}\n"
    images = expected_images(load_policy(Source("x/wxlint.yaml", f"wxlint: 1\n{text}")))
    assert [e.forbidden_tags for e in images] == [("dev",), ("latest", "dev")]


BASES = 'image: "a/{stage}:{variant}"\nvariants:\n  cpu: {stages: [x, y]}\n  cuda: {stages: [x]}\n'


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "  xpu: {stages: [z], base: {stage: x, variant: cda}}\n",
            '6:22: variants.xpu.base: there is no variant "cda"; allowed: cpu, cuda, xpu; did you mean "cuda"?',
        ),
        (
            "  xpu: {stages: [z], base: {stage: y, variant: cuda}}\n",
            '6:22: variants.xpu.base: the variant cuda has no stage "y"; allowed: x',
        ),
        ("  xpu: {stages: [z], base: {stage: y, image: a/b}}\n", "says both of stage and image; allowed: one of them"),
        (
            "  xpu: {stages: [z], base: {image: a/b, target: t}}\n",
            "target is said where that image is made; allowed here: image alone",
        ),
        (
            "  xpu: {stages: [z], base: {image: 'a/b:{varant}'}}\n",
            "base.image: no part is called {varant}; allowed: "
            'registry, stage, variant, version, python, date, commit, or one in parts; did you mean "variant"?',
        ),
        ("stages: {x: {base: {stage: x, variant: cuda}}}\n", "stages.x.base: goes in a circle: x from x"),
        ("per-path: {'[a': {}}\n", 'per-path: "[a" is no glob'),
        ("exclude: [b, '[a']\n", 'exclude: "[a" is no glob'),
        ("platforms: [arm64]\n", 'platforms: found "arm64"; allowed: a platform such as linux/amd64 or linux/arm64'),
        (
            "  rocm: {stages: [x], torch-channel: [rocm6.2, cu124]}\n",
            '6:48: variants.rocm.torch-channel: "cu124" is no channel for the accelerator rocm',
        ),
        (
            "forbidden-tags: {owm: []}\n",
            'unknown key "owm" in forbidden-tags; allowed: own, foreign; did you mean "own"?',
        ),
    ],
)
def test_mistakes(more: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(Source("p.yaml", "wxlint: 1\n" + BASES + more))
    assert any(message in problem for problem in caught.value.problems), caught.value.problems


def test_a_variant_names_the_service_of_its_only_image() -> None:
    policy = (
        'image: "acme/app:{variant}"\ndockerfile: Dockerfile.{variant}\ncompose: [compose.yaml]\n'
        "variants: {cpu: {service: app}, cuda: {service: app-gpu}, rocm: {service: app-amd}}\n"
    )
    files = {f"Dockerfile.{variant}": "FROM scratch\n" for variant in ("cpu", "cuda", "rocm")}
    services = "services:\n  app: {image: 'acme/app:cpu'}\n  app-gpu: {image: 'acme/app:cuda', gpus: all}\n"
    rules = found(policy, **files, **{"compose.yaml": services})
    assert [one for one in rules if one[0] == "missing-stage"] == [("missing-stage", "compose.yaml", 1)]
