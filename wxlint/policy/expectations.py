"""What a policy says of each image: settings merged, the nearest first, and what follows from them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wxlint.core import disk
from wxlint.facts.channels import cuda_of_channel
from wxlint.policy.model import Base, Expect, Expectation, Settings

if TYPE_CHECKING:
    from wxlint.policy.model import Policy, ReferencePart, Variant


def expected_images(policy: Policy) -> tuple[Expectation, ...]:
    """Every image: all bases in the order of the variants, then the stages variant by variant, as listed.

    An image whose Dockerfile, target or arguments differ by platform is one for each of them.
    """
    images = [one for v in policy.variants.values() for stage in v.members for one in _of_stage(policy, stage, v)]
    if policy.is_whole and policy.forbidden_tags:
        images = _without_listed(policy, images)
    return tuple(sorted(images, key=lambda image: not image.is_base))


def reference(policy: Policy, stage: str, variant: Variant) -> str:
    """The reference of a stage's image, "rajiup/cp-whisperx-app-asr:cuda", with the default registry."""
    if not policy.is_whole:
        return f"{policy.name_pattern.replace('{registry}', policy.registry).replace('{stage}', stage)}:{variant.tag}"
    return _filled(policy, reference_pattern(policy), stage, variant)


def reference_pattern(policy: Policy) -> str:
    """How images are called where they are built, in a policy of whole references."""
    return f"{policy.name_pattern}:{policy.tag_pattern or (policy.tags or ('{variant}',))[0]}"


def _filled(policy: Policy, pattern: str, stage: str, variant: Variant) -> str:
    """A reference with the values of its parts; a HOLE for one that has none."""
    from wxlint.policy.reference_pattern import fill

    values = part_values(policy, stage, variant)
    return fill(pattern, {**values, "registry": policy.registry, "stage": stage, "variant": variant.tag})


def part_values(policy: Policy, stage: str, variant: Variant) -> dict[str, str | None]:
    """The values of the parts in references of an image; None where there is none."""
    by_args = any(part.build_arg for _, part in policy.parts)
    args = dict(merged(policy, stage, variant.name).build_args) if by_args else {}
    return {name: _value(part, args) for name, part in policy.parts}


def _value(part: ReferencePart, args: dict[str, str]) -> str | None:
    if part.given is not None:
        return part.given
    return (disk.variable(part.env) if part.env else None) or args.get(part.build_arg or "") or part.default


def merged(policy: Policy, stage: str, variant: str) -> Settings:
    """What the policy says of one image, the nearest first: stage in variant, stage, variant, policy."""
    of_variant = policy.variants[variant]
    own = policy.stages.get(stage)
    near = [own.variants.get(variant, Settings()), own.settings] if own else []
    if stage == of_variant.base_stage:
        near.insert(1, of_variant.base_settings)
    far = [of_variant.settings, policy.settings]
    if stage == of_variant.base_stage:  # what stages promise their users, a base does not
        far = [s._replace(expect=_of_a_base(s.expect), service=None) for s in far]
    return _merge([*near, *far])


def service(stage: str, variant: Variant, said: Settings) -> str | None:
    """The compose service of an image: as said, else called like the stage; a base has none by itself."""
    if said.service is None and stage != variant.base_stage and variant.compose:
        return stage
    return said.service or None


def base_of(stage: str, variant: Variant, said: Settings) -> Base | None:
    """What an image descends from, a stage of its own variant with that variant's name; None for the family's root."""
    found = said.base
    if stage != variant.base_stage:
        found = found or variant.base or (Base(variant.base_stage) if variant.base_stage is not None else None)
    return found._replace(variant=found.variant or variant.name) if found is not None and found.stage else found


def _of_stage(policy: Policy, stage: str, variant: Variant) -> list[Expectation]:
    """The image of a stage: where platforms differ in what they are built with, one for each, else one for all."""
    said = merged(policy, stage, variant.name)
    platforms = said.platforms or ()
    plain = tuple(name for name, differs in platforms if differs == Settings())
    found = [_expectation(policy, stage, variant, said)._replace(platforms=plain)] if plain or not platforms else []
    for name, differs in platforms:
        if differs != Settings():
            one = _expectation(policy, stage, variant, _merge([differs, said]))
            found.append(one._replace(platforms=(name,), image=f"{one.image}@{name}" if found else one.image))
    return found


