"""The policy that a survey implies, as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wxlint.beginning.compose_files import ComposeFiles
from wxlint.beginning.members import FamilyMember, Members, goes_with, listed, members, shown, stands_on
from wxlint.beginning.model import Built, Survey
from wxlint.beginning.names import ARCHITECTURES, is_name, most
from wxlint.beginning.path_templates import can_be_named, dockerfiles, filled, folders, template_of
from wxlint.core.escape import escape_part
from wxlint.core.tuples import NamedTuple

_PART = re.compile(r"\{[a-z-]+\}")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_./")


class Draft(NamedTuple):
    """text: the policy. open: what could not be decided."""

    text: str
    open: tuple[str, ...]


def draft(survey: Survey, *, services: bool = True, others: Iterable[str] = ()) -> Draft:
    """Write the policy down; what most images have in common is the rule, and the rest is said.

    services: say which compose service each image has, where that is not called like its stage. others: globs of what
    is built besides the family.
    """
    undecided = listed("the name is computed", survey.computed)
    chosen = members(survey)
    unnamed = (one.path for one in chosen.survey.unnamed)
    undecided += listed("nothing builds it under a name", (*survey.documented, *unnamed))
    undecided += listed("its target", survey.forgotten)
    survey, images, names = chosen.survey, chosen.images, chosen.names
    undecided += chosen.undecided
    undecided += [
        f"torch's channel for {one.accelerator}: {one.path} takes {one.channel} ({one.where})"
        for one in survey.built
        if one.accelerator and one.channel and not goes_with(one, one.accelerator)
    ]
    undecided += _unbuilt(survey, images, chosen.tag)
    undecided += _contexts(survey.built, images)
    lines = ["# The policy that this repository implies, by `wxlint init`. Each line says what it was read from."]
    if undecided:
        lines += ["#", "# Not decided:", *(f"#   {escape_part(text)}" for text in dict.fromkeys(undecided))]
    lines.append("wxlint: 1")
    if images:
        registry = _registry(survey, names)
        lines += ["", *_family(chosen, registry)]
        if others:
            lines.append(f"other-images: [{', '.join(map(_quoted, others))}]  # built here, under another pattern")
        composed = ComposeFiles(survey, images)
        lines += [*_files(survey, composed.plain), *_variants(chosen, composed)]
        lines += _stages(images, composed if services else None)
    else:
        lines += ["", "forbidden-tags: [latest]"]
    return Draft("\n".join(lines) + "\n", tuple(dict.fromkeys(undecided)))


def _unbuilt(survey: Survey, images: list[FamilyMember], pattern: str) -> list[str]:
    """What something names as an image of the family, and no build of which is known."""
    names = {image.built.name for image in images}
    built = {(image.built.name, image.built.word) for image in images}
    found = [one for one in survey.named if one.name in names and one.tag == pattern and one.word]
    return [
        f"who builds {one.name}:{one.tag}".replace("{variant}", one.word) + f" ({one.where})"
        for one in found
        if (one.name, one.word) not in built
    ]


def _contexts(built: Iterable[Built], images: Iterable[FamilyMember]) -> Iterator[str]:
    """The build contexts that the policy cannot name, or that an image has besides the one that it names."""
    taken = {}
    for image in images:
        one = taken[shown(image.built)] = image.built
        if not can_be_named(one.context):
            found = f"it is built in {one.context}" if one.context else "it is not known"
            yield f"the build context of {shown(one)}: {found} ({one.where})"
    for one in built:
        first = taken.get(shown(one), one)
        if one.path == first.path and one.context != first.context:
            yield f"the build context of {shown(one)}: {first.context} ({first.where}), {one.context} ({one.where})"


def _registry(survey: Survey, names: set[str]) -> str:
    """The registry that names start with, where some have a variable or another one in its place; else ""."""
    registries = {name.rpartition("/")[0] for name in names if "/" in name}
    tails = {name.rpartition("/")[2] for name in names}
    elsewhere = {one.name for one in survey.built if "/" in one.name and one.name.rpartition("/")[2] in tails} - names
    varies = bool(elsewhere) or not survey.open_accounts.isdisjoint(names)
    return registries.pop() if len(registries) == 1 and varies else ""


def _family(chosen: Members, registry: str) -> Iterator[str]:
    images, pattern = chosen.images, chosen.tag
    name = f"{{registry}}{chosen.name.removeprefix(registry)}" if registry else chosen.name
    example = images[0].built
    yield f"# {escape_part(shown(example))} ({escape_part(example.where)}), and {len(images) - 1} more"
    yield f"image: {_quoted(f'{name}:{pattern}' if chosen.whole else name)}"
    yield from _tags(chosen, "", "")
    yield from _parts(images, (pattern, *(alias.tag for alias in chosen.aliases)))
    if registry:
        yield f"registry: {_quoted(registry)}  # elsewhere a variable or another one stands there"
    if pattern == "latest":
        yield "forbidden-tags: {own: [], foreign: [latest]}  # the images are published as :latest"
    else:
        yield "forbidden-tags: [latest]"
    for key, paths in (("dockerfile", dockerfiles(images)), ("context", folders(images))):
        template, hits = template_of(paths)
        if template and (key, template) != ("context", "."):
            yield f"{key}: {_quoted(template)}  # {hits} of {len(images)} images"


def _parts(images: Iterable[FamilyMember], patterns: tuple[str, ...]) -> Iterator[str]:
    """What is said of the parts of tags: their patterns, and the build argument that carries one into Dockerfiles."""
    found = []
    if any("{arch}" in pattern for pattern in patterns):
        found.append(f'arch: {{pattern: "{"|".join(ARCHITECTURES)}", default: {ARCHITECTURES[0]}}}')
    carrier = _carrier(images)
    if carrier and "{version}" in patterns[0]:
        found.append(f"version: {{build-arg: {carrier}}}")
    if found:
        yield f"parts: {{{', '.join(found)}}}"


def _carrier(images: Iterable[FamilyMember]) -> str:
    """The one build argument that has the version of every image that is given it; "" where it is not one.

    Those that bring it into the tag of a base go before others.
    """
    each = [image.built.carriers for image in images]
    taken = [{name for name, takes in found if takes} for found in each]
    given = list(filter(None, taken)) or [{name for name, _ in found} for found in each if found]
    common = set.intersection(*given) if given else set()
    return common.pop() if len(common) == 1 else ""


def _tags(chosen: Members, variant: str, indent: str) -> Iterator[str]:
    """The further tags of every image, or of a variant's."""
    own = {alias.tag for alias in chosen.aliases if alias.variant == variant}
    tags = sorted(own - {chosen.tag})
    if tags:
        yield f"{indent}tags: [{', '.join(map(_quoted, tags))}]"


