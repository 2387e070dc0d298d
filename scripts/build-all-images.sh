#!/usr/bin/env bash
# Builds the images of cp-whisperx, each one's base before it. A base that fails ends it; a stage that fails does not.
# Made by `wxlint plan --optional --format sh --script scripts/build-all-images.sh`: change the policy or the Dockerfiles, then make it again.
#
#   scripts/build-all-images.sh [all|cpu|cuda] [optional]
#
# DOCKERHUB_USER: the registry, in every tag and every build (default: rajiup)
# BUILD_ARGS: more options for every docker build, such as "--build-arg NAME=VALUE"
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

REGISTRY="${DOCKERHUB_USER:-rajiup}"
read -r -a EXTRA <<< "${BUILD_ARGS:-}"
# A client before 23 has BuildKit built in, but does not take it by itself.
case "$(docker version --format '{{.Client.Version}}')" in
    18.* | 19.* | 20.*) export DOCKER_BUILDKIT="${DOCKER_BUILDKIT:-1}" ;;
    *) ;;
esac

case "${1:-all}${2:+ $2}" in
    all)
        PLAN="base:cpu base:cuda demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu \
            silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda"
        ;;
    'all optional')
        PLAN="base:cpu base:cuda demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu \
            silero-vad:cpu pyannote-vad:cpu diarization:cpu asr:cpu second-pass-translation:cpu \
            lyrics-detection:cpu silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda \
            second-pass-translation:cuda lyrics-detection:cuda"
        ;;
    cpu)
        PLAN="base:cpu demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu"
        ;;
    'cpu optional')
        PLAN="base:cpu demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cpu \
            pyannote-vad:cpu diarization:cpu asr:cpu second-pass-translation:cpu lyrics-detection:cpu"
        ;;
    cuda)
        PLAN="base:cuda silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda"
        ;;
    'cuda optional')
        PLAN="base:cuda silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda second-pass-translation:cuda \
            lyrics-detection:cuda"
        ;;
    *)
        echo "usage: $0 [all|cpu|cuda] [optional]" >&2
        exit 2
        ;;
esac
read -r -a IMAGES <<< "${PLAN}"
BUILT=()
FAILED=()

# Whether IMAGE is in LIST.
among() {
    [[ " $2 " == *" $1 "* ]]
}

# Whether IMAGE is to be built now; says so.
wanted() {
    among "$1" "${PLAN}" || return 1
    echo "==> [$((${#BUILT[@]} + ${#FAILED[@]} + 1))/${#IMAGES[@]}] $1"
}

# Says what became of the plan, and ends.
report() {
    local image left=()
    for image in "${IMAGES[@]}"; do
        among "${image}" "${BUILT[*]-} ${FAILED[*]-}" || left+=("${image}")
    done
    echo
    echo "built ${#BUILT[@]}: ${BUILT[*]-}"
    ((${#FAILED[@]})) || exit 0
    echo "failed ${#FAILED[@]}: ${FAILED[*]}" >&2
    ((${#left[@]})) && echo "not tried ${#left[@]}: ${left[*]}" >&2
    exit 1
}

# What became of the build before it: IMAGE, and the images that cannot be built without it.
# When any of those is in the plan, a failure ends the script.
result() {
    local code=$? image="$1" each blocked=()
    shift
    if ((code == 0)); then
        BUILT+=("${image}")
        return
    fi
    FAILED+=("${image}")
    for each in "$@"; do
        among "${each}" "${PLAN}" && blocked+=("${each}")
    done
    if ((${#blocked[@]})); then
        echo "${image} failed; blocked: ${blocked[*]}" >&2
        report
    fi
}

# Phase 1: bases
if wanted base:cpu; then
    docker build ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-base:cpu" -f docker/base/Dockerfile .
    result base:cpu demux:cpu tmdb:cpu pre-ner:cpu post-ner:cpu subtitle-gen:cpu mux:cpu silero-vad:cpu pyannote-vad:cpu \
        diarization:cpu asr:cpu second-pass-translation:cpu lyrics-detection:cpu
fi
if wanted base:cuda; then
    docker build ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-base:cuda" -f docker/base-cuda/Dockerfile .
    result base:cuda silero-vad:cuda pyannote-vad:cuda diarization:cuda asr:cuda second-pass-translation:cuda \
        lyrics-detection:cuda
fi

# Phase 2: cpu stages
if wanted demux:cpu; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-demux:cpu" -f docker/demux/Dockerfile .
    result demux:cpu
fi
if wanted tmdb:cpu; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-tmdb:cpu" -f docker/tmdb/Dockerfile .
    result tmdb:cpu
fi
if wanted pre-ner:cpu; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-pre-ner:cpu" -f docker/pre-ner/Dockerfile .
    result pre-ner:cpu
fi
if wanted post-ner:cpu; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-post-ner:cpu" -f docker/post-ner/Dockerfile .
    result post-ner:cpu
fi
if wanted subtitle-gen:cpu; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-subtitle-gen:cpu" -f docker/subtitle-gen/Dockerfile .
    result subtitle-gen:cpu
fi
if wanted mux:cpu; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-mux:cpu" -f docker/mux/Dockerfile .
    result mux:cpu
fi
if wanted silero-vad:cpu; then
    docker build --build-arg TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu --build-arg VARIANT=cpu --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-silero-vad:cpu" -f docker/silero-vad/Dockerfile .
    result silero-vad:cpu
fi
if wanted pyannote-vad:cpu; then
    docker build --build-arg TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu --build-arg VARIANT=cpu --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-pyannote-vad:cpu" -f docker/pyannote-vad/Dockerfile .
    result pyannote-vad:cpu
fi
if wanted diarization:cpu; then
    docker build --build-arg TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu --build-arg VARIANT=cpu --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-diarization:cpu" -f docker/diarization/Dockerfile .
    result diarization:cpu
fi
if wanted asr:cpu; then
    docker build --build-arg TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu --build-arg VARIANT=cpu --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-asr:cpu" -f docker/asr/Dockerfile .
    result asr:cpu
fi
if wanted second-pass-translation:cpu; then
    docker build --build-arg TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu --build-arg VARIANT=cpu --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-second-pass-translation:cpu" -f docker/second-pass-translation/Dockerfile .
    result second-pass-translation:cpu
fi
if wanted lyrics-detection:cpu; then
    docker build --build-arg TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu --build-arg VARIANT=cpu --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-lyrics-detection:cpu" -f docker/lyrics-detection/Dockerfile .
    result lyrics-detection:cpu
fi

# Phase 3: cuda stages
if wanted silero-vad:cuda; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-silero-vad:cuda" -f docker/silero-vad/Dockerfile .
    result silero-vad:cuda
fi
if wanted pyannote-vad:cuda; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-pyannote-vad:cuda" -f docker/pyannote-vad/Dockerfile .
    result pyannote-vad:cuda
fi
if wanted diarization:cuda; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-diarization:cuda" -f docker/diarization/Dockerfile .
    result diarization:cuda
fi
if wanted asr:cuda; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-asr:cuda" -f docker/asr/Dockerfile .
    result asr:cuda
fi
if wanted second-pass-translation:cuda; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-second-pass-translation:cuda" -f docker/second-pass-translation/Dockerfile .
    result second-pass-translation:cuda
fi
if wanted lyrics-detection:cuda; then
    docker build --build-arg REGISTRY="${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} -t "${REGISTRY}/cp-whisperx-app-lyrics-detection:cuda" -f docker/lyrics-detection/Dockerfile .
    result lyrics-detection:cuda
fi

report
