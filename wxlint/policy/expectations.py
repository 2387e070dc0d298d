"""What a policy says of each image: settings merged, the nearest first, and what follows from them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wxlint.facts.channels import cuda_of_channel
from wxlint.policy.model import Expect, Expectation, Settings
from wxlint.policy.reference_pattern import fill

if TYPE_CHECKING:
    from wxlint.policy.model import Policy, Variant
    from wxlint.policy.reference_pattern import Part


def expected_images(policy: Policy) -> tuple[Expectation, ...]:
    """Every image: all bases in the order of the variants, then the stages variant by variant, as listed."""
    images = [_expectation(policy, stage, v) for v in policy.variants.values() for stage in v.members]
    return tuple(sorted(images, key=lambda image: not image.is_base))


def reference(policy: Policy, stage: str, tag: str) -> str:
    """The reference of a stage's image, "rajiup/cp-whisperx-app-asr:cuda", with the default registry."""
    if not policy.is_whole:
        return f"{policy.name_pattern.replace('{registry}', policy.registry).replace('{stage}', stage)}:{tag}"
    values = {name: _value(part) for name, part in policy.parts}
    pattern = f"{policy.name_pattern}:{policy.tag_pattern or (policy.tags or ('{variant}',))[0]}"
    return fill(pattern, {**values, "registry": policy.registry, "stage": stage, "variant": tag})


def _value(part: Part) -> str | None:
    return (os.environ.get(part.env) if part.env else None) or part.default


def merged(policy: Policy, stage: str, variant: str) -> Settings:
    """What the policy says of one image, the nearest first: stage in variant, stage, variant, policy."""
    of_variant = policy.variants[variant]
    own = policy.stages.get(stage)
    near = [own.variants.get(variant, Settings()), own.settings] if own else []
    if stage == of_variant.base_stage:
        near.insert(1, of_variant.base_settings)
    far = [of_variant.settings, policy.settings]
    if stage == of_variant.base_stage:  # what stages promise their users, a base does not
        far = [s._replace(expect=_of_a_base(s.expect)) for s in far]
    return _merge([*near, *far])


def service(stage: str, variant: Variant, said: Settings) -> str | None:
    """The compose service of an image: as said, else called like the stage; a base has none by itself."""
    if said.service is None and stage != variant.base_stage and variant.compose:
        return stage
    return said.service or None


def _expectation(policy: Policy, stage: str, variant: Variant) -> Expectation:
    said = merged(policy, stage, variant.name)
    is_base = stage == variant.base_stage
    base = None if is_base else said.base or variant.base_stage
    expect, accelerator = said.expect, variant.accelerator

    def fill(text: str) -> str:
        return text.replace("{stage}", stage).replace("{variant}", variant.name).replace("{tag}", variant.tag)

    own = reference(policy, stage, variant.tag)
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
        base=None if base is None else reference(policy, base, variant.tag),
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
        service=service(stage, variant, said),
        optional=stage in variant.optional,
        is_base=is_base,
        forbidden_tags=policy.forbidden_tags,
        contract=expect.contract,
    )


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
