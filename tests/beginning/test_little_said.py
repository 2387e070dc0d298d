"""Families whose files say little of what an image is called or for, and what a careful reader takes it for."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.cli.main import main

CUDA = "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"
PLAIN = "FROM python:3.11-slim\n"
DEFAULT = f"{PLAIN}RUN pip install torch==2.3.1\n"
GPU = "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}"

KINDS: dict[str, tuple[dict[str, str], list[str]]] = {
    "a registry that only compose files name": (
        {
            "Dockerfile": PLAIN,
            "cuda.Dockerfile": CUDA,
            "build.sh": 'docker build -t "$R/app:$V" .\ndocker build -f cuda.Dockerfile -t "$R/app:$V-cuda" .\n',
            "docker-compose.yml": "services: {app: {image: 'acme/app:latest'}}\n",
        },
        [
            'image: "{registry}/app:{version}-{variant}"',
            "registry: acme  # elsewhere a variable",
            "app:{version}, Dockerfile (build.sh:1); cpu is taken",
            '  cpu:\n    accelerator: cpu\n    tag: ""\n',
        ],
    ),
    "names with a word of their own, and what a service asks for": (
        {
            "Dockerfile": f"ARG ROCM\n{DEFAULT}",
            "Dockerfile.min": PLAIN,
            "build.sh": "docker build -t acme/app:$V .\ndocker build -f Dockerfile.min -t acme/app-min:$V .\n"
            "docker build --build-arg ROCM=1 -t acme/app-rocm:$V .\n",
            "docker-compose.yml": f"services: {{app: {{image: acme/app, build: ., {GPU}}}}}\n",
            "docker-compose.min.yml": "services: {app: {image: acme/app-min}}\n",
        },
        [
            'image: "acme/app-{variant}:{version}"',
            "cuda is taken, as a service asks for it",
            "app-min:{version}, Dockerfile.min (build.sh:2); cpu is taken",
            "compose: [docker-compose.yml]\n",
            '  min:\n    accelerator: cpu\n    upstream: ["python:3.11-slim"]\n    compose: [docker-compose.min.yml]\n',
            '  cuda:\n    accelerator: cuda\n    tag: ""\n',
        ],
    ),
    "whole tags for variants": (
        {
            **{f"{tag}/Dockerfile": CUDA for tag in ("cu126-slim", "cu126-mega", "cu130-slim", "old/cu118")},
            "cpu/Dockerfile": PLAIN,
            "build.sh": "for t in cpu cu126-slim cu126-mega cu130-slim; do\n"
            'docker build -t acme/app:$t $t; docker build -t "acme/app:$t-$DAY" $t; done\n',
        },
        [
            'image: "acme/app:{variant}-{version}"\ntags: ["{variant}"]\n',
            'dockerfile: "{variant}/Dockerfile"  # 4 of 4 images',
            "  cu130-slim:\n    accelerator: cuda\n",
            "  cpu:\n    accelerator: cpu\n",
        ],
    ),
    "no names at all": (
        {"docker/cpu/Dockerfile": PLAIN, "docker/nvidia/Dockerfile": CUDA, "docker/helper/Dockerfile": PLAIN},
        [
            "what the images are called: no build names them; speech is taken",
            "nothing builds it under a name: docker/helper/Dockerfile",
            'dockerfile: "docker/{variant}/Dockerfile"  # 2 of 2 images',
            "  nvidia:\n    accelerator: cuda\n",
        ],
    ),
    "no names but those of services": (
        {
            "docker/api/Dockerfile": PLAIN,
            "docker/worker/Dockerfile": CUDA,
            "docker/docs/Dockerfile": PLAIN,
            "docker-compose.yml": "services: {a: {build: docker/api}, w: {build: docker/worker}}\n",
        },
        [
            "what the images are called: no build names them; speech is taken",
            "what it is for: speech:api, docker/api/Dockerfile (docker/api/Dockerfile); cpu is taken",
            "nothing builds it under a name: docker/docs/Dockerfile",
            'dockerfile: "docker/{variant}/Dockerfile"  # 2 of 2 images',
            "  api:\n    accelerator: cpu\n",
            "  worker:\n    accelerator: cuda\n",
        ],
    ),
    "no names, and services that ask for a GPU": (
        {
            **{f"Dockerfile.{name}": PLAIN for name in ("api", "worker")},
            "docker-compose.yml": "services: {a: {build: {context: ., dockerfile: Dockerfile.api}},\n"
            f"  w: {{build: {{context: ., dockerfile: Dockerfile.worker}}, {GPU}}}}}\n",
        },
        [
            "speech:worker, Dockerfile.worker (Dockerfile.worker); cuda is taken, as a service asks for it",
            'dockerfile: "Dockerfile.{variant}"  # 2 of 2 images',
        ],
    ),
    "stages of which only some say the variant": (
        {
            **{f"{name}/Dockerfile": PLAIN for name in ("app-base", "app")},
            "app-base-gpu/Dockerfile": CUDA,
            "app-gpu/Dockerfile": "FROM acme/app-base-gpu:dev\n",
            "app-more/Dockerfile": "FROM acme/app:dev\n",
            "build.sh": "for s in app-base-gpu app-gpu; do docker build -t acme/$s:dev $s; done\n"
            'for s in app-base app app-more; do docker build -t acme/$s:dev-amd64 -t "acme/$s:$V" $s; done\n',
        },
        [
            'image: "acme/{stage}:dev"',
            "tags: [dev]  # the stage says the variant\n    base: app-base-gpu\n",
            'tags: ["dev-{arch}", "{version}"]  # the stage says the variant\n',
            "stages: [app-base, app-more, app]\n",
        ],
    ),
    "a further Dockerfile with a word of its own": (
        {
            "Dockerfile": PLAIN,
            "Dockerfile.cuda": CUDA,
            "Dockerfile.new": CUDA,
            "build.sh": "docker build -t app:local .\ndocker build -f Dockerfile.cuda -t app:local-cuda .\n"
            "docker build -f Dockerfile.new -t app:local-blackwell .\n",
            "docker-compose.yml": "services: {app: {image: 'app:local'}}\n",
            "docker-compose.dev.yml": "services: {app: {image: 'app:local'}}\n",
            "docker-compose.blackwell.yml": f"services: {{app: {{image: 'app:local-blackwell', {GPU}}}}}\n",
        },
        [
            'image: "app:local-{variant}"',
            "\ncompose: [docker-compose.yml]\n",
            "  blackwell:\n    accelerator: cuda\n",
            "    compose: [docker-compose.blackwell.yml]\n",
        ],
    ),
    "a published name beside one of a machine": (
        {
            "Dockerfile": CUDA,
            "Dockerfile.cu128": CUDA,
            "build.sh": 'docker build -t "acme/app:$V" .\ndocker build -f Dockerfile.cu128 -t app:cu128 .\n',
        },
        ['image: "acme/app:{version}"', 'other-images: ["app:*"]'],
    ),
    "services of one image that ask for different things": (
        {
            "Dockerfile": "ARG X\n" + DEFAULT,
            "Dockerfile.rocm": "FROM rocm/dev-ubuntu-22.04:6.2\n",
            "build.sh": "docker build -t acme/app:1.0 .\ndocker build -f Dockerfile.rocm -t acme/app:1.0-rocm .\n",
            "compose.yml": "services:\n"
            f"  app: {{image: 'acme/app:1.0', build: ., {GPU}}}\n  app-cpu: {{image: 'acme/app:1.0', build: .}}\n",
        },
        ["what it is for: acme/app:{version}, Dockerfile (build.sh:1)\n", 'other-images: ["acme/app:*"]'],
    ),
    "names that say the variant, and tags that say more of it": (
        {
            "Dockerfile.cpu": f"{PLAIN}RUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n",
            "Dockerfile.gpu": f"ARG CHANNEL=cu126\n{CUDA}ARG CHANNEL\n"
            "RUN pip install torch --index-url https://download.pytorch.org/whl/$CHANNEL\n",
            "build.sh": "docker build -f Dockerfile.cpu -t acme/app-cpu:1.0 .\n"
            "docker build -f Dockerfile.gpu -t acme/app-gpu:1.0-cu126 .\n"
            "docker build -f Dockerfile.gpu --build-arg CHANNEL=cu128 -t acme/app-gpu:1.0-cu128 .\n"
            "docker tag acme/app-gpu:1.0-cu126 acme/app-gpu:latest\n",
        },
        [
            'image: "acme/app-{variant}:{version}"',
            'dockerfile: "Dockerfile.{variant}"  # 2 of 2 images',
            '  gpu:\n    accelerator: cuda\n    tags: [latest, "{version}-cu126", "{version}-cu128"]\n',
            "torch-channel: [cu126, cu128]",
            "  cpu:\n    accelerator: cpu\n",
        ],
    ),
    "stages of which one is for the CPU and for GPUs": (
        {
            **{f"Dockerfile.{name}": "FROM acme/kit-base:latest\n" for name in ("en", "fr")},
            "Dockerfile.base": PLAIN,
            "Dockerfile.base-gpu": CUDA,
            "Dockerfile.en-gpu": "FROM acme/kit-base-gpu:latest\n",
            "build.sh": "for s in base base-gpu en fr en-gpu; do\n"
            "docker build -f Dockerfile.$s -t acme/kit-$s .; done\n",
        },
        [
            'image: "acme/kit-{stage}-{variant}:latest"',
            'dockerfile: "Dockerfile.{stage}"  # 3 of 5 images',
            "  gpu:\n    accelerator: cuda\n    base: base\n",
            '  cpu:\n    accelerator: cpu\n    tag: ""\n    base: base\n',
            "    stages: [fr, en]\n",
        ],
    ),
    "latest beside tags that are variants": (
        {
            "Dockerfile": CUDA,
            "Dockerfile.cu130": "FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04\n",
            "build.sh": "docker build -t acme/app .\ndocker build -f Dockerfile.cu130 -t acme/app:cu130 .\n",
            "compose.yaml": f"services: {{app: {{image: 'acme/app:latest', {GPU}}}}}\n",
        },
        [
            "image: acme/app\n",
            "  cuda:\n    accelerator: cuda\n    tag: latest\n",
            '      cuda:\n        dockerfile: "Dockerfile"\n',
        ],
    ),
    "two tags of one build, of which one says the variant": (
        {
            "Dockerfile": f"{PLAIN.strip()} AS cpu\n{CUDA.strip()} AS nvidia\n",
            "build.sh": "docker build --target cpu -t acme/app:full-cpu-nightly .\n"
            "docker build --target nvidia -t acme/app:full-nvidia-nightly -t acme/app:full-nightly .\n",
        },
        [
            'image: "acme/app:full-{variant}-nightly"',
            "  nvidia:\n    accelerator: cuda\n    tags: [full-nightly]\n",
        ],
    ),
    "further tags that docker tag gives": (
        {
            "Dockerfile": CUDA,
            "Dockerfile.cpu": PLAIN,
            "build.sh": 'docker build -t "acme/app:$V" .\ndocker build -f Dockerfile.cpu -t "acme/app:$V-cpu" .\n'
            'docker tag "acme/app:$V" acme/app:latest\ndocker tag "acme/app:$V-cpu" acme/app:latest-cpu\n',
        },
        ['tags: ["latest-{variant}"]\n', '    tag: ""\n    tags: [latest]\n'],
    ),
    "a build argument that is called for CUDA": (
        {
            "Dockerfile": f"{PLAIN}ARG CUDA_VERSION\nCOPY dist /dist\nRUN pip install /dist/*.whl\n",
            "build.sh": 'docker build --build-arg CUDA_VERSION=12 -t "acme/app:$V" .\n',
        },
        ["acme/app:{version}, Dockerfile (build.sh:1); cuda is taken", "  cuda:\n    accelerator: cuda\n"],
    ),
    "torch of the default index, and nothing else": (
        {"Dockerfile": DEFAULT, "build.sh": 'docker build -t "acme/app:$V" .\n'},
        ["acme/app:{version}, Dockerfile (build.sh:1); cuda is taken", '    tag: ""\n'],
    ),
    "a name that CI gives a script": (
        {
            "Dockerfile": CUDA,
            "push.sh": 'repo=${REPO?must be set}\ndocker build -t "$repo:$MODEL-$GITHUB_REF_NAME" .\n',
            ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
            "    env: {REPO: acme/app, MODEL: '${{ matrix.m }}'}\n    steps: [{run: ./push.sh docker}]\n",
        },
        [
            "the name is computed: ${REPO?must be set}:$MODEL-$GITHUB_REF_NAME (push.sh:2); acme/app is taken",
            'image: "acme/app:{version}"',
        ],
    ),
    "a target that compose forgot": (
        {
            "Dockerfile": f"{CUDA.strip()} AS cuda\nRUN pip install torch --index-url "
            f"https://download.pytorch.org/whl/cu121\n{PLAIN.strip()} AS cpu\n"
            "RUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n",
            "compose.yml": "services:\n  a: {image: 'acme/app:cpu', build: {context: ., target: cpu}}\n"
            f"  b: {{image: 'acme/app:cuda', build: ., {GPU}}}\n",
        },
        [
            "#   its target: Dockerfile is built to its end (compose.yml:3); cuda is taken\n",
            '    upstream: ["nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04"]\n    torch-channel: cu121',
            "      cuda:\n        target: cuda\n",
        ],
    ),
    "compose files that stand alone": (
        {
            "Dockerfile.cpu": PLAIN,
            "Dockerfile.cuda": CUDA,
            "build.sh": "for v in cpu cuda; do docker build -f Dockerfile.$v -t acme/app:1.2-$v .; done\n",
            "compose.yaml": "services: {web: {image: 'acme/app:1.2-cpu'}}\n",
            "compose.cuda.yaml": f"services: {{app: {{image: 'acme/app:1.2-cuda', {GPU}}}}}\n",
        },
        ["  cuda:\n    accelerator: cuda\n", "    compose: [compose.cuda.yaml]\n", "compose: [compose.yaml]\n"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_taken(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "speech"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    files, wanted = KINDS[kind]
    write_tree(root, files)
    assert main(["init"]) == 0
    policy = (root / "wxlint.yaml").read_text()
    assert [one for one in wanted if one not in policy] == [], policy
    assert main(["init", "--check"]) == 0


def test_a_repository_without_any_gpu_has_no_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(PLAIN)
    (tmp_path / "build.sh").write_text("docker build -t acme/web:1.0 .\n")
    assert main(["init"]) == 0
    assert "variants:" not in (tmp_path / "wxlint.yaml").read_text()
