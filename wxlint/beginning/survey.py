"""What a repository builds, as far as it bears on a policy: names, tags, variants, Dockerfiles, channels, bases."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from wxlint.beginning.known_parts import known_in
from wxlint.beginning.model import Built, NamedReference, Served, Survey
from wxlint.beginning.names import parts_of
from wxlint.beginning.origin import Known, filled, is_guessed
from wxlint.beginning.readmes import documented
from wxlint.beginning.targets import meant_target
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.image import Image, proven_accelerator
from wxlint.images.graph.names.hints import from_path
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build, Stage, Use
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.policy.accelerator_words import accelerator_words

_OF_MAKERS = {"amd": "rocm", "intel": "other"}
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


def survey(repository: Repository, root: str) -> Survey:
    """Look at a repository. root: the folder that paths are to be relative to."""

    def below(path: str) -> str:
        return os.path.relpath(path, root).replace(os.sep, "/")

    known = known_in(repository, root)
    called = (known.origin or os.path.basename(os.path.abspath(root))).rpartition("/")[2].lower()
    asked = _asked(repository, known)
    built: list[Built] = []
    unnamed: dict[str, Image] = {}
    contexts = _contexts(repository, below)
    named: set[str] = set()
    computed: dict[str, None] = {}
    open_accounts: set[str] = set()
    forgotten: list[str] = []
    for image in repository.images:
        build = image.evaluated.build
        target = image.evaluated.target(build.target)
        if target is None or image.stage.index != target.index:
            continue
        path = image.evaluated.path
        unnamed.setdefault(path, image)
        for use in build.tags:
            meant = meant_target(repository, image, use, known) or image
            found = _built(meant, use, below, known, asked)
            if found is None:
                computed[f"{use.value.shown()} ({below(use.span.path)}:{use.span.line})"] = None
                continue
            if _has_open_account(use):
                open_accounts.add(found.name)
            if is_guessed(use.value, known):
                taken = f"{use.value.shown()} ({found.where}); {found.name} is taken"
                computed[taken.replace("{variant}", found.word)] = None
            if meant is not image:
                found = found._replace(target=meant.stage.name)
                forgotten.append(f"{found.path} is built to its end ({found.where}); {meant.stage.name} is taken")
            named.add(image.evaluated.path)
            for place, context in contexts.get(_key(build, use), {}).items() or [(found.where, "")]:
                built.append(found._replace(context=context, where=place))
    left = [path for path in repository.dockerfiles if path in unnamed and path not in named]
    said = documented(left, repository, called) if not built else {}
    for path, (build, use) in said.items():
        found = _built(unnamed[path], use, below, known, asked)
        if found is not None:
            context = context_of(build)
            built.append(found._replace(target=build.target or "", context=below(context) if context else ""))
    files = {use.span.path for use in repository.uses}
    return Survey(
        tuple(_once(built)),
        tuple(_as_asked(_seen(unnamed[path], below), asked.get(("", path))) for path in left if path not in said),
        tuple(_services(repository, below)),
        tuple(
            sorted(
                below(path) for path in repository.scripts if path in files and path.endswith((".sh", ".bat", ".cmd"))
            )
        ),
        tuple(computed),
        tuple(_named(repository, below, known)),
        frozenset(open_accounts),
        any(proven_accelerator(image.state)[0] not in (None, "cpu") for image in repository.images),
        called,
        tuple(
            f"{below(path)}; {one.tag.value.text} of {below(one.tag.span.path)}:{one.tag.span.line} is taken"
            for path, one in said.items()
        ),
        tuple(dict.fromkeys(forgotten)),
    )


def _once(built: Iterable[Built]) -> Iterator[Built]:
    """The images, each once for each context that it is built in, with a known one before one that is not."""
    found: dict[tuple[str, ...], dict[str, Built]] = {}
    for one in built:
        found.setdefault((one.name, one.tag, one.word, one.path, one.target), {}).setdefault(one.context, one)
    for contexts in found.values():
        if len(contexts) > 1:
            contexts.pop("", None)
        yield from contexts.values()


def every_build(repository: Repository) -> Iterator[Build]:
    """Every build of a Dockerfile in scripts and compose files, those of the same image too."""
    for script in repository.scripts.values():
        yield from (build for build in script.builds if build.dockerfile)
    yield from repository.documents.service_builds


def _contexts(repository: Repository, below: Callable[[str], str]) -> dict[tuple[str, ...], dict[str, str]]:
    """The contexts of the builds of each name, by their places."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for build in every_build(repository):
        context = context_of(build)
        for use in build.tags:
            place = f"{below(use.span.path)}:{use.span.line}"
            found.setdefault(_key(build, use), {}).setdefault(place, below(context) if context else "")
    return found


def _key(build: Build, use: Use) -> tuple[str, ...]:
    return build.dockerfile, build.target or "", use.value.text


def context_of(build: Build) -> str:
    """The folder that a build most likely gets as its context, as shown; "" where that is not known."""
    return build.contexts[0] if build.contexts and os.path.isdir(build.contexts[0]) else ""


def _named(repository: Repository, below: Callable[[str], str], known: Known) -> Iterator[NamedReference]:
    for use in repository.uses:
        if use.reference is None or not (use.produces or use.kind == "compose image"):
            continue
        parts = parts_of(use.reference, known)
        if parts is not None:
            yield NamedReference(*parts, f"{below(use.span.path)}:{use.span.line}", made=use.produces)


