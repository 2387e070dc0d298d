"""What a repository builds, as far as it bears on a policy: names, tags, variants, Dockerfiles, channels, bases."""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from wxlint.beginning.origin import filled, is_guessed, origin_of
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.graph.image import Image, proven_accelerator
from wxlint.images.graph.name_hints import from_path
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Build, Stage, Use
from wxlint.images.model.reference import Reference, parse_reference
from wxlint.policy.accelerator_words import accelerator_words

_TOKEN = re.compile(r"[^-_.]+(?:\.[0-9][^-_.]*)*")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:[a-z0-9.]*)?")
ARCHITECTURES = ("amd64", "arm64", "aarch64")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_SCRIPTS = (".sh", ".bash", ".bat", ".cmd")
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*")


class Built(NamedTuple):
    """One image that somebody builds under a name.

    name: without registry host and tag, the variant's word in it as {variant}. tag: likewise, versions as {version},
    architectures as {arch}.
    word: the variant's word as it stands there, "" for none. accelerator: cpu, cuda, rocm, other or "". path: of the
    Dockerfile, below the root. channel: torch's, "" where there is none or it is not known. upstream: the external
    base. descends: the paths of the Dockerfiles that it stands on. where: the place of the name. args: known build
    arguments. context: the folder that it is built in, as path; "" where that is not known.
    bases: the names of the images that it stands on, without tags. carriers: build arguments that have the value of the
    version in the tag, and whether they bring it into the tag of a base.
    """

    name: str
    tag: str
    word: str
    accelerator: str
    path: str
    target: str
    channel: str
    upstream: str
    descends: tuple[str, ...]
    where: str
    args: tuple[tuple[str, str], ...] = ()
    context: str = ""
    bases: tuple[str, ...] = ()
    carriers: tuple[tuple[str, bool], ...] = ()


class Served(NamedTuple):
    """A compose service. file: where it stands. image: the name of what it runs, without the tag; path: of the
    Dockerfile that it builds, "" for none. tag: of the image, "" where it is not known.
    """

    name: str
    file: str
    image: str
    tag: str
    path: str


class Named(NamedTuple):
    """A reference that a script makes or a service runs; as in Built."""

    name: str
    tag: str
    word: str
    where: str


class Survey(NamedTuple):
    """built: every image with a name. unnamed: Dockerfiles that nobody builds under one. scripts: the files that build
    or run. computed: names that are not known in the source, each with its place, and what is known of it behind a
    registry that is not ("app-asr"; "" for nothing).
    """

    built: tuple[Built, ...]
    unnamed: tuple[str, ...]
    services: tuple[Served, ...]
    scripts: tuple[str, ...]
    computed: tuple[tuple[str, str], ...]
    named: tuple[Named, ...] = ()


def survey(repository: Repository, root: str) -> Survey:
    """Look at a repository. root: the folder that paths are to be relative to."""

    def below(path: str) -> str:
        return os.path.relpath(path, root).replace(os.sep, "/")

    origin = origin_of(root)
    built: list[Built] = []
    contexts = _contexts(repository, below)
    named: set[str] = set()
    computed: dict[str, str] = {}
    for image in repository.images:
        build = image.evaluated.build
        target = image.evaluated.target(build.target)
        if target is None or image.stage.index != target.index:
            continue
        for use in build.tags:
            found = _built(image, use, below, origin)
            if found is None:
                computed[f"{use.value.shown()} ({below(use.span.path)}:{use.span.line})"] = _tail(use)
                continue
            if origin and is_guessed(use.value):
                computed[
                    f"{use.value.shown()} ({found.where}); {found.name} is taken".replace("{variant}", found.word)
                ] = ""
            named.add(image.evaluated.path)
            for place, context in contexts.get(_key(build, use), {}).items() or [(found.where, "")]:
                built.append(found._replace(context=context, where=place))
    files = {use.span.path for use in repository.uses}
    return Survey(
        tuple(_once(built)),
        tuple(below(path) for path in repository.dockerfiles if path not in named),
        tuple(_services(repository, below)),
        tuple(
            sorted(
                below(path) for path in repository.scripts if path in files and path.endswith((".sh", ".bat", ".cmd"))
            )
        ),
        tuple(computed.items()),
        tuple(_named(repository, below, origin)),
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
    if repository.compose is not None:
        from wxlint.images.builds.from_compose import service_builds

        yield from service_builds(repository.compose, repository.documents.find_dockerfile)


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


def _named(repository: Repository, below: Callable[[str], str], origin: str) -> Iterator[Named]:
    for use in repository.uses:
        if use.reference is None or not (use.produces or use.kind == "compose image"):
            continue
        parts = _parts(use.reference, origin)
        if parts is not None:
            yield Named(*parts, f"{below(use.span.path)}:{use.span.line}")


def _tail(use: Use) -> str:
    """The last part of a name whose registry is a variable, without its tag."""
    registry, slash, tail = use.value.text.partition("/")
    known = (HOLE in registry or not registry) and slash and HOLE not in tail.partition(":")[0] and "/" not in tail
    return tail.partition(":")[0] if known else ""


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
        )


