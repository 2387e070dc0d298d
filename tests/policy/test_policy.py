"""The policy: what it may say, what follows from it, and how it is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wxlint.core.errors import PolicyError
from wxlint.core.values import HOLE, Value
from wxlint.documents import yaml as yaml_nodes
from wxlint.documents.source import Source, read
from wxlint.policy.expectations import expected_images
from wxlint.policy.find import find_policy, is_policy
from wxlint.policy.image_names import named_member
from wxlint.policy.load import load_policy
from wxlint.policy.model import (
    Base,
    EntrypointCheck,
    Expectation,
    Policy,
    builtin_policy,
)
from wxlint.policy.rule_names import rule_names
from wxlint.policy.schema import check, schema, schema_text

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "policies/cp-whisperx.yaml"

SMALL = """\
wxlint: 1
image: "{registry}/app-{stage}"
registry: acme
variants:
  cpu:
    base: base
    upstream: ["python:3.11-slim*"]
    stages: [demux, mux]
  cuda:
    base: {stage: base, dockerfile: docker/base-cuda/Dockerfile}
    torch-channel: cu121
    stages: [asr]
    optional: [demux]
"""


def load(text: str, path: str = "x/wxlint.yaml") -> Policy:
    return load_policy(Source(path, text))


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load(text, "p.yaml")
    return caught.value.problems


def images(policy: Policy, stage: str, variant: str) -> list[Expectation]:
    return [e for e in expected_images(policy) if (e.stage, e.variant) == (stage, variant)]


def image(policy: Policy, stage: str, variant: str) -> Expectation:
    (found,) = images(policy, stage, variant)
    return found


class TestReference:
    """policies/cp-whisperx.yaml says what the strategy page says."""

    policy = load_policy(read(REFERENCE, str(REFERENCE)))

    def test_images(self) -> None:
        needed = [e.reference for e in expected_images(self.policy) if not e.optional]
        assert needed == [
            "rajiup/cp-whisperx-app-base:cpu",
            "rajiup/cp-whisperx-app-base:cuda",
            "rajiup/cp-whisperx-app-demux:cpu",
            "rajiup/cp-whisperx-app-tmdb:cpu",
            "rajiup/cp-whisperx-app-pre-ner:cpu",
            "rajiup/cp-whisperx-app-post-ner:cpu",
            "rajiup/cp-whisperx-app-subtitle-gen:cpu",
            "rajiup/cp-whisperx-app-mux:cpu",
            "rajiup/cp-whisperx-app-silero-vad:cuda",
            "rajiup/cp-whisperx-app-pyannote-vad:cuda",
            "rajiup/cp-whisperx-app-diarization:cuda",
            "rajiup/cp-whisperx-app-asr:cuda",
        ]

    def test_optional_images(self) -> None:
        optional = [e.image for e in expected_images(self.policy) if e.optional]
        gpu_stages = ["silero-vad", "pyannote-vad", "diarization", "asr", "second-pass-translation", "lyrics-detection"]
        assert optional == [*(f"{s}:cpu" for s in gpu_stages), "second-pass-translation:cuda", "lyrics-detection:cuda"]

    def test_a_gpu_stage(self) -> None:
        assert image(self.policy, "asr", "cuda") == Expectation(
            image="asr:cuda",
            stage="asr",
            variant="cuda",
            accelerator="cuda",
            reference="rajiup/cp-whisperx-app-asr:cuda",
            tag="cuda",
            dockerfile="docker/asr/Dockerfile",
            context=".",
            target=None,
            build_args=(),
            base="rajiup/cp-whisperx-app-base:cuda",
            upstream=(),
            torch="cu121",
            needs_torch="required",
            cuda="12.1",
            cudnn="8",
            gpu_arch=(),
            python=None,
            user="non-root",
            gpu=True,
            entrypoint=EntrypointCheck(("--help",), "(?i)usage", 0, 60.0),
            size=20_000_000_000,
            cuda_bytes=None,
            compose=("docker-compose.yml",),
            service="asr",
            optional=False,
            is_base=False,
            forbidden_tags=("latest",),
            base_image=Base("base", "cuda"),
        )

    def test_a_cpu_base(self) -> None:
        base = image(self.policy, "base", "cpu")
        assert (base.dockerfile, base.base, base.upstream) == ("docker/base/Dockerfile", None, ("python:3.11-slim*",))
        assert (base.is_base, base.service, base.entrypoint, base.gpu) == (True, None, None, False)
        assert (base.python, base.torch, base.cuda, base.user) == ("3.11", "cpu", None, "non-root")
        assert (base.size, base.cuda_bytes, base.needs_torch) == (2_000_000_000, 0, "forbidden")

    def test_a_cuda_base(self) -> None:
        base = image(self.policy, "base", "cuda")
        assert (base.dockerfile, base.upstream) == ("docker/base-cuda/Dockerfile", ("nvidia/cuda:12.1.?-cudnn8-*",))
        assert (base.cuda, base.cudnn, base.gpu, base.needs_torch) == ("12.1", "8", False, "optional")

    def test_a_gpu_stage_built_for_a_cpu(self) -> None:
        asr = image(self.policy, "asr", "cpu")
        assert (asr.reference, asr.base) == ("rajiup/cp-whisperx-app-asr:cpu", "rajiup/cp-whisperx-app-base:cpu")
        assert (asr.torch, asr.needs_torch, asr.gpu, asr.optional) == ("cpu", "required", False, True)
        assert asr.build_args == (("TORCH_INDEX_URL", "https://download.pytorch.org/whl/cpu"), ("VARIANT", "cpu"))
        assert asr.compose == ("docker-compose.yml", "docker-compose.cpu.yml")

    def test_name_and_root_follow_from_the_path(self) -> None:
        assert (self.policy.name, self.policy.root) == ("cp-whisperx", ROOT)

    def test_editors_find_the_schema(self) -> None:
        mode = REFERENCE.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (REFERENCE.parent / mode).resolve() == ROOT / "wxlint/policy/policy.schema.json"

    def test_what_it_names_is_there(self) -> None:
        assert self.policy.files(self.policy.compose) == (["docker-compose.yml"], [])
        assert self.policy.files(self.policy.scripts)[1] == []
        assert [e.image for e in expected_images(self.policy) if not (ROOT / e.dockerfile).is_file()] == []


class TestWhatFollows:
    def test_defaults(self) -> None:
        policy = load(SMALL, "repo/wxlint.yaml")
        assert (policy.name, policy.root, policy.forbidden_tags) == ("repo", Path("repo"), ("latest",))
        demux = image(policy, "demux", "cpu")
        assert (demux.dockerfile, demux.tag, demux.torch, demux.needs_torch) == (
            "docker/demux/Dockerfile",
            "cpu",
            "cpu",
            "optional",
        )
        assert (demux.user, demux.entrypoint, demux.size, demux.service) == ("any", None, None, None)

    def test_a_stage_in_two_variants(self) -> None:
        policy = load(SMALL)
        assert [e.image for e in expected_images(policy)] == [
            "base:cpu",
            "base:cuda",
            "demux:cpu",
            "mux:cpu",
            "asr:cuda",
            "demux:cuda",
        ]
        assert not image(policy, "demux", "cpu").optional
        assert image(policy, "demux", "cuda").optional
        assert images(policy, "mux", "cuda") == []
        assert images(policy, "mux", "rocm") == []

    def test_the_nearest_wins(self) -> None:
        policy = load(
            SMALL.replace(
                "    stages: [asr]\n",
                "    stages: [asr]\n    dockerfile: gpu/{stage}.{tag}.Dockerfile\n    context: gpu\n",
            )
            + """\
    build-args: {A: variant, B: variant, C: variant}
    expect: {user: app, max-size: 1.5 GB, cudnn: "8"}
