"""The policy: what it says, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.policies import SMALL, image, images, load
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import read
from wxlint.policy.expectations import expected_images
from wxlint.policy.image_names import named_member
from wxlint.policy.load import load_policy
from wxlint.policy.model import (
    Base,
    EntrypointCheck,
    Expectation,
)
from wxlint.policy.named_files import named_files

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "policies/cp-whisperx.yaml"


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
        assert named_files(self.policy.root, self.policy.compose) == (["docker-compose.yml"], [])
        assert named_files(self.policy.root, self.policy.scripts)[1] == []
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

    def test_files(self, tmp_path: Path) -> None:
        for file in ("compose.yaml", "a/compose.gpu.yaml", "a/b/compose.yaml", "node_modules/compose.yaml"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        (tmp_path / "a/loop").symlink_to(tmp_path)
        policy = load(SMALL)._replace(root=tmp_path)
        assert named_files(policy.root, ["compose.yaml", "no.sh"]) == (["compose.yaml"], ["no.sh"])
        assert named_files(policy.root, ["*.yaml"]) == (["compose.yaml"], [])
        assert named_files(policy.root, ["a/*.yaml", "b/*"]) == (["a/compose.gpu.yaml"], ["b/*"])
        everywhere, _ = named_files(policy.root, ["**/compose*.yaml"])
        assert everywhere == [
            "a/b/compose.yaml",
            "a/compose.gpu.yaml",
            "compose.yaml",
        ]


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
