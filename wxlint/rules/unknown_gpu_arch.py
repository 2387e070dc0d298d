"""CUDA code is compiled for a GPU that the nvcc of the image does not know.

## Why

Each CUDA compiles for the architectures that were there when it came out, less those that it dropped: 12.0 (sm_120, RTX
50) needs CUDA 12.8, 9.0 and 8.9 need 11.8, and CUDA 13.0 knows nothing older than 7.5 (no V100, no GTX 10). For any
other nvcc ends with `Unsupported gpu architecture 'compute_120'`, after all that stood before it in the build.

Looked at are `TORCH_CUDA_ARCH_LIST`, `CMAKE_CUDA_ARCHITECTURES` (in a cmake command or in `CMAKE_ARGS`), `CUDAARCHS`
and the `-gencode` and `-arch` flags of nvcc, with the command that reads them. What nvcc is given for certain is an
error, what the project may still change a warning. A list that nothing is known to compile with is information: it
counts for what compiles while the container runs. Packages that choose themselves (flash-attn, mamba-ssm) and stages
with a second CUDA toolkit are left alone.

## Bad

```dockerfile
FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
COPY . /src
RUN cmake -S /src -B /build -DCMAKE_CUDA_ARCHITECTURES="80;90;120" && cmake --build /build
```

```dockerfile
FROM nvidia/cuda:13.0.1-devel-ubuntu22.04
ENV TORCH_CUDA_ARCH_LIST="7.0;8.0;9.0"
RUN pip install git+https://github.com/IDEA-Research/GroundingDINO --no-build-isolation
```

## Good

```dockerfile
FROM nvidia/cuda:12.8.1-devel-ubuntu22.04
COPY . /src
RUN cmake -S /src -B /build -DCMAKE_CUDA_ARCHITECTURES="80;90;120" && cmake --build /build
```

```dockerfile
FROM nvidia/cuda:13.0.1-devel-ubuntu22.04
ENV TORCH_CUDA_ARCH_LIST="8.0;9.0"
RUN pip install git+https://github.com/IDEA-Research/GroundingDINO --no-build-isolation
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "CUDA code that is compiled for a GPU which the image's nvcc does not know"
HINT = "take the architecture out of the list, or a base whose CUDA knows it"

_MAY = late(r"TORCH_CUDA_ARCH_LIST|CUDA_ARCHITECTURES|CUDAARCHS|(?:sm|compute)_\d")


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        if _MAY.search(evaluated.dockerfile.source.text):
            from wxlint.rules import _unknown_archs  # few Dockerfiles name an architecture

            yield from _unknown_archs.problems(repository, evaluated)