context: all
expect: {user: non-root, python: "3.11", max-size: 10}
stages:
  asr:
    build-args: {B: stage, C: stage}
    expect: {max-size: 2 GiB, gpu: false}
    variants:
      cuda:
        build-args: {C: both}
        target: run-{variant}
        expect: {max-cuda-size: 7 kB, entrypoint: {timeout: 5}}
"""
        )
        asr = image(policy, "asr", "cuda")
        assert (asr.dockerfile, asr.context, asr.target) == ("gpu/asr.cuda.Dockerfile", "gpu", "run-cuda")
        assert asr.build_args == (("A", "variant"), ("B", "stage"), ("C", "both"))
        assert (asr.user, asr.python, asr.cudnn, asr.gpu) == ("app", "3.11", "8", False)
        assert (asr.size, asr.cuda_bytes) == (2 * 2**30, 7000)
        assert asr.entrypoint == EntrypointCheck(("--help",), None, 0, 5.0)
        assert image(policy, "demux", "cpu").context == "all"
        assert image(policy, "base", "cuda").dockerfile == "docker/base-cuda/Dockerfile"
        assert image(policy, "base", "cuda").size == 1_500_000_000

    def test_what_a_variant_says_of_its_base_goes_before_what_the_stage_says(self) -> None:
        policy = load(SMALL + "stages: {base: {dockerfile: all/Dockerfile, variants: {cuda: {context: c}}}}\n")
        assert image(policy, "base", "cpu").dockerfile == "all/Dockerfile"
        assert image(policy, "base", "cuda").dockerfile == "docker/base-cuda/Dockerfile"
        assert image(policy, "base", "cuda").context == "c"

    def test_a_base_promises_less_than_its_stages(self) -> None:
        policy = load(
            SMALL + "    expect: {torch: required, gpu: true, entrypoint: {}, python: '3.10'}\n",
        )
        base = image(policy, "base", "cuda")
        assert (base.needs_torch, base.gpu, base.entrypoint, base.python) == ("optional", False, None, "3.10")

    def test_a_base_between(self) -> None:
        policy = load(SMALL.replace("[asr]", "[asr, base-ml]") + "stages: {asr: {base: base-ml}}\n")
        assert image(policy, "asr", "cuda").base == "acme/app-base-ml:cuda"
        assert image(policy, "base-ml", "cuda").base == "acme/app-base:cuda"

    def test_a_variant_without_a_base(self) -> None:
        policy = load("wxlint: 1\nimage: app-{stage}\nvariants: {cpu: {upstream: ['python:*'], stages: [a]}}\n")
        stage = image(policy, "a", "cpu")
        assert (stage.reference, stage.base, stage.upstream, stage.is_base) == ("app-a:cpu", None, ("python:*",), False)

    @pytest.mark.parametrize(
        ("channel", "cuda"), [("cu121", "12.1"), ("cu92", "9.2"), ("cu130", "13.0"), ("default", None)]
    )
    def test_the_channel_says_the_cuda_version(self, channel: str, cuda: str | None) -> None:
        assert image(load(SMALL.replace("cu121", channel)), "asr", "cuda").cuda == cuda

    def test_services(self) -> None:
        text = SMALL + "compose: [compose.yaml]\nstages: {asr: {service: transcribe}, mux: {service: false}}\n"
        services = {e.image: e.service for e in expected_images(load(text))}
        assert services == {
            "base:cpu": None,
            "base:cuda": None,
            "demux:cpu": "demux",
            "mux:cpu": None,
            "asr:cuda": "transcribe",
            "demux:cuda": "demux",
        }

    @pytest.mark.parametrize(
        ("path", "root"),
        [("a/wxlint.yaml", "a"), ("a/policies/x.yaml", "a"), ("policies/x.yaml", "."), ("x.yaml", ".")],
    )
    def test_root(self, path: str, root: str) -> None:
        assert load("wxlint: 1", path).root == Path(root)

    def test_root_of_a_policy_in_the_working_directory_policies(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "policies").mkdir()
        monkeypatch.chdir(tmp_path / "policies")
        assert load("wxlint: 1", "x.yaml").root == Path("..")

    def test_levels(self) -> None:
        policy = load(
            "wxlint: 1\nrules:\n  latest-tag: info\n  torch-index:\n    severity: warning\n    locked: true\n"
            "    paths: {'legacy/**': off, '*.sh': error, 'legacy/keep/': info}\n"
        )
        assert policy.level("latest-tag", "a") == "info"
        assert policy.level("wrong-base", "a") is None
        paths = ("docker/Dockerfile", "legacy/a/Dockerfile", "legacy/b.sh", "legacy/keep/Dockerfile")
        assert [policy.level("torch-index", path) for path in paths] == ["warning", "off", "error", "info"]
        assert [name for name, rule in policy.rules.items() if rule.locked] == ["torch-index"]

    def test_spans(self) -> None:
        policy = load(SMALL, "p.yaml")
        assert policy.span("variants", "cpu", "stages") == ("p.yaml", 8, 5, 8, 11)
        assert policy.span("variants", "cpu", "stages", 1) == ("p.yaml", 8, 21, 8, 24)
        assert policy.span("variants", "rocm") is None
        assert builtin_policy(Path()).span("variants") is None

    def test_the_built_in_policy(self) -> None:
        policy = builtin_policy(Path("x"))
        assert (policy.forbidden_tags, expected_images(policy), policy.level("latest-tag", "a")) == (
            ("latest",),
            (),
            None,
        )
        assert named_member(policy, Value("python")) is None

    def test_files(self, tmp_path: Path) -> None:
        for file in ("compose.yaml", "a/compose.gpu.yaml", "a/b/compose.yaml", "node_modules/compose.yaml"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        (tmp_path / "a/loop").symlink_to(tmp_path)
        policy = builtin_policy(tmp_path)
        assert policy.files(["compose.yaml", "no.sh"]) == (["compose.yaml"], ["no.sh"])
        assert policy.files(["*.yaml"]) == (["compose.yaml"], [])
        assert policy.files(["a/*.yaml", "b/*"]) == (["a/compose.gpu.yaml"], ["b/*"])
        assert policy.files(["**/compose*.yaml"])[0] == ["a/b/compose.yaml", "a/compose.gpu.yaml", "compose.yaml"]


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("acme/app-asr", ("asr", True, "same")),
        ("docker.io/acme/app-asr", ("asr", True, "same")),
        ("acme/app-base", ("base", True, "same")),
        ("acme/app-translate", ("translate", False, "same")),
        (f"{HOLE}/app-asr", ("asr", True, "unknown")),
        (f"{HOLE}app-asr", ("asr", True, "unknown")),
        (f"ghcr.io/{HOLE}/app-asr", ("asr", True, "unknown")),
        (f"{HOLE}/app-translate", ("translate", False, "unknown")),
        ("ghcr.io/fork/app-asr", ("asr", True, "other")),
        ("localhost:5000/app-asr", ("asr", True, "other")),
        ("app-asr", ("asr", True, "other")),
        (f"acme/app-{HOLE}", (None, False, "same")),
        (f"acme/app-silero-{HOLE}", (None, False, "same")),
        (f"{HOLE}/app-{HOLE}", (None, False, "unknown")),
        ("acme/app-", None),
        ("acme/myapp-asr", None),
        ("acme/app", None),
        ("acme/app-asr/x", None),
        (HOLE, None),
        (f"{HOLE}/{HOLE}", None),
        ("python", None),
        ("", None),
    ],
)
def test_match(name: str, member: tuple[str | None, bool, str] | None) -> None:
    found = named_member(load(SMALL), Value(name))
    assert (found and (*found[:3],)) == member


@pytest.mark.parametrize(
    ("pattern", "name", "member"),
    [
        ("{registry}/{stage}", "acme/asr", ("asr", True, "same")),
        ("{registry}/{stage}", f"{HOLE}/asr", ("asr", True, "unknown")),
        ("{registry}/{stage}", "acme/postgres", None),
        ("{registry}/{stage}", "other/asr", None),
        ("{registry}/{stage}", "asr", None),
        ("{registry}/{stage}", f"{HOLE}asr", None),
        ("{registry}/media/{stage}-gpu", "acme/media/asr-gpu", ("asr", True, "same")),
        ("{registry}/media/{stage}-gpu", "ghcr.io/x/media/asr-gpu", ("asr", True, "other")),
        ("{registry}/media/{stage}-gpu", f"{HOLE}/asr-gpu", ("asr", True, "unknown")),
        ("{registry}/media/{stage}-gpu", f"{HOLE}/film/asr-gpu", None),
        ("{registry}/media/{stage}-gpu", "acme/film/asr-gpu", None),
        ("{registry}/media/{stage}-gpu", "media/asr-gpu", ("asr", True, "other")),
    ],
)
def test_match_of_other_patterns(pattern: str, name: str, member: tuple[str, bool, str] | None) -> None:
    found = named_member(load(SMALL.replace("{registry}/app-{stage}", pattern)), Value(name))
    assert (found and (*found[:3],)) == member


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("ghcr.io/acme/app-asr", ("asr", True, "same")),
        ("ghcr.io/other/app-asr", None),
        (f"{HOLE}/app-asr", ("asr", True, "unknown")),
    ],
)
def test_match_of_a_fixed_registry(name: str, member: tuple[str, bool, str] | None) -> None:
    text = SMALL.replace("{registry}/app-{stage}", "ghcr.io/acme/app-{stage}").replace("registry: acme\n", "")
    found = named_member(load(text), Value(name))
    assert (found and (*found[:3],)) == member


KEYS = (
    "wxlint, name, extends, registry, registry-arg, registry-env, image, tags, parts, exclude, per-path, platforms, "
    "target, dockerfile, context, root, compose, scripts, forbidden-tags, expect, variants, stages, rules"
)
CHANNEL = (
    "a channel of the PyTorch index: cpu, cu121 and the like, rocm6.2 and the like, xpu, nightly/ before one of them, "
    "default, any-cuda or any-rocm"
)
NAME = "lower-case letters and digits, with single . _ - between them"
USER = "any, non-root, root, or a user's name or number in quotes"
FILLED = "a path below the root, relative to it, with / and no .. in it; {stage}, {variant} and {tag} are filled in"
BELOW = "a path or glob below the root, relative to it, with / and no .. in it"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["1:1: an empty policy"]),
        ("# nothing\n", ["1:1: an empty policy"]),
        ("a: [\n", None),
        ("wxlint: 1\n---\nwxlint: 1\n", ["3:1: a second document in the file"]),
        ("wxlint: 1\nname: a\nname: b\n", ["3:1: the key is given twice: first in line 2"]),
        ("wxlint\n", ['1:1: found "wxlint"; allowed: a mapping']),
        ("name: a\n", ['1:1: the key "wxlint" is missing in a policy']),
        ("wxlint: 2\n", ["1:9: wxlint: found the number 2; allowed: 1"]),
        ("wxlint: '1'\n", ['1:9: wxlint: found "1"; allowed: 1']),
        ("wxlint: true\n", ["1:9: wxlint: found true; allowed: 1"]),
        ("wxlint: 1\nname:\n", [f"2:6: name: found nothing; allowed: {NAME}"]),
        (
            "wxlint: 1\nvarients: {}\n",
            [f'2:1: unknown key "varients" in a policy; allowed: {KEYS}; did you mean "variants"?'],
        ),
        ('wxlint: 1\n"a\\e[31m": 1\n', [f'2:1: unknown key "a\\x1b[31m" in a policy; allowed: {KEYS}']),
        ("wxlint: 1\nexpect: {pyhton: '3.11'}\n", None),
        (
            "wxlint: 1\nexpect:\n  python: 3.10\n",
            [
                "3:11: expect.python: found the number 3.10; allowed: "
                'a version in quotes, such as "12.1"; as a string it is written "3.10"'
            ],
        ),
        (
            "wxlint: 1\nexpect: {user: 1000}\n",
            [f'2:16: expect.user: found the number 1000; allowed: {USER}; as a string it is written "1000"'],
        ),
        (
            "wxlint: 1\nexpect: {torch: need}\n",
            ['2:17: expect.torch: found "need"; allowed: required, optional, forbidden'],
        ),
        (
            "wxlint: 1\nexpect: {torch: require}\n",
            ['2:17: expect.torch: found "require"; allowed: required, optional, forbidden; did you mean "required"?'],
        ),
        ("wxlint: 1\nexpect: {gpu: yes}\n", ['2:15: expect.gpu: found "yes"; allowed: true or false']),
        (
            "wxlint: 1\nexpect: {max-size: 3 gigs}\n",
            ['2:20: expect.max-size: found "3 gigs"; allowed: a size such as 1.8 GB or 500 MiB, or a number of bytes'],
        ),
        (
            "wxlint: 1\nexpect: {max-size: -1}\n",
            ["2:20: expect.max-size: found the number -1; allowed: a whole number of at least 0"],
        ),
        (
            "wxlint: 1\nexpect: {max-size: [1]}\n",
            [
                "2:20: expect.max-size: found a list; allowed: a whole number of at least 0 "
                "or a size such as 1.8 GB or 500 MiB, or a number of bytes"
            ],
        ),
        (
            "wxlint: 1\nexpect: {entrypoint: {timeout: 0}}\n",
            ["2:32: expect.entrypoint.timeout: found the number 0; allowed: a number above 0 and at most 3600"],
        ),
        (
            "wxlint: 1\nexpect: {entrypoint: {pattern: '('}}\n",
            [
                "2:32: expect.entrypoint.pattern: no regular expression of Python's: "
                "missing ), unterminated subpattern at position 0"
            ],
        ),
        (
            "wxlint: 1\nexpect: {entrypoint: {pattern: ''}}\n",
            ['2:32: expect.entrypoint.pattern: found ""; allowed: a string that is not empty'],
        ),
        ("wxlint: 1\nrules: {latest-tags: error}\n", None),
        (
            "wxlint: 1\nrules: {latest-tag: fatal}\n",
            ['2:21: rules.latest-tag: found "fatal"; allowed: error, warning, info, off'],
        ),
        (
            "wxlint: 1\nrules: {latest-tag: [off]}\n",
            ["2:21: rules.latest-tag: found a list; allowed: error, warning, info, off or a mapping"],
        ),
        (
            "wxlint: 1\nrules: {latest-tag: {paths: {../x: off}}}\n",
            [f'2:30: a key of rules.latest-tag.paths: found "../x"; allowed: {BELOW}'],
        ),
        (
            "wxlint: 1\nrules: {latest-tag: {paths: {'a[': off}}}\n",
            ['2:36: rules.latest-tag.paths: "a[" is no glob: a [ that is not closed, or ! or # in front'],
        ),
        (
            "wxlint: 1\ncompose: [/etc/compose.yml, a/../../b.yml, 'C:/c.yml', 'a\\b']\n",
            [
                f'2:11: compose: found "/etc/compose.yml"; allowed: {BELOW}',
                f'2:29: compose: found "a/../../b.yml"; allowed: {BELOW}',
                f'2:44: compose: found "C:/c.yml"; allowed: {BELOW}',
                f'2:56: compose: found "a\\b"; allowed: {BELOW}',
            ],
        ),
        ("wxlint: 1\ncompose: [a, b, a]\n", ['2:17: compose: "a" is listed twice']),
        ("wxlint: 1\nroot: no/such/folder\n", ['2:7: root: there is no folder "no/such/folder"']),
        (
            "wxlint: 1\nimage: App\n",
            [
                '2:8: image: found "App"; allowed: lower-case parts between slashes, {registry} only in front, '
                "named parts such as {stage} and {variant} in the last part and in a tag behind it"
            ],
        ),
        ("wxlint: 1\nimage: '{stage}/app'\n", None),
        (
            "wxlint: 1\nimage: '{registry}/{stage}'\n",
            ['2:8: image: {registry} is used, so the key "registry" must say what stands for it by default'],
        ),
        ("wxlint: 1\nimage: 'app-{stage}'\nregistry: a\n", ["3:11: registry: not used, since image has no {registry}"]),
        (
            "wxlint: 1\nvariants: {cpu: {}}\n",
            ['2:1: there are variants, so "image" must say how their images are called'],
        ),
        ("wxlint: 1\nstages: {a: {}}\n", ['2:10: stages: no variant has a stage "a"; there are no variants']),
    ],
)
def test_errors(text: str, wanted: list[str] | None) -> None:
    found = problems(text)
    if wanted is not None:
        assert found == [f"p.yaml:{one}" for one in wanted]
    assert all(one.startswith("p.yaml:") for one in found)


def with_variants(text: str) -> str:
    return f"wxlint: 1\nimage: a-{{stage}}\nvariants:\n{text}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  cpu: {stages: [a, b, a]}\n", ['4:24: variants.cpu.stages: "a" is listed twice']),
        (
            "  cpu: {stages: [a, b], optional: [c, b]}\n",
            ['4:39: variants.cpu.optional: "b" is one of its stages, so it cannot be optional'],
        ),
        (
            "  cpu: {base: b, stages: [b], optional: [b]}\n",
            [
                '4:27: variants.cpu.stages: "b" is the variant\'s base, and no stage beside it',
                '4:42: variants.cpu.optional: "b" is one of its stages, so it cannot be optional',
            ],
        ),
        ("  cpu: {tag: x}\n  cuda: {tag: x}\n", ['5:15: variants.cuda: its tag "x" is that of the variant cpu too']),
        ("  cpu: {}\n  cuda: {tag: cpu}\n", ['5:15: variants.cuda: its tag "cpu" is that of the variant cpu too']),
        ("  cpu: {tag: latest}\n", ['4:14: variants.cpu: its tag "latest" is one of forbidden-tags']),
        (
            "  fast: {}\n",
            [
                '4:3: the key "accelerator" is missing in variants.fast, whose name is none of these; '
                "allowed: cpu, cuda, rocm, other"
            ],
        ),
        (
            "  gpu: {accelerator: nvidia}\n",
            ['4:22: variants.gpu.accelerator: found "nvidia"; allowed: cpu, cuda, rocm, other'],
        ),
        ("  CPU: {}\n", [f'4:3: a key of variants: found "CPU"; allowed: {NAME}']),
        (
            "  cuda: {torch-channel: cu12.1}\n",
            [f'4:25: variants.cuda.torch-channel: found "cu12.1"; allowed: {CHANNEL}'],
        ),
        (
            "  cpu: {torch-channel: cu121}\n",
            ['4:24: variants.cpu.torch-channel: "cu121" is no channel for the accelerator cpu'],
        ),
        (
            "  cpu: {torch-channel: default}\n",
            ['4:24: variants.cpu.torch-channel: "default" is no channel for the accelerator cpu'],
        ),
        (
            "  rocm: {torch-channel: cpu}\n",
            ['4:25: variants.rocm.torch-channel: "cpu" is no channel for the accelerator rocm'],
        ),
        (
            "  cuda: {torch-channel: cu121, expect: {cuda: '11.8'}}\n",
            ['4:47: variants.cuda.expect.cuda: "11.8", but the channel cu121 is built for CUDA 12.1'],
        ),
        (
            "  cuda: {upstream: ['a:[']}\n",
            ['4:21: variants.cuda.upstream: "a:[" is no glob: a [ that is not closed, or ! or # in front'],
        ),
        (
            "  cuda: {stages: [asr]}\nstages: {arr: {}}\n",
            ['5:10: stages: no variant has a stage "arr"; allowed: asr; did you mean "asr"?'],
        ),
        (
            "  cuda: {stages: [asr]}\n  cpu: {stages: [a]}\nstages: {asr: {variants: {cpu: {}}}}\n",
            ['6:27: stages.asr.variants: no variant "cpu" has this stage; allowed: cuda'],
        ),
        (
            "  cuda: {stages: [asr, ml]}\nstages: {asr: {base: lm}}\n",
            ['5:22: stages.asr.base: the variant cuda has no stage "lm"; allowed: asr, ml'],
        ),
        (
            "  cuda: {stages: [a, b]}\nstages:\n  a: {base: b}\n  b: {base: a}\n",
            [
                "6:13: stages.a.base: goes in a circle: a from b from a",
                "7:13: stages.b.base: goes in a circle: b from a from b",
            ],
        ),
        (
            "  cuda: {stages: [a]}\nstages: {a: {variants: {cuda: {torch-channel: cpu}}}}\n",
            ['5:47: stages.a.variants.cuda.torch-channel: "cpu" is no channel for the accelerator cuda'],
        ),
        (
            "  cuda: {stages: [a, b], compose: [c.yml]}\nstages: {a: {service: b}}\n",
            ["4:22: variants.cuda.stages: the compose service b is that of a too"],
        ),
        (
            "  cuda: {base: {dockerfile: a/b}}\n",
            ["4:10: variants.cuda.base: says neither of stage and image; allowed: one of them"],
        ),
        (
            "  cuda: {dockerfile: '{name}/Dockerfile'}\n",
            [f'4:22: variants.cuda.dockerfile: found "{{name}}/Dockerfile"; allowed: {FILLED}'],
        ),
    ],
)
def test_errors_in_variants_and_stages(text: str, wanted: list[str]) -> None:
    assert problems(with_variants(text)) == [f"p.yaml:{one}" for one in wanted]


def test_an_unknown_rule_is_named_with_the_nearest() -> None:
    (problem,) = problems("wxlint: 1\nrules: {latest-tags: error}\n")
    assert problem.startswith('p.yaml:2:9: a key of rules: found "latest-tags"; allowed: ')
    assert problem.endswith('; did you mean "latest-tag"?')


def test_every_problem_is_listed_in_order() -> None:
    assert [one.split(": ")[0] for one in problems("name: A\nwxlint: 3\nx: 1\nexpect: {a: 1, user: []}\n")] == [
        "p.yaml:1:7",
        "p.yaml:2:9",
        "p.yaml:3:1",
        "p.yaml:4:10",
        "p.yaml:4:22",
    ]


class TestSchema:
    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(schema())
        assert json.loads(schema_text()) == schema()

    def test_rule_names_come_from_the_folder(self) -> None:
        files = {path.stem for path in (ROOT / "wxlint/rules").glob("*.py")} - {"__init__"}
        assert rule_names() == tuple(sorted(file.replace("_", "-") for file in files if not file.startswith("_")))
        assert schema()["$defs"]["rule"]["enum"] == list(rule_names())
        assert "latest-tag" not in (ROOT / "wxlint/policy/policy.schema.json").read_text().replace('{ "latest-tag"', "")

    def test_every_key_is_described_with_good_examples(self) -> None:
        for where, key in keys(schema()):
            assert key["description"].endswith("."), where
            assert key["examples"], where
            validator = Draft202012Validator({**key, "$defs": schema()["$defs"]})
            for example in key["examples"]:
                assert list(validator.iter_errors(example)) == [], where
                assert check_value(example, key) == [], where

    def test_every_keyword_is_one_that_the_check_reads(self) -> None:
        read_ones = set(
            "type properties required additionalProperties propertyNames items uniqueItems minItems enum const pattern "
            "minLength minimum maximum exclusiveMinimum anyOf $ref $defs".split()
        )
        annotations = {"$schema", "$id", "title", "description", "default", "examples", "patternErrorMessage"}
        for rule in subschemas(schema()):
            assert set(rule) <= read_ones | annotations
            assert len({"type", "anyOf", "$ref"} & set(rule)) == 1, "what is to be told apart by type needs one"
            assert "$ref" not in rule or set(rule) <= {"$ref", *annotations}
            assert "anyOf" not in rule or set(rule) <= {"anyOf", *annotations}
            assert "items" in rule or rule.get("type") != "array"
            types = [resolved(branch)["type"] for branch in rule.get("anyOf", [])]
            assert len(types) == len(set(types)) and not {"integer", "number"} <= set(types)


def resolved(rule: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    return rule


def subschemas(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield rule
    inner = [*rule.get("properties", {}).values(), *rule.get("$defs", {}).values(), *rule.get("anyOf", [])]
    inner += [
        rule[key] for key in ("items", "propertyNames", "additionalProperties") if isinstance(rule.get(key), dict)
    ]
    for one in inner:
        yield from subschemas(one)


def keys(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in subschemas(rule):
        yield from one.get("properties", {}).items()


def node(value: Any) -> yaml_nodes.Node:
    found = yaml_nodes.load(Source("x", json.dumps(value)))
    assert found is not None
    return found


def check_value(value: Any, rule: dict[str, Any]) -> list[Any]:
    from wxlint.policy.schema import _check

    found: list[Any] = []
    _check(node(value), rule, "x", found)
    return found


WORDS = st.sampled_from(
    [
        "cpu",
        "cuda",
        "latest",
        "a",
        "a-b",
        "A",
        "",
        "a\n",
        "..",
        "../x",
        "a/..b",
        "/a",
        "1.2",
        "3.11",
        "cu121",
        "cu1",
        "rocm6.2",
    ]
    + [
        "rocm6",
        "1 GB",
        "1.5MiB",
        "x{stage}",
        "{registry}/a-{stage}",
        "a/{tag}",
        "off",
        "error",
        "required",
        "root",
        "a b",
        "é",
        "{",
    ]
    + ["latest-tag", "cpu\n", "1\n", "-", "a--b", "a__b", "a___b", "\t", "a:5/b"]
)
SCALARS = st.one_of(WORDS, st.integers(-1, 4000), st.booleans(), st.none(), st.sampled_from([0.0, 1.0, 1.5, 60.0]))


def values(rule: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that are mostly as the rule says, with mistakes everywhere."""
    examples = rule.get("examples", [])
    rule = resolved(rule)
    good: list[st.SearchStrategy[Any]] = [values(branch, depth) for branch in rule.get("anyOf", [])]
    good += [st.sampled_from(some) for some in (examples, rule.get("enum", [])) if some]
    if rule.get("type") == "object":
        inner = {key: values(one, depth + 1) for key, one in rule.get("properties", {}).items()}
        one = st.one_of(*(st.tuples(st.just(key), value) for key, value in inner.items())) if inner else None
        others = rule.get("additionalProperties")
        if isinstance(others, dict):
            names = values(rule["propertyNames"]) if "propertyNames" in rule else WORDS
            named = st.tuples(names.filter(lambda name: isinstance(name, str)), values(others, depth + 1))
            one = named if one is None else one | named
        assert one is not None
        wrong = st.tuples(WORDS, SCALARS)
        good.append(st.lists(one if depth else one | wrong, max_size=5 if depth < 2 else 3).map(dict))
        good.append(st.lists(one | wrong, max_size=2).map(dict))
    elif rule.get("type") == "array":
        good.append(st.lists(values(rule["items"], depth + 1), max_size=3))
    elif "anyOf" not in rule:
        good.append(SCALARS if rule.get("type") != "string" else WORDS)
    return st.one_of(*good) if depth < 2 else st.one_of(*good, SCALARS)


