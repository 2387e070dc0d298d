"""What evaluating Dockerfiles gives: uses of images, stages, and who builds what. Plain tuples, no behaviour."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.documents.dockerfile.reader import Dockerfile, Instruction
from wxlint.images.installs.model import Install
from wxlint.images.model.reference import Reference

if TYPE_CHECKING:
    from wxlint.documents.compose.services import Service
    from wxlint.shell.substitutions import Substitution


class Use(NamedTuple):
    """One place that names an image.

    kind: "FROM", "COPY --from", "RUN --mount", "syntax", "compose image", "docker build -t", "docker run", ...
    produces: the place makes this tag rather than needing it. reference: None when the text is no reference.
    """

    kind: str
    value: Value
    reference: Reference | None
    span: Span
    produces: bool = False
    onbuild: bool = False
    stage: int | None = None
    because: tuple[Reason, ...] = ()


SCANNED = "scanned image"
"""The kind of a use by what looks into an image, whatever its tag."""
DEFAULT_PLATFORM = "linux/amd64"
"""What a build is for where nothing says so."""


OF_IMAGE = "docker-image://"
_BUILT = ("target:", "service:")
_IMAGES = (OF_IMAGE, *_BUILT)
"""How a named context begins that is an image: one of a registry, or what another target or service builds."""


class Build(NamedTuple):
    """One way a Dockerfile is built.

    dockerfile: path as shown; "" when it cannot be known. contexts: folders that may be the build context, the
    likeliest first. tags: what the result is called. built_by: who builds it ("compose service asr"), and in which
    loops and calls; empty for `docker build .` by hand.
    """

    dockerfile: str
    contexts: tuple[str, ...]
    target: str | None = None
    args: tuple[tuple[str, Value], ...] = ()
    tags: tuple[Use, ...] = ()
    built_by: tuple[Reason, ...] = ()
    span: Span | None = None
    platform: str = DEFAULT_PLATFORM
    service: Service | None = None
    named_contexts: tuple[tuple[str, Value], ...] = ()
    image: str = ""
    """The image of the policy that is meant ("asr:cuda"), where the build comes from the policy itself."""
    more: bool = False
    """Options that could not be read ("$EXTRA_ARGS") may set further arguments."""
    platforms: tuple[str, ...] = ()
    """The platforms that it is said to be built for, as far as they are known; none where nothing says so."""
    wanted: tuple[str, ...] = ()
    """Where the Dockerfile was looked for, when its path is known and none was found."""
    edits: tuple[Substitution, ...] = ()
    """What is changed of the Dockerfile on its way into the build."""
    called: tuple[str, str] = ("", "")
    """A file, and the name there by which others may take its image for a context (`target:base`, `service:base`)."""
    pushes: bool = False
    """It may push what it makes."""
    open_tags: bool = False
    """It may make tags of which nothing is known."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides about the image: builds that share it make the same of a Dockerfile."""
        lines = (tuple(reason.line for reason in value.because if reason.kind == "build-arg") for _, value in self.args)
        args = tuple((name, value.text, value.holes, line) for (name, value), line in zip(self.args, lines))
        tags = tuple(tag.value.text for tag in self.tags)
        stands_on = tuple((name, value.text) for name, value in self.named_contexts if value.text.startswith(_IMAGES))
        return (self.target, args, self.more, tags, self.platform, self.image, self.edits, stands_on)


def built_by_name(context: Value) -> str:
    """The target or service whose image a named context is; "" for another context."""
    kind, _, name = context.text.partition(":")
    return name if f"{kind}:" in _BUILT and context.known else ""


class StageCopy(NamedTuple):
    """A COPY --from that may carry an installed torch along.

    stage: an earlier stage's index, or None for an external image. dest: absolute.
    """

    stage: int | None
    paths: tuple[str, ...]
    instruction: Instruction
    external: Reference | None
    dest: str = ""


BY_PATH = "PATH"
"""In the place of an environment: the one that PATH leads to. `PATH/uvicorn`: the first on PATH with that program."""


