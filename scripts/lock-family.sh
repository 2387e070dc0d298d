#!/usr/bin/env bash
# Write docker/locked.txt, the releases that the whole family uses, and from it each image's requirements.txt with hashes.
# Needs uv. What is locked stays as it is, unless `--upgrade` or `--upgrade-package NAME` is given.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() { uv pip compile --quiet --no-annotate --no-header --python-platform x86_64-manylinux_2_28 "$@"; }

# torch is pinned per variant, and what it needs comes with it from its own index, in releases of that index.
mapfile -t with_torch < <(sed -n 's/^# not locked: /--no-emit-package=/p' docker/locked.in)

compile docker/locked.in -o docker/locked.txt --python-version 3.10 "${with_torch[@]}" "$@"
for list in docker/*/requirements.in; do
    image=$(dirname "$list")
    if grep -q '"torch==' "$image/Dockerfile"; then
        options=(--python-version 3.10 "${with_torch[@]}")
    elif grep -q '^ARG CUDA_IMAGE' "$image/Dockerfile"; then
        options=(--python-version 3.10)
    else
        options=(--python-version 3.11)
    fi
    compile "$list" -o "$image/requirements.txt" --constraint docker/locked.in --constraint docker/locked.txt --generate-hashes "${options[@]}"
done