@settings(max_examples=500, deadline=None)
@given(values(schema()).map(lambda value: {"wxlint": 1, **value} if isinstance(value, dict) else value))
def test_the_check_accepts_what_the_library_accepts(value: Any) -> None:
    assert (check(node(value)) == []) == Draft202012Validator(schema()).is_valid(value)


@settings(max_examples=300, deadline=None)
@given(
    values(schema()).map(
        lambda value: {"wxlint": 1, "image": "a-{stage}", **value} if isinstance(value, dict) else value
    )
)
def test_a_policy_is_read_or_refused(value: Any) -> None:
    only_policy_errors(json.dumps(value))


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    only_policy_errors(text)
    only_policy_errors(f"wxlint: 1\n{text}")


LINES = REFERENCE.read_text().splitlines()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*LINES, "  x: [", "stages: {}", "a: &a [*a]", "\t", "  base: {stage: *gpu-stage}"]),
        max_size=60,
    )
)
def test_shuffled_lines_are_read_or_refused(lines: list[str]) -> None:
    only_policy_errors("\n".join(lines))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(LINES) - 1),
    st.integers(0, 80),
    st.sampled_from(["", "x", ": ", "[", "- ", "'", "\x1b", "\0", "1", "{stage}"]),
)
def test_one_change_is_read_or_refused(line: int, column: int, text: str) -> None:
    changed = LINES[line][:column] + text + LINES[line][column + 1 :]
    only_policy_errors("\n".join([*LINES[:line], changed, *LINES[line + 1 :]]))


