"""One file of every kind that is read, with much of what its syntax allows: where the fuzz begins."""

from __future__ import annotations

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG REGISTRY=example
ARG VARIANT=cuda
FROM --platform=$BUILDPLATFORM ${REGISTRY}/base:${VARIANT:-cpu} AS Build
ARG CHANNEL="cu121"
ENV PIP_INDEX_URL=https://download.pytorch.org/whl/${CHANNEL} A=1
# wxlint: ignore[torch-index] a reason
RUN --mount=type=bind,from=alpine:latest,target=/m pip install \\
    torch==2.3.1 "numpy<2" pydantic>=2 \\
    # a comment
    -r requirements.txt && conda install pytorch cpuonly
COPY requirements.txt pyproject.toml ./
RUN <<EOF cat && <<-'B' sh
pip install torch
EOF
\tuv pip install whisperx --torch-backend=auto
\tB
ONBUILD COPY --from=0 /a /b
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
COPY --from=build /opt/venv /opt/venv
RUN ["/bin/sh", "-c", "apt-get install -y libcudnn8"]
USER app
"""
COMPOSE = """\
x-gpu: &gpu
  deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}
include: [other.yml]
services:
  asr:
    <<: *gpu
    image: "${REGISTRY:-example}/app-asr:${TAG:?needed}"
    build: {context: ., dockerfile: docker/asr/Dockerfile, args: {VARIANT: "${V:-cuda}"}, target: build}
    environment: [A=1, B]
    depends_on: {demux: {condition: service_completed_successfully}}
  demux:  # wxlint: ignore[latest-tag] a reason
    extends: {file: compose.yaml, service: asr}
    image: example/app-demux:latest
    gpus: !reset null
    profiles: [x]
    command: |
      # wxlint: ignore[latest-tag] text
      sh -c 'true'
"""
SHELL = """\
#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
REGISTRY="${DOCKERHUB_USER:-example}"
for stage in asr demux; do
  docker build -f "docker/$stage/Dockerfile" --build-arg VARIANT=cuda -t "$REGISTRY/app-$stage:cuda" . || exit 1
done
build() { local tag=$1; shift; docker buildx build --tag "example/app:${tag,,}" "$@" .; }
build cpu --target build
case "$1" in a|b) docker push example/app:latest;; *) ;; esac
# wxlint: ignore[compose-run-gpus] a reason
docker compose run --rm --gpus all asr <<EOF
text $(echo x) `date`
EOF
if [[ -n ${X:-} && $Y == a* ]]; then docker run --gpus all "${IMAGES[@]}" "${A[0]}" ; fi
"""
BATCH = """\
@echo off
setlocal enabledelayedexpansion
set REGISTRY=example
if "%1"=="" (set TAG=cpu) else (set TAG=%1)
for %%S in (asr demux) do (
  docker build -f docker\\%%S\\Dockerfile -t %REGISTRY%/app-%%S:!TAG! . || goto :failed
)
rem wxlint: ignore[latest-tag] a reason
call :push %TAG:~0,3% ^
  more
goto :eof
:push
docker push %REGISTRY%/app:latest & docker tag a:1 "b:%2"
exit /b %ERRORLEVEL%
"""
REQUIREMENTS = """\
--index-url https://download.pytorch.org/whl/cpu
--extra-index-url=http://pypi.douban.com/
-r requirements.txt
-c "constraints.txt"
torch==2.3.1+cu121 ; python_version >= "3.8"  # wxlint: ignore[torch-index] a reason
whisperx @ git+https://github.com/m-bain/whisperX.git@v3#egg=whisperx
https://download.pytorch.org/whl/cu121/torch-2.3.1%2Bcu121-cp311-cp311-linux_x86_64.whl
-e .[gpu]
numpy>=1.24,<2 \\
    --hash=sha256:abc
