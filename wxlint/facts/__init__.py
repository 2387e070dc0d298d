"""What wxlint knows of the outside world: tables as data, and the lookups that the rules need.

Every table is a CSV file beside this one; every row names its `source`, the day it was looked at
(`verified_on`) and its `confidence`: *verified* (package metadata or a run showed it), *documented*
(public documentation or threads say it), *unverified* (likely, not looked up).

In `base_images.csv` the first matching row wins: **the order of its rows matters**. `*` in a
repository stands for any text; the tag is a regular expression on the whole tag.

A table is read on first use. Names of distributions are compared as PEP 503 has it. A lookup answers
None when the tables do not know: never take that for a yes or a no.
"""

from __future__ import annotations

from wxlint.facts.accelerated import (
    accelerated_build,
    accelerated_package,
    carried,
    carries,
    extra_that_brings,
    is_listed,
    is_sure,
    last_cudnn,
)
from wxlint.facts.base_images import (
    BaseImage,
    base_image,
    held_companions,
    ngc_pytorch,
    normalise_repository,
    oldest_python,
    possible_companions,
)
from wxlint.facts.channels import channel_of_cuda, cuda_of_channel
from wxlint.facts.cuda_tags import CudaTag, is_cuda_tag_valid
from wxlint.facts.distributions import (
    SystemPythons,
    distribution_of,
    glibc_of,
    moved_archive,
    python_of_system,
    system_pythons,
)
from wxlint.facts.packages import (
    accelerator_package,
    bootstrap,
    brings_own_torch,
    brings_torch,
    brings_torch_alone,
    builds_against_torch,
    builds_with_pkg_resources,
    built_for_torch,
    cuda_package,
    cuda_torch_needed,
    git_project,
    is_for_one_torch,
    last_built_for,
    listed_by_project,
    may_begin_torch,
    may_bring_torch,
    newest_built_for,
    newest_needs_python,
    torch_needed,
    torch_needed_since,
    torch_needed_within,
)
from wxlint.facts.servers import Server, server
from wxlint.facts.tables import has_row, normalise, release_key, row_of, rows_of, table
from wxlint.facts.torch_releases import (
    Channel,
    Companions,
    TorchRelease,
    companion_fits,
    companions,
    cuda_channel,
    cxx11_abi,
    default_cuda,
    has_arm64,
    min_driver,
    python_range,
    rocm_channels,
    torch_channel_exists,
    torch_exists,
    torch_for_python,
    torch_release,
    torch_releases,
)

__all__ = [
    "BaseImage",
    "Channel",
    "Companions",
    "CudaTag",
    "Server",
    "SystemPythons",
    "TorchRelease",
    "accelerated_build",
    "accelerated_package",
    "accelerator_package",
    "base_image",
    "bootstrap",
    "brings_own_torch",
    "brings_torch",
    "brings_torch_alone",
    "builds_against_torch",
    "builds_with_pkg_resources",
    "built_for_torch",
    "carried",
    "carries",
    "channel_of_cuda",
    "companion_fits",
    "companions",
    "cuda_channel",
    "cuda_of_channel",
    "cuda_package",
    "cuda_torch_needed",
    "cxx11_abi",
    "default_cuda",
    "distribution_of",
    "extra_that_brings",
    "git_project",
    "glibc_of",
    "has_arm64",
    "has_row",
    "held_companions",
    "is_cuda_tag_valid",
    "is_for_one_torch",
    "is_listed",
    "is_sure",
    "last_built_for",
    "last_cudnn",
    "listed_by_project",
    "may_begin_torch",
    "may_bring_torch",
    "min_driver",
    "moved_archive",
    "newest_built_for",
    "newest_needs_python",
    "ngc_pytorch",
    "normalise",
    "normalise_repository",
    "oldest_python",
    "possible_companions",
    "python_of_system",
    "python_range",
    "release_key",
    "rocm_channels",
    "row_of",
    "rows_of",
    "server",
    "system_pythons",
    "table",
    "torch_channel_exists",
    "torch_exists",
    "torch_for_python",
    "torch_needed",
    "torch_needed_since",
    "torch_needed_within",
    "torch_release",
    "torch_releases",
]
