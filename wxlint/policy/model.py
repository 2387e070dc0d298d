"""The policy: which images a family has, what each must be, and where the policy file lies.

What the file may say is in policy.schema.json, its reading in load.py. From here the linter and the
conformance kit take the same `Expectation` of every image.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.discovery.gitignore import files_named, fits_below
from wxlint.facts.channels import cuda_of_channel
from wxlint.policy.image_names import Member, match, whose
from wxlint.policy.reference_pattern import Part, fill, fits

if TYPE_CHECKING:  # both are needed only to read or to point into a policy file
    from wxlint.core.findings import Span
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import Node
    from wxlint.policy.contract import Contract

FORBIDDEN_TAGS = ("latest",)
"""Where a policy says nothing, and where there is none."""


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
        return bool(self._split[1] or self.tags or self.parts) or any(v.tags for v in self.variants.values())

    @property
    def _split(self) -> tuple[str, str]:
        head, slash, last = self.image_pattern.rpartition("/")
        name, _, tag = last.partition(":")
        return head + slash + name, tag

    def expectations(self) -> tuple[Expectation, ...]:
        """Every image: all bases in the order of the variants, then the stages variant by variant, as listed."""
        images = [self._expectation(stage, v) for v in self.variants.values() for stage in v.members]
        return tuple(sorted(images, key=lambda image: not image.is_base))

    def reference(self, stage: str, tag: str) -> str:
        """The reference of a stage's image, "rajiup/cp-whisperx-app-asr:cuda", with the default registry."""
        if not self.is_whole:
            return f"{self.name_pattern.replace('{registry}', self.registry).replace('{stage}', stage)}:{tag}"
        values = {name: self._value(part) for name, part in self.parts}
        pattern = f"{self.name_pattern}:{self._split[1] or (self.tags or ('{variant}',))[0]}"
        return fill(pattern, {**values, "registry": self.registry, "stage": stage, "variant": tag})

    def _value(self, part: Part) -> str | None:
        return (os.environ.get(part.env) if part.env else None) or part.default

    def merged(self, stage: str, variant: str) -> Settings:
        """What the policy says of one image, the nearest first: stage in variant, stage, variant, policy."""
        of_variant = self.variants[variant]
        own = self.stages.get(stage)
        near = [own.variants.get(variant, Settings()), own.settings] if own else []
        if stage == of_variant.base_stage:
            near.insert(1, of_variant.base_settings)
        far = [of_variant.settings, self.settings]
        if stage == of_variant.base_stage:  # what stages promise their users, a base does not
            far = [s._replace(expect=_of_a_base(s.expect)) for s in far]
        return _merge([*near, *far])

    def service(self, stage: str, variant: Variant, said: Settings) -> str | None:
        """The compose service of an image: as said, else called like the stage; a base has none by itself."""
        if said.service is None and stage != variant.base_stage and variant.compose:
            return stage
        return said.service or None

    def _expectation(self, stage: str, variant: Variant) -> Expectation:
        said = self.merged(stage, variant.name)
        is_base = stage == variant.base_stage
        base = None if is_base else said.base or variant.base_stage
        expect, accelerator = said.expect, variant.accelerator

        def fill(text: str) -> str:
            return text.replace("{stage}", stage).replace("{variant}", variant.name).replace("{tag}", variant.tag)

        reference = self.reference(stage, variant.tag)
        return Expectation(
            image=f"{stage}:{variant.tag or variant.name}",
            stage=stage,
            variant=variant.name,
            accelerator=accelerator,
            reference=reference,
            tag=reference.rpartition(":")[2] if self.is_whole else variant.tag,
            dockerfile=fill(said.dockerfile or ""),
            context=fill(said.context or "."),
            target=None if said.target is None else fill(said.target),
            build_args=said.build_args,
            base=None if base is None else self.reference(base, variant.tag),
            upstream=variant.upstream if base is None else (),
            torch=said.torch,
            needs_torch=expect.torch or "optional",
            cuda=None if accelerator == "cpu" else expect.cuda or cuda_of_channel(said.torch),
            cudnn=None if accelerator == "cpu" else expect.cudnn,
            gpu_arch=(expect.gpu_arch or ()) if accelerator == "cuda" else (),
            python=expect.python,
            user=expect.user or "any",
            gpu=expect.gpu if expect.gpu is not None else accelerator in ("cuda", "rocm") and not is_base,
            entrypoint=expect.entrypoint,
            size=expect.size,
            cuda_bytes=expect.cuda_bytes,
            compose=variant.compose,
            service=self.service(stage, variant, said),
            optional=stage in variant.optional,
            is_base=is_base,
            forbidden_tags=self.forbidden_tags,
            contract=expect.contract,
        )

    def match(self, name: Value) -> Member | None:
        """Whether an image name (a reference without tag and digest) belongs to the family; image_names.py says how."""
        stages = {stage for variant in self.variants.values() for stage in variant.members}
        return match(name, self.name_pattern, self.registry, stages) if self.image_pattern else None

    def member(self, name: str, tag: str | None, holes: tuple[object, ...] = ()) -> Member | None:
        """Whether a whole reference is of the family. tag: None where none can be known."""
        if not self.image_pattern:
            return None
        if self.is_whole:
            return self._whole_member(name, tag)
        found = self.match(Value(name, holes))  # type: ignore[arg-type]
        own = next((v.name for v in self.variants.values() if v.tag == tag), None)
        return found._replace(variant=own) if found is not None else None

    def _whole_member(self, name: str, tag: str | None) -> Member | None:
        """By each stage in each variant: those that the name may be of, then those that the tag may be of, too."""
        free = tuple((part, one.pattern) for part, one in self.parts)
        head = self.name_pattern.removeprefix("{registry}/")
        registry = "same"
        if head != self.name_pattern:
            depth = head.count("/") + 1
            folder, tail = name.rpartition("/")[0], "/".join(name.split("/")[-depth:])
            registry = whose("/".join(name.split("/")[:-depth]), "{registry}", self.registry) or ""
            if not registry or not tail or not folder and depth > 1:
                return None
            name = tail
        named, tagged = [], {}
        for variant in self.variants.values():
            for stage in variant.members:
                values = {"stage": stage, "variant": variant.tag, **{part: f"{{{part}}}" for part, _ in free}}
                if not fits(fill(head, values), name, free):
                    continue
                named.append((stage, variant.name))
                patterns = (*((self._split[1],) if self._split[1] else ()), *self.tags, *variant.tags)
                filled = [fill(one, values) for one in (patterns or ("{variant}",))]
                if tag is not None and any(fits(one, tag, free) for one in filled):
                    tagged[stage, variant.name] = max(len(one) for one in filled if fits(one, tag, free))
        if not named:
            return None
        if tag is not None and HOLE not in tag and tagged:  # of several readings the one that says most
            most = max(tagged.values())
            tagged = {pair: weight for pair, weight in tagged.items() if weight == most}
        found = list(tagged) or named
        stages = {stage for stage, _ in found}
        variants = {variant for _, variant in found} if tagged else set()
        return Member(
            stages.pop() if len(stages) == 1 else None, True, registry, variants.pop() if len(variants) == 1 else None
        )

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