def _files(survey: Survey, plain: list[str]) -> Iterator[str]:
    if plain:
        yield f"compose: [{', '.join(map(_quoted, plain))}]"
    scripts = [path for path in survey.scripts if not path.startswith("..")]
    if scripts:
        yield f"scripts: [{', '.join(map(_quoted, scripts))}]"


def _optional(survey: Survey, images: list[FamilyMember], own: list[FamilyMember]) -> list[str]:
    """The stages of other variants that something names with this variant's word, though no build of it is known."""
    words = {image.built.word for image in own}
    names = {image.built.name: image.stage for image in images if image.stage}
    found = {names[n.name] for n in survey.named if n.name in names and n.word and n.word in words}
    return sorted(found - {image.stage for image in own})


def _variants(chosen: Members, composed: ComposeFiles) -> Iterator[str]:
    images, survey = chosen.images, chosen.survey
    yield "variants:"
    for variant in dict.fromkeys(image.variant for image in images):
        own = [image for image in images if image.variant == variant]
        base = _base(own)
        yield f"  {_quoted(variant)}:"
        yield f"    accelerator: {most(image.built.accelerator for image in own)}"
        if chosen.by_stage:
            tags = dict.fromkeys((own[0].built.tag, *(a.tag for a in chosen.aliases if a.variant == variant)))
            yield f"    tags: [{', '.join(map(_quoted, tags))}]  # the stage says the variant"
        else:
            if not any(image.built.word for image in own):
                yield '    tag: ""'
            elif own[0].built.word == "latest":
                yield "    tag: latest"
            yield from _tags(chosen, variant, "    ")
        if base is not None:
            yield f"    base: {base.stage}"
        names = {image.built.name for image in images}
        again = _built_again(survey.built, own)
        started = {base.built.upstream} if base is not None else {one.upstream for one in again}
        started |= {image.built.upstream for image in own} if base is None else set()
        upstream = sorted(one for one in started if one and one.rpartition(":")[0] not in names)
        if upstream:
            yield f"    upstream: [{', '.join(map(_quoted, upstream))}]"
        channels = [image.built.channel for image in own if goes_with(image.built, own[0].built.accelerator)]
        if channels:
            channel = most(channels)
            also = sorted({one.channel for one in again if goes_with(one, own[0].built.accelerator)} - {channel})
            shown_as = f"[{', '.join((channel, *also))}]" if also else channel
            yield f"    torch-channel: {shown_as}  # {channels.count(channel)} of {len(channels)} images with torch"
        overlays = composed.of_variant(variant)
        if overlays:
            yield f"    compose: [{', '.join(map(_quoted, overlays))}]"
        if {composed.service(image) for image in own if image is not base} == {""}:
            yield "    service: false"
        stages = [image.stage for image in own if image.stage and image is not base]
        if stages:
            yield f"    stages: [{', '.join(map(_quoted, stages))}]"
        optional = _optional(survey, images, own)
        if optional:
            yield f"    optional: [{', '.join(map(_quoted, optional))}]  # named, and not seen built"


