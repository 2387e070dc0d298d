"""What the keys of a policy say together that cannot be, and no schema can tell."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wxlint.core.suggest import did_you_mean
from wxlint.discovery.gitignore import parse
from wxlint.facts.channels import cuda_of_channel
from wxlint.policy.expectations import merge_expect, merged, service
from wxlint.policy.find import repository_top
from wxlint.policy.model import Expect, Policy, Settings, Stage, Variant
from wxlint.policy.part_patterns import parse as parse_pattern
from wxlint.policy.reference_pattern import BUILT_IN, KNOWN_PARTS, NAMES
from wxlint.policy.schema import quoted

Keys = tuple[Any, ...]
"""The way to a place in the file: names of keys, numbers of items."""
Contradiction = tuple[Keys, str]
"""The place, and the message."""

ACCELERATORS = ("cpu", "cuda", "rocm", "other")
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
    yield from _bad_parts(policy, data)
    yield from _bad_root(policy, data, path)
    yield from _long_paths(data, ())
    for key in ("compose", "scripts"):
        for n, glob in enumerate(data.get(key, ())):
            yield from _bad_glob((key, n), key, glob)
    for rule, setting in policy.rules.items():
        for glob, _ in setting.paths:
            yield from _bad_glob(("rules", rule, "paths", glob), f"rules.{rule}.paths", glob)
    yield from _bad_expect(("expect",), policy.settings.expect)
    tags: dict[str, str] = {}
    for variant in policy.variants.values():
        where: Keys = ("variants", variant.name)
        other = tags.setdefault(variant.tag, variant.name)
        if other != variant.name:
            message = f"variants.{variant.name}: its tag {quoted(variant.tag)} is that of the variant {other} too"
            yield (*where, "tag"), message
        yield from _variant_contradictions(policy, variant, data["variants"][variant.name])
    for stage in policy.stages.values():
        yield from _stage_contradictions(policy, stage)


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
                near = did_you_mean(name, (*known, *KNOWN_PARTS), quoted)
                yield keys, f"{place}: no part is called {{{name}}}; allowed: {', '.join(known)}, or one in parts{near}"
    for name in data.get("parts", {}):
        part = dict(policy.parts)[name]
        if name in BUILT_IN:
            yield ("parts", name), f"parts.{name}: {{{name}}} has its values from the policy; allowed: another name"
        try:
            parse_pattern(part.pattern)
        except ValueError as error:
            yield ("parts", name), f"parts.{name}: found {quoted(part.pattern)}, which is no pattern: {error}"
    if "{stage}" not in policy.image_pattern and not any("{stage}" in tag for tag in policy.tags):
        stages = sorted({stage for variant in policy.variants.values() for stage in variant.members})
        if len(stages) > 1:
            yield ("image",), f"image: without {{stage}} it is one image's name; there are {', '.join(stages)}"
    if policy.is_whole and len(policy.variants) > 1:
        said = "".join((policy.image_pattern, *policy.tags))
        if "{variant}" not in said and not all(variant.tags for variant in policy.variants.values()):
            yield ("image",), "image: without {variant}, each variant needs tags of its own"


def _bad_root(policy: Policy, data: dict[str, Any], path: Path) -> Iterator[Contradiction]:
    """A root that is no folder, or that lies outside the repository of the policy: nothing beyond that is read."""
    if not policy.root.is_dir():
        if "root" in data:
            yield ("root",), f"root: there is no folder {quoted(policy.root.as_posix())}"
        return
    top, root = repository_top(path), os.path.realpath(policy.root)
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


def _variant_contradictions(policy: Policy, variant: Variant, data: dict[str, Any]) -> Iterator[Contradiction]:
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
        settings = merged(policy, name, variant.name)
        keys, place = _stage_key(policy, name, variant)
        if (settings.torch, settings.expect.cuda) != (said.torch, said.expect.cuda):
            yield from _bad_torch((*keys, "torch-channel"), place, variant.accelerator, settings)
        if settings.base is not None and settings.base != variant.base_stage:
            yield from _bad_base(policy, variant, name)
        own = service(name, variant, settings)
        if own and services.setdefault(own, name) != name:
            yield (*keys, "service"), f"{place}: the compose service {own} is that of {services[own]} too"


def _stage_contradictions(policy: Policy, stage: Stage) -> Iterator[Contradiction]:
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
    for name, settings in stage.variants.items():
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


def _bad_base(policy: Policy, variant: Variant, stage: str) -> Iterator[Contradiction]:
    keys, place = _stage_key(policy, stage, variant)
    chain = [stage]
    while (base := merged(policy, chain[-1], variant.name).base) is not None and base != variant.base_stage:
        if base not in variant.members:
            if len(chain) == 1:
                allowed = f"allowed: {', '.join(variant.members)}{did_you_mean(base, variant.members, quoted)}"
                yield (
                    (*keys, "base"),
                    f"{place}.base: the variant {variant.name} has no stage {quoted(base)}; {allowed}",
                )
            return
        if base in chain:
            if base == stage:
                yield (*keys, "base"), f"{place}.base: goes in a circle: {' from '.join([*chain, base])}"
            return
        chain.append(base)


def _bad_torch(keys: Keys, place: str, accelerator: str, settings: Settings) -> Iterator[Contradiction]:
    channel = settings.torch
    if channel is None:
        return
    kind = "cuda" if channel.startswith("cu") else channel.rstrip("0123456789.")
    good = {"cpu": ("cpu",), "cuda": ("cuda", "default"), "rocm": ("rocm",)}.get(accelerator)
    if good and kind not in good:
        yield keys, f"{place}.torch-channel: {quoted(channel)} is no channel for the accelerator {accelerator}"
    built_for = cuda_of_channel(channel)
    cuda = settings.expect.cuda
    if built_for and cuda and cuda != built_for and not built_for.startswith(f"{cuda}."):
        at = (*keys[:-1], "expect", "cuda")
        yield at, f'{place}.expect.cuda: "{cuda}", but the channel {channel} is built for CUDA {built_for}'


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
