"""The policy: which images a family has, what each must be, and where the policy file lies.

What the file may say is in policy.schema.json, its reading in load.py, what follows for each image in expectations.py:
the linter and the conformance kit take the same `Expectation` of every image.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.gitignore import fits_below
from wxlint.policy import FORBIDDEN_TAGS

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import Node
    from wxlint.policy.contract import Contract

NAMES = late(r"\{([a-z][a-z0-9-]*)\}")
KNOWN_PARTS = {
    "version": r"v?[0-9]+(\.[0-9]+)*([.-]?(a|b|rc|alpha|beta|post|dev)[.-]?[0-9]*)?",
    "python": r"[0-9]+(\.[0-9]+)*",
    "date": r"[0-9]{4}[.-]?[0-9]{2}[.-]?[0-9]{2}",
    "commit": r"[0-9a-f]{7,40}",
}
"""Patterns of parts that a policy need not describe."""
ACCELERATORS = ("cpu", "cuda", "rocm", "other")
BUILT_IN = ("registry", "stage", "variant")


class ReferencePart(NamedTuple):
    """A part of references besides stage and variant.

    default, env, build_arg: its value where an image is built, or the variable or build argument that holds it.
    given: its value by the command line, which goes before them.
    """

    pattern: str
    default: str | None = None
    env: str | None = None
    build_arg: str | None = None
    given: str | None = None


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


class Base(NamedTuple):
    """What an image descends from: a stage of its own or another variant, or an image of another family.

    image: how that is called, with named parts.
    """

    stage: str | None = None
    variant: str | None = None
    image: str | None = None


class Settings(NamedTuple):
    """What the policy, a variant, a stage, or a stage in one variant may each say; the nearest to the image wins.

    dockerfile may hold {stage}, {variant} and {tag}. service: a compose service name, or "" for none.
    channels: those that torch may be from. build_args are merged name by name. platforms: each with what differs there.
    """

    dockerfile: str | None = None
    context: str | None = None
    target: str | None = None
    base: Base | None = None
    channels: tuple[str, ...] | None = None
    service: str | None = None
    build_args: tuple[tuple[str, str], ...] = ()
    expect: Expect = Expect()
    platforms: tuple[tuple[str, Settings], ...] | None = None


class Variant(NamedTuple):
    """One kind of build of the family.

    accelerator: cpu, cuda, rocm or other. base_stage: the variant's own stage that the others descend from, or None.
    base: what they descend from that is made elsewhere. upstream: globs of the references that the family's root may
    be built from. compose: the files used together for this variant.
    """

    name: str
    accelerator: str
    tag: str
    base_stage: str | None
    base_settings: Settings
    upstream: tuple[str, ...]
    stages: tuple[str, ...]
    optional: tuple[str, ...]
    compose: tuple[str, ...]
    settings: Settings
    tags: tuple[str, ...] = ()
    base: Base | None = None

    @property
    def members(self) -> tuple[str, ...]:
        """The base, the stages, the optional stages."""
        base = () if self.base_stage is None else (self.base_stage,)
        return (*base, *self.stages, *self.optional)


class PolicyStage(NamedTuple):
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


class PathSetting(NamedTuple):
    """What differs for the files that a glob names. rules: severities by name. own, foreign: forbidden tags; None
    where nothing is said of them."""

    glob: str
    rules: dict[str, str]
    own: tuple[str, ...] | None = None
    foreign: tuple[str, ...] | None = None


class Expectation(NamedTuple):
    """What one image of the family must be: the only source of that for linter and conformance kit.

    image: the short name, "asr:cuda". reference: the whole one, with the default registry. dockerfile, context:
    relative to the root. base: the reference it must descend from, with a HOLE for each part that is not known; None
    for the family's root. base_image: the same where it is of this family, as stage and variant. upstream: globs of
    allowed external references; empty when `base` says it. torch: the channel it is built with, or None; channels: all
    that are allowed, where these are others. needs_torch: required, optional or forbidden. cuda: the CUDA version torch
    must be built for ("12.1"), or None. gpu_arch: the compute capabilities it must reach. gpu: the image uses a device.
    size, cuda_bytes: budgets in bytes. compose: the compose files of its variant. service: its compose service, or
    None. platforms: those it is built for, where the policy says it.
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
    base_image: Base | None = None
    channels: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()

    @property
    def allowed_channels(self) -> tuple[str, ...]:
        """Every channel that torch may be from; none where the policy does not say."""
        return self.channels or (() if self.torch is None else (self.torch,))

    @property
    def platform(self) -> str | None:
        """The platform it is built for, where that is one."""
        return self.platforms[0] if len(self.platforms) == 1 else None


class Policy(NamedTuple):
    """One family. path: as shown to people. root: the repository root; every path of a policy is relative to it.

    image_pattern holds {stage}, and {registry} where the registry may differ. document: for `span`; None when built in.
    forbidden_tags: of the family's own images; foreign_tags: of all others. exclude: globs of what is not looked at.
    other_images: globs of references that are built here, to images that are none of the family's.
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
    stages: dict[str, PolicyStage]
    compose: tuple[str, ...]
    scripts: tuple[str, ...]
    rules: dict[str, RuleSetting]
    settings: Settings = Settings()
    source: Source | None = None
    document: Node | None = None
    parts: tuple[tuple[str, ReferencePart], ...] = ()
    tags: tuple[str, ...] = ()
    foreign_tags: tuple[str, ...] = FORBIDDEN_TAGS
    exclude: tuple[str, ...] = ()
    per_path: tuple[PathSetting, ...] = ()
    other_images: tuple[str, ...] = ()

    @property
    def name_pattern(self) -> str:
        """How images are called, without the tag."""
        return self._split[0]

    @property
    def is_whole(self) -> bool:
        """Whether the policy says whole references, and not names whose tags are the variants'."""
        image = self.image_pattern
        if image and ("{stage}" not in image or "{variant}" in image):
            return True
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
        setting = self.rules.get(rule, RuleSetting())
        level = setting.severity
        for glob, severity in setting.paths:
            if fits_below(glob, path):
                level = severity
        for near in self.per_path:
            if rule in near.rules and fits_below(near.glob, path):
                level = near.rules[rule]
        return level

    def forbidden(self, path: str, *, own: bool) -> tuple[str, ...]:
        """The tags that no reference in a file (path relative to the root) may use. own: to an image of the family."""
        found = self.forbidden_tags if own else self.foreign_tags
        for near in self.per_path:
            said = near.own if own else near.foreign
            if said is not None and fits_below(near.glob, path):
                found = said
        return found

    def excludes(self, path: str) -> bool:
        """Whether a file (path relative to the root) is not looked at."""
        return any(fits_below(glob, path) for glob in self.exclude)

    def span(self, *keys: str | int) -> Span | None:
        """Where the policy says something: the key (or a list's item) at the end of `keys`; None when it does not."""
        if self.source is None or self.document is None:
            return None
        from wxlint.documents.yaml.nodes import find_key

        found = find_key(self.document, keys)
        return self.source.span(found[0], found[1]) if found else None
