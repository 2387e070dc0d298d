"""A policy file becomes a Policy: YAML, then the schema, then what no schema can say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wxlint.core.errors import PolicyError
from wxlint.discovery.gitignore import parse
from wxlint.documents import yaml as yaml_nodes
from wxlint.documents.source import Source
from wxlint.documents.yaml import Node, Scalar
from wxlint.images.model.reference import FORBIDDEN_TAGS
from wxlint.policy.model import (
    EntrypointCheck,
    Expect,
    Policy,
    RuleSetting,
    Settings,
    Stage,
    Variant,
    channel_cuda,
    find_key,
    merge_expect,
)
from wxlint.policy.schema import check, nearest, quoted

Data = dict[str, Any]
Keys = tuple[Any, ...]
_ACCELERATORS = ("cpu", "cuda", "rocm", "other")
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def load(source: Source, path: Path) -> Policy:
    """Read a policy; `path` is where its file lies. Raises PolicyError with every problem, sorted by place.

    What no schema can say is looked at once the file is as the schema says.
    """
    documents, bad_yaml = yaml_nodes.parse(source)
    problems = [(start, message) for start, _, message in bad_yaml]
    if not problems and len(documents) != 1:
        problems = [(documents[1].start, "a second document in the file")] if documents else [(0, "an empty policy")]
    if not problems:
        problems = check(documents[0])
    if problems:
        raise _error(source, problems)
    node = documents[0]
    policy = _policy(yaml_nodes.plain(node), source, node, path)
    problems = [(_offset(node, keys), message) for keys, message in _contradictions(policy, yaml_nodes.plain(node))]
    if problems:
        raise _error(source, problems)
    return policy


def _error(source: Source, problems: list[tuple[int, str]]) -> PolicyError:
    lines = []
    for offset, message in sorted(set(problems)):
        line, column = source.position(offset)
        lines.append(f"{source.path}:{line}:{column}: {message}")
    return PolicyError(lines)


def _offset(node: Node, keys: Keys) -> int:
    """The place of the last key, as far as the keys go: its value when that is short, else the key."""
    for n in range(len(keys), 0, -1):
        found = find_key(node, keys[:n])
        if found is not None:
            start, _, value = found
            return value.start if isinstance(value, Scalar) else start
    return node.start


def _policy(data: Data, source: Source, node: Node, path: Path) -> Policy:
    folder = path.parent
    above = ".." if folder.absolute().name == "policies" else "."
    root = Path(os.path.normpath(folder / data.get("root", above)))
    stem = path.stem.removeprefix(".")
    name = data.get("name") or (root.absolute().name if stem == "wxlint" else stem)
    compose = tuple(data.get("compose", ()))
    settings = _settings({"dockerfile": "docker/{stage}/Dockerfile", "context": ".", **_only(data)})
    return Policy(
        path=source.path,
        root=root,
        name=name,
        registry=data.get("registry", ""),
        registry_arg=data.get("registry-arg"),
        registry_env=data.get("registry-env"),
        image_pattern=data.get("image", ""),
        forbidden_tags=tuple(data.get("forbidden-tags", FORBIDDEN_TAGS)),
        variants={name: _variant(name, value, compose) for name, value in data.get("variants", {}).items()},
        stages={name: _stage(name, value) for name, value in data.get("stages", {}).items()},
        compose=compose,
        scripts=tuple(data.get("scripts", ())),
        rules={name: _rule(value) for name, value in data.get("rules", {}).items()},
        settings=settings,
        source=source,
        document=node,
    )


def _only(data: Data) -> Data:
    return {key: data[key] for key in ("dockerfile", "context", "expect") if key in data}


def _variant(name: str, data: Data, compose: tuple[str, ...]) -> Variant:
    accelerator = data.get("accelerator", name if name in _ACCELERATORS else "")
    base = data.get("base")
    base = {"stage": base} if isinstance(base, str) else base
    channel = data.get("torch-channel", "cpu" if accelerator == "cpu" else None)
    return Variant(
        name=name,
        accelerator=accelerator,
        tag=data.get("tag", name),
        base_stage=base["stage"] if base else None,
        base_settings=_settings(base or {}),
        upstream=tuple(data.get("upstream", ())),
        torch=channel,
        stages=tuple(data.get("stages", ())),
        optional=tuple(data.get("optional", ())),
        compose=tuple(data["compose"]) if "compose" in data else compose,
        settings=_settings({**data, "base": None, "torch-channel": channel}),
    )


def _stage(name: str, data: Data) -> Stage:
    return Stage(name, _settings(data), {key: _settings(value) for key, value in data.get("variants", {}).items()})


def _settings(data: Data) -> Settings:
    service = data.get("service")
    return Settings(
        dockerfile=data.get("dockerfile"),
        context=data.get("context"),
        target=data.get("target"),
        base=data.get("base"),
        torch=data.get("torch-channel"),
        service="" if service is False else service,
        build_args=tuple(data.get("build-args", {}).items()),
        expect=_expect(data.get("expect", {})),
    )


def _expect(data: Data) -> Expect:
    run = data.get("entrypoint")
    default = EntrypointCheck()
    return Expect(
        python=data.get("python"),
        torch=data.get("torch"),
        cuda=data.get("cuda"),
        cudnn=data.get("cudnn"),
        user=data.get("user"),
        gpu=data.get("gpu"),
        entrypoint=None
        if run is None
        else EntrypointCheck(
            tuple(run.get("args", default.args)),
            run.get("pattern"),
            int(run.get("exit-code", default.exit_code)),
            float(run.get("timeout", default.timeout)),
        ),
        size=_bytes(data.get("max-size")),
        cuda_bytes=_bytes(data.get("max-cuda-size")),
    )


def _bytes(size: str | float | None) -> int | None:
    """Bytes of `1.8 GB` (10^9) or `500 MiB` (2^20); a number is bytes already."""
    if not isinstance(size, str):
        return None if size is None else int(size)
    number = size.rstrip("BkMGTKi ")
    unit = size[len(number) :].strip()
    whole, _, part = number.partition(".")
    return int(int(whole + part) * _UNITS[unit] // 10 ** len(part))


def _rule(data: Any) -> RuleSetting:
    if isinstance(data, str):
        return RuleSetting(data)
    return RuleSetting(data.get("severity"), tuple(data.get("paths", {}).items()), data.get("locked", False))


def _contradictions(policy: Policy, data: Data) -> Iterator[tuple[Keys, str]]:
    """What the keys say together that cannot be: the keys to the place, and the message."""
    if policy.variants and not policy.image_pattern:
        yield ("variants",), 'there are variants, so "image" must say how their images are called'
    if "{registry}" in policy.image_pattern and not policy.registry:
        yield ("image",), 'image: {registry} is used, so the key "registry" must say what stands for it by default'
    if policy.registry and "{registry}" not in policy.image_pattern:
        yield ("registry",), "registry: not used, since image has no {registry}"
    if "root" in data and not policy.root.is_dir():
        yield ("root",), f"root: there is no folder {quoted(policy.root.as_posix())}"
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


def _variant_contradictions(policy: Policy, variant: Variant, data: Data) -> Iterator[tuple[Keys, str]]:
    where: Keys = ("variants", variant.name)
    shown = f"variants.{variant.name}"
    if not variant.accelerator:
        allowed = ", ".join(_ACCELERATORS)
        yield where, f'the key "accelerator" is missing in {shown}, whose name is none of these; allowed: {allowed}'
    if variant.tag in policy.forbidden_tags:
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
        settings = policy.merged(name, variant.name)
        keys, place = _stage_key(policy, name, variant)
        if (settings.torch, settings.expect.cuda) != (said.torch, said.expect.cuda):
            yield from _bad_torch((*keys, "torch-channel"), place, variant.accelerator, settings)
        if settings.base is not None and settings.base != variant.base_stage:
            yield from _bad_base(policy, variant, name)
        service = policy.service(name, variant, settings)
        if service and services.setdefault(service, name) != name:
            yield (*keys, "service"), f"{place}: the compose service {service} is that of {services[service]} too"


def _stage_contradictions(policy: Policy, stage: Stage) -> Iterator[tuple[Keys, str]]:
    where: Keys = ("stages", stage.name)
    shown = f"stages.{stage.name}"
    homes = [name for name, variant in policy.variants.items() if stage.name in variant.members]
    if not homes:
        names = sorted({name for variant in policy.variants.values() for name in variant.members})
        allowed = f"allowed: {', '.join(names)}" if names else "there are no variants"
        yield where, f"stages: no variant has a stage {quoted(stage.name)}; {allowed}{nearest(stage.name, names)}"
        return
    yield from _bad_expect((*where, "expect"), stage.settings.expect)
    for name, settings in stage.variants.items():
        if name not in homes:
            allowed = f"allowed: {', '.join(homes)}{nearest(name, homes)}"
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


def _bad_base(policy: Policy, variant: Variant, stage: str) -> Iterator[tuple[Keys, str]]:
    keys, place = _stage_key(policy, stage, variant)
    chain = [stage]
    while (base := policy.merged(chain[-1], variant.name).base) is not None and base != variant.base_stage:
        if base not in variant.members:
            if len(chain) == 1:
                allowed = f"allowed: {', '.join(variant.members)}{nearest(base, variant.members)}"
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


def _bad_torch(keys: Keys, place: str, accelerator: str, settings: Settings) -> Iterator[tuple[Keys, str]]:
    channel = settings.torch
    if channel is None:
        return
    kind = "cuda" if channel.startswith("cu") else channel.rstrip("0123456789.")
    good = {"cpu": ("cpu",), "cuda": ("cuda", "default"), "rocm": ("rocm",)}.get(accelerator)
    if good and kind not in good:
        yield keys, f"{place}.torch-channel: {quoted(channel)} is no channel for the accelerator {accelerator}"
    built_for = channel_cuda(channel)
    cuda = settings.expect.cuda
    if built_for and cuda and cuda != built_for and not built_for.startswith(f"{cuda}."):
        at = (*keys[:-1], "expect", "cuda")
        yield at, f'{place}.expect.cuda: "{cuda}", but the channel {channel} is built for CUDA {built_for}'


def _bad_glob(keys: Keys, place: str, glob: str) -> Iterator[tuple[Keys, str]]:
    if glob.startswith(("!", "#")) or not parse(glob.encode()):
        yield keys, f"{place}: {quoted(glob)} is no glob: a [ that is not closed, or ! or # in front"


def _bad_expect(keys: Keys, expect: Expect) -> Iterator[tuple[Keys, str]]:
    if expect.entrypoint is not None and expect.entrypoint.pattern is not None:
        try:
            re.compile(expect.entrypoint.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            yield (
                (*keys, "entrypoint", "pattern"),
                (f"{'.'.join(map(str, keys))}.entrypoint.pattern: no regular expression of Python's: {error}"),
            )
