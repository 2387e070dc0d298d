"""What the keys of a policy say together that cannot be, and no schema can tell."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wxlint.core import disk
from wxlint.core.suggest import did_you_mean
from wxlint.discovery.gitignore import parse
from wxlint.facts.channels import cuda_of_channel
from wxlint.policy.expectations import base_of, merge_expect, merged, service
from wxlint.policy.find import repository_top
from wxlint.policy.model import (
    ACCELERATORS,
    BUILT_IN,
    KNOWN_PARTS,
    NAMES,
    Base,
    Expect,
    Policy,
    PolicyStage,
    Settings,
    Variant,
)
from wxlint.policy.schema import quoted

Keys = tuple[Any, ...]
"""The way to a place in the file: names of keys, numbers of items."""
Contradiction = tuple[Keys, str]
"""The place, and the message."""
Images = dict[tuple[str, str], Settings]
"""What the policy says of each image, by its stage and variant."""


_PATHS = frozenset(("dockerfile", "context", "target", "image"))
_LONGEST_PATH = 4096


def contradictions(policy: Policy, data: dict[str, Any], path: Path) -> Iterator[Contradiction]:
    """Yield what the keys say together that cannot be. data: the file, plain. path: where it lies."""
    if policy.variants and not policy.image_pattern:
        yield ("variants",), 'there are variants, so "image" must say how their images are called'
    if "{registry}" in policy.image_pattern and not policy.registry:
        yield ("image",), 'image: {registry} is used, so the key "registry" must say what stands for it by default'
    if policy.registry and "{registry}" not in policy.image_pattern:
        yield ("registry",), "registry: not used, since image has no {registry}"
    if policy.name_pattern.count("{stage}") > 1:
        yield ("image",), "image: {stage} stands in the name more than once; allowed: once"
    yield from _bad_parts(policy, data)
    yield from _bad_root(policy, data, path)
    yield from _long_paths(data, ())
    for key in ("compose", "scripts", "exclude"):
        for n, glob in enumerate(data.get(key, ())):
            yield from _bad_glob((key, n), key, glob)
    for near in policy.per_path:
        yield from _bad_glob(("per-path", near.glob), "per-path", near.glob)
    for rule, setting in policy.rules.items():
        for glob, _ in setting.paths:
            yield from _bad_glob(("rules", rule, "paths", glob), f"rules.{rule}.paths", glob)
    yield from _bad_expect(("expect",), policy.settings.expect)
    images = {(stage, v.name): merged(policy, stage, v.name) for v in policy.variants.values() for stage in v.members}
    tags: dict[str, str] = {}
    for variant in policy.variants.values():
        where: Keys = ("variants", variant.name)
        other = tags.setdefault(variant.tag, variant.name)
        if other != variant.name:
            message = f"variants.{variant.name}: its tag {quoted(variant.tag)} is that of the variant {other} too"
            yield (*where, "tag"), message
        yield from _variant_contradictions(policy, variant, data["variants"][variant.name], images)
    for stage in policy.stages.values():
        yield from _stage_contradictions(policy, stage, data["stages"][stage.name])


def _bad_parts(policy: Policy, data: dict[str, Any]) -> Iterator[Contradiction]:
    """Names in braces that are no parts, patterns that are none, and references that cannot tell images apart."""
    known = [*BUILT_IN, *(name for name, _ in policy.parts)]
    texts: list[tuple[Keys, str]] = [(("image",), policy.image_pattern)]
    texts += [(("tags", n), tag) for n, tag in enumerate(policy.tags)]
    for variant in policy.variants.values():
        texts += [(("variants", variant.name, "tags", n), tag) for n, tag in enumerate(variant.tags)]
    for keys, text in texts:
        place = ".".join(str(key) for key in keys if not isinstance(key, int))
        for name in NAMES.findall(text):
            if name not in known:
                yield from _unknown_part(keys, place, name, known)
    for name in data.get("parts", {}):
        part = dict(policy.parts)[name]
        if name in BUILT_IN:
            yield ("parts", name), f"parts.{name}: {{{name}}} has its values from the policy; allowed: another name"
        from wxlint.policy.part_patterns import may_match
        from wxlint.policy.part_patterns import parse as parse_pattern

        try:
            pattern = parse_pattern(part.pattern)
        except ValueError as error:
            yield ("parts", name), f"parts.{name}: found {quoted(part.pattern)}, which is no pattern: {error}"
            continue
        if part.default is not None and not may_match(pattern, part.default):
            message = f"parts.{name}.default: found {quoted(part.default)}; allowed: what fits {part.pattern}"
            yield ("parts", name, "default"), message
    if "{stage}" not in policy.image_pattern and not any("{stage}" in tag for tag in policy.tags):
        stages = sorted({stage for variant in policy.variants.values() for stage in variant.members})
        if len(stages) > 1:
            yield ("image",), f"image: without {{stage}} it is one image's name; there are {', '.join(stages)}"
    if (policy.tag_pattern or policy.tags) and len(policy.variants) > 1:
        said = "".join((policy.image_pattern, *policy.tags))
        if "{variant}" not in said and not all(variant.tags for variant in policy.variants.values()):
            yield ("image",), "image: without {variant}, each variant needs tags of its own"


def _bad_root(policy: Policy, data: dict[str, Any], path: Path) -> Iterator[Contradiction]:
    """A root that is no folder, or that lies outside the repository of the policy: nothing beyond that is read."""
    if not disk.is_folder(policy.root):
        if "root" in data:
            yield ("root",), f"root: there is no folder {quoted(policy.root.as_posix())}"
        return
    top, root = repository_top(path), disk.real(policy.root)
    if root != top and not root.startswith(top.rstrip("/") + "/"):
        found, allowed = quoted(data.get("root", policy.root.as_posix())), quoted(os.path.relpath(top))
        message = f"root: {found} lies outside the policy's repository; allowed: {allowed}, or a folder in it"
        yield ("root",), message


def _long_paths(data: Any, keys: Keys) -> Iterator[Contradiction]:
    """Paths that are longer than any file's: filled in for every image they would take memory without end."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in _PATHS and isinstance(value, str) and len(value) > _LONGEST_PATH:
                yield (*keys, key), f"{'.'.join(map(str, (*keys, key)))}: longer than {_LONGEST_PATH} characters"
            else:
                yield from _long_paths(value, (*keys, key))