${NAME}==1
"""
PYPROJECT = """\
[project]
name = "app"
dependencies = ["torch==2.3.1", "flask>=2 ; extra == 'web'"]
[project.optional-dependencies]
gpu = ["onnxruntime-gpu"]
[dependency-groups]
dev = ["pytest", {include-group = "x"}]
[tool.uv.sources]
torch = [{ index = "cpu", marker = "sys_platform == 'linux'" }, { index = "cu", extra = "gpu" }]
[[tool.uv.index]]
name = "cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true
[tool.poetry.dependencies]
torchvision = { version = "^0.18", source = "pytorch", optional = true }
[[tool.poetry.source]]
name = "pytorch"
url = "https://download.pytorch.org/whl/cu121"
[tool.pdm]
source = [{ name = "x", url = "y" }]
"""
CONDA = """\
name: app
channels: [pytorch, nvidia]
dependencies:
  - python=3.11
  - pytorch::pytorch=2.3.1=py3.11_cuda12.1*
  - pytorch-cuda=12.1
  - pip
  - pip:
      - -r requirements.txt
      - --extra-index-url https://download.pytorch.org/whl/cu121
      - torchaudio==2.3.1
"""
ENV = """\
# comment
REGISTRY=example
TAG="a ${REGISTRY:-x} \\n b" # behind
export QUOTED='single $X'
EMPTY=
MULTI="one
two"
"""
POLICY = """\
wxlint: 1
name: example
registry: example
registry-arg: REGISTRY
image: "{registry}/app-{stage}"
dockerfile: docker/{stage}/Dockerfile
forbidden-tags: [latest]
compose: [compose.yaml]
scripts: ["*.sh", build.bat]
expect: {user: non-root, entrypoint: {args: [--help], pattern: "(?i)usage"}}
variants:
  cpu: {tag: cpu, base: base, upstream: ["python:3.11*"], torch-channel: cpu, stages: [demux], optional: [asr]}
  cuda:
    tag: cuda
    base: {stage: base, dockerfile: docker/base-cuda/Dockerfile}
    torch-channel: cu121
    stages: [asr]
    expect: {torch: required, max-size: 20 GB, cudnn: "8"}
stages:
  asr: &asr
    variants: {cpu: {build-args: {VARIANT: cpu}}}
rules:
  latest-tag: {severity: warning, paths: {"docker/**": "off"}, locked: true}
  torch-index: info
"""
PIPFILE = """[[source]]
url = "https://pypi.python.org/simple"
verify_ssl = true
name = "pypi"
[[source]]
url = "https://download.pytorch.org/whl/cpu"
name = "pytorch"
[packages]
flask = "*"
torch = {version = "==2.3.1", index = "pytorch", extras = ["opt"], markers = "sys_platform == 'linux'"}
app = {path = ".", editable = true}
whisper = {git = "https://github.com/openai/whisper.git", ref = "main"}
[dev-packages]
pytest = {version = ">=8", os_name = "== 'posix'"}
wheel = {file = "./wheels/a-1-py3-none-any.whl"}
[pipenv]
install_search_all_sources = true
[scripts]
run = "python -m app"
"""
SAMPLES = {
    "Dockerfile": DOCKERFILE,
    "compose.yaml": COMPOSE,
    "build.sh": SHELL,
    "build.bat": BATCH,
    "requirements.txt": REQUIREMENTS,
    "pyproject.toml": PYPROJECT,
    "Pipfile": PIPFILE,
    "environment.yml": CONDA,
    ".env": ENV,
    "wxlint.yaml": POLICY,
}


PLACES = {
    "Dockerfile": "Dockerfile",
    "docker/asr/Dockerfile": "Dockerfile",
    "docker/base-cuda/Dockerfile": "Dockerfile",
    "docker/demux/Dockerfile.cpu": "Dockerfile",
    "compose.yaml": "compose.yaml",
    "docker-compose.gpu.yml": "compose.yaml",
    "other.yml": "compose.yaml",
    "build.sh": "build.sh",
    "build.bat": "build.bat",
    "requirements.txt": "requirements.txt",
    "constraints.txt": "requirements.txt",
    "pyproject.toml": "pyproject.toml",
    "Pipfile": "Pipfile",
    ".env": ".env",
    "wxlint.yaml": "wxlint.yaml",
}