def only_policy_errors(text: str) -> None:
    source = Source("p.yaml", text)
    try:
        policy = load_policy(source)
    except PolicyError as error:
        assert error.problems
        for problem in error.problems:
            path, line, column, message = problem.split(":", 3)
            assert (path, message[0]) == ("p.yaml", " ")
            assert 1 <= int(line) <= len(source.starts) and int(column) >= 1
            assert message.isprintable()
        return
    for expectation in expected_images(policy):
        assert named_member(policy, Value(expectation.reference.rpartition(":")[0]))
        assert HOLE not in repr(expectation)


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("wxlint: 1\n", True),
        ("# a policy\n\nname: x\nwxlint: 1\n", True),
        ("'wxlint': 1\n", True),
        ('{"wxlint": 1}', True),
        ("wxlint: 7\nvarients:", True),
        ("", False),
        ("# wxlint: 1\n", False),
        ("repos:\n  wxlint: 1\n", False),
        ("wxlint:\n  script: wxlint check\n", False),
        ("wxlint-x: 1\n", False),
    ],
)
def test_is_policy(text: str, declared: bool) -> None:
    assert is_policy(text) is declared


class TestFind:
    @pytest.fixture(autouse=True)
    def _a_repository(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()

    def put(self, *files: Path, text: str = "wxlint: 1\n") -> None:
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    @pytest.mark.parametrize(
        "name", ["wxlint.yaml", "wxlint.yml", ".wxlint.yaml", ".wxlint.yml", "policies/any.yaml", "policies/a.yml"]
    )
    def test_upward_from_a_folder_or_file(self, tmp_path: Path, name: str) -> None:
        self.put(tmp_path / name)
        self.put(tmp_path / "docker/asr/Dockerfile", text="FROM scratch\n")
        for start in (tmp_path, tmp_path / "docker/asr", tmp_path / "docker/asr/Dockerfile", tmp_path / "policies"):
            assert find_policy(start) == tmp_path / name

    def test_the_nearest(self, tmp_path: Path) -> None:
        self.put(tmp_path / "wxlint.yaml", tmp_path / "docker/wxlint.yaml")
        assert find_policy(tmp_path / "docker") == tmp_path / "docker/wxlint.yaml"

    def test_not_above_the_repository(self, tmp_path: Path) -> None:
        inner = tmp_path / "inner"
        self.put(tmp_path / "wxlint.yaml", inner / "Dockerfile")
        assert find_policy(inner) == tmp_path / "wxlint.yaml"
        (inner / ".git").write_text("gitdir: elsewhere\n")
        assert find_policy(inner) is None

    def test_other_yaml_in_policies_is_none(self, tmp_path: Path) -> None:
        self.put(tmp_path / "policies/deny.yaml", text="package: x\n")
        self.put(tmp_path / "policies/wxlint.txt")
        assert find_policy(tmp_path) is None

    def test_several_are_an_error(self, tmp_path: Path) -> None:
        self.put(tmp_path / "wxlint.yaml", tmp_path / "policies/b.yaml", tmp_path / "policies/a.yml")
        with pytest.raises(PolicyError) as caught:
            find_policy(tmp_path)
        names = "wxlint.yaml, policies/a.yml, policies/b.yaml"
        assert caught.value.problems == [f"{tmp_path}: more than one policy: {names}; choose one with --policy"]

    def test_one_that_cannot_be_read_is_an_error(self, tmp_path: Path) -> None:
        self.put(tmp_path / "policies/a.yaml")
        with (tmp_path / "policies/b.yaml").open("wb") as file:
            file.truncate(9 * 1024 * 1024)
        with pytest.raises(PolicyError, match=r"policies/b\.yaml: larger than 8 MiB"):
            find_policy(tmp_path)
