#!/usr/bin/env bash
# Builds the image family: the bases, then the CPU stages, then the GPU stages.
#
#   scripts/build-all-images.sh            everything
#   scripts/build-all-images.sh cpu        base:cpu and the CPU stages
#   scripts/build-all-images.sh cuda       base:cuda and the GPU stages
#
# DOCKERHUB_USER   the registry's user, in every tag and in every FROM (default: rajiup)
# BUILD_ARGS       more options for every docker build, such as "--build-arg TORCH_INDEX_URL="
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

REGISTRY="${DOCKERHUB_USER:-rajiup}"
SELECT="${1:-all}"
read -r -a EXTRA <<< "${BUILD_ARGS:-}"
# BuildKit also for a client that does not take it by itself: one cache for this script and compose.
export DOCKER_BUILDKIT="${DOCKER_BUILDKIT:-1}"
BUILT=()
FAILED=()

build() { # NAME TAG
    local image="${REGISTRY}/cp-whisperx-app-$1:$2" folder="$1"
    [[ "$1:$2" == base:cuda ]] && folder=base-cuda
    echo "==> ${image}"
    if docker build --build-arg "REGISTRY=${REGISTRY}" ${EXTRA[@]+"${EXTRA[@]}"} \
        -t "${image}" -f "docker/${folder}/Dockerfile" .; then
        BUILT+=("${image}")
    else
        FAILED+=("${image}")
        return 1
    fi
}

report() {
    echo
    echo "built ${#BUILT[@]}:"
    printf '  %s\n' ${BUILT[@]+"${BUILT[@]}"}
    if ((${#FAILED[@]})); then
        echo "failed ${#FAILED[@]}:"
        printf '  %s\n' "${FAILED[@]}"
        exit 1
    fi
}

base() { # TAG STAGES...
    local tag="$1"
    shift
    build base "${tag}" && return
    echo "base:${tag} failed; blocked: $*" >&2
    report
}

CPU_STAGES=(demux tmdb pre-ner post-ner subtitle-gen mux)
CUDA_STAGES=(silero-vad pyannote-vad diarization asr second-pass-translation lyrics-detection)

case "${SELECT}" in
    all | cpu | cuda) ;;
    *)
        echo "usage: $0 [all|cpu|cuda]" >&2
        exit 2
        ;;
esac

# Phase 1: the bases
[[ "${SELECT}" == cuda ]] || base cpu "${CPU_STAGES[@]}"
[[ "${SELECT}" == cpu ]] || base cuda "${CUDA_STAGES[@]}"

# Phase 2: the CPU stages
if [[ "${SELECT}" != cuda ]]; then
    for stage in "${CPU_STAGES[@]}"; do
        build "${stage}" cpu
    done
fi

# Phase 3: the GPU stages
if [[ "${SELECT}" != cpu ]]; then
    for stage in "${CUDA_STAGES[@]}"; do
        build "${stage}" cuda
    done
fi

report