def _built(image: Image, use: Use, below: Callable[[str], str], origin: str) -> Built | None:
    parts = _parts(use.reference, origin) if use.reference is not None else None
    if parts is None:
        return None
    name, tag, word = parts
    proven = proven_accelerator(image.state)[0] or ""
    said = accelerator_words(word)
    by_path = from_path(image.evaluated.path)
    accelerator = next(iter(said)) if len(said) == 1 else proven or (by_path[0].accelerator if by_path else "")
    torch = image.state.torch.channel
    root = image.base.root
    return Built(
        name,
        tag,
        word,
        accelerator,
        below(image.evaluated.path),
        image.evaluated.build.target or "",
        "" if torch in ("none", "unknown", "default") else torch,
        root.value.text if root is not None and root.value.known else "",
        tuple(dict.fromkeys(below(one.span.path) for one in image.base.lineage)),
        f"{below(use.span.path)}:{use.span.line}",
        tuple((name, value.text) for name, value in image.evaluated.build.args if value.known),
        "",
        tuple(_names((one.reference for one in image.base.lineage), origin)),
        tuple(_carriers(image, use, tag.replace("{variant}", word), origin)),
    )


def _carriers(image: Image, use: Use, tag: str, origin: str) -> Iterator[tuple[str, bool]]:
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
            taken = any(_takes(stage, name, tag, origin) for stage in evaluated.stages)
            if taken or not value.known:
                yield name, taken


def _takes(stage: Stage, name: str, tag: str, origin: str) -> bool:
    """Whether a stage starts from an image with a tag of the same pattern, in which a build argument stands."""
    parts = _parts(stage.base.reference, origin) if stage.base.reference is not None else None
    found = parts is not None and parts[1].replace("{variant}", parts[2]) == tag
    return found and name in _VARIABLE.findall(stage.instruction.text.rpartition(":")[2])


def _names(references: Iterable[Reference | None], origin: str) -> Iterator[str]:
    for reference in references:
        parts = _parts(reference, origin) if reference is not None else None
        if parts is not None:
            yield parts[0].replace("{variant}", parts[2])


def _parts(reference: Reference, origin: str) -> tuple[str, str, str] | None:
    """The name, the tag and the variant's word of a reference, as in Built; None where one is not known."""
    if reference.value.holes:
        reference = parse_reference(filled(reference.value, origin)) or reference
    path = reference.path
    if not path or HOLE in path or path != path.lower():
        return None
    tag, word = _without_word(without_versions(reference.tag or "latest"))
    if not word:
        head, slash, last = path.rpartition("/")
        last, word = _without_word(last)
        path = f"{head}{slash}{last}"
    if HOLE in tag:
        return None
    known = reference.registry and HOLE not in reference.registry
    return f"{reference.registry}/{path}" if known else path, tag, word


def without_versions(tag: str) -> str:
    """A tag with {version} for versions and for what is not known in it, and {arch}."""
    parts = re.split(r"([-_])", tag.replace(HOLE, "\1"))
    shown = [
        "{version}" if "\1" in part and not accelerator_words(part.replace("\1", "")) or _is_version(part) else part
        for part in parts
    ]
    shown = ["{arch}" if part in ARCHITECTURES else part for part in shown]
    text = "".join(shown).replace("\1", "")
    return re.sub(r"\{version\}(?:[-_.]?\{version\})+", "{version}", text)


def _is_version(text: str) -> bool:
    return bool(_VERSION.fullmatch(text)) and not accelerator_words(text)


def _without_word(text: str) -> tuple[str, str]:
    """A name with {variant} for the one word of an accelerator in it, and that word."""
    words = [match for match in _TOKEN.finditer(text) if accelerator_words(match[0])]
    if len(words) != 1:
        return text, ""
    return text[: words[0].start()] + "{variant}" + text[words[0].end() :], words[0][0]


def common(names: Iterable[str]) -> tuple[str, str]:
    """What all names start and end with, up to a separator."""
    listed = sorted(set(names))
    if len(listed) < 2:
        return "", ""
    prefix = os.path.commonprefix(listed)  # noqa: RUF071 - character by character is what is meant
    prefix = prefix[: max(prefix.rfind(c) for c in "-_/") + 1]
    rest = [name[len(prefix) :] for name in listed]
    suffix = os.path.commonprefix([name[::-1] for name in rest])[::-1]  # noqa: RUF071
    at = min((n for n in (suffix.find(c) for c in "-_") if n >= 0), default=-1)
    suffix = suffix[at:] if at >= 0 else ""
    if "{" in prefix or any(not name.removesuffix(suffix) for name in rest):
        return "", ""
    return prefix, suffix


def most(values: Iterable[str]) -> str:
    """The value that there is most of, the first of several; "" of none."""
    counts = Counter(value for value in values if value)
    return max(counts, key=lambda value: counts[value]) if counts else ""


def is_name(text: str) -> bool:
    """Whether a policy can call a stage or a variant so."""
    return bool(_NAME.fullmatch(text))


def stem(path: str) -> str:
    """What a Dockerfile is for, by its folder or its name."""
    folder, name = posixpath.split(path)
    own = re.sub(r"(?i)(?:docker|container)file", "", name).strip("._-").lower()
    return own or posixpath.basename(folder).lower() or "app"
