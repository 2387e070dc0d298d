"""What BuildKit refuses in a Dockerfile that splits: unknown instructions, wrong arguments, missing stages, no FROM.

Messages follow those of BuildKit's `parser` and `instructions` packages. What another tool fills in (`{{ … }}`,
`{% … %}`, `<% … %>`) is not held to this where it stands, nor is a fragment: a file such as `Dockerfile.tools` without
any FROM, which others put together. A frontend of somebody else (`# syntax=`) may know more instructions and flags.
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.core.suggest import did_you_mean
from wxlint.documents.dockerfile.flags import Refusal, mount_fields
from wxlint.documents.dockerfile.instruction_checks import refusal_of
from wxlint.documents.dockerfile.reader import KEYWORDS, Dockerfile, Flag, Instruction
from wxlint.documents.dockerfile.templated import is_marked, is_template
from wxlint.documents.source import TextProblem

__all__ = ["is_template", "syntax_problems"]

_KNOWN_FRONTEND = late(r"(?:.*/)?dockerfile(?:-upstream)?(?:[:@].*)?", 16)  # re.DOTALL
_INDEX = late(r"[+-]?\d+")


def syntax_problems(dockerfile: Dockerfile) -> Iterator[TextProblem]:
    """The problems of splitting, then of each instruction, in order."""
    yield from dockerfile.problems
    if not _is_text(dockerfile.source.text):
        yield TextProblem(0, 0, "the file is no text: its bytes are not those of a Dockerfile")
        return
    if dockerfile.source.foreign:
        yield TextProblem(0, 0, dockerfile.source.foreign)
        return
    if not dockerfile.instructions:
        yield TextProblem(0, 0, "the file has no instructions")
        return
    lenient = is_template(dockerfile) or is_fragment(dockerfile)
    known_frontend = _KNOWN_FRONTEND.fullmatch((dockerfile.syntax() or "dockerfile").split()[0]) is not None
    stages = _Stages(dockerfile.instructions)
    for instruction in dockerfile.instructions:
        stages.enter(instruction)
        known = instruction.keyword in KEYWORDS
        if is_marked(instruction) or (not known and lenient):
            continue
        if not known and not known_frontend:
            lenient = True  # it may bring stages, as INCLUDE does
            continue
        refusal = refusal_of(instruction, dockerfile.escape) if known else _unknown(instruction)
        if refusal is not None and (known_frontend or not refusal.is_unknown_flag):
            yield _placed(instruction, refusal)
            if not known:
                return  # what follows is most often the consequence
        elif not lenient:
            refusal = stages.refusal(instruction)
            if refusal is not None:
                yield _placed(instruction, refusal)
                if stages.current < 0:
                    return
    if not lenient and stages.current < 0:
        yield TextProblem(0, 0, "the file has no FROM")


def is_fragment(dockerfile: Dockerfile) -> bool:
    """Whether the file is a part of others: it has no FROM, and a name that no tool builds by itself."""
    name = dockerfile.source.path.rpartition("/")[2].lower()
    return name not in ("dockerfile", "containerfile", "-") and all(
        i.keyword != "FROM" for i in dockerfile.instructions
    )


def _is_text(text: str) -> bool:
    """Whether a file was text: of its first characters at most one in ten could not be decoded."""
    if "\ufffd" not in text:
        return True
    head = text[:2000]
    return head.count("\ufffd") * 10 <= len(head)


def _placed(instruction: Instruction, refusal: Refusal) -> TextProblem:
    return TextProblem(instruction.at(refusal.start), instruction.at(refusal.end - 1) + 1, refusal.message)


def _unknown(instruction: Instruction) -> Refusal:
    hint = did_you_mean(instruction.keyword, KEYWORDS, str)
    return Refusal(0, len(instruction.keyword), f"unknown instruction {instruction.keyword}{hint}")


class _Stages:
    """Which stages a file has, and in which one an instruction stands."""

    def __init__(self, instructions: tuple[Instruction, ...]) -> None:
        self.current = -1
        self.last: dict[str, int] = {}
        self.count = 0
        self.others = 0
        """Images that COPY and RUN may name: BuildKit counts them behind the stages."""
        for instruction in instructions:
            if instruction.keyword == "FROM":
                words = instruction.args.split()
                if len(words) == 3:
                    self.last[words[2].lower()] = self.count
                self.count += 1
            elif instruction.flags:
                self.others += sum([flag.name in ("from", "mount") for flag in instruction.flags])

    def enter(self, instruction: Instruction) -> None:
        if instruction.keyword == "FROM":
            self.current += 1

    def refusal(self, instruction: Instruction) -> Refusal | None:
        """What the place of an instruction, or a stage that it copies from, makes wrong."""
        if self.current < 0:
            if instruction.keyword in ("FROM", "ARG"):
                return None
            message = f"{instruction.keyword} stands before the first FROM; only ARG can"
            return Refusal(0, len(instruction.keyword), message)
        if not instruction.flags:
            return None
        for flag, source in _sources(instruction):
            message = self._source_problem(instruction.keyword, source)
            if message:
                return Refusal(flag.start, flag.end, message)
        return None

    def _source_problem(self, keyword: str, source: str) -> str:
        """Why a COPY or RUN cannot take files from a stage; only COPY takes its number."""
        is_number = keyword == "COPY" and _INDEX.fullmatch(source) and len(source) < 10
        index = int(source) if is_number else self.last.get(source.lower(), -1)
        if is_number and not 0 <= index < self.count + max(self.others - 1, 0):
            return f"--from={source}: the file has {self.count} stage{'s' * (self.count != 1)}, counted from 0"
        if index < self.current or index >= self.count:
            return ""
        what = "this stage itself" if index == self.current else "a later stage"
        return f"from={source} is {what}; {keyword} takes from an earlier one"


def _sources(instruction: Instruction) -> Iterator[tuple[Flag, str]]:
    """The stages and images that `COPY --from=` and `RUN --mount=from=` name, each with its flag."""
    for flag in instruction.flags:
        if flag.name == "from" and instruction.keyword == "COPY" and flag.value:
            yield flag, flag.value
        elif flag.name == "mount" and instruction.keyword == "RUN" and flag.value:
            for field in mount_fields(flag.value):
                name, _, value = field.partition("=")
                if name.lower() == "from" and value:
                    yield flag, value
