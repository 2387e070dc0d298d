"""The images that Kubernetes manifests run, under the names that kustomizations give them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.documents.kubernetes import Container, Pod, read_pods
from wxlint.documents.kustomize import Kustomization, PatchedGpu, Renamed, read_kustomization
from wxlint.documents.yaml import Scalar, parse
from wxlint.images.builds.filled_later import refused
from wxlint.images.builds.model import Running
from wxlint.images.model.records import Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source, TextProblem

Read = Callable[[str], "Source | None"]
KIND = "kubernetes image"
_APPLICATION = "argoproj.io"
_BASES = frozenset(("base", "bases", "component", "components"))
"""What folders of kustomizations are called that others complete."""
_MARK = late(r"\{\{.*?\}\}|\$\{\w+\}|\$\(\w+\)|<[\w-]+>")
"""What another program puts in before the manifest is used: a template, a variable, a word in angle brackets."""


class Kubernetes:
    """All manifests of a repository."""

    def __init__(self, sources: Iterable[Source], cache: Cache = NO_CACHE, read: Read | None = None) -> None:
        """read: a file that a kustomization names."""
        self.problems: dict[str, tuple[TextProblem, ...]] = {}
        self._files: dict[str, tuple[Source, tuple[Pod, ...]]] = {}
        self._kustomizations: list[tuple[Source, Kustomization]] = []
        self._patched: list[tuple[Source, Scalar]] = []
        """The images that patches set."""
        self._given: set[str] = set()
        """The containers that patches give a GPU, by name; "" for any."""
        self._gifts: dict[str, tuple[Source, list[Scalar], list[PatchedGpu]]] = {}
        """What the files with patches set: images, and GPUs with the names of containers."""
        self._patches: set[str] = set()
        """The files that are patches: what they say of a container is not all that holds of it."""
        self._renamed: dict[str, set[str]] = {}
        """The image names that kustomizations near a folder give another tag or name, by folder."""
        self._applied: list[Use] = []
        """The images that Applications of Argo CD set."""
        for source in sources:
            self._add(source, cache)
            if read is not None and _APPLICATION in source.text:
                from wxlint.images.builds.kubernetes.from_argocd import application_uses

                self._applied += application_uses(source, cache, read)
        for path in sorted(self._patches):
            self._read_patch(path, read, cache)

    def _add(self, source: Source, cache: Cache) -> None:
        read = parse(source, cache)
        self.problems[source.path] = refused(source, read)
        kustomization = read_kustomization(source, read.documents)
        if kustomization == Kustomization():
            self._files[source.path] = (source, read_pods(read.documents))
            return
        folder = posixpath.dirname(source.path)
        self._kustomizations.append((source, kustomization))
        self._patched += [(source, image) for image in kustomization.patched]
        self._given |= {given.container for given in kustomization.given}
        self._patches |= {normal(posixpath.join(folder, path)) for path in kustomization.patches}
        self._renamed.setdefault(folder, set()).update(renamed.name.text for renamed in kustomization.renamed)

    def _read_patch(self, path: str, read: Read | None, cache: Cache) -> None:
        from wxlint.documents.kustomize import read_patch

        known = self._files.get(path)
        source = known[0] if known is not None else read(path) if read is not None else None
        for document in parse(source, cache).documents if source is not None else ():
            images, given = read_patch(document)
            self._given |= {each.container for each in given}
            if source is not None and (images or given):
                _, known_images, known_given = self._gifts.setdefault(path, (source, [], []))
                known_images += images
                known_given += given
            if source is not None and known is None:  # a manifest is read as one
                self._patched += [(source, image) for image in images]

    @property
    def running(self) -> Iterable[Running]:
        """Every container under the image that it gets, once more where a patch gives it a GPU."""
        yield from self._running_alone()
        if self._given:
            yield from self._running_patched()

    def _running_alone(self) -> Iterator[Running]:
        """Every container under the image that its manifest says, or that a kustomization gives it."""
        all_renamed = self._all_renamed
        for running in self._written:
            if all_renamed.isdisjoint(_names(running.use)):
                yield running
        if all_renamed:
            yield from self._running_renamed()

    @property
    def _all_renamed(self) -> set[str]:
        return set().union(*self._renamed.values()) if self._renamed else set()

    def _running_patched(self) -> Iterator[Running]:
        """The containers that a patch gives a GPU, where it can mean one alone, and no patch changes its image."""
        for source, kustomization in self._kustomizations:
            folder = posixpath.dirname(source.path)
            paths = [normal(posixpath.join(folder, path)) for path in kustomization.patches]
            gifts = [self._gifts[path] for path in paths if path in self._gifts]
            gifts.append((source, list(kustomization.patched), list(kustomization.given)))
            if any(images for _, images, _ in gifts) or not any(given for _, _, given in gifts):
                continue
            reached = self._reached(folder) - self._patches
            near = [running for running in self._written if running.source.path in reached]
            for place, _, all_given in gifts:
                for given in all_given:
                    meant = [running for running in near if running.container.name == given.container]
                    use = self._used_under(kustomization, source, meant[0].use) if len(meant) == 1 else None
                    if use is None or meant[0].container.gpus or not isinstance(given.value, Scalar):
                        continue
                    container = meant[0].container._replace(gpus=((given.key, given.value),))
                    yield Running(container, meant[0].pod, use, place)

    def _used_under(self, kustomization: Kustomization, source: Source, use: Use) -> Use | None:
        """The image that a kustomization makes of one; None where another may change it."""
        for renamed in kustomization.renamed:
            if renamed.name.text in _names(use):
                return _renamed_use(renamed, source, use.reference.tag if use.reference is not None else None)
        return use if self._all_renamed.isdisjoint(_names(use)) else None

    @cached_property
    def _written(self) -> tuple[Running, ...]:
        """Every container under the image that its manifest writes."""
        found = []
        for source, pods in self._files.values():
            for pod in pods:
                names = {"", *(container.name for container in pod.containers)}
                if source.path in self._patches or self._given & names:
                    pod = pod._replace(gpu_elsewhere=True)
                found += [Running(each, pod, image_use(each, source), source) for each in pod.containers]
        return tuple(found)

    def _running_renamed(self) -> Iterator[Running]:
        """The containers under the images that kustomizations give them."""
        for source, kustomization in self._kustomizations:
            folder = posixpath.dirname(source.path)
            reached = self._reached(folder)
            is_base = posixpath.basename(folder) in _BASES
            for renamed in kustomization.renamed:
                for running in self._written:
                    if running.source.path in reached and renamed.name.text in _names(running.use):
                        own = running.use.reference
                        use = _renamed_use(renamed, source, own.tag if own is not None else None)
                        if use is not None:
                            elsewhere = running.pod.gpu_elsewhere or is_base
                            yield running._replace(use=use, pod=running.pod._replace(gpu_elsewhere=elsewhere))

    @cached_property
    def _taken(self) -> dict[str, list[str]]:
        """What the kustomizations in a folder take, by the folder."""
        found: dict[str, list[str]] = {}
        for source, kustomization in self._kustomizations:
            folder = posixpath.dirname(source.path)
            taken = [normal(posixpath.join(folder, each)) for each in kustomization.resources]
            found.setdefault(folder, []).extend(taken)
        return found

    def _reached(self, folder: str) -> set[str]:
        """The files that the kustomizations in a folder take, by themselves or through others."""
        found: set[str] = set()
        seen, waiting = {folder}, [folder]
        while waiting:
            taken = self._taken.get(waiting.pop(), ())
            found.update(taken)
            further = {"" if path == "." else path for path in taken} - seen
            seen |= further
            waiting += further
        return found

    def uses(self) -> Iterable[Use]:
        """The images of containers, and those that kustomizations put in their place."""
        yield from (running.use for running in self._running_alone() if running.use.value.text != HOLE)
        yield from self._applied
        for source, image in self._patched:
            value = filled(image.text)
            span = source.span(
                *(image.inner(source.text) if image.style in ("", "'", '"') else (image.start, image.end))
            )
            yield Use("kustomize image", value, parse_reference(value), span)
        for source, kustomization in self._kustomizations:
            uses = (_renamed_use(each, source) for each in kustomization.renamed if each.new_tag is not None)
            yield from (use for use in uses if use is not None)


def _renamed_use(renamed: Renamed, source: Source, tag: str | None = None) -> Use | None:
    """The image that a kustomization makes of another. tag: of that one, which stays where no other is given."""
    place = renamed.new_tag or renamed.new_name
    if place is None:
        return None
    tag = renamed.new_tag.text if renamed.new_tag is not None else tag
    name = (renamed.new_name or renamed.name).text
    value = filled(f"{name}:{tag}" if tag is not None else name)
    return Use("kustomize image", value, parse_reference(value), source.span(place.start, place.end))


def _names(use: Use) -> tuple[str, str]:
    """The names by which a kustomization may mean an image."""
    return use.value.text, use.reference.name if use.reference is not None else ""


def image_use(container: Container, source: Source) -> Use:
    """The image of a container as a use."""
    value = filled(container.image.text)
    start, end = container.image.inner(source.text)
    return Use(KIND, value, parse_reference(value), source.span(start, end))


def filled(text: str) -> Value:
    """A text in which another program puts something first."""
    holes = tuple(match[0] for match in _MARK.finditer(text))
    return Value(_MARK.sub(HOLE, text), holes) if holes else Value(text)