def _built_again(built: Iterable[Built], own: Iterable[FamilyMember]) -> list[Built]:
    """The images of a variant that are built again with other arguments, under other tags."""
    images = {(i.built.name, i.built.word, i.built.path, i.built.target): i.built.args for i in own}
    again = ((one, images.get((one.name, one.word, one.path, one.target))) for one in built)
    return [one for one, args in again if args is not None and one.args != args]


def _base(images: list[FamilyMember]) -> FamilyMember | None:
    """The image of a variant that all others stand on."""
    for one in images:
        others = [image for image in images if image is not one]
        if others and one.stage and all(stands_on(image.built, one.built) for image in others):
            return one
    return None


def _stages(images: list[FamilyMember], composed: ComposeFiles | None) -> Iterator[str]:
    """What single images have otherwise than the rule."""
    templates = template_of(dockerfiles(images))[0], template_of(folders(images))[0] or "."
    found: list[str] = []
    for stage in dict.fromkeys(image.stage for image in images):
        own = [image for image in images if image.stage == stage]
        settings = [
            list(_setting(image, templates, _own_args(image, own), composed and composed.service(image) or ""))
            for image in own
        ]
        name = stage or _PART.sub("", own[0].built.name.rpartition("/")[2]).strip("-_.")
        if any(len(lines) > 1 for lines in settings) and is_name(name):
            found += [f"  {_quoted(name)}:", "    variants:"]
            found += [line for lines in settings if len(lines) > 1 for line in lines]
    if found:
        yield "stages:"
        yield from found


def _own_args(image: FamilyMember, images: list[FamilyMember]) -> list[tuple[str, str]]:
    """The build arguments that set an image off from the other variants of its stage, of the same Dockerfile."""
    others = [other for other in images if other is not image and other.built.path == image.built.path]
    return [arg for arg in image.built.args if others and any(arg not in other.built.args for other in others)]


def _setting(
    image: FamilyMember, templates: tuple[str, str], args: list[tuple[str, str]], service: str
) -> Iterator[str]:
    """What one image has of its own. templates: the Dockerfiles' and the contexts'."""
    indent = " " * 6
    yield f"{indent}{_quoted(image.variant)}:"
    if filled(templates[0], image) != image.built.path:
        yield f"{indent}  dockerfile: {_quoted(image.built.path)}"
    if can_be_named(image.built.context) and filled(templates[1], image) != image.built.context:
        yield f"{indent}  context: {_quoted(image.built.context)}"
    if image.built.target:
        yield f"{indent}  target: {_quoted(image.built.target)}"
    if service:
        yield f"{indent}  service: {_quoted(service)}"
    if args:
        yield f"{indent}  build-args: {{{', '.join(f'{name}: {_quoted(text)}' for name, text in args)}}}"


def _quoted(text: str) -> str:
    """A text as a YAML scalar: what is not plain is a string in JSON's form."""
    import json

    return text if text and set(text) <= _PLAIN and text[0].isalpha() and text not in _WORDS else json.dumps(text)


_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off"))