def find_key(node: Node, keys: Sequence[str | int]) -> tuple[int, int, Node] | None:
    """Offsets of the key (or list item) at the end of `keys`, and its value; None when there is none."""
    from wxlint.documents.yaml import Mapping
    from wxlint.documents.yaml import Sequence as List

    start, end = node.start, node.end
    for key in keys:
        if isinstance(node, Mapping) and (entry := node.entry(str(key))) is not None:
            start, end, node = entry.key.start, entry.key.end, entry.value
        elif isinstance(node, List) and isinstance(key, int) and key < len(node.items):
            node = node.items[key]
            start, end = node.start, node.end
        else:
            return None
    return start, end, node


def merge_expect(near: Expect, far: Expect) -> Expect:
    """What `near` says, and what `far` says where it says nothing."""
    merged = near._replace(**{key: said for key, said in far._asdict().items() if getattr(near, key) is None})
    if near.contract is not None and far.contract is not None:
        return merged._replace(contract=near.contract.over(far.contract))
    return merged


def _of_a_base(expect: Expect) -> Expect:
    """What is said of a variant's images, without what stages promise their users."""
    contract = expect.contract
    if contract is not None:
        from wxlint.policy.contract import OF_USERS

        contract = contract.without(OF_USERS)
    return expect._replace(entrypoint=None, gpu=None, torch=None, contract=contract)


def _merge(layers: list[Settings]) -> Settings:
    said = Settings()
    for far in layers:
        args = tuple(sorted({**dict(far.build_args), **dict(said.build_args)}.items()))
        expect = merge_expect(said.expect, far.expect)
        said = said._replace(**{key: value for key, value in far._asdict().items() if getattr(said, key) is None})
        said = said._replace(build_args=args, expect=expect)
    return said