def _variant_contradictions(
    policy: Policy, variant: Variant, data: dict[str, Any], images: Images
) -> Iterator[Contradiction]:
    where: Keys = ("variants", variant.name)
    shown = f"variants.{variant.name}"
    if not variant.accelerator:
        allowed = ", ".join(ACCELERATORS)
        yield where, f'the key "accelerator" is missing in {shown}, whose name is none of these; allowed: {allowed}'
    if variant.tag in policy.forbidden_tags and not policy.is_whole:
        yield (*where, "tag"), f"{shown}: its tag {quoted(variant.tag)} is one of forbidden-tags"
    said = variant.settings._replace(expect=merge_expect(variant.settings.expect, policy.settings.expect))
    yield from _bad_torch((*where, "torch-channel"), shown, variant.accelerator, said)
    yield from _bad_expect((*where, "expect"), variant.settings.expect)
    yield from _bad_expect((*where, "base", "expect"), variant.base_settings.expect)
    for n, glob in enumerate(variant.upstream):
        yield from _bad_glob((*where, "upstream", n), f"{shown}.upstream", glob)
    yield from _bad_form(policy, data.get("base"), (*where, "base"))
    for n, glob in enumerate(data.get("compose", ())):
        yield from _bad_glob((*where, "compose", n), f"{shown}.compose", glob)
    for n, name in enumerate(variant.stages):
        if name == variant.base_stage:
            yield (*where, "stages", n), f"{shown}.stages: {quoted(name)} is the variant's base, and no stage beside it"
    for n, name in enumerate(variant.optional):
        if name in variant.stages or name == variant.base_stage:
            as_what = "one of its stages" if name in variant.stages else "its base"
            yield (*where, "optional", n), f"{shown}.optional: {quoted(name)} is {as_what}, so it cannot be optional"
    services: dict[str, str] = {}
    for name in variant.members:
        settings = images[name, variant.name]
        keys, place = _stage_key(policy, name, variant)
        if (settings.channels, settings.expect.cuda) != (said.channels, said.expect.cuda):
            yield from _bad_torch((*keys, "torch-channel"), place, variant.accelerator, settings)
        yield from _bad_base(policy, variant, name, images)
        own = service(name, variant, settings)
        if own and services.setdefault(own, name) != name:
            yield (*keys, "service"), f"{place}: the compose service {own} is that of {services[own]} too"