def _expectation(policy: Policy, stage: str, variant: Variant, said: Settings) -> Expectation:
    is_base = stage == variant.base_stage
    expect, accelerator = said.expect, variant.accelerator
    channels = said.channels or ()
    single = channels[0] if channels and not channels[0].startswith("any-") else None
    base = base_of(stage, variant, said)

    def fill(text: str) -> str:
        return text.replace("{stage}", stage).replace("{variant}", variant.name).replace("{tag}", variant.tag)

    own = reference(policy, stage, variant)
    return Expectation(
        image=f"{stage}:{variant.tag or variant.name}",
        stage=stage,
        variant=variant.name,
        accelerator=accelerator,
        reference=own,
        tag=own.rpartition(":")[2] if policy.is_whole else variant.tag,
        dockerfile=fill(said.dockerfile or ""),
        context=fill(said.context or "."),
        target=None if said.target is None else fill(said.target),
        build_args=said.build_args,
        base=None if base is None else _reference_of(policy, base, stage, variant),
        upstream=variant.upstream if base is None else (),
        torch=single,
        needs_torch=expect.torch or "optional",
        cuda=None if accelerator == "cpu" else expect.cuda or (cuda_of_channel(single) if len(channels) == 1 else None),
        cudnn=None if accelerator == "cpu" else expect.cudnn,
        gpu_arch=(expect.gpu_arch or ()) if accelerator == "cuda" else (),
        python=expect.python,
        user=expect.user or "any",
        gpu=expect.gpu if expect.gpu is not None else accelerator in ("cuda", "rocm") and not is_base,
        entrypoint=expect.entrypoint,
        size=expect.size,
        cuda_bytes=expect.cuda_bytes,
        compose=variant.compose,
        service=service(stage, variant, said),
        optional=stage in variant.optional,
        is_base=is_base,
        forbidden_tags=policy.forbidden_tags,
        contract=expect.contract,
        base_image=base if base is not None and base.stage else None,
        channels=channels if channels != (single,) else (),
    )


def _without_listed(policy: Policy, images: list[Expectation]) -> list[Expectation]:
    """The images, of whose forbidden tags are taken out those that the policy lists for an image of the same name."""
    from wxlint.policy.reference_pattern import fits
    from wxlint.policy.whole_names import tags_of

    free = tuple((name, part.pattern) for name, part in policy.parts)
    listed: dict[str, set[str]] = {}
    for image in images:
        tags = tags_of(policy, policy.variants[image.variant], image.stage)
        found = listed.setdefault(image.reference.rpartition(":")[0], set())
        found.update(tag for tag in policy.forbidden_tags if any(fits(one, tag, free) for one in tags))
    return [
        image._replace(
            forbidden_tags=tuple(t for t in image.forbidden_tags if t not in listed[image.reference.rpartition(":")[0]])
        )
        for image in images
    ]


def _reference_of(policy: Policy, base: Base, stage: str, variant: Variant) -> str:
    """The reference of what an image descends from."""
    if base.stage is not None:
        return reference(policy, base.stage, policy.variants[base.variant or variant.name])
    return _filled(policy, base.image or "", stage, variant)


def merge_expect(*layers: Expect) -> Expect:
    """What the first of these says of each thing that says anything; contracts are laid over each other."""
    contracts = [layer.contract for layer in layers if layer.contract is not None]
    merged = Expect._make(map(_first_said, zip(*layers)))
    if len(contracts) < 2:
        return merged
    return merged._replace(contract=functools.reduce(lambda near, far: near.over(far), contracts))


def _first_said(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _of_a_base(expect: Expect) -> Expect:
    """What is said of a variant's images, without what stages promise their users."""
    contract = expect.contract
    if contract is not None:
        from wxlint.policy.contract import OF_USERS

        contract = contract.without(OF_USERS)
    return expect._replace(entrypoint=None, gpu=None, torch=None, contract=contract)


def _merge(layers: list[Settings]) -> Settings:
    """What the layers say together, the nearest first."""
    args = {name: value for layer in reversed(layers) for name, value in layer.build_args}
    said = Settings._make(map(_first_said, zip(*layers)))
    return said._replace(
        build_args=tuple(sorted(args.items())), expect=merge_expect(*(layer.expect for layer in layers))
    )
