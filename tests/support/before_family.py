"""A family as it was before it had variants: `:latest` bases, GPU stages tagged `:cpu`, the CPU index in them."""

from __future__ import annotations

CPU = ("demux", "tmdb", "pre-ner", "post-ner", "subtitle-gen", "mux")
GPU = ("silero-vad", "pyannote-vad", "diarization", "asr")
OPTIONAL = ("second-pass-translation", "lyrics-detection")
_BASE = "rajiup/cp-whisperx-app-base"
_INDEX = "https://download.pytorch.org/whl/cpu"

_INSTALLS = {
    "tmdb": "RUN pip install requests>=2.31\n",
    "pre-ner": 'RUN pip install "spacy==3.7.4"\n',
    "post-ner": "RUN pip install 'rapidfuzz>=3.0'\n",
    "silero-vad": f"RUN pip install torch==2.3.1 torchaudio==2.3.1 --index-url {_INDEX}\n",
    "pyannote-vad": f"ARG TORCH_INDEX_URL={_INDEX}\n"
    'RUN pip install "torch==2.3.1" "torchaudio==2.3.1" --index-url ${TORCH_INDEX_URL}\n'
    'RUN pip install "pyannote.audio==3.3.2"\n',
    "diarization": "# Geräusche: Größe\n"
    f"RUN pip install --no-cache-dir \\\n    torch==2.3.1 \\\n    torchaudio==2.3.1 \\\n    --index-url {_INDEX}\n",
    "asr": "COPY docker/asr/requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\n",
    **dict.fromkeys(OPTIONAL, f"RUN pip install torch==2.3.1 --index-url {_INDEX}\n"),
}

_SCRIPT = """#!/usr/bin/env bash
set -euo pipefail
REGISTRY=rajiup
# Phase 1: bases
docker build -t "$REGISTRY/cp-whisperx-app-base:cpu" -f docker/base/Dockerfile .
docker build -t "$REGISTRY/cp-whisperx-app-base:cuda" -f docker/base-cuda/Dockerfile .
# Phase 2: CPU stages
for stage in demux tmdb pre-ner post-ner subtitle-gen mux; do
    docker build -t "$REGISTRY/cp-whisperx-app-$stage:cpu" -f "docker/$stage/Dockerfile" .
done
# Phase 3: GPU stages
for stage in silero-vad pyannote-vad diarization asr; do
    docker build -t "$REGISTRY/cp-whisperx-app-$stage:cpu" -f "docker/$stage/Dockerfile" .
done
"""

_POLICY = """wxlint: 1
image: "rajiup/cp-whisperx-app-{stage}"
forbidden-tags: [latest]
dockerfile: docker/{stage}/Dockerfile
compose: [docker-compose.yml]
scripts: [scripts/build-all-images.sh, scripts/build-all-images.bat]
variants:
  cpu:
    base: base
    upstream: ["python:3.11-slim*"]
    torch-channel: cpu
    stages: [demux, tmdb, pre-ner, post-ner, subtitle-gen, mux]
  cuda:
    base: {stage: base, dockerfile: docker/base-cuda/Dockerfile}
    upstream: ["nvidia/cuda:12.1.?-cudnn8-*"]
    torch-channel: cu121
    stages: [silero-vad, pyannote-vad, diarization, asr]
    optional: [second-pass-translation, lyrics-detection]
"""


def family() -> dict[str, str]:
    """The files, by path; those of Windows, and one more, with its line ends."""
    files = {
        "policies/family.yaml": _POLICY,
        "docker-compose.yml": _compose(),
        "scripts/build-all-images.sh": _SCRIPT,
        "scripts/build-all-images.bat": _batch().replace("\n", "\r\n"),
        "docker/base/Dockerfile": "FROM python:3.11-slim\nRUN useradd --uid 1000 stage\nUSER 1000\n",
        "docker/base-cuda/Dockerfile": "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*\n"
        "USER 1000\n",
        "docker/asr/requirements.txt": f"# torch\n--index-url {_INDEX}\ntorch==2.3.1\ntorchaudio==2.3.1\n",
    }
    for stage in (*CPU, *GPU, *OPTIONAL):
        module = stage.replace("-", "_")
        text = f"# {stage}\nFROM {_BASE}:latest\n{_INSTALLS.get(stage, '')}COPY docker/{stage} /opt/stage\n"
        text += f'ENTRYPOINT ["python", "-m", "{module}"]\n'
        files[f"docker/{stage}/Dockerfile"] = text.replace("\n", "\r\n") if stage == "mux" else text
        files[f"docker/{stage}/{module}.py"] = "\n"
    return files


def _compose() -> str:
    text = "# The pipeline.\nservices:\n"
    for stage in CPU:
        tag = "cpu" if stage == "mux" else "latest"
        text += f"  {stage}:\n    image: rajiup/cp-whisperx-app-{stage}:{tag}\n    build:\n      context: .\n"
        text += f"      dockerfile: docker/{stage}/Dockerfile\n"
    for stage in GPU:
        text += f'  {stage}:   # GPU\n    image: "rajiup/cp-whisperx-app-{stage}:cpu"\n    build:\n      context: .\n'
        text += f"      dockerfile: docker/{stage}/Dockerfile\n    environment:\n      HF_TOKEN:\n\n"
    return text


def _batch() -> str:
    image = "%REGISTRY%/cp-whisperx-app-"
    text = "@echo off\nset REGISTRY=rajiup\nrem Phase 1\n"
    text += f"docker build -t {image}base:latest -t {image}base:cpu -f docker/base/Dockerfile .\n"
    text += f"docker build -t {image}base:cuda -f docker/base-cuda/Dockerfile .\n"
    text += "".join(f"docker build -t {image}{stage}:cpu -f docker/{stage}/Dockerfile .\n" for stage in CPU)
    text += f"for %%s in ({' '.join(GPU)}) do (\n"
    return text + f"    docker build -t {image}%%s:cpu -f docker/%%s/Dockerfile .\n)\n"