def _stage_contradictions(policy: Policy, stage: PolicyStage, data: dict[str, Any]) -> Iterator[Contradiction]:
    where: Keys = ("stages", stage.name)
    shown = f"stages.{stage.name}"
    homes = [name for name, variant in policy.variants.items() if stage.name in variant.members]
    if not homes:
        names = sorted({name for variant in policy.variants.values() for name in variant.members})
        allowed = f"allowed: {', '.join(names)}" if names else "there are no variants"
        near = did_you_mean(stage.name, names, quoted)
        yield where, f"stages: no variant has a stage {quoted(stage.name)}; {allowed}{near}"
        return
    yield from _bad_expect((*where, "expect"), stage.settings.expect)
    yield from _bad_form(policy, data.get("base"), (*where, "base"))
    for name, settings in stage.variants.items():
        yield from _bad_form(policy, data["variants"][name].get("base"), (*where, "variants", name, "base"))
        if name not in homes:
            allowed = f"allowed: {', '.join(homes)}{did_you_mean(name, homes, quoted)}"
            yield (*where, "variants", name), f"{shown}.variants: no variant {quoted(name)} has this stage; {allowed}"
        yield from _bad_expect((*where, "variants", name, "expect"), settings.expect)


def _stage_key(policy: Policy, stage: str, variant: Variant) -> tuple[Keys, str]:
    """Where a stage's own settings for a variant stand: in stages, or only in the variant's list."""
    own = policy.stages.get(stage)
    if own is not None:
        if variant.name in own.variants:
            return ("stages", stage, "variants", variant.name), f"stages.{stage}.variants.{variant.name}"
        return ("stages", stage), f"stages.{stage}"
    for key, names in (("stages", variant.stages), ("optional", variant.optional)):
        if stage in names:
            return ("variants", variant.name, key, names.index(stage)), f"variants.{variant.name}.{key}"
    return ("variants", variant.name, "base"), f"variants.{variant.name}.base"


def _bad_form(policy: Policy, said: Any, keys: Keys) -> Iterator[Contradiction]:
    """Bases that are neither a stage of the family nor an image of another, or both."""
    if not isinstance(said, dict):
        return
    place = ".".join(map(str, keys))
    if ("stage" in said) == ("image" in said):
        found = "both" if "stage" in said else "neither"
        yield keys, f"{place}: says {found} of stage and image; allowed: one of them"
    elif elsewhere := [key for key in ("image", "variant") if key in said]:
        others = [key for key in said if key not in (elsewhere[0], "stage")]
        if others:
            allowed = "image alone" if elsewhere[0] == "image" else "stage and variant"
            yield (*keys, others[0]), f"{place}: {others[0]} is said where that image is made; allowed here: {allowed}"
    known = list(dict.fromkeys((*BUILT_IN, *(name for name, _ in policy.parts), *KNOWN_PARTS)))
    for name in NAMES.findall(said.get("image", "")):
        if name not in known:
            yield from _unknown_part((*keys, "image"), f"{place}.image", name, known)


