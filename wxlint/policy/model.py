"""The policy: which images a family has, what each must be, and where the policy file lies.

What the file may say is in policy.schema.json, its reading in load.py, what follows for each image in expectations.py:
the linter and the conformance kit take the same `Expectation` of every image.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.discovery.gitignore import files_named, fits_below
from wxlint.policy import FORBIDDEN_TAGS
from wxlint.policy.places import find_key

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import Node
    from wxlint.policy.contract import Contract
    from wxlint.policy.reference_pattern import Part

_FEW = 500
"""Files of a folder that a misspelt name is held against."""


class EntrypointCheck(NamedTuple):
    """Run the image with `args` and its entrypoint left alone.

    pattern: a regular expression searched in stdout and stderr together, or None. exit_code: what it must exit with.
    timeout: seconds. writable: it may write to the image's file system. capabilities: that it is given, without CAP_.
    """

    args: tuple[str, ...] = ("--help",)
    pattern: str | None = None
    exit_code: int = 0
    timeout: float = 60.0
    writable: bool = False
    capabilities: tuple[str, ...] = ()


class Expect(NamedTuple):
    """What an `expect:` block says; None where it says nothing. Blocks are merged key by key, the nearest wins.

    python, cuda, cudnn: versions, matched by their leading components ("3.11" accepts 3.11.9).
    gpu_arch: compute capabilities ("8.6"). torch: "required", "optional" or "forbidden". user: "any", "non-root",
    "root", or a user as the image must name it.
    gpu: whether the image uses a device. size, cuda_bytes: upper bounds in bytes.
    """

    python: str | None = None
    torch: str | None = None
    cuda: str | None = None
    cudnn: str | None = None
    gpu_arch: tuple[str, ...] | None = None
    user: str | None = None
    gpu: bool | None = None
    entrypoint: EntrypointCheck | None = None
    size: int | None = None
    cuda_bytes: int | None = None
    contract: Contract | None = None


class Settings(NamedTuple):
    """What the policy, a variant, a stage, or a stage in one variant may each say; the nearest to the image wins.

    dockerfile may hold {stage}, {variant} and {tag}. service: a compose service name, or "" for none.
    torch: a channel. build_args are merged name by name.
    """

    dockerfile: str | None = None
    context: str | None = None
    target: str | None = None
    base: str | None = None
    torch: str | None = None
    service: str | None = None
    build_args: tuple[tuple[str, str], ...] = ()
    expect: Expect = Expect()


class Variant(NamedTuple):
    """One kind of build of the family.

    accelerator: cpu, cuda, rocm or other. base_stage: the stage that the others descend from, or None.
    upstream: globs of the references that the base (or, without one, every stage) may be built from.
    torch: the channel (cpu, cu121, rocm6.2, xpu, default) or None. compose: the files used together for this variant.
    """

    name: str
    accelerator: str
    tag: str
    base_stage: str | None
    base_settings: Settings
    upstream: tuple[str, ...]
    torch: str | None
    stages: tuple[str, ...]
    optional: tuple[str, ...]
    compose: tuple[str, ...]
    settings: Settings
    tags: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The base, the stages, the optional stages."""
        base = () if self.base_stage is None else (self.base_stage,)
        return (*base, *self.stages, *self.optional)


class Stage(NamedTuple):
    """What the policy says of one stage: in every variant, and in one variant by name."""

    name: str
    settings: Settings
    variants: dict[str, Settings]


class RuleSetting(NamedTuple):
    """severity: error, warning, info or off; None leaves the rule's own. paths: (glob below the root, severity).

    locked: suppressions in the source have no effect.
    """

    severity: str | None = None
    paths: tuple[tuple[str, str], ...] = ()
    locked: bool = False


