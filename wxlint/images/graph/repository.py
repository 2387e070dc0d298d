"""Everything that was read of a repository, evaluated once: what rules, `images` and the other commands look at."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.source import Source, read
from wxlint.images.builds.from_scripts import Script, read_script, uses_by_place
from wxlint.images.evaluation.build_files import Files
from wxlint.images.evaluation.dockerfiles import Dockerfiles
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.named_contexts import Contexts
from wxlint.images.graph.lineage import Beliefs
from wxlint.images.graph.name_hints import accelerator_words, evidence, expected_by_names
from wxlint.images.graph.target import Image, TorchStep, torch_steps
from wxlint.images.model.records import Build, Evaluated, Stage, Use
from wxlint.images.model.reference import Reference

if TYPE_CHECKING:
    from wxlint.images.builds.from_compose import Stacks
    from wxlint.policy.model import Expectation, Policy


class Input(NamedTuple):
    """A file to check. path: as shown to people. kind: dockerfile, compose, shell, batch, policy, other."""

    path: str
    kind: str


class Repository:
    """Documents of one run and what follows from them. Nothing is read or computed twice."""

    def __init__(
        self,
        inputs: Iterable[Input],
        root: Path,
        policy: Policy | None = None,
        sources: dict[str, Source] | None = None,
    ) -> None:
        """root: no file outside it is read as context. sources: texts that do not come from disk, by path."""
        self.given = tuple(inputs)
        self.policy = policy
        self.root = os.path.realpath(root)
        self.problems: list[str] = []
        self._sources: dict[str, Source | None] = dict(sources or {})
        self._share: tuple[str, ...] | None = None
        self._evaluated: dict[str, list[Evaluated]] = {}
        self._contexts = Contexts(self.read, self.root)

    # -- reading

    def read(self, path: str) -> Source | None:
        """A file inside the root, as context; None when there is none or it cannot be read."""
        if path not in self._sources:
            self._sources[path] = self._from_disk(path)
        return self._sources[path]

    def _from_disk(self, path: str) -> Source | None:
        if not os.path.isfile(path):  # most of what is asked for is not there: following links comes after
            return None
        real = os.path.realpath(path)
        if not (real == self.root or real.startswith(self.root.rstrip("/") + "/")):
            return None
        try:
            return read(Path(path), path)
        except InputError:
            return None

    def source(self, path: str) -> Source | None:
        """A file that was asked for: one that cannot be read is a problem of the run."""
        if path not in self._sources:
            try:
                self._sources[path] = read(Path(path), path)
            except InputError as error:
                self._sources[path] = None
                self.problems.append(str(error))
        return self._sources[path]

    def is_readable(self, path: str) -> bool:
        """False for a file that could not be read when it was asked for."""
        return path not in self._sources or self._sources[path] is not None

    @property
    def sources(self) -> dict[str, Source]:
        return {path: source for path, source in self._sources.items() if source is not None}

    @cached_property
    def dockerfiles(self) -> Dockerfiles:
        listed = {item.path: self.source(item.path) for item in self.given if item.kind == "dockerfile"}
        return Dockerfiles({path: source for path, source in listed.items() if source is not None})

    @cached_property
    def scripts(self) -> dict[str, Script]:
        found = {}
        for item in self.given:
            if item.kind not in ("shell", "batch"):
                continue
            source = self.source(item.path)
            if source is None or not any(word in source.text for word in ("docker", "podman", "nerdctl", "buildah")):
                continue
            if item.kind == "shell":
                from wxlint.shell.bash.reader import read_shell

                commands = read_shell(source.text, script=item.path).commands
            else:
                from wxlint.shell.batch.reader import read_batch

                commands = read_batch(source.text).commands
            found[item.path] = read_script(source, commands, self._find)
        return found

    def _find(self, paths: list[str]) -> str | None:
        return next((p for p in map(posixpath.normpath, paths) if p in self.dockerfiles), None)

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """What was given, and the compose files that are found by what others say of them."""
        given = {item.path for item in self.given}
        files = self.stacks.files if self.stacks else ()
        return (*self.given, *(Input(path, "compose") for file in files if (path := file.source.path) not in given))

    @cached_property
    def stacks(self) -> Stacks | None:
        """The compose projects, of the files given and of those that scripts and COMPOSE_FILE name; None when there is none."""
        files = [item.path for item in self.given if item.kind == "compose"]
        calls = [
            c
            for script in self.scripts.values()
            for c in script.calls
            if c.docker.verb.startswith(("compose ", "stack "))
        ]
        lists: list[tuple[str, ...]] = []
        if calls or any(self.read(posixpath.join(posixpath.dirname(path), ".env")) for path in files):
            from wxlint.images.builds.compose_discovery import named

            more, lists = named(files, calls, {item.path for item in self.given}, self.read)
            files += more
        if not files:
            return None
        from wxlint.images.builds.from_compose import read_stacks  # PyYAML comes with it

        variants = self.policy.variants.values() if self.policy else ()
        groups = [tuple(self.in_root(path) for path in variant.compose) for variant in variants]
        return read_stacks(files, self.source, self.read, groups, lists)

    # -- builds

    @cached_property
    def builds(self) -> dict[str, list[Build]]:
        """Every way each Dockerfile is built; one by hand, with its defaults, when nothing in the repository builds it."""
        found: dict[str, list[Build]] = {path: [] for path in self.dockerfiles}
        for script in self.scripts.values():
            for build in script.builds:
                if build.dockerfile:
                    found[build.dockerfile].append(build)
        if self.stacks:
            from wxlint.images.builds.from_compose import service_builds

            for build in service_builds(self.stacks, self._find):
                found[build.dockerfile].append(build)
        for path, builds in found.items():
            if not builds:
                builds.extend(self._by_hand(path))
            found[path] = list(
                {
                    (b.target, b.args, tuple(t.value.text for t in b.tags), b.platform, b.image): b for b in builds
                }.values()
            )
        return found

    def _contexts_above(self, path: str) -> list[str]:
        """The folder of a Dockerfile and those above it, up to the root: one of them is most often the build context."""
        contexts = [posixpath.dirname(path) or "."]
        while contexts[-1] not in (".", "/", "") and os.path.realpath(contexts[-1]) != self.root:
            contexts.append(posixpath.dirname(contexts[-1]) or ".")
        return contexts

    def _by_hand(self, path: str) -> list[Build]:
        contexts = self._contexts_above(path)
        expectations = self.expectations.get(path, [])
        if not expectations:
            return [Build(path, tuple(contexts))]
        return [
            Build(
                path,
                (self.in_root(e.context), *contexts),
                e.target,
                tuple(
                    (name, Value(text, (), (Reason("policy", f"build-args {name}={text}", self.family_path),)))
                    for name, text in e.build_args
                ),
                image=e.image,
            )
            for e in expectations
        ]

    @property
    def family_path(self) -> str:
        """The policy's path as shown; "" without a policy."""
        return self.policy.path if self.policy else ""

    @cached_property
    def family(self) -> tuple[Expectation, ...]:
        """What the policy expects of each image."""
        return self.policy.expectations() if self.policy else ()

    def expected(self, stage: str, variant: str) -> Expectation | None:
        """The image of a stage in a variant; None when the policy has no such image."""
        return next((e for e in self.family if (e.stage, e.variant) == (stage, variant)), None)

    @cached_property
    def expectations(self) -> dict[str, list[Expectation]]:
        """What the policy expects, by the path of the Dockerfile."""
        found: dict[str, list[Expectation]] = {}
        for expectation in self.family:
            found.setdefault(self.in_root(expectation.dockerfile), []).append(expectation)
        return found

    def in_root(self, path: str) -> str:
        """A path of the policy (relative to its root) as shown to people."""
        root = self.policy.root if self.policy else Path()
        return posixpath.normpath(posixpath.join(os.path.relpath(root).replace(os.sep, "/"), path))

    def below_root(self, path: str) -> str:
        """A shown path as the policy writes it: relative to the policy's root."""
        return os.path.relpath(path, self.policy.root if self.policy else self.root).replace(os.sep, "/")

    # -- evaluation

    @property
    def spoken_of(self) -> Iterable[str]:
        """The Dockerfiles whose images are looked at: all of them, unless a share is set."""
        return self.builds if self._share is None else self._share

    def speak_of(self, share: Iterable[str]) -> None:
        """Look at the images of these Dockerfiles only from here on; others are still evaluated where these lead to them."""
        self._share = tuple(share)
        for name in ("evaluated", "images", "torch_steps", "uses"):
            self.__dict__.pop(name, None)

    @cached_property
    def evaluated(self) -> tuple[Evaluated, ...]:
        return tuple(evaluated for path in self.spoken_of for evaluated in self.evaluated_at(path))

    def evaluated_at(self, path: str) -> list[Evaluated]:
        """A Dockerfile under each of its builds."""
        found = self._evaluated.get(path)
        if found is None:
            found = self._evaluated[path] = [
                evaluate(self.dockerfiles[path], build, Files(self.read, build.contexts), self._contexts.may_name)
                for build in self.builds.get(path, ())
            ]
        return found

    def by_hand(self, path: str) -> Evaluated:
        """A Dockerfile as `docker build` without arguments would build it, in the build context that the repository uses."""
        for evaluated in self.evaluated_at(path):
            if not evaluated.build.args and evaluated.build.target is None:
                return evaluated
        contexts = dict.fromkeys((*(c for b in self.builds[path] for c in b.contexts), *self._contexts_above(path)))
        build = Build(path, tuple(contexts))
        return evaluate(self.dockerfiles[path], build, Files(self.read, build.contexts), self._contexts.may_name)

    @cached_property
    def _produced(self) -> dict[str, list[tuple[Reference, Evaluated, Stage]]]:
        """What builds make, by the last part of the name and the tag."""
        found: dict[str, list[tuple[Reference, Evaluated, Stage]]] = {}
        named = [
            path for path, builds in self.builds.items() if path in self.expectations or any(b.tags for b in builds)
        ]
        for evaluated in (evaluated for path in named for evaluated in self.evaluated_at(path)):
            stage = evaluated.target(evaluated.build.target)
            if stage is None:
                continue
            references = [use.reference for use in evaluated.build.tags if use.reference is not None]
            for expectation in self.expectations.get(evaluated.path, ()):
                from wxlint.images.model.reference import parse_reference

                reference = parse_reference(Value(expectation.reference))
                same = len(self.expectations[evaluated.path]) == 1 or any(r.tag == expectation.tag for r in references)
                if reference is not None and same:
                    references.append(reference)
            for reference in references:
                if reference.tag_known:
                    found.setdefault(_key(reference), []).append((reference, evaluated, stage))
        return found

    def producers(self, reference: Reference) -> list[tuple[Evaluated, Stage]]:
        """The builds of this repository that make an image a FROM names."""
        if not reference.tag_known:
            return []
        found: list[tuple[Evaluated, Stage]] = []
        for made, evaluated, stage in self._produced.get(_key(reference), ()):
            if same_name(made, reference) and not any(e is evaluated and s is stage for e, s in found):
                found.append((evaluated, stage))
        return found

    @cached_property
    def beliefs(self) -> Beliefs:
        return Beliefs(self.producers)

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """The targets that are images: what a build names, the last stage, and stages named for an accelerator."""
        found = []
        for evaluated in self.evaluated:
            chosen = [evaluated.target(evaluated.build.target)]
            if evaluated.build.target is None and not evaluated.build.built_by:
                used = {parent for stage in evaluated.stages for parent in stage.parents}
                chosen += [s for s in evaluated.stages if s.name and s.index not in used and accelerator_words(s.name)]
            for stage in dict.fromkeys(s.index for s in chosen if s is not None):
                found.append(self._image(evaluated, evaluated.stages[stage]))
        return tuple(found)

    @cached_property
    def torch_steps(self) -> tuple[tuple[Image, tuple[TorchStep, ...]], ...]:
        """The installs that decide about an image's torch, for each image."""
        return tuple((image, tuple(torch_steps(self.beliefs, image))) for image in self.images)

    def _image(self, evaluated: Evaluated, stage: Stage) -> Image:
        base, state = self.beliefs.base(evaluated, stage), self.beliefs.state(evaluated, stage)
        expectation = self._expectation(evaluated)
        if expectation is not None:
            text = f"{expectation.image} is a {expectation.variant} image"
            reasons: tuple[Reason, ...] = (Reason("policy", text, self.family_path),)
            return Image(evaluated, stage, base, state, expectation.accelerator, reasons, expectation)
        expected, reasons = expected_by_names(evidence(evaluated, stage))
        return Image(evaluated, stage, base, state, expected, reasons, None)

    def _expectation(self, evaluated: Evaluated) -> Expectation | None:
        """The policy's expectation of what a build makes: the Dockerfile's only one, else the one with the build's tag."""
        listed = self.expectations.get(evaluated.path, [])
        if len(listed) == 1:
            return listed[0]
        build = evaluated.build
        tags = {use.reference.tag for use in build.tags if use.reference is not None}
        given = {(name, value.text) for name, value in build.args}
        fitting = [e for e in listed if e.image == build.image] or [e for e in listed if e.tag in tags]
        fitting = (
            fitting
            or [e for e in listed if e.build_args and set(e.build_args) <= given]
            or [e for e in listed if not e.build_args]
        )
        return fitting[0] if len(fitting) == 1 else None

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every place that names an image, once."""
        everything = [use for evaluated in self.evaluated for use in evaluated.uses]
        everything += [use for script in self.scripts.values() for use in script.uses]
        if self.stacks:
            from wxlint.images.builds.from_compose import service_uses

            everything += service_uses(self.stacks)
            if any(source is not None and "dockerfile_inline" in source.text for source in self._sources.values()):
                from wxlint.images.evaluation.inline_dockerfiles import inline_uses

                everything += inline_uses((service for _, service in self.stacks.services()), self.read)
        return tuple(uses_by_place(everything).values())


def _key(reference: Reference) -> str:
    return f"{reference.path.rpartition('/')[2].rpartition(HOLE)[2]}:{reference.tag or 'latest'}"


def same_name(one: Reference, other: Reference) -> bool:
    """Whether two names can mean one repository: equal, or equal behind an unknown registry."""
    if one.name == other.name:
        return True
    if one.name_known and other.name_known:
        return False
    tails = [name.rpartition(HOLE)[2].lstrip("/") for name in (one.name, other.name)]
    shorter, longer = sorted(tails, key=len)
    return bool(shorter) and (longer == shorter or longer.endswith("/" + shorter))