def _unknown_part(keys: Keys, place: str, name: str, known: list[str]) -> Iterator[Contradiction]:
    near = did_you_mean(name, (*known, *KNOWN_PARTS), quoted)
    yield keys, f"{place}: no part is called {{{name}}}; allowed: {', '.join(known)}, or one in parts{near}"


def _bad_base(policy: Policy, variant: Variant, stage: str, images: Images) -> Iterator[Contradiction]:
    """A stage as the base that is none, or that descends from what it is the base of."""
    keys, place = _stage_key(policy, stage, variant)
    if images[stage, variant.name].base is None:
        keys, place = ("variants", variant.name), f"variants.{variant.name}"
    chain = [Base(stage, variant.name)]
    while True:
        last = chain[-1]
        of = policy.variants[last.variant or ""]
        base = base_of(last.stage or "", of, images[last.stage or "", of.name])
        if base is None or base.stage is None:
            return
        home = policy.variants.get(base.variant or "")
        if home is None or base.stage not in home.members:
            if len(chain) == 1:
                yield from _no_such_base(policy, base, (*keys, "base"), f"{place}.base")
            return
        if base in chain:
            if base == chain[0]:
                names = " from ".join(str(one.stage) for one in (*chain, base))
                yield (*keys, "base"), f"{place}.base: goes in a circle: {names}"
            return
        chain.append(base)


def _no_such_base(policy: Policy, base: Base, keys: Keys, place: str) -> Iterator[Contradiction]:
    home = policy.variants.get(base.variant or "")
    wanted, names, what = base.stage or "", home.members if home else (), f"the variant {base.variant} has no stage"
    if home is None:
        wanted, names, what = base.variant or "", tuple(policy.variants), "there is no variant"
    yield keys, f"{place}: {what} {quoted(wanted)}; allowed: {', '.join(names)}{did_you_mean(wanted, names, quoted)}"


def _bad_torch(keys: Keys, place: str, accelerator: str, settings: Settings) -> Iterator[Contradiction]:
    channels = settings.channels or ()
    good = {"cpu": ("cpu",), "cuda": ("cuda", "default"), "rocm": ("rocm",)}.get(accelerator)
    for n, channel in enumerate(channels):
        if good and _kind(channel) not in good:
            at = (*keys, n) if len(channels) > 1 else keys
            yield at, f"{place}.torch-channel: {quoted(channel)} is no channel for the accelerator {accelerator}"
    built_for = {built for channel in channels if (built := cuda_of_channel(channel))}
    cuda = settings.expect.cuda
    if built_for and cuda and not any(cuda == built or built.startswith(f"{cuda}.") for built in built_for):
        at = (*keys[:-1], "expect", "cuda")
        listed = f"the channel {channels[0]} is" if len(channels) == 1 else f"the channels {', '.join(channels)} are"
        yield at, f'{place}.expect.cuda: "{cuda}", but {listed} built for CUDA {", ".join(sorted(built_for))}'


def _kind(channel: str) -> str:
    """The accelerator that a channel is for, "default" for that of the package index."""
    name = channel.removeprefix("nightly/").removeprefix("any-")
    return "cuda" if name.startswith("cu") else name.rstrip("0123456789.")


def _bad_glob(keys: Keys, place: str, glob: str) -> Iterator[Contradiction]:
    if glob.startswith(("!", "#")) or not parse(glob.encode()):
        yield keys, f"{place}: {quoted(glob)} is no glob: a [ that is not closed, or ! or # in front"


def _bad_expect(keys: Keys, expect: Expect) -> Iterator[Contradiction]:
    if expect.entrypoint is not None and expect.entrypoint.pattern is not None:
        yield from _bad_pattern((*keys, "entrypoint", "pattern"), expect.entrypoint.pattern)
    for inside, pattern in expect.contract.patterns() if expect.contract is not None else ():
        yield from _bad_pattern((*keys, *inside), pattern)


def _bad_pattern(keys: Keys, pattern: str) -> Iterator[Contradiction]:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield keys, f"{'.'.join(map(str, keys))}: no regular expression of Python's: {error}"