def _has_open_account(use: Use) -> bool:
    """Whether a name starts with a variable for its registry."""
    account, slash, rest = use.value.text.partition("/")
    name = rest.partition(":")[0]
    return bool(slash) and (HOLE in account or not account) and HOLE not in name and "/" not in name


def _services(repository: Repository, below: Callable[[str], str]) -> Iterator[Served]:
    compose = repository.compose
    if compose is None:
        return
    for project, service in compose.services():
        reference = parse_reference(service.image.value) if service.image is not None else None
        build = service.build
        yield Served(
            service.name,
            below(project.paths[-1]),
            reference.name if reference is not None and reference.name_known else "",
            reference.tag or "latest" if reference is not None and reference.tag_known else "",
            below(build.dockerfile_path) if build is not None and build.dockerfile_path else "",
            len(project.paths) == 1,
        )


def _built(
    image: Image, use: Use, below: Callable[[str], str], known: Known, asked: Mapping[tuple[str, str], str]
) -> Built | None:
    reference = use.reference or parse_reference(filled(use.value, known))
    parts = parts_of(reference, known) if reference is not None else None
    if parts is None:
        return None
    name, tag, word = parts
    seen = _seen(image, below)
    said = accelerator_words(word)
    path = image.evaluated.path
    seen = _as_asked(seen, asked.get((name.replace("{variant}", word), path), asked.get(("", path))))
    return seen._replace(
        name=name,
        tag=tag,
        word=word,
        accelerator=next(iter(said)) if len(said) == 1 else seen.accelerator,
        where=f"{below(use.span.path)}:{use.span.line}",
        context="",
        bases=tuple(_names((one.reference for one in image.base.lineage), known)),
        carriers=tuple(_carriers(image, use, tag.replace("{variant}", word), known)),
    )


def _as_asked(one: Built, asked: str | None) -> Built:
    """An image with what its services ask for; nothing else speaks for one where they differ."""
    return one._replace(asked=asked or "", hint="" if asked == "" else one.hint)


def _seen(image: Image, below: Callable[[str], str]) -> Built:
    """What is known of an image whatever it is called."""
    path = image.evaluated.path
    build = image.evaluated.build
    by_path = from_path(path)
    torch = image.state.torch.channel
    root = image.base.root
    context = context_of(build) if build.built_by else ""
    return Built(
        name="",
        tag="",
        word="",
        accelerator=proven_accelerator(image.state)[0] or (by_path[0].accelerator if by_path else ""),
        path=below(path),
        target=build.target or "",
        channel="" if torch in ("none", "unknown", "default") else torch,
        upstream=root.value.text if root is not None and root.value.known else "",
        descends=tuple(dict.fromkeys(below(one.span.path) for one in image.base.lineage)),
        where=below(path),
        args=tuple((name, value.text) for name, value in build.args if value.known),
        context=below(context) if context else "",
        bare=torch == "none" and not image.state.packages and not image.state.others,
        hint="cuda" if torch == "default" or any(map(_is_for_cuda, build.args)) else "",
    )


def _is_for_cuda(argument: tuple[str, Value]) -> bool:
    """Whether a build argument says which CUDA an image is for: CUDA_VERSION=12."""
    name, value = argument
    return (
        "CUDA" in name and value.known and bool(value.text.strip("0.")) and not accelerator_words(value.text) & {"cpu"}
    )


def _asked(repository: Repository, known: Known) -> dict[tuple[str, str], str]:
    """The accelerators that services ask for, by the name of the image that they build, or "", and its Dockerfile.

    "" where they differ: one asks for a GPU, and another is called for the CPU.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for _, service in repository.compose.services() if repository.compose is not None else ():
        if service.build is None or not service.build.dockerfile_path:
            continue
        makers = {device.vendor for device in service.devices if device.gpu}
        own = {_OF_MAKERS.get(maker, "cuda") for maker in makers} or set(accelerator_words(service.name))
        image = parse_reference(service.image.value) if service.image is not None else None
        name, _, word = (image and parts_of(image, known)) or ("", "", "")
        found.setdefault((name.replace("{variant}", word), service.build.dockerfile_path), set()).update(own)
    return {key: each.pop() if len(each) == 1 else "" for key, each in found.items() if each}


def _carriers(image: Image, use: Use, tag: str, known: Known) -> Iterator[tuple[str, bool]]:
    """The build arguments that have the version of a tag as their value, as in Built.

    A computed value that stands in both is no accident; a known one may be, where it is not the tag of a base.
    """
    if tag.count("{version}") != 1:
        return
    evaluated = image.evaluated
    written = use.value.written()
    for name, value in evaluated.build.args:
        own = value.written()
        if own and written.endswith(f":{tag.replace('{version}', own)}"):
            taken = any(_takes(stage, name, tag, known) for stage in evaluated.stages)
            if taken or not value.known:
                yield name, taken


def _takes(stage: Stage, name: str, tag: str, known: Known) -> bool:
    """Whether a stage starts from an image with a tag of the same pattern, in which a build argument stands."""
    parts = parts_of(stage.base.reference, known) if stage.base.reference is not None else None
    found = parts is not None and parts[1].replace("{variant}", parts[2]) == tag
    return found and name in _VARIABLE.findall(stage.instruction.text.rpartition(":")[2])


def _names(references: Iterable[Reference | None], known: Known) -> Iterator[str]:
    for reference in references:
        parts = parts_of(reference, known) if reference is not None else None
        if parts is not None:
            yield parts[0].replace("{variant}", parts[2])