class Expectation(NamedTuple):
    """What one image of the family must be: the only source of that for linter and conformance kit.

    image: the short name, "asr:cuda". reference: the whole one, with the default registry. dockerfile, context:
    relative to the root. base: the reference it must descend from, None for a base. upstream: globs of allowed
    external references; empty when `base` says it. torch: channel or None. needs_torch: required, optional or
    forbidden. cuda: the CUDA version torch must be built for ("12.1"), or None. gpu_arch: the compute capabilities it
    must reach. gpu: the image uses a device. size, cuda_bytes: budgets in bytes. compose: the compose files of its
    variant. service: its compose service, or None.
    """

    image: str
    stage: str
    variant: str
    accelerator: str
    reference: str
    tag: str
    dockerfile: str
    context: str
    target: str | None
    build_args: tuple[tuple[str, str], ...]
    base: str | None
    upstream: tuple[str, ...]
    torch: str | None
    needs_torch: str
    cuda: str | None
    cudnn: str | None
    gpu_arch: tuple[str, ...]
    python: str | None
    user: str
    gpu: bool
    entrypoint: EntrypointCheck | None
    size: int | None
    cuda_bytes: int | None
    compose: tuple[str, ...]
    service: str | None
    optional: bool
    is_base: bool
    forbidden_tags: tuple[str, ...]
    contract: Contract | None = None


class Policy(NamedTuple):
    """One family. path: as shown to people. root: the repository root; every path of a policy is relative to it.

    image_pattern holds {stage}, and {registry} where the registry may differ. document: for `span`; None when built in.
    """

    path: str
    root: Path
    name: str
    registry: str
    registry_arg: str | None
    registry_env: str | None
    image_pattern: str
    forbidden_tags: tuple[str, ...]
    variants: dict[str, Variant]
    stages: dict[str, Stage]
    compose: tuple[str, ...]
    scripts: tuple[str, ...]
    rules: dict[str, RuleSetting]
    settings: Settings = Settings()
    source: Source | None = None
    document: Node | None = None
    parts: tuple[tuple[str, Part], ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def name_pattern(self) -> str:
        """How images are called, without the tag."""
        return self._split[0]

    @property
    def is_whole(self) -> bool:
        """Whether the policy says whole references, and not names whose tags are the variants'."""
        return bool(self.tag_pattern or self.tags or self.parts) or any(v.tags for v in self.variants.values())

    @property
    def tag_pattern(self) -> str:
        """How their tags are called, where `image` says it; else ""."""
        return self._split[1]

    @property
    def _split(self) -> tuple[str, str]:
        head, slash, last = self.image_pattern.rpartition("/")
        name, _, tag = last.partition(":")
        return head + slash + name, tag

    def level(self, rule: str, path: str) -> str | None:
        """error, warning, info or off for a rule in a file (path relative to the root); None: the rule's own."""
        setting = self.rules.get(rule)
        if setting is None:
            return None
        level = setting.severity
        for glob, severity in setting.paths:
            if fits_below(glob, path):
                level = severity
        return level

    def files(self, globs: Sequence[str]) -> tuple[list[str], list[str]]:
        """The files that paths and globs name, relative to the root and sorted; and the globs that name none."""
        found: set[str] = set()
        missing = []
        for glob in globs:
            names = files_named(glob, self.root)
            found.update(names)
            if not names:
                missing.append(glob)
        return sorted(found), missing

    def files_beside(self, path: str) -> list[str]:
        """The files in the folder of a path, and in the root, as the policy writes them: what may have been meant."""
        found: list[str] = []
        for folder in dict.fromkeys((os.path.dirname(path), "")):
            with suppress(OSError, ValueError):
                found += [os.path.join(folder, name) for name in sorted(os.listdir(self.root / folder))[:_FEW]]
        return [name for name in found if os.path.isfile(self.root / name)]

    def span(self, *keys: str | int) -> Span | None:
        """Where the policy says something: the key (or a list's item) at the end of `keys`; None when it does not."""
        if self.source is None or self.document is None:
            return None
        found = find_key(self.document, keys)
        return self.source.span(found[0], found[1]) if found else None


def builtin_policy(root: Path) -> Policy:
    """What applies where a repository has no policy: no family, and no `latest`."""
    return Policy("<built-in policy>", root, "", "", None, None, "", FORBIDDEN_TAGS, {}, {}, (), (), {})