class Stage(NamedTuple):
    """One stage of one build.

    parents: the earlier stages it may start from (several when an unknown ARG selects), empty for an external base.
    external: the base may be an image, not a stage. steps: installs and copies in order. env: ENV at its end.
    triggered: what its ONBUILD triggers install in an image that starts from this one. led: the Python environment that
    PATH leads to, as Install.place. used: the one that ENTRYPOINT or CMD names: as led, BY_PATH for the one that PATH
    leads to, "" where neither is given, with a HOLE where it is not known.
    """

    index: int  # type: ignore[assignment]  # tuple.index is not used
    name: str
    instruction: Instruction
    base: Use
    parents: tuple[int, ...]
    external: bool
    platform: Value | None
    steps: tuple[Install | StageCopy, ...]
    env: dict[str, Value]
    user: str | None = None
    triggered: tuple[Install | StageCopy, ...] = ()
    led: str = ""
    used: str = ""

    @property
    def installs(self) -> tuple[Install, ...]:
        return tuple([step for step in self.steps if isinstance(step, Install)])


class Evaluated:
    """A Dockerfile under one build. Two evaluations are equal only when they are the same one.

    unknown_from: the instruction from which on its values are more than is read of one file. skipped: the build was not
    evaluated, since the file is built in more ways than are followed.
    """

    def __init__(
        self,
        dockerfile: Dockerfile,
        build: Build,
        stages: tuple[Stage, ...],
        uses: tuple[Use, ...],
        unknown_from: Span | None = None,
        skipped: bool = False,
    ) -> None:
        self.dockerfile, self.build, self.stages, self.uses = dockerfile, build, stages, uses
        self.unknown_from, self.skipped = unknown_from, skipped
        self.contributing: dict[int, list[Stage]] = {}
        """For each stage, those that its image is made of, once somebody has asked."""

    @property
    def path(self) -> str:
        return self.dockerfile.source.path

    @cached_property
    def environment(self) -> str:
        """The values of all ENV variables, joined by `:`."""
        return ":".join(dict.fromkeys(value.text for stage in self.stages for value in stage.env.values()))

    def instructions_of(self, stage: Stage) -> tuple[Instruction, ...]:
        """The instructions of a stage behind its FROM."""
        start, end = self._starts[stage.index : stage.index + 2]
        return self.dockerfile.instructions[start + 1 : end]

    @cached_property
    def _starts(self) -> list[int]:
        """The place of each stage's FROM among the instructions, and the end."""
        found: list[int] = []
        for place, one in enumerate(self.dockerfile.instructions):
            if len(found) < len(self.stages) and one is self.stages[len(found)].instruction:
                found.append(place)
        return [*found, len(self.dockerfile.instructions)]

    def target(self, name: str | None) -> Stage | None:
        """The stage a build makes: by name (case-insensitive) or number; the last one when none is named."""
        if not self.stages:
            return None
        if name is None:
            return self.stages[-1]
        wanted = name.lower()
        for stage in self.stages:
            if stage.name == wanted:
                return stage
        return self.stages[int(wanted)] if wanted.isdigit() and int(wanted) < len(self.stages) else None

    def line_of(self, stage: Stage) -> list[Stage]:
        """A stage, and behind it those that it starts from, as far as that is one stage."""
        found = [stage]
        while len(found[-1].parents) == 1 and not found[-1].external:
            found.append(self.stages[found[-1].parents[0]])
        return found

    def base_of(self, stage: Stage) -> Reference | None:
        """The external image that a stage starts from, through others; None where it may start from several."""
        first = self.line_of(stage)[-1]
        return first.base.reference if first.external and not first.parents else None

    def known_base(self) -> Reference | None:
        """The external image that the build starts from, through its stages; None where it is not known."""
        stage = self.target(self.build.target)
        reference = self.base_of(stage) if stage is not None else None
        return reference if reference is not None and reference.tag_known and reference.name_known else None
