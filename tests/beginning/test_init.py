"""`wxlint init`: the policy that a repository implies, and where a written one and its repository part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from before_family import family
from file_trees import write_tree

from wxlint.beginning.draft import Draft
from wxlint.cli.init_command import _in_part
from wxlint.cli.main import main
from wxlint.documents.source import Source
from wxlint.policy.expectations import expected_images
from wxlint.policy.load import load_policy

CUDA = "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"


def write(files: Mapping[str, str]) -> None:
    write_tree(Path(), files)


def images() -> dict[str, tuple[str, str | None]]:
    """The images of the policy that was written: the Dockerfile and the channel of each."""
    path = Path("wxlint.yaml")
    policy = load_policy(Source("wxlint.yaml", path.read_text()), path)
    return {e.reference.replace("\0", "{version}"): (e.dockerfile, e.torch) for e in expected_images(policy)}


FAMILY = {
    "docker/base/Dockerfile": "FROM python:3.11-slim\n",
    "docker/base-cuda/Dockerfile": CUDA,
    "docker/mux/Dockerfile": "FROM acme/app-base:cpu\n",
    "docker/asr/Dockerfile": "ARG V=cuda\nFROM acme/app-base:${V}\n"
    "ARG CH=cu121\nRUN pip install torch==2.3.1 -i https://download.pytorch.org/whl/${CH}\n",
    "build.sh": "docker build -t acme/app-base:cpu docker/base\n"
    "docker build -t acme/app-base:cuda docker/base-cuda\n"
    "docker build -t acme/app-mux:cpu docker/mux\n"
    "docker build -t acme/app-asr:cuda docker/asr\n"
    "docker build -t acme/app-asr:cpu --build-arg V=cpu --build-arg CH=cpu docker/asr\n",
}


def test_a_family_with_bases(here: Path) -> None:
    write(FAMILY)
    assert main(["init"]) == 0
    assert images() == {
        "acme/app-base:cpu": ("docker/base/Dockerfile", "cpu"),
        "acme/app-base:cuda": ("docker/base-cuda/Dockerfile", "cu121"),
        "acme/app-mux:cpu": ("docker/mux/Dockerfile", "cpu"),
        "acme/app-asr:cpu": ("docker/asr/Dockerfile", "cpu"),
        "acme/app-asr:cuda": ("docker/asr/Dockerfile", "cu121"),
    }
    text = Path("wxlint.yaml").read_text()
    assert "build-args: {V: cpu, CH: cpu}" in text
    assert 'upstream: ["python:3.11-slim"]' in text
    assert "scripts: [build.sh]" in text
    assert main(["check", "--no-cache"]) == 0
    assert main(["init", "--check"]) == 0


@pytest.mark.parametrize(
    "files, wanted",
    [
        (
            {
                "Dockerfile.cpu": "FROM python:3.11-slim\n",
                "Dockerfile.cuda": CUDA,
                "b.sh": "for v in cpu cuda; do docker build -f Dockerfile.$v -t acme/app:1.2.0-$v .; done\n",
            },
            {"acme/app:{version}-cpu": "Dockerfile.cpu", "acme/app:{version}-cuda": "Dockerfile.cuda"},
        ),
        (
            {
                "web/Dockerfile.cpu": "FROM python:3.11-slim\n",
                "asr/Dockerfile.cpu": "FROM python:3.11-slim\n",
                "asr/Dockerfile.cu121": CUDA,
                "b.sh": "docker build -f web/Dockerfile.cpu -t acme/web-cpu:1.0 .\n"
                "docker build -f asr/Dockerfile.cpu -t acme/asr-cpu:1.0 .\n"
                "docker build -f asr/Dockerfile.cu121 -t acme/asr-cu121:1.0 .\n",
            },
            {
                "acme/web-cpu:{version}": "web/Dockerfile.cpu",
                "acme/asr-cpu:{version}": "asr/Dockerfile.cpu",
                "acme/asr-cu121:{version}": "asr/Dockerfile.cu121",
            },
        ),
        (
            {
                "Dockerfile.cpu": "FROM python:3.11-slim\n",
                "Dockerfile.cuda": CUDA,
                "b.sh": "for v in cpu cuda; do for a in amd64 arm64; do\n"
                "docker build --platform linux/$a -f Dockerfile.$v -t acme/app:1.2.0-$v-$a .; done; done\n",
            },
            {"acme/app:{version}-cpu-amd64": "Dockerfile.cpu", "acme/app:{version}-cuda-amd64": "Dockerfile.cuda"},
        ),
    ],
)
def test_other_schemes(here: Path, files: dict[str, str], wanted: dict[str, str]) -> None:
    write(files)
    assert main(["init"]) == 0
    assert {name: dockerfile for name, (dockerfile, _) in images().items()} == wanted
    assert main(["init", "--check"]) == 0


IN_FOLDERS = {
    "services/base-cpu/Dockerfile": "FROM python:3.11-slim\nCOPY requirements.txt .\n",
    "services/base-gpu/Dockerfile": CUDA + "COPY requirements.txt .\n",
    "services/api/Dockerfile": "FROM acme/base:cpu\nCOPY requirements.txt .\n",
    "services/asr/Dockerfile": "FROM acme/base:cuda\nCOPY requirements.txt .\n",
    "services/web/Dockerfile": "FROM acme/base:cpu\nCOPY services/web .\n",
    "build.sh": "docker build -t acme/base:cpu services/base-cpu\n"
    "docker build -t acme/base:cuda services/base-gpu\n"
    "docker build -t acme/asr:cuda -f services/asr/Dockerfile services/asr\n"
    "docker build -t acme/web:cpu -f services/web/Dockerfile .\n",
    "docker-compose.yml": "services: {api: {image: 'acme/api:cpu', build: services/api}}\n",
}


def contexts() -> dict[str, str]:
    """The build contexts of the policy that was written."""
    path = Path("wxlint.yaml")
    policy = load_policy(Source("wxlint.yaml", path.read_text()), path)
    return {e.image: e.context for e in expected_images(policy)}


def test_the_contexts_are_those_of_the_builds(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(IN_FOLDERS)
    assert main(["init"]) == 0
    assert contexts() == {
        "base:cpu": "services/base-cpu",
        "base:cuda": "services/base-gpu",
        "api:cpu": "services/api",
        "asr:cuda": "services/asr",
        "web:cpu": ".",
    }
    assert 'context: "services/{stage}"  # 2 of 5 images' in Path("wxlint.yaml").read_text()
    assert main(["init", "--check"]) == 0
    text = Path("wxlint.yaml").read_text()
    Path("wxlint.yaml").write_text(text.replace('context: "services/{stage}"', "context: .", 1))
    capsys.readouterr()
    assert main(["init", "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "build.sh:3: asr:cuda is built in services/asr, and its context in the policy is .",
        "docker-compose.yml:1: api:cpu is built in services/api, and its context in the policy is .",
    ]


def test_a_context_that_is_not_there_is_said_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(IN_FOLDERS)
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    Path("wxlint.yaml").write_text(text.replace('context: "services/{stage}"', "context: si", 1))
    capsys.readouterr()
    assert main(["init", "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "wxlint.yaml: api:cpu and 1 more: the build context is si, and there is no such folder"
    ]


def test_an_image_that_is_built_in_two_folders(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = "docker build -t acme/api:cpu -f services/api/Dockerfile .\n"
    write({**IN_FOLDERS, "build.sh": IN_FOLDERS["build.sh"] + more})
    assert main(["init"]) == 0
    told = "not decided: the build context of acme/api:cpu: . (build.sh:5), services/api (docker-compose.yml:1)"
    assert told in capsys.readouterr().err.splitlines()
    assert contexts()["api:cpu"] == "."
    assert main(["init", "--check"]) == 0  # one of the two is as the policy says


def test_a_context_that_no_policy_can_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write({**IN_FOLDERS, "build.sh": IN_FOLDERS["build.sh"].replace("/Dockerfile .", "/Dockerfile $WHERE")})
    assert main(["init"]) == 0
    told = "not decided: the build context of acme/web:cpu: it is not known (build.sh:4)"
    assert told in capsys.readouterr().err.splitlines()
    assert main(["init", "--check"]) == 0


def test_a_base_is_what_others_come_from(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    services = "".join(f"  {name}: {{image: 'acme/{name}:gpu', build: g}}\n" for name in "acd")
    services += "".join(f"  {name}: {{image: 'acme/{name}', build: g}}\n" for name in "fgh")
    write({"g/Dockerfile": CUDA, "docker-compose.yml": f"services:\n{services}"})
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert "    stages: [a, c, d]\n" in text and "base:" not in text
    said = capsys.readouterr().err.splitlines()
    for line, name in enumerate("fgh", 5):
        told = f"it follows another pattern: acme/{name}:latest, g/Dockerfile (docker-compose.yml:{line})"
        assert f"not decided: {told}" in said and f"#   {told}\n" in text


SPEECH = {
    "services/base-cpu/Dockerfile": "FROM python:3.11-slim\n",
    "services/base-gpu/Dockerfile": CUDA,
    "services/api/Dockerfile": "FROM reg/speech-base-cpu:1.2.0\n",
    "services/embed/Dockerfile": "FROM reg/speech-base-gpu:1.2.0\n"
    "RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cu121\n",
    "build.sh": "".join(
        f"docker build -t reg/speech-{stage}:1.2.0 services/{stage}\n"
        for stage in ("base-cpu", "base-gpu", "api", "embed")
    ),
}


def test_the_stage_says_the_variant(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(SPEECH)
    assert main(["init"]) == 0
    assert images() == {
        f"reg/speech-{stage}:{{version}}": (f"services/{stage}/Dockerfile", channel)
        for stage, channel in (("base-cpu", "cpu"), ("base-gpu", "cu121"), ("api", "cpu"), ("embed", "cu121"))
    }
    text = Path("wxlint.yaml").read_text()
    assert "    base: base-cpu\n" in text and "    base: base-gpu\n" in text
    assert "not decided" not in capsys.readouterr().err
    assert main(["check", "--no-cache"]) == 0
    assert main(["init", "--check"]) == 0


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("embed:1.2.0", "embed:1.2.0-dev", "it follows another pattern: reg/speech-embed:{version}-dev"),
        ("base-gpu:1.2.0", "base-gpu", "it follows another pattern: reg/speech-base-gpu:latest"),
        ("reg/speech-embed", "reg/speech-api", "it has the name of another image: reg/speech-api:{version}"),
        ("reg/speech-embed", "reg/speech-$WHAT", "the name is computed: reg/speech-$WHAT:1.2.0"),
    ],
)
def test_each_image_that_is_left_out_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    write({**SPEECH, "build.sh": SPEECH["build.sh"].replace(old, new)})
    assert main(["init"]) == 0
    assert f"not decided: {told}" in capsys.readouterr().err
    policy = load_policy(Source("wxlint.yaml", Path("wxlint.yaml").read_text()), Path("wxlint.yaml"))
    assert len(expected_images(policy)) == 3


def test_a_stage_says_the_variant_of_images_called_latest(here: Path) -> None:
    write({name: text.replace(":1.2.0", "") for name, text in SPEECH.items()})
    assert main(["init"]) == 0
    assert len(images()) == 4
    assert main(["init", "--check"]) == 0


def test_services_and_registries(here: Path) -> None:
    """A compose file for each variant, services with names of their own, a registry that is a variable elsewhere."""
    service = "services:\n  app-{0}:\n    image: acme/app:{0}\n"
    write(
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\n",
            "Dockerfile.cuda": CUDA,
            "docker-compose.cpu.yml": service.format("cpu"),
            "docker-compose.cuda.yml": service.format("cuda") + "    gpus: all\n",
            "docker-compose.other.yml": "services: {db: {image: 'postgres:16'}}\n",
            "b.sh": "for v in cpu cuda; do docker build -f Dockerfile.$v -t acme/app:$v .; done\n"
            "docker push $OWNER/app:cpu\ndocker build -f Dockerfile.cpu -t $OWNER/app:cpu .\n",
        }
    )
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert 'image: "{registry}/app"\nregistry: acme' in text
    assert "    compose: [docker-compose.cpu.yml]\n" in text and "postgres" not in text and "other.yml" not in text
    assert "service: app-cpu" in text and "service: app-cuda" in text
    assert main(["check", "--no-cache"]) == 0


def test_a_folder_says_what_a_compose_file_is_for(here: Path) -> None:
    write({f"docker/{v}/Dockerfile": text for v, text in (("cpu", "FROM python:3.11-slim\n"), ("cuda", CUDA))})
    service = "services: {{app: {{image: 'acme/app:{0}', build: .{1}}}}}\n"
    write(
        {
            f"docker/{v}/docker-compose.yml": service.format(v, more)
            for v, more in (("cpu", ""), ("cuda", ", gpus: all"))
        }
    )
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert "    compose: [docker/cpu/docker-compose.yml]\n" in text
    assert "    compose: [docker/cuda/docker-compose.yml]\n" in text
    assert main(["check", "--no-cache"]) == 0


def test_one_image_whose_dockerfiles_follow_no_pattern(here: Path) -> None:
    write(
        {
            "cpu/Dockerfile.small": "FROM python:3.11-slim\n",
            "cuda/Dockerfile": CUDA,
            "b.sh": "docker build -f cpu/Dockerfile.small -t acme/app-cpu:1.0 .\n"
            "docker build -f cuda/Dockerfile -t acme/app-cuda:1.0 .\n",
        }
    )
    assert main(["init"]) == 0
    assert {name: dockerfile for name, (dockerfile, _) in images().items()} == {
        "acme/app-cpu:{version}": "cpu/Dockerfile.small",
        "acme/app-cuda:{version}": "cuda/Dockerfile",
    }


def test_what_is_named_and_not_seen_built_is_optional(here: Path) -> None:
    write({**FAMILY, "build.sh": "\n".join(FAMILY["build.sh"].splitlines()[:4])})
    write({"docker-compose.yml": "services: {asr: {image: 'acme/app-asr:cpu'}, mux: {image: 'acme/app-mux:cpu'}}\n"})
    assert main(["init"]) == 0
    text = Path("wxlint.yaml").read_text()
    assert "    optional: [asr]  # named, and not seen built" in text
    assert "#   who builds acme/app-asr:cpu (docker-compose.yml:1)" in text


def test_what_is_not_decided_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write({"Dockerfile": "FROM python:3.11-slim\n", "b.sh": "docker build -t ghcr.io/$OWNER:1 -f Dockerfile .\n"})
    assert main(["init"]) == 0
    assert "not decided: the name is computed: ghcr.io/$OWNER:1 (b.sh:1)" in capsys.readouterr().err
    assert "#   the name is computed: ghcr.io/$OWNER:1 (b.sh:1)" in Path("wxlint.yaml").read_text()
    assert main(["check", "--no-cache"]) in (0, 1)


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write({**FAMILY, "policies/mine.yaml": "wxlint: 1\n", "other.yaml": "x: 1\n"})
    assert main(["init"]) == 2
    assert main(["init", "--output", "other.yaml"]) == 2
    assert Path("other.yaml").read_text() == "x: 1\n"
    assert not Path("wxlint.yaml").exists()
    assert main(["init", "--output", "-"]) == 0
    assert capsys.readouterr().out.startswith("# The policy")


def test_check_says_where_they_part(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(FAMILY)
    assert main(["init", "--check"]) == 2
    assert main(["init"]) == 0
    write({"build.sh": FAMILY["build.sh"] + "docker build -t acme/app-new:cpu docker/mux\n"})
    Path("docker/base-cuda/Dockerfile").unlink()
    write({"more.sh": "docker build -t acme/app-mux:cpu docker/mux\n"})
    capsys.readouterr()
    assert main(["init", "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "build.sh:6: acme/app-new:cpu is built, and the policy does not list it",
        "wxlint.yaml: base:cuda: there is no docker/base-cuda/Dockerfile",
        "more.sh: builds images of the family, and the policy does not name it under scripts",
    ]


def test_the_family_before_its_migration(here: Path) -> None:
    write({name: text for name, text in family().items() if not name.startswith("policies/")})
    assert main(["init"]) == 0
    assert 'image: "rajiup/cp-whisperx-app-{stage}"' in Path("wxlint.yaml").read_text()


def test_hostile_names_stay_in_their_place(here: Path) -> None:
    write({"a\n  b: [/Dockerfile": CUDA, "x'\"#: y.Dockerfile": CUDA})
    assert main(["init", "--output", "p.yaml"]) == 0
    path = Path("p.yaml")
    assert load_policy(Source("p.yaml", path.read_text()), path).variants == {}


def test_what_does_not_load_is_said_without_a_place_in_no_file(tmp_path: Path) -> None:
    found = Draft('wxlint: 1\nimage: "a/{stage}:{version}"\nvariants: {x: {stages: [b]}}\n', ())
    text, (problem,) = _in_part(found, tmp_path)
    assert problem.startswith("the family as a whole: ") and "accelerator" in problem
    assert "wxlint.yaml" not in problem
    assert "# variants: {x: {stages: [b]}}\n" in text


def test_a_long_list_ends_with_how_many_more_there_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write({f"d{n}/Dockerfile": CUDA for n in range(23)})
    assert main(["init"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert sum(line.startswith("not decided: nothing builds it under a name: d") for line in said) == 20
    assert "not decided: nothing builds it under a name: 3 more" in said
