"""What an inspection gives: plain data about one image and its layers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from wxlint.inspection.paths import Paths
from wxlint.inspection.stack import AcceleratedDistribution


class FoundTorch(NamedTuple):
    """From `torch/version.py`. cuda, hip: as written there, None when it is not built for it. path: of that file."""

    version: str
    cuda: str | None
    hip: str | None
    path: str


class Distribution(NamedTuple):
    """A distribution with a use only with CUDA. bytes: of its RECORD, CUDA files as they are in the image."""

    name: str
    version: str
    bytes: int
    required_by: tuple[str, ...]


class Installed(NamedTuple):
    """A distribution, by its METADATA. requires: the names of what it requires, without any extra."""

    name: str
    version: str
    requires: tuple[str, ...]


class Cuda(NamedTuple):
    """present: proven by a library, a compiler, a CUDA build of torch or a CUDA-only distribution.

    bytes: of everything that came with CUDA and is visible. hidden_bytes: in the layers, not visible.
    """

    present: bool
    bytes: int
    hidden_bytes: int
    libraries: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    versions: tuple[str, ...]
    """CUDA versions that runtime libraries, folders and distributions name ("12.1", "12"); not in the JSON."""


class LayerReport(NamedTuple):
    """number: from 0, the lowest layer; `index` in the JSON. digest: of the uncompressed layer. bytes: of its files.

    dockerfile: (path, line).
    """

    number: int
    digest: str
    created_by: str
    bytes: int
    cuda_bytes: int
    dockerfile: tuple[str, int] | None


class Inspection(NamedTuple):
    """What `wxlint inspect` found. stack: the distributions that compute on an accelerator; mismatches: what of them
    does not go together."""

    reference: str
    digest: str
    os: str
    architecture: str
    user: str
    entrypoint: tuple[str, ...]
    env: dict[str, str]
    python: str | None
    torch: FoundTorch | None
    other_torch: tuple[FoundTorch, ...]
    """Further builds of torch in the same image; not in the JSON, but part of what `why` and the gate say."""
    cuda: Cuda
    layers: tuple[LayerReport, ...]
    why: tuple[str, ...]
    installed: tuple[Installed, ...] = ()
    """Every distribution of Python with its metadata; not in the JSON."""
    interpreters: tuple[str, ...] = ()
    """Paths of Python interpreters; not in the JSON."""
    stack: tuple[AcceleratedDistribution, ...] = ()
    mismatches: tuple[str, ...] = ()
    config: Mapping[str, Any] = MappingProxyType({})
    """The image's settings as they are written (`config` in the OCI specification); not in the JSON."""
    paths: Paths | None = None
    """Every path, where somebody asked by path; not in the JSON."""
